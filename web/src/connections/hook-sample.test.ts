import { execFileSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { hookSample } from './hook-sample.ts'

/** Runs the sample with a curl that prints what it was given. */
function headersOf(sample: string, secret: string): string {
  const script = `curl() { printf '%s\\n' "$@"; }\nSECRET='${secret}'\n${sample}`
  return execFileSync('bash', ['-c', script], { encoding: 'utf8' })
}

const BODY = '{"type":"test","message":"hello"}'
const URL = 'http://127.0.0.1:8717/hooks/x'

test('a Standard Webhook is signed over its id, its time and its body', () => {
  const key = Buffer.from('twenty-four bytes of key')
  const sent = headersOf(hookSample(URL, { scheme: 'standard' }), `whsec_${key.toString('base64')}`)
  const [, id, at, signature] =
    /webhook-id: (\S+)[^]*webhook-timestamp: (\d+)[^]*webhook-signature: v1,(\S+)/.exec(sent) ?? []
  expect(signature).toBe(createHmac('sha256', key).update(`${id}.${at}.${BODY}`).digest('base64'))
  expect(sent).toContain(URL)
})

test.each([
  ['sha256', 'hex'],
  ['sha512', 'base64'],
  ['sha1', 'hex'],
] as const)(
  'a plain one is signed by %s, written as %s, in the header that is set',
  (algorithm, encoding) => {
    const settings = { scheme: 'hmac', signature_header: 'X-Hub', algorithm, encoding, id_header: 'X-Id' }
    const sent = headersOf(hookSample(URL, settings), 'a secret')
    const wanted = createHmac(algorithm, 'a secret').update(BODY).digest(encoding)
    expect(sent).toContain(`X-Hub: ${wanted}\n`)
    expect(sent).toMatch(/X-Id: test-\d+/)
  },
)
