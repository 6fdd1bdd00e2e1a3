/** S3 (moto), SFTP (asyncssh), FTP and FTPS (pyftpdlib), WebDAV (wsgidav): servers that others wrote. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import tls from 'node:tls'
import { promisify } from 'node:util'
import { AwsClient } from 'aws4fetch'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Client, startTestHub, type TestGroup, type TestHub } from '../../../test/harness/hub.ts'
import { freePort, type Program, pythonHome, startProgram } from '../../../test/harness/program.ts'

const PACKAGES = [
  'moto[server,s3]==5.2.5',
  'wsgidav==4.4.0',
  'cheroot==11.1.2',
  'pyftpdlib==2.2.0',
  'pyOpenSSL==26.4.0',
  'asyncssh==2.24.1',
]
const USER = 'reader'
const PASSWORD = 'a password of the test'

const FTP = `
import sys
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
from pyftpdlib.servers import FTPServer
port, folder, user, password, certificate = sys.argv[1:6]
authorizer = DummyAuthorizer()
authorizer.add_user(user, password, folder, perm='elr')
handler = TLS_FTPHandler if certificate else FTPHandler
if certificate:
    handler.certfile = certificate
    handler.tls_control_required = True
    handler.tls_data_required = True
handler.authorizer = authorizer
FTPServer(('127.0.0.1', int(port)), handler).serve_forever()
`

const SFTP = `
import asyncio, asyncssh, sys
port, folder, user, password = sys.argv[1:5]
class Server(asyncssh.SSHServer):
    def begin_auth(self, username): return True
    def password_auth_supported(self): return True
    def validate_password(self, username, given): return username == user and given == password
class Files(asyncssh.SFTPServer):
    def __init__(self, chan): super().__init__(chan, chroot=folder)
async def main():
    key = asyncssh.generate_private_key('ssh-ed25519')
    await asyncssh.listen('127.0.0.1', int(port), server_host_keys=[key], server_factory=Server, sftp_factory=Files)
    await asyncio.get_running_loop().create_future()
asyncio.run(main())
`

let folder: string
let files: string
let home: string
const programs: Program[] = []
let hub: TestHub
let group: TestGroup
let developer: Client

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crosstie-stores-'))
  files = path.join(folder, 'files')
  await mkdir(path.join(files, 'deep', 'er'), { recursive: true })
  home = await pythonHome('file-stores-1', PACKAGES)
  hub = await startTestHub({ settings: { health_minutes: '0' } })
  group = await hub.createGroup('Shop', { owner: 'owner', members: { dev: 'developer' } })
  developer = hub.as('dev')
}, 300_000)
afterAll(async () => {
  await hub?.stop()
  for (const program of programs) await program.stop()
  await rm(folder, { recursive: true, force: true })
})

async function python(script: string, ...args: string[]): Promise<number> {
  const port = await freePort()
  programs.push(
    await startProgram(path.join(home, 'bin', 'python'), ['-c', script, String(port), ...args], { port }),
  )
  return port
}

let made = 0
async function connection(type: string, connection_data: object, auth_data: object): Promise<number> {
  const { status, body } = await developer.post('/v1/connections', {
    group_id: group.id,
    name: `store ${++made}`,
    description: '',
    type,
    connection_data,
    auth_data,
  })
  if (status !== 200) throw new Error(JSON.stringify(body))
  return body.id
}
const tried = async (id: number) => (await developer.post(`/v1/connections/${id}/test`)).body
async function synced(id: number) {
  const { body } = await developer.post(`/v1/connections/${id}/sync`)
  for (const until = Date.now() + 30_000; Date.now() < until; await sleep(50)) {
    const { body: sync } = await developer.get(`/v1/syncs/${body.id}`)
    if (['succeeded', 'failed'].includes(sync.state)) return sync
  }
  throw new Error('the sync was not over within 30 s')
}

/** Three files; then one is changed, one goes, one comes. */
const BEFORE: Record<string, string> = { 'a.csv': 'a', 'deep/b ü 文.csv': 'bb', 'deep/er/c&d.csv': 'ccc' }

async function fill(): Promise<void> {
  await rm(files, { recursive: true, force: true })
  await mkdir(path.join(files, 'deep', 'er'), { recursive: true })
  for (const [name, text] of Object.entries(BEFORE)) await writeFile(path.join(files, name), text)
}
async function change(): Promise<void> {
  await writeFile(path.join(files, 'a.csv'), 'changed')
  await utimes(path.join(files, 'a.csv'), 1_700_000_000, 1_700_000_000)
  await rm(path.join(files, 'deep/er/c&d.csv'))
  await writeFile(path.join(files, 'deep/new.csv'), 'n')
}

/** What holds for every store. */
async function proveListing(
  id: number,
  { refill, mend }: { refill: () => Promise<void>; mend: () => Promise<void> },
) {
  await refill()
  expect(await tried(id)).toMatchObject({ ok: true })
  expect(await synced(id)).toMatchObject({ state: 'succeeded', added: 3, error: null })
  const { body: listed } = await developer.get(`/v1/connections/${id}/files`)
  expect(
    listed.items.map((file: { path: string; size_bytes: number }) => [file.path, file.size_bytes]),
  ).toEqual([
    ['/a.csv', 1],
    ['/deep/b ü 文.csv', 2],
    ['/deep/er/c&d.csv', 3],
  ])
  expect(await synced(id)).toMatchObject({ added: 0, updated: 0, deleted: 0, unchanged: 3 })
  const { body: top } = await developer.get(`/v1/connections/${id}/browse`)
  expect(top.items).toMatchObject([
    { name: 'deep', kind: 'folder' },
    { name: 'a.csv', kind: 'file', size_bytes: 1 },
  ])
  const { body: inner } = await developer.get(
    `/v1/connections/${id}/browse?path=${encodeURIComponent(top.items[0].path)}`,
  )
  expect(inner.items.map(({ name }: { name: string }) => name)).toEqual(['er', 'b ü 文.csv'])
  await mend()
  expect(await synced(id)).toMatchObject({ added: 1, updated: 1, deleted: 1, unchanged: 1 })
}
const byFolder = { refill: fill, mend: change }

