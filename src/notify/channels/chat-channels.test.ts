/** Channels that are one POST, each against a provider that answers by the provider's own contract. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  destination,
  outgoing,
  type Provider,
  type Said,
  startProvider,
  tools,
} from '../../../test/fakes/provider.ts'
import type { Channel } from '../channel.ts'
import { dingtalkBot } from './dingtalk-bot.ts'
import { discord } from './discord.ts'
import { larkBot } from './lark-bot.ts'
import { matrix } from './matrix.ts'
import { ntfy } from './ntfy.ts'
import { signDingTalk, signLark } from './signing.ts'
import { slack } from './slack.ts'
import { teams } from './teams.ts'
import { telegram } from './telegram.ts'
import { wecomBot } from './wecom-bot.ts'

let provider: Provider
beforeAll(async () => {
  provider = await startProvider()
})
beforeEach(() => provider.calls.splice(0))
afterAll(() => provider.stop())

interface Case {
  channel: Channel
  config?: Record<string, unknown>
  auth: () => Record<string, unknown>
  address: string | null
  /** What the provider says when it took a message, and what is kept of it. */
  taken: Said
  receipt: string | null
}

const CASES: Record<string, Case> = {
  'lark bot': {
    channel: larkBot,
    auth: () => ({ type: 'lark_bot_signed', token: 'tok', secret: 'demo' }),
    address: null,
    taken: { body: { code: 0, msg: 'success', data: {} } },
    receipt: null,
  },
  'dingtalk bot': {
    channel: dingtalkBot,
    auth: () => ({ type: 'dingtalk_bot_signed', token: 'tok', secret: 'SECdemo' }),
    address: null,
    taken: { body: { errcode: 0, errmsg: 'ok' } },
    receipt: null,
  },
  'wecom bot': {
    channel: wecomBot,
    config: { format: 'markdown' },
    auth: () => ({ type: 'wecom_bot', key: 'k-1' }),
    address: null,
    taken: { body: { errcode: 0, errmsg: 'ok' } },
    receipt: null,
  },
  'slack bot': {
    channel: slack,
    config: { channel: '#ops' },
    auth: () => ({ type: 'slack', token: 'xoxb-secret' }),
    address: 'C1',
    taken: { body: { ok: true, ts: '1700000000.1' } },
    receipt: '1700000000.1',
  },
  'slack webhook': {
    channel: slack,
    auth: () => ({ type: 'slack_webhook', url: `${provider.url}/services/T/B/secret` }),
    address: null,
    taken: { body: 'ok' },
    receipt: null,
  },
  discord: {
    channel: discord,
    auth: () => ({ type: 'discord', webhook_id: '42', webhook_token: 'to/ken' }),
    address: null,
    taken: { body: { id: '99', content: 'x' } },
    receipt: '99',
  },
  telegram: {
    channel: telegram,
    auth: () => ({ type: 'telegram', token: '1:secret' }),
    address: '-100',
    taken: { body: { ok: true, result: { message_id: 7 } } },
    receipt: '7',
  },
  teams: {
    channel: teams,
    auth: () => ({ type: 'teams', url: `${provider.url}/workflows/1?sig=secret` }),
    address: null,
    taken: { status: 202 },
    receipt: null,
  },
  ntfy: {
    channel: ntfy,
    config: { topic: 'ops' },
    auth: () => ({ type: 'ntfy', token: 'tk_secret' }),
    address: null,
    taken: { body: { id: 'n1', event: 'message' } },
    receipt: 'n1',
  },
  matrix: {
    channel: matrix,
    auth: () => ({ type: 'matrix', token: 'syt_secret' }),
    address: '!room:hub.example',
    taken: { body: { event_id: '$e' } },
    receipt: '$e',
  },
}

const caseOf = (name: string): Case => {
  const found = CASES[name]
  if (found === undefined) throw new Error(`no case ${name}`)
  return found
}

function send(name: string, said: Said | (() => Said), message = outgoing()) {
  const { channel, config, auth, address } = caseOf(name)
  provider.says(said)
  return channel.send(message, destination({ base_url: provider.url, ...config }, auth(), address), tools())
}

