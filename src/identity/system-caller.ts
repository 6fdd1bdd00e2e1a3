import type { Database } from '#database'
import { Fault } from '#fault'
import { type Caller, makeCaller } from './caller.ts'
import { SIGN_IN } from './caller.store.ts'
import { LEVELS } from './roles.ts'

/**
 * The caller that work without a request acts as: the group's own system user, who may do in that group what
 * a developer may, and nothing elsewhere.
 *
 * @throws Fault `identity.group_missing` when the group is gone.
 */
export async function systemCaller(db: Database, groupId: number): Promise<Caller> {
  const facts = await db.withConnection(SIGN_IN, async (client) => {
    const { rows } = await client.query<{ userId: number; username: string; uuid: string }>(
      `select u.id as "userId", u.display_name as username, g.uuid
       from identity."group" g join identity."user" u on u.id = g.system_user_id
       where g.id = $1`,
      [groupId],
    )
    return rows[0]
  })
  if (facts === undefined) throw new Fault('not_found', 'identity.group_missing', 'Group not found')
  return makeCaller({
    userId: facts.userId,
    username: facts.username,
    isSuperuser: false,
    groups: [{ id: groupId, uuid: facts.uuid, level: LEVELS.developer }],
    by: { kind: 'system' },
  })
}
