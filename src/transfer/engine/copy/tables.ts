/** PostgreSQL to PostgreSQL: the source's COPY frames go to the target's socket as they came. */
import { Fault } from '#fault'
import type pg from 'pg'

import { closeNow } from '../../store/postgres/backend.ts'
import { knownType, readTable, type ColumnInfo, type TableInfo } from '../../store/postgres/catalog.ts'
import { connectPostgres, sessionName } from '../../store/postgres/connect.ts'
import { copyIn, copyOut } from '../../store/postgres/copy-stream.ts'
import { postgresFault } from '../../store/postgres/fault.ts'
import { placeOf } from '../../store/postgres/login.ts'
import { quoteNames, quoteTable, tableText } from '../../store/postgres/quote.ts'
import { matchColumns, type WantedColumn } from '../../store/postgres/target-plan.ts'
import { openTarget, type PostgresTarget } from '../../store/postgres/target.ts'
import type { Emit, Job, JobResult, PlannedColumn } from '../job.ts'
import { carryColumn } from './carry.ts'
import { reportProgress } from './progress.ts'
import { selectSql } from './select.ts'
import { openSource, readMark, sourceFault, type OpenSource } from './source.ts'

export type TableJob = Job & { source: Extract<Job['source'], { type: 'postgres' }>; target: PostgresTarget }

/** How the columns go over; found from both catalogs, before anything is touched. */
export interface TablePlan {
  /** For `openTarget`. */
  wanted: WantedColumn[]
  /** The COPY's two statements, the second without its table. */
  select: string
  columnNames: string
  /** The types that the target's columns have to have still when the rows arrive. */
  targetTypes: string[]
  format: 'binary' | 'text'
  columns: PlannedColumn[]
  notes: string[]
  targetExists: boolean
  estimatedRows: number | null
}

export async function runTables(job: TableJob, emit: Emit, signal: AbortSignal): Promise<JobResult> {
  const { source } = job
  const open = await openSource(source, job)
  const stopSource = () => open.close()
  signal.addEventListener('abort', stopSource)
  try {
    const plan = await lookAtTarget(job, (client) => planTables(open, job, client))
    signal.throwIfAborted()
    for (const message of plan.notes) await emit({ type: 'log', level: 'info', message })
    const mark = await readMark(open, source, job)
    if (mark === undefined && isFollowUp(job)) return nothingNew(job)
    return await carryRows(job, open, plan, mark, emit, signal)
  } catch (error) {
    throw sourceFault(error, source)
  } finally {
    signal.removeEventListener('abort', stopSource)
    open.close()
  }
}

/** A look at the target over a connection of its own, which ends with it. */
export async function lookAtTarget<T>(job: TableJob, look: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await connectPostgres(job.target.login, { applicationName: sessionName(job.id) })
  try {
    return await look(client)
  } catch (error) {
    throw postgresFault(error, job.target)
  } finally {
    closeNow(client)
  }
}

export async function planTables(
  open: OpenSource,
  job: TableJob,
  targetClient: pg.Client,
): Promise<TablePlan> {
  const { source, target } = job
  const info = await readTable(targetClient, target.table)
  const selected = open.selection.columns
  const notes: string[] = []
  const into =
    info === null
      ? await newColumns(
          targetClient,
          job,
          selected.map(({ name, column }) => ({ ...column, name })),
          notes,
        )
      : matched(info, job, notes)
  const byName = new Map(into.map((column) => [column.name, column]))
  const carried = selected.flatMap(({ name, expression, column }) => {
    const to = byName.get(name)
    return to === undefined ? [] : [{ name, from: column, to, ...carryColumn(name, expression, column, to) }]
  })
  await sameMoney(
    open.client,
    targetClient,
    carried.filter(({ from }) => from.baseType.startsWith('money')).map(({ name }) => name),
  )
  const filtered = open.selection.filter !== '' || open.increment !== ''
  return {
    wanted: carried.map(({ name, to }) => ({ name, type: to.type })),
    select: selectSql(
      source.table,
      carried.map(({ expression }) => expression),
      open.selection.filter,
      open.increment,
    ),
    columnNames: quoteNames(carried.map(({ name }) => name)),
    targetTypes: carried.map(({ to }) => to.type),
    format: carried.every(({ binary }) => binary) ? 'binary' : 'text',
    columns: carried.map(({ name, from, to, note }) => ({
      name,
      sourceType: from.type,
      targetType: to.type,
      note,
    })),
    notes,
    targetExists: info !== null,
    estimatedRows: filtered ? null : open.info.estimatedRows,
  }

  function matched(existing: TableInfo, at: TableJob, said: string[]): ColumnInfo[] {
    const { columns, leftOut } = matchColumns(
      existing,
      selected.map(({ name, column }) => ({ name, type: column.type })),
      at.target,
    )
    said.push(...leftOut.map(({ why }) => why))
    return columns
  }
}

