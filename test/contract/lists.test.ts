/** How SyncMaster's lists turn their pages, order, filter and search. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../harness/hub.ts'

let hub: TestHub
let group: number
let other: number
beforeAll(async () => {
  hub = await startTestHub()
  await hub.createUser('root', { superuser: true })
  group = (await hub.createGroup('Team', { owner: 'ada', members: { gus: 'guest' } })).id
  other = (await hub.createGroup('Archive', { owner: 'bob', members: { ada: 'developer' } })).id
})
afterAll(() => hub.stop())

const connect = async (name: string, more: { host?: string; type?: string; group_id?: number } = {}) => {
  const { host = 'db', type = 'postgres', group_id = group } = more
  const answer = await hub.as('ada').post('/v1/connections', {
    group_id,
    name,
    description: '',
    type,
    connection_data: type === 'hdfs' ? { cluster: 'c' } : { host, database_name: 'd' },
    auth_data: { type: 'basic', user: 'u', password: 'p' },
  })
  return answer.body.id as number // as read from JSON
}
const names = async (path: string, who = 'ada'): Promise<string[]> => {
  const { body } = await hub.as(who).get(path)
  return body.items.map(
    (item: { name?: string; data?: { name: string }; username?: string }) =>
      item.name ?? item.data?.name ?? item.username,
  )
}

test('pages say where one is, a page past the end too', async () => {
  const room = (await hub.createGroup('Paged', { owner: 'ada' })).id
  for (let at = 1; at <= 5; at += 1)
    await hub.as('ada').post('/v1/queues', { group_id: room, name: `queue ${at}` })
  const page = async (query: string) => (await hub.as('ada').get(`/v1/queues?group_id=${room}&${query}`)).body
  expect((await page('page_size=2')).meta).toEqual({
    page: 1,
    pages: 3,
    total: 5,
    page_size: 2,
    has_next: true,
    has_previous: false,
    next_page: 2,
    previous_page: null,
  })
  expect((await page('page=3&page_size=2')).meta).toMatchObject({
    has_next: false,
    next_page: null,
    previous_page: 2,
  })
  expect(await page('page=9&page_size=2')).toEqual({
    items: [],
    meta: {
      page: 9,
      pages: 3,
      total: 5,
      page_size: 2,
      has_next: false,
      has_previous: true,
      next_page: null,
      previous_page: 8,
    },
  })
  const empty = await hub.as('bob').get(`/v1/queues?group_id=${other}`)
  expect(empty.body.meta).toMatchObject({ page: 1, pages: 1, total: 0, page_size: 20 })
})

describe('search', () => {
  const found = (text: string, who = 'gus') =>
    names(`/v1/connections?group_id=${group}&page_size=50&search_query=${encodeURIComponent(text)}`, who)
  const five = ['orders', 'orders_daily', 'orders daily archive', 'schema.orders', '/data/orders/2024']
  beforeAll(async () => {
    for (const name of five) await connect(name)
    await connect('by its host', { host: 'db1.prod' })
    await connect('Отчёты')
  })

  test.each([
    ['order', five],
    ['ORDERS', five],
    ['schema.orders', ['schema.orders']],
    ['data orders', ['/data/orders/2024']],
    ['daily orders', ['orders_daily', 'orders daily archive']],
    ['rders', []],
    ['db1.prod', ['by its host']],
    ['prod', ['by its host']],
    ['отчет', ['Отчёты']],
    ['...', []],
    ["o'rders & (| ! :*", []],
  ])('%s finds %j', async (text, expected) => {
    expect((await found(text)).toSorted()).toEqual(expected.toSorted())
  })

  test('an empty text filters nothing, and the best come first', async () => {
    expect(await found('')).toHaveLength(7)
    expect((await found('orders'))[0]).toMatch(/^orders/)
  })

  test('goes by name in groups and queues, and by table and folder in transfers', async () => {
    const room = (await hub.createGroup('Found by its name', { owner: 'ada' })).id
    expect(await names('/v1/groups?search_query=found')).toEqual(['Found by its name'])
    expect(await names('/v1/groups?search_query=...')).toEqual([])
    const queue = await hub.as('ada').post('/v1/queues', { group_id: room, name: 'nightly.loads' })
    expect(await names(`/v1/queues?group_id=${room}&search_query=loads`)).toEqual(['nightly.loads'])
    const database = await connect('database', { group_id: room })
    const files = await connect('files', { group_id: room, type: 'hdfs' })
    await hub.as('ada').post('/v1/transfers', {
      group_id: room,
      queue_id: queue.body.id,
      name: 'plain',
      source_connection_id: files,
      target_connection_id: database,
      source_params: { type: 'hdfs', directory_path: '/raw/visits', file_format: { type: 'orc' } },
      target_params: { type: 'postgres', table_name: 'mart.visit_facts' },
    })
    for (const text of ['visits', '/raw/visits', 'mart.visit_facts', 'mart']) {
      expect([text, await names(`/v1/transfers?group_id=${room}&search_query=${text}`)]).toEqual([
        text,
        ['plain'],
      ])
    }
    expect(await names(`/v1/transfers?group_id=${room}&search_query=isits`)).toEqual([])
  })

  test('of users is by likeness', async () => {
    await hub.createUser('margarete')
    expect(await names('/v1/users?search_query=margaret')).toEqual(['margarete'])
    expect(await names('/v1/users?search_query=zzz')).toEqual([])
  })
})

describe('order', () => {
  test('is by name, of queues by id', async () => {
    const room = (await hub.createGroup('Ordered', { owner: 'ada' })).id
    for (const name of ['ccc', 'aaa', 'bbb']) {
      await connect(name, { group_id: room })
      await hub.as('ada').post('/v1/queues', { group_id: room, name })
    }
    expect(await names(`/v1/connections?group_id=${room}`)).toEqual(['aaa', 'bbb', 'ccc'])
    expect(await names(`/v1/queues?group_id=${room}`)).toEqual(['ccc', 'aaa', 'bbb'])
  })

  test('of groups is the own ones first, then by name; of a superuser by name alone', async () => {
    await hub.createGroup('Zebra', { owner: 'cyd' })
    await hub.createGroup('Alpha', { owner: 'dan', members: { cyd: 'maintainer', root: 'guest' } })
    expect(await names('/v1/groups', 'cyd')).toEqual(['Zebra', 'Alpha'])
    const all = await names('/v1/groups?page_size=50', 'root')
    expect(all).toEqual(all.toSorted())
    expect(all).toEqual(expect.arrayContaining(['Alpha', 'Zebra', 'Team']))
  })
})

describe('filters', () => {
  test('of groups by role mean that role or a higher one, and nothing to a superuser', async () => {
    await hub.createGroup('Own', { owner: 'fay' })
    await hub.createGroup('Kept', { owner: 'dan', members: { fay: 'maintainer' } })
    await hub.createGroup('Read', { owner: 'dan', members: { fay: 'guest' } })
    const byRole = (role: string, who = 'fay') => names(`/v1/groups?page_size=50&role=${role}`, who)
    expect(await byRole('Guest')).toEqual(['Own', 'Kept', 'Read'])
    expect(await byRole('Developer')).toEqual(['Own', 'Kept'])
    expect(await byRole('Owner')).toEqual(['Own'])
    expect(await byRole('Superuser')).toEqual([])
    expect(await byRole('Owner', 'root')).toEqual(expect.arrayContaining(['Own', 'Kept', 'Read']))
  })

  test('of connections by type are repeatable', async () => {
    const room = (await hub.createGroup('Typed', { owner: 'ada' })).id
    await connect('tables', { group_id: room })
    await connect('files', { group_id: room, type: 'hdfs' })
    const list = `/v1/connections?group_id=${room}`
    expect(await names(`${list}&type=hdfs`)).toEqual(['files'])
    expect(await names(`${list}&type=hdfs&type=postgres`)).toEqual(['files', 'tables'])
    expect((await hub.as('ada').get(`${list}&type=fax`)).status).toBe(422)
  })

  test('of transfers go by ends, their types, queue and schedule', async () => {
    const room = (await hub.createGroup('Filtered', { owner: 'ada' })).id
    const [one, two] = [
      await connect('one', { group_id: room }),
      await connect('two', { group_id: room, type: 'hdfs' }),
    ]
    const queues = await Promise.all(
      ['first', 'second'].map(
        async (name) => (await hub.as('ada').post('/v1/queues', { group_id: room, name })).body.id,
      ),
    )
    const ends = {
      [one]: { type: 'postgres', table_name: 'a.b' },
      [two]: { type: 'hdfs', directory_path: '/a', file_format: { type: 'csv' } },
    }
    for (const [name, source, target, at] of [
      ['there', one, two, 0],
      ['back', two, one, 1],
    ] as const) {
      await hub.as('ada').post('/v1/transfers', {
        group_id: room,
        queue_id: queues[at],
        name,
        source_connection_id: source,
        target_connection_id: target,
        source_params: ends[source],
        target_params: ends[target],
        is_scheduled: name === 'back',
        schedule: '0 3 * * *',
      })
    }
    const by = (query: string) => names(`/v1/transfers?group_id=${room}&${query}`)
    expect(await by('')).toEqual(['back', 'there'])
    expect(await by(`source_connection_id=${one}`)).toEqual(['there'])
    expect(await by(`target_connection_id=${one}`)).toEqual(['back'])
    expect(await by('source_connection_type=hdfs')).toEqual(['back'])
    expect(await by('target_connection_type=hdfs&target_connection_type=postgres')).toEqual(['back', 'there'])
    expect(await by(`queue_id=${queues[0]}`)).toEqual(['there'])
    expect(await by('is_scheduled=true')).toEqual(['back'])
    expect(await by('is_scheduled=0')).toEqual(['there'])
  })
})
