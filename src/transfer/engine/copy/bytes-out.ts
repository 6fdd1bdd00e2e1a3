import { createWriteStream, fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import { finished } from 'node:stream/promises'
import type { Writable } from 'node:stream'
import { once } from 'node:events'
import { createGzip } from 'node:zlib'

import { Fault } from '#fault'

import type { CopySink } from '../../store/postgres/copy-stream.ts'
import { pathFault } from '../../store/file/path-guard.ts'

/** A file or standard output that takes bytes in order. */
export interface BytesOut extends CopySink {
  /** Resolves when all of it is with the system. */
  end(): Promise<void>
  close(): void
}

/** Few large writes instead of one for each of the server's chunks. */
const BUFFER_BYTES = 1 << 20

/** Makes the file; `name` is what faults call it. */
export function writeFileBytes(path: string, name: string, gzip: boolean): BytesOut {
  const stream = createWriteStream(path, { flags: 'w', mode: 0o666, highWaterMark: BUFFER_BYTES })
  return bytesOut(stream, gzip, (error) => pathFault(error, name))
}

export function writeStdoutBytes(gzip: boolean): BytesOut {
  const kind = fstatSync(1)
  // A pipe goes through the event loop, so that a slow reader never blocks a stop.
  const piped = kind.isFIFO() || kind.isSocket()
  const stream = piped
    ? new Socket({ fd: 1, readable: false, writable: true })
    : createWriteStream('', { fd: 1, autoClose: false, highWaterMark: BUFFER_BYTES })
  return bytesOut(stream, gzip, (error) => {
    const gone =
      error instanceof Error && 'code' in error && (error.code === 'EPIPE' || error.code === 'ECONNRESET')
    if (!gone) return pathFault(error, 'Standard output')
    const message = 'Whatever read standard output has closed it before the end.'
    return new Fault('failed', 'transfer.output_closed', message, { cause: error })
  })
}

function bytesOut(last: Writable, gzip: boolean, faultOf: (error: unknown) => Fault): BytesOut {
  const first = gzip ? createGzip() : last
  if (first !== last) first.pipe(last)
  const over = finished(last).catch((error: unknown) => {
    throw faultOf(error)
  })
  const failed = over.then(() => new Promise<never>(() => {}))
  failed.catch(() => {})
  return {
    write: (bytes) => first.write(bytes),
    async drained() {
      if (first.writableNeedDrain) await Promise.race([once(first, 'drain'), failed])
    },
    failed,
    async end() {
      first.end()
      await over
    },
    close() {
      first.destroy()
      last.destroy()
    },
  }
}
