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
import type { Duck } from './duck.ts'
import type { Relation } from './relation.ts'
import { BrokenOff, together } from './together.ts'
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
  return runFed(relation, options.duck, statement)
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
  const written = duck.run(statementFor(relation, format, pipe.path, true))
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      counts.bytes += chunk.length
      done(null, chunk)
    },
  })
  const sent = pipeline([pipe.stream, ...steps, counted, stream], { signal }).catch((error: unknown) => {
    throw streamFault(error, named, signal)
  })
  try {
    return await together(written, [sent, relation.feed?.run()], () => {
      pipe.breakOff(written)
      relation.feed?.breakOff(written)
      duck.connection.interrupt()
    })
  } finally {
    await pipe.close()
  }
}

/** One statement over the relation, its pipe filled meanwhile where it has one. */
export async function runFed(relation: Relation, duck: Duck, statement: string): Promise<number> {
  const { feed } = relation
  const written = duck.run(statement)
  return together(written, [feed?.run()], () => {
    feed?.breakOff(written)
    duck.connection.interrupt()
  })
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
  // The pipe was broken off because DuckDB failed, which says why.
  if (error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE')
    return new BrokenOff(error.message)
  if (signal.aborted || error instanceof Fault) return error
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EPIPE')
    return new Fault('failed', 'transfer.reader_gone', `Whoever read ${named} has stopped reading.`, {
      cause: error,
    })
  return typeof code === 'string' && /^E[A-Z]+$/.test(code) ? pathFault(error, named) : error
}
