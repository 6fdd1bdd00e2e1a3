import { Fault } from '#fault'

import type { CsvFormat } from './dialect.ts'

/** A header longer than this is not one: more likely a quote was never closed. */
const LONGEST_BYTES = 1 << 20

/**
 * The column names of a CSV text's first record; all bytes are handed on, the header included, since COPY
 * leaves it out by itself.
 */
export async function readHeader(
  chunks: AsyncGenerator<Buffer, void, undefined>,
  format: CsvFormat,
  name: string,
): Promise<{ names: string[]; read: Buffer }> {
  let read: Buffer = Buffer.alloc(0)
  while (true) {
    const next = await chunks.next()
    if (next.done !== true) read = read.length === 0 ? next.value : Buffer.concat([read, next.value])
    const [names] = parseRecords(read.toString('utf8', 0, LONGEST_BYTES), format, next.done === true, 1)
    if (names !== undefined) return { names: checked(names, name), read }
    if (next.done === true || read.length > LONGEST_BYTES) {
      const message = `${name} has no header line that ends (a quote in it may be open, or the file is empty).`
      throw new Fault('invalid', 'transfer.header_missing', message)
    }
  }
}

/** The first records of a CSV text, as COPY reads them: what is not quoted and empty is NULL. */
export async function readRecords(
  chunks: AsyncGenerator<Buffer, void, undefined>,
  format: CsvFormat,
  count: number,
): Promise<(string | null)[][]> {
  let read: Buffer = Buffer.alloc(0)
  try {
    while (true) {
      const next = await chunks.next()
      if (next.done !== true) read = Buffer.concat([read, next.value])
      const records = parseRecords(read.toString('utf8'), format, next.done === true, count)
      if (records.length >= count || next.done === true || read.length > LONGEST_BYTES) return records
    }
  } finally {
    await chunks.return()
  }
}

/** Up to `most` whole records; the last counts as whole without a line end only if the text `isAll`. */
function parseRecords(text: string, format: CsvFormat, isAll: boolean, most: number): (string | null)[][] {
  const { delimiter, quote, escape } = format
  const records: (string | null)[][] = []
  let fields: (string | null)[] = []
  let field = ''
  let quoted = false
  let wasQuoted = false
  const endField = () => {
    fields.push(field === '' && !wasQuoted ? null : field)
    field = ''
    wasQuoted = false
  }
  const endRecord = () => {
    endField()
    records.push(fields)
    fields = []
  }
  let at = 0
  for (; at < text.length && records.length < most; at += 1) {
    const sign = text[at]
    const next = text[at + 1]
    if (quoted && sign === escape && (next === quote || next === escape)) {
      field += next
      at += 1
    } else if (sign === quote) {
      quoted = !quoted
      wasQuoted = true
    } else if (quoted) field += sign
    else if (sign === delimiter) endField()
    else if (sign === '\n' || sign === '\r') {
      endRecord()
      if (sign === '\r' && next === '\n') at += 1
    } else field += sign
  }
  const open = fields.length > 0 || field !== '' || wasQuoted
  if (isAll && !quoted && open && records.length < most) endRecord()
  return records
}

function checked(fields: (string | null)[], file: string): string[] {
  const names = fields.map((field) => field ?? '')
  const seen = new Set<string>()
  for (const [index, name] of names.entries()) {
    if (name === '') {
      throw new Fault(
        'invalid',
        'transfer.header_invalid',
        `Column ${index + 1} in the header line of ${file} has no name.`,
      )
    }
    if (seen.has(name)) {
      throw new Fault(
        'invalid',
        'transfer.header_invalid',
        `The header line of ${file} has the column "${name}" twice.`,
      )
    }
    seen.add(name)
  }
  return names
}
