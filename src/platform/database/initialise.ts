import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Fault, messageOf } from '#fault'
import { type ClusterState, mkdirFor } from './cluster-state.ts'
import type { SystemUser } from './system-user.ts'

/** Makes the cluster under another name and moves it, so that a half-made one is never mistaken for whole. */
export async function initialise(home: string, state: ClusterState, user: SystemUser | null): Promise<void> {
  const folder = `${state.cluster}.${randomBytes(4).toString('hex')}`
  const passwordFile = `${folder}.password`
  await mkdir(path.dirname(folder), { recursive: true, mode: 0o755 })
  await mkdirFor(folder, user)
  await writeFile(passwordFile, state.adminPassword, { mode: 0o600 })
  if (user !== null) await chown(passwordFile, user.uid, user.gid)
  try {
    const args = [
      '-D',
      folder,
      '-U',
      'postgres',
      '--pwfile',
      passwordFile,
      '--auth',
      'scram-sha-256',

      '--encoding',
      'UTF8',
      '--locale-provider',
      'builtin',
      '--builtin-locale',
      'C.UTF-8',
      '--locale',
      'C',
    ]
    const initdb = spawn(path.join(home, 'bin', 'initdb'), args, {
      ...user,
      cwd: path.dirname(folder),
      env: { PATH: process.env.PATH, TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const said = await outputOf(initdb)
    if (said.code !== 0) {
      throw new Fault(
        'failed',
        'platform.initdb',
        `The database could not be made in ${folder}: ${said.text}`,
      )
    }
    await rename(folder, state.cluster).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    })
  } finally {
    await rm(passwordFile, { force: true })
    await rm(folder, { recursive: true, force: true })
  }
}

async function outputOf(child: ChildProcess): Promise<{ code: number | null; text: string }> {
  let text = ''
  const collect = (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-4000)
  }
  child.stdout?.on('data', collect)
  child.stderr?.on('data', collect)
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ code: null, text: messageOf(error) }))
    child.on('close', (code) => resolve({ code, text: text.trim() }))
  })
}
