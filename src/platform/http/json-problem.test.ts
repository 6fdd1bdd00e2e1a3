import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonProblem } from './json-problem.ts'

test.each([
  ['abc', 0, 'Expecting value'],
  ['{"a": 1,}', 8, 'Expecting property name enclosed in double quotes'],
  ['{a: 1}', 1, 'Expecting property name enclosed in double quotes'],
  ['{"a" 1}', 5, "Expecting ':' delimiter"],
  ['{"a": 1 "b": 2}', 8, "Expecting ',' delimiter"],
  ['[1, 2', 5, "Expecting ',' delimiter"],
  ['{"a": ', 6, 'Expecting value'],
  ['{"a": "open', 6, 'Unterminated string starting at'],
  ['{} {}', 3, 'Extra data'],
  ['["\n"]', 2, 'Invalid control character at'],
  ['["\\x"]', 2, 'Invalid \\escape'],
  ['[01]', 2, "Expecting ',' delimiter"],
])('%j stops being JSON at %i: %s', (text, offset, words) => {
  expect(jsonProblem(text)).toEqual({ offset, words })
})

test('whatever is cut off or broken, the place lies within the text', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.constantFrom('', '}', ',', '"', '\u0001', '['), (json, cut, more) => {
      const at = cut % (json.length + 1)
      const text = json.slice(0, at) + more + json.slice(at + 1)
      try {
        JSON.parse(text)
      } catch {
        const { offset } = jsonProblem(text)
        expect(offset).toBeGreaterThanOrEqual(0)
        expect(offset).toBeLessThanOrEqual(text.length)
      }
    }),
    { seed: 4, numRuns: 500 },
  )
})
