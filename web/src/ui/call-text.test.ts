import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { curlSample } from './call-text.ts'

test('the curl line never holds a secret', () => {
  const line = curlSample('POST', 'http://hub/v1/connections', { auth_data: { user: 'u', password: 'hush' } })
  expect(line).not.toContain('hush')
  expect(line).toContain('"user": "u"')
})

test('a shell reads the body as it was, quotes and all', () => {
  const body = { name: `it's "so" $HOME \`x\`` }
  const line = curlSample('POST', 'http://hub/v1/queues', body)
  // `curl` stands in for a program that answers its last argument.
  const script = `curl() { printf %s "\${@: -1}"; }\n${line}`
  expect(JSON.parse(execFileSync('bash', ['-c', script], { encoding: 'utf8' }))).toEqual(body)
})
