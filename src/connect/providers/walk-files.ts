import { Fault } from '#fault'
import type { FileEntry, Reading } from '../sync-kind.ts'

export type Walked = { folder: string } | { file: FileEntry }

const DEPTH_LIMIT = 64

/**
 * Every file below `root`, folder by folder, breadth first.
 *
 * @throws Fault `connect.too_many_files` rather than an answer that leaves some out.
 */
export async function walkFiles(
  root: string,
  { signal, limit, progress }: Reading,
  list: (folder: string) => Promise<Walked[]>,
): Promise<FileEntry[]> {
  const files: FileEntry[] = []
  const seen = new Set<string>([root])
  let waiting = [root]
  for (let depth = 0; waiting.length > 0; depth++) {
    if (depth > DEPTH_LIMIT) {
      throw new Fault(
        'too_large',
        'connect.too_deep',
        `Folders are nested deeper than ${DEPTH_LIMIT} levels.`,
      )
    }
    const below: string[] = []
    for (const folder of waiting) {
      signal.throwIfAborted()
      for (const walked of await list(folder)) {
        if ('file' in walked) files.push(walked.file)
        else if (!seen.has(walked.folder)) {
          seen.add(walked.folder)
          below.push(walked.folder)
        }
      }
      if (files.length > limit || seen.size > limit) throw tooManyFiles(limit)
      progress('listing', files.length)
    }
    waiting = below
  }
  return files
}

export function tooManyFiles(limit: number): Fault {
  return new Fault(
    'too_large',
    'connect.too_many_files',
    `There are more than ${limit} files. Narrow the connection to a folder, or raise CROSSTIE_LIMIT_SYNC_ITEMS.`,
  )
}
