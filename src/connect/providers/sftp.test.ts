/** Whom one talks to by SFTP, against a server made of ssh2's own parts; listings are proved in `file-stores.real.test.ts`. */
import { createHash } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import ssh2 from 'ssh2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Client, startTestHub, type TestGroup, type TestHub } from '../../../test/harness/hub.ts'

const PASSWORD = 'a password for SFTP'
const status = ssh2.utils.sftp.STATUS_CODE
const newKey = () => ssh2.utils.generateKeyPairSync('ed25519')

let tries: string[] = []
let hostKey = newKey()
let server: ssh2.Server
let port = 0
let hub: TestHub
let group: TestGroup
let developer: Client

/** Lets everybody with the password into an empty folder. */
async function listen(key: ReturnType<typeof newKey>, at = 0): Promise<void> {
  server = new ssh2.Server({ hostKeys: [key.private] }, (client) => {
    client.on('error', () => {})
    client.on('authentication', (asked) => {
      tries.push(asked.method)
      if (asked.method === 'password' && asked.password === PASSWORD) asked.accept()
      else asked.reject(['password'])
    })
    client.on('session', (accept) => {
      accept().on('sftp', (open) => {
        const sftp = open()
        sftp.on('OPENDIR', (id) => sftp.handle(id, Buffer.from('d')))
        sftp.on('READDIR', (id) => sftp.status(id, status.EOF))
        sftp.on('CLOSE', (id) => sftp.status(id, status.OK))
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port // it listens on TCP
}
const stop = () => new Promise<void>((resolve) => server.close(() => resolve()))

/** As `ssh-keygen -l` prints it: of the base64 in the middle of the public key's line. */
const fingerprint = ({ public: line }: ReturnType<typeof newKey>) =>
  `SHA256:${createHash('sha256')
    .update(Buffer.from(line.split(' ')[1] ?? '', 'base64'))
    .digest('base64')
    .replace('=', '')}`

beforeAll(async () => {
  await listen(hostKey)
  hub = await startTestHub({ settings: { health_minutes: '0' } })
  group = await hub.createGroup('Shop', { owner: 'owner', members: { dev: 'developer' } })
  developer = hub.as('dev')
})
afterAll(async () => {
  await hub.stop()
  await stop()
})

const bodyOf = (more: object = {}) => ({
  group_id: group.id,
  name: 'drop',
  description: '',
  type: 'sftp',
  connection_data: { host: '127.0.0.1', port, ...more },
  auth_data: { type: 'basic', user: 'u', password: PASSWORD },
})
const tried = async (id: number) => (await developer.post(`/v1/connections/${id}/test`)).body
const health = async (id: number) => (await developer.get(`/v1/connections/${id}/health`)).body
async function synced(id: number) {
  const { body } = await developer.post(`/v1/connections/${id}/sync`)
  for (const until = Date.now() + 20_000; Date.now() < until; await sleep(30)) {
    const { body: now } = await developer.get(`/v1/syncs/${body.id}`)
    if (['succeeded', 'failed'].includes(now.state)) return now
  }
  throw new Error('the sync was not over within 20 s')
}

test('a server is known by its key: shown first, then kept to, and another is refused unheard', async () => {
  const { body: made } = await developer.post('/v1/connections', bodyOf())
  // As SyncMaster's clients know it.
  expect(made.connection_data).toEqual({ host: '127.0.0.1', port })

  const first = await tried(made.id)
  expect(first).toMatchObject({ ok: true, details: { entries: 0, host_key: fingerprint(hostKey) } })
  expect(first.message).toContain(fingerprint(hostKey))
  expect((await synced(made.id)).summary).toContain('host_key')
  expect(await health(made.id)).toMatchObject({ state: 'ok', actor: 'you' })
  expect((await health(made.id)).message).toContain(fingerprint(hostKey))

  const kept = bodyOf({ host_key: first.details.host_key })
  expect((await developer.put(`/v1/connections/${made.id}`, kept)).status).toBe(200)
  expect((await tried(made.id)).message).not.toContain('host_key')
  expect((await synced(made.id)).summary).not.toContain('host_key')
  expect(await health(made.id)).toMatchObject({ state: 'ok', message: null, actor: null })

  await stop()
  hostKey = newKey()
  tries = []
  await listen(hostKey, port)
  const changed = await tried(made.id)
  expect(changed).toMatchObject({ ok: false, details: { code: 'connect.host_key_changed' } })
  expect(changed.message).toContain(fingerprint(hostKey))
  // No password went to it.
  expect(tries).toEqual([])
  expect(await health(made.id)).toMatchObject({ state: 'broken', actor: 'you' })
  expect(await synced(made.id)).toMatchObject({
    state: 'failed',
    error: { code: 'connect.host_key_changed' },
  })
})

test('what is no fingerprint is refused when it is written', async () => {
  const { status: answered } = await developer.post('/v1/connections', bodyOf({ host_key: 'aa:bb:cc' }))
  expect(answered).toBe(422)
})
