import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { Fault, messageOf } from '#fault'
import { type Migration, migrateUp } from '#migrate'
import type { BackupHeader, Section } from './format.ts'
import { readBackup } from './read.ts'
import { quoted, readTables, type Table, withOwner } from './tables.ts'

export interface RestoreBackup {
  /** Whoever may act as `crosstie_owner`. */
  url: string
  file: string
  /** All that this release knows; the database gets those that the backup names. */
  migrations: readonly Migration[]
  /** Restore over the rows that are there: all of them go. */
  replace?: boolean
}

export interface Restored {
  header: BackupHeader
  tables: number
  rows: number
}

/** The migrations' own book; it has rows in every database of the hub. */
const BOOK = 'platform.migration'

/**
 * Brings a backup back: the database is migrated to where the backup was made, then all rows go in by one
 * transaction, and foreign keys are checked over all of them. The hub must be down. The next start of the hub
 * migrates further.
 *
 * @throws Fault `backup.not_empty`, `backup.newer_release`, `backup.database_newer`, `backup.damaged`,
 * `backup.in_use`; the rows that were there are then as they were.
 */
export async function restoreBackup(order: RestoreBackup): Promise<Restored> {
  const { url, file } = order
  // Read to the end before anything is touched.
  const { header, totals } = await readBackup(file, {})
  const migrations = chooseMigrations(header, order)
  await withOwner(url, async (client) => {
    if (order.replace !== true) await refuseRows(client)
    await refuseNewerDatabase(client, migrations)
  })
  await migrateUp(url, migrations, header.release)
  await withOwner(url, async (client) => {
    await client.query('begin')
    await load(client, file)
    await client.query('commit')
    await client.query('analyze')
  })
  return { header, tables: totals.sections, rows: totals.rows }
}

function chooseMigrations(header: BackupHeader, { file, migrations }: RestoreBackup): Migration[] {
  const known = new Map(migrations.map((migration) => [migration.id, migration]))
  return header.migrations.map(({ id, checksum }) => {
    const migration = known.get(id)
    if (migration?.checksum === checksum) return migration
    throw new Fault(
      'failed',
      'backup.newer_release',
      `The backup ${file} was made by release ${header.release} with migration ${id}, which this release ` +
        `${migration === undefined ? 'does not know' : 'has with another text'}. Restore it with that release.`,
    )
  })
}

async function refuseRows(client: pg.Client): Promise<void> {
  const tables = (await readTables(client)).filter(({ name }) => name !== BOOK)
  if (tables.length === 0) return
  const { rows } = await client.query<{ name: string }>(
    tables
      .map(({ name, sql }) => `select ${pg.escapeLiteral(name)} as name where exists (select from ${sql})`)
      .join(' union all '),
  )
  if (rows.length === 0) return
  throw new Fault(
    'conflict',
    'backup.not_empty',
    `The database has rows already (in ${rows.map(({ name }) => name).join(', ')}). ` +
      'Restore into an empty database, or say --replace to give all of them up for those of the backup.',
  )
}

async function refuseNewerDatabase(client: pg.Client, migrations: Migration[]): Promise<void> {
  const { rows: there } = await client.query<{ book: boolean }>(
    `select to_regclass($1) is not null as book`,
    [BOOK],
  )
  if (there[0]?.book !== true) return
  const { rows } = await client.query<{ id: string }>(
    `select id from ${BOOK} where id <> all ($1) order by id`,
    [migrations.map(({ id }) => id)],
  )
  if (rows.length === 0) return
  throw new Fault(
    'conflict',
    'backup.database_newer',
    `The database has been migrated further than the backup (${rows.map(({ id }) => id).join(', ')}). ` +
      'Restore into an empty database; the hub then migrates it when it starts.',
  )
}

