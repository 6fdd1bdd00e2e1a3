/**
 * Markdown as it was meant, ready to be written for any channel: text is text, and marked only by what stands here. What a
 * channel may not get is gone already: HTML has become text, links lead to the web or to a mailbox, images are links.
 */

/** Text of one look; a line break is a run of its own, `\n`. */
export interface Run {
  text: string
  strong?: true
  emphasis?: true
  strike?: true
  /** Then none of the other three. */
  code?: true
  /** http, https or mailto, with everything percent-encoded that could end a link in some dialect. */
  href?: string
}

export interface ListItem {
  /** Of a task: done or not. */
  checked: boolean | null
  blocks: Block[]
  /** The item began in the part before: it has no bullet any more. */
  continued?: true
}

export type Block =
  | { kind: 'paragraph'; runs: Run[] }
  | { kind: 'heading'; depth: number; runs: Run[] }
  | { kind: 'code'; text: string; language: string }
  | { kind: 'quote'; blocks: Block[] }
  | { kind: 'list'; start: number | null; items: ListItem[] }
  | { kind: 'table'; header: Run[][]; rows: Run[][][] }
  | { kind: 'rule' }

export type Document = Block[]

export const BREAK: Run = { text: '\n' }

/** What is read where runs stand, without any look. */
export const textOf = (runs: readonly Run[]): string => runs.map(({ text }) => text).join('')

/** A text that is no Markdown: its lines, and nothing else. */
export function plainDocument(text: string): Document {
  return cleanText(text)
    .split(/\n(?:[ \t]*\n)+/)
    .filter((paragraph) => paragraph.trim() !== '')
    .map((paragraph) => ({ kind: 'paragraph', runs: linesOf(paragraph.replace(/^\n+|\n+$/g, '')) }))
}

/** Lines as runs with breaks between them. */
export function linesOf(text: string, look: Omit<Run, 'text'> = {}): Run[] {
  const runs: Run[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (index > 0) runs.push(BREAK)
    if (line !== '') runs.push({ ...look, text: line })
  }
  return runs
}

/** Halves of pairs and control characters have no place in JSON, XML or a mail, and nothing to say. */
export function cleanText(text: string): string {
  return (
    text
      .toWellFormed()
      .replace(/\r\n?/g, '\n')
      // Control characters are what is meant.
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/g, '')
  )
}
