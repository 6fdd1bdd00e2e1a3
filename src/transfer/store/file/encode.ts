/** What Node does to a text file on its way out, where DuckDB cannot: line ends, encodings, packing. */
import { Duplex, type Transform } from 'node:stream'
import { createDeflate, createDeflateRaw, createGzip, createZstdCompress } from 'node:zlib'

import { Fault } from '#fault'

import type { Compression, FileFormat } from '../../engine/job.ts'
import { isUtf8 } from './spool.ts'

const WRITTEN_BY_DUCKDB: ReadonlySet<Compression> = new Set(['none', 'gzip', 'zstd'])

/** Whether DuckDB's bytes are the file's bytes. */
export function isWrittenByDuckdb(format: FileFormat): boolean {
  if (format.type === 'parquet') return true
  return isUtf8(format.encoding) && format.line_sep === '\n' && WRITTEN_BY_DUCKDB.has(format.compression)
}

/** The steps from DuckDB's plain UTF-8 to what the format asks for. */
export function encodingSteps(format: FileFormat): Duplex[] {
  if (format.type === 'parquet') return []
  const steps: Duplex[] = []
  if (format.line_sep !== '\n')
    steps.push(lineEnds(format.line_sep, format.type === 'csv' ? format.quote : ''))
  if (!isUtf8(format.encoding)) steps.push(encoder(format.encoding))
  const pack = packer(format.compression)
  if (pack !== null) steps.push(pack)
  return steps
}

function packer(compression: Compression): Transform | null {
  switch (compression) {
    case 'none':
      return null
    case 'gzip':
      return createGzip()
    case 'zlib':
      return createDeflate()
    case 'deflate':
      return createDeflateRaw()
    case 'zstd':
      return createZstdCompress()
    case 'snappy':
    case 'lz4':
    case 'bzip2':
      throw new Fault(
        'invalid',
        'transfer.compression_unsupported',
        `CSV and JSON files cannot be compressed with ${compression}; none, gzip, zstd, zlib and deflate can be written.`,
      )
  }
}

const LINE_FEED = 0x0a

/** Other line ends; a line feed between quotes is a part of a value and stays. */
function lineEnds(separator: string, quote: string): Duplex {
  const mark = quote.charCodeAt(0)
  const end = Buffer.from(separator)
  return Duplex.from(async function* replace(chunks: AsyncIterable<Buffer>) {
    let quoted = false
    for await (const chunk of chunks) {
      const parts: Buffer[] = []
      let from = 0
      for (let at = 0; at < chunk.length; at++) {
        if (chunk[at] === mark) quoted = !quoted
        else if (chunk[at] === LINE_FEED && !quoted) {
          parts.push(chunk.subarray(from, at), end)
          from = at + 1
        }
      }
      parts.push(chunk.subarray(from))
      yield Buffer.concat(parts)
    }
  })
}

/** Node writes these by itself; every character that has no place in them is refused, not replaced. */
function encoder(encoding: string): Duplex {
  const wide = /^utf-?16(le)?$/i.test(encoding)
  if (!wide && !/^(latin-?1|iso-?8859-?1)$/i.test(encoding)) {
    throw new Fault(
      'invalid',
      'transfer.encoding_unknown',
      `Files cannot be written in the encoding "${encoding}"; utf-8, utf-16le and latin1 can.`,
    )
  }
  return Duplex.from(async function* encode(chunks: AsyncIterable<Buffer>) {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    const turn = (part: string): Buffer => {
      if (wide) return Buffer.from(part, 'utf16le')
      const foreign = /[^\u0000-\u00ff]/u.exec(part)?.[0]
      if (foreign !== undefined) {
        throw new Fault(
          'invalid',
          'transfer.encoding_wrong',
          `The character "${foreign}" has no place in ${encoding}. Write UTF-8.`,
        )
      }
      return Buffer.from(part, 'latin1')
    }
    for await (const chunk of chunks) yield turn(text.decode(chunk, { stream: true }))
    yield turn(text.decode())
  })
}
