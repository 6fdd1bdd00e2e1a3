/** Telegram's bots: one message to one chat, in Telegram's HTML. */
import { Type } from 'typebox'
import { field } from '#connect'
import { answerJson, byStatus, httpChannel, later, type Outcome, refused, sent } from '../channel.ts'
import { toTelegramHtml } from '../markdown/markdown.ts'
import { messageDocument, piecesOf } from '../message-parts.ts'
import { baseUrl } from './base-url.ts'
import { postJson, textIn } from './json-post.ts'

/** Telegram counts what is read; the tags too is a safe measure. */
const LIMIT = { max: 4_096, unit: 'utf16' } as const

export const telegram = httpChannel({
  manifest: {
    provider: 'telegram',
    title: 'Telegram',
    connectorType: 'message',
    config: Type.Object({ base_url: baseUrl('https://api.telegram.org') }),
    auth: [
      { type: 'telegram', title: 'Bot', fields: {}, secrets: { token: field.secret('Token of the bot') } },
    ],
    can: { check: false, discover: false, source: false, target: false },
  },
  address: 'wanted',
  pace: [
    { per: 'connection', count: 30, perMs: 1_000 },
    { per: 'address', count: 20, perMs: 60_000 },
  ],
  parts: (message) => piecesOf(messageDocument(message), toTelegramHtml, LIMIT),
  request: ({ text }, _, { opened: { config, auth }, address }) =>
    postJson(textIn(config['base_url']), `/bot${tokenIn(auth)}/sendMessage`, {
      chat_id: address,
      text,
      parse_mode: 'HTML',
      link_preview_options: { is_disabled: true },
    }),
  classify: (answer) => {
    const json = answerJson(answer)
    if (json === null) return byStatus(answer, 'Telegram')
    const { ok, result, error_code: code, description, parameters } = json as Body // every field is looked at below
    if (ok === true) return sent(answer, result?.message_id)
    return refusal(answer, Number(code ?? answer.status), textIn(description), parameters)
  },
})

/** Its colon stands in the path as it is. */
const tokenIn = (auth: Record<string, unknown>): string =>
  encodeURIComponent(textIn(auth['token'])).replace('%3A', ':')

/** As Telegram documents it. */
interface Body {
  ok?: unknown
  result?: { message_id?: unknown }
  error_code?: unknown
  description?: unknown
  parameters?: { retry_after?: unknown; migrate_to_chat_id?: unknown }
}

function refusal(
  answer: Parameters<typeof sent>[0],
  code: number,
  words: string,
  parameters: Body['parameters'],
): Outcome {
  if (code === 429) {
    const seconds = Number(parameters?.retry_after)
    return later(
      answer,
      `Telegram takes no more messages for now: ${words}.`,
      seconds > 0 ? seconds * 1_000 : null,
    )
  }
  if (code === 401 || code === 404) {
    return refused(answer, 'connection', `Telegram does not know the bot: ${words}. Enter its token again.`)
  }
  if (parameters?.migrate_to_chat_id !== undefined) {
    return refused(
      answer,
      'account',
      `The chat has a new id: ${textIn(parameters.migrate_to_chat_id)}. Enter it.`,
    )
  }
  if (code === 403 || /chat not found|user not found|peer_id_invalid|chat_id is empty/i.test(words)) {
    return refused(answer, 'account', `Telegram does not let the bot write there: ${words}.`)
  }
  if (code >= 400 && code < 500) return refused(answer, 'message', `Telegram refused the message: ${words}.`)
  return later(answer, `Telegram answered ${code}: ${words}.`)
}
