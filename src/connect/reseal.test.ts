import { afterAll, beforeAll, expect, it } from 'vitest'
import { keptSecrets } from '#config'
import { createVault, generateVaultKey, kidOf } from '#vault'
import { startTestHub, type TestHub } from '../../test/harness/hub.ts'
import { lostConnections, resealAll } from './reseal.ts'

let hub: TestHub
let keys: string

beforeAll(async () => {
  hub = await startTestHub()
  const { id } = await hub.createGroup('Team', { owner: 'ada' })
  keys = (await keptSecrets(hub.settings)).vault_keys
  for (const name of ['first', 'second']) {
    const body = {
      group_id: id,
      name,
      description: '',
      type: 'mysql',
      connection_data: { host: 'db' },
      auth_data: { type: 'basic', user: 'ada', password: `of ${name}` },
    }
    expect((await hub.as('ada').post('/v1/connections', body)).status).toBe(200)
  }
})
afterAll(() => hub.stop())

const seals = () => hub.sql<{ value: string }>('select value from connect.auth_data order by connection_id')

it('all credentials are sealed under the first key, and open as before', async () => {
  const vault = createVault(`${generateVaultKey()},${keys}`)
  expect(await resealAll(hub.db, vault)).toEqual({ resealed: 2, lost: [] })
  const [first, second] = await seals()
  expect([kidOf(first?.value ?? ''), kidOf(second?.value ?? '')]).toEqual([vault.kids[0], vault.kids[0]])
  expect(await vault.open(second?.value ?? '')).toEqual({ type: 'basic', user: 'ada', password: 'of second' })
  expect(await resealAll(hub.db, vault)).toEqual({ resealed: 0, lost: [] })
})

it('connections whose key is not known are named, and left as they are', async () => {
  const before = await seals()
  const stranger = createVault(generateVaultKey())
  const { resealed, lost } = await resealAll(hub.db, stranger)
  expect(resealed).toBe(0)
  expect(lost.map(({ name }) => name)).toEqual(['first', 'second'])
  expect(await lostConnections(hub.db, stranger)).toEqual({ lost })
  expect(await seals()).toEqual(before)
})
