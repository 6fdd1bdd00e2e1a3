import { Client, type SFTPWrapper } from 'ssh2'
import { type Static, Type } from 'typebox'
import { Fault, messageOf } from '#fault'
import { type Actions, BASIC, field, type Manifest, type Opened } from '../provider.ts'
import type { Reach } from '../reach.ts'
import { fileActions, type FileStore, type Listed } from './file-store.ts'

const Config = Type.Object({ host: field.host(), port: field.port(22) })

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
    const { client, channel } = await connect(opened, guard)
    try {
      return await work(storeOf(channel))
    } finally {
      client.end()
    }
  })
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
): Promise<{ client: Client; channel: SFTPWrapper }> {
  const { host, port } = opened.config as Static<typeof Config> // validated when it was opened
  const { user = '', password = '' } = opened.auth as { user?: string; password?: string } // sealed by BASIC's schema
  const address = await guard.reach(host, port)
  const client = new Client()
  const ready = Promise.withResolvers<void>()
  client.on('ready', () => ready.resolve())
  client.on('error', (error) => ready.reject(said(error, `${host}:${port}`)))
  client.on('close', () => ready.reject(said(new Error('the connection was closed'), `${host}:${port}`)))
  client.connect({ host: address, port, username: user, password, readyTimeout: CONNECT_TIMEOUT_MS })
  try {
    await ready.promise
    const channel = await new Promise<SFTPWrapper>((resolve, reject) => {
      client.sftp((error, opened) => (error === undefined ? resolve(opened) : reject(error)))
    })
    return { client, channel }
  } catch (error) {
    client.destroy()
    throw said(error, `${host}:${port}`)
  }
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
