import { type Static, Type } from 'typebox'
import type { Actor, HealthState as State } from './tables.ts'

/** The row as PostgreSQL writes it in JSON. */
export interface HealthJson {
  state: State
  code: string | null
  message: string | null
  actor: Actor | null
  since: string
  last_check_at: string | null
  last_ok_at: string | null
  consecutive_failures: number
  due_at: string | null
}

const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()])
const Time = orNull(Type.String({ format: 'date-time' }))

export const HealthState = Type.Enum(['ok', 'degraded', 'broken', 'unknown'])

export const HealthRead = Type.Object({
  state: HealthState,
  code: orNull(Type.String()),
  message: orNull(Type.String()),
  actor: orNull(Type.Enum(['you', 'provider', 'operator'], { description: 'Who must act.' })),
  since: Time,
  last_check_at: Time,
  last_ok_at: Time,
  consecutive_failures: Type.Integer(),
  next_check_at: Time,
})

export function presentHealth(health: HealthJson | null): Static<typeof HealthRead> {
  return {
    state: health?.state ?? 'unknown',
    code: health?.code ?? null,
    message: health?.message ?? null,
    actor: health?.actor ?? null,
    since: timeOf(health?.since),
    last_check_at: timeOf(health?.last_check_at),
    last_ok_at: timeOf(health?.last_ok_at),
    consecutive_failures: health?.consecutive_failures ?? 0,
    next_check_at: timeOf(health?.due_at),
  }
}

function timeOf(text: string | null | undefined): string | null {
  return text === null || text === undefined ? null : new Date(text).toISOString()
}
