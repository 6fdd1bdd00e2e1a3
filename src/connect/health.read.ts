import { type Static, Type } from 'typebox'
import type { Health } from './health.store.ts'

const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()])
const Time = orNull(Type.String({ format: 'date-time' }))

export const HealthRead = Type.Object({
  state: Type.Enum(['ok', 'degraded', 'broken', 'unknown']),
  code: orNull(Type.String()),
  message: orNull(Type.String()),
  actor: orNull(Type.Enum(['you', 'provider', 'operator'], { description: 'Who must act.' })),
  since: Time,
  last_check_at: Time,
  last_ok_at: Time,
  consecutive_failures: Type.Integer(),
  next_check_at: Time,
})

export function presentHealth(health: Health | undefined): Static<typeof HealthRead> {
  return {
    state: health?.state ?? 'unknown',
    code: health?.code ?? null,
    message: health?.message ?? null,
    actor: health?.actor ?? null,
    since: health?.since.toISOString() ?? null,
    last_check_at: health?.last_check_at?.toISOString() ?? null,
    last_ok_at: health?.last_ok_at?.toISOString() ?? null,
    consecutive_failures: health?.consecutive_failures ?? 0,
    next_check_at: health?.due_at?.toISOString() ?? null,
  }
}
