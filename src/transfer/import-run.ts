/** Runs of another system, taken over as the history that they are: nothing of them is worked again. */
import { sql } from 'kysely'
import { safelyShown } from '#connect'
import {
  type Ids,
  type Import,
  knownImports,
  leaveOut,
  nextIds,
  rememberImports,
  type Tally,
} from '#identity'

export interface RunToImport {
  id: string
  transfer_id: string
  started_at: string | null
  ended_at: string | null
  status: string
  type: string
  log_url: string | null
  /** JSON, as text. */
  transfer_dump: string
  created_at: string
  updated_at: string
}

/** Ids there → ids here, for what a run has written down of its transfer. */
export interface RunSurroundings {
  transfers: Ids
  groups: Ids
  queues: Ids
  connections: Ids
}

const OVER = new Set(['FINISHED', 'FAILED', 'STOPPED'])

/** One batch, as it is read. Those that are not over are left out: a later import brings them when they are. */
export async function importRuns(
  act: Import,
  runs: readonly RunToImport[],
  around: RunSurroundings,
  tally: Tally,
): Promise<void> {
  const known = await knownImports(
    act,
    'run',
    runs.map(({ id }) => id),
  )
  const coming = runs.filter((run) => !known.has(run.id))
  tally.known += runs.length - coming.length
  const here = coming.flatMap((run) => {
    const status = statusOf(run)
    if (!around.transfers.has(run.transfer_id)) leaveOut(tally, `run ${run.id}`, 'its transfer is not here')
    else if (status === null) leaveOut(tally, `run ${run.id}`, `it is not over (${run.status.slice(0, 40)})`)
    else return [{ run, status }]
    return []
  })
  const numbers = await nextIds(act, 'run', here.length)
  const rows = here.map(({ run, status }, at) => ({
    id: numbers[at],
    transfer_id: around.transfers.get(run.transfer_id),
    started_at: run.started_at,
    ended_at: run.ended_at,
    status,
    type: run.type === 'SCHEDULED' ? 'SCHEDULED' : 'MANUAL',
    log_url: run.log_url,
    transfer_dump: dumpOf(run.transfer_dump, around),
    created_at: run.created_at,
    updated_at: run.updated_at,
  }))
  await sql`
    insert into transfer.run (id, transfer_id, group_id, started_at, ended_at, status, type, log_url, transfer_dump,
      created_at, updated_at)
    overriding system value
    select r.id, r.transfer_id, t.group_id, r.started_at, r.ended_at, r.status, r.type, r.log_url, r.transfer_dump,
      r.created_at, r.updated_at
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (
      id bigint, transfer_id bigint, started_at timestamptz, ended_at timestamptz, status text, type text, log_url text,
      transfer_dump jsonb, created_at timestamptz, updated_at timestamptz)
    join transfer.transfer t on t.id = r.transfer_id`.execute(act.tx)
  await rememberImports(
    act,
    'run',
    here.map(({ run }, at) => ({
      foreign_id: run.id,
      foreign_created_at: run.created_at,
      local_id: numbers[at] ?? 0, // as many as were asked for
      made: true,
      row_updated_at: run.updated_at,
    })),
  )
  tally.taken += here.length
}

/** A run that was asked to stop before it began never says more there: it is a stopped one. */
function statusOf({ status, started_at: startedAt }: RunToImport): string | null {
  if (OVER.has(status)) return status
  return status === 'SEND_STOP_SIGNAL' && startedAt === null ? 'STOPPED' : null
}

type Dump = Record<string, unknown>

/** What the run wrote down, with our ids, so that links from it lead somewhere; and surely without secrets. */
function dumpOf(text: string, around: RunSurroundings): Dump {
  const dump: unknown = JSON.parse(text)
  if (!isDump(dump)) return {}
  const found = {
    ...dump,
    ...translated(dump, {
      id: around.transfers,
      group_id: around.groups,
      queue_id: around.queues,
      source_connection_id: around.connections,
      target_connection_id: around.connections,
    }),
  }
  return {
    ...found,
    ...endOf(dump, 'source', around),
    ...endOf(dump, 'target', around),
  }
}

function endOf(dump: Dump, side: 'source' | 'target', around: RunSurroundings): Dump {
  const end = dump[`${side}_connection`]
  if (!isDump(end)) return {}
  const params = dump[`${side}_params`]
  // Theirs does not say the connection's type; its params do.
  const type = isDump(params) && typeof params.type === 'string' ? params.type : null
  const auth = isDump(end.auth_data) ? safelyShown(type ?? '', end.auth_data) : null
  return {
    [`${side}_connection`]: {
      ...end,
      ...translated(end, { id: around.connections, group_id: around.groups }),
      ...(type === null ? {} : { type }),
      auth_data: auth,
    },
  }
}

function translated(dump: Dump, fields: Readonly<Record<string, Ids>>): Dump {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([field, ids]) => {
      const id = ids.get(String(dump[field]))
      return id === undefined ? [] : [[field, id]]
    }),
  )
}

function isDump(value: unknown): value is Dump {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
