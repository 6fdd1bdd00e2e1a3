import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '#database'
import type { Vault } from '#vault'
import { providerUnavailable } from './oidc-fault.ts'
import type { OidcProvider, ProviderTokens } from './oidc-provider.ts'
import { deleteSessionById, endRefreshTurn, takeRefreshTurn } from './oidc.store.ts'

/** Longer than a request to the provider can last: a turn that lapses belonged to a hub that died. */
const TURN_MS = 20_000
const POLL_MS = 100

/** Whether the session still counts, once its access token has expired. */
export type KeepFresh = (sessionId: number) => Promise<boolean>

export interface KeepFreshParts {
  db: Database
  vault: Vault
  provider: OidcProvider
}

/**
 * Asks the provider for new tokens when the old ones have expired. What it refuses ends the session; when it does not
 * answer, the request is refused (503) and the session waits: who was closed there must not go on here meanwhile.
 * Requests of one session ask once, those of several hubs too: a refresh token is often good once only.
 */
export function createKeepFresh(parts: KeepFreshParts): KeepFresh {
  const underWay = new Map<number, Promise<boolean>>()
  return (sessionId) => {
    const known = underWay.get(sessionId)
    if (known !== undefined) return known
    const work = refreshOnce(parts, sessionId).finally(() => underWay.delete(sessionId))
    underWay.set(sessionId, work)
    return work
  }
}

async function refreshOnce(parts: KeepFreshParts, sessionId: number): Promise<boolean> {
  const { db } = parts
  const waitUntil = Date.now() + TURN_MS
  for (;;) {
    const turn = await takeRefreshTurn(db, sessionId, TURN_MS)
    if (typeof turn === 'object') return refresh(parts, sessionId, turn.value)
    if (turn !== 'taken') return turn === 'fresh'
    if (Date.now() > waitUntil) throw providerUnavailable(new Error('another hub is still refreshing'))
    await sleep(POLL_MS)
  }
}

async function refresh(
  { db, vault, provider }: KeepFreshParts,
  sessionId: number,
  sealed: string,
): Promise<boolean> {
  const tokens = await openTokens(vault, sealed)
  try {
    const next = tokens === null ? null : await provider.refresh(tokens)
    if (next === null) {
      await deleteSessionById(db, sessionId)
      return false
    }
    const value = await vault.seal({ ...next.tokens })
    await endRefreshTurn(db, sessionId, { value, freshUntil: next.freshUntil })
    return true
  } catch (error) {
    await endRefreshTurn(db, sessionId, null).catch(() => {})
    throw error
  }
}

/** Null when the key is gone that they were sealed with: such a session is signed in anew. */
export async function openTokens(vault: Vault, sealed: string): Promise<ProviderTokens | null> {
  const inside = await vault.open(sealed).catch(() => null)
  return inside as ProviderTokens | null // sealed by `beginProviderSession` and `refresh` only
}
