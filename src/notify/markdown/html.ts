/** A document as HTML: what mail programs and Matrix's clients take, and nothing else. Links lead to a new page. */
import { type Block, type Document, type ListItem, type Run } from './document.ts'
import { escapedHtml, withoutCalls } from './literal.ts'

interface Look {
  text: (text: string) => string
  linkAttributes: string
  /** Attributes of a tag: mail programs show what stands in the tag itself. */
  style: (tag: string) => string
}

const matrixLook: Look = {
  text: (text) => escapedHtml(withoutCalls(text)),
  linkAttributes: '',
  style: () => '',
}

/** Mail programs leave out style sheets, and many all but the simplest of styles. */
const MAIL_STYLES: Readonly<Record<string, string>> = {
  blockquote: 'margin:0 0 1em;padding-left:1em;border-left:3px solid #d0d7de;color:#57606a',
  pre: 'padding:12px;background:#f6f8fa;overflow:auto;font-family:monospace',
  code: 'background:#f6f8fa;font-family:monospace',
  table: 'border-collapse:collapse',
  th: 'padding:4px 12px;border:1px solid #d0d7de;text-align:left',
  td: 'padding:4px 12px;border:1px solid #d0d7de',
}

const mailLook: Look = {
  text: escapedHtml,
  linkAttributes: ' rel="noopener noreferrer"',
  style: (tag) => (MAIL_STYLES[tag] === undefined ? '' : ` style="${MAIL_STYLES[tag]}"`),
}

/** For `formatted_body`; its plain half is the document as plain text. */
export const matrixHtml = (document: Document): string => blocks(document, matrixLook)

/** The body of a mail, without `<html>` around it. */
export const mailHtml = (document: Document): string => blocks(document, mailLook)

const blocks = (document: Document, look: Look): string =>
  document.map((block) => blockOf(block, look)).join('\n')

function blockOf(block: Block, look: Look): string {
  const tag = (name: string, inner: string) => `<${name}${look.style(name)}>${inner}</${name}>`
  switch (block.kind) {
    case 'paragraph':
      return tag('p', runs(block.runs, look))
    case 'heading':
      return tag(`h${block.depth}`, runs(block.runs, look))
    case 'code': {
      const language = block.language === '' ? '' : ` class="language-${block.language}"`
      return tag('pre', `<code${language}>${escapedHtml(block.text)}\n</code>`)
    }
    case 'quote':
      return tag('blockquote', blocks(block.blocks, look))
    case 'list': {
      const start = block.start === null || block.start === 1 ? '' : ` start="${block.start}"`
      const items = block.items.map((item) => itemOf(item, look)).join('\n')
      return block.start === null ? tag('ul', items) : `<ol${start}>${items}</ol>`
    }
    case 'table': {
      const row = (name: string, cells: readonly Run[][]) =>
        tag('tr', cells.map((cell) => tag(name, runs(cell, look))).join(''))
      const body = block.rows.map((cells) => row('td', cells)).join('\n')
      return tag('table', `<thead>${row('th', block.header)}</thead>\n<tbody>${body}</tbody>`)
    }
    case 'rule':
      return '<hr>'
  }
}

function itemOf(item: ListItem, look: Look): string {
  const box = item.checked === null ? '' : item.checked ? '☑ ' : '☐ '
  const [first, ...more] = item.blocks
  // A paragraph alone needs no tag, and would be shown with a gap.
  const inner =
    first?.kind === 'paragraph'
      ? [runs(first.runs, look), ...more.map((block) => blockOf(block, look))].join('\n')
      : blocks(item.blocks, look)
  return `<li>${box}${inner}</li>`
}

function runs(all: readonly Run[], look: Look): string {
  return all.map((run) => runOf(run, look)).join('')
}

function runOf(run: Run, look: Look): string {
  if (run.text === '\n') return '<br>\n'
  if (run.code === true) return `<code${look.style('code')}>${escapedHtml(run.text)}</code>`
  let html = look.text(run.text)
  if (run.strike === true) html = `<del>${html}</del>`
  if (run.emphasis === true) html = `<em>${html}</em>`
  if (run.strong === true) html = `<strong>${html}</strong>`
  return run.href === undefined
    ? html
    : `<a href="${escapedHtml(run.href)}"${look.linkAttributes}>${html}</a>`
}
