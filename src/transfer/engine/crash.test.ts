import { startTestPostgres, type TestPostgres } from '../../platform/testing/postgres.ts'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { crashOnce, damage, prepareCrash, seeded } from './crash.ts'
import type { EngineEvent } from './job.ts'
import { recoverJob, type Prepared } from './run.ts'
import { spawnJob } from './spawn.ts'
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

test('kill -9 at random moments, then the repeat: no row is lost, doubled or altered', async () => {
  const random = seeded(20_240_229)
  for (let round = 1; round <= 6; round += 1) {
    const write = round % 2 === 0 ? 'stage' : 'direct'
    const job = jobOf(
      tableSource(url, 'crash_source'),
      tableTarget(url, 'crash_target', { write, mode: 'append' }),
    )
    await crashOnce(job, 100 + random() * 250)
    expect(await damage(client, round)).toEqual([])
    expect(await leftovers(client)).toEqual([])
  }
})

test('a run that died between its commit and the mark is known to have committed', async () => {
  const job = jobOf(tableSource(url, 'crash_source'), tableTarget(url, 'crash_marked', { mode: 'append' }), {
    strategy: { type: 'incremental', column: 'id' },
  })
  const kept: { prepared: Prepared | null } = { prepared: null }
  const onEvent = (event: EngineEvent) => {
    if (event.type === 'prepared') kept.prepared = event
  }
  await spawnJob(job, { onEvent, signal: new AbortController().signal })
  // The hub crashes here: it kept what was prepared and never heard of the end.
  expect(kept.prepared).toMatchObject({ rows: 50_000, mark: '50000', witness: true })
  expect(await recoverJob(job, kept.prepared, () => {})).toBe('committed')
})

test('a run that died after it was prepared, but before its commit, is known not to have committed', async () => {
  const job = jobOf(tableSource(url, 'crash_source'), tableTarget(url, 'crash_unmarked', { mode: 'append' }))
  const stop = new AbortController()
  const kept: { prepared: Prepared | null } = { prepared: null }
  const onEvent = async (event: EngineEvent) => {
    if (event.type !== 'prepared') return
    kept.prepared = event
    stop.abort()
    await new Promise(() => {})
  }
  void spawnJob(job, { onEvent, signal: stop.signal }).catch(() => {})
  await expect.poll(() => kept.prepared).not.toBeNull()
  expect(await recoverJob(job, kept.prepared, () => {})).toBe('unchanged')
  expect(await leftovers(client)).toEqual([])
})
