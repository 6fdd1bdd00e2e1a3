import { Fault, messageOf, type FaultKind } from '#fault'

import type { PostgresLogin, TableName } from '../../engine/job.ts'
import { cut } from '../../format/sql.ts'
import { placeOf } from './login.ts'
import { tableText } from './quote.ts'

/** What was being done when the server said no; it goes into the sentence. */
export interface PostgresPlace {
  login: PostgresLogin
  /** The table as the person knows it, also while a staging table takes the rows. */
  table?: TableName | undefined
  /** The file whose lines were being read. */
  file?: string | undefined
}

/** The fields of a server's ErrorResponse that sentences are made of; all may be missing. */
interface ServerError {
  code?: string
  message?: string
  detail?: string
  hint?: string
  where?: string
  column?: string
  constraint?: string
}

const CONNECTION_LOST = new Set([
  '57P01',
  '57P02',
  '57P05',
  '08000',
  '08003',
  '08006',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
])

/** Whether the connection is gone, so that what it had begun is over too (or, after COMMIT, unknown). */
export function isConnectionLost(error: unknown): boolean {
  const { code } = fieldsOf(error)
  return (
    (code !== undefined && CONNECTION_LOST.has(code)) ||
    /connection terminated|socket (has been )?ended|not queryable|ended by the other party/i.test(
      messageOf(error),
    )
  )
}

/** The code that PostgreSQL or the system gave, `23505` or `ECONNRESET`. */
export function codeOf(error: unknown): string | undefined {
  return fieldsOf(error).code
}

/**
 * Starts the message of a proof that failed: a SELECT has no way to raise an error but to cast this text to an
 * integer, so it comes back inside the server's own sentence.
 */
export const PROOF_MARK = 'crosstie: '

function provenValue(message: string): string | undefined {
  const [, told] = /^invalid input syntax for type integer: "crosstie: ([\s\S]*)"$/.exec(message) ?? []
  return told
}

/** Turns what pg threw into a Fault whose sentence names the thing and the place; Faults pass as they are. */
export function postgresFault(error: unknown, place: PostgresPlace): Fault {
  if (error instanceof Fault) return error
  const told = fieldsOf(error)
  const at = placeOf(place.login)
  const table = place.table === undefined ? 'the table' : tableText(place.table)
  const make = (kind: FaultKind, code: string, message: string) =>
    new Fault(kind, `transfer.${code}`, message, { cause: error, details: { sqlstate: told.code ?? null } })
  if (isConnectionLost(error)) {
    return make('unavailable', 'connection_lost', `The connection to ${at} was lost (${messageOf(error)}).`)
  }
  const code = told.code ?? ''
  const proof = provenValue(told.message ?? '')
  if (proof !== undefined) {
    return make(
      'invalid',
      'value_refused',
      `A value on its way from or to ${table} at ${at} does not fit: ${cut(proof, 200)}.`,
    )
  }
  if (/^2[23]/.test(code)) return make('invalid', 'value_refused', refusedValue(told, table, place))
  switch (code) {
    case '42501':
      return make(
        'forbidden',
        'not_allowed',
        `${place.login.user} may not do this at ${at}: ${told.message}. Grant it the right.`,
      )
    case '42P01':
      return make('not_found', 'table_missing', `There is no table ${table} at ${at} (${told.message}).`)
    case '42703':
      return make(
        'not_found',
        'column_missing',
        `A column of ${table} at ${at} is gone or misspelt: ${told.message}.`,
      )
    case '57014':
      return make('failed', 'cancelled', `A statement on ${table} at ${at} was cancelled on the server.`)
    case '55P03':
      return make('timed_out', 'locked', `${table} at ${at} is locked by another session: ${told.message}.`)
    case '53100':
      return make('failed', 'disk_full', `The disk of the server at ${at} is full: ${told.message}.`)
    default:
      return make(
        'failed',
        'database_refused',
        sentence(`${table} at ${at}: ${told.message ?? messageOf(error)}`, told),
      )
  }
}

/** `COPY t, line 7, column price: "abc"` is how the server says where a value stood. */
const COPY_LINE = /^COPY .*?, line (\d+)(?:, column (.*?))?(?:: ("[\s\S]*"|null input))?$/m

function refusedValue(told: ServerError, table: string, place: PostgresPlace): string {
  const [, line, copyColumn, value] = COPY_LINE.exec(told.where ?? '') ?? []
  const message = told.message ?? 'value refused'
  const column = copyColumn ?? told.column
  const row = place.file === undefined ? `row ${line}` : `line ${line} of ${place.file}`
  const shown = [line === undefined ? '' : row, column === undefined ? '' : `column "${column}"`]
  const where = shown.filter((part) => part !== '').join(', ')
  const unnamed = told.constraint !== undefined && !message.includes(told.constraint)
  const untold = value !== undefined && copyColumn !== undefined && !message.includes(value)
  const said = `${message}${unnamed ? ` [${told.constraint}]` : ''}${untold ? ` (the value: ${cut(value)})` : ''}`
  const what =
    where === '' ? 'a value' : line === undefined || column !== undefined ? `a value of ${where}` : where
  return sentence(`${table} at ${placeOf(place.login)} cannot hold ${what}: ${said}`, told)
}

function sentence(text: string, told: ServerError): string {
  const detail = told.detail === undefined ? '' : ` ${cut(told.detail, 200)}`
  return `${text.replace(/\.?$/, '.')}${detail}`
}

function fieldsOf(error: unknown): ServerError {
  // pg's DatabaseError and Node's system errors carry these as plain strings.
  return typeof error === 'object' && error !== null ? (error as ServerError) : {}
}
