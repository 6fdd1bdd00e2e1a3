/** SyncMaster's credentials, opened by its key, before anything is written. */
import type { ConnectionToImport } from '#connect'
import { Fault } from '#fault'
import type { Secrets } from '#vault'
import { type FernetKey, openFernet } from './fernet.ts'
import type { SealedConnection } from './syncmaster-source.ts'

export interface OpenedConnections {
  connections: ConnectionToImport[]
  /** Names of those whose credentials the key does not open. */
  unopened: string[]
}

/**
 * @param key Null: they come without credentials, as was asked for.
 * @throws Fault when there are credentials and the key opens none of them: it is another system's.
 */
export function openCredentials(
  sealed: readonly SealedConnection[],
  key: FernetKey | null,
): OpenedConnections {
  const unopened: string[] = []
  let opened = 0
  const connections = sealed.map(({ sealed: token, ...connection }): ConnectionToImport => {
    const auth = token === null || key === null ? null : secretsIn(openFernet(token, key))
    if (auth !== null) opened += 1
    else if (token !== null && key !== null) unopened.push(connection.name)
    return { ...connection, auth }
  })
  if (unopened.length > 0 && opened === 0) {
    throw new Fault(
      'invalid',
      'import.wrong_crypto_key',
      `The key opens none of SyncMaster's ${unopened.length} credentials; nothing was written. Give the value of its SYNCMASTER__ENCRYPTION__SECRET_KEY, or leave credentials out: --without-credentials.`,
    )
  }
  return { connections, unopened }
}

function secretsIn(text: string | null): Secrets | null {
  if (text === null) return null
  try {
    const inside: unknown = JSON.parse(text)
    if (typeof inside === 'object' && inside !== null && !Array.isArray(inside)) return { ...inside }
  } catch {
    // What it holds is a secret whatever it is: no message says it.
  }
  return null
}
