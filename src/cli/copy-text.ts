/** What `crosstie copy` says, and how it reads file names. */
import path from 'node:path'

import type { Compression, EngineEvent, Explanation, FileFormat, JobResult, Progress } from '#engine'
import { Fault } from '#fault'

const FORMATS: Record<string, FileFormat['type']> = {
  csv: 'csv',
  tsv: 'csv',
  json: 'json',
  jsonline: 'jsonline',
  jsonl: 'jsonline',
  ndjson: 'jsonline',
  parquet: 'parquet',
}

const COMPRESSIONS: Record<string, Compression> = {
  '.gz': 'gzip',
  '.zst': 'zstd',
  '.bz2': 'bzip2',
  '.lz4': 'lz4',
}

/** `orders.csv.gz` tells format and packing; `format` tells it where the name does not. */
export function fileFormat(name: string, format: string | undefined): FileFormat {
  const compression = COMPRESSIONS[path.extname(name).toLowerCase()] ?? 'none'
  const bare = compression === 'none' ? name : name.slice(0, -path.extname(name).length)
  const told = (format ?? path.extname(bare).slice(1)).toLowerCase()
  const type = FORMATS[told]
  if (type === undefined) {
    const what =
      name === '-'
        ? 'What comes through - has no name to tell its format'
        : `The name ${name} does not tell its format`
    const asked = format === undefined ? '' : ` ("${format}" is none)`
    throw new Fault(
      'bad_request',
      'copy.usage',
      `${what}${asked}; add --format csv, json, jsonline or parquet.`,
    )
  }
  const encoding = 'utf-8'
  switch (type) {
    case 'csv': {
      const delimiter = told === 'tsv' ? '\t' : ','
      return {
        type,
        delimiter,
        encoding,
        quote: '"',
        escape: '"',
        include_header: true,
        line_sep: '\n',
        compression,
      }
    }
    case 'parquet':
      return { type, compression: compression === 'none' ? 'snappy' : compression }
    default:
      return { type, encoding, line_sep: '\n', compression }
  }
}

const count = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

export function resultText({ rows, written, mark }: JobResult, seconds: number): string {
  const rate = rows === 0 ? '' : ` (${count.format(rows / Math.max(seconds, 0.001))} rows/s)`
  const next = mark === undefined ? '' : `\nNext time: --after '${mark.replaceAll("'", String.raw`'\''`)}'`
  return `${count.format(rows)} ${rows === 1 ? 'row' : 'rows'} to ${written} in ${seconds.toFixed(1)} s${rate}${next}`
}

/** `1,234,567 rows · 512,345 rows/s · 45 % · 3 s left`, as far as each is known. */
export function progressText(progress: Progress, seconds: number): string {
  const { rows, bytes, totalRows, totalBytes, phase } = progress
  const rate = seconds < 0.2 ? 0 : rows / seconds
  const done =
    totalRows !== null && totalRows > 0
      ? rows / totalRows
      : totalBytes !== null && totalBytes > 0
        ? bytes / totalBytes
        : null
  const parts = [`${count.format(rows)} rows`]
  if (rate > 0) parts.push(`${count.format(rate)} rows/s`)
  if (done !== null && phase === 'writing') {
    // Totals are the server's estimate, so the last percent is never promised.
    parts.push(`${Math.min(99, Math.floor(done * 100))} %`)
    if (done > 0.01 && done < 1) parts.push(`${Math.ceil(seconds / done - seconds)} s left`)
  }
  if (phase === 'merging') parts.push('making them visible')
  return parts.join(' · ')
}

/** How often a line comes where none can be rewritten. */
const LINE_EVERY_MS = 5_000

/** Progress on a terminal is one line that changes; elsewhere a line now and then. Warnings always come. */
export function progressLines(out: NodeJS.WriteStream, silent: boolean) {
  // From the first row on: what came before (types found in a file, say) says nothing of the rate.
  let began: number | undefined
  let lastLine = performance.now()
  let shown = ''
  const clear = () => {
    if (shown !== '') out.write(`\r${' '.repeat(shown.length)}\r`)
    shown = ''
  }
  return {
    take(event: EngineEvent): void {
      if (event.type === 'log' && (event.level !== 'info' || !silent)) {
        clear()
        out.write(`${event.message}\n`)
      }
      if (event.type !== 'progress' || silent || event.progress.phase === 'finished') return
      const now = performance.now()
      began ??= now
      const text = progressText(event.progress, (now - began) / 1000)
      if (out.isTTY) {
        const line = text.slice(0, Math.max(20, out.columns - 1))
        out.write(`\r${line.padEnd(shown.length)}`)
        shown = line
      } else if (now - lastLine >= LINE_EVERY_MS) {
        lastLine = now
        out.write(`${text}\n`)
      }
    },
    end: clear,
  }
}

export function explanationText({ why, steps, columns, preview, estimatedRows }: Explanation): string {
  const rows = estimatedRows === undefined ? '' : `About ${count.format(estimatedRows)} rows.\n`
  const widest = Math.max(0, ...columns.map(({ name }) => name.length))
  const lines = columns.map(({ name, sourceType, targetType, note }) => {
    const types = sourceType === targetType ? sourceType : `${sourceType} → ${targetType}`
    return `  ${name.padEnd(widest)}  ${types}${note === undefined ? '' : ` (${note})`}`
  })
  return [
    ...why,
    '',
    ...steps.map((step, index) => `${index + 1}. ${step}`),
    ...(rows === '' ? [] : ['', rows.trimEnd()]),
    '',
    'Columns:',
    ...lines,
    ...(preview === undefined ? [] : ['', ...previewLines(preview)]),
    '',
  ].join('\n')
}

const WIDEST_CELL = 30

function previewLines({ columns, rows }: NonNullable<Explanation['preview']>): string[] {
  const cell = (text: string | null) => {
    const shown = text === null ? '∅' : text.replaceAll(/\s/g, ' ')
    return shown.length > WIDEST_CELL ? `${shown.slice(0, WIDEST_CELL - 1)}…` : shown
  }
  const table = [columns, ...rows].map((row) => row.map(cell))
  const widths = columns.map((_, index) => Math.max(...table.map((row) => row[index]?.length ?? 0)))
  return table.map((row) =>
    `  ${row.map((text, index) => text.padEnd(widths[index] ?? 0)).join('  ')}`.trimEnd(),
  )
}
