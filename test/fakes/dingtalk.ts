/**
 * DingTalk as its contract has it: sign-in, one level of departments per call, people page by page, success told by
 * the body and never by the status.
 */
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface FakePerson {
  userid: string
  name: string
  departments: number[]
  email?: string
  mobile?: string
  title?: string
}

export interface FakeDepartment {
  dept_id: number
  name: string
  parent_id: number
}

export interface FakeDingtalk {
  url: string
  appKey: string
  appSecret: string
  departments: FakeDepartment[]
  people: FakePerson[]
  /** So many calls are answered with "too many requests" first. */
  busy: number
  /** Each answer takes so long. */
  delayMs: number
  /** The tokens given so far are no longer good. */
  forgetTokens: () => void
  calls: Record<string, number>
  stop: () => Promise<void>
}

interface Asked {
  dept_id?: number
  cursor?: number
  size?: number
}

export async function startFakeDingtalk(): Promise<FakeDingtalk> {
  const tokens = new Set<string>()
  const fake: FakeDingtalk = {
    url: '',
    appKey: 'dingfake',
    appSecret: randomBytes(12).toString('hex'),
    departments: [],
    people: [],
    busy: 0,
    delayMs: 0,
    forgetTokens: () => tokens.clear(),
    calls: {},
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  const answer = (url: URL, asked: Asked): object => {
    fake.calls[url.pathname] = (fake.calls[url.pathname] ?? 0) + 1
    if (fake.busy > 0) {
      fake.busy -= 1
      return { errcode: 88, sub_code: '90018', errmsg: 'ding talk error[subcode=90018]' }
    }
    if (url.pathname === '/gettoken') return signIn(fake, url, tokens)
    if (!tokens.has(url.searchParams.get('access_token') ?? '')) {
      return { errcode: 40014, errmsg: 'invalid access_token' }
    }
    if (url.pathname === '/topapi/v2/department/listsub') {
      const { dept_id: parent = 1 } = asked
      if (parent !== 1 && !fake.departments.some(({ dept_id }) => dept_id === parent)) {
        return { errcode: 60003, errmsg: 'department not found' }
      }
      return { errcode: 0, result: fake.departments.filter(({ parent_id }) => parent_id === parent) }
    }
    return url.pathname === '/topapi/v2/user/list' ? page(fake, asked) : { errcode: 22, errmsg: 'no method' }
  }
  const server = createServer((request, response) => {
    void read(request).then(async (body) => {
      await sleep(fake.delayMs)
      const url = new URL(request.url ?? '/', 'http://dingtalk')
      const asked = body === '' ? {} : (JSON.parse(body) as Asked) // what the test sends
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(answer(url, asked)))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  fake.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on a port
  return fake
}

function signIn({ appKey, appSecret }: FakeDingtalk, url: URL, tokens: Set<string>): object {
  if (url.searchParams.get('appkey') !== appKey || url.searchParams.get('appsecret') !== appSecret) {
    return { errcode: 40089, errmsg: 'invalid appkey or appsecret' }
  }
  const token = randomBytes(16).toString('hex')
  tokens.add(token)
  return { errcode: 0, errmsg: 'ok', access_token: token, expires_in: 7200 }
}

/** Sub-departments' people are not in it. */
function page({ people }: FakeDingtalk, { dept_id: department = 1, cursor = 0, size = 100 }: Asked): object {
  if (size > 100) return { errcode: 40035, errmsg: 'size is at most 100' }
  const all = people.filter(({ departments }) => departments.includes(department))
  const list = all.slice(cursor, cursor + size).map(({ departments, ...person }) => ({
    ...person,
    unionid: `union-${person.userid}`,
    active: true,
    dept_id_list: departments,
  }))
  const more = cursor + size < all.length
  return { errcode: 0, result: { has_more: more, ...(more ? { next_cursor: cursor + size } : {}), list } }
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer) // no encoding is set
  return Buffer.concat(chunks).toString('utf8')
}
