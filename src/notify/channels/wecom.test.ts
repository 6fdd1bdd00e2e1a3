import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  destination,
  outgoing,
  type Provider,
  type Said,
  startProvider,
  tools,
} from '../../../test/fakes/provider.ts'
import { wecom } from './wecom.ts'

let provider: Provider
beforeAll(async () => {
  provider = await startProvider()
})
beforeEach(() => provider.calls.splice(0))
afterAll(() => provider.stop())

/** Each test has an app of its own, so none finds another's token. */
let app = 0
const newApp = (address = 'ada') =>
  destination(
    { base_url: provider.url, agent_id: 7 },
    { type: 'wecom', corp_id: `ww${++app}`, corp_secret: 'corp-secret' },
    address,
  )

function says(said: (token: string) => Said) {
  let tokens = 0
  provider.says(({ path }) => {
    if (path.startsWith('/cgi-bin/gettoken?'))
      return { body: { errcode: 0, errmsg: 'ok', access_token: `t-${++tokens}`, expires_in: 7_200 } }
    return said(new URL(path, provider.url).searchParams.get('access_token') ?? '')
  })
}

const TAKEN: Said = { body: { errcode: 0, errmsg: 'ok', invaliduser: '', msgid: 'm1' } }

test('a member gets Markdown from the app, and the token is kept', async () => {
  says(() => TAKEN)
  const to = newApp()
  expect(await wecom.send(outgoing(), to, tools())).toMatchObject({ kind: 'sent', receipt: 'm1' })
  await wecom.send(outgoing(), to, tools())
  expect(provider.calls).toHaveLength(3)
  expect(provider.calls[1]?.json).toMatchObject({
    touser: 'ada',
    agentid: 7,
    msgtype: 'markdown',
    markdown: { content: '### Run 7 failed\n\nThe **disk** is full: [log](https://hub.example/runs/7)' },
    enable_duplicate_check: 1,
  })
})

test('a token that is taken no more is renewed once', async () => {
  says((token) => (token === 't-1' ? { body: { errcode: 42_001, errmsg: 'expired' } } : TAKEN))
  expect(await wecom.send(outgoing(), newApp(), tools())).toMatchObject({ kind: 'sent' })
  says(() => ({ body: { errcode: 42_001, errmsg: 'expired' } }))
  provider.calls.splice(0)
  expect(await wecom.send(outgoing(), newApp(), tools())).toMatchObject({ kind: 'retry' })
  expect(provider.calls).toHaveLength(4)
})

test('an address never means everybody or a second member', async () => {
  says(() => TAKEN)
  for (const address of ['@all', 'ada|bob', '']) {
    expect(await wecom.send(outgoing(), newApp(address), tools())).toMatchObject({
      kind: 'refused',
      blame: 'account',
    })
  }
  expect(provider.calls).toEqual([])
})

test.each<[Said, object]>([
  [
    { body: { errcode: 0, errmsg: 'ok', invaliduser: 'ada', msgid: 'm' } },
    { kind: 'refused', blame: 'account' },
  ],
  [{ body: { errcode: 81_013, errmsg: 'user not found' } }, { kind: 'refused', blame: 'account' }],
  [
    { body: { errcode: 60_020, errmsg: 'not allow to access from your ip' } },
    { kind: 'refused', blame: 'connection' },
  ],
  [{ body: { errcode: 45_009, errmsg: 'api freq out of limit' } }, { kind: 'retry', afterMs: 60_000 }],
  [{ body: { errcode: 40_058, errmsg: 'too long' } }, { kind: 'refused', blame: 'message' }],
  [{ status: 503 }, { kind: 'retry' }],
  [{ body: '<html>' }, { kind: 'retry' }],
])('a message that is answered %j is understood', async (said, outcome) => {
  says(() => said)
  expect(await wecom.send(outgoing(), newApp(), tools())).toMatchObject(outcome)
})

test('a sign-in that is refused sends nothing', async () => {
  provider.says({ body: { errcode: 40_001, errmsg: 'invalid credential' } })
  expect(await wecom.send(outgoing(), newApp(), tools())).toMatchObject({
    kind: 'refused',
    blame: 'connection',
  })
  expect(provider.calls).toHaveLength(1)
})
