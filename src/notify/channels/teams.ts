/** Microsoft Teams: a card to the address of a workflow ("Post to a channel when a webhook request is received"). */
import { Type } from 'typebox'
import { field } from '#connect'
import { byStatus, httpChannel, type Outgoing, refused, sent } from '../channel.ts'
import type { Document } from '../markdown/document.ts'
import { toTeams } from '../markdown/markdown.ts'
import { messageDocument, piecesOf } from '../message-parts.ts'
import { postJson, textIn } from './json-post.ts'

/** Teams takes 28 KB of card. */
const LIMIT = { max: 26_000, unit: 'bytes' } as const

const COLOURS: Readonly<Record<Outgoing['level'], string>> = {
  info: 'Accent',
  success: 'Good',
  warn: 'Warning',
  error: 'Attention',
  other: 'Default',
}

export const teams = httpChannel({
  manifest: {
    provider: 'teams',
    title: 'Microsoft Teams',
    connectorType: 'message',
    config: Type.Object({}),
    auth: [
      {
        type: 'teams',
        title: 'Workflow',
        fields: {},
        secrets: { url: field.secret('Address of the workflow, with its signature') },
      },
    ],
    can: { check: false, discover: false, source: false, target: false },
  },
  address: 'none',
  pace: [{ per: 'connection', count: 4, perMs: 1_000 }],
  parts: (message) =>
    piecesOf(messageDocument(message), (document) => cardOf(document, message.level), LIMIT),
  request: ({ text }, _, { opened: { auth } }) => postJson(textIn(auth['url']), '', text),
  classify: (answer) => {
    // The workflow was started; whether it could post is told to nobody.
    if (answer.status === 202) return sent(answer)
    if (answer.status === 400) return refused(answer, 'message', 'The workflow refused the card (HTTP 400).')
    return byStatus(answer, 'The workflow')
  },
})

function cardOf(document: Document, level: Outgoing['level']): string {
  const [first, ...more] = toTeams(document)
  const body =
    first === undefined || document[0]?.kind !== 'heading'
      ? toTeams(document)
      : [coloured(first, level), ...more]
  return JSON.stringify({
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body,
        },
      },
    ],
  })
}

function coloured(element: Record<string, unknown>, level: Outgoing['level']): Record<string, unknown> {
  const { inlines } = element
  if (!Array.isArray(inlines)) return element
  const color = COLOURS[level]
  return { ...element, inlines: inlines.map((run: Record<string, unknown>) => ({ ...run, color })) }
}
