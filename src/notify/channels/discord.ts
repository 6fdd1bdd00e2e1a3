/** Discord's webhooks: the address itself is the secret. */
import { Type } from 'typebox'
import { field } from '#connect'
import { answerJson, byStatus, httpChannel, later, refused, sent } from '../channel.ts'
import { toDiscord } from '../markdown/markdown.ts'
import { messageDocument, piecesOf } from '../message-parts.ts'
import { postJson, textIn } from './json-post.ts'
import { baseUrl } from './base-url.ts'

const LIMIT = { max: 2_000, unit: 'utf16' } as const

export const discord = httpChannel({
  manifest: {
    provider: 'discord',
    title: 'Discord',
    connectorType: 'message',
    config: Type.Object({ base_url: baseUrl('https://discord.com') }),
    auth: [
      {
        type: 'discord',
        title: 'Webhook',
        fields: { webhook_id: field.text('Webhook id: the number after /api/webhooks/') },
        secrets: { webhook_token: field.secret('Webhook token: what stands behind the id') },
      },
    ],
    can: { check: false, discover: false, source: false, target: false },
  },
  address: 'none',
  pace: [{ per: 'connection', count: 30, perMs: 60_000 }],
  parts: (message) => piecesOf(messageDocument(message), toDiscord, LIMIT),
  request: ({ text }, _, { opened: { config, auth } }) => {
    const [id, token] = [auth['webhook_id'], auth['webhook_token']].map((one) =>
      encodeURIComponent(textIn(one)),
    )
    // With `wait` the answer is the message that was made, and not only that one was asked for.
    return postJson(textIn(config['base_url']), `/api/webhooks/${id}/${token}?wait=true`, {
      content: text,
      allowed_mentions: { parse: [] },
    })
  },
  classify: (answer) => {
    const json = answerJson(answer)
    const { status } = answer
    if (status === 200 && typeof json?.['id'] === 'string') return sent(answer, json['id'])
    if (status === 429) {
      const seconds = Number(json?.['retry_after'])
      return later(answer, 'Discord takes no more messages for now.', seconds > 0 ? seconds * 1_000 : null)
    }
    if (status === 404) {
      return refused(
        answer,
        'connection',
        'Discord knows no such webhook. Make a new one, and enter its id and token.',
      )
    }
    return byStatus(answer, 'Discord')
  },
})
