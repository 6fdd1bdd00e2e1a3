import { Fault, messageOf } from '#fault'

import { cut } from '../../format/sql.ts'
import { pathFault } from '../../store/file/path-guard.ts'
import { placeOf } from '../../store/postgres/login.ts'
import { postgresFault } from '../../store/postgres/fault.ts'
import type { Job } from '../job.ts'

export interface DuckPlace {
  job: Job
  /** The source in words: files were perhaps spooled, and their spool's name says nothing to anybody. */
  source: string
  /** The file that is being written, as the person knows it. */
  output?: string | undefined
}

/** Turns what DuckDB threw into a Fault that names the file or table and the place in it. */
export function duckFault(error: unknown, place: DuckPlace): Fault {
  if (error instanceof Fault) return error
  const told = messageOf(error)
  return (
    guardFault(told, place, error) ??
    csvFault(told, place, error) ??
    writeFault(told, place, error) ??
    jsonFault(told, place, error) ??
    parquetFault(told, place, error) ??
    otherFault(told, place, error)
  )
}

/** What our own guards say through DuckDB's `error()`. */
function guardFault(told: string, { source }: DuckPlace, cause: unknown): Fault | null {
  const said = /^Invalid Input Error: (column ".*" cannot [^\n]*)/.exec(told)?.[1]
  return said === undefined
    ? null
    : make('invalid', 'value_inexact', `${source}: ${said.replace(/\.$/, '')}.`, cause)
}

function csvFault(told: string, { source }: DuckPlace, cause: unknown): Fault | null {
  const line = /CSV Error on Line: (\d+)/.exec(told)?.[1]
  if (line === undefined) {
    if (!/Error when sniffing file|CSV file sniffing/i.test(told)) return null
    return make(
      'invalid',
      'csv_malformed',
      `${source} cannot be read as CSV with this delimiter, quote and escape; does the format fit the file?`,
      cause,
    )
  }
  const [, original = ''] =
    /Original Line: ?([\s\S]*?)\n(?:Expected|Value|Invalid|Maximum|Error|The |Possible|\n)/.exec(told) ?? []
  const [, expected, found] = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(told) ?? []
  const file = fileOf(told, source)
  let why = /\n([^\n]*?(?:quote|line size)[^\n]*)\n/i.exec(told)?.[1]?.trim() ?? 'this line is malformed'
  if (expected !== undefined) why = `${expected} columns are expected, and there are ${found}`
  else if (/unterminated quote/i.test(told)) why = 'a quote is opened and never closed'
  else if (/unicode|utf-8/i.test(told)) why = 'these bytes are not UTF-8; name the encoding that the file has'
  else if (/Maximum line size/i.test(told)) why = 'the line is longer than 16 MiB'
  const column = expected === undefined ? '' : `, column ${Math.min(Number(expected), Number(found)) + 1}`
  return make(
    'invalid',
    'csv_malformed',
    `${file}, line ${line}${column}: ${why}. The text there: ${JSON.stringify(cut(original))}`,
    cause,
    {
      line: Number(line),
    },
  )
}

/** One of several files is named by the error; a spooled one is not. */
function fileOf(told: string, source: string): string {
  const file = /\n\s*file = (.*)/.exec(told)?.[1]?.trim()
  return file === undefined || /\/(spool_\d+|stdin|[a-z]+\.pipe)$/.test(file) ? source : file
}

function jsonFault(told: string, { source }: DuckPlace, cause: unknown): Fault | null {
  const malformed =
    /Malformed JSON in file "(.*?)",? (at byte \d+ in [a-z/]+ \d+): ?([\s\S]*?)(?:\. ?Try|\n|$)/.exec(told)
  if (malformed !== null) {
    return make(
      'invalid',
      'json_malformed',
      `${source} is not JSON ${malformed[2]}: ${cut(malformed[3] ?? '')}.`,
      cause,
    )
  }
  if (/JSON/.test(withoutPaths(told)) && told.startsWith('Invalid Input Error')) {
    return make('invalid', 'json_malformed', `${source} cannot be read as JSON: ${firstLine(told)}.`, cause)
  }
  return null
}

