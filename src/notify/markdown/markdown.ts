/**
 * One Markdown for all channels: read once, written as each of them understands it.
 *
 * ```ts
 * toSlack('**Run 7** failed: [log](https://hub.example/runs/7)') // *Run 7* failed: <https://hub.example/runs/7|log>
 * inParts(text, toTelegramHtml, { max: 4096, unit: 'utf16' })    // as many messages as it takes
 * ```
 */
import { bestCut, fits, type Limit, SMALLEST_LIMIT } from '../length.ts'
import { Fault } from '#fault'
import { cutDocument, placesOf, withoutLook } from './cut.ts'
import * as dialects from './dialects.ts'
import { type Document, plainDocument } from './document.ts'
import { mailHtml, matrixHtml } from './html.ts'
import { withoutCalls } from './literal.ts'
import { readMarkdown } from './read.ts'
import { teamsBody, type TeamsElement } from './teams.ts'
import { type Dialect, write } from './write.ts'

/** Markdown, or a document that was read from it already. */
export type Source = string | Document

const documentOf = (source: Source): Document => (typeof source === 'string' ? readMarkdown(source) : source)

const writer =
  (dialect: Dialect) =>
  (source: Source): string =>
    write(documentOf(source), dialect)

export const toPlain = writer(dialects.plain)
export const toSlack = writer(dialects.slack)
export const toTelegramHtml = writer(dialects.telegram)
/** For elements of the tag `markdown` or `lark_md`. */
export const toLarkCard = writer(dialects.larkCard)
export const toLarkText = writer(dialects.larkText)
export const toDingTalk = writer(dialects.dingTalk)
export const toWecomMarkdown = writer(dialects.wecom)
export const toWecomV2 = writer(dialects.wecomV2)
export const toDiscord = writer(dialects.discord)
export const toNtfy = writer(dialects.ntfy)

/** The body of an Adaptive Card. */
export const toTeams = (source: Source): TeamsElement[] => teamsBody(documentOf(source))

export interface TwoHalves {
  text: string
  html: string
}

export function toMatrix(source: Source): TwoHalves {
  const document = documentOf(source)
  return { text: withoutCalls(write(document, dialects.plain)), html: matrixHtml(document) }
}

export function toMailHtml(source: Source): TwoHalves {
  const document = documentOf(source)
  return { text: write(document, dialects.plain), html: mailHtml(document) }
}

/** Nobody reads on after so many messages; the last of them ends with an ellipsis. */
const MOST_PARTS = 20

/**
 * A message in as many parts as a channel's limit asks for, each whole in itself: cut between paragraphs where that leaves
 * a part at least half full, else between lines, sentences, words; bold goes on bold, lists with their numbers, code as code.
 * @param mostParts what is left after so many is cut off, with an ellipsis. 1 cuts the message.
 */
export function inParts(
  source: Source,
  writeOne: (document: Document) => string,
  limit: Limit,
  mostParts: number = MOST_PARTS,
): string[] {
  if (limit.max < SMALLEST_LIMIT) {
    throw new Fault(
      'invalid',
      'notify.limit_too_small',
      `A message cannot be parted at ${limit.max}: the least is ${SMALLEST_LIMIT}.`,
    )
  }
  const parts: string[] = []
  let rest = documentOf(source)
  while (rest.length > 0) {
    const whole = wholeIfShort(rest, writeOne, limit)
    if (whole !== null) {
      parts.push(whole)
      break
    }
    const isLast = parts.length + 1 >= mostParts
    const written = (document: Document) => writeOne(isLast ? [...document, ...ELLIPSIS] : document)
    const [head, tail] = firstPart(rest, (document) => fits(written(document), limit), limit.max)
    const part = written(head)
    if (part !== '') parts.push(part)
    if (isLast) break
    rest = tail
  }
  return parts
}

const ELLIPSIS = plainDocument('…')

function wholeIfShort(rest: Document, writeOne: (document: Document) => string, limit: Limit): string | null {
  const near = cutDocument(rest, limit.max * 2 + 2)
  // What is much longer than the limit need not be written to know that.
  if (near[1].length > 0) return null
  const text = writeOne(rest)
  return fits(text, limit) ? text : null
}

function firstPart(
  document: Document,
  fitsOne: (document: Document) => boolean,
  max: number,
): [Document, Document] {
  // Nothing behind this fits, and writing it all for each part would take squares of time.
  const [near, far] = cutDocument(document, max * 2 + 2)
  const places = placesOf(near)
  if (far.length > 0) places.pop()
  const at = bestCut(places, (place) => fitsOne(cutDocument(near, place)[0]))
  if (at > 0) return cutDocument(document, at)
  const [first, ...others] = document
  if (first === undefined) return [[], []]
  const lines = withoutLook(first)
  // A table's row, a long link: not its look but its text matters.
  if (first.kind !== 'paragraph' || first.runs.some((run) => Object.keys(run).length > 1)) {
    return lines.length + others.length === 0 ? [[], []] : firstPart([...lines, ...others], fitsOne, max)
  }
  return [[], others]
}