describe.each(Object.keys(CASES))('%s', (name) => {
  test('keeps the receipt of a message that was taken', async () => {
    const { taken, receipt } = caseOf(name)
    expect(await send(name, taken)).toMatchObject({ kind: 'sent', receipt })
    expect(provider.calls).toHaveLength(1)
  })

  test.each<[string, Said]>([
    ['a page in place of an answer', { body: '<html>Sign in</html>' }],
    ['nothing', { body: '' }],
    ['an empty object', { body: {} }],
    [
      'an error within 200',
      { body: { ok: false, error: 'x', code: 19_021, errcode: 310_000, message: 'no' } },
    ],
  ])('does not take %s with HTTP 200 for success', async (_what, said) => {
    expect((await send(name, said)).kind).not.toBe('sent')
  })

  test('comes back after HTTP 429 and when the provider is down, and not after a refused sign-in', async () => {
    expect(await send(name, { status: 429, headers: { 'retry-after': '7' } })).toMatchObject({
      kind: 'retry',
      afterMs: 7_000,
    })
    expect(await send(name, { status: 503, body: 'down' })).toMatchObject({ kind: 'retry' })
    expect(await send(name, { status: 401, body: 'no' })).toMatchObject({
      kind: 'refused',
      blame: 'connection',
    })
  })

  test('sends what is too long in parts, and goes on where it was stopped', async () => {
    const { taken } = caseOf(name)
    const long = outgoing({ text: '**消息** and more of it, & so on.\n\n'.repeat(3_000) })
    const stopped = await send(name, () => (provider.calls.length > 2 ? { status: 503 } : taken), long)
    expect(stopped).toMatchObject({ kind: 'retry', partsSent: 2 })
    provider.calls.splice(0)
    await send(name, taken, { ...long, partsSent: 18 })
    expect(provider.calls.length).toBeLessThanOrEqual(2)
  })
})

