import { type Static, Type } from 'typebox'
import type { User } from './user.store.ts'

/** Letters and digits of any script, and what names of accounts elsewhere have in them; no blanks, no slashes. */
export const Username = Type.String({
  minLength: 1,
  maxLength: 256,
  pattern: '^[\\p{L}\\p{N}_][\\p{L}\\p{N}\\p{M}._@+-]*$',
})
export const NewPassword = Type.String({ minLength: 8, maxLength: 1024, writeOnly: true })
export const Email = Type.Union([
  Type.String({ maxLength: 256, pattern: '^[^@\\s]+@[^@\\s]+$' }),
  Type.Null(),
])
export const DisplayName = Type.String({ maxLength: 256 })
export const Status = Type.Enum(['pending', 'active', 'forbidden'])

/** SyncMaster's three fields; ours come with `view=full`, the private ones to oneself and to superusers only. */
export const UserRead = Type.Object({
  id: Type.Integer(),
  username: Type.String(),
  is_superuser: Type.Boolean(),
  uuid: Type.Optional(Type.String()),
  display_name: Type.Optional(Type.String()),
  status: Type.Optional(Status),
  email: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  personal_group_id: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
  created_at: Type.Optional(Type.String({ format: 'date-time' })),
  updated_at: Type.Optional(Type.String({ format: 'date-time' })),
})

export type UserAnswer = Static<typeof UserRead>

export type UserView = 'plain' | 'public' | 'private'

export function presentUser(user: User, view: UserView): UserAnswer {
  const { id, username, is_superuser } = user
  const plain = { id, username, is_superuser }
  if (view === 'plain') return plain
  const open = { ...plain, uuid: user.uuid, display_name: user.display_name, status: user.status }
  if (view === 'public') return open
  return {
    ...open,
    email: user.email,
    created_at: user.created_at.toISOString(),
    updated_at: user.updated_at.toISOString(),
  }
}
