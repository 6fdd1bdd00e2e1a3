import type pg from 'pg'
import type { Claimant, Database } from '#database'
import type { ApplicationType } from './caller.ts'
import type { Level } from './roles.ts'

/** Sign-in comes before there are claims: it reads as crosstie_auth. */
export const SIGN_IN: Claimant = { databaseRole: 'crosstie_auth', claims: {} }

export interface UserFacts {
  userId: number
  username: string
  status: 'pending' | 'active' | 'forbidden'
  isSuperuser: boolean
  sessionsValidFrom: Date | null
  groups: { id: number; uuid: string; level: Level }[]
}

/** A group's system user may do in its group what a maintainer may, and nothing elsewhere. */
const FACTS = `
  select u.id as "userId", coalesce(u.username, u.display_name) as username, u.status,
         u.is_superuser as "isSuperuser", u.sessions_valid_from as "sessionsValidFrom",
         coalesce((
           select json_agg(json_build_object('id', m.group_id, 'level', m.level, 'uuid',
             (select g.uuid from identity."group" g where g.id = m.group_id)))
           from (
             select group_id, case role_id when 'maintainer' then 3 when 'developer' then 2 else 1 end as level
             from identity.user_group where user_id = u.id
             union all select id, 4 from identity."group" where owner_id = u.id
             union all select id, 3 from identity."group" where system_user_id = u.id and u.kind = 2
           ) m
         ), '[]') as groups
  from identity."user" u`

export function factsOfUser(db: Database, userId: number): Promise<UserFacts | null> {
  return one(db, 'facts_of_user', `${FACTS} where u.id = $1`, [userId])
}

export interface SessionFacts extends UserFacts {
  sessionId: number
  issuedAt: Date
  expiresAt: Date
  /** Begun at a provider, which wants to be asked again by now. */
  isStale: boolean
  byProvider: boolean
}

export function factsOfSession(db: Database, tokenHash: Buffer): Promise<SessionFacts | null> {
  const columns = `select s.id as "sessionId", s.created_at as "issuedAt", s.expires_at as "expiresAt",
      o.session_id is not null as "byProvider", coalesce(o.fresh_until <= now(), false) as "isStale", u.id`
  const sql = `${FACTS.replace('select u.id', columns)}
    join identity.session s on s.user_id = u.id
    left join identity.oidc_session o on o.session_id = s.id
    where s.token_hash = $1 and s.expires_at > now()`
  return one(db, 'facts_of_session', sql, [tokenHash])
}

export interface ApplicationFacts extends UserFacts {
  applicationId: number
  secretHash: Buffer
  type: ApplicationType
  enabled: boolean
  /** `used_at` is kept to the minute: a busy application does not write a row per request. */
  usedLongAgo: boolean
}

export function factsOfApplication(db: Database, applicationId: number): Promise<ApplicationFacts | null> {
  const columns = `select a.id as "applicationId", a.secret_hash as "secretHash", a.type,
      (a.status = 'enabled' and (a.expires_at is null or a.expires_at > now())) as enabled,
      (a.used_at is null or a.used_at < now() - interval '1 minute') as "usedLongAgo", u.id`
  const sql = `${FACTS.replace('select u.id', columns)}
    join identity.application a
      on u.id = coalesce(a.user_id, (select g.system_user_id from identity."group" g where g.id = a.group_id))
    where a.id = $1`
  return one(db, 'facts_of_application', sql, [applicationId])
}

export function touchApplication(db: Database, applicationId: number): Promise<void> {
  return db.withConnection(SIGN_IN, async (client) => {
    await client.query('update identity.application set used_at = now() where id = $1', [applicationId])
  })
}

async function one<T extends pg.QueryResultRow>(
  db: Database,
  name: string,
  text: string,
  values: unknown[],
): Promise<T | null> {
  const [row] = await db.lookUp<T>({ name, text, values })
  return row ?? null
}