describe('what is sent', () => {
  const sentTo = async (name: string) => {
    await send(name, caseOf(name).taken)
    const [call] = provider.calls
    if (call === undefined) throw new Error(`${name} was not called`)
    return call
  }

  test('to a bot of Lark is a signed card in the colour of its level', async () => {
    const { path, json } = await sentTo('lark bot')
    expect(path).toBe('/open-apis/bot/v2/hook/tok')
    expect(json).toEqual({
      timestamp: '1700000000',
      sign: signLark(1_700_000_000, 'demo'),
      msg_type: 'interactive',
      card: {
        config: {},
        header: { template: 'red', title: { tag: 'plain_text', content: 'Run 7 failed' } },
        elements: [{ tag: 'markdown', content: 'The **disk** is full: [log](https://hub.example/runs/7)' }],
      },
    })
  })

  test('to a bot of DingTalk is signed in its address', async () => {
    const { path, json } = await sentTo('dingtalk bot')
    const query = new URL(path, provider.url).searchParams
    expect(Object.fromEntries(query)).toEqual({
      access_token: 'tok',
      timestamp: '1700000000000',
      sign: signDingTalk(1_700_000_000_000, 'SECdemo'),
    })
    expect(json).toEqual({
      msgtype: 'markdown',
      markdown: {
        title: 'Run 7 failed',
        text: '### Run 7 failed\n\nThe **disk** is full: [log](https://hub.example/runs/7)',
      },
      at: { isAtAll: false },
    })
  })

  test('to a bot of WeCom is Markdown of the kind that the connection says', async () => {
    const { path, json } = await sentTo('wecom bot')
    expect(path).toBe('/cgi-bin/webhook/send?key=k-1')
    expect(json.markdown.content).toBe(
      '### Run 7 failed\n\nThe **disk** is full: [log](https://hub.example/runs/7)',
    )
    const to = destination({ base_url: provider.url, format: 'text' }, { type: 'wecom_bot', key: 'k' })
    await wecomBot.send(outgoing(), to, tools())
    expect(provider.calls[1]?.json.text.content).toMatch(/^Run 7 failed\n\nThe disk is full: log \(https/)
  })

  test('to Slack is mrkdwn, by the bot to the account’s channel, by a webhook to its own', async () => {
    const bot = await sentTo('slack bot')
    expect(bot.path).toBe('/api/chat.postMessage')
    expect(bot.headers.authorization).toBe('Bearer xoxb-secret')
    const text = '*Run 7 failed*\n\nThe *disk* is full: <https://hub.example/runs/7|log>'
    expect(bot.json).toMatchObject({ channel: 'C1', text })
    provider.calls.splice(0)
    const webhook = await sentTo('slack webhook')
    expect(webhook.path).toBe('/services/T/B/secret')
    expect(webhook.json).toMatchObject({ text })
    expect(webhook.json.channel).toBeUndefined()
  })

  test('to Discord calls nobody', async () => {
    const { path, json } = await sentTo('discord')
    expect(path).toBe('/api/webhooks/42/to%2Fken?wait=true')
    expect(json).toEqual({
      content: '### Run 7 failed\n\nThe **disk** is full: [log](https://hub.example/runs/7)',
      allowed_mentions: { parse: [] },
    })
  })

  test('to Telegram is HTML', async () => {
    const { path, json } = await sentTo('telegram')
    expect(path).toBe('/bot1:secret/sendMessage')
    expect(json).toMatchObject({
      chat_id: '-100',
      parse_mode: 'HTML',
      text: '<b>Run 7 failed</b>\n\nThe <b>disk</b> is full: <a href="https://hub.example/runs/7">log</a>',
    })
  })

  test('to Teams is a card, its title in the colour of its level', async () => {
    const { path, json } = await sentTo('teams')
    expect(path).toBe('/workflows/1?sig=secret')
    const { content, contentType } = json.attachments[0]
    expect(contentType).toBe('application/vnd.microsoft.card.adaptive')
    expect(content.body[0].inlines).toEqual([
      { type: 'TextRun', text: 'Run 7 failed', weight: 'Bolder', size: 'Medium', color: 'Attention' },
    ])
  })

  test('to ntfy is louder when it is an error', async () => {
    const { headers, json } = await sentTo('ntfy')
    expect(headers.authorization).toBe('Bearer tk_secret')
    expect(json).toMatchObject({
      topic: 'ops',
      title: 'Run 7 failed',
      markdown: true,
      priority: 4,
      tags: ['rotating_light'],
    })
  })

  test('to Matrix has the same transaction over all tries', async () => {
    const { method, path, headers, json } = await sentTo('matrix')
    expect(`${method} ${path}`).toBe(
      'PUT /_matrix/client/v3/rooms/!room%3Ahub.example/send/m.room.message/0f8fad5b-d9cb-469f-a165-70867728950e',
    )
    expect(headers.authorization).toBe('Bearer syt_secret')
    expect(json).toMatchObject({ msgtype: 'm.text', format: 'org.matrix.custom.html', 'm.mentions': {} })
    expect(json.formatted_body).toContain('<strong>disk</strong>')
  })
})

test.each<[string, Said, object]>([
  ['lark bot', { body: { code: 19021, msg: 'no' } }, { kind: 'refused', blame: 'connection' }],
  ['lark bot', { body: { code: 19022, msg: 'no' } }, { kind: 'refused', blame: 'connection' }],
  ['lark bot', { body: { code: 19024, msg: 'no' } }, { kind: 'refused', blame: 'connection' }],
  ['lark bot', { body: { code: 9499, msg: 'no' } }, { kind: 'refused', blame: 'message' }],
  ['lark bot', { body: { code: 11232, msg: 'no' } }, { kind: 'retry' }],
  ['lark bot', { body: { StatusCode: 0, StatusMessage: 'success' } }, { kind: 'sent' }],
  ['dingtalk bot', { body: { errcode: 310000, errmsg: 'no' } }, { kind: 'refused', blame: 'connection' }],
  ['dingtalk bot', { body: { errcode: 300001, errmsg: 'no' } }, { kind: 'refused', blame: 'connection' }],
  ['dingtalk bot', { body: { errcode: 400013, errmsg: 'no' } }, { kind: 'refused', blame: 'message' }],
  ['dingtalk bot', { body: { errcode: 130101, errmsg: 'no' } }, { kind: 'retry', afterMs: 600_000 }],
  ['dingtalk bot', { body: { status: 1111, wait: 30 } }, { kind: 'retry', afterMs: 30_000 }],
  ['wecom bot', { body: { errcode: 93000, errmsg: 'no' } }, { kind: 'refused', blame: 'connection' }],
  ['wecom bot', { body: { errcode: 40058, errmsg: 'no' } }, { kind: 'refused', blame: 'message' }],
  ['wecom bot', { body: { errcode: 45009, errmsg: 'no' } }, { kind: 'retry', afterMs: 60_000 }],
  ['wecom bot', { body: { errcode: -1, errmsg: 'no' } }, { kind: 'retry' }],
  ['slack bot', { body: { ok: false, error: 'channel_not_found' } }, { kind: 'refused', blame: 'account' }],
  ['slack bot', { body: { ok: false, error: 'not_in_channel' } }, { kind: 'refused', blame: 'account' }],
  ['slack bot', { body: { ok: false, error: 'invalid_auth' } }, { kind: 'refused', blame: 'connection' }],
  ['slack bot', { body: { ok: false, error: 'msg_too_long' } }, { kind: 'refused', blame: 'message' }],
  ['slack bot', { body: { ok: false, error: 'ratelimited' } }, { kind: 'retry' }],
  ['slack webhook', { status: 404, body: 'no_service' }, { kind: 'refused', blame: 'connection' }],
  ['slack webhook', { status: 403, body: 'action_prohibited' }, { kind: 'refused', blame: 'connection' }],
  ['slack webhook', { status: 400, body: 'invalid_payload' }, { kind: 'refused', blame: 'message' }],
  ['discord', { status: 404, body: { code: 10_015 } }, { kind: 'refused', blame: 'connection' }],
  ['discord', { status: 400, body: { code: 50_006 } }, { kind: 'refused', blame: 'message' }],
  ['discord', { status: 429, body: { retry_after: 1.5 } }, { kind: 'retry', afterMs: 1_500 }],
  [
    'telegram',
    {
      status: 403,
      body: { ok: false, error_code: 403, description: 'Forbidden: bot was blocked by the user' },
    },
    { kind: 'refused', blame: 'account' },
  ],
  [
    'telegram',
    { status: 400, body: { ok: false, error_code: 400, description: 'Bad Request: chat not found' } },
    { kind: 'refused', blame: 'account' },
  ],
  [
    'telegram',
    {
      status: 400,
      body: {
        ok: false,
        error_code: 400,
        description: 'upgraded',
        parameters: { migrate_to_chat_id: -1009 },
      },
    },
    { kind: 'refused', blame: 'account', message: 'The chat has a new id: -1009. Enter it.' },
  ],
  [
    'telegram',
    { status: 400, body: { ok: false, error_code: 400, description: 'Bad Request: message is too long' } },
    { kind: 'refused', blame: 'message' },
  ],
  [
    'telegram',
    { status: 429, body: { ok: false, error_code: 429, description: 'x', parameters: { retry_after: 9 } } },
    { kind: 'retry', afterMs: 9_000 },
  ],
  ['teams', { status: 404 }, { kind: 'refused', blame: 'connection' }],
  ['teams', { status: 400, body: 'bad card' }, { kind: 'refused', blame: 'message' }],
  ['ntfy', { status: 403, body: { code: 40_301 } }, { kind: 'refused', blame: 'connection' }],
  ['ntfy', { status: 413, body: { code: 41_301 } }, { kind: 'refused', blame: 'message' }],
  ['matrix', { status: 403, body: { errcode: 'M_FORBIDDEN' } }, { kind: 'refused', blame: 'account' }],
  ['matrix', { status: 401, body: { errcode: 'M_UNKNOWN_TOKEN' } }, { kind: 'refused', blame: 'connection' }],
  ['matrix', { status: 413, body: { errcode: 'M_TOO_LARGE' } }, { kind: 'refused', blame: 'message' }],
  [
    'matrix',
    { status: 429, body: { errcode: 'M_LIMIT_EXCEEDED', retry_after_ms: 800 } },
    { kind: 'retry', afterMs: 800 },
  ],
])('%s with %j is understood', async (name, said, outcome) => {
  expect(await send(name, said)).toMatchObject(outcome)
})
