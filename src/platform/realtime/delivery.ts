/**
 * From ids to subscribers: who may still hear is asked, each row is read once per distinct set of claims, written once
 * per shape, and sent in the order of commits.
 */
import type { Claimant, Database } from '#database'
import type { Log } from '#log'
import type { Binding } from './binding.ts'
import type { ChangeId } from './change-feed.ts'
import type { Channel, Channels } from './channel.ts'
import { encodeRaw } from './frame.ts'
import type { Gate } from './gate.ts'
import { standingOfEach } from './standing.ts'

export interface Delivery {
  take: (changes: readonly ChangeId[]) => void
  stop: () => void
}

export interface DeliveryOptions {
  db: Database
  log: Log
  gate: Gate
  channels: Channels
  /** More waits than can be caught up with. */
  onGap: () => void
}

interface Row {
  id: number
  table: string
  type: 'INSERT' | 'UPDATE' | 'DELETE'
  record: string | null
  old_record: string
  errors: string[] | null
  at: string
}

/** One distinct set of claims in a batch. */
interface Reader {
  claimant: Claimant
  ids: Set<number>
  rows: Map<number, Row>
}

const BATCH = 500
const QUEUE_LIMIT = 50_000
const READERS_AT_ONCE = 4
const RETRY_MS = 500
/** After so much the sockets get a turn to carry it away: else a burst would look like slow readers. */
const BURST_BYTES = 512 * 1024