describe('S3', () => {
  test('is listed as it is, and a wrong bucket is told', async () => {
    const port = await freePort()
    programs.push(
      await startProgram(path.join(home, 'bin', 'moto_server'), ['-H', '127.0.0.1', '-p', String(port)], {
        port,
      }),
    )
    const client = new AwsClient({
      accessKeyId: 'key',
      secretAccessKey: PASSWORD,
      region: 'us-east-1',
      service: 's3',
    })
    const at = `http://127.0.0.1:${port}/shop`
    const ask = async (method: string, name: string, body?: string) => {
      const url = `${at}/${name.split('/').map(encodeURIComponent).join('/')}`
      const answer = await client.fetch(url, { method, ...(body === undefined ? {} : { body }) })
      if (!answer.ok) throw new Error(`${method} ${name}: ${answer.status}`)
    }
    await client.fetch(at, { method: 'PUT' })
    const settings = { host: '127.0.0.1', port, protocol: 'http', region: 'us-east-1', bucket: 'shop' }
    const auth = { type: 's3', access_key: 'key', secret_key: PASSWORD }
    const id = await connection('s3', settings, auth)
    await proveListing(id, {
      refill: async () => {
        for (const [name, text] of Object.entries(BEFORE)) await ask('PUT', name, text)
      },
      mend: async () => {
        await ask('PUT', 'a.csv', 'changed')
        await ask('DELETE', 'deep/er/c&d.csv')
        await ask('PUT', 'deep/new.csv', 'n')
      },
    })
    const other = await connection('s3', { ...settings, bucket: 'nowhere' }, auth)
    expect(await tried(other)).toMatchObject({ ok: false, details: { code: 'connect.bucket_missing' } })
    // More than one page of its listing.
    for (let at = 0; at < 1_100; at += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, n) => ask('PUT', `many/${at + n}`, 'x')))
    }
    expect(await synced(id)).toMatchObject({ added: 1_100, unchanged: 3 })
  }, 120_000)
})

describe('SFTP', () => {
  test('is listed as it is, and a wrong password is told', async () => {
    const port = await python(SFTP, files, USER, PASSWORD)
    const settings = { host: '127.0.0.1', port }
    const id = await connection('sftp', settings, { type: 'basic', user: USER, password: PASSWORD })
    await proveListing(id, byFolder)
    const wrong = await connection('sftp', settings, { type: 'basic', user: USER, password: 'wrong' })
    expect(await tried(wrong)).toMatchObject({ ok: false, details: { code: 'connect.auth_refused' } })
  })
})

describe('FTP', () => {
  test('is listed as it is, and a wrong password is told', async () => {
    const port = await python(FTP, files, USER, PASSWORD, '')
    const settings = { host: '127.0.0.1', port }
    const id = await connection('ftp', settings, { type: 'basic', user: USER, password: PASSWORD })
    await proveListing(id, byFolder)
    const wrong = await connection('ftp', settings, { type: 'basic', user: USER, password: 'wrong' })
    expect(await tried(wrong)).toMatchObject({ ok: false, details: { code: 'connect.auth_refused' } })
  })
})

describe('FTPS', () => {
  test('is listed only from a server whose certificate is proved', async () => {
    const pem = path.join(folder, 'server.pem')
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost']
    const names = ['-addext', 'subjectAltName=DNS:localhost', '-keyout', `${pem}.key`, '-out', `${pem}.crt`]
    await promisify(execFile)('openssl', [...request, ...names])
    const certificate = await readFile(`${pem}.crt`, 'utf8')
    await writeFile(pem, (await readFile(`${pem}.key`, 'utf8')) + certificate)
    const port = await python(FTP, files, USER, PASSWORD, pem)
    const settings = { host: 'localhost', port }
    const id = await connection('ftps', settings, { type: 'basic', user: USER, password: PASSWORD })
    expect(await tried(id)).toMatchObject({
      ok: false,
      message: expect.stringContaining('certificate'),
      details: { code: 'connect.unreachable' },
    })
    const known = tls.getCACertificates('default')
    tls.setDefaultCACertificates([...known, certificate])
    await proveListing(id, byFolder)
    tls.setDefaultCACertificates(known)
  })
})

describe('WebDAV', () => {
  test('is listed as it is, and a wrong password is told', async () => {
    const port = await freePort()
    const config = path.join(folder, 'wsgidav.json')
    await writeFile(
      config,
      JSON.stringify({
        host: '127.0.0.1',
        port,
        provider_mapping: { '/': files },
        simple_dc: { user_mapping: { '*': { [USER]: { password: PASSWORD } } } },
        http_authenticator: { accept_basic: true, accept_digest: true, default_to_digest: false },
      }),
    )
    programs.push(await startProgram(path.join(home, 'bin', 'wsgidav'), ['--config', config], { port }))
    const settings = { host: '127.0.0.1', port, protocol: 'http' }
    const id = await connection('webdav', settings, { type: 'basic', user: USER, password: PASSWORD })
    await proveListing(id, byFolder)
    const wrong = await connection('webdav', settings, { type: 'basic', user: USER, password: 'wrong' })
    expect(await tried(wrong)).toMatchObject({ ok: false, details: { code: 'connect.auth_refused' } })
  })
})
