import pg from 'pg'
import { checkDatabase } from '#database'
import { Fault, messageOf } from '#fault'
import type { Migration } from './files.ts'

/** One number for all hubs: whoever migrates holds it, the others wait. */
const MIGRATION_LOCK = 0x63726f7373

const BOOK = `
  create schema if not exists platform;
  create table if not exists platform.migration (
    id text primary key,
    room text not null,
    checksum text not null,
    release text not null,
    applied_at timestamptz not null default now()
  );`

interface Applied {
  id: string
  checksum: string
  release: string
}

export interface MigrationResult {
  applied: string[]
}

/**
 * Brings the database of `url` up to `migrations`, each in a transaction of its own, as `crosstie_owner`.
 * Safe when several hubs start at once.
 *
 * @throws Fault `platform.newer_schema` when the database was migrated by a newer release.
 */
export async function migrateUp(
  url: string,
  migrations: Migration[],
  release: string,
): Promise<MigrationResult> {
  return withOwner(url, async (client) => {
    const applied: string[] = []
    // Looked at without the lock first: the usual start finds nothing to do and waits for nobody.
    const known = await readApplied(client)
    refuseNewer(known, migrations)
    if (known.length === migrations.length) return { applied }
    for (const migration of migrations) {
      const done = await inTransaction(client, async () => {
        const now = await readApplied(client)
        refuseNewer(now, migrations)
        if (now.some(({ id }) => id === migration.id)) return false
        await runSql(client, migration, migration.up)
        await client.query(
          'insert into platform.migration (id, room, checksum, release) values ($1, $2, $3, $4)',
          [migration.id, migration.room, migration.checksum, release],
        )
        return true
      })
      if (done) applied.push(migration.id)
    }
    return { applied }
  })
}

export interface MigrationState {
  id: string
  room: string
  /** The release that applied it; null while it is not applied. */
  release: string | null
}

/** Every migration of this release and whether the database has it. Changes nothing. */
export async function migrationStates(url: string, migrations: Migration[]): Promise<MigrationState[]> {
  const applied = await withOwner(url, readApplied)
  refuseNewer(applied, migrations)
  const releases = new Map(applied.map(({ id, release }) => [id, release]))
  return migrations.map(({ id, room }) => ({ id, room, release: releases.get(id) ?? null }))
}

export interface DownResult {
  release: string | null
  undone: string[]
}

/** What `migrateDown` would undo: the migrations of the newest release in the book, newest first. */
export async function lastRelease(url: string): Promise<DownResult> {
  return withOwner(url, async (client) => newestRelease(await readApplied(client)))
}

/** Undoes the newest release's migrations, all in one transaction. The caller makes the backup first. */
export async function migrateDown(url: string, migrations: Migration[]): Promise<DownResult> {
  return withOwner(url, (client) =>
    inTransaction(client, async () => {
      const applied = await readApplied(client)
      refuseNewer(applied, migrations)
      const last = newestRelease(applied)
      for (const id of last.undone) {
        const migration = migrations.find((candidate) => candidate.id === id)
        if (migration === undefined) throw new Error(`no migration ${id}`)
        await runSql(client, migration, migration.down)
        await client.query('delete from platform.migration where id = $1', [id])
      }
      return last
    }),
  )
}

function newestRelease(applied: Applied[]): DownResult {
  const release = applied.at(-1)?.release ?? null
  const first = applied.findLastIndex((row) => row.release !== release)
  return {
    release,
    undone: applied
      .slice(first + 1)
      .map(({ id }) => id)
      .toReversed(),
  }
}

function refuseNewer(applied: Applied[], migrations: Migration[]): void {
  const ours = new Map(migrations.map(({ id, checksum }) => [id, checksum]))
  const unknown = applied.filter(({ id }) => !ours.has(id))
  if (unknown.length > 0) {
    throw new Fault(
      'failed',
      'platform.newer_schema',
      `The database was migrated by a newer release (${unknown.map(({ id, release }) => `${id} of ${release}`).join(', ')}). ` +
        'Start that release, or undo its migrations with its own `crosstie migrate down`.',
    )
  }
  const edited = applied.find(({ id, checksum }) => ours.get(id) !== checksum)
  if (edited !== undefined) {
    throw new Fault(
      'failed',
      'platform.migration_edited',
      `Migration ${edited.id} is not the one that this database was made with (release ${edited.release}). ` +
        'A released migration is never edited: bring the old text back, or start from an empty database.',
    )
  }
}

async function readApplied(client: pg.Client): Promise<Applied[]> {
  const { rows: found } = await client.query<{ there: boolean }>(
    `select to_regclass('platform.migration') is not null as there`,
  )
  if (found[0]?.there !== true) return []
  const { rows } = await client.query<Applied>(
    'select id, checksum, release from platform.migration order by id',
  )
  return rows
}

async function withOwner<R>(url: string, work: (client: pg.Client) => Promise<R>): Promise<R> {
  const client = new pg.Client({ connectionString: url, application_name: 'crosstie migrate' })
  client.on('error', () => {})
  await client.connect().catch((cause: unknown) => {
    const words = `The hub's database does not let it in (${messageOf(cause)}). Look at CROSSTIE_DATABASE_URL, and whether the server is up.`
    throw new Fault('failed', 'platform.database_unreachable', words, { cause })
  })
  try {
    // Before anything is asked of the roles, for what it says is the way out.
    await checkDatabase(client)
    await client.query('set role crosstie_owner')
    return await work(client)
  } finally {
    await client.end()
  }
}

async function inTransaction<R>(client: pg.Client, work: () => Promise<R>): Promise<R> {
  await client.query('begin')
  try {
    await client.query(`select pg_advisory_xact_lock(${MIGRATION_LOCK})`)
    await client.query(BOOK)
    const result = await work()
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw error
  }
}

async function runSql(client: pg.Client, migration: Migration, sql: string): Promise<void> {
  try {
    await client.query(sql)
  } catch (cause) {
    throw new Fault(
      'failed',
      'platform.migration_failed',
      `Migration ${migration.id} failed and was rolled back: ${messageOf(cause)}`,
      { cause },
    )
  }
}
