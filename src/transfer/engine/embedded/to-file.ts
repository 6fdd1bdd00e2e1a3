import { createWriteStream } from 'node:fs'
import { Transform, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { Fault } from '#fault'

import { copyOptions, copyStatement, fileColumn } from '../../format/write.ts'
import { quoteIdentifier } from '../../format/sql.ts'
import { encodingSteps, isWrittenByDuckdb } from '../../store/file/encode.ts'
import type { OutputFile } from '../../store/file/output.ts'
import { pathFault } from '../../store/file/path-guard.ts'
import { openPipeToRead } from '../../store/file/pipe.ts'
import type { FileFormat } from '../job.ts'
import type { Relation } from './relation.ts'
import type { WriteOptions } from './to-postgres.ts'
import { typedValue } from './transform.ts'

/** Writes the relation to the output's temporary path; the caller moves it. Answers the number of rows. */
export async function writeFile(
  relation: Relation,
  format: FileFormat,
  output: OutputFile,
  options: WriteOptions,
): Promise<number> {
  if (!isWrittenByDuckdb(format)) {
    const file = createWriteStream(output.temporaryPath, { flags: 'wx', mode: 0o644 })
    return writeThroughPipe(relation, format, file, output.path, options)
  }
  const statement = statementFor(relation, format, output.temporaryPath, false)
  const [rows] = await Promise.all([options.duck.run(statement), relation.feed?.(options.signal)])
  return rows
}

/** Writes the relation to a stream, standard output for one. */
export async function writeStream(
  relation: Relation,
  format: FileFormat,
  stream: Writable,
  options: WriteOptions,
): Promise<number> {
  return writeThroughPipe(relation, format, stream, 'standard output', options)
}

async function writeThroughPipe(
  relation: Relation,
  format: FileFormat,
  stream: Writable,
  named: string,
  { duck, job, signal, counts }: WriteOptions,
): Promise<number> {
  const steps = encodingSteps(format)
  const pipe = await openPipeToRead(job.limits.temporaryDirectory, 'file.pipe')
  const written = duck.run(statementFor(relation, format, pipe.path, true)).catch((error: unknown) => {
    pipe.stream.destroy()
    throw error
  })
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      counts.bytes += chunk.length
      done(null, chunk)
    },
  })
  const sent = pipeline([pipe.stream, ...steps, counted, stream], { signal }).catch((error: unknown) => {
    duck.connection.interrupt()
    throw streamFault(error, named, signal)
  })
  try {
    // DuckDB's own failure is told first: a pipe that breaks off is what follows from it.
    const [rows, pumped, fed] = await Promise.allSettled([written, sent, relation.feed?.(signal)])
    if (pumped.status === 'rejected' && pumped.reason instanceof Fault) throw pumped.reason
    if (rows.status === 'rejected') throw rows.reason
    if (pumped.status === 'rejected') throw pumped.reason
    if (fed.status === 'rejected') throw fed.reason
    return rows.value
  } finally {
    await pipe.close()
  }
}

function statementFor(relation: Relation, format: FileFormat, path: string, plain: boolean): string {
  const columns = relation.columns.map((column) => {
    const value =
      format.type === 'csv'
        ? { expression: quoteIdentifier(column.name), type: column.type }
        : { expression: typedValue(column), type: column.meaning ?? column.type }
    return { name: column.name, ...fileColumn(column.name, value.expression, value.type, format) }
  })
  return copyStatement(relation.query, columns, path, copyOptions(format, plain))
}

function streamFault(error: unknown, named: string, signal: AbortSignal): unknown {
  if (signal.aborted || error instanceof Fault) return error
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EPIPE')
    return new Fault('failed', 'transfer.reader_gone', `Whoever read ${named} has stopped reading.`, {
      cause: error,
    })
  return typeof code === 'string' && /^E[A-Z]+$/.test(code) ? pathFault(error, named) : error
}
