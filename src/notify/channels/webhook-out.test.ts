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
import { webhookProblem } from './signing.ts'
import { webhookOut } from './webhook-out.ts'

const SECRETS = ['whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3', 'whsec_YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjAx']
let receiver: Provider
beforeAll(async () => {
  receiver = await startProvider()
})
beforeEach(() => receiver.calls.splice(0))
afterAll(() => receiver.stop())

const to = (auth: Record<string, unknown> = { type: 'webhook_out', secret: SECRETS.join(' ') }) =>
  destination({ url: `${receiver.url}/in`, type: 'alert' }, auth)
const sendTo = (said: Said, timeoutMs?: number) => {
  receiver.says(said)
  return webhookOut.send(outgoing(), to(), tools(timeoutMs))
}

test('a call carries the message, its id and a signature by each secret', async () => {
  expect(await sendTo({ status: 204 })).toMatchObject({ kind: 'sent', answer: 'HTTP 204' })
  const [call] = receiver.calls
  expect(call?.json).toEqual({
    type: 'alert',
    timestamp: '2023-11-14T22:13:20.000Z',
    data: {
      title: 'Run 7 failed',
      text: 'The **disk** is full: [log](https://hub.example/runs/7)',
      format: 'markdown',
      level: 'error',
    },
  })
  const { headers = {}, body = '' }: Partial<Call> = call ?? {}
  const received = {
    id: String(headers['webhook-id']),
    timestamp: String(headers['webhook-timestamp']),
    signatures: String(headers['webhook-signature']),
    body,
  }
  expect(received.id).toBe(outgoing().dedup)
  for (const secret of SECRETS) expect(webhookProblem(received, [secret], 1_700_000_000_000)).toBeNull()
})

test('without a secret it is not signed, and its id stays', async () => {
  await webhookOut.send(outgoing(), to({ type: 'none' }), tools())
  expect(receiver.calls[0]?.headers).toMatchObject({ 'webhook-id': outgoing().dedup })
  expect(receiver.calls[0]?.headers['webhook-signature']).toBeUndefined()
})

test.each([
  [{ status: 410 }, { kind: 'refused', blame: 'connection' }],
  [{ status: 401 }, { kind: 'refused', blame: 'connection', code: 'connect.auth_refused' }],
  [
    { status: 301, headers: { location: 'http://127.0.0.1/' } },
    { kind: 'refused', blame: 'connection' },
  ],
  [{ status: 413 }, { kind: 'refused', blame: 'message' }],
  [
    { status: 400, body: 'no' },
    { kind: 'refused', blame: 'message', answer: 'HTTP 400 no' },
  ],
  [
    { status: 429, headers: { 'retry-after': '7' } },
    { kind: 'retry', afterMs: 7_000 },
  ],
  [{ status: 503 }, { kind: 'retry', afterMs: null }],
])('%j is understood', async (said, outcome) => {
  expect(await sendTo(said)).toMatchObject(outcome)
})

test('a receiver that does not answer in time is a fault that passes', async () => {
  await expect(sendTo({ afterMs: -1 }, 100)).rejects.toMatchObject({ kind: 'timed_out' })
})
