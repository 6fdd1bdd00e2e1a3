import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { connectionCommand, curlSample, operatorCommand, transferCommand } from './call-text.ts'

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
  const connection_data = { host: 'db', additional_params: { deep: 1 } }
  expect(connectionCommand({ name: 'x', type: 'mysql', connection_data, auth_data: { type: 'basic' } })).toBe(
    null,
  )
})

test('a transfer’s command reads the very body that the form sends', () => {
  const script = `crosstie() { cat; }\n${transferCommand({ name: `it's` })}`
  expect(JSON.parse(execFileSync('bash', ['-c', script], { encoding: 'utf8' }))).toEqual({})
})

test('other credentials than a password are asked for as JSON, with nothing secret in it', () => {
  const command = connectionCommand({
    name: 'Lake',
    type: 's3',
    connection_data: { host: 's3' },
    auth_data: { type: 's3', access_key: 'AK', secret_key: 'hush' },
  })
  expect(command).toContain('--auth-stdin')
  expect(command).not.toContain('hush')
})

test('the operator’s command leaves out what was not filled in', () => {
  const command = operatorCommand('user create', "o'neil", {
    email: '',
    superuser: true,
    'display-name': 'O',
  })
  expect(command).toBe(String.raw`crosstie user create 'o'\''neil' --superuser --display-name 'O'`)
})
