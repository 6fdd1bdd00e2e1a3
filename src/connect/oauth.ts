/**
 * Connections that sign in by OAuth2: their tokens are refreshed by one hub at a time, for a refresh token may be
 * good for one use only. A refused refresh asks for a new sign-in, where everybody sees it.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Static, Type } from 'typebox'
import type { Database } from '#database'
import { Fault } from '#fault'
import type { Caller } from '#identity'
import type { Vault } from '#vault'
import type { Connection, Tx } from './connection.store.ts'
import { openCredentials } from './credentials.ts'
import { REAUTH_CODE } from './health.ts'
import type { Providers } from './manifests.ts'
import type { Opened, Values } from './provider.ts'
import type { Reach } from './reach.ts'
import { jsonOf, parseUrl, webRequest } from './web-request.ts'

/** Settings and credentials that are good now. Never inside a transaction: it may ask the other system. */
export type OpenFresh = (caller: Caller, connection: Connection) => Promise<Opened>

export interface OAuthRules {
  db: Database
  vault: Vault
  providers: Providers
  reach: Pick<Reach, 'guard'>
  clock?: () => Date
}

export interface Tokens {
  authorization_url?: string
  token_url: string
  client_id: string
  client_secret: string
  grant: 'refresh_token' | 'client_credentials'
  scope?: string
  refresh_token?: string
  access_token?: string
  /** ISO; absent: unknown, so it is refreshed before its first use. */
  expires_at?: string
}

/** A token that ends within this time counts as ended. */
const EARLY_MS = 60_000
export const LOCK_MS = 30_000
export const WAIT_STEP_MS = 150
const LIFE_IF_UNSAID_SECONDS = 300

export function createOpenFresh(rules: OAuthRules): OpenFresh {
  const { db, clock = () => new Date() } = rules
  const open = (caller: Caller, connection: Connection) =>
    db.withCaller(caller, (tx: Tx) => openCredentials(rules, tx, connection))

  return async (caller, connection) => {
    const until = Date.now() + LOCK_MS + 5_000
    for (;;) {
      const opened = await open(caller, connection)
      if (opened.auth.type !== 'oauth2' || isFresh(opened.auth, clock())) return opened
      const owner = randomUUID()
      if (await lockTokens(db, caller, connection.id, owner))
        return refreshLocked(rules, caller, connection, owner)
      if (Date.now() > until) {
        const message = `The token of "${connection.name}" is being refreshed by another hub, which does not end.`
        throw new Fault('unavailable', 'connect.refresh_stuck', message)
      }
      await sleep(WAIT_STEP_MS)
    }
  }
}

function isFresh(auth: Values, now: Date): boolean {
  const { access_token: token, expires_at: expires } = auth as Partial<Tokens> // sealed by `refreshLocked`
  return token !== undefined && expires !== undefined && Date.parse(expires) - now.getTime() > EARLY_MS
}

async function refreshLocked(
  rules: OAuthRules,
  caller: Caller,
  connection: Connection,
  owner: string,
): Promise<Opened> {
  const { db, vault, reach, clock = () => new Date() } = rules
  try {
    // Read under the lock: another hub may have been the one to refresh just before.
    const opened = await db.withCaller(caller, (tx: Tx) => openCredentials(rules, tx, connection))
    if (opened.auth.type !== 'oauth2' || isFresh(opened.auth, clock())) return opened
    const tokens = opened.auth as unknown as Tokens // by OAUTH2's schema
    const fresh = await askToken(reach, connection, tokens, clock)
    const auth = { ...opened.auth, ...fresh }
    const value = await vault.seal(auth)
    await db.withCaller(caller, (tx: Tx) => putTokens(tx, connection.id, owner, value))
    return { ...opened, auth }
  } finally {
    await unlockTokens(db, caller, connection.id, owner).catch(() => {})
  }
}

const Answer = Type.Object({
  access_token: Type.String(),
  expires_in: Type.Optional(Type.Number()),
  refresh_token: Type.Optional(Type.String()),
})

