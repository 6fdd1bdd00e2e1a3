/** SyncMaster's rules of groups, their members and users. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../harness/hub.ts'

let hub: TestHub
let made = 0
beforeAll(async () => {
  hub = await startTestHub()
  await hub.createUser('root', { superuser: true })
  await hub.createUser('eve')
  await hub.createUser('off', { status: 'forbidden' })
})
afterAll(() => hub.stop())

const MEMBERS = { gus: 'guest', dev: 'developer', mia: 'maintainer' } as const
const aGroup = async (owner = 'ada') => {
  made += 1
  return (await hub.createGroup(`Group ${made}`, { owner, members: MEMBERS })).id
}
const id = (name: string) => hub.user(name).id
const messageOf = (answer: { body: { error: { message: string } } }) => answer.body.error.message

describe('members', () => {
  test('are added by the owner, once, and never the owner', async () => {
    const group = await aGroup()
    const add = (user: number, as = 'ada') =>
      hub.as(as).post(`/v1/groups/${group}/users/${user}`, { role: 'Developer' })
    expect(await add(id('eve'))).toMatchObject({ status: 204, body: null })
    for (const [user, status, message] of [
      [id('eve'), 409, 'User already is group member'],
      [id('ada'), 409, 'User already is group owner'],
      [987654, 404, 'User not found'],
    ] as const) {
      const answer = await add(user)
      expect([answer.status, messageOf(answer)]).toEqual([status, message])
    }
    expect((await add(id('root'), 'mia')).status).toBe(403)
    expect((await add(id('root'), 'root')).status).toBe(204)
  })

  test('change their role, and those who are none are not found', async () => {
    const group = await aGroup()
    const put = (user: number) =>
      hub.as('ada').put(`/v1/groups/${group}/users/${user}`, { role: 'Maintainer' })
    expect(await put(id('gus'))).toMatchObject({ status: 200, body: { role: 'Maintainer' } })
    expect(messageOf(await put(id('eve')))).toBe('User not found')
  })

  test('leave by themselves; others are removed by the owner, who cannot leave', async () => {
    const group = await aGroup()
    const remove = async (who: string, as: string) => {
      const answer = await hub.as(as).delete(`/v1/groups/${group}/users/${id(who)}`)
      return answer.status === 204 ? 204 : [answer.status, messageOf(answer)]
    }
    expect(await remove('dev', 'mia')).toEqual([403, 'You have no power here'])
    expect(await remove('gus', 'gus')).toBe(204)
    expect(await remove('gus', 'ada')).toEqual([409, 'User already is not group member'])
    expect(await remove('ada', 'ada')).toEqual([409, 'User already is not group member'])
    expect(await remove('dev', 'ada')).toBe(204)
    expect(await remove('mia', 'eve')).toEqual([404, 'Group not found'])
    expect(await remove('mia', 'root')).toBe(204)
  })

  test('are listed by name, the owner and inactive ones left out', async () => {
    const group = await aGroup()
    await hub.as('ada').post(`/v1/groups/${group}/users/${id('off')}`, { role: 'Guest' })
    const { body } = await hub.as('gus').get(`/v1/groups/${group}/users`)
    expect(body.items).toEqual([
      { id: id('dev'), username: 'dev', role: 'Developer' },
      { id: id('gus'), username: 'gus', role: 'Guest' },
      { id: id('mia'), username: 'mia', role: 'Maintainer' },
    ])
  })
})

describe('a group', () => {
  const put = (group: number, body: object, as = 'ada') => hub.as(as).put(`/v1/groups/${group}`, body)

  test('is made by anybody, with a name that no other has and a description that may be empty', async () => {
    const first = await hub.as('eve').post('/v1/groups', { name: 'Eve’s', description: '' })
    expect(first).toMatchObject({ status: 200 })
    expect(first.body).toEqual({ id: first.body.id, name: 'Eve’s', description: '', owner_id: id('eve') })
    const second = await hub.as('ada').post('/v1/groups', { name: 'Eve’s', description: '' })
    expect([second.status, messageOf(second)]).toEqual([409, 'Group name already taken'])
  })

  test('given to a member makes that one no member, and the old owner a guest', async () => {
    const group = await aGroup()
    const given = await put(group, { name: `Given ${group}`, description: 'd', owner_id: id('dev') })
    expect(given.body).toEqual({ id: group, name: `Given ${group}`, description: 'd', owner_id: id('dev') })
    const { body } = await hub.as('dev').get(`/v1/groups/${group}/users`)
    expect(
      body.items.map(({ username, role }: { username: string; role: string }) => [username, role]),
    ).toEqual([
      ['ada', 'Guest'],
      ['gus', 'Guest'],
      ['mia', 'Maintainer'],
    ])
  })

  test('is not given to nobody, nor to a user who is not active', async () => {
    const group = await aGroup()
    const give = async (owner: number) => {
      const answer = await put(group, { name: `Kept ${group}`, description: '', owner_id: owner })
      return [answer.status, messageOf(answer)]
    }
    expect(await give(987654)).toEqual([404, 'User not found'])
    expect(await give(id('off'))).toEqual([409, 'off cannot own a group: the account is not active.'])
    expect((await hub.as('ada').get(`/v1/groups/${group}`)).body.data.owner_id).toBe(id('ada'))
    const forOther = { name: `For ${group}`, description: '', owner_id: id('off') }
    expect((await hub.as('root').post('/v1/groups', forOther)).status).toBe(409)
  })

  test('is deleted by superusers only; all others are told nothing of it', async () => {
    const group = await aGroup()
    for (const who of ['ada', 'mia', 'eve']) {
      expect((await hub.as(who).delete(`/v1/groups/${group}`)).status).toBe(403)
    }
    expect((await hub.as('eve').delete('/v1/groups/987654')).status).toBe(403)
    const queue = await hub.as('ada').post('/v1/queues', { group_id: group, name: 'gone with it' })
    expect((await hub.as('root').delete(`/v1/groups/${group}`)).status).toBe(204)
    expect((await hub.as('root').get(`/v1/queues/${queue.body.id}`)).status).toBe(404)
    expect(messageOf(await hub.as('root').delete(`/v1/groups/${group}`))).toBe('Group not found')
  })

  test('tells each reader the own role, a superuser always Superuser', async () => {
    const group = await aGroup()
    await hub.as('ada').post(`/v1/groups/${group}/users/${id('root')}`, { role: 'Guest' })
    const roles = await Promise.all(
      ['gus', 'dev', 'mia', 'ada', 'root'].map(
        async (who) => (await hub.as(who).get(`/v1/groups/${group}`)).body.role,
      ),
    )
    expect(roles).toEqual(['Guest', 'Developer', 'Maintainer', 'Owner', 'Superuser'])
    expect((await hub.as('eve').get(`/v1/groups/${group}`)).status).toBe(404)
  })
})

describe('users', () => {
  test('are shown by three fields, inactive ones to superusers and by id', async () => {
    const names = async (who: string) =>
      (await hub.as(who).get('/v1/users?page_size=50')).body.items.map(
        (user: { username: string }) => user.username,
      )
    const all = ['ada', 'dev', 'eve', 'gus', 'mia', 'off', 'root']
    expect(await names('root')).toEqual(all)
    expect(await names('ada')).toEqual(all.filter((name) => name !== 'off'))
    const off = await hub.as('ada').get(`/v1/users/${id('off')}`)
    expect(off.body).toEqual({ id: id('off'), username: 'off', is_superuser: false })
    expect(messageOf(await hub.as('ada').get('/v1/users/-5'))).toBe('User not found')
  })
})

describe('a superuser who is an ordinary member', () => {
  test('has that membership’s level where the group is asked, and every level where the thing is', async () => {
    const group = await aGroup()
    await hub.as('ada').post(`/v1/groups/${group}/users/${id('root')}`, { role: 'Guest' })
    const connection = {
      group_id: group,
      name: 'shop',
      description: '',
      type: 'postgres',
      connection_data: { host: 'db', database_name: 'shop' },
      auth_data: { type: 'basic', user: 'u', password: 'p' },
    }
    const ours = await hub.as('dev').post('/v1/connections', connection)
    const queue = await hub.as('mia').post('/v1/queues', { group_id: group, name: 'main' })
    const root = hub.as('root')
    expect((await root.post('/v1/connections', { ...connection, name: 'other' })).status).toBe(403)
    expect((await root.post('/v1/queues', { group_id: group, name: 'other' })).status).toBe(403)
    const copy = { new_group_id: group, new_name: 'copied' }
    expect((await root.post(`/v1/connections/${ours.body.id}/copy_connection`, copy)).status).toBe(403)
    expect((await root.get(`/v1/connections?group_id=${group}`)).status).toBe(200)
    expect((await root.put(`/v1/queues/${queue.body.id}`, { name: 'renamed' })).status).toBe(200)
    expect((await root.delete(`/v1/connections/${ours.body.id}`)).status).toBe(204)
  })
})