function parquetFault(told: string, { source }: DuckPlace, cause: unknown): Fault | null {
  if (!/No magic bytes|Parquet|TProtocol|page header|decompress/i.test(withoutPaths(told))) return null
  return make(
    'invalid',
    'parquet_broken',
    `${source} is not a whole Parquet file: ${firstLine(told)}. Was it cut off while it was copied?`,
    cause,
  )
}

/** A file's name says nothing of what is wrong with it. */
function withoutPaths(told: string): string {
  return told.replaceAll(/(['"])\/.*?\1/g, '')
}

function writeFault(told: string, { output, job }: DuckPlace, cause: unknown): Fault | null {
  const code = /No space left on device/.test(told)
    ? 'ENOSPC'
    : /File too large/.test(told)
      ? 'EFBIG'
      : /Disk quota/.test(told)
        ? 'EDQUOT'
        : null
  if (code === null) return null
  const spilling = told.includes(job.limits.temporaryDirectory) || output === undefined
  return pathFault(
    Object.assign(new Error(told, { cause }), { code }),
    spilling ? job.limits.temporaryDirectory : output,
  )
}

function otherFault(told: string, place: DuckPlace, cause: unknown): Fault {
  const said = firstLine(told)
  if (told.startsWith('Out of Memory Error')) {
    const limit = Math.round(place.job.limits.memoryBytes / 1024 / 1024)
    return make(
      'failed',
      'out_of_memory',
      `The transfer needs more than its ${limit} MB of memory and could not spill it to disk. Give it more, or fewer threads.`,
      cause,
    )
  }
  if (/^(Conversion|Out of Range) Error/.test(told)) {
    return make(
      'invalid',
      'value_refused',
      `A value of ${place.source} does not fit its type: ${said}.`,
      cause,
    )
  }
  if (told.startsWith('Catalog Error: Type with name')) {
    return make(
      'bad_request',
      'type_unknown',
      `${said}. Write a type such as BIGINT, DECIMAL(10, 2), VARCHAR, DATE or TIMESTAMP.`,
      cause,
    )
  }
  if (/^(Parser|Binder|Catalog|Permission) Error/.test(told)) {
    return make('invalid', 'query_refused', `The query over ${place.source} was refused: ${said}.`, cause)
  }
  const { source } = place.job
  if (
    source.type === 'postgres' &&
    /server closed the connection|terminating connection|connection .*(lost|reset|closed)|no connection to the server|could not (receive|send) data/i.test(
      told,
    )
  ) {
    return make(
      'unavailable',
      'connection_lost',
      `The connection to ${placeOf(source.login)} was lost while ${place.source} was read.`,
      undefined,
    )
  }
  if (source.type === 'postgres' && /postgres|libpq|server closed/i.test(told)) {
    return postgresFault(new Error(hideSecret(said, source.login.password)), {
      login: source.login,
      table: source.table,
    })
  }
  return make('failed', 'engine_failed', `${place.source} could not be carried: ${said}.`, cause)
}

/** The first line of DuckDB's message without its class, which means nothing to a person. */
export function firstLine(told: string): string {
  const plain = told.replace(
    /^((Invalid Input|IO|Conversion|Catalog|Binder|Parser|Permission|Out of Range|Out of Memory|Constraint|Serialization) Error: )+/,
    '',
  )
  return cut(plain.split('\n')[0] ?? '', 300).replace(/\.$/, '')
}

/** The extension repeats the whole address, password and all, when it cannot connect. */
function hideSecret(text: string, password: string | undefined): string {
  const bare = text.replaceAll(/password='(\\.|[^'\\])*'/g, "password='***'")
  return password === undefined || password === '' ? bare : bare.replaceAll(password, '***')
}

function make(kind: Fault['kind'], code: string, message: string, cause: unknown, details?: unknown): Fault {
  // The cause is left out where it may hold an address with its password.
  const told = messageOf(cause)
  return new Fault(kind, `transfer.${code}`, message, {
    ...(told.includes('password=') ? {} : { cause }),
    details,
  })
}
