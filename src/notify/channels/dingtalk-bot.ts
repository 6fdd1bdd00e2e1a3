/** DingTalk's group bots, signed if they want it. They answer 200 whatever happens: `errcode` alone says what did. */
import { Type } from 'typebox'
import { field } from '#connect'
import { answerJson, byStatus, httpChannel, later, refused, sent } from '../channel.ts'
import { toDingTalk } from '../markdown/markdown.ts'
import { messageDocument, piecesOf } from '../message-parts.ts'
import { baseUrl } from './base-url.ts'
import { postJson, textIn } from './json-post.ts'
import { signDingTalk } from './signing.ts'

/** DingTalk takes 20,000 for the whole body. */
const LIMIT = { max: 18_000, unit: 'bytes' } as const
/** Who sends more than 20 in a minute is not heard for this long. */
const BLOCKED_MS = 600_000

export const dingtalkBot = httpChannel({
  manifest: {
    provider: 'dingtalk_bot',
    title: 'DingTalk bot',
    connectorType: 'message',
    config: Type.Object({ base_url: baseUrl('https://oapi.dingtalk.com') }),
    auth: [
      {
        type: 'dingtalk_bot_signed',
        title: 'Bot with a signature',
        fields: {},
        secrets: {
          token: field.secret('Access token (in its address)'),
          secret: field.secret('Secret (SEC…)'),
        },
      },
      {
        type: 'dingtalk_bot',
        title: 'Bot with a keyword or known addresses',
        fields: {},
        secrets: { token: field.secret('Access token (in its address)') },
      },
    ],
    can: { check: false, discover: false, source: false, target: false },
  },
  address: 'none',
  pace: [{ per: 'connection', count: 20, perMs: 60_000 }],
  parts: (message) => piecesOf(messageDocument(message), toDingTalk, LIMIT),
  request: ({ text }, { title, at }, { opened: { config, auth } }) => {
    const query = new URLSearchParams({ access_token: textIn(auth['token']) })
    if (auth['type'] === 'dingtalk_bot_signed') {
      query.set('timestamp', String(at.getTime()))
      query.set('sign', signDingTalk(at.getTime(), textIn(auth['secret'])))
    }
    return postJson(textIn(config['base_url']), `/robot/send?${query.toString()}`, {
      msgtype: 'markdown',
      // Shown where the message is announced, not in it.
      markdown: { title: title === '' ? text.slice(0, 60).toWellFormed() : title, text },
      at: { isAtAll: false },
    })
  },
  classify: (answer) => {
    const json = answerJson(answer)
    if (json?.['status'] === 1111 || json?.['status'] === '1111') {
      const seconds = Number(json['wait'])
      return later(
        answer,
        'DingTalk takes no more messages for now.',
        seconds > 0 ? seconds * 1_000 : BLOCKED_MS,
      )
    }
    if (answer.status !== 200 || typeof json?.['errcode'] !== 'number') return byStatus(answer, 'DingTalk')
    const code = json['errcode']
    const words = `DingTalk answered ${code}: ${textIn(json['errmsg'])}`
    switch (code) {
      case 0:
        return sent(answer)
      case -1:
        return later(answer, words)
      case 130101:
      case 130102:
        return later(answer, words, BLOCKED_MS)
      case 310000:
      case 300001:
      case 300005:
      case 40035:
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
