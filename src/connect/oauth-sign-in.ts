/** A person signs a connection in by the browser: begun here, done at the other system, ended here with its tokens. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '#fault'
import { audit, type Caller, levelIn, requireLevel } from '#identity'
import { visibleConnection } from './connection.ts'
import { type Connection, findConnection, type Tx } from './connection.store.ts'
import { openCredentials } from './credentials.ts'
import { HEALTH_CHANNEL, noteOutcome } from './health.ts'
import { setDue } from './health.store.ts'
import {
  askForTokens,
  errorCodeOf,
  LOCK_MS,
  lockTokens,
  type OAuthRules,
  putTokens,
  type Tokens,
  unlockTokens,
  WAIT_STEP_MS,
} from './oauth.ts'
import { authorizationUrl, type ConnectionFlow, newConnectionFlow } from './oauth-flow.ts'

export interface SignInRules extends OAuthRules {
  /** Of the hub, as browsers reach it. */
  url: () => string
}

/** Where the other system sends the browser back to; it is registered there. */
export const redirectUrlOf = ({ url }: Pick<SignInRules, 'url'>): string => `${url()}/v1/oauth/callback`

/** @throws Fault 400 where nobody can sign in by the browser, with what is missing. */
export async function beginSignIn(
  rules: SignInRules,
  caller: Caller,
  connectionId: number,
): Promise<{ url: string; flow: ConnectionFlow }> {
  const { connection, tokens } = await openForSignIn(rules, caller, connectionId)
  const address = tokens.authorization_url ?? ''
  if (!/^https?:/.test(address) || !URL.canParse(address)) {
    const message = `"${connection.name}" has no address to sign in at. Put authorization_url into its auth_data first.`
    throw new Fault('bad_request', 'connect.no_authorization_url', message)
  }
  const flow = newConnectionFlow({
    connectionId,
    userId: caller.userId,
    tokenUrl: tokens.token_url,
    clientId: tokens.client_id,
  })
  const redirectUrl = redirectUrlOf(rules)
  return { url: authorizationUrl(address, { flow, scope: tokens.scope ?? '', redirectUrl }), flow }
}

/** Changes the code for tokens, seals them, and says that the connection is well. */
export async function endSignIn(
  rules: SignInRules,
  caller: Caller,
  { flow, code }: { flow: ConnectionFlow; code: string },
): Promise<void> {
  const owner = randomUUID()
  const { connection } = await openForSignIn(rules, caller, flow.connectionId)
  await takeTurn(rules, caller, connection, owner)
  try {
    const { auth, tokens } = await openForSignIn(rules, caller, flow.connectionId)
    if (tokens.token_url !== flow.tokenUrl || tokens.client_id !== flow.clientId)
      throw changedMeanwhile(connection)
    const { clock = () => new Date() } = rules
    const form = new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUrlOf(rules),
      code_verifier: flow.verifier,
    })
    const fresh = await askForTokens(rules.reach, { name: connection.name, tokens, form, clock, refused })
    if (fresh.refresh_token === undefined) throw noRefreshToken(connection, tokens)
    const value = await rules.vault.seal({ ...auth, ...fresh })
    await keep(rules, caller, connection.id, { owner, value, at: clock() })
  } finally {
    await unlockTokens(rules.db, caller, connection.id, owner).catch(() => {})
  }
}

async function openForSignIn(rules: SignInRules, caller: Caller, id: number) {
  return rules.db.withCaller(caller, async (tx: Tx) => {
    const connection = await visibleConnection(tx, id)
    requireLevel(levelIn(caller, connection.group_id), 'developer')
    const { auth } = await openCredentials(rules, tx, connection)
    const tokens = auth as unknown as Tokens // by OAUTH2's schema, where it is of that type
    if (auth.type !== 'oauth2' || tokens.grant !== 'refresh_token') {
      const message = `"${connection.name}" does not sign in by OAuth 2 for a person.`
      throw new Fault('bad_request', 'connect.no_sign_in', message)
    }
    return { connection, auth, tokens }
  })
}

/** A refresh that is on its way would write its tokens over ours. */
async function takeTurn(
  { db }: SignInRules,
  caller: Caller,
  { id, name }: Connection,
  owner: string,
): Promise<void> {
  for (const until = Date.now() + LOCK_MS + 5_000; !(await lockTokens(db, caller, id, owner));) {
    if (Date.now() > until) {
      const message = `The token of "${name}" is being refreshed by another hub, which does not end.`
      throw new Fault('unavailable', 'connect.refresh_stuck', message)
    }
    await sleep(WAIT_STEP_MS)
  }
}

async function keep(
  { db }: SignInRules,
  caller: Caller,
  id: number,
  { owner, value, at }: { owner: string; value: string; at: Date },
): Promise<void> {
  await db.withCaller(caller, async (tx: Tx, afterCommit) => {
    const connection = await findConnection(tx, id)
    if (connection === undefined || !(await putTokens(tx, id, owner, value))) {
      throw changedMeanwhile({ name: connection?.name ?? String(id) })
    }
    const set = { set: true, updated_at: at.toISOString() }
    await tx
      .updateTable('connect.connection')
      .set({ secrets_shown: JSON.stringify({ ...connection.secrets_shown, refresh_token: set }) })
      .where('id', '=', id)
      .execute()
    const { group_id: groupId, name: objectName } = connection
    await audit(tx, caller, { action: 'connection.sign_in', groupId, objectId: id, objectName })
    await noteOutcome({ db, tx, afterCommit }, connection, { ok: true })
    // The tokens came; whether they open what they should is looked at next.
    await setDue(tx, id, at)
    afterCommit(() => db.notify(HEALTH_CHANNEL, ''))
  })
}

function refused(name: string, url: URL, answer: { body: Buffer }): Fault {
  const message = `${url.host} gives no tokens for this sign-in of "${name}" (${errorCodeOf(answer)}). Check client id, client secret and the address to come back to that are registered there, and sign in again.`
  return new Fault('bad_request', 'connect.sign_in_refused', message)
}

function changedMeanwhile({ name }: Pick<Connection, 'name'>): Fault {
  const message = `The credentials of "${name}" were changed during the sign-in. Sign in again.`
  return new Fault('conflict', 'connect.changed_meanwhile', message)
}

function noRefreshToken({ name }: Pick<Connection, 'name'>, { token_url: url }: Tokens): Fault {
  const message = `${new URL(url).host} gave "${name}" no refresh token, so the sign-in would not last. Ask for one there: by a scope such as offline_access, or in the address to sign in at (?access_type=offline&prompt=consent).`
  return new Fault('bad_request', 'connect.no_refresh_token', message)
}
