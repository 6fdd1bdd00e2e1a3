import type { FileFormat } from '../job.ts'

export type CsvFormat = Extract<FileFormat, { type: 'csv' }>

/** Why PostgreSQL's own CSV parser would not read (or write) this dialect exactly; undefined when it does. */
export function foreignToPostgres(format: FileFormat): string | undefined {
  if (format.type !== 'csv') return `PostgreSQL does not read or write ${format.type} by itself`
  if (!/^utf-?8$/i.test(format.encoding)) return `the file is in ${format.encoding}`
  if (format.compression !== 'none' && format.compression !== 'gzip')
    return `the file is packed by ${format.compression}`
  for (const [what, sign] of Object.entries({
    delimiter: format.delimiter,
    quote: format.quote,
    escape: format.escape,
  })) {
    if (!/^[\x01-\x09\x0B\x0C\x0E-\x7F]$/.test(sign)) return `its ${what} is not one ASCII character`
  }
  if (format.delimiter === format.quote) return 'its delimiter and quote are the same'
  return undefined
}

/** The options of COPY for this dialect. Unquoted nothing is NULL, quoted nothing is the empty string. */
export function csvOptions(format: CsvFormat, header: boolean): string {
  const sign = (text: string) => `'${text.replaceAll("'", "''")}'`
  return [
    'format csv',
    `header ${header}`,
    `delimiter ${sign(format.delimiter)}`,
    `quote ${sign(format.quote)}`,
    `escape ${sign(format.escape)}`,
    "null ''",
    "encoding 'UTF8'",
  ].join(', ')
}
