import http from 'node:http'
import https from 'node:https'
import { type Static, Type } from 'typebox'
import { AuthType, createClient, type FileStat } from 'webdav'
import { Fault, messageOf } from '#fault'
import { type Actions, BASIC, field, type Manifest } from '../provider.ts'
import type { Reach } from '../reach.ts'
import { pinnedLookup } from '../web-request.ts'
import { fileActions, type Listed } from './file-store.ts'

const Config = Type.Object({
  host: field.host(),
  port: field.portOrNull(),
  protocol: field.choice('Protocol', ['http', 'https'], 'https'),
})

export const webdav: Manifest = {
  provider: 'webdav',
  title: 'WebDAV',
  connectorType: 'file',
  config: Config,
  auth: [BASIC],
  can: { check: true, discover: true, source: false, target: false, sync: true },
  act: (reach) => createWebdavActions(reach),
}

const TIMEOUT_MS = 9_000

function createWebdavActions({ guard }: Pick<Reach, 'guard'>): Actions {
  return fileActions('WebDAV', async (opened, work) => {
    const { host, port, protocol } = opened.config as Static<typeof Config> // validated when it was opened
    const { user = '', password = '' } = opened.auth as { user?: string; password?: string } // sealed by BASIC's schema
    const at = port ?? (protocol === 'https' ? 443 : 80)
    const agent = { lookup: pinnedLookup(await guard.reach(host, at)), timeout: TIMEOUT_MS }
    const client = createClient(`${protocol}://${host}:${at}`, {
      authType: AuthType.Password,
      username: user,
      password,
      httpAgent: new http.Agent(agent),
      httpsAgent: new https.Agent(agent),
    })
    try {
      return await work({
        list: async (folder) => {
          const options = { signal: AbortSignal.timeout(TIMEOUT_MS) }
          // Without `details` it is the plain list.
          const found = (await client.getDirectoryContents(folder, options)) as FileStat[]
          return found.map(listedOf)
        },
      })
    } catch (error) {
      throw said(error, `${host}:${at}`)
    }
  })
}

function listedOf({ basename, type, size, lastmod, etag }: FileStat): Listed {
  if (type === 'directory') return { name: basename, isFolder: true }
  const at = new Date(lastmod)
  const modifiedAt = Number.isNaN(at.getTime()) ? null : at
  return { name: basename, isFolder: false, sizeBytes: size, modifiedAt, etag: etag ?? null }
}

function said(error: unknown, where: string): Fault {
  if (error instanceof Fault) return error
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 0
  if (status === 401 || status === 403) {
    const message = `${where} does not let it in (${status}). Check user and password.`
    return new Fault('unauthorized', 'connect.auth_refused', message, { cause: error })
  }
  if (status >= 300 && status < 500) {
    const message = `${where} refused the listing: ${messageOf(error)}.`
    return new Fault('bad_request', 'connect.refused', message, { cause: error })
  }
  const message = `${where} does not answer as a WebDAV server: ${messageOf(error)}. Check address, port and firewall.`
  return new Fault('unavailable', 'connect.unreachable', message, { cause: error })
}
