/**
 * A document in two: both halves are documents again, with what was bold still bold, lists still lists, code still code.
 * So no channel ever gets a `**` without its other half. Places are counted in UTF-16 units of what is read.
 */
import { type Boundary, boundariesOf } from '../length.ts'
import { type Block, BREAK, type Document, linesOf, type ListItem, type Run, textOf } from './document.ts'

/** All places where a document may be cut, its end included. */
export function placesOf(document: Document): Boundary[] {
  const places: Boundary[] = []
  let at = 0
  for (const block of document) {
    places.push(...inside(block).map((place) => ({ at: at + place.at, rank: place.rank })))
    at += sizeOf(block)
    // A heading goes with what stands below it.
    places.push({ at, rank: block.kind === 'heading' ? 4 : 0 })
  }
  return places
}

/** What is before the place and what is behind it. */
export function cutDocument(document: Document, at: number): [Document, Document] {
  const [head, tail]: [Document, Document] = [[], []]
  let left = at
  for (const block of document) {
    const size = sizeOf(block)
    if (left >= size) head.push(block)
    else if (left <= 0) tail.push(block)
    else {
      const [before, behind] = cutBlock(block, left)
      head.push(...before)
      tail.push(...behind)
    }
    left -= size
  }
  return [head, tail]
}

/** A block as lines without any look, for a limit that its look does not leave room in. */
export function withoutLook(block: Block): Block[] {
  const lines = (text: string): Block[] => (text === '' ? [] : [{ kind: 'paragraph', runs: linesOf(text) }])
  switch (block.kind) {
    case 'paragraph':
    case 'heading':
      return lines(textOf(block.runs))
    case 'code':
      return lines(block.text)
    case 'quote':
      return block.blocks.flatMap(withoutLook)
    case 'list':
      return block.items.flatMap(({ blocks }) => blocks.flatMap(withoutLook))
    case 'table':
      return [block.header, ...block.rows].flatMap((row) => lines(row.map(textOf).join(' ')))
    case 'rule':
      return []
  }
}

/** Never 0, so that each place lies behind the one before. */
function sizeOf(block: Block): number {
  switch (block.kind) {
    case 'paragraph':
    case 'heading':
      return Math.max(1, lengthOf(block.runs))
    case 'code':
      return Math.max(1, block.text.length)
    case 'quote':
      return sizeOfAll(block.blocks)
    case 'list':
      return block.items.reduce((sum, item) => sum + sizeOfAll(item.blocks), 0)
    case 'table':
      // A row is not cut.
      return Math.max(1, block.rows.length)
    case 'rule':
      return 1
  }
}

const sizeOfAll = (blocks: Document): number =>
  Math.max(
    1,
    blocks.reduce((sum, block) => sum + sizeOf(block), 0),
  )

const lengthOf = (runs: readonly Run[]): number => runs.reduce((sum, { text }) => sum + text.length, 0)

/** Places within a block, its end not included. Those between items and lines count as lines. */
function inside(block: Block): Boundary[] {
  switch (block.kind) {
    case 'paragraph':
    case 'heading':
      return boundariesOf(textOf(block.runs)).slice(0, -1)
    case 'code':
      return boundariesOf(block.text).slice(0, -1)
    case 'quote':
      return asLines(placesOf(block.blocks)).slice(0, -1)
    case 'list': {
      const places: Boundary[] = []
      let at = 0
      for (const { blocks } of block.items) {
        const own = asLines(placesOf(blocks))
        places.push(...own.map((place) => ({ at: at + place.at, rank: place.rank })))
        at += sizeOfAll(blocks)
        if (own.length === 0) places.push({ at, rank: 1 })
      }
      return places.slice(0, -1)
    }
    case 'table':
      return block.rows.slice(1).map((_, index) => ({ at: index + 1, rank: 1 }))
    case 'rule':
      return []
  }
}

const asLines = (places: Boundary[]): Boundary[] =>
  places.map(({ at, rank }) => ({ at, rank: Math.max(1, rank) }))

function cutBlock(block: Block, at: number): [Block[], Block[]] {
  switch (block.kind) {
    case 'paragraph':
    case 'heading': {
      const [before, behind] = cutRuns(block.runs, at)
      return [
        before.length > 0 ? [{ ...block, runs: before }] : [],
        behind.length > 0 ? [{ ...block, runs: behind }] : [],
      ]
    }
    case 'code': {
      // The line break that is cut at ends neither half.
      const [before, behind] = [block.text.slice(0, at), block.text.slice(at)]
      return [[{ ...block, text: before.replace(/\n$/, '') }], [{ ...block, text: behind }]]
    }
    case 'quote': {
      const [before, behind] = cutDocument(block.blocks, at)
      return [quote(before), quote(behind)]
    }
    case 'list':
      return cutList(block, at)
    case 'table':
      return [[{ ...block, rows: block.rows.slice(0, at) }], [{ ...block, rows: block.rows.slice(at) }]]
    case 'rule':
      return [[block], []]
  }
}

const quote = (blocks: Block[]): Block[] => (blocks.length === 0 ? [] : [{ kind: 'quote', blocks }])

function cutList(list: Extract<Block, { kind: 'list' }>, at: number): [Block[], Block[]] {
  const [before, behind]: [ListItem[], ListItem[]] = [[], []]
  let left = at
  for (const item of list.items) {
    const size = sizeOfAll(item.blocks)
    if (left >= size) before.push(item)
    else if (left <= 0) behind.push(item)
    else {
      const [head, tail] = cutDocument(item.blocks, left)
      before.push({ ...item, blocks: head })
      behind.push({ ...item, blocks: tail, continued: true })
    }
    left -= size
  }
  const torn = behind[0]?.continued === true && list.items.indexOf(behind[0]) === -1 ? 1 : 0
  const start = list.start === null ? null : list.start + before.length - torn
  return [
    before.length > 0 ? [{ ...list, items: before }] : [],
    behind.length > 0 ? [{ ...list, start, items: behind }] : [],
  ]
}

/** Breaks and blanks at the cut go: each half begins and ends with something to read. */
function cutRuns(runs: readonly Run[], at: number): [Run[], Run[]] {
  const [before, behind]: [Run[], Run[]] = [[], []]
  let left = at
  for (const run of runs) {
    const { length } = run.text
    if (left >= length) before.push(run)
    else if (left <= 0) behind.push(run)
    else {
      before.push({ ...run, text: run.text.slice(0, left) })
      behind.push({ ...run, text: run.text.slice(left) })
    }
    left -= length
  }
  while (before.at(-1)?.text === BREAK.text) before.pop()
  while (behind[0]?.text === BREAK.text) behind.shift()
  return [before, behind]
}
