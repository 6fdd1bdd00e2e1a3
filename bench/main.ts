/**
 * `npm run bench -- [transfer] [--rows N] [--rounds N] [--peers]`: ratios within one run, beside what one would use instead.
 * A PostgreSQL of its own with fsync on; everything it makes is gone when it ends.
 */
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { startEmbeddedPostgres } from '#database'
import { ensureExtension } from '#engine'
import { benchTransfer } from './transfer/cases.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rows: { type: 'string', default: '2000000' },
    rounds: { type: 'string', default: '5' },
    peers: { type: 'boolean', default: false },
  },
})
const wanted = (name: string) => positionals.length === 0 || positionals.includes(name)

const folder = await mkdtemp(path.join(tmpdir(), 'crosstie-bench-'))
await chmod(folder, 0o755)
// As a database server for work is set up, and the same for all contenders.
const settings = {
  shared_buffers: '1GB',
  max_wal_size: '4GB',
  wal_level: 'replica',
  checkpoint_timeout: '30min',
}
const server = await startEmbeddedPostgres({ dataDirectory: path.join(folder, 'data'), settings })
try {
  process.stdout.write(`# ${new Date().toISOString()} on ${cpus().length} × ${cpus()[0]?.model.trim()}\n`)
  const extensions = [path.join(import.meta.dirname, '..', '.crosstie', 'duckdb')]
  const duckdb = await ensureExtension('postgres_scanner', extensions).catch((error: Error) => {
    process.stdout.write(`Without bare DuckDB: ${error.message}\n`)
    return null
  })
  if (wanted('transfer')) {
    await benchTransfer({
      url: server.adminUrl,
      folder,
      rows: Number(values.rows),
      rounds: Number(values.rounds),
      extensions,
      peers: values.peers ? path.join(import.meta.dirname, '..', '.crosstie', 'bench-peers') : null,
      duckdb: duckdb !== null && existsSync(duckdb) ? duckdb : null,
    })
  }
} finally {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
}
