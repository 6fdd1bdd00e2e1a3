/** Moving rows, on a PostgreSQL of its own with fsync on, set up as a server for work is: the same for all contenders. */
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startEmbeddedPostgres } from '#database'
import { ensureExtension } from '#engine'
import { benchCases } from './cases.ts'

const SETTINGS = {
  shared_buffers: '1GB',
  max_wal_size: '4GB',
  wal_level: 'replica',
  checkpoint_timeout: '30min',
}
const KEPT = path.join(import.meta.dirname, '..', '..', '.crosstie')

export async function benchTransfer(options: {
  rows: number
  rounds: number
  peers: boolean
}): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'crosstie-bench-'))
  await chmod(folder, 0o755)
  const server = await startEmbeddedPostgres({ dataDirectory: path.join(folder, 'data'), settings: SETTINGS })
  try {
    const extensions = [path.join(KEPT, 'duckdb')]
    const duckdb = await ensureExtension('postgres_scanner', extensions).catch((error: Error) => {
      process.stdout.write(`Without bare DuckDB: ${error.message}\n`)
      return null
    })
    await benchCases({
      url: server.adminUrl,
      folder,
      rows: options.rows,
      rounds: options.rounds,
      extensions,
      peers: options.peers ? path.join(KEPT, 'bench-peers') : null,
      duckdb: duckdb !== null && existsSync(duckdb) ? duckdb : null,
    })
  } finally {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
