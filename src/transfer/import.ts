/** Transfers of another system, taken over by its operator, and the way back. */
import { sql } from 'kysely'
import type { TSchema } from 'typebox'
import {
  batchesOf,
  deleteImported,
  freeName,
  type Ids,
  type Import,
  IMPORT_BATCH,
  leaveOut,
  nextIds,
  note,
  type Taken,
  type Tally,
} from '#identity'
import { parseBySchema } from '#http'
import type { InTransaction } from '#timer'
import { beginKind, isHere, rememberMade, type Times } from './import-steps.ts'
import { convertSchedule } from './import-schedule.ts'
import { keepTimer } from './schedule.ts'
import { TransferBody } from './transfer.schema.ts'
import { written } from './transfer.ts'

/** What is JSON there is JSON as text here: numbers stay as they are. */
export interface TransferToImport extends Times {
  id: string
  group_id: string
  name: string
  description: string
  source_connection_id: string
  target_connection_id: string
  queue_id: string
  source_params: string
  target_params: string
  strategy_params: string
  transformations: string
  resources: string
  is_scheduled: boolean
  schedule: string
}

const NAME_LIMIT = 128
const BODY: TSchema = TransferBody

export interface TransferSurroundings {
  groups: Ids
  connections: Ids
  queues: Ids
  /** Of the other system's scheduler: its lines have none of their own. */
  timezone: string
  /** Transfers come without their schedules on, so that they do not run here and there. */
  paused: boolean
}

type IdField = 'id' | 'group_id' | 'queue_id' | 'source_connection_id' | 'target_connection_id'

interface TransferRow extends Omit<TransferToImport, IdField>, Record<IdField, number> {
  timezone: string
}

export async function importTransfers(
  act: Import & InTransaction,
  transfers: readonly TransferToImport[],
  around: TransferSurroundings,
): Promise<Taken> {
  const { tally, ids, coming } = await beginKind(act, 'transfer', transfers)
  for (const batch of batchesOf(coming, IMPORT_BATCH)) {
    const groupIds = batch.flatMap(({ group_id }) => around.groups.get(group_id) ?? [])
    const places = await placesOf(act, groupIds)
    const here = batch.filter((transfer) => fits(transfer, { around, places, tally }))
    const numbers = await nextIds(act, 'transfer', here.length)
    const rows = here.map((transfer, at) => rowOf(transfer, numbers[at] ?? 0, { around, places, tally }))
    await insertTransfers(act, rows)
    for (const row of rows.filter(({ is_scheduled }) => is_scheduled)) await keepTimer(act, row, new Date())
    await rememberMade(act, 'transfer', { things: here, numbers, ids, tally })
  }
  return { ids, tally }
}

/** Whose things are whose, among the groups of a batch: keys between them carry the group. */
interface Places {
  connections: ReadonlyMap<number, number>
  queues: ReadonlyMap<number, number>
  /** `<group id> <name>` */
  names: Set<string>
}

async function placesOf({ tx }: Import, groupIds: readonly number[]): Promise<Places> {
  const read = async (table: string) =>
    (
      await sql<{ id: number; group_id: number; name: string }>`
        select id, group_id, name from ${sql.table(table)} where group_id = any (${groupIds}::bigint[])`.execute(
        tx,
      )
    ).rows
  const groupOf = async (table: string) =>
    new Map((await read(table)).map(({ id, group_id }) => [id, group_id]))
  return {
    connections: await groupOf('connect.connection'),
    queues: await groupOf('transfer.queue'),
    names: new Set((await read('transfer.transfer')).map(({ group_id, name }) => `${group_id} ${name}`)),
  }
}

interface Deciding {
  around: TransferSurroundings
  places: Places
  tally: Tally
}

function fits(transfer: TransferToImport, { around, places, tally }: Deciding): boolean {
  if (!isHere(transfer, around.groups, tally)) return false
  const groupId = around.groups.get(transfer.group_id)
  const ends = [transfer.source_connection_id, transfer.target_connection_id]
  const connections = ends.map((id) => around.connections.get(id))
  const queue = around.queues.get(transfer.queue_id)
  if (queue === undefined || connections.includes(undefined)) {
    leaveOut(tally, transfer.name, 'its queue or one of its connections is not here')
    return false
  }
  // The other system lets a transfer be moved onto another group's connections; keys here do not.
  const isForeign =
    places.queues.get(queue) !== groupId ||
    connections.some((id) => places.connections.get(id ?? 0) !== groupId)
  if (isForeign)
    leaveOut(tally, transfer.name, 'its queue or one of its connections belongs to another group')
  return !isForeign
}

