import { startTestPostgres, type TestPostgres } from '../../platform/testing/postgres.ts'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { crashOnce, damage, prepareCrash, seeded } from './crash.ts'
import { jobOf, leftovers, tableSource, tableTarget } from './testing.ts'

let server: TestPostgres
let url: string
let client: pg.Client

beforeAll(async () => {
  server = await startTestPostgres()
  url = await server.createDatabase('crash')
  client = await server.connect('crash')
  await prepareCrash(client)
})
afterAll(async () => {
  await client.end()
  await server.stop()
})

test('fifty times kill -9 at random moments: no row is lost, doubled or altered', async () => {
  const seed = Number(process.env['CROSSTIE_TEST_SEED'] ?? Date.now() % 1_000_000)
  const random = seeded(seed)
  const became: Record<string, number> = {}
  for (let round = 1; round <= 50; round += 1) {
    const write = random() < 0.5 ? 'stage' : 'direct'
    const job = jobOf(
      tableSource(url, 'crash_source'),
      tableTarget(url, 'crash_target', { write, mode: 'append' }),
    )
    const how = await crashOnce(job, 50 + random() * 400)
    became[how] = (became[how] ?? 0) + 1
    expect(await damage(client, round), `round ${round} of seed ${seed}`).toEqual([])
    expect(await leftovers(client), `round ${round} of seed ${seed}`).toEqual([])
  }
  process.stdout.write(`seed ${seed}: ${JSON.stringify(became)}\n`)
})
