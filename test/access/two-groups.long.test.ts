import { afterAll, beforeAll, test } from 'vitest'
import { startTestHub, type TestHub } from '../harness/hub.ts'
import { openWorlds, tryRequests } from './two-groups.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub({ settings: { parts: 'server' } })
})
afterAll(() => hub.stop())

test('no request of a member of one group shows, counts or changes anything of another, many times over', async () => {
  await tryRequests(await openWorlds(hub), { seed: 7, rounds: 150, requests: 200 })
})