/** All in the transaction at hand. */
async function load(client: pg.Client, file: string): Promise<void> {
  const tables = await readTables(client)
  const bySection = new Map(tables.map((table) => [table.name, table]))
  await emptyTables(client, tables)
  const putBack = await setAside(client, tables)
  await readBackup(file, {
    header: async ({ sequences }) => {
      // Not setval: it outlives a rollback, and the rows that were there would meet ids of their own.
      for (const { name, next_value } of sequences) {
        await client.query(`alter sequence ${quoted(name)} restart with ${BigInt(next_value)}`)
      }
    },
    section: async (section, data) => {
      const table = bySection.get(section.name)
      if (section.section !== 'table' || table === undefined) {
        throw new Fault(
          'failed',
          'backup.newer_release',
          `The backup ${file} holds ${section.section} ${section.name}, which this release cannot restore. ` +
            'Restore it with the release that made it.',
        )
      }
      await copyIn(client, table, section, data)
    },
  })
  for (const { sql, what } of putBack) {
    await client.query(sql).catch((cause: unknown) => {
      throw new Fault(
        'failed',
        'backup.not_consistent',
        `The rows of the backup break ${what}: ${messageOf(cause)}`,
        {
          cause,
        },
      )
    })
  }
}

async function emptyTables(client: pg.Client, tables: Table[]): Promise<void> {
  try {
    await client.query(`truncate ${tables.map(({ sql }) => sql).join(', ')}`)
  } catch (cause) {
    if (cause instanceof pg.DatabaseError && cause.code === '55P03') {
      throw new Fault(
        'conflict',
        'backup.in_use',
        'Somebody is at work in the database. Stop the hub and try again.',
        {
          cause,
        },
      )
    }
    throw cause
  }
}

/**
 * Takes away what stands against rows coming in as they are, and answers how to put it back:
 * foreign keys (users and groups point at each other; checked once over all rows when they come back, which is
 * also faster), triggers (they would make rows that come anyway), and the force of row-level security, under
 * which COPY takes no rows. `session_replication_role` would be shorter and needs a superuser.
 */
async function setAside(client: pg.Client, tables: Table[]): Promise<{ sql: string; what: string }[]> {
  const ours = [tables.map(({ sql }) => sql)]
  const { rows } = await client.query<{ undo: string; redo: string; what: string }>(
    `with ours as (select unnest($1::regclass[]) as oid)
     select * from (
       select 1 as step, c.oid, format('alter table %s drop constraint %I', c.conrelid::regclass, c.conname) as undo,
         format('alter table %s add constraint %I %s', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid)) as redo,
         format('the foreign key %s of %s', c.conname, c.conrelid::regclass) as what
       from pg_constraint c join ours on ours.oid = c.conrelid
       where c.contype = 'f' and c.conparentid = 0
       union all
       select 2, t.oid, format('alter table %s disable trigger %I', t.tgrelid::regclass, t.tgname),
         format('alter table %s enable trigger %I', t.tgrelid::regclass, t.tgname),
         format('the trigger %s of %s', t.tgname, t.tgrelid::regclass)
       from pg_trigger t join ours on ours.oid = t.tgrelid
       where not t.tgisinternal and t.tgenabled = 'O'
       union all
       select 3, r.oid, format('alter table %s no force row level security', r.oid::regclass),
         format('alter table %s force row level security', r.oid::regclass),
         format('the policies of %s', r.oid::regclass)
       from pg_class r join ours on ours.oid = r.oid
       where r.relforcerowsecurity
     ) all_of_it order by step, oid`,
    ours,
  )
  for (const { undo } of rows) await client.query(undo)
  return rows.map(({ redo, what }) => ({ sql: redo, what }))
}

async function copyIn(
  client: pg.Client,
  table: Table,
  { columns }: Section,
  data: AsyncIterable<Buffer>,
): Promise<void> {
  const list = columns.map((column) => client.escapeIdentifier(column)).join(', ')
  const copy = client.query(copyFrom(`copy ${table.sql} (${list}) from stdin`))
  try {
    await pipeline(Readable.from(data, { objectMode: false }), copy)
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    throw new Fault(
      'failed',
      'backup.not_restored',
      `The rows of ${table.name} do not go in: ${messageOf(cause)}`,
      {
        cause,
      },
    )
  }
}
