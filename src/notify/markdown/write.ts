/** Writes a document line by line, in what one channel understands: its dialect says how each thing looks. */
import { type Block, BREAK, type Document, type ListItem, type Run, textOf } from './document.ts'
import { alignedRows, pipedRows } from './table.ts'

export type Mark = 'strong' | 'emphasis' | 'strike'

export interface Dialect {
  /** What is read, so that the channel shows just that. */
  text: (text: string, atLineStart: boolean) => string
  code: (text: string) => string
  /** Before and behind; a look that the channel does not have is missing, and its text stands without it. */
  marks: Readonly<Partial<Record<Mark, readonly [string, string]>>>
  /** Set between a mark and a letter, where the channel would not see the mark otherwise. */
  gap: (inside: string, outside: string) => string
  /** `label` is written already; `isBare` when it says the address itself. */
  link: (label: string, href: string, isBare: boolean) => string
  heading: (title: string, depth: number) => string
  fence: (text: string, language: string) => string
  quote: (lines: string, isNested: boolean) => string
  bullet: string
  indent: string
  rule: string
  lineBreak: string
  table: 'pipes' | 'fence' | 'lines'
}

export function write(document: Document, dialect: Dialect): string {
  return blocks(document, { dialect, depth: 0, isQuoted: false })
}

interface Place {
  dialect: Dialect
  depth: number
  isQuoted: boolean
}

function blocks(document: Document, place: Place): string {
  return document
    .map((block) => written(block, place))
    .filter((text) => text !== '')
    .join('\n\n')
}

function written(block: Block, place: Place): string {
  const { dialect } = place
  switch (block.kind) {
    case 'paragraph':
      return runs(block.runs, dialect)
    case 'heading': {
      // A heading is one line everywhere, and bold or large as a whole.
      const title = runs(block.runs.map(withoutStrong), dialect).replaceAll(dialect.lineBreak, ' ')
      return title === '' ? '' : dialect.heading(title, block.depth)
    }
    case 'code':
      return dialect.fence(block.text, block.language)
    case 'quote': {
      const inner = blocks(block.blocks, { ...place, isQuoted: true })
      return inner === '' ? '' : dialect.quote(inner, place.isQuoted)
    }
    case 'list':
      return list(block.items, block.start, place)
    case 'table':
      return table(block, dialect)
    case 'rule':
      return dialect.rule
  }
}

function list(items: readonly ListItem[], start: number | null, place: Place): string {
  const { dialect } = place
  return items
    .map((item, index) => {
      const bullet = start === null ? dialect.bullet : `${start + index}. `
      const box = item.checked === null ? '' : item.checked ? '☑ ' : '☐ '
      const inner = blocks(item.blocks, { ...place, depth: place.depth + 1 }).replace(/\n\n+/g, '\n')
      const [first = '', ...more] = inner.split('\n')
      const head = item.continued === true ? `${dialect.indent}${first}` : `${bullet}${box}${first}`
      return [head, ...more.map((line) => dialect.indent + line)].join('\n')
    })
    .join('\n')
}

function table({ header, rows }: Extract<Block, { kind: 'table' }>, dialect: Dialect): string {
  const cells = [header, ...rows]
  switch (dialect.table) {
    case 'fence':
      return dialect.fence(alignedRows(cells.map((row) => row.map(textOf))), '')
    case 'pipes':
      return pipedRows(cells.map((row) => row.map((cell) => runs(cell, dialect).replace(/\s*\n/g, ' '))))
    case 'lines':
      return rows
        .map((row) =>
          row
            .map((cell, column) => {
              const name = textOf(header[column] ?? [])
              return runs([...(name === '' ? [] : [{ text: `${name}: ` }]), ...cell], dialect)
            })
            .join(' · '),
        )
        .join(dialect.lineBreak)
  }
}

function withoutStrong(run: Run): Run {
  const other = { ...run }
  delete other.strong
  return other
}

/** One line's or more lines' runs, marks nested in a fixed order so that they never cross. */
function runs(all: readonly Run[], dialect: Dialect): string {
  const lines: Run[][] = [[]]
  for (const run of all) {
    if (run.text === '\n') lines.push([])
    else lines.at(-1)?.push(run)
  }
  return lines
    .map((line) => looks(trimmed(line), ['strike', 'strong', 'emphasis'], dialect, true))
    .join(dialect.lineBreak)
    .replace(/^(?:[ \t]*\n)+|(?:[ \t]*\n)+$/g, '')
}

function trimmed(line: readonly Run[]): Run[] {
  const kept = line.filter(({ text }) => text !== '')
  const [first, last] = [kept[0], kept.at(-1)]
  if (first !== undefined) kept[0] = { ...first, text: first.text.trimStart() }
  if (last !== undefined) {
    const index = kept.length - 1
    kept[index] = { ...last, text: (kept[index] ?? last).text.trimEnd() }
  }
  return kept.filter(({ text }) => text !== '')
}

/** Groups of neighbours with the first mark, and in each of them the next mark; at the bottom links, code and text. */
function looks(line: readonly Run[], marks: readonly Mark[], dialect: Dialect, atLineStart: boolean): string {
  const [mark, ...more] = marks
  if (mark === undefined) return linked(line, dialect, atLineStart)
  let text = ''
  for (const group of groups(line, (run) => String(run[mark] ?? false))) {
    const around = group[0]?.[mark] === true ? dialect.marks[mark] : undefined
    const inner = around === undefined ? [] : trimmed(group)
    if (around === undefined || inner.length === 0) {
      text += looks(group, more, dialect, atLineStart && text === '')
      continue
    }
    // Blanks stand outside of the marks: no channel takes `** bold **` for bold.
    const said = textOf(inner)
    const [lead, trail] = edges(textOf(group))
    const behind = textOf(line.slice(line.indexOf(group.at(-1) ?? BREAK) + 1))
    const open = lead === '' ? dialect.gap(said[0] ?? '', text.at(-1) ?? '') : lead
    const close = trail === '' ? dialect.gap(said.at(-1) ?? '', behind[0] ?? '') : trail
    text += `${open}${around[0]}${looks(inner, more, dialect, false)}${around[1]}${close}`
  }
  return text
}

const edges = (text: string): [string, string] => [/^\s*/.exec(text)?.[0] ?? '', /\s*$/.exec(text)?.[0] ?? '']

function linked(line: readonly Run[], dialect: Dialect, atLineStart: boolean): string {
  let text = ''
  for (const group of groups(line, ({ href, code }) => `${code ?? ''} ${href ?? ''}`)) {
    const [first] = group
    const said = textOf(group)
    const starts = atLineStart && text === ''
    if (first?.code === true) text += dialect.code(said)
    else if (first?.href === undefined) text += dialect.text(said, starts)
    else if (said.trim() === '') text += said
    else {
      const isBare = said === first.href || `mailto:${said}` === first.href
      text += dialect.link(dialect.text(said.trim(), false), first.href, isBare)
      if (/\s$/.test(said)) text += ' '
    }
  }
  return text
}

function groups(line: readonly Run[], key: (run: Run) => string): Run[][] {
  const all: Run[][] = []
  for (const run of line) {
    const last = all.at(-1)
    if (last?.[0] !== undefined && key(last[0]) === key(run)) last.push(run)
    else all.push([run])
  }
  return all
}
