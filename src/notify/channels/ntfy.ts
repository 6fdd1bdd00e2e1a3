/** ntfy: to a topic of a public server or of one's own. */
import { Type } from 'typebox'
import { BASIC, field } from '#connect'
import { answerJson, byStatus, httpChannel, type Outgoing, refused, sent } from '../channel.ts'
import { toNtfy } from '../markdown/markdown.ts'
import { bodyDocument, piecesOf } from '../message-parts.ts'
import { baseUrl } from './base-url.ts'
import { postJson, textIn } from './json-post.ts'

/** What is longer becomes an attachment. */
const LIMIT = { max: 4_096, unit: 'bytes' } as const

/** 1 to 5, 3 as a rule; the tags that ntfy shows as emoji. */
const LOUDNESS: Readonly<Record<Outgoing['level'], { priority: number; tags: string[] }>> = {
  info: { priority: 3, tags: [] },
  success: { priority: 3, tags: ['white_check_mark'] },
  warn: { priority: 4, tags: ['warning'] },
  error: { priority: 4, tags: ['rotating_light'] },
  other: { priority: 3, tags: [] },
}

export const ntfy = httpChannel({
  manifest: {
    provider: 'ntfy',
    title: 'ntfy',
    connectorType: 'message',
    config: Type.Object({
      base_url: baseUrl('https://ntfy.sh'),
      topic: Type.String({
        title: 'Topic',
        description: 'For messages without an account of their own.',
        default: 'crosstie',
        pattern: '^[-_A-Za-z0-9]{1,64}$',
      }),
    }),
    auth: [
      { type: 'ntfy', title: 'Access token', fields: {}, secrets: { token: field.secret('Token (tk_…)') } },
      BASIC,
      { type: 'none', title: 'No sign-in', fields: {}, secrets: {} },
    ],
    can: { check: false, discover: false, source: false, target: false },
  },
  address: 'possible',
  pace: [{ per: 'connection', count: 12, perMs: 60_000 }],
  parts: (message) => piecesOf(bodyDocument(message), toNtfy, LIMIT),
  request: ({ text }, { title, level }, { opened: { config, auth }, address }) => {
    const message = {
      topic: address ?? config['topic'],
      ...(title === '' ? {} : { title }),
      message: text,
      markdown: true,
      ...LOUDNESS[level],
    }
    return postJson(textIn(config['base_url']), '/', message, signIn(auth))
  },
  classify: (answer) => {
    const json = answerJson(answer)
    if (answer.status === 200 && typeof json?.['id'] === 'string') return sent(answer, json['id'])
    if (answer.status === 404)
      return refused(answer, 'connection', 'There is no ntfy at this address (HTTP 404).')
    return byStatus(answer, 'ntfy')
  },
})

function signIn(auth: Record<string, unknown>): Record<string, string> {
  if (auth['type'] === 'none') return {}
  if (auth['type'] === 'ntfy') return { authorization: `Bearer ${textIn(auth['token'])}` }
  const pair = `${textIn(auth['user'])}:${textIn(auth['password'])}`
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}
