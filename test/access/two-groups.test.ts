import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../harness/hub.ts'
import { openWorlds, tryRequests, type Worlds } from './two-groups.ts'

let hub: TestHub
let worlds: Worlds
beforeAll(async () => {
  hub = await startTestHub({ settings: { parts: 'server' } })
  worlds = await openWorlds(hub)
})
afterAll(() => hub.stop())

test('the operations are those of /openapi.json, and the others have a row in the tables that matter', async () => {
  expect(worlds.operations.length).toBeGreaterThan(40)
  for (const table of [
    'connect.connection',
    'transfer.queue',
    'transfer.transfer',
    'transfer.run',
    'transfer.run_log',
    'notify.template',
    'notify.account',
    'notify.message',
    'notify.task',
    'notify.inbox',
  ]) {
    const [row] = await hub.sql<{ count: number }>(`select count(*)::int from ${table} where group_id = $1`, [
      worlds.others.group,
    ])
    expect([table, row?.count]).toEqual([table, 1])
  }
})

test('no request of a member of one group shows, counts or changes anything of another', async () => {
  await tryRequests(worlds, { seed: 1, rounds: 3, requests: 60 })
})

test('a member who may too much is noticed', async () => {
  const trial = { seed: 2, rounds: 2, requests: 60 }
  const noticed = { cause: { message: expect.stringMatching(/^(shown|counted|changed): /) } }
  const superusers = async (users: number[]) => {
    await hub.sql('update identity."user" set is_superuser = true where id = any ($1)', [users])
  }
  await expect(tryRequests(worlds, { ...trial, plant: superusers })).rejects.toMatchObject(noticed)
  await hub.sql('update identity."user" set is_superuser = false')
  const foreign = async (users: number[]) => {
    await hub.sql(
      `insert into identity.user_group (group_id, user_id, role_id) select $1, unnest($2::bigint[]), 'guest'`,
      [worlds.others.group, users],
    )
  }
  await expect(tryRequests(worlds, { ...trial, plant: foreign })).rejects.toMatchObject(noticed)
})
