/** Every list sorts by the columns that it declares, and by no other. The lists are found in the hub's own OpenAPI. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestHub, type TestHub } from '../harness/hub.ts'

let hub: TestHub
let group: number

beforeAll(async () => {
  hub = await startTestHub()
  group = (await hub.createGroup('Sorted', { owner: 'ada', members: { gus: 'guest' } })).id
  for (const name of ['beta', 'alpha', 'gamma']) {
    const body = { group_id: group, name, description: name === 'beta' ? 'last' : 'first' }
    await hub.as('ada').post('/v1/queues', body)
  }
})
afterAll(() => hub.stop())

interface Parameter {
  name: string
  schema?: { pattern?: string }
}

async function lists(): Promise<{ path: string; columns: string[] }[]> {
  const { body } = await hub.as('ada').get('/openapi.json')
  // The document's shape is OpenAPI's own.
  const paths = Object.entries(body.paths as Record<string, { get?: { parameters?: Parameter[] } }>)
  return paths.flatMap(([path, { get }]) => {
    const sort = get?.parameters?.find(({ name }) => name === 'sort')
    if (sort === undefined) return []
    const [, words = ''] = /\(([^)]*)\)/.exec(sort.schema?.pattern ?? '') ?? []
    return [{ path, columns: words.split('|') }]
  })
}

const queues = async (sort: string) => {
  const { body } = await hub.as('gus').get(`/v1/queues?group_id=${group}&sort=${sort}`)
  return body.items.map(({ name }: { name: string }) => name)
}

describe('a list', () => {
  it('sorts by every column that it declares, both ways', async () => {
    const found = await lists()
    expect(found.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['/v1/connections', '/v1/transfers', '/v1/runs', '/v1/queues', '/v1/users']),
    )
    for (const { path, columns } of found) {
      const place = path === '/v1/users' || path === '/v1/groups' ? '' : `&group_id=${group}`
      for (const column of columns) {
        const answer = await hub.as('ada').get(`${path}?sort=-${column},${column}${place}`)
        expect(answer.status, `${path} by ${column}`).toBe(200)
      }
    }
  })

  it('takes the second column where the first is equal', async () => {
    expect(await queues('name')).toEqual(['alpha', 'beta', 'gamma'])
    expect(await queues('-name')).toEqual(['gamma', 'beta', 'alpha'])
    expect(await queues('description,-name')).toEqual(['gamma', 'alpha', 'beta'])
  })

  it('refuses a column that it does not have', async () => {
    for (const sort of ['secret', 'name;drop', 'name,', ',name', '--name']) {
      const answer = await hub.as('ada').get(`/v1/queues?group_id=${group}&sort=${encodeURIComponent(sort)}`)
      expect(answer.status, sort).toBe(422)
    }
  })

  it('does not tell others than superusers the order of what they cannot see', async () => {
    await hub.as('gus').get('/v1/users')
    const names = async (sort: string) => {
      const { body } = await hub.as('gus').get(`/v1/users?sort=${sort}`)
      return body.items.map(({ username }: { username: string }) => username)
    }
    expect(await names('-created_at')).toEqual(await names('created_at'))
    expect(await names('-username')).toEqual((await names('username')).toReversed())
  })
})

describe('the list of users', () => {
  it('is narrowed by status for superusers, who alone see any', async () => {
    const names = async (as: string, status: string) => {
      const { body } = await hub.as(as).get(`/v1/users?status=${status}`)
      return body.items.map(({ username }: { username: string }) => username)
    }
    const all = await names('ada', 'active')
    expect(await names('gus', 'forbidden')).toEqual(await names('gus', 'active'))
    expect(all.length).toBeGreaterThan(0)
  })
})

describe('the list of runs', () => {
  it('is searched by the transfer’s name and filtered by how a run began', async () => {
    const answer = await hub.as('ada').get(`/v1/runs?group_id=${group}&search_query=orders&type=MANUAL`)
    expect(answer).toMatchObject({ status: 200, body: { items: [] } })
    const wrong = await hub.as('ada').get(`/v1/runs?group_id=${group}&type=NEVER`)
    expect(wrong.status).toBe(422)
  })
})
