import { createHash } from 'node:crypto'
import { Client, type SFTPWrapper } from 'ssh2'
import { type Static, Type } from 'typebox'
import { Fault, messageOf } from '#fault'
import { type Actions, BASIC, field, type Manifest, type Opened } from '../provider.ts'
import type { Reach } from '../reach.ts'
import { fileActions, type FileStore, type Listed } from './file-store.ts'

const Config = Type.Object({
  host: field.host(),
  port: field.port(22),
  // Left out where it is not set: SyncMaster's clients know host and port only.
  host_key: Type.Optional(
    Type.String({
      title: 'Fingerprint of the host key',
      description:
        'SHA256:… as ssh-keygen -l prints it; a Test shows it. With it, another server is refused.',
      pattern: '^(SHA256:[A-Za-z0-9+/]{43})?$',
    }),
  ),
})

export const sftp: Manifest = {
  provider: 'sftp',
  title: 'SFTP',
  connectorType: 'file',
  config: Config,
  auth: [BASIC],
  can: { check: true, discover: true, source: false, target: false, sync: true },
  act: (reach) => createSftpActions(reach),
}

const CONNECT_TIMEOUT_MS = 8_000
const S_IFMT = 0o170000
const S_IFDIR = 0o040000
const S_IFREG = 0o100000

function createSftpActions({ guard }: Pick<Reach, 'guard'>): Actions {
  return fileActions('SFTP', async (opened, work) => {
    const { client, channel, hostKey } = await connect(opened, guard)
    try {
      return await work({ ...storeOf(channel), ...toldOf(opened, hostKey) })
    } finally {
      client.end()
    }
  })
}

/** The first look shows whom one talks to; whether that is the right one only its keeper knows. */
function toldOf({ config }: Opened, hostKey: string): Pick<FileStore, 'details' | 'advice'> {
  const { host_key: kept = '' } = config as Static<typeof Config> // validated when it was opened
  const details = { host_key: hostKey }
  if (kept !== '') return { details }
  const advice = `Its host key is ${hostKey}, and none is kept: another server in its place would not be noticed. Compare it, and put it into host_key.`
  return { details, advice }
}

function storeOf(channel: SFTPWrapper): FileStore {
  return {
    list: async (folder) => {
      const entries = await new Promise<Parameters<Parameters<SFTPWrapper['readdir']>[1]>[1]>(
        (resolve, reject) => {
          channel.readdir(folder, (error, list) => (error === undefined ? resolve(list) : reject(error)))
        },
      ).catch((error: unknown) => {
        throw unreadable(folder, error)
      })
      return entries.flatMap(({ filename, attrs }): Listed[] => {
        const type = attrs.mode & S_IFMT
        // A link is not followed: it may lead round in a circle.
        if (type === S_IFDIR) return [{ name: filename, isFolder: true }]
        if (type !== S_IFREG) return []
        const modifiedAt = new Date(attrs.mtime * 1000)
        return [{ name: filename, isFolder: false, sizeBytes: attrs.size, modifiedAt, etag: null }]
      })
    },
  }
}

async function connect(
  opened: Opened,
  guard: Reach['guard'],
): Promise<{ client: Client; channel: SFTPWrapper; hostKey: string }> {
  const { host, port, host_key: kept = '' } = opened.config as Static<typeof Config> // validated when it was opened
  const { user = '', password = '' } = opened.auth as { user?: string; password?: string } // sealed by BASIC's schema
  const address = await guard.reach(host, port)
  const client = new Client()
  let hostKey = ''
  // Before anything secret is sent.
  const hostVerifier = (key: Buffer): boolean => {
    hostKey = fingerprintOf(key)
    return kept === '' || kept === hostKey
  }
  const ready = Promise.withResolvers<void>()
  client.on('ready', () => ready.resolve())
  client.on('error', (error) => ready.reject(said(error, `${host}:${port}`)))
  client.on('close', () => ready.reject(said(new Error('the connection was closed'), `${host}:${port}`)))
  client.connect({
    host: address,
    port,
    username: user,
    password,
    readyTimeout: CONNECT_TIMEOUT_MS,
    hostVerifier,
  })
  try {
    await ready.promise
    const channel = await new Promise<SFTPWrapper>((resolve, reject) => {
      client.sftp((error, opened) => (error === undefined ? resolve(opened) : reject(error)))
    })
    return { client, channel, hostKey }
  } catch (error) {
    client.destroy()
    if (kept !== '' && hostKey !== '' && kept !== hostKey)
      throw hostKeyChanged(`${host}:${port}`, kept, hostKey)
    throw said(error, `${host}:${port}`)
  }
}

/** As OpenSSH prints it. */
function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

function hostKeyChanged(where: string, kept: string, found: string): Fault {
  const message = `${where} shows the host key ${found} in place of ${kept}: it is another server, or it has a new key. Nothing was sent to it. Ask who keeps it; if the new key is right, put it into host_key.`
  return new Fault('forbidden', 'connect.host_key_changed', message)
}

function unreadable(folder: string, error: unknown): Fault {
  const message = `The folder ${folder} cannot be read: ${messageOf(error)}.`
  return new Fault('forbidden', 'connect.folder_refused', message, { cause: error })
}

function said(error: unknown, where: string): Fault {
  if (error instanceof Fault) return error
  const level = error instanceof Error && 'level' in error ? error.level : ''
  if (level === 'client-authentication') {
    const message = `${where} does not let it in. Check user and password.`
    return new Fault('unauthorized', 'connect.auth_refused', message, { cause: error })
  }
  const message = `${where} does not answer as an SFTP server: ${messageOf(error)}. Check address, port and firewall.`
  return new Fault('unavailable', 'connect.unreachable', message, { cause: error })
}
