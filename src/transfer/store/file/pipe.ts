/**
 * Named pipes between DuckDB, which opens paths, and Node, which reads and writes streams. Bytes pass
 * through memory only, and whoever is slower holds the other one back.
 */
import { execFile } from 'node:child_process'
import { constants, openSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { Fault, messageOf } from '#fault'

export interface Pipe {
  /** What DuckDB opens. */
  path: string
  /** Node's end. */
  stream: Socket
  close(): Promise<void>
}

/**
 * DuckDB writes, Node reads. Opened without waiting for the writer, and read by the event loop: a blocking
 * read would hold one of Node's four file threads for the whole run.
 */
export function openPipeToRead(directory: string, name: string): Promise<Pipe> {
  return openPipe(directory, name, constants.O_RDONLY | constants.O_NONBLOCK)
}

/**
 * Node writes, DuckDB reads. Opened for both directions, because a pipe without a reader refuses a writer
 * that does not wait; DuckDB sees the end when `stream` is closed.
 */
export function openPipeToWrite(directory: string, name: string): Promise<Pipe> {
  return openPipe(directory, name, constants.O_RDWR | constants.O_NONBLOCK)
}

async function openPipe(directory: string, name: string, flags: number): Promise<Pipe> {
  const path = join(directory, name)
  await rm(path, { force: true })
  try {
    await promisify(execFile)('mkfifo', ['-m', '600', path])
  } catch (error) {
    throw new Fault(
      'failed',
      'transfer.pipe_failed',
      `No pipe could be made at ${path}: ${messageOf(error)}.`,
      { cause: error },
    )
  }
  const reading = (flags & constants.O_RDWR) === 0
  const stream = new Socket({ fd: openSync(path, flags), readable: reading, writable: !reading })
  // Whoever pipes the stream hears of its errors; unheard, one would end the process.
  stream.on('error', () => {})
  return {
    path,
    stream,
    close: async () => {
      stream.destroy()
      await rm(path, { force: true })
    },
  }
}
