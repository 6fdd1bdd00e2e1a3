/**
 * Writes `schema.sql`: what an empty database looks like after all migrations, read from the catalogs.
 * `--check` writes nothing and fails when the committed file says something else. `--migrations FOLDER` reads another
 * folder than `src`, for the tests of this script.
 */
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { migrateUp, readMigrations } from '#migrate'
import { startTestPostgres } from '../src/platform/testing/postgres.ts'
import { describeSchema } from './schema/describe.ts'

const root = path.dirname(import.meta.dirname)
const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    migrations: { type: 'string', default: path.join(root, 'src') },
    file: { type: 'string', default: path.join(root, 'schema.sql') },
  },
})

const text = await schemaAfter(values.migrations)
if (!values.check) {
  await writeFile(values.file, text)
  console.log(`${path.relative(process.cwd(), values.file)}: ${text.split('\n').length} lines`)
} else {
  const committed = await readFile(values.file, 'utf8').catch(() => '')
  const drift = firstDifference(committed, text)
  if (drift !== null) {
    console.error(
      `${path.basename(values.file)} is not what the migrations make (line ${drift.line}):\n` +
        `  committed: ${drift.committed}\n  migrated:  ${drift.migrated}\n` +
        'Read what changed, then write it anew: node --conditions=source scripts/schema-dump.ts',
    )
    process.exitCode = 1
  }
}

async function schemaAfter(folder: string): Promise<string> {
  const server = await startTestPostgres()
  try {
    await migrateUp(server.url, await readMigrations(folder), 'schema-dump')
    const client = await server.connect()
    try {
      return await describeSchema(client)
    } finally {
      await client.end()
    }
  } finally {
    await server.stop()
  }
}

function firstDifference(committed: string, migrated: string) {
  const before = committed.split('\n')
  const after = migrated.split('\n')
  const at = after.findIndex((line, index) => line !== before[index])
  const index = at === -1 && before.length > after.length ? after.length : at
  if (index === -1) return null
  return { line: index + 1, committed: before[index] ?? '(nothing)', migrated: after[index] ?? '(nothing)' }
}