async function carryRows(
  job: TableJob,
  open: OpenSource,
  plan: TablePlan,
  mark: string | undefined,
  emit: Emit,
  signal: AbortSignal,
): Promise<JobResult> {
  const { source } = job
  // What comes after the first increment can only be added; replacing would lose all that was carried before.
  const target = isFollowUp(job) ? { ...job.target, mode: 'append' as const } : job.target
  const into = await openTarget(target.login, target, plan.wanted, job.id, {
    onPrepared: (prepared) => emit({ type: 'prepared', mark, ...prepared }),
    onWithdrawn: () => emit({ type: 'withdrawn' }),
  })
  const stopTarget = () => closeNow(into.client)
  signal.addEventListener('abort', stopTarget)
  const counts = { rows: 0, bytes: 0 }
  const progress = reportProgress(emit, counts, { totalRows: plan.estimatedRows, totalBytes: null })
  try {
    signal.throwIfAborted()
    sameTypes(into.columns, plan, target)
    progress.phase('writing')
    const rows = await pipe(
      open,
      into.client,
      `copy ${quoteTable(into.table)} (${plan.columnNames}) from stdin`,
      plan,
      counts,
      job,
    )
    counts.rows = rows
    progress.phase('merging')
    await into.commit(rows)
    progress.phase('finished')
    return {
      route: 'copy',
      rows,
      bytes: counts.bytes,
      ...(mark === undefined ? {} : { mark }),
      written: tableText(target.table),
    }
  } catch (error) {
    await into.abandon()
    throw sourceFault(error, source)
  } finally {
    progress.end()
    signal.removeEventListener('abort', stopTarget)
  }
}

/** Both ends fail on their own, and each failure is told as that end's. */
async function pipe(
  open: OpenSource,
  targetClient: pg.Client,
  into: string,
  plan: TablePlan,
  counts: { rows: number; bytes: number },
  job: TableJob,
): Promise<number> {
  const options = `(format ${plan.format})`
  try {
    const sink = await copyIn(targetClient, `${into} ${options}`)
    let sent: number
    try {
      sent = await copyOut(open.client, `copy (${plan.select}) to stdout ${options}`, 'frames', sink, counts)
    } catch (error) {
      // The target's refusal ends the source's COPY as well, and is the reason then.
      await Promise.race([sink.failed, Promise.resolve()])
      throw sourceFault(error, job.source)
    }
    const taken = await sink.end()
    if (sent === taken) return taken
    throw new Fault(
      'failed',
      'transfer.count_differs',
      `${sent} rows were read, but ${tableText(job.target.table)} took ${taken}.`,
    )
  } catch (error) {
    throw postgresFault(error, job.target)
  }
}

export function isFollowUp(job: Job): boolean {
  return job.strategy.type === 'incremental' && job.strategy.after !== undefined
}

function nothingNew(job: TableJob): JobResult {
  const after = job.strategy.type === 'incremental' ? job.strategy.after : undefined
  return {
    route: 'copy',
    rows: 0,
    bytes: 0,
    ...(after === undefined ? {} : { mark: after }),
    written: tableText(job.target.table),
  }
}

/**
 * A new table's columns have the source's types. An enum or a domain that the target's database does not know
 * becomes what it stands on; anything else that it lacks is a fault.
 */
async function newColumns(
  client: pg.Client,
  job: TableJob,
  columns: ColumnInfo[],
  notes: string[],
): Promise<ColumnInfo[]> {
  const made: ColumnInfo[] = []
  for (const column of columns) {
    if (column.binary || /^[a-z ]+$/.test(column.type) || (await knownType(client, column.type)) !== null) {
      made.push(column)
      continue
    }
    const instead = column.typtype === 'd' ? column.baseType : column.typtype === 'e' ? 'text' : undefined
    if (instead === undefined || (instead.includes('.') && (await knownType(client, instead)) === null)) {
      throw new Fault(
        'invalid',
        'transfer.type_missing',
        `Column "${column.name}" is of type ${column.type}, which ${placeOf(job.target.login)} does not know. ` +
          'Create the type there first, or cast the column by a column filter (to text, for instance).',
        { details: { column: column.name } },
      )
    }
    notes.push(
      `"${column.name}" becomes ${instead}: ${placeOf(job.target.login)} does not know the type ${column.type}.`,
    )
    made.push({ ...column, type: instead, baseType: instead, typtype: 'b', binary: false })
  }
  return made
}

/** Binary rows are read by the types of the plan, so a table that was altered meanwhile must not take them. */
function sameTypes(columns: readonly WantedColumn[], plan: TablePlan, target: PostgresTarget): void {
  const now = columns.map(({ type }) => type)
  if (now.join('\n') === plan.targetTypes.join('\n')) return
  throw new Fault(
    'conflict',
    'transfer.target_changed',
    `${tableText(target.table)} at ${placeOf(target.login)} was altered just now. Try again.`,
  )
}

/** `money` is a count of the smallest coin, and what that is the two databases have to agree on. */
async function sameMoney(source: pg.Client, target: pg.Client, columns: string[]): Promise<void> {
  if (columns.length === 0) return
  const [here, there] = await Promise.all(
    [source, target].map(
      async (client) =>
        (await client.query<{ lc_monetary: string }>('show lc_monetary')).rows[0]?.lc_monetary,
    ),
  )
  if (here === there) return
  throw new Fault(
    'invalid',
    'transfer.type_refused',
    `Column "${columns[0]}" is money, and the two databases count it differently (lc_monetary is ${here} and ${there}). ` +
      'Cast it to numeric by a column filter.',
    { details: { column: columns[0] } },
  )
}
