/** What is a secret by its name stands with the credentials, sealed, and never in the settings, which all members read. */
import { type Kysely, sql } from 'kysely'
import type { Claimant, Database } from '#database'
import { MANIFESTS, type Providers } from './manifests.ts'
import type { Manifest, Values } from './provider.ts'
import type { ConnectTables } from './tables.ts'

/** The names are nobody's rows: the owner of the tables keeps them. */
const OWNER: Claimant = { databaseRole: 'crosstie_owner', claims: {} }

/** The constraint that a refused write names. */
export const WITHOUT_SECRETS = 'integration_connectors_config_without_secrets'

/** For every provider, those that the hub does not know too. Whatever begins with `secret` is one besides. */
const OBVIOUS = [
  'access_token',
  'api_key',
  'client_secret',
  'password',
  'private_key',
  'refresh_token',
  'token',
] as const

export interface SecretField {
  provider: string
  field: string
}

/** Every secret name of the manifests, each once. */
export function secretFields(manifests: readonly Manifest[] = MANIFESTS): SecretField[] {
  const named = manifests.flatMap(({ provider, auth }) =>
    [...new Set(auth.flatMap(({ secrets }) => Object.keys(secrets)))].map((field) => ({ provider, field })),
  )
  return [...OBVIOUS.map((field) => ({ provider: '*', field })), ...named]
}

/** The database's own list gets what the manifests have and it has not. Another hub may be newer, so nothing is taken out. */
export async function keepSecretFields(db: Database, providers: Providers): Promise<void> {
  await db.withCaller(OWNER, (tx: Kysely<ConnectTables>) =>
    tx
      .insertInto('connect.secret_field')
      .values(secretFields(providers.all))
      .onConflict((conflict) => conflict.doNothing())
      .execute(),
  )
}

export interface SecretInConfig {
  id: number
  name: string
  field: string
}

/** Connections that came before the rule and hold a secret in their settings, for `doctor`. */
export async function secretsInConfig(db: Database, limit = 100): Promise<SecretInConfig[]> {
  return db.withCaller(OWNER, async (tx: Kysely<ConnectTables>) => {
    const { rows } = await sql<SecretInConfig>`
      select c.id, c.name, s.field
      from connect.connection c join public.integration_connectors i on i.id = c.connector_id,
        connect.secret_in(i.provider, i.config) as s (field)
      where s.field is not null order by c.id limit ${limit}`.execute(tx)
    return rows
  })
}

const plainName = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')

/** Settings without what the database would refuse, and the names of what was left out. */
export function withoutSecrets(provider: string, config: Values): { config: Values; left: string[] } {
  const names = new Set(
    secretFields()
      .filter((known) => known.provider === '*' || known.provider === provider)
      .map(({ field }) => plainName(field)),
  )
  const left: string[] = []
  const clean = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(clean)
    if (typeof value !== 'object' || value === null) return value
    const kept = Object.entries(value).filter(([name]) => {
      const plain = plainName(name)
      const isSecret = plain.startsWith('secret') || names.has(plain)
      if (isSecret) left.push(name)
      return !isSecret
    })
    return Object.fromEntries(kept.map(([name, inner]) => [name, clean(inner)]))
  }
  return { config: clean(config) as Values, left } // an object in, an object out
}
