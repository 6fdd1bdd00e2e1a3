/** What the embedded route's tests share: formats, and files of a temporary folder. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import type { FileFormat, Source, Target } from '../job.ts'
import { openDuck } from './duck.ts'

export const PARQUET: FileFormat = { type: 'parquet', compression: 'snappy' }
export const JSON_LINES: FileFormat = {
  type: 'jsonline',
  encoding: 'utf-8',
  line_sep: '\n',
  compression: 'none',
}
export const JSON_ARRAY: FileFormat = { ...JSON_LINES, type: 'json' }

export interface TestFolder {
  path: (name: string) => string
  write: (name: string, text: string | Buffer) => string
  read: (name: string) => string
}

export function testFolder(): TestFolder {
  const folder = mkdtempSync(path.join(tmpdir(), 'crosstie-files-'))
  const at = (name: string) => path.join(folder, name)
  return {
    path: at,
    write: (name, text) => {
      writeFileSync(at(name), text)
      return at(name)
    },
    read: (name) => readFileSync(at(name), 'utf8'),
  }
}

export function fileSource(file: string, format: FileFormat): Source {
  return { type: 'file', paths: [file], format }
}

export function fileTarget(file: string, format: FileFormat, overwrite = false): Target {
  return { type: 'file', path: file, format, overwrite }
}

/** Runs SQL in a DuckDB of the test's own, to make files and to look into them. */
export async function duckRows(sql: string): Promise<(string | null)[][]> {
  const duck = await openDuck({ memoryBytes: 1 << 29, threads: 1, temporaryDirectory: tmpdir() })
  try {
    return await duck.rows(sql)
  } finally {
    duck.close()
  }
}