export function createDelivery(options: DeliveryOptions): Delivery {
  const { log, channels, onGap } = options
  let queue: ChangeId[] = []
  let isRunning = false
  let isStopped = false

  const run = async (): Promise<void> => {
    isRunning = true
    while (queue.length > 0 && !isStopped) {
      const batch = queue.splice(0, BATCH).filter(({ company }) => channels.listeners(company).length > 0)
      if (batch.length === 0) continue
      const audience = await readSurely(batch)
      // What cannot be written is a bug of ours; the next change is none the worse.
      await send(channels, batch, audience).catch((error: unknown) => {
        log.error({ err: error }, 'changes could not be sent by realtime')
      })
    }
    isRunning = false
  }
  /** Nothing is sent before all is read, so that a batch can be read again as a whole. */
  const readSurely = async (batch: readonly ChangeId[]): Promise<Audience> => {
    while (!isStopped) {
      try {
        return await readBatch(options, batch)
      } catch (error) {
        if (isStopped) break
        log.warn({ err: error }, 'changes could not be read for realtime; they are tried again')
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
    return new Map()
  }
  return {
    take: (changes) => {
      queue.push(...changes)
      if (queue.length > QUEUE_LIMIT) {
        queue = []
        onGap()
      }
      if (!isRunning) void run()
    },
    stop: () => {
      isStopped = true
    },
  }
}

/** By company, its channels that may hear, each with what its claims see. */
type Audience = Map<string, [Channel, Reader][]>

async function readBatch(
  { db, gate, channels }: DeliveryOptions,
  batch: readonly ChangeId[],
): Promise<Audience> {
  const idsOf = new Map<string, number[]>()
  for (const { id, company } of batch) idsOf.set(company, [...(idsOf.get(company) ?? []), id])
  const companies = [...idsOf.keys()]
  const listeners = new Map(companies.map((company) => [company, channels.listeners(company)]))
  const standings = await standingOfEach(gate, new Set([...listeners.values()].flat()), companies)

  const readers = new Map<string, Reader>()
  const audience: Audience = new Map()
  for (const [company, heard] of listeners) {
    const here: [Channel, Reader][] = []
    for (const channel of heard) {
      const standing = standings.get(channel)
      const claims = standing?.claims.get(company)
      if (standing === undefined || claims === undefined) continue
      const key = `${standing.databaseRole} ${JSON.stringify(claims)}`
      const claimant = { databaseRole: standing.databaseRole, claims }
      const reader = readers.get(key) ?? { claimant, ids: new Set(), rows: new Map() }
      readers.set(key, reader)
      for (const id of idsOf.get(company) ?? []) reader.ids.add(id)
      here.push([channel, reader])
    }
    audience.set(company, here)
  }
  const waiting = [...readers.values()]
  const readAll = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await readAs(db, next)
  }
  await Promise.all(Array.from({ length: READERS_AT_ONCE }, readAll))
  return audience
}

/** The policies of the outbox decide, also about rows that are gone from their table. */
async function readAs(db: Database, reader: Reader): Promise<void> {
  const { rows } = await db.withConnection(reader.claimant, (client) =>
    client.query<Row>({
      name: 'realtime_change',
      text: `select id, schema_name || '.' || table_name as table, type, record::text, old_record::text, errors,
               to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
             from realtime.change where id = any ($1::bigint[])`,
      values: [[...reader.ids]],
    }),
  )
  reader.rows = new Map(rows.map((row) => [row.id, row]))
}

async function send(channels: Channels, batch: readonly ChangeId[], audience: Audience): Promise<void> {
  let burst = 0
  for (const { id, company } of batch) {
    const parsed = new Map<Row, Parsed>()
    const written = new Map<string, Buffer>()
    for (const [channel, reader] of audience.get(company) ?? []) {
      const row = reader.rows.get(id)
      // It may have left, or its token have ended, since its rows were read.
      if (row === undefined || !channels.has(channel)) continue
      for (const [select, bindings] of bySelect(matching(channel.bindings, row, parsed))) {
        const { version } = channel.line
        const ids = JSON.stringify(bindings.map((binding) => binding.id))
        const key = [version, channel.topic, ids, select].join('\n')
        const known = written.get(key)
        const frame = known ?? Buffer.from(encodeChange(channel, row, bindings, ids))
        if (known === undefined) written.set(key, frame)
        channel.line.send(frame)
        burst += frame.length
      }
    }
    if (burst > BURST_BYTES) {
      burst = 0
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

type Parsed = Readonly<Record<string, unknown>>

function matching(bindings: readonly Binding[], row: Row, parsed: Map<Row, Parsed>): Binding[] {
  return bindings.filter(({ event, tables, filter }) => {
    if (event !== '*' && event !== row.type) return false
    if (!tables.some(({ schema, table }) => `${schema}.${table}` === row.table)) return false
    if (filter === null) return true
    // Of a deleted row its key is known, and what a filter asks beyond it is not.
    const record = parsed.get(row) ?? (JSON.parse(row.record ?? row.old_record) as Parsed) // to_jsonb of a row
    parsed.set(row, record)
    return filter(record)
  })
}

/** Bindings that want the same columns share a message. */
function bySelect(bindings: readonly Binding[]): Map<string, Binding[]> {
  const groups = new Map<string, Binding[]>()
  for (const binding of bindings) {
    const key = binding.select?.join() ?? '*'
    groups.set(key, [...(groups.get(key) ?? []), binding])
  }
  return groups
}

function encodeChange({ line, topic }: Channel, row: Row, bindings: readonly Binding[], ids: string): string {
  const select = bindings[0]?.select ?? null
  const table = bindings[0]?.tables.find((one) => `${one.schema}.${one.table}` === row.table)
  const columns = (table?.columns ?? []).filter(({ name }) => select === null || select.includes(name))
  const shown = row.record === null || select === null ? row.record : pick(row.record, select)
  const head = JSON.stringify({
    schema: table?.schema,
    table: table?.table,
    type: row.type,
    commit_timestamp: row.at,
    columns,
    errors: row.errors,
  })
  const record = shown === null ? '' : `,"record":${shown}`
  const old = row.type === 'INSERT' ? '' : `,"old_record":${row.old_record}`
  const data = `${head.slice(0, -1)}${record}${old}}`
  return encodeRaw(line.version, topic, 'postgres_changes', `{"ids":${ids},"data":${data}}`)
}

function pick(record: string, select: readonly string[]): string {
  const all = JSON.parse(record) as Parsed // to_jsonb of a row
  return JSON.stringify(Object.fromEntries(Object.entries(all).filter(([name]) => select.includes(name))))
}
