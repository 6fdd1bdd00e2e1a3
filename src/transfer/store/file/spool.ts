/** Files as DuckDB can read them: what it cannot unpack or decode by itself is written beside as plain UTF-8. */
import { createReadStream, createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Duplex, type Readable, type Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createInflate, createInflateRaw, createZstdDecompress } from 'node:zlib'

import { TextDecoder } from 'node:util'

import { Fault, messageOf } from '#fault'

import type { Compression, FileFormat } from '../../engine/job.ts'
import { READ_BY_DUCKDB } from '../../format/read.ts'
import { pathFault } from './path-guard.ts'

/** The name of an encoding that needs no decoding; ASCII is a part of UTF-8. */
export function isUtf8(encoding: string): boolean {
  return /^(utf-?8|us-ascii|ascii)$/i.test(encoding)
}

/** Whether files of this format have to be spooled before DuckDB reads them. */
export function needsSpool(format: FileFormat): boolean {
  if (format.type === 'parquet') return false
  return !isUtf8(format.encoding) || !READ_BY_DUCKDB.has(format.compression)
}

/** Writes what comes from `input` to `path`, unpacked and decoded as the format asks. */
export async function spool(
  input: Readable,
  path: string,
  format: FileFormat,
  named: string,
  signal: AbortSignal,
): Promise<void> {
  const steps: Duplex[] = []
  if (needsSpool(format) && format.type !== 'parquet') {
    const unpack = unpacker(format.compression)
    if (unpack !== null) steps.push(unpack)
    if (!isUtf8(format.encoding)) steps.push(decoder(format.encoding, named))
  }
  try {
    await pipeline([input, ...steps, createWriteStream(path, { mode: 0o600 })], { signal })
  } catch (error) {
    if (signal.aborted || error instanceof Fault) throw error
    if (error instanceof Error && 'path' in error) throw pathFault(error, String(error.path))
    throw new Fault(
      'invalid',
      'transfer.file_unreadable',
      `${named} cannot be unpacked: ${messageOf(error)}.`,
      { cause: error },
    )
  }
}

/** Files spooled one by one into the temporary directory; answers the new paths. */
export async function spoolFiles(
  paths: readonly string[],
  format: FileFormat,
  directory: string,
  signal: AbortSignal,
): Promise<string[]> {
  const spooled: string[] = []
  for (const [index, path] of paths.entries()) {
    const target = join(directory, `spool_${index}`)
    await spool(createReadStream(path), target, format, path, signal)
    spooled.push(target)
  }
  return spooled
}

/** The format of a file after it was spooled. */
export function spooledFormat(format: FileFormat): FileFormat {
  if (!needsSpool(format) || format.type === 'parquet') return format
  return { ...format, encoding: 'utf-8', compression: 'none' }
}

/** What unpacks a stream in Node; null when nothing is packed. */
export function unpacker(compression: Compression): Transform | null {
  switch (compression) {
    case 'none':
      return null
    case 'gzip':
      return createGunzip()
    case 'zlib':
      return createInflate()
    case 'deflate':
      return createInflateRaw()
    case 'zstd':
      return createZstdDecompress()
    case 'snappy':
    case 'lz4':
    case 'bzip2':
      throw new Fault(
        'invalid',
        'transfer.compression_unsupported',
        `CSV and JSON files compressed with ${compression} cannot be read; none, gzip, zstd, zlib and deflate can. Unpack the file first.`,
      )
  }
}

function decoder(encoding: string, named: string): Duplex {
  const text = textDecoder(encoding)
  return Duplex.from(async function* decode(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let offset = 0
    try {
      for await (const chunk of chunks) {
        yield Buffer.from(text.decode(chunk, { stream: true }))
        offset += chunk.length
      }
      yield Buffer.from(text.decode())
    } catch (error) {
      throw new Fault(
        'invalid',
        'transfer.encoding_wrong',
        `${named} is not ${encoding}: some bytes behind byte ${offset} are no text in it. Name the encoding that the file really has.`,
        { cause: error },
      )
    }
  })
}

function textDecoder(encoding: string): TextDecoder {
  try {
    return new TextDecoder(encoding, { fatal: true })
  } catch (error) {
    throw new Fault(
      'invalid',
      'transfer.encoding_unknown',
      `There is no encoding "${encoding}"; write utf-8, utf-16le, latin1, windows-1251, gb18030 …`,
      { cause: error },
    )
  }
}
