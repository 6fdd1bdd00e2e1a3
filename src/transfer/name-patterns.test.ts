import { expect, test } from 'vitest'
import { namesThatFit } from './name-patterns.ts'

const names = ['orders-1.csv', 'orders-2.csv', 'notes.txt']

test('names are kept that fit every glob and every regexp', async () => {
  expect([...(await namesThatFit(names, [{ kind: 'glob', text: '*.csv' }]))]).toEqual(names.slice(0, 2))
  const both = [
    { kind: 'glob', text: 'orders*' },
    { kind: 'regexp', text: String.raw`-2\.csv$` },
  ] as const
  expect([...(await namesThatFit(names, both))]).toEqual(['orders-2.csv'])
  expect([...(await namesThatFit(names, []))]).toEqual(names)
})

test.each([
  ['regexp', '^(a+)+$'],
  ['glob', '*a'.repeat(60)],
] as const)(
  'a %s that would take years is given up in time, and the hub answers meanwhile',
  async (kind, text) => {
    let ticks = 0
    const timer = setInterval(() => (ticks += 1), 20)
    const begun = performance.now()
    await expect(namesThatFit([`${'a'.repeat(240)}!`], [{ kind, text }], 400)).rejects.toMatchObject({
      code: 'transfer.pattern_too_slow',
    })
    clearInterval(timer)
    expect(performance.now() - begun).toBeLessThan(3_000)
    expect(ticks).toBeGreaterThan(5)
  },
)
