import { afterAll, beforeAll, test } from 'vitest'
import { buildCrashSite, type CrashSite, type Victim } from './crash.ts'

let site: CrashSite

beforeAll(async () => {
  site = await buildCrashSite()
})

afterAll(() => site.stop())

const rounds: [Victim[], number][] = [
  [['child'], 700],
  [['backend'], 500],
  [['postmaster'], 600],
  // Together, for both are waited out by the same lease.
  [['hub', 'worker'], 400],
]

for (const [victims, afterMs] of rounds) {
  test(`kill -9 of ${victims.join(' and ')} in the middle: every run ends, no row is lost or doubled, nothing is left`, async () => {
    await site.round(victims, afterMs)
  }, 120_000)
}
