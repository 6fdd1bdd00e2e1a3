/** What there is to keep in step with, and what reading it answers. Providers read; the room compares and keeps. */
import type { Opened } from './provider.ts'

/** How a reading goes: how far it may go, whether it is still wanted, whom it tells. */
export interface Reading {
  signal: AbortSignal
  /** The most things it may bring; a reading that meets more stops with a Fault. */
  limit: number
  progress: (phase: string, done: number, total?: number) => void
  /** Something works and had better be mended: told with the sync, and with the health until the next look. */
  advise: (words: string) => void
}

export interface CatalogColumn {
  name: string
  type: string
  nullable: boolean
  primary_key: boolean
}

export interface CatalogTable {
  /** As a transfer names it: `public.orders`. */
  name: string
  kind: 'table' | 'view'
  columns: CatalogColumn[]
  /** An estimate, as old as the version it stands in. */
  rows?: number
}

export interface FileEntry {
  path: string
  sizeBytes: number
  modifiedAt: Date | null
  etag: string | null
}

export interface DirectoryDepartment {
  externalId: string
  name: string
  parentId: string | null
}

export interface DirectoryPerson {
  externalId: string
  unionId: string | null
  name: string
  email: string | null
  mobile: string | null
  title: string | null
  departments: string[]
  active: boolean
}

export interface Directory {
  departments: DirectoryDepartment[]
  people: DirectoryPerson[]
}

type Read<T> = (opened: Opened, reading: Reading) => Promise<T>

/** The three kinds of sync. */
export type Sync =
  | { kind: 'catalog'; read: Read<CatalogTable[]> }
  | { kind: 'listing'; read: Read<FileEntry[]> }
  | { kind: 'directory'; read: Read<Directory> }

/** What a sync did, for its row. */
export interface SyncCounts {
  added: number
  updated: number
  deleted: number
  unchanged: number
}

/** How many changes are kept in words; the counts are of all. */
export const CHANGES_KEPT = 1_000

export interface SyncChange {
  kind: 'added' | 'updated' | 'deleted'
  item: string
  note?: string
  breaking?: boolean
}

/** What keeping it did: counts, changes in words, and a sentence. */
export interface Applied {
  counts: SyncCounts
  changes: SyncChange[]
  summary: string
}
