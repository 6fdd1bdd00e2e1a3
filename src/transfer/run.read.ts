/** How runs and their lines are shown: SyncMaster's fields, and with `?view=full` ours. */
import { type Static, Type } from 'typebox'
import { Id } from '#http'
import type { Tx } from './queue.store.ts'
import { runsAhead } from './run-turn.ts'
import type { LogLine, Run } from './run.store.ts'
import { STATUSES } from './tables.ts'

export const RunPath = Type.Object({ run_id: Id })
const Time = Type.Union([Type.String({ format: 'date-time' }), Type.Null()])
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Optional(Type.Union([schema, Type.Null()]))
const Dump = Type.Record(Type.String(), Type.Unknown())

const Short = {
  id: Type.Integer(),
  transfer_id: Type.Integer(),
  started_at: Time,
  ended_at: Time,
  status: Type.Enum([...STATUSES]),
  log_url: Type.Union([Type.String(), Type.Null()]),
  type: Type.Enum(['MANUAL', 'SCHEDULED']),
}
const NumberOrNull = Type.Union([Type.Number(), Type.Null()])
const Full = {
  group_id: Type.Optional(Type.Integer()),
  transfer_name: Type.Optional(Type.String()),
  progress: orNull(
    Type.Object({
      rows: Type.Number(),
      bytes: Type.Number(),
      total_rows: NumberOrNull,
      total_bytes: NumberOrNull,
      phase: Type.String(),
      rows_per_second: NumberOrNull,
      eta_seconds: NumberOrNull,
    }),
  ),
  engine: orNull(Type.String()),
  error: orNull(Type.String()),
  attempts: Type.Optional(Type.Integer()),
  queued_at: Type.Optional(Time),
  scheduled_for: Type.Optional(Time),
  created_at: Type.Optional(Type.String({ format: 'date-time' })),
  created_by: orNull(Type.Integer()),
  duration_ms: orNull(Type.Integer()),
  waits_for: orNull(
    Type.Object(
      { run_id: Type.Integer() },
      { description: 'The run of the same transfer that is before it.' },
    ),
  ),
}
export const ShortRun = Type.Object({ ...Short, ...Full })
export const RunRead = Type.Object({ ...Short, transfer_dump: Dump, ...Full })

export const LogRead = Type.Object({
  seq: Type.Integer(),
  at: Type.String({ format: 'date-time' }),
  level: Type.Enum(['info', 'warning', 'error']),
  message: Type.String(),
})

type View = 'full' | undefined

/** @param ahead The run that it waits for, if it does: as `runsAhead` finds it. */
function presentShort(run: Run, view: View, ahead?: number): Static<typeof ShortRun> {
  const { id, transfer_id, status, log_url, type } = run
  const plain = {
    id,
    transfer_id,
    started_at: run.started_at?.toISOString() ?? null,
    ended_at: run.ended_at?.toISOString() ?? null,
    status,
    log_url,
    type,
  }
  if (view !== 'full') return plain
  const ended = run.ended_at ?? new Date()
  return {
    ...plain,
    group_id: run.group_id,
    transfer_name: run.transfer_name,
    progress: run.progress,
    engine: run.engine,
    error: run.error,
    attempts: run.attempts,
    queued_at: run.queued_at?.toISOString() ?? null,
    scheduled_for: run.scheduled_for?.toISOString() ?? null,
    created_at: run.created_at.toISOString(),
    created_by: run.created_by,
    duration_ms: run.started_at === null ? null : ended.getTime() - run.started_at.getTime(),
    waits_for: ahead === undefined ? null : { run_id: ahead },
  }
}

function presentRun(run: Run, view: View, ahead?: number): Static<typeof RunRead> {
  return { ...presentShort(run, view, ahead), transfer_dump: run.transfer_dump }
}

/** Runs as a list of them shows them. */
export async function presentList(tx: Tx, runs: Run[], view: View): Promise<Static<typeof ShortRun>[]> {
  const ahead = view === 'full' ? await runsAhead(tx, runs) : null
  return runs.map((run) => presentShort(run, view, ahead?.get(run.id)))
}

/** One run, with what it waits for. */
export async function presentOne(tx: Tx, run: Run, view: View): Promise<Static<typeof RunRead>> {
  const ahead = view === 'full' ? await runsAhead(tx, [run]) : null
  return presentRun(run, view, ahead?.get(run.id))
}

export function presentLine({ seq, at, level, message }: LogLine): Static<typeof LogRead> {
  return { seq, at: at.toISOString(), level, message }
}
