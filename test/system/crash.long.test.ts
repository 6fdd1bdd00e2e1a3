import { afterAll, beforeAll, test } from 'vitest'
import { buildCrashSite, type CrashSite, VICTIMS } from './crash.ts'

const ROUNDS = 50
const SEED = 20_260_117
const LATEST_MS = 2_500

let site: CrashSite

beforeAll(async () => {
  site = await buildCrashSite()
})

afterAll(() => site.stop())

test(`${ROUNDS} times kill -9 of anything at any moment: every run ends, no row is lost or doubled, nothing is left`, async () => {
  const random = seeded(SEED)
  for (let round = 1; round <= ROUNDS; round++) {
    const victim = VICTIMS[Math.floor(random() * VICTIMS.length)] ?? 'child'
    const afterMs = Math.round(random() * LATEST_MS)
    try {
      await site.round([victim], afterMs)
    } catch (cause) {
      throw new Error(`round ${round}: ${victim} killed after ${afterMs} ms`, { cause })
    }
  }
})

/** Numbers that are the same on every machine (a linear congruential generator). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
