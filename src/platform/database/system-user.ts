import { execFile } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { Fault, messageOf } from '#fault'

const run = promisify(execFile)
const NAME = 'crosstie'

export interface SystemUser {
  uid: number
  gid: number
}

/**
 * The system user that the embedded PostgreSQL runs as when the hub runs as root (PostgreSQL refuses root),
 * made at first use; null when the hub is not root and its own user will do.
 */
export async function databaseSystemUser(): Promise<SystemUser | null> {
  if (process.getuid?.() !== 0) return null
  const known = await readSystemUser()
  if (known !== null) return known
  const ways: [string, string[]][] = [
    ['useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', NAME]],
    ['adduser', ['-S', '-D', '-H', '-s', '/sbin/nologin', NAME]], // busybox
  ]
  let reason: unknown
  for (const [command, args] of ways) {
    try {
      await run(command, args)
    } catch (error) {
      reason = error
    }
    // Read again also after a failure: another hub may have made the user meanwhile.
    const made = await readSystemUser()
    if (made !== null) return made
  }
  throw new Fault(
    'failed',
    'platform.system_user',
    `PostgreSQL does not run as root, and the system user "${NAME}" could not be made (${messageOf(reason)}). ` +
      'Make it by hand, run the hub as an ordinary user, or set CROSSTIE_DATABASE_URL to a PostgreSQL of your own.',
    { cause: reason },
  )
}

async function readSystemUser(): Promise<SystemUser | null> {
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '')
  const line = passwd.split('\n').find((entry) => entry.startsWith(`${NAME}:`))
  const fields = line?.split(':')
  return fields ? { uid: Number(fields[2]), gid: Number(fields[3]) } : null
}

/** Whether a user without rights of its own may enter every folder on the way to `target`. */
export async function openToOthers(target: string): Promise<boolean> {
  for (let folder = path.resolve(target); ; folder = path.dirname(folder)) {
    const { mode } = await stat(folder)
    if ((mode & 0o001) === 0) return false
    if (folder === path.dirname(folder)) return true
  }
}
