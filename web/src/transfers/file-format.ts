import type { FileFormat } from '../api/transfers.ts'

/** Every format that a transfer may name. */
export const FORMATS = ['csv', 'jsonline', 'json', 'parquet', 'excel', 'xml', 'orc'] as const

/** Those that the engine carries; the others are kept, and a run says so. */
export const CARRIED_FORMATS: readonly string[] = ['csv', 'jsonline', 'json', 'parquet']

const TEXT_COMPRESSIONS = ['none', 'gzip', 'bzip2', 'lz4', 'snappy', 'deflate'] as const

export const COMPRESSIONS: Record<string, readonly string[]> = {
  csv: TEXT_COMPRESSIONS,
  jsonline: TEXT_COMPRESSIONS,
  json: TEXT_COMPRESSIONS,
  xml: ['none', 'gzip', 'bzip2', 'lz4', 'snappy'],
  orc: ['none', 'zlib', 'snappy', 'lz4'],
  parquet: ['none', 'snappy', 'gzip', 'lz4'],
}

/**
 * What a fresh file is taken for. A header and no compression is what people's files have; SyncMaster's own
 * defaults are the other way round, so every option is always sent.
 */
export function defaultFormat(type: string): FileFormat {
  switch (type) {
    case 'csv':
      return {
        type,
        delimiter: ',',
        encoding: 'utf-8',
        quote: '"',
        escape: '"',
        include_header: true,
        line_sep: '\n',
        compression: 'none',
      }
    case 'excel':
      return { type, include_header: true, start_cell: null }
    case 'xml':
      return { type, root_tag: 'rows', row_tag: 'row', compression: 'none' }
    case 'orc':
      return { type, compression: 'zlib' }
    case 'parquet':
      return { type, compression: 'snappy' }
    default:
      return { type, encoding: 'utf-8', line_sep: '\n', compression: 'none' }
  }
}

const EXTENSIONS: Record<string, string> = {
  csv: 'csv',
  tsv: 'csv',
  json: 'json',
  jsonl: 'jsonline',
  jsonline: 'jsonline',
  ndjson: 'jsonline',
  parquet: 'parquet',
  xlsx: 'excel',
  xml: 'xml',
  orc: 'orc',
}

/** What a file's name says of its format: `orders.csv.gz` is gzipped CSV. Null when it says nothing. */
export function formatOf(name: string): FileFormat | null {
  const parts = name.toLowerCase().split('.')
  const zipped = parts.at(-1) === 'gz'
  const extension = (zipped ? parts.at(-2) : parts.at(-1)) ?? ''
  const type = EXTENSIONS[extension]
  if (type === undefined || parts.length < 2) return null
  const format = defaultFormat(type)
  if (extension === 'tsv') format.delimiter = '\t'
  if (format.compression === 'none') format.compression = zipped ? 'gzip' : 'none'
  return format
}

/** `in/2024/orders.csv` as the folder and the file that a transfer names. */
export function splitPath(path: string): { directory_path: string; file_name: string } {
  const whole = `/${path.replace(/^\/+/, '')}`
  const cut = whole.lastIndexOf('/')
  return { directory_path: cut === 0 ? '/' : whole.slice(0, cut), file_name: whole.slice(cut + 1) }
}
