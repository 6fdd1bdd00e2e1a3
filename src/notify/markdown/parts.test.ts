import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fits, type LengthUnit } from '../length.ts'
import {
  inParts,
  toDiscord,
  toLarkCard,
  toPlain,
  toSlack,
  toTeams,
  toTelegramHtml,
  toWecomMarkdown,
} from './markdown.ts'

const limit = (max: number, unit: LengthUnit = 'utf16') => ({ max, unit })

describe('a message in parts', () => {
  test('reopens what was bold, linked or code, and goes on with a list where it was', () => {
    const bold = inParts(`**${'bold '.repeat(60).trim()}** end`, toTelegramHtml, limit(128))
    expect(bold.length).toBeGreaterThan(2)
    for (const part of bold) expect(part).toMatch(/^<b>bold .*bold<\/b>(?: end)?$/)

    const code = inParts(`\`\`\`sql\n${'select 1;\n'.repeat(30)}\`\`\``, toDiscord, limit(128))
    for (const part of code) expect(part).toMatch(/^```sql\n(?:select 1;\n)+```$/)

    const list = inParts(
      Array.from({ length: 30 }, (_, index) => `${index + 1}. item of the list`).join('\n'),
      toSlack,
      limit(128),
    )
    expect(list.join('\n').split('\n')).toEqual(
      Array.from({ length: 30 }, (_, index) => `${index + 1}. item of the list`),
    )

    const table = inParts(`| a | b |\n|---|---|\n${'| one | two |\n'.repeat(30)}`, toDiscord, limit(128))
    for (const part of table) expect(part).toMatch(/^```\na    b\n---  ---\n(?:one  two\n)+```$/)

    const item = inParts(`1. ${'word '.repeat(50)}\n2. next`, toPlain, limit(128))
    expect(item[0]).toMatch(/^1\. word/)
    expect(item[1]).toMatch(/^ {2}word/)
    expect(item.at(-1)).toMatch(/(?:^|\n)2\. next$/)
  })

  test('is cut between paragraphs, and no heading stays behind alone', () => {
    const [a, b] = ['a'.repeat(80), 'b'.repeat(90)]
    expect(inParts(`${a}\n\n${b}`, toPlain, limit(140))).toEqual([a, b])
    expect(inParts(`${a}\n\n# Title\n\n${b}`, toPlain, limit(140))).toEqual([a, `Title\n\n${b}`])
  })

  test('loses its look where that leaves no room, and never its words', () => {
    const long = `https://x.example/${'y'.repeat(300)}`
    expect(inParts(`before [the log](${long}) behind`, toTelegramHtml, limit(200)).join(' ')).toMatch(
      /before the log behind/,
    )
    const row = inParts(`| a |\n|---|\n| ${'word '.repeat(100)} |`, toDiscord, limit(200))
    expect(row.length).toBeGreaterThan(1)
    expect(row.join(' ').match(/word/g)).toHaveLength(100)
  })

  test('ends with an ellipsis after as many as are wanted', () => {
    const parts = inParts('word '.repeat(1_000), toPlain, limit(200), 3)
    expect(parts).toHaveLength(3)
    expect(parts[2]).toMatch(/word\n\n…$/)
    expect(parts.every((part) => fits(part, limit(200)))).toBe(true)
    expect(inParts('short', toPlain, limit(200), 1)).toEqual(['short'])
    expect(inParts(' ', toPlain, limit(200))).toEqual([])
    expect(() => inParts('x', toPlain, limit(20))).toThrow(/least is 128/)
  })

  test('takes no longer than its length asks for', () => {
    const began = performance.now()
    const text = '**消息** of [a run](https://x.example/1) & more. '.repeat(1_200)
    expect(inParts(text, toLarkCard, limit(2_048, 'bytes'), 1_000).length).toBeGreaterThan(40)
    expect(performance.now() - began).toBeLessThan(10_000)
  })

  const piece = fc.constantFrom(
    'word ',
    '消息。',
    '👨‍👩‍👧‍👦',
    '**bold text** ',
    '*em* ',
    '`code` ',
    '[log](https://x.example/a) ',
    'a < b & c ',
    '\n',
    '\n\n',
    '\n\n- item ',
    '\n\n1. item ',
    '\n\n> quote ',
    '\n\n# Head ',
    'x'.repeat(50),
    '\n\n```\ncode line\nmore\n```\n\n',
    '\n\n---\n\n',
  )
  const source = fc.array(piece, { maxLength: 80 }).map((pieces) => pieces.join(''))
  /** What is read, whatever stands before a line. */
  const words = (text: string) => text.replace(/[\s>☐☑-]|\d+\. /g, '')

  test('fits part for part in every unit, and all its words are there once', () => {
    const anyLimit = fc.record({
      max: fc.integer({ min: 128, max: 400 }),
      unit: fc.constantFrom<LengthUnit>('bytes', 'utf16', 'codepoints'),
    })
    fc.assert(
      fc.property(source, anyLimit, (text, wanted) => {
        expect(words(inParts(text, toPlain, wanted, 1_000).join('\n'))).toBe(words(toPlain(text)))
        const teams = (document: Parameters<typeof toTeams>[0]) => JSON.stringify(toTeams(document))
        for (const write of [toSlack, toTelegramHtml, toLarkCard, toWecomMarkdown, toDiscord, teams]) {
          const parts = inParts(text, write, wanted, 1_000)
          expect(parts.filter((part) => !fits(part, wanted))).toEqual([])
        }
        for (const part of inParts(text, toTelegramHtml, wanted, 1_000)) {
          expect(part.match(/<(?!\/)/g)?.length).toBe(part.match(/<\//g)?.length)
        }
        for (const part of inParts(text, toDiscord, wanted, 1_000)) {
          expect((part.match(/```/g)?.length ?? 0) % 2).toBe(0)
        }
      }),
      { seed: 12, numRuns: 150 },
    )
  })
})
