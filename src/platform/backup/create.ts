import { randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { access, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { Fault, messageOf } from '#fault'
import { type BackupHeader, type SectionToWrite, type Totals, writeBackup } from './format.ts'
import { readSequences, readTables, refuseHiddenRows, type Table, withOwner } from './tables.ts'

export const EXTENSION = '.backup.gz'
/** Level 3 takes half the time of the usual 6 and leaves a tenth more. */
const GZIP_LEVEL = 3

export interface CreateBackup {
  /** The hub's login or an administrator: whoever may act as `crosstie_owner`. */
  url: string
  /** Where to; nothing may be there yet. */
  file: string
  /** The hub's release. */
  release: string
  /** The names of the vault's keys, to be told what a restore will need. Never the keys. */
  keyIds: readonly string[]
  signal?: AbortSignal
}

export interface BackupMade {
  file: string
  tables: number
  rows: number
  /** Of the file. */
  sizeBytes: number
}

/**
 * Writes all of the hub's rows, as one moment saw them, into one file (0600). It has another name until it is
 * complete and on the disk.
 *
 * @throws Fault `backup.file_exists`, `backup.not_written` (disk full, no right), `backup.rows_hidden`.
 */
export async function createBackup(order: CreateBackup): Promise<BackupMade> {
  const { file } = order
  await refuseExisting(file)
  const unfinished = `${file}.${randomBytes(4).toString('hex')}.part`
  try {
    const totals = await withOwner(order.url, (client) => write(client, unfinished, order))
    const { size } = await stat(unfinished)
    await rename(unfinished, file)
    await syncFolder(path.dirname(file))
    return { file, tables: totals.sections, rows: totals.rows, sizeBytes: size }
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
}

/** A backup with a name that says when and why, as one is made before every `migrate down`. */
export async function backupBefore(
  what: string,
  folder: string,
  order: Omit<CreateBackup, 'file'>,
): Promise<BackupMade> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return createBackup({ ...order, file: path.join(folder, backupName(new Date(), `before-${what}`)) })
}

/** `crosstie-20260501T120000Z.backup.gz`: names sort by time. */
export function backupName(at: Date, why?: string): string {
  const time = at.toISOString().replaceAll(/[-:]|\.\d+/g, '')
  return `crosstie-${time}${why === undefined ? '' : `-${why}`}${EXTENSION}`
}

async function write(client: pg.Client, file: string, order: CreateBackup): Promise<Totals> {
  await client.query('begin isolation level repeatable read, read only')
  const tables = await readTables(client)
  if (tables.length === 0) {
    throw new Fault(
      'failed',
      'backup.nothing',
      'The database has no tables of Crosstie, so there is nothing to back up.',
    )
  }
  // Nobody alters or drops a table on the way.
  await client.query(`lock table ${tables.map(({ sql }) => sql).join(', ')} in access share mode`)
  await refuseHiddenRows(client)
  const header = await readHeader(client, order)
  let totals: Totals | undefined
  async function* content(): AsyncGenerator<Buffer> {
    totals = yield* writeBackup(header, sections(client, tables))
  }
  try {
    await pipeline(
      content,
      createGzip({ level: GZIP_LEVEL }),
      // Read and written by the hub alone; on the disk before it gets its name.
      createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true }),
      ...(order.signal === undefined ? [] : [{ signal: order.signal }]),
    )
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    if (order.signal?.aborted === true)
      throw new Fault('failed', 'backup.stopped', 'The backup was stopped.', { cause })
    throw new Fault(
      'failed',
      'backup.not_written',
      `The backup ${order.file} was not written: ${messageOf(cause)}`,
      {
        cause,
      },
    )
  }
  if (totals === undefined) throw new Error('a backup ended without its totals')
  return totals
}

async function readHeader(client: pg.Client, { release, keyIds }: CreateBackup): Promise<BackupHeader> {
  const { rows: migrations } = await client.query<{ id: string; checksum: string }>(
    'select id, checksum from platform.migration order by id',
  )
  const { rows } = await client.query<{ postgres: string }>(
    `select current_setting('server_version') as postgres`,
  )
  return {
    release,
    created_at: new Date().toISOString(),
    postgres: rows[0]?.postgres ?? '',
    migrations,
    key_ids: [...keyIds],
    // Read after the snapshot was taken: at least as far as the rows in it.
    sequences: await readSequences(client),
  }
}

async function* sections(client: pg.Client, tables: Table[]): AsyncGenerator<SectionToWrite> {
  for (const { name, sql, columns } of tables) {
    yield { section: 'table', name, columns, data: rowsOf(client, name, sql, columns) }
  }
}

async function* rowsOf(
  client: pg.Client,
  name: string,
  sql: string,
  columns: string[],
): AsyncGenerator<Buffer> {
  const list = columns.map((column) => client.escapeIdentifier(column)).join(', ')
  try {
    yield* client.query(copyTo(`copy ${sql} (${list}) to stdout`))
  } catch (cause) {
    throw new Fault(
      'failed',
      'backup.not_read',
      `The rows of ${name} could not be read: ${messageOf(cause)}`,
      { cause },
    )
  }
}

async function refuseExisting(file: string): Promise<void> {
  const there = await access(file).then(
    () => true,
    () => false,
  )
  if (there) {
    throw new Fault(
      'conflict',
      'backup.file_exists',
      `${file} is there already. Choose another name or take it away.`,
    )
  }
}

/** So that the new name, too, outlasts a power failure; a file system that cannot is none of our faults. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  await handle.sync().catch(() => {})
  await handle.close()
}
