/** Group bots of Lark and Feishu, signed if they want it. They answer 200 whatever happens: `code` alone says what did. */
import { Type } from 'typebox'
import { field } from '#connect'
import { answerJson, byStatus, httpChannel, later, refused, sent } from '../channel.ts'
import { bodyDocument, piecesOf } from '../message-parts.ts'
import { baseUrl } from './base-url.ts'
import { postJson, textIn } from './json-post.ts'
import { larkCard } from './lark-card.ts'
import { signLark } from './signing.ts'

/** Lark takes 20 KB for the whole body. */
const LIMIT = { max: 18_000, unit: 'bytes' } as const

export const larkBot = httpChannel({
  manifest: {
    provider: 'lark_bot',
    title: 'Lark or Feishu bot',
    connectorType: 'message',
    config: Type.Object({ base_url: baseUrl('https://open.feishu.cn') }),
    auth: [
      {
        type: 'lark_bot_signed',
        title: 'Bot with a signature',
        fields: {},
        secrets: { token: field.secret('Token (the end of its address)'), secret: field.secret('Secret') },
      },
      {
        type: 'lark_bot',
        title: 'Bot with a keyword or known addresses',
        fields: {},
        secrets: { token: field.secret('Token (the end of its address)') },
      },
    ],
    can: { check: false, discover: false, source: false, target: false },
  },
  address: 'none',
  // 100 in a minute, and never more than 5 in a second.
  pace: [{ per: 'connection', count: 5, perMs: 3_000 }],
  parts: (message) =>
    piecesOf(bodyDocument(message), (document) => JSON.stringify(larkCard(document, message)), LIMIT),
  request: ({ text }, { at }, { opened: { config, auth } }) => {
    const timestampS = Math.floor(at.getTime() / 1_000)
    const signature =
      auth['type'] === 'lark_bot_signed'
        ? { timestamp: String(timestampS), sign: signLark(timestampS, textIn(auth['secret'])) }
        : {}
    const path = `/open-apis/bot/v2/hook/${encodeURIComponent(textIn(auth['token']))}`
    // The card was written as JSON to measure it.
    const card: unknown = JSON.parse(text)
    return postJson(textIn(config['base_url']), path, { ...signature, msg_type: 'interactive', card })
  },
  classify: (answer) => {
    const json = answerJson(answer)
    // Bots of the first kind say `StatusCode`.
    const code = json?.['code'] ?? json?.['StatusCode']
    if (typeof code !== 'number' || answer.status >= 500) return byStatus(answer, 'Lark')
    const words = `Lark answered ${code}: ${textIn(json?.['msg'] ?? json?.['StatusMessage'])}`
    switch (code) {
      case 0:
        return answer.status === 200 ? sent(answer) : byStatus(answer, 'Lark')
      case 11232:
      case 99991400:
        return later(answer, words)
      case 19001:
      case 19021:
      case 19022:
      case 19024:
        return refused(
          answer,
          'connection',
          `${words}. Check the bot's token, secret, keyword and addresses.`,
        )
      default:
        return refused(answer, 'message', words)
    }
  },
})
