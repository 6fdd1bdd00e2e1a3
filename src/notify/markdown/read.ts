/** Reads CommonMark with tables, task lists, strike-through and bare links (as GitHub does), a line break for a line break. */
import { Marked, type MarkedToken, type Token, type Tokens } from 'marked'
import { type Block, BREAK, cleanText, type Document, linesOf, plainDocument, type Run } from './document.ts'
import { decodeEntities } from './entity.ts'
import { linkOf } from './link.ts'

/** What is longer is read as plain text: nobody writes that by hand. */
const LONGEST_SOURCE = 65_536
/**
 * The lexer looks from each opening `*` or `_` for its end, so a paragraph takes time by the product of both; at this
 * one it is a third of a second.
 */
const MOST_WORK = 20_000_000
const MOST_BLANKS = 100
const DEEPEST = 8

const marked = new Marked({
  gfm: true,
  breaks: true,
  // HTML is text here: no channel gets any of it.
  tokenizer: { html: () => undefined, tag: () => undefined },
})

/** Never fails: a text that is no good Markdown is text. */
export function readMarkdown(source: string): Document {
  const text = prepared(source)
  if (text.length > LONGEST_SOURCE || isMuchWork(text)) return plainDocument(source)
  try {
    return blocksOf(marked.lexer(text), 0)
  } catch {
    // Nested so deeply that the lexer ran out of stack.
    return plainDocument(source)
  }
}

/** A blank that the lexer takes for one and nobody writes; taken out again afterwards. */
const MARK = '\u205f'

function prepared(source: string): string {
  return cleanText(source)
    .replaceAll(MARK, ' ')
    .replace(new RegExp(`([ \\t]{${MOST_BLANKS}})[ \\t]+`, 'g'), '$1')
    .replace(/\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*/g, strongAmongLetters)
}

/**
 * CommonMark asks for a blank or a stop outside of `**` where a stop stands inside, which Chinese has no blanks for:
 * `**注意：**请看` would stay as it is written.
 */
function strongAmongLetters(pair: string, inner: string, at: number, text: string): string {
  const before = /[\p{L}\p{N}]$/u.test(text.slice(Math.max(0, at - 2), at)) && /^[\p{P}\p{S}]/u.test(inner)
  const after =
    /^[\p{L}\p{N}]/u.test(text.slice(at + pair.length, at + pair.length + 2)) && /[\p{P}\p{S}]$/u.test(inner)
  return (before ? MARK : '') + pair + (after ? MARK : '')
}

function isMuchWork(text: string): boolean {
  return text.split(/\n[ \t]*\n/).some((paragraph) => {
    const marks = paragraph.match(/[*_~]+/g)?.length ?? 0
    return marks * paragraph.length > MOST_WORK
  })
}

function blocksOf(tokens: readonly Token[], depth: number): Block[] {
  // `Token` has an open member for extensions, of which there are none.
  return (tokens as MarkedToken[]).flatMap((token) => blockOf(token, depth))
}

function blockOf(token: MarkedToken, depth: number): Block[] {
  switch (token.type) {
    case 'paragraph':
    case 'text':
      return paragraph(runsOf(token.tokens ?? [token], {}))
    case 'heading':
      return [{ kind: 'heading', depth: token.depth, runs: runsOf(token.tokens, {}) }]
    case 'code':
      return [{ kind: 'code', text: unmarked(token.text), language: languageOf(token.lang) }]
    case 'blockquote': {
      const blocks = blocksOf(token.tokens, depth + 1)
      return depth >= DEEPEST || blocks.length === 0 ? blocks : [{ kind: 'quote', blocks }]
    }
    case 'list':
      return listOf(token, depth)
    case 'table':
      return [
        {
          kind: 'table',
          header: token.header.map(({ tokens }) => runsOf(tokens, {})),
          rows: token.rows.map((row) => row.map(({ tokens }) => runsOf(tokens, {}))),
        },
      ]
    case 'hr':
      return [{ kind: 'rule' }]
    case 'space':
    case 'def':
    case 'checkbox':
      return []
    default:
      return paragraph(linesOf(unmarked(token.raw)))
  }
}

const paragraph = (runs: Run[]): Block[] => (runs.length === 0 ? [] : [{ kind: 'paragraph', runs }])

function listOf(list: Tokens.List, depth: number): Block[] {
  const items = list.items.map((item) => ({
    checked: item.task ? item.checked === true : null,
    blocks: blocksOf(item.tokens, depth + 1),
  }))
  if (depth >= DEEPEST) return items.flatMap(({ blocks }) => blocks)
  return [{ kind: 'list', start: list.ordered ? Number(list.start) : null, items }]
}

const languageOf = (info: string | undefined): string => /^[\w+#.-]{1,30}/.exec(info ?? '')?.[0] ?? ''

function runsOf(tokens: readonly Token[], look: Omit<Run, 'text'>): Run[] {
  // As above: no extensions.
  return (tokens as MarkedToken[]).flatMap((token) => runOf(token, look))
}

function runOf(token: MarkedToken, look: Omit<Run, 'text'>): Run[] {
  switch (token.type) {
    case 'strong':
      return runsOf(token.tokens, { ...look, strong: true })
    case 'em':
      return runsOf(token.tokens, { ...look, emphasis: true })
    case 'del':
      return runsOf(token.tokens, { ...look, strike: true })
    case 'br':
      return [BREAK]
    case 'codespan': {
      const text = unmarked(token.text)
      return [look.href === undefined ? { text, code: true } : { ...look, text }]
    }
    case 'link':
      return linkRuns(token, runsOf(token.tokens, look), look)
    case 'image':
      return linkRuns(token, [{ ...look, text: decoded(token.text) }], look)
    case 'escape':
      return [{ ...look, text: token.text }]
    case 'checkbox':
      return []
    case 'text':
      return token.tokens === undefined ? linesOf(decoded(token.text), look) : runsOf(token.tokens, look)
    default:
      return linesOf(unmarked(token.raw), look)
  }
}

function linkRuns(token: Tokens.Link | Tokens.Image, runs: Run[], look: Omit<Run, 'text'>): Run[] {
  const isLiteral = token.type === 'link' && token.autolink === true
  const href = linkOf(unmarked(isLiteral ? token.href : decodeEntities(token.href)))
  // A link within a link is the outer one; one that leads nowhere safe is what it says.
  if (href === null || look.href !== undefined) return runs
  const said = runs.filter(({ text }) => text.trim() !== '')
  if (said.length === 0) return [{ ...look, text: href, href }]
  return runs.map((run) => {
    if (run.text === '\n') return BREAK
    const linked = { ...run, href }
    delete linked.code
    return linked
  })
}

const unmarked = (text: string): string => text.replaceAll(MARK, '')

/** A reference may stand for a character that would have been taken out as itself. */
const decoded = (text: string): string => cleanText(unmarked(decodeEntities(text)))
