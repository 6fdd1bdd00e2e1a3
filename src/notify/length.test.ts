import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cut, fits, type LengthUnit, measure, split } from './length.ts'

const UNITS: LengthUnit[] = ['bytes', 'utf16', 'codepoints']
const FAMILY = '👨‍👩‍👧‍👦'
const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 600 }),
  fc
    .array(
      fc.constantFrom('字', '消息。', FAMILY, '🇩🇪', 'e\u0301', 'word ', '\n', '\n\n', 'x'.repeat(30), '界，'),
      {
        maxLength: 200,
      },
    )
    .map((pieces) => pieces.join('')),
)
const anyLimit = fc.record({ max: fc.integer({ min: 128, max: 300 }), unit: fc.constantFrom(...UNITS) })

/** No grapheme of the whole is missing or torn: the parts' graphemes are the whole's. */
const graphemesOf = (text: string) => Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment)

test.each<[string, number, number, number]>([
  ['abc', 3, 3, 3],
  ['消息', 6, 2, 2],
  ['👍', 4, 2, 1],
  [FAMILY, 25, 11, 7],
  ['', 0, 0, 0],
])('%j has %i bytes, %i UTF-16 units and %i code points', (text, ...expected) => {
  expect(UNITS.map((unit) => measure(text, unit))).toEqual(expected)
})

describe('a text in parts', () => {
  test('fits part for part, is whole when joined, and no character is torn', () => {
    fc.assert(
      fc.property(anyText, anyLimit, (text, limit) => {
        const parts = split(text, limit)
        expect(parts.join('')).toBe(text)
        expect(parts.every((part) => fits(part, limit))).toBe(true)
        expect(parts.flatMap(graphemesOf)).toEqual(graphemesOf(text))
        if (text !== '') expect(parts.every((part) => part !== '')).toBe(true)
      }),
      { seed: 7, numRuns: 300 },
    )
  })

  test('is parted between paragraphs, else lines, else sentences, else words', () => {
    const limit = { max: 128, unit: 'utf16' } as const
    const [a, b] = ['a'.repeat(90), 'b'.repeat(100)]
    expect(split(`${a}\n\n${b}`, limit)).toEqual([`${a}\n\n`, b])
    expect(split(`${a}\nab cd\n${b}`, limit)).toEqual([`${a}\nab cd\n`, b])
    expect(split(`${a}. ab cd${b}`, limit)).toEqual([`${a}. `, `ab cd${b}`])
    expect(split(`${a} ab${b}`, limit)).toEqual([`${a} `, `ab${b}`])
    expect(split(`${'字'.repeat(80)}。${'字'.repeat(80)}`, limit)).toEqual([
      `${'字'.repeat(80)}。`,
      '字'.repeat(80),
    ])
    // A paragraph that ends early is no reason for a part that is nearly empty.
    expect(split(`short\n\n${a} ${b}`, limit)[0]).toBe(`short\n\n${a} `)
  })

  test('keeps a family together, and takes an endless heap of accents apart', () => {
    const families = FAMILY.repeat(10)
    for (const part of split(families, { max: 128, unit: 'bytes' })) expect(part).toBe(FAMILY.repeat(5))
    const heap = `e${'\u0301'.repeat(500)}`
    const parts = split(heap, { max: 128, unit: 'bytes' })
    expect(parts.join('')).toBe(heap)
    expect(parts.every((part) => fits(part, { max: 128, unit: 'bytes' }))).toBe(true)
  })

  test('takes no longer than its length asks for', () => {
    const began = performance.now()
    expect(split('长消息 '.repeat(60_000), { max: 2048, unit: 'bytes' }).length).toBeGreaterThan(250)
    expect(performance.now() - began).toBeLessThan(10_000)
  })
})

describe('a text that is cut', () => {
  test('fits with its ellipsis, and begins as the whole does', () => {
    fc.assert(
      fc.property(anyText, anyLimit, (text, limit) => {
        const short = cut(text, limit)
        expect(fits(short, limit)).toBe(true)
        if (fits(text, limit)) expect(short).toBe(text)
        else expect(text.startsWith(short.slice(0, -1))).toBe(true)
      }),
      { seed: 8, numRuns: 300 },
    )
  })

  test('loses halves of pairs that it came with', () => {
    expect(cut('a\ud83d', { max: 128, unit: 'bytes' })).toBe('a\ufffd')
    expect(() => cut('a', { max: 10, unit: 'bytes' })).toThrow(/at least 128/)
  })
})
