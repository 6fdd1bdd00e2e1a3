/** Which files of a folder a transfer reads: by name, size and what was carried before. */
import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { Fault } from '#fault'
import { type NamePattern, namesThatFit } from './name-patterns.ts'
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
export async function chooseFiles(files: readonly SourceFile[], choice: FileChoice): Promise<SourceFile[]> {
  const { fileName } = choice
  const filters = choice.transformations.flatMap((step) =>
    step.type === 'file_metadata_filter' ? step.filters : [],
  )
  const patterns = filters.flatMap(({ type, value }): NamePattern[] =>
    type === 'name_glob' || type === 'name_regexp'
      ? [{ kind: type === 'name_glob' ? 'glob' : 'regexp', text: value }]
      : [],
  )
  const names = files.map(({ name }) => name)
  const named =
    fileName === undefined || fileName === null
      ? names.filter((name) => hasFormat(name, choice.format.type))
      : await namesMeant(names, fileName)
  const fitting = await namesThatFit(named, patterns)
  return files.filter(
    ({ name, size }) => fitting.has(name) && filters.every((filter) => hasSize(size, filter)),
  )
}

/** A name may look like a pattern and still be meant as it stands. */
async function namesMeant(names: string[], text: string): Promise<string[]> {
  const fitting = /[*?[\]{}()!@+]/.test(text)
    ? await namesThatFit(names, [{ kind: 'glob', text }])
    : new Set()
  return names.filter((name) => name === text || fitting.has(name))
}

type FileFilter = Extract<Transformations[number], { type: 'file_metadata_filter' }>['filters'][number]

function hasSize(size: number, { type, value }: FileFilter): boolean {
  if (type === 'file_size_min') return size >= Number(value)
  return type === 'file_size_max' ? size <= Number(value) : true
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
