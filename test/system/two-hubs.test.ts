import { afterAll, beforeAll, test } from 'vitest'
import { startTwoHubs, type TwoHubs } from './two-hubs.ts'

let pair: TwoHubs

beforeAll(async () => {
  pair = await startTwoHubs()
}, 120_000)

afterAll(() => pair.stop())

const rounds: [0 | 1, number][] = [
  [0, 60],
  [1, 120],
  [0, 250],
]

for (const [victim, afterMs] of rounds) {
  test(`kill -9 of one of two hubs ${afterMs} ms after a due time: each schedule is started once, by either`, async () => {
    await pair.round(victim, afterMs)
  }, 120_000)
}
