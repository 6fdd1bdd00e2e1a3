/** Secrets are split off on write, sealed, and never read back. */
import { Fault } from '#fault'
import { parseBySchema } from '#http'
import type { Vault } from '#vault'
import type { Providers } from './manifests.ts'
import type { Manifest, Opened, Values } from './provider.ts'
import { type Connection, findSeal, type Tx } from './connection.store.ts'
import type { SecretShown } from './tables.ts'

export type Auth = Values & { type: string }

/** What of credentials may be read back. */
export function shownOf(manifest: Manifest, auth: Auth): Values {
  const kind = manifest.auth.find(({ type }) => type === auth.type)
  const secrets = new Set(Object.keys(kind?.secrets ?? {}))
  return Object.fromEntries(Object.entries(auth).filter(([name]) => !secrets.has(name)))
}

/** Which secrets will be kept: those given now, and those that a change left out. */
export function secretsAfter(
  manifest: Manifest,
  before: Record<string, SecretShown>,
  auth: Auth,
  now = new Date(),
): Record<string, SecretShown> {
  const missing = new Set(missingSecrets(manifest, auth))
  const kind = manifest.auth.find(({ type }) => type === auth.type)
  return Object.fromEntries(
    Object.keys(kind?.secrets ?? {}).map((name) => [
      name,
      missing.has(name)
        ? (before[name] ?? before['*'] ?? { set: true, updated_at: null })
        : { set: auth[name] !== '', updated_at: now.toISOString() },
    ]),
  )
}

/** What of a connection's secrets may be told. */
export function secretsOf(
  providers: Providers,
  {
    provider,
    auth_shown: shown,
    secrets_shown: kept,
  }: Pick<Connection, 'provider' | 'auth_shown' | 'secrets_shown'>,
): Record<string, SecretShown> {
  const kind = providers.of(provider)?.auth.find(({ type }) => type === shown?.type)
  const unknown = { set: shown !== null, updated_at: null }
  return Object.fromEntries(
    Object.keys(kind?.secrets ?? {}).map((name) => [name, kept[name] ?? kept['*'] ?? unknown]),
  )
}

/** The names of the secrets that a body leaves out, so that the stored ones have to stand in. */
export function missingSecrets(manifest: Manifest, auth: Auth): string[] {
  const kind = manifest.auth.find(({ type }) => type === auth.type)
  return Object.keys(kind?.secrets ?? {}).filter((name) => auth[name] === undefined || auth[name] === null)
}

/**
 * Credentials as they will be, from what a change says and what is stored.
 *
 * @throws Fault in SyncMaster's words: 409 when the type changes without a secret, 404 when there is none to keep.
 */
export async function mergedAuth(
  tx: Tx,
  vault: Vault,
  manifest: Manifest,
  { connection, auth }: { connection: Connection; auth: Auth },
): Promise<Auth> {
  const missing = missingSecrets(manifest, auth)
  if (missing.length === 0) return auth
  const seal = await findSeal(tx, connection.id)
  if (seal === undefined) throw credentialsMissing(connection.id)
  if (connection.auth_shown?.type !== auth.type) {
    throw new Fault(
      'conflict',
      'connect.secret_wanted',
      'You cannot update the connection auth type without providing a new secret value.',
    )
  }
  const stored = await vault.open(seal)
  return { ...auth, ...Object.fromEntries(missing.map((name) => [name, stored[name]])) }
}

/** A connection with its credentials opened, its settings proved to fit the provider's schema. */
export async function openCredentials(
  { vault, providers }: { vault: Vault; providers: Providers },
  tx: Tx,
  connection: Connection,
): Promise<Opened> {
  const seal = await findSeal(tx, connection.id)
  if (seal === undefined) throw credentialsMissing(connection.id)
  return { config: validConfig(providers, connection), auth: await vault.open(seal) }
}

/** A connector that came in by SQL may hold anything. */
function validConfig(
  providers: Providers,
  { provider, name, config }: Pick<Connection, 'provider' | 'name' | 'config'>,
): Values {
  const manifest = providers.of(provider)
  if (manifest === undefined) return config
  const parsed = parseBySchema(manifest.config, config, [])
  if ('value' in parsed) return parsed.value as Values // every manifest's config is an object
  const [first] = parsed.problems
  throw new Fault(
    'bad_request',
    'connect.config_invalid',
    `The settings of the connection "${name}" do not fit ${manifest.title}: ${first?.location.join('.')}: ${first?.message}. Edit the connection.`,
  )
}

export function credentialsMissing(id: number): Fault {
  return new Fault('not_found', 'connect.credentials_missing', `Credentials not found. Connection id = ${id}`)
}