/** What a refresh sends; of client credentials nothing but that. */
function askToken(
  reach: OAuthRules['reach'],
  { name }: Pick<Connection, 'name'>,
  tokens: Tokens,
  clock: () => Date,
): Promise<Partial<Tokens>> {
  if (tokens.grant === 'refresh_token' && (tokens.refresh_token ?? '') === '') {
    return Promise.reject(
      new Fault('unauthorized', REAUTH_CODE, `Nobody has signed "${name}" in yet. Sign in on its page.`),
    )
  }
  const form = new URLSearchParams({
    grant_type: tokens.grant,
    ...(tokens.grant === 'refresh_token' ? { refresh_token: tokens.refresh_token ?? '' } : {}),
    ...(tokens.scope === undefined || tokens.scope === '' ? {} : { scope: tokens.scope }),
  })
  return askForTokens(reach, { name, tokens, form, clock, refused })
}

export interface TokenQuestion {
  name: string
  tokens: Tokens
  form: URLSearchParams
  clock: () => Date
  /** In words, what it means that the other side says no. */
  refused: (name: string, url: URL, answer: { body: Buffer }) => Fault
}

export async function askForTokens(
  reach: OAuthRules['reach'],
  { name, tokens, form, clock, refused: saidNo }: TokenQuestion,
): Promise<Partial<Tokens>> {
  const url = parseUrl(tokens.token_url)
  const basic = Buffer.from(
    `${encodeURIComponent(tokens.client_id)}:${encodeURIComponent(tokens.client_secret)}`,
  )
  const answer = await webRequest(reach.guard, 'public', {
    url: tokens.token_url,
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
      authorization: `Basic ${basic.toString('base64')}`,
    },
    body: form.toString(),
    limitBytes: 256 * 1024,
  })
  if (answer.status === 400 || answer.status === 401) throw saidNo(name, url, answer)
  if (answer.status !== 200) {
    const message = `${url.host} did not give tokens to "${name}" (${answer.status}).`
    throw new Fault('unavailable', 'connect.refresh_failed', message)
  }
  const given = jsonOf(answer, url.host) as Partial<Static<typeof Answer>>
  if (typeof given.access_token !== 'string') {
    throw new Fault('unavailable', 'connect.refresh_failed', `${url.host} answered without a token.`)
  }
  const life = typeof given.expires_in === 'number' ? given.expires_in : LIFE_IF_UNSAID_SECONDS
  return {
    access_token: given.access_token,
    expires_at: new Date(clock().getTime() + life * 1000).toISOString(),
    // One that is not given anew stays as it is.
    ...(typeof given.refresh_token === 'string' ? { refresh_token: given.refresh_token } : {}),
  }
}

/** Its `error` is one of a few words (RFC 6749, 5.2); nothing else of the answer is repeated. */
function refused(name: string, url: URL, answer: { body: Buffer }): Fault {
  return new Fault(
    'unauthorized',
    REAUTH_CODE,
    `${url.host} does not renew the sign-in of "${name}" (${errorCodeOf(answer)}). Sign in again on its page, or put a new refresh token into the connection.`,
  )
}

export function errorCodeOf({ body }: { body: Buffer }): string {
  return /"error"\s*:\s*"([a-z_]{1,40})"/.exec(body.toString('utf8', 0, 4096))?.[1] ?? 'refused'
}

export async function lockTokens(db: Database, caller: Caller, id: number, owner: string): Promise<boolean> {
  const { numUpdatedRows } = await db.withCaller(caller, (tx: Tx) =>
    tx
      .updateTable('connect.auth_data')
      .set({ refresh_owner: owner, refresh_until: new Date(Date.now() + LOCK_MS) })
      .where('connection_id', '=', id)
      .where((where) =>
        where.or([where('refresh_until', 'is', null), where('refresh_until', '<', new Date())]),
      )
      .executeTakeFirst(),
  )
  return numUpdatedRows === 1n
}

export async function unlockTokens(db: Database, caller: Caller, id: number, owner: string): Promise<void> {
  await db.withCaller(caller, (tx: Tx) =>
    tx
      .updateTable('connect.auth_data')
      .set({ refresh_owner: null, refresh_until: null })
      .where('connection_id', '=', id)
      .where('refresh_owner', '=', owner)
      .execute(),
  )
}

/** Not over credentials that somebody has changed in between: then the lock is not ours. */
export async function putTokens(tx: Tx, id: number, owner: string, value: string): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('connect.auth_data')
    .set({ value })
    .where('connection_id', '=', id)
    .where('refresh_owner', '=', owner)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}
