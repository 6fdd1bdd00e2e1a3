/** The card that Lark and Feishu show: a title in the colour of its level over Markdown. */
import type { Outgoing } from '../channel.ts'
import type { Document } from '../markdown/document.ts'
import { toLarkCard } from '../markdown/markdown.ts'

const COLOURS: Readonly<Record<Outgoing['level'], string>> = {
  info: 'blue',
  warn: 'orange',
  error: 'red',
  success: 'green',
  other: 'grey',
}

export interface LarkCard {
  config: object
  header?: { template: string; title: { tag: 'plain_text'; content: string } }
  elements: { tag: 'markdown'; content: string }[]
}

export function larkCard(document: Document, { title, level }: Pick<Outgoing, 'title' | 'level'>): LarkCard {
  const header = { template: COLOURS[level], title: { tag: 'plain_text' as const, content: title } }
  return {
    config: {},
    ...(title === '' ? {} : { header }),
    elements: [{ tag: 'markdown', content: toLarkCard(document) }],
  }
}
