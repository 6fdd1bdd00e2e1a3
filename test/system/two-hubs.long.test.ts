import { afterAll, beforeAll, test } from 'vitest'
import { startTwoHubs, type TwoHubs } from './two-hubs.ts'

const ROUNDS = 40
/** Both hubs need about this long for all that is due. */
const LATEST_MS = 400

let pair: TwoHubs

beforeAll(async () => {
  pair = await startTwoHubs()
})

afterAll(() => pair.stop())

test(`${ROUNDS} times kill -9 of one of two hubs while schedules come due: none is started twice, none is lost`, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const afterMs = Math.round((LATEST_MS * round) / ROUNDS)
    try {
      await pair.round(round % 2 === 0 ? 0 : 1, afterMs)
    } catch (cause) {
      throw new Error(`round ${round + 1}: killed after ${afterMs} ms`, { cause })
    }
  }
})
