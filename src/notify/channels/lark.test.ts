import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  type Call,
  destination,
  outgoing,
  type Provider,
  type Said,
  startProvider,
  tools,
} from '../../../test/fakes/provider.ts'
import { lark, receiverOf } from './lark.ts'

let provider: Provider
beforeAll(async () => {
  provider = await startProvider()
})
beforeEach(() => provider.calls.splice(0))
afterAll(() => provider.stop())

/** Each test has an app of its own, so none finds another's token. */
let app = 0
const newApp = (address = 'oc_1') =>
  destination(
    { base_url: provider.url },
    { type: 'lark', app_id: `cli_${++app}`, app_secret: 'app-secret' },
    address,
  )

const TOKEN_PATH = '/open-apis/auth/v3/tenant_access_token/internal'
const TAKEN: Said = { body: { code: 0, msg: 'ok', data: { message_id: 'om_1' } } }

/** Answers the sign-in with a token, and messages as it is told. */
function says(said: Said | ((call: Call, nth: number) => Said), expire = 7_200) {
  let [tokens, messages] = [0, 0]
  provider.says((call) => {
    if (call.path === TOKEN_PATH)
      return { body: { code: 0, msg: 'ok', tenant_access_token: `t-${++tokens}`, expire } }
    return typeof said === 'function' ? said(call, ++messages) : said
  })
}

test('a card goes to the receiver, with the id that Lark knows a second try by', async () => {
  says(TAKEN)
  const to = newApp()
  expect(await lark.send(outgoing(), to, tools())).toMatchObject({ kind: 'sent', receipt: 'om_1' })
  const [signIn, message] = provider.calls
  expect(signIn?.json).toEqual({ app_id: to.opened.auth['app_id'], app_secret: 'app-secret' })
  expect(message?.path).toBe('/open-apis/im/v1/messages?receive_id_type=chat_id')
  expect(message?.headers.authorization).toBe('Bearer t-1')
  const { content, ...body } = message?.json ?? {}
  expect(body).toEqual({ receive_id: 'oc_1', msg_type: 'interactive', uuid: outgoing().dedup })
  expect(JSON.parse(String(content))).toEqual({
    config: {},
    header: { template: 'red', title: { tag: 'plain_text', content: 'Run 7 failed' } },
    elements: [{ tag: 'markdown', content: 'The **disk** is full: [log](https://hub.example/runs/7)' }],
  })
})

test('a token is used again until shortly before its end, and renewed once when Lark takes it no more', async () => {
  says((call) =>
    call.headers.authorization === 'Bearer t-1'
      ? { status: 400, body: { code: 99_991_663, msg: 'expired' } }
      : TAKEN,
  )
  const to = newApp()
  expect(await lark.send(outgoing(), to, tools())).toMatchObject({ kind: 'sent' })
  expect(await lark.send(outgoing(), to, tools())).toMatchObject({ kind: 'sent' })
  expect(provider.calls.filter(({ path }) => path === TOKEN_PATH)).toHaveLength(2)

  says({ status: 400, body: { code: 99_991_663, msg: 'expired' } })
  provider.calls.splice(0)
  expect(await lark.send(outgoing(), newApp(), tools())).toMatchObject({ kind: 'retry' })
  expect(provider.calls).toHaveLength(4)

  says(TAKEN, 100)
  const short = newApp()
  provider.calls.splice(0)
  await lark.send(outgoing(), short, tools())
  await lark.send(outgoing(), short, tools())
  expect(provider.calls.filter(({ path }) => path === TOKEN_PATH)).toHaveLength(2)
})

test.each<[Said, object]>([
  [
    { body: { code: 10_014, msg: 'app secret invalid' } },
    { kind: 'refused', blame: 'connection', code: 'connect.auth_refused' },
  ],
  [{ status: 503, body: 'down' }, { kind: 'retry' }],
  [{ body: '<html>' }, { kind: 'retry' }],
  [{ body: { code: 0 } }, { kind: 'retry' }],
])('a sign-in that is answered %j sends nothing', async (said, outcome) => {
  provider.says(said)
  expect(await lark.send(outgoing(), newApp(), tools())).toMatchObject(outcome)
  expect(provider.calls).toHaveLength(1)
})

test.each<[Said, object]>([
  [{ body: { code: 230_002, msg: 'Bot is not in the chat' } }, { kind: 'refused', blame: 'account' }],
  [
    { status: 400, body: { code: 230_001, msg: 'invalid receive_id' } },
    { kind: 'refused', blame: 'account' },
  ],
  [{ body: { code: 230_006, msg: 'bot off' } }, { kind: 'refused', blame: 'connection' }],
  [{ body: { code: 230_025, msg: 'too long' } }, { kind: 'refused', blame: 'message' }],
  [{ body: { code: 230_020, msg: 'rate' } }, { kind: 'retry' }],
  [
    { status: 400, headers: { 'x-ogw-ratelimit-reset': '3' }, body: { code: 99_991_400, msg: 'rate' } },
    { kind: 'retry', afterMs: 3_000 },
  ],
  [{ status: 429, body: 'slow' }, { kind: 'retry' }],
  [{ body: { code: 0, msg: 'ok' } }, { kind: 'retry' }],
  [{ body: '' }, { kind: 'retry' }],
])('a message that is answered %j is understood', async (said, outcome) => {
  says(said)
  expect(await lark.send(outgoing(), newApp(), tools())).toMatchObject(outcome)
})

test('a long message goes on behind what was taken', async () => {
  const long = outgoing({ text: '**消息** and more of it.\n\n'.repeat(3_000) })
  says((_call, nth) => (nth > 1 ? { status: 503, body: 'down' } : TAKEN))
  expect(await lark.send(long, newApp(), tools())).toMatchObject({ kind: 'retry', partsSent: 1 })
  const ids = provider.calls.slice(1).map(({ json }) => String(json.uuid))
  expect(new Set(ids).size).toBe(2)
  expect(ids.every((id) => id.length <= 50)).toBe(true)
})

test.each([
  ['oc_1', 'chat_id', 'oc_1'],
  ['ou_1', 'open_id', 'ou_1'],
  ['on_1', 'union_id', 'on_1'],
  ['ada@hub.example', 'email', 'ada@hub.example'],
  ['ada', 'user_id', 'ada'],
  ['user_id:oc_1', 'user_id', 'oc_1'],
])('%s is the %s %s', (address, kind, id) => {
  expect(receiverOf(address)).toEqual({ kind, id })
})
