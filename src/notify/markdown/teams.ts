/**
 * A document as the body of an Adaptive Card. Its text blocks would read Markdown of their own kind; rich text blocks say
 * how each run looks, so that no text can be taken for a mark.
 */
import { type Block, type Document, type Run, textOf } from './document.ts'
import { alignedRows } from './table.ts'

export type TeamsElement = Record<string, unknown>

export function teamsBody(document: Document): TeamsElement[] {
  return document.flatMap((block) => elementsOf(block, ''))
}

function elementsOf(block: Block, lead: string): TeamsElement[] {
  switch (block.kind) {
    case 'paragraph':
      return [richText([...(lead === '' ? [] : [{ text: lead }]), ...block.runs].map((run) => textRun(run)))]
    case 'heading': {
      const more = { weight: 'Bolder', size: block.depth === 1 ? 'Large' : 'Medium' }
      return [richText(block.runs.map((run) => textRun(run, more)))]
    }
    case 'code':
      return [monospaced(block.text)]
    case 'quote':
      return [
        {
          type: 'Container',
          style: 'emphasis',
          items: block.blocks.flatMap((inner) => elementsOf(inner, '')),
        },
      ]
    case 'list':
      return block.items.flatMap((item, index) => {
        const bullet = block.start === null ? '• ' : `${block.start + index}. `
        const box = item.checked === null ? '' : item.checked ? '☑ ' : '☐ '
        const first = item.continued === true ? '' : bullet + box
        // Blanks at the beginning are not shown; those that do not break are.
        return item.blocks.flatMap((inner, at) =>
          elementsOf(inner, lead + (at === 0 ? first : '\u00a0\u00a0')),
        )
      })
    case 'table':
      return [monospaced(alignedRows([block.header, ...block.rows].map((row) => row.map(textOf))))]
    case 'rule':
      return [{ type: 'TextBlock', text: ' ', separator: true, spacing: 'Medium' }]
  }
}

const richText = (inlines: TeamsElement[]): TeamsElement => ({ type: 'RichTextBlock', inlines })

const monospaced = (text: string): TeamsElement =>
  richText([{ type: 'TextRun', text: text.replace(/\n+$/, ''), fontType: 'Monospace' }])

function textRun(run: Run, more: TeamsElement = {}): TeamsElement {
  return {
    type: 'TextRun',
    text: run.text,
    ...(run.strong === true ? { weight: 'Bolder' } : {}),
    ...(run.emphasis === true ? { italic: true } : {}),
    ...(run.strike === true ? { strikethrough: true } : {}),
    ...(run.code === true ? { fontType: 'Monospace' } : {}),
    ...(run.href === undefined ? {} : { selectAction: { type: 'Action.OpenUrl', url: run.href } }),
    ...more,
  }
}
