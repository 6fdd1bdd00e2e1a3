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
import { discord } from './discord.ts'
import { matrix } from './matrix.ts'
import { ntfy } from './ntfy.ts'
import { teams } from './teams.ts'
import { telegram } from './telegram.ts'

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
      { body: { ok: false, error: 'x', code: 19_021, errcode: 'M_UNKNOWN', message: 'no' } },
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
