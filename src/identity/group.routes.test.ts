import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../../test/harness/hub.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub()
})
afterAll(() => hub.stop())

test('who makes a group owns it, and sees it with that role', async () => {
  await hub.createUser('ada')
  const made = await hub.as('ada').post('/v1/groups', { name: 'Analysts', description: '' })
  expect(made.status).toBe(200)
  expect(made.body).toEqual({
    id: made.body.id,
    name: 'Analysts',
    description: '',
    owner_id: hub.user('ada').id,
  })
  const read = await hub.as('ada').get(`/v1/groups/${made.body.id}?view=full`)
  expect(read.body).toMatchObject({ role: 'Owner', data: { slug: 'analysts', personal: false } })
})
