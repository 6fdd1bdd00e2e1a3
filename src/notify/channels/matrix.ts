/** Matrix: a message to a room. The transaction's id is the task's, so a second try of a sent message makes no second one. */
import { Type } from 'typebox'
import { field } from '#connect'
import { answerJson, byStatus, httpChannel, later, refused, sent } from '../channel.ts'
import type { Document } from '../markdown/document.ts'
import { toMatrix } from '../markdown/markdown.ts'
import { messageDocument, piecesOf } from '../message-parts.ts'
import { postJson, textIn } from './json-post.ts'
import { baseUrl } from './base-url.ts'

/** An event has 64 KiB, with what the server adds. */
const LIMIT = { max: 48_000, unit: 'bytes' } as const

export const matrix = httpChannel({
  manifest: {
    provider: 'matrix',
    title: 'Matrix',
    connectorType: 'message',
    config: Type.Object({ base_url: baseUrl('https://matrix.org') }),
    auth: [{ type: 'matrix', title: 'Bot', fields: {}, secrets: { token: field.secret('Access token') } }],
    can: { check: false, discover: false, source: false, target: false },
  },
  address: 'wanted',
  pace: [{ per: 'connection', count: 10, perMs: 1_000 }],
  parts: (message) => piecesOf(messageDocument(message), eventOf, LIMIT),
  request: ({ text, dedup }, _, { opened: { config, auth }, address }) => {
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(address ?? '')}/send/m.room.message/${dedup}`
    const headers = { authorization: `Bearer ${textIn(auth['token'])}` }
    return { ...postJson(textIn(config['base_url']), path, text, headers), method: 'PUT' }
  },
  classify: (answer) => {
    const json = answerJson(answer)
    const code = textIn(json?.['errcode'])
    if (answer.status === 200 && typeof json?.['event_id'] === 'string') return sent(answer, json['event_id'])
    if (code === 'M_LIMIT_EXCEEDED' || answer.status === 429) {
      const waitMs = Number(json?.['retry_after_ms'])
      return later(answer, 'The Matrix server takes no more messages for now.', waitMs > 0 ? waitMs : null)
    }
    if (code === 'M_FORBIDDEN' || code === 'M_NOT_FOUND' || code === 'M_INVALID_PARAM') {
      return refused(
        answer,
        'account',
        `The bot may not write into the room (${code}). Invite it, or correct the room's id.`,
      )
    }
    if (code === 'M_TOO_LARGE') return refused(answer, 'message', 'Matrix takes no message of this length.')
    return byStatus(answer, 'The Matrix server')
  },
})

function eventOf(document: Document): string {
  const { text, html } = toMatrix(document)
  return JSON.stringify({
    msgtype: 'm.text',
    body: text,
    format: 'org.matrix.custom.html',
    formatted_body: html,
    // It calls nobody, whatever names stand in it.
    'm.mentions': {},
  })
}
