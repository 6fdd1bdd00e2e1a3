import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startTestHub, type TestHub } from '../../test/harness/hub.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub({ settings: { limit_messages_days: '30' } })
})
afterAll(() => hub.stop())

test('old messages go with their tasks, but not before all of them are over', async () => {
  const shop = await hub.createGroup('Shop', { owner: 'ada' })
  await hub.sql(
    `with m as (
       insert into notify.message (group_id, content, created_at)
       select $1, word, now() - days * interval '1 day' from (values ('old', 31), ('young', 29), ('waits', 31)) v (word, days)
       returning id, content)
     insert into notify.task (group_id, message_id, user_id, status, due_at)
     select $1, id, $2, case content when 'waits' then 0 else 2 end,
       case content when 'waits' then now() + interval '1 day' end from m`,
    [shop.id, hub.user('ada').id],
  )
  await hub.sql(`update platform.timer set due_at = now() where kind = 'platform.retention'`)
  await hub.sql(`select pg_notify('platform.timer', '')`)
  const left = async () =>
    (await hub.sql('select content from notify.message order by 1')).map((row) => row.content)
  await vi.waitFor(async () => expect(await left()).toEqual(['waits', 'young']), { timeout: 15_000 })
  expect(await hub.sql('select 1 from notify.task')).toHaveLength(2)
})
