import fc from 'fast-check'
import { expect, test } from 'vitest'

import { NumberScanner } from './json-numbers.ts'

function scan(text: string, cuts: readonly number[] = []): string | null {
  const scanner = new NumberScanner()
  const bytes = Buffer.from(text)
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b)
  let from = 0
  for (const end of ends) {
    const found = scanner.scan(bytes.subarray(from, end))
    if (found !== null) return found
    from = end
  }
  return null
}

test('a fraction with more digits than a double holds is found, wherever the bytes are cut', () => {
  const text =
    '[{"a": "0.12345678901234567890 \\" 1.12345678901234567890", "b": true,\n"c": 0.12345678901234567890}]'
  expect(scan(text)).toBe('0.12345678901234567890')
  fc.assert(fc.property(fc.array(fc.nat(200)), (cuts) => scan(text, cuts) === '0.12345678901234567890'))
})

test('numbers that a double gives back, whole numbers and digits in texts are let through', () => {
  expect(
    scan(
      '[0.1, 1.10000000000000000000, 12345678901234567890123, 0.30000000000000004, "3.14159265358979323846"]',
    ),
  ).toBeNull()
  fc.assert(
    fc.property(
      fc.array(fc.double({ noNaN: true, noDefaultInfinity: true })),
      fc.array(fc.nat(500)),
      (numbers, cuts) => scan(JSON.stringify(numbers), cuts) === null,
    ),
  )
})
