import { lstat, realpath } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'

import { Fault, messageOf } from '#fault'

/**
 * Where the path really leads, symbolic links followed, after proof that it stays inside `root`.
 *
 * A file that is about to be made need not be there, but its folder must. What is outside `root` is
 * answered like what is missing, so that the answer says nothing of files outside.
 */
export async function guardPath(path: string, root: string | undefined): Promise<string> {
  const real = await resolve(path)
  if (root === undefined) return real
  const top = await resolve(root)
  if (real !== top && real.startsWith(top.endsWith(sep) ? top : top + sep)) return real
  throw new Fault(
    'forbidden',
    'transfer.path_outside',
    `${path} does not lie inside the folder ${root}, which this transfer may use.`,
  )
}

async function resolve(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw pathFault(error, path)
  }
  // A link that leads nowhere is there itself, and following it later would write outside.
  const dangling = await lstat(path).catch(() => null)
  if (dangling !== null) {
    throw new Fault('not_found', 'transfer.file_missing', `${path} is a link that leads to nothing.`)
  }
  try {
    return join(await realpath(dirname(path)), basename(path))
  } catch (error) {
    throw pathFault(error, path)
  }
}

/** What the system says of a file, in a sentence that names it. */
export function pathFault(error: unknown, path: string): Fault {
  if (error instanceof Fault) return error
  const options = { cause: error, details: { path } }
  switch (codeOf(error)) {
    case 'ENOENT':
      return new Fault('not_found', 'transfer.file_missing', `There is no file or folder ${path}.`, options)
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new Fault(
        'forbidden',
        'transfer.file_not_allowed',
        `This process may not use ${path} (${messageOf(error)}).`,
        options,
      )
    case 'ENOSPC':
    case 'EDQUOT':
      return new Fault(
        'failed',
        'transfer.disk_full',
        `${path} could not be written: the disk is full. Make room, or write elsewhere.`,
        options,
      )
    case 'EFBIG':
      return new Fault(
        'failed',
        'transfer.file_too_large',
        `${path} could not be written: it would grow past the largest file that this process may write (see ulimit -f).`,
        options,
      )
    case 'EISDIR':
      return new Fault('invalid', 'transfer.not_a_file', `${path} is a folder, not a file.`, options)
    default:
      return new Fault('failed', 'transfer.file_failed', `${path}: ${messageOf(error)}.`, options)
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
