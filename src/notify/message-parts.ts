/** A message as a channel's pieces: read once, written in its dialect, cut by its limit. */
import type { Outgoing } from './channel.ts'
import type { Limit } from './length.ts'
import { type Document, plainDocument } from './markdown/document.ts'
import { inParts } from './markdown/markdown.ts'
import { readMarkdown } from './markdown/read.ts'

type Said = Pick<Outgoing, 'title' | 'text' | 'format'>

/** The text, without the title: for channels that have a place for one. */
export function bodyDocument({ text, format }: Omit<Said, 'title'>): Document {
  return format === 'plain' ? plainDocument(text) : readMarkdown(text)
}

/** The title as a heading over the text. */
export function messageDocument(message: Said): Document {
  const { title } = message
  const body = bodyDocument(message)
  return title === '' ? body : [{ kind: 'heading', depth: 3, runs: [{ text: title }] }, ...body]
}

/** At least one piece, since a message that says nothing is still a message. */
export function piecesOf(
  document: Document,
  write: (document: Document) => string,
  limit: Limit,
): readonly string[] {
  const parts = inParts(document, write, limit)
  return parts.length > 0 ? parts : [write(plainDocument('…'))]
}
