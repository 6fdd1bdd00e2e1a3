import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { addAbortSignal, pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

import { Fault, messageOf } from '#fault'

import { guardPath, pathFault } from '../../store/file/path-guard.ts'
import type { Source } from '../job.ts'
import type { CsvFormat } from './dialect.ts'

export type CsvSource = Exclude<Source, { type: 'postgres' }> & { format: CsvFormat }

/** One file, or standard input, whose bytes have not been read yet. */
export interface BytesIn {
  /** What faults call it. */
  name: string
  /** As it lies on the disk; null where that says nothing about the bytes to come. */
  sizeBytes: number | null
  open(): AsyncGenerator<Buffer, void, undefined>
}

const CHUNK_BYTES = 256 * 1024
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

/** Every path is proven to lie inside the job's folder before the first is opened. */
export async function inputsOf(source: CsvSource, signal?: AbortSignal): Promise<BytesIn[]> {
  const gzip = source.format.compression === 'gzip'
  if (source.type === 'stdin') {
    return [
      {
        name: 'standard input',
        sizeBytes: null,
        open: () => bytes(process.stdin, gzip, 'standard input', signal),
      },
    ]
  }
  return await Promise.all(
    source.paths.map(async (given) => {
      const path = await guardPath(given, source.root)
      const there = await stat(path).catch((error: unknown) => {
        throw pathFault(error, path)
      })
      if (!there.isFile() && !there.isFIFO() && !there.isCharacterDevice())
        throw pathFault(Object.assign(new Error('a folder'), { code: 'EISDIR' }), path)
      const open = () => bytes(createReadStream(path, { highWaterMark: CHUNK_BYTES }), gzip, path, signal)
      return { name: path, sizeBytes: gzip || !there.isFile() ? null : there.size, open }
    }),
  )
}

/** The bytes of the text: unpacked, and without a byte order mark, which PostgreSQL would take for data. */
async function* bytes(
  raw: Readable,
  gzip: boolean,
  name: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  // A read may wait for ever: for a person at a terminal, say.
  if (signal !== undefined) addAbortSignal(signal, raw)
  const stream = gzip ? pipeline(raw, createGunzip({ chunkSize: CHUNK_BYTES }), () => {}) : raw
  let first = true
  try {
    for await (const read of stream) {
      // Neither stream has an encoding set, so what comes is a Buffer.
      const chunk = read as Buffer
      yield first && chunk.subarray(0, 3).equals(BYTE_ORDER_MARK) ? chunk.subarray(3) : chunk
      first = false
    }
  } catch (error) {
    if (error instanceof Fault) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (!code.startsWith('Z_')) throw pathFault(error, name)
    const message = `${name} is not whole gzip data (${messageOf(error)}). Is it packed at all, and did all of it arrive?`
    throw new Fault('invalid', 'transfer.file_damaged', message, { cause: error })
  } finally {
    raw.destroy()
  }
}

export function totalBytes(inputs: readonly BytesIn[]): number | null {
  const sizes = inputs.map(({ sizeBytes }) => sizeBytes)
  return sizes.includes(null) ? null : sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0)
}
