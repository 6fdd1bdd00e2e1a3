import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { connectionCommand, curlSample, transferCommand } from './call-text.ts'

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

test('the terminal’s command takes the password from the shell, never from the page', () => {
  const command = connectionCommand({
    name: 'Shop',
    type: 'postgres',
    connection_data: { host: 'db', port: 5432, additional_params: {} },
    auth_data: { type: 'basic', user: 'app', password: 'hush' },
  })
  expect(command).toBe(
    `printf '%s' "$PASSWORD" | crosstie connection create 'Shop' --type postgres \\\n` +
      `  --set 'host=db' \\\n  --set 'port=5432' \\\n  --user 'app' --password-stdin`,
  )
})

test('what the flags cannot say is not shown as a command', () => {
  const call = { name: 'x', type: 's3', connection_data: {}, auth_data: { type: 's3', access_key: 'k' } }
  expect(connectionCommand(call)).toBeNull()
})

test('a transfer’s command reads the very body that the form sends', () => {
  const script = `crosstie() { cat; }\n${transferCommand({ name: `it's` })}`
  expect(JSON.parse(execFileSync('bash', ['-c', script], { encoding: 'utf8' }))).toEqual({})
})
