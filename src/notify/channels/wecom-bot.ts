/** WeCom's group bots. They answer 200 whatever happens: `errcode` alone says what did. */
import { Type } from 'typebox'
import { field } from '#connect'
import { answerJson, byStatus, httpChannel, later, refused, sent } from '../channel.ts'
import { toPlain, toWecomMarkdown, toWecomV2 } from '../markdown/markdown.ts'
import { messageDocument, piecesOf } from '../message-parts.ts'
import { baseUrl } from './base-url.ts'
import { postJson, textIn } from './json-post.ts'

const MARKDOWN_LIMIT = { max: 4_096, unit: 'bytes' } as const
const TEXT_LIMIT = { max: 2_048, unit: 'bytes' } as const
/** Who sends faster waits until the minute is over. */
const RATE_WAIT_MS = 60_000

export const wecomBot = httpChannel({
  manifest: {
    provider: 'wecom_bot',
    title: 'WeCom bot',
    connectorType: 'message',
    config: Type.Object({
      base_url: baseUrl('https://qyapi.weixin.qq.com'),
      format: field.choice('Messages are', ['markdown', 'markdown_v2', 'text'], 'markdown'),
    }),
    auth: [
      { type: 'wecom_bot', title: 'Bot', fields: {}, secrets: { key: field.secret('Key (in its address)') } },
    ],
    can: { check: false, discover: false, source: false, target: false },
  },
  address: 'none',
  pace: [{ per: 'connection', count: 20, perMs: 60_000 }],
  parts: (message, { opened: { config } }) => {
    const document = messageDocument(message)
    if (config['format'] === 'text') return piecesOf(document, toPlain, TEXT_LIMIT)
    return piecesOf(
      document,
      config['format'] === 'markdown_v2' ? toWecomV2 : toWecomMarkdown,
      MARKDOWN_LIMIT,
    )
  },
  request: ({ text }, _, { opened: { config, auth } }) => {
    const kind = textIn(config['format']) || 'markdown'
    const path = `/cgi-bin/webhook/send?key=${encodeURIComponent(textIn(auth['key']))}`
    return postJson(textIn(config['base_url']), path, { msgtype: kind, [kind]: { content: text } })
  },
  classify: (answer) => {
    const json = answerJson(answer)
    const { status } = answer
    if (status !== 200 || typeof json?.['errcode'] !== 'number') return byStatus(answer, 'WeCom')
    const code = json['errcode']
    const words = `WeCom answered ${code}: ${textIn(json['errmsg'])}`
    switch (code) {
      case 0:
        return sent(answer)
      case -1:
      case 50001:
        return later(answer, words)
      case 45009:
      case 45033:
        return later(answer, words, RATE_WAIT_MS)
      case 93000:
      case 93001:
      case 40001:
      case 40014:
        return refused(answer, 'connection', `${words}. Make the bot anew, and enter its key.`)
      default:
        return refused(answer, 'message', words)
    }
  },
})
