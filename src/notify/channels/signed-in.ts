/** Channels that sign in first: the token is kept until shortly before its end, and renewed once when it ends before. */
import { createHash } from 'node:crypto'
import type { Opened, WebAnswer, WebRequest } from '#connect'
import { Fault } from '#fault'
import { answerText, type Channel, type Outcome } from '../channel.ts'

/** What `classify` answers where the token was not taken. */
const STALE = 'notify.token_stale'
/** A token is taken for dead a little before it is. */
const EARLY_MS = 180_000
const MOST_TOKENS = 1_000

export interface Token {
  token: string
  lifeMs: number
}

export type SignIn = (
  opened: Opened,
  ask: (request: WebRequest) => Promise<WebAnswer>,
) => Promise<Token | Outcome>

export const staleToken = (answer: WebAnswer, message: string): Outcome => ({
  kind: 'retry',
  code: STALE,
  message,
  answer: answerText(answer),
  afterMs: null,
})

/** Of each connection's credentials, by their digest. They are only a saving: what is not here is asked for. */
const kept = new Map<string, { token: string; until: number }>()

export function sendSignedIn(signIn: SignIn, withToken: (token: string) => Channel): Channel['send'] {
  return async (message, to, tools) => {
    const key = keyOf(to.opened)
    const known = kept.get(key)
    const first =
      known !== undefined && known.until > Date.now()
        ? known
        : await renew(signIn, key, to.opened, tools.request)
    if (!('token' in first)) return first
    const outcome = await withToken(first.token).send(message, to, tools)
    if (outcome.kind !== 'retry' || outcome.code !== STALE) return outcome
    const partsSent = outcome.partsSent ?? message.partsSent
    const renewed = await renew(signIn, key, to.opened, tools.request)
    if ('token' in renewed) return withToken(renewed.token).send({ ...message, partsSent }, to, tools)
    return renewed.kind === 'sent' ? renewed : { ...renewed, partsSent }
  }
}

/** Whether a sign-in works, for a connection's test. @throws Fault where it does not. */
export async function checkSignIn(signIn: SignIn, opened: Opened, ask: Parameters<SignIn>[1]): Promise<void> {
  const got = await signIn(opened, ask)
  if ('token' in got || got.kind === 'sent') return
  throw new Fault(got.kind === 'refused' ? 'unauthorized' : 'unavailable', got.code, got.message)
}

async function renew(
  signIn: SignIn,
  key: string,
  opened: Opened,
  ask: Parameters<SignIn>[1],
): Promise<Token | Outcome> {
  const got = await signIn(opened, ask)
  if (!('token' in got)) return got
  if (kept.size >= MOST_TOKENS) kept.clear()
  kept.set(key, { token: got.token, until: Date.now() + got.lifeMs - EARLY_MS })
  return got
}

const keyOf = ({ config, auth }: Opened): string =>
  createHash('sha256')
    .update(JSON.stringify([config['base_url'], auth]))
    .digest('base64')
