import { link, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

import { Fault } from '#fault'

import { guardPath, pathFault } from './path-guard.ts'

export interface OutputFile {
  /** Where it will lie, links resolved. */
  path: string
  /** Where the bytes go until then: in the same folder, so that the move is one step. */
  temporaryPath: string
  /** Makes the bytes durable, then moves them to `path` in one step. Answers the size. */
  commit(): Promise<number>
  /** Removes what was written; the file that was there before is as it was. Never throws. */
  abandon(): Promise<void>
}

/** Opens nothing yet: says where to write, after proof that the target may be written. */
export async function planOutput(
  target: { path: string; overwrite: boolean; root?: string | undefined },
  jobId: string,
): Promise<OutputFile> {
  const path = await guardPath(target.path, target.root)
  const there = await stat(path).catch(() => null)
  if (there !== null && !there.isFile()) {
    throw new Fault(
      'invalid',
      'transfer.not_a_file',
      `${path} is not a plain file, so it cannot be replaced by one. Write to - and redirect it.`,
    )
  }
  if (there !== null && !target.overwrite) throw alreadyThere(path)
  const temporaryPath = temporaryPathOf(path, jobId)
  // What a crashed try of this very job left behind.
  await rm(temporaryPath, { force: true }).catch((error: unknown) => {
    throw pathFault(error, path)
  })
  return {
    path,
    temporaryPath,
    commit: () =>
      commit(path, temporaryPath, target.overwrite).catch((error: unknown) => {
        throw pathFault(error, path)
      }),
    abandon: () => rm(temporaryPath, { force: true }).catch(() => {}),
  }
}

/**
 * Whether the job had moved its file to where it belongs, for one that is known to have written all of it: then
 * the temporary name is gone, or (a crash between two steps) both names lead to one file.
 */
export async function outputCommitted(
  target: { path: string; root?: string | undefined },
  jobId: string,
): Promise<boolean> {
  const path = await guardPath(target.path, target.root)
  const temporary = await stat(temporaryPathOf(path, jobId)).catch(() => null)
  if (temporary === null) return true
  const there = await stat(path).catch(() => null)
  if (there === null || there.ino !== temporary.ino || there.dev !== temporary.dev) return false
  await rm(temporaryPathOf(path, jobId), { force: true })
  return true
}

/** Removes what a job that did not commit has left. */
export async function clearOutput(
  target: { path: string; root?: string | undefined },
  jobId: string,
): Promise<void> {
  const path = await guardPath(target.path, target.root)
  await rm(temporaryPathOf(path, jobId), { force: true })
}

function temporaryPathOf(path: string, jobId: string): string {
  return join(dirname(path), `.${basename(path).slice(0, 100)}.crosstie_${jobId}`)
}

async function commit(path: string, temporaryPath: string, overwrite: boolean): Promise<number> {
  const file = await open(temporaryPath, 'r+')
  let size: number
  try {
    await file.sync()
    size = (await file.stat()).size
  } finally {
    await file.close()
  }
  if (overwrite) await rename(temporaryPath, path)
  else await moveUnlessThere(temporaryPath, path)
  await syncFolder(dirname(path))
  return size
}

/** `link` refuses a name that is taken, also one that was taken a moment ago; `rename` would not. */
async function moveUnlessThere(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EEXIST') throw alreadyThere(to)
    // File systems without hard links: FAT, some network and container mounts.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EMLINK' && code !== 'ENOSYS') throw error
    if ((await stat(to).catch(() => null)) !== null) throw alreadyThere(to)
    await rename(from, to)
    return
  }
  await rm(from, { force: true })
}

async function syncFolder(path: string): Promise<void> {
  // Some file systems cannot sync a folder; the file itself is safe by then.
  const folder = await open(path, 'r').catch(() => null)
  await folder?.sync().catch(() => {})
  await folder?.close()
}

function alreadyThere(path: string): Fault {
  return new Fault(
    'conflict',
    'transfer.file_exists',
    `${path} is there already. Choose another name, or allow overwriting.`,
  )
}
