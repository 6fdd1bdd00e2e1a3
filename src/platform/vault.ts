/**
 * Secrets at rest: a JSON object sealed as a compact JWE, `{alg: dir, enc: A256GCM, kid}`.
 *
 * Keys come as `kid:base64url(32 bytes)`, comma-separated: the first seals, all open. A new key is put in
 * front, everything is resealed, then the old one may go.
 *
 * ```ts
 * const vault = createVault(settings.vault_keys)
 * const value = await vault.seal({ type: 'basic', user: 'reports', password })
 * const auth = await vault.open(value)
 * ```
 */
import { randomBytes } from 'node:crypto'
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose'
import { Fault } from '#fault'

/** What is sealed: always an object, so that a field can be added later. */
export type Secrets = Readonly<Record<string, unknown>>

export interface Vault {
  /** The names of the keys, the one that seals first. Names only: they may be logged and shown. */
  readonly kids: readonly string[]
  seal: (secrets: Secrets) => Promise<string>
  /**
   * @throws Fault `vault.key_unknown` when the key it was sealed with is not among ours, `vault.unreadable`
   * when it is no seal or was altered.
   */
  open: (sealed: string) => Promise<Secrets>
  /** The same secrets under the first key; a seal that is under it already comes back as it is. */
  reseal: (sealed: string) => Promise<string>
}

const KEY_BYTES = 32
const KID = /^[A-Za-z0-9_.-]{1,64}$/
const KEYS_LIMIT = 100
const SECRETS_LIMIT_BYTES = 1024 * 1024
const WAY_OUT = 'CROSSTIE_VAULT_KEYS takes `name:base64url of 32 bytes`, comma-separated.'

export function createVault(keys: string): Vault {
  const ring = readKeys(keys)
  const [first] = ring
  if (first === undefined) throw new Fault('failed', 'vault.no_key', `There is no vault key. ${WAY_OUT}`)
  const [sealingKid, sealingKey] = first
  const byKid = new Map(ring)

  const seal = async (secrets: Secrets): Promise<string> => {
    const text = Buffer.from(JSON.stringify(secrets))
    if (text.length > SECRETS_LIMIT_BYTES) {
      throw new Fault('too_large', 'vault.too_large', 'The credentials are larger than 1 MiB.')
    }
    return new CompactEncrypt(text)
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: sealingKid })
      .encrypt(sealingKey)
  }

  const open = async (sealed: string): Promise<Secrets> => {
    const kid = kidOf(sealed)
    const key = byKid.get(kid)
    if (key === undefined) {
      throw new Fault(
        'failed',
        'vault.key_unknown',
        `These credentials were sealed with the vault key "${kid}", which is not among the hub's keys ` +
          `(${[...byKid.keys()].join(', ')}). Put that key back into CROSSTIE_VAULT_KEYS, or enter the credentials again.`,
        { details: { kid } },
      )
    }
    const secrets = await decrypt(sealed, key)
    if (secrets === null) {
      throw new Fault(
        'failed',
        'vault.unreadable',
        `Credentials sealed with the vault key "${kid}" do not open: either that key has another value than when ` +
          'they were sealed, or they were altered. Put the right key back, or enter the credentials again.',
        { details: { kid } },
      )
    }
    return secrets
  }

  return {
    kids: [...byKid.keys()],
    seal,
    open,
    reseal: async (sealed) => (kidOf(sealed) === sealingKid ? sealed : seal(await open(sealed))),
  }
}

/** A new key with a name of its own, as CROSSTIE_VAULT_KEYS takes it. */
export function generateVaultKey(): string {
  return `k${randomBytes(4).toString('hex')}:${randomBytes(KEY_BYTES).toString('base64url')}`
}

/** The name of the key that a seal was made with; no key is needed to read it. */
export function kidOf(sealed: string): string {
  const { kid } = headerOf(sealed)
  // What a foreign seal names may be anything: it ends up in messages, so it is held to our own form.
  if (typeof kid !== 'string' || !KID.test(kid)) throw unreadable()
  return kid
}

function headerOf(sealed: string): { kid?: unknown } {
  try {
    return decodeProtectedHeader(sealed)
  } catch {
    throw unreadable()
  }
}

/** Null when the key does not open it or no object is inside; jose's own words are not passed on. */
async function decrypt(sealed: string, key: Uint8Array): Promise<Secrets | null> {
  try {
    const { plaintext } = await compactDecrypt(sealed, key, {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    })
    const inside: unknown = JSON.parse(Buffer.from(plaintext).toString('utf8'))
    return isSecrets(inside) ? inside : null
  } catch {
    return null
  }
}

function isSecrets(inside: unknown): inside is Secrets {
  return typeof inside === 'object' && inside !== null && !Array.isArray(inside)
}

function unreadable(): Fault {
  return new Fault(
    'failed',
    'vault.unreadable',
    'Stored credentials are not in the form that the vault seals (a compact JWE that names its key). Enter them again.',
  )
}

/** Every complaint names the key by its place and name, never by its value. */
function readKeys(keys: string): [kid: string, key: Uint8Array][] {
  const entries = keys
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
  if (entries.length > KEYS_LIMIT) throw badKeys(`there are more than ${KEYS_LIMIT} keys`)
  const seen = new Set<string>()
  return entries.map((entry, index) => {
    const colon = entry.indexOf(':')
    const kid = entry.slice(0, Math.max(colon, 0))
    // Without a good name in front the entry may be all key: it is called by its place alone.
    if (!KID.test(kid))
      throw badKeys(`key ${index + 1} has no name of letters, digits, "_", "." or "-" before a colon`)
    if (seen.has(kid)) throw badKeys(`two keys have the name "${kid}"`)
    seen.add(kid)
    const value = entry.slice(colon + 1)
    const key = Buffer.from(value, 'base64url')
    if (!/^[A-Za-z0-9_-]+=?$/.test(value) || key.length !== KEY_BYTES) {
      throw badKeys(`the key "${kid}" is not the base64url of ${KEY_BYTES} bytes`)
    }
    return [kid, new Uint8Array(key)]
  })
}

function badKeys(what: string): Fault {
  return new Fault('invalid', 'vault.keys_invalid', `The vault keys cannot be used: ${what}. ${WAY_OUT}`)
}
