import fc from 'fast-check'
import { expect, test } from 'vitest'

import { readPresence } from './pages.ts'

test('presence in runs and in packed bits is read alike', () => {
  // Three present, then eight packed 10101010, then five absent.
  const mixed = Buffer.from([3 << 1, 1, (1 << 1) | 1, 0b01010101, 5 << 1, 0])
  expect([...(readPresence(mixed, 16) ?? [])]).toEqual([1, 1, 1, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0])
  expect(readPresence(Buffer.from([0x80, 0x02, 1]), 128)).toBeNull()
})

test('any presence comes back from packed bits', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 400 }), (flags) => {
      const groups = Math.ceil(flags.length / 8)
      const head = (groups << 1) | 1
      const bytes = head < 128 ? [head] : [(head & 0x7f) | 0x80, head >> 7]
      for (let group = 0; group < groups; group++) {
        bytes.push(
          flags.slice(group * 8, group * 8 + 8).reduce((byte, flag, bit) => byte | (Number(flag) << bit), 0),
        )
      }
      expect([...(readPresence(Buffer.from(bytes), flags.length) ?? [])]).toEqual(flags.map(Number))
    }),
  )
})
