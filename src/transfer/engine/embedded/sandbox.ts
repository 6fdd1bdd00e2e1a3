/**
 * A user's SQL over the rows of the source, and over nothing else.
 *
 * The rows are written into a database file of their own. A second DuckDB opens that file and nothing more:
 * no other file, no network, no extension, no setting can be reached, and the text has to be one SELECT. Its
 * answer is stored in the same file, which the first DuckDB then reads.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import { Fault, messageOf } from '#fault'
import { StatementType } from '@duckdb/node-api'

import { postgresTypeOf } from '../../format/postgres-type.ts'
import { cut, quoteIdentifier, quoteLiteral } from '../../format/sql.ts'
import type { Job } from '../job.ts'
import { openDuck, type Duck } from './duck.ts'
import { duckFault, firstLine } from './fault.ts'
import type { Column, Relation } from './relation.ts'
import { runFed } from './to-file.ts'
import { typedValue } from './transform.ts'

/** Text that is longer was not written by a person. */
const LONGEST_QUERY = 100_000

export interface SandboxOptions {
  duck: Duck
  job: Job
  signal: AbortSignal
}

/** The relation that the query answers when the rows of `relation` are its table `source`. */
export async function queryRelation(
  relation: Relation,
  query: string,
  options: SandboxOptions,
): Promise<Relation> {
  const { duck, job } = options
  const path = join(job.limits.temporaryDirectory, 'sandbox.duckdb')
  await rm(path, { force: true })
  await spoolRows(relation, path, duck)
  const columns = await answer(path, query, options)
  await duck.run(`attach ${quoteLiteral(path)} as sandbox (read_only)`)
  const [[rows] = []] = await duck.rows('select count(*) from sandbox.main.answer')
  return {
    query: `select ${columns.map(({ name }) => quoteIdentifier(name)).join(', ')} from sandbox.main.answer`,
    columns,
    named: `the SQL transformation of ${relation.named}`,
    totalRows: Number(rows),
    totalBytes: null,
  }
}

async function spoolRows(relation: Relation, path: string, duck: Duck): Promise<void> {
  const list = relation.columns.map((column) => `${typedValue(column)} as ${quoteIdentifier(column.name)}`)
  await duck.run(`attach ${quoteLiteral(path)} as spool`)
  await runFed(
    relation,
    duck,
    `create table spool.main.source as select ${list.join(', ')} from (${relation.query})`,
  )
  await duck.run('detach spool')
}

async function answer(path: string, query: string, { job, signal }: SandboxOptions): Promise<Column[]> {
  const duck = await openDuck(job.limits, { path, sandboxed: true })
  const stop = () => duck.connection.interrupt()
  signal.addEventListener('abort', stop)
  try {
    await checkQuery(duck, query)
    const text = query.trim().replace(/;\s*$/, '')
    // The line feed keeps a comment at the query's end from swallowing the bracket.
    await duck.run(`create table answer as select * from (${text}\n)`)
    const columns = await duck.describe('select * from answer')
    return columns.map(({ name, type }) => ({
      name,
      type,
      postgresType: postgresTypeOf(type),
      sourceType: cut(type),
    }))
  } catch (error) {
    if (signal.aborted || error instanceof Fault) throw error
    const told = messageOf(error)
    if (/^(Out of Memory Error|IO Error: Could not write)/.test(told))
      throw duckFault(error, { job, source: 'the SQL transformation' })
    throw refused(firstLine(told))
  } finally {
    signal.removeEventListener('abort', stop)
    duck.close()
  }
}

/** One SELECT. DuckDB itself says what the text is, so no word in it has to be searched for. */
async function checkQuery(duck: Duck, query: string): Promise<void> {
  if (query.length > LONGEST_QUERY) throw refused(`it is longer than ${LONGEST_QUERY} characters`)
  const statements = await duck.connection.extractStatements(query)
  if (statements.count !== 1) throw refused(`it holds ${statements.count} statements, and one is allowed`)
  const statement = await statements.prepare(0)
  const type = statement.statementType
  statement.destroySync()
  if (type !== StatementType.SELECT) throw refused('it is no SELECT')
}

function refused(why: string): Fault {
  return new Fault(
    'invalid',
    'transfer.query_refused',
    `The SQL transformation was refused: ${why}. Write one SELECT over the table "source".`,
  )
}
