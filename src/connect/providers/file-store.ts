/** What SFTP, FTP and WebDAV have in common once they are connected: folders that are listed. */
import path from 'node:path'
import { type Actions, BROWSE_LIMIT, type BrowseItem, type Opened, type Values } from '../provider.ts'
import { type Walked, walkFiles } from './walk-files.ts'

export type Listed =
  | { name: string; isFolder: true }
  | { name: string; isFolder: false; sizeBytes: number; modifiedAt: Date | null; etag: string | null }

export interface FileStore {
  /** One level. Links and what is neither file nor folder are left out. */
  list: (folder: string) => Promise<Listed[]>
  /** What a Test tells besides. */
  details?: Values
  /** What its keeper had better do, in words. */
  advice?: string
}

/** Connects, lends the store, and ends the connection whatever happened. */
export type WithStore = <T>(opened: Opened, work: (store: FileStore) => Promise<T>) => Promise<T>

export function fileActions(title: string, withStore: WithStore): Actions {
  return {
    check: (opened) =>
      withStore(opened, async ({ list, details, advice }) => {
        const count = (await list('/')).length
        const words = `Signed in by ${title}; the first folder has ${count} ${count === 1 ? 'entry' : 'entries'}.`
        return {
          message: advice === undefined ? words : `${words} ${advice}`,
          details: { entries: count, ...details },
        }
      }),
    browse: (opened, folder) =>
      withStore(opened, async ({ list }) => {
        const at = path.posix.join('/', folder)
        const items = (await list(at)).toSorted(foldersFirst).map((listed) => itemOf(at, listed))
        return { items: items.slice(0, BROWSE_LIMIT), truncated: items.length > BROWSE_LIMIT }
      }),
    sync: {
      kind: 'listing',
      read: (opened, reading) =>
        withStore(opened, ({ list, advice }) => {
          if (advice !== undefined) reading.advise(advice)
          return walkFiles('/', reading, async (folder) =>
            (await list(folder)).map((listed) => walked(folder, listed)),
          )
        }),
    },
  }
}

function foldersFirst(a: Listed, b: Listed): number {
  if (a.isFolder !== b.isFolder) return a.isFolder ? -1 : 1
  return a.name < b.name ? -1 : 1
}

function itemOf(folder: string, listed: Listed): BrowseItem {
  const item = { name: listed.name, path: path.posix.join(folder, listed.name) }
  if (listed.isFolder) return { ...item, kind: 'folder' }
  const { sizeBytes, modifiedAt } = listed
  return {
    ...item,
    kind: 'file',
    size_bytes: sizeBytes,
    ...(modifiedAt === null ? {} : { modified_at: modifiedAt.toISOString() }),
  }
}

function walked(folder: string, listed: Listed): Walked {
  const at = path.posix.join(folder, listed.name)
  if (listed.isFolder) return { folder: at }
  const { sizeBytes, modifiedAt, etag } = listed
  return { file: { path: at, sizeBytes, modifiedAt, etag } }
}
