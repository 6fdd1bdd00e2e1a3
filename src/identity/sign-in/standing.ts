/** What credentials are good for at this moment: read from the members' table at each use, so that nothing lingers. */
import type { Claimant, Database, DatabaseRole } from '#database'
import { factsOfUser } from '../caller.store.ts'
import { makeCaller } from '../caller.ts'
import { LEVELS } from '../roles.ts'
import type { Credential } from './credential.ts'

/** What a credential may see of the companies that were asked about. */
export interface Standing {
  databaseRole: DatabaseRole
  /**
   * By company, the claims by which its rows are read; a company that is missing is not to be read. They say no more
   * than policies ask for, so that many people's claims are one set.
   */
  claims: ReadonlyMap<string, Claimant['claims']>
  /** The one company that it can ever read; null when that depends on the memberships of the moment. */
  only: string | null
  /** Within what the holder may speak to others; null: nowhere, as with a key that names no company. */
  space: string | null
}

export type Refused = 'expired' | 'revoked'

/** The role key of the fourth document that maintainers and owners hold. */
export const ADMIN_KEY = 'Vibot.admin'

interface Person {
  id: number
  uuid: string
  isSuperuser: boolean
  sessionsValidFrom: Date | null
  /** Levels in the companies that were asked about. */
  levels: Record<string, number>
}

interface Ground {
  people: Person[]
  /** Hex of token hashes that still have a session, and of secrets that are still an enabled application's. */
  alive: ReadonlySet<string>
}

/**
 * The standing of each credential, in their order. One query for all of them: it is asked before each delivery.
 */
export async function standings(
  db: Database,
  credentials: readonly Credential[],
  companies: readonly string[],
  now = new Date(),
): Promise<(Standing | Refused)[]> {
  const ground = await readGround(db, credentials, companies)
  const byId = new Map(ground.people.map((person) => [person.id, person]))
  const byUuid = new Map(ground.people.map((person) => [person.uuid, person]))
  return credentials.map((credential) => {
    if (credential.expiresAt !== null && credential.expiresAt <= now) return 'expired'
    if (credential.kind !== 'supabase') return ofUser(credential, byId.get(credential.userId), ground.alive)
    const { role, sub } = credential
    if (role === 'service_role') return ofService(credential, companies)
    const person = sub === null ? undefined : byUuid.get(sub)
    if (sub !== null && (person === undefined || isRevoked(person, credential.issuedAt))) return 'revoked'
    return ofMember(credential, person)
  })
}

/** For one request: who it acts for in the database, and whether it may write at all. */
export async function claimantOf(
  db: Database,
  credential: Credential,
): Promise<{ claimant: Claimant; mayWrite: boolean } | Refused> {
  const companies =
    credential.kind === 'supabase' && credential.companyId !== null ? [credential.companyId] : []
  const [standing = 'revoked'] = await standings(db, [credential], companies)
  if (typeof standing === 'string') return standing
  if (credential.kind === 'supabase') {
    const { role, sub } = credential
    const claims = (companies[0] === undefined ? null : standing.claims.get(companies[0])) ?? { role }
    return {
      claimant: { databaseRole: role, claims: sub === null ? claims : { ...claims, sub } },
      mayWrite: true,
    }
  }
  const facts = await factsOfUser(db, credential.userId)
  if (facts === null) return 'revoked'
  const { databaseRole, claims } = makeCaller({ ...facts, by: { kind: 'token' } })
  const mayWrite = credential.kind !== 'application' || credential.type === 'all'
  return { claimant: { databaseRole, claims }, mayWrite }
}

function ofUser(
  credential: Exclude<Credential, { kind: 'supabase' }>,
  person: Person | undefined,
  alive: ReadonlySet<string>,
): Standing | Refused {
  if (person === undefined) return 'revoked'
  const proof =
    credential.kind === 'session'
      ? credential.tokenHash
      : credential.kind === 'application'
        ? credential.secretHash
        : null
  if (proof !== null && !alive.has(proof.toString('hex'))) return 'revoked'
  if (credential.kind !== 'application' && isRevoked(person, credential.issuedAt)) return 'revoked'
  const claims = new Map<string, Claimant['claims']>()
  for (const [company, level] of Object.entries(person.levels)) {
    claims.set(company, person.isSuperuser ? { superuser: true } : { companies: { [company]: level } })
  }
  return { databaseRole: 'crosstie_app', claims, only: null, space: `user ${person.id}` }
}