function rowOf(transfer: TransferToImport, id: number, { around, places, tally }: Deciding): TransferRow {
  const groupId = around.groups.get(transfer.group_id) ?? 0 // it fits
  const ends = {
    queue_id: around.queues.get(transfer.queue_id) ?? 0,
    source_connection_id: around.connections.get(transfer.source_connection_id) ?? 0,
    target_connection_id: around.connections.get(transfer.target_connection_id) ?? 0,
  }
  const name = freeName(transfer.name, {
    limit: NAME_LIMIT,
    suffix: (n) => ` (${n})`,
    isTaken: (candidate) => places.names.has(`${groupId} ${candidate}`),
  })
  places.names.add(`${groupId} ${name}`)
  if (name !== transfer.name) tally.renamed.push({ from: transfer.name, to: name })
  return {
    ...transfer,
    ...scheduleOf(transfer, name, around, tally),
    ...settingsOf(transfer, { group_id: groupId, ...ends }, name, tally),
    ...ends,
    id,
    name,
    group_id: groupId,
    timezone: around.timezone,
  }
}

type Settings = Pick<
  TransferToImport,
  'source_params' | 'target_params' | 'strategy_params' | 'transformations' | 'resources'
>

/** As `/v1` would have written them, defaults and all; what it would refuse stays as it is, and is told. */
function settingsOf(given: Settings, ids: object, name: string, tally: Tally): Settings {
  const { source_params, target_params, strategy_params, transformations, resources } = given
  const raw = { source_params, target_params, strategy_params, transformations, resources }
  const body = {
    ...Object.fromEntries(Object.entries(raw).map(([field, text]) => [field, JSON.parse(text)])),
    ...ids,
    name: 'name',
  }
  const read = parseBySchema(BODY, body, [])
  if ('problems' in read) {
    const [first] = read.problems
    note(
      tally,
      name,
      `its ${first?.location.join('.')} does not fit (${first?.message}); edit it before a run`,
    )
    return raw
  }
  if (JSON.parse(strategy_params).type === 'incremental') {
    note(tally, name, 'incremental: its mark does not come along, so its first run here reads everything')
  }
  const row = written(read.value as TransferBody) // it was read by this schema
  return {
    source_params: JSON.stringify(row.source_params),
    target_params: JSON.stringify(row.target_params),
    strategy_params: JSON.stringify(row.strategy_params),
    transformations: JSON.stringify(row.transformations),
    resources: JSON.stringify(row.resources),
  }
}

/** On, converted, or off with its text kept and the reason told. */
function scheduleOf(
  { is_scheduled, schedule }: TransferToImport,
  name: string,
  { timezone, paused }: TransferSurroundings,
  tally: Tally,
): { is_scheduled: boolean; schedule: string } {
  if (schedule === '') return { is_scheduled: false, schedule }
  const converted = convertSchedule(schedule, timezone)
  if ('problem' in converted) {
    if (is_scheduled) note(tally, name, `not scheduled, its text kept: ${converted.problem}`)
    return { is_scheduled: false, schedule }
  }
  if (converted.schedule !== schedule)
    note(tally, name, 'its schedule is written otherwise here: Sunday is 0, Monday 1')
  if (is_scheduled && paused)
    note(tally, name, 'its schedule is off, as was asked; switch it on when the other one is stopped')
  return { is_scheduled: is_scheduled && !paused, schedule: converted.schedule }
}

async function insertTransfers({ tx }: Import, rows: readonly TransferRow[]): Promise<void> {
  await sql`
    insert into transfer.transfer (id, group_id, name, description, source_connection_id, target_connection_id, queue_id,
      source_params, target_params, strategy_params, transformations, resources, is_scheduled, schedule, timezone,
      created_at, updated_at)
    overriding system value
    select r.id, r.group_id, r.name, r.description, r.source_connection_id, r.target_connection_id, r.queue_id,
      r.source_params::jsonb, r.target_params::jsonb, r.strategy_params::jsonb, r.transformations::jsonb,
      r.resources::jsonb, r.is_scheduled, r.schedule, r.timezone, r.created_at, r.updated_at
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (
      id bigint, group_id bigint, name text, description text, source_connection_id bigint, target_connection_id bigint,
      queue_id bigint, source_params text, target_params text, strategy_params text, transformations text, resources text,
      is_scheduled boolean, schedule text, timezone text, created_at timestamptz, updated_at timestamptz)`.execute(
    tx,
  )
}

/** Deletes the queues, transfers and runs that an import made; transfers' timers go with them. */
export async function deleteImportedTransfers(
  act: Import,
): Promise<{ runs: number; transfers: number; queues: number }> {
  const runs = await deleteImported(act, 'run')
  await sql`
    delete from platform.timer t using identity.imported m
    where t.kind = 'transfer.schedule' and t.key = m.local_id::text
      and m.source = ${act.source} and m.kind = 'transfer' and m.made`.execute(act.tx)
  const transfers = await deleteImported(act, 'transfer')
  return { runs, transfers, queues: await deleteImported(act, 'queue') }
}
