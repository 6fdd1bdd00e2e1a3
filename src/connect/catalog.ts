/** What changed between two readings of a database's tables, and whether it breaks those who read them. */
import { createHash } from 'node:crypto'
import type { CatalogColumn, CatalogTable, SyncChange } from './sync-kind.ts'

export type CatalogChange = 'none' | 'non_breaking' | 'breaking'

export interface CatalogDiff {
  change: CatalogChange
  changes: SyncChange[]
  added: number
  updated: number
  deleted: number
  unchanged: number
}

/** The same tables and columns give the same text, in whatever order they were read; estimates do not count. */
export function hashOf(tables: CatalogTable[]): string {
  const plain = sorted(tables).map(({ name, kind, columns }) => [
    name,
    kind,
    sorted(columns).map((column) => [column.name, column.type, column.nullable, column.primary_key]),
  ])
  return createHash('sha256').update(JSON.stringify(plain)).digest('hex')
}

/**
 * Breaking is what a reader that worked before may stumble over: a table or column that is gone, another type,
 * another primary key. What only came, or became nullable or not, is not.
 */
export function diffCatalogs(before: CatalogTable[], after: CatalogTable[]): CatalogDiff {
  const old = new Map(before.map((table) => [table.name, table]))
  const now = new Map(after.map((table) => [table.name, table]))
  const changes: SyncChange[] = []
  let added = 0
  let updated = 0
  for (const table of sorted(after)) {
    const was = old.get(table.name)
    if (was === undefined) {
      added += 1
      changes.push({
        kind: 'added',
        item: table.name,
        note: `${table.kind}, ${table.columns.length} columns`,
      })
      continue
    }
    const found = diffTable(was, table)
    if (found.length > 0) updated += 1
    changes.push(...found)
  }
  const gone = sorted(before).filter(({ name }) => !now.has(name))
  for (const { name, kind } of gone) changes.push({ kind: 'deleted', item: name, note: kind, breaking: true })
  const change =
    changes.length === 0 ? 'none' : changes.some(({ breaking }) => breaking) ? 'breaking' : 'non_breaking'
  return { change, changes, added, updated, deleted: gone.length, unchanged: after.length - added - updated }
}

function diffTable(before: CatalogTable, after: CatalogTable): SyncChange[] {
  const old = new Map(before.columns.map((column) => [column.name, column]))
  const now = new Set(after.columns.map(({ name }) => name))
  const changes: SyncChange[] = []
  if (before.kind !== after.kind) {
    changes.push({ kind: 'updated', item: after.name, note: `${before.kind} → ${after.kind}` })
  }
  for (const column of after.columns) {
    const was = old.get(column.name)
    const item = `${after.name}.${column.name}`
    if (was === undefined) changes.push({ kind: 'added', item, note: wordsOf(column) })
    else if (was.type !== column.type) {
      changes.push({ kind: 'updated', item, note: `${was.type} → ${column.type}`, breaking: true })
    } else if (was.nullable !== column.nullable) {
      changes.push({ kind: 'updated', item, note: column.nullable ? 'may be null now' : 'is never null now' })
    }
  }
  for (const column of before.columns) {
    if (!now.has(column.name)) {
      changes.push({
        kind: 'deleted',
        item: `${after.name}.${column.name}`,
        note: wordsOf(column),
        breaking: true,
      })
    }
  }
  const [key, newKey] = [keyOf(before), keyOf(after)]
  if (key !== newKey) {
    const note = `primary key ${key || 'none'} → ${newKey || 'none'}`
    changes.push({ kind: 'updated', item: after.name, note, breaking: true })
  }
  return changes
}

function wordsOf({ type, nullable }: CatalogColumn): string {
  return nullable ? type : `${type}, not null`
}

function keyOf({ columns }: CatalogTable): string {
  return sorted(columns.filter((column) => column.primary_key))
    .map(({ name }) => name)
    .join(', ')
}

function sorted<T extends { name: string }>(items: T[]): T[] {
  return items.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}
