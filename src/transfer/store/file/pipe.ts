/**
 * Named pipes between DuckDB, which opens paths, and Node, which reads and writes streams. Bytes pass
 * through memory only, and whoever is slower holds the other one back.
 *
 * Opening a pipe waits for the other side, and DuckDB does it on one of Node's few worker threads. Node
 * itself never waits in a call: it opens without blocking and lets the event loop do the rest.
 */
import { execFile } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

import { Fault, messageOf } from '#fault'

interface Pipe {
  /** What DuckDB opens. */
  path: string
  /** Breaks the pipe, so that DuckDB's reading or writing ends, until `over` is settled. */
  breakOff(over: Promise<unknown>): void
  close(): Promise<void>
}

/** DuckDB writes, Node reads. */
export interface PipeToRead extends Pipe {
  stream: Socket
}

/** Node writes, DuckDB reads. */
export interface PipeToWrite extends Pipe {
  /** Resolves when DuckDB has opened the pipe: what was written before would be lost. */
  connect(): Promise<Socket>
}

const READ = constants.O_RDONLY | constants.O_NONBLOCK
const WRITE = constants.O_WRONLY | constants.O_NONBLOCK
const LOOK_EVERY_MS = 5

export async function openPipeToRead(directory: string, name: string): Promise<PipeToRead> {
  const path = await makePipe(directory, name)
  const stream = socketOn(openSync(path, READ), 'read')
  return {
    path,
    stream,
    breakOff: (over) => {
      stream.destroy()
      keepUnblocked(path, READ, over)
    },
    close: async () => {
      stream.destroy()
      await rm(path, { force: true })
    },
  }
}

export async function openPipeToWrite(directory: string, name: string): Promise<PipeToWrite> {
  const path = await makePipe(directory, name)
  let stream: Socket | undefined
  let broken = false
  return {
    path,
    connect: async () => {
      while (!broken) {
        const fd = openIfRead(path)
        if (fd !== null) return (stream = socketOn(fd, 'write'))
        await sleep(LOOK_EVERY_MS)
      }
      throw new Error('the pipe was broken off')
    },
    breakOff: (over) => {
      broken = true
      stream?.destroy()
      keepUnblocked(path, constants.O_RDWR | constants.O_NONBLOCK, over)
    },
    close: async () => {
      broken = true
      stream?.destroy()
      await rm(path, { force: true })
    },
  }
}

async function makePipe(directory: string, name: string): Promise<string> {
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
  return path
}

/** The writing end, or null while nobody reads. */
function openIfRead(path: string): number | null {
  try {
    return openSync(path, WRITE)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENXIO') return null
    throw error
  }
}

function socketOn(fd: number, way: 'read' | 'write'): Socket {
  const stream = new Socket({ fd, readable: way === 'read', writable: way === 'write' })
  // Whoever pipes the stream hears of its errors; unheard, one would end the process.
  stream.on('error', () => {})
  return stream
}

const UNBLOCK_EVERY_MS = 20

/** DuckDB may be about to open the pipe, which would wait for ever for the end that was just closed. */
function keepUnblocked(path: string, flags: number, over: Promise<unknown>): void {
  const timer = setInterval(() => {
    try {
      closeSync(openSync(path, flags))
    } catch {
      // The pipe was removed, so nobody waits at it.
      clearInterval(timer)
    }
  }, UNBLOCK_EVERY_MS)
  const end = () => clearInterval(timer)
  over.then(end, end)
}
