import { describe, expect, test } from 'vitest'
import { newWebhookSecret, signDingTalk, signLark, webhookHeaders, webhookProblem } from './signing.ts'

test("Lark's and DingTalk's signatures are those of their documentation", () => {
  expect(signLark(1_599_360_473, 'demo')).toBe('l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=')
  expect(signDingTalk(1_700_000_000_000, 'SECdemo')).toBe('lOvVf9TQCVugV68mGbSZCg0gzOl1SVjxWi1MyVZCUuA=')
})

describe('a signed webhook', () => {
  const secret = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3'
  const message = { id: 'msg_1', timestampS: 1_700_000_000, body: '{"a":1}' }
  const received = (
    secrets: string[],
    changed: Partial<Record<'id' | 'timestamp' | 'body', string>> = {},
  ) => {
    const headers = webhookHeaders(message, secrets)
    return {
      id: message.id,
      timestamp: headers['webhook-timestamp'] ?? '',
      signatures: headers['webhook-signature'] ?? '',
      body: message.body,
      ...changed,
    }
  }
  const nowMs = message.timestampS * 1000 + 1_000

  test('has the headers of Standard Webhooks', () => {
    expect(webhookHeaders(message, [secret])).toEqual({
      'webhook-id': 'msg_1',
      'webhook-timestamp': '1700000000',
      'webhook-signature': 'v1,WUgAXU8H0NQ1/7M+TtMwKma2b74a3/TCgekiM3YUdN8=',
    })
  })

  test('is believed by the old and by the new secret while they change', () => {
    const fresh = newWebhookSecret()
    const both = received([secret, fresh])
    expect(both.signatures.split(' ')).toHaveLength(2)
    expect(webhookProblem(both, [secret], nowMs)).toBeNull()
    expect(webhookProblem(both, [fresh], nowMs)).toBeNull()
    expect(webhookProblem(both, [newWebhookSecret()], nowMs)).toBe('wrong')
  })

  test('is not believed with another body, id or time', () => {
    expect(webhookProblem(received([secret], { body: '{"a":2}' }), [secret], nowMs)).toBe('wrong')
    expect(webhookProblem(received([secret], { id: 'msg_2' }), [secret], nowMs)).toBe('wrong')
    expect(webhookProblem(received([secret], { timestamp: '1700000001' }), [secret], nowMs)).toBe('wrong')
    expect(webhookProblem(received([secret], { timestamp: 'soon' }), [secret], nowMs)).toBe('unsigned')
    expect(webhookProblem({ ...received([secret]), signatures: '' }, [secret], nowMs)).toBe('unsigned')
    expect(webhookProblem({ ...received([secret]), signatures: 'v1,é v1a,x' }, [secret], nowMs)).toBe('wrong')
  })

  test('is not believed five minutes later or earlier', () => {
    expect(webhookProblem(received([secret]), [secret], nowMs + 400_000)).toBe('stale')
    expect(webhookProblem(received([secret]), [secret], nowMs - 400_000)).toBe('stale')
  })

  test('cannot be made with an id that holds a dot, without a secret, or with one that is none', () => {
    expect(() => webhookHeaders({ ...message, id: 'a.b' }, [secret])).toThrow(/without dots/)
    expect(() => webhookHeaders(message, [])).toThrow(/1 to 4 secrets/)
    expect(() => webhookHeaders(message, ['whsec_short'])).toThrow(/at least 16 bytes/)
    expect(() => webhookHeaders(message, ['whsec_!!!'])).toThrow(/in base64/)
  })
})
