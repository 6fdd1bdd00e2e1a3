/** Which files of a folder a transfer reads: by name, size and what was carried before. */
import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { Fault } from '#fault'
import type { FileFormatParams, Transformations } from './transfer.schema.ts'

export interface SourceFile {
  path: string
  name: string
  size: number
  modifiedMs: number
  /** Where it leads has to be looked at before it is read. */
  isLink: boolean
}

/** More in one folder is refused rather than read for minutes. */
const FILES_LIMIT = 100_000

export async function listFiles(folder: string): Promise<SourceFile[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new Fault('not_found', 'transfer.folder_missing', `The folder ${folder} cannot be read.`, { cause })
  })
  const links = new Set(entries.filter((entry) => entry.isSymbolicLink()).map(({ name }) => name))
  const names = entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .toSorted()
  if (names.length > FILES_LIMIT) {
    throw new Fault(
      'too_large',
      'transfer.too_many_files',
      `The folder ${folder} holds more than ${FILES_LIMIT} files. Split it, or read a folder in it.`,
    )
  }
  const found = await Promise.all(
    names.map(async (name) => {
      const file = path.join(folder, name)
      const stats = await stat(file).catch(() => null)
      return stats?.isFile() === true
        ? { path: file, name, size: stats.size, modifiedMs: stats.mtimeMs, isLink: links.has(name) }
        : null
    }),
  )
  return found.filter((file) => file !== null)
}

export interface FileChoice {
  fileName?: string | null | undefined
  format: FileFormatParams
  transformations: Transformations
}

/** Sorted by name, so that a repeated run reads the same in the same order. */
export function chooseFiles(files: readonly SourceFile[], choice: FileChoice): SourceFile[] {
  const { fileName } = choice
  const named =
    fileName === undefined || fileName === null
      ? files.filter(({ name }) => hasFormat(name, choice.format.type))
      : files.filter(({ name }) => name === fileName || path.matchesGlob(name, fileName))
  const filters = choice.transformations.flatMap((step) =>
    step.type === 'file_metadata_filter' ? step.filters : [],
  )
  return named.filter((file) =>
    filters.every((filter) => {
      switch (filter.type) {
        case 'name_glob':
          return path.matchesGlob(file.name, filter.value)
        case 'name_regexp':
          return new RegExp(filter.value, 'u').test(file.name)
        case 'file_size_min':
          return file.size >= Number(filter.value)
        case 'file_size_max':
          return file.size <= Number(filter.value)
      }
    }),
  )
}

const EXTENSIONS: Record<string, RegExp> = {
  csv: /\.(csv|tsv)(\.\w+)?$/i,
  json: /\.json(\.\w+)?$/i,
  jsonline: /\.(jsonl|jsonline|ndjson)(\.\w+)?$/i,
  parquet: /\.parquet$/i,
  excel: /\.xlsx?$/i,
  xml: /\.xml(\.\w+)?$/i,
  orc: /\.orc$/i,
}

function hasFormat(name: string, format: string): boolean {
  return EXTENSIONS[format]?.test(name) ?? false
}

/** What an incremental transfer has not carried yet, and the mark once it has. */
export function newFiles(
  files: readonly SourceFile[],
  by: string,
  mark: string | undefined,
): { files: SourceFile[]; mark: string | undefined } {
  if (by === 'file_name') {
    const known = new Set<string>(mark === undefined ? [] : JSON.parse(mark))
    const fresh = files.filter(({ name }) => !known.has(name))
    for (const { name } of fresh) known.add(name)
    return { files: fresh, mark: fresh.length === 0 ? mark : JSON.stringify([...known].toSorted()) }
  }
  const after = mark === undefined ? -Infinity : Number(mark)
  const fresh = files.filter(({ modifiedMs }) => modifiedMs > after)
  const newest = fresh.reduce((most, { modifiedMs }) => Math.max(most, modifiedMs), after)
  return { files: fresh, mark: fresh.length === 0 ? mark : String(newest) }
}