/** The service key sees every company, or the one that its token names. */
function ofService(
  { companyId }: Extract<Credential, { kind: 'supabase' }>,
  companies: readonly string[],
): Standing {
  const seen = companies.filter((company) => companyId === null || company === companyId)
  const claims =
    companyId === null ? { role: 'service_role' } : { role: 'service_role', company_id: companyId }
  return {
    databaseRole: 'service_role',
    claims: new Map(seen.map((company) => [company, claims])),
    only: companyId,
    space: companyId === null ? 'service' : `company ${companyId}`,
  }
}

/** Claims narrow, membership bounds: company and role keys count as far as `sub` has them now. */
function ofMember(
  { role, companyId, roleKeys }: Extract<Credential, { kind: 'supabase' }>,
  person: Person | undefined,
): Standing {
  const level = companyId === null ? 0 : (person?.levels[companyId] ?? 0)
  if (companyId === null || level === 0)
    return { databaseRole: role, claims: new Map(), only: companyId, space: null }
  const isAdmin = level >= LEVELS.maintainer && roleKeys.includes(ADMIN_KEY)
  const claims = { role, company_id: companyId, app_metadata: { role_keys: isAdmin ? [ADMIN_KEY] : [] } }
  const space = `company ${companyId}`
  return { databaseRole: role, claims: new Map([[companyId, claims]]), only: companyId, space }
}

function isRevoked({ sessionsValidFrom }: Person, issuedAt: Date | null): boolean {
  return sessionsValidFrom !== null && (issuedAt === null || issuedAt < sessionsValidFrom)
}

const PEOPLE = `
  with person as (
    select id, uuid, is_superuser, sessions_valid_from from identity."user"
    where status = 'active' and (id = any ($1::bigint[]) or uuid = any ($2::uuid[]))
  ), company as (
    select id, uuid, owner_id, system_user_id from identity."group" where uuid = any ($3::uuid[])
  ), member as (
    select m.user_id, m.company, max(m.level) as level
    from (
      select u.user_id, c.uuid as company,
        case u.role_id when 'maintainer' then 3 when 'developer' then 2 else 1 end as level
      from company c join identity.user_group u on u.group_id = c.id join person p on p.id = u.user_id
      union all select owner_id, uuid, 4 from company
      union all select system_user_id, uuid, 3 from company
      union all select p.id, c.uuid, 4 from person p cross join company c where p.is_superuser
    ) m
    group by m.user_id, m.company
  )
  select p.id, p.uuid, p.is_superuser as "isSuperuser", p.sessions_valid_from as "sessionsValidFrom",
    coalesce(jsonb_object_agg(m.company, m.level) filter (where m.company is not null), '{}') as levels
  from person p left join member m on m.user_id = p.id
  group by p.id, p.uuid, p.is_superuser, p.sessions_valid_from`

const ALIVE = `
  select encode(token_hash, 'hex') as proof from identity.session
  where token_hash = any ($1::bytea[]) and expires_at > now()
  union all
  select encode(secret_hash, 'hex') from identity.application
  where id = any ($2::bigint[]) and status = 'enabled' and (expires_at is null or expires_at > now())`

async function readGround(
  db: Database,
  credentials: readonly Credential[],
  companies: readonly string[],
): Promise<Ground> {
  const ids = new Set<number>()
  const uuids = new Set<string>()
  const sessions: Buffer[] = []
  const applications: number[] = []
  for (const one of credentials) {
    if (one.kind !== 'supabase') ids.add(one.userId)
    else if (one.sub !== null) uuids.add(one.sub)
    if (one.kind === 'session') sessions.push(one.tokenHash)
    if (one.kind === 'application') applications.push(one.id)
  }
  if (ids.size + uuids.size === 0) return { people: [], alive: new Set() }
  const [people, proofs] = await Promise.all([
    db.lookUp<Person>({ name: 'standing_people', text: PEOPLE, values: [[...ids], [...uuids], companies] }),
    sessions.length + applications.length === 0
      ? []
      : db.lookUp<{ proof: string }>({
          name: 'standing_alive',
          text: ALIVE,
          values: [sessions, applications],
        }),
  ])
  return { people, alive: new Set(proofs.map(({ proof }) => proof)) }
}
