import { isIP } from 'node:net'
import { Client, FTPError } from 'basic-ftp'
import { Fault, messageOf } from '#fault'
import type { Actions, Opened } from '../provider.ts'
import type { Reach } from '../reach.ts'
import { fileActions, type Listed } from './file-store.ts'

const TIMEOUT_MS = 8_000
const LISTING_LIMIT_BYTES = 16 * 2 ** 20
/** "Not logged in" and "need account". */
const NOT_LOGGED_IN = new Set([530, 532, 430])

export function createFtpActions(
  { guard }: Pick<Reach, 'guard'>,
  { title, secure }: { title: string; secure: boolean },
): Actions {
  return fileActions(title, async (opened, work) => {
    const client = await connect(opened, guard, secure)
    try {
      return await work({
        list: async (folder) => {
          const found = await client.list(folder)
          return found.flatMap(({ name, isDirectory, isFile, size, modifiedAt }): Listed[] => {
            if (isDirectory) return [{ name, isFolder: true }]
            if (!isFile) return []
            return [{ name, isFolder: false, sizeBytes: size, modifiedAt: modifiedAt ?? null, etag: null }]
          })
        },
      })
    } catch (error) {
      throw said(error, whereOf(opened))
    } finally {
      client.close()
    }
  })
}

async function connect(opened: Opened, guard: Reach['guard'], secure: boolean): Promise<Client> {
  const { host, port } = opened.config as { host: string; port: number } // validated when it was opened
  const { user = '', password = '' } = opened.auth as { user?: string; password?: string } // sealed by BASIC's schema
  const address = await guard.reach(host, port)
  // A server may name another host for its data, which nobody has judged.
  const client = new Client(TIMEOUT_MS, {
    allowSeparateTransferHost: false,
    maxListingBytes: LISTING_LIMIT_BYTES,
  })
  try {
    await client.access({
      host: address,
      port,
      user,
      password,
      // 990 is the port at which TLS comes before the first word.
      secure: secure && port === 990 ? 'implicit' : secure,
      // The certificate is proved against the name, though the judged address is what is connected to.
      ...(secure ? { secureOptions: isIP(host) === 0 ? { servername: host } : { host } } : {}),
    })
    return client
  } catch (error) {
    client.close()
    throw said(error, whereOf(opened))
  }
}

function whereOf({ config }: Opened): string {
  return `${String(config.host)}:${String(config.port)}`
}

function said(error: unknown, where: string): Fault {
  if (error instanceof Fault) return error
  if (error instanceof FTPError) {
    if (NOT_LOGGED_IN.has(error.code)) {
      const message = `${where} does not let it in (${error.code}). Check user and password.`
      return new Fault('unauthorized', 'connect.auth_refused', message, { cause: error })
    }
    return new Fault('forbidden', 'connect.refused', `${where} refused: ${error.message}`, { cause: error })
  }
  const message = `${where} does not answer: ${messageOf(error)}. Check address, port and firewall.`
  return new Fault('unavailable', 'connect.unreachable', message, { cause: error })
}
