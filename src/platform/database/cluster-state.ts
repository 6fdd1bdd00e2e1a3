import { randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { LOGIN_ROLE } from './roles.ts'
import { openToOthers, type SystemUser } from './system-user.ts'

/** Where root's clusters and programs go when the data folder is closed to PostgreSQL's user. */
export const ROOTS_FOLDER = '/var/lib/crosstie'
export const DATABASE = 'crosstie'

/** Kept in the data folder as `postgres.json` (0600): what is needed to find the server again. */
export interface ClusterState {
  cluster: string
  port: number
  socketDirectory: string
  adminPassword: string
  loginPassword: string
}

export async function readState(dataDirectory: string): Promise<ClusterState | null> {
  const text = await readFile(path.join(dataDirectory, 'postgres.json'), 'utf8').catch(() => null)
  return text === null ? null : JSON.parse(text)
}

export async function readOrCreateState(
  dataDirectory: string,
  user: SystemUser | null,
): Promise<ClusterState> {
  const known = await readState(dataDirectory)
  if (known !== null) {
    await mkdirFor(known.socketDirectory, user)
    return known
  }
  // Random, not derived from the path: a new data folder never meets the cluster of a deleted one.
  const name = randomBytes(6).toString('hex')
  const inside = user === null || (await openToOthers(path.dirname(dataDirectory)))
  // PostgreSQL's user must pass through the data folder; the files in it stay 0600.
  if (user !== null && inside) await chmod(dataDirectory, 0o711)
  const state: ClusterState = {
    cluster: inside ? path.join(dataDirectory, 'postgres') : path.join(ROOTS_FOLDER, name),
    port: await freePort(),
    // A socket's path may be 107 bytes long at most, so it does not lie in the data folder.
    socketDirectory: path.join(tmpdir(), `crosstie-${name}`),
    adminPassword: randomBytes(24).toString('base64url'),
    loginPassword: randomBytes(24).toString('base64url'),
  }
  await mkdirFor(state.socketDirectory, user)
  const file = path.join(dataDirectory, 'postgres.json')
  try {
    // `wx`: of two hubs that start at once on a new folder, the second reads what the first wrote.
    await writeFile(file, JSON.stringify(state, null, 2), { mode: 0o600, flag: 'wx' })
    return state
  } catch (error) {
    const other = await readState(dataDirectory)
    if (other === null) throw error
    return other
  }
}

export async function mkdirFor(folder: string, user: SystemUser | null): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if (user !== null) await chown(folder, user.uid, user.gid)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      probe.close(() => resolve(port))
    })
  })
}

/** The hub's own login, over the socket. */
export function socketUrl(state: ClusterState): string {
  const host = encodeURIComponent(state.socketDirectory)
  return `postgres://${LOGIN_ROLE}:${state.loginPassword}@/${DATABASE}?host=${host}&port=${state.port}`
}

/** The administrator's, over loopback TCP. */
export function adminUrl(state: ClusterState): string {
  return `postgres://postgres:${state.adminPassword}@127.0.0.1:${state.port}/${DATABASE}`
}
