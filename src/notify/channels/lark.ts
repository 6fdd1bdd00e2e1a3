/** Lark's and Feishu's apps: a card to a person or a chat. The answer's `code` alone says what became of it. */
import { Type } from 'typebox'
import { field, type WebAnswer, webRequest } from '#connect'
import {
  answerJson,
  byStatus,
  type Channel,
  httpChannel,
  later,
  type Outcome,
  refused,
  sent,
} from '../channel.ts'
import { bodyDocument, piecesOf } from '../message-parts.ts'
import { baseUrl } from './base-url.ts'
import { postJson, textIn } from './json-post.ts'
import { larkCard } from './lark-card.ts'
import { checkSignIn, sendSignedIn, type SignIn, staleToken } from './signed-in.ts'

/** A card has 30 KB. */
const LIMIT = { max: 28_000, unit: 'bytes' } as const
/** Of a token that ended before its time. */
const STALE_TOKEN = new Set([99991661, 99991663, 99991664, 99991665, 99991668, 99991671])

export const lark: Channel = {
  manifest: {
    provider: 'lark',
    title: 'Lark or Feishu app',
    connectorType: 'message',
    config: Type.Object({ base_url: baseUrl('https://open.feishu.cn') }),
    auth: [
      {
        type: 'lark',
        title: 'App',
        fields: { app_id: field.text('App ID (cli_…)') },
        secrets: { app_secret: field.secret('App secret') },
      },
    ],
    can: { check: true, discover: false, source: false, target: false },
    act: ({ guard }) => ({
      check: async (opened) => {
        await checkSignIn(signIn, opened, (request) => webRequest(guard, 'public', request))
        return { message: 'Lark took the credentials of the app.', details: {} }
      },
    }),
  },
  address: 'wanted',
  // 1,000 in a minute for the app, and 5 in a second for a person or a chat.
  pace: [
    { per: 'connection', count: 1_000, perMs: 60_000 },
    { per: 'address', count: 5, perMs: 1_000 },
  ],
  send: (message, to, tools) => sendSignedIn(signIn, withToken)(message, to, tools),
}

const withToken = (token: string): Channel =>
  httpChannel({
    manifest: lark.manifest,
    address: lark.address,
    pace: lark.pace,
    parts: (message) =>
      piecesOf(bodyDocument(message), (document) => JSON.stringify(larkCard(document, message)), LIMIT),
    request: ({ text, dedup }, _, { opened: { config }, address }) => {
      const { kind, id } = receiverOf(address ?? '')
      return postJson(
        textIn(config['base_url']),
        `/open-apis/im/v1/messages?receive_id_type=${kind}`,
        // Within an hour Lark takes only one of the same uuid.
        { receive_id: id, msg_type: 'interactive', content: text, uuid: dedup },
        { authorization: `Bearer ${token}` },
      )
    },
    classify,
  })

/** Lark's ids say by their beginning what they are of; `user_id:…` says it where they do not. */
export function receiverOf(address: string): { kind: string; id: string } {
  const [, named, rest = ''] = /^(open_id|user_id|union_id|email|chat_id):(.+)$/.exec(address) ?? []
  if (named !== undefined) return { kind: named, id: rest }
  if (address.startsWith('oc_')) return { kind: 'chat_id', id: address }
  if (address.startsWith('ou_')) return { kind: 'open_id', id: address }
  if (address.startsWith('on_')) return { kind: 'union_id', id: address }
  return { kind: address.includes('@') ? 'email' : 'user_id', id: address }
}

function classify(answer: WebAnswer): Outcome {
  const json = answerJson(answer)
  const code = json?.['code']
  if (typeof code !== 'number') return byStatus(answer, 'Lark')
  const words = `Lark answered ${code}: ${textIn(json?.['msg'])}`
  if (code === 0) {
    // Lark names every message that it made.
    const data = json?.['data'] as { message_id?: unknown } | undefined // asked for below
    return textIn(data?.message_id) === '' ? byStatus(answer, 'Lark') : sent(answer, data?.message_id)
  }
  if (STALE_TOKEN.has(code)) return staleToken(answer, words)
  switch (code) {
    case 230020:
    case 11232:
    case 11233:
    case 99991400:
      return later(answer, words, resetMs(answer))
    case 230001:
    case 230002:
    case 230013:
    case 230029:
    case 230034:
      return refused(answer, 'account', `${words}. Correct the receiver, or add the app to the chat.`)
    case 230006:
    case 99991672:
    case 99991679:
      return refused(
        answer,
        'connection',
        `${words}. Switch the app's bot on, and give it the right to send.`,
      )
    default:
      return answer.status === 429 || answer.status >= 500
        ? later(answer, words, resetMs(answer))
        : refused(answer, 'message', words)
  }
}

function resetMs({ headers }: WebAnswer): number | null {
  const seconds = Number(headers['x-ogw-ratelimit-reset'])
  return seconds > 0 ? seconds * 1_000 : null
}

const signIn: SignIn = async ({ config, auth }, ask) => {
  const answer = await ask(
    postJson(textIn(config['base_url']), '/open-apis/auth/v3/tenant_access_token/internal', {
      app_id: auth['app_id'],
      app_secret: auth['app_secret'],
    }),
  )
  const json = answerJson(answer)
  const code = json?.['code']
  const token = textIn(json?.['tenant_access_token'])
  if (answer.status === 200 && code === 0 && token !== '') {
    return { token, lifeMs: Number(json?.['expire'] ?? 0) * 1_000 }
  }
  if (typeof code !== 'number' || code === 0 || answer.status >= 500) return byStatus(answer, 'Lark')
  const words = `Lark refused the app's credentials (${code}: ${textIn(json?.['msg'])}). Enter them again.`
  return code === 99991400 || answer.status === 429
    ? later(answer, `Lark answered ${code}.`, resetMs(answer))
    : refused(answer, 'connection', words)
}
