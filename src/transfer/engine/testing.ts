/** What the engine's tests share: jobs between two tables of a server that the test started. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import type pg from 'pg'

import { parsePostgresUrl, parseTableName } from '../store/postgres/login.ts'
import type { EngineEvent, FileFormat, Job, PostgresLogin, Source, Target } from './job.ts'
import { runJob } from './run.ts'

export type TestTarget = Extract<Target, { type: 'postgres' }>

export const CSV: Extract<FileFormat, { type: 'csv' }> = {
  type: 'csv',
  delimiter: ',',
  encoding: 'utf-8',
  quote: '"',
  escape: '"',
  include_header: true,
  line_sep: '\n',
  compression: 'none',
}

export function loginOf(url: string): PostgresLogin {
  return parsePostgresUrl(url).login
}

export function tableSource(url: string, table: string): Extract<Source, { type: 'postgres' }> {
  return { type: 'postgres', login: loginOf(url), table: parseTableName(table) }
}

export function tableTarget(url: string, table: string, write: Partial<TestTarget> = {}): TestTarget {
  const login = loginOf(url)
  return { type: 'postgres', login, table: parseTableName(table), write: 'stage', mode: 'replace', ...write }
}

let jobs = 0

export function jobOf(source: Source, target: Target, more: Partial<Job> = {}): Job {
  jobs += 1
  return {
    id: `test_${process.pid}_${jobs}`,
    source,
    target,
    transformations: [],
    strategy: { type: 'full' },
    limits: {
      memoryBytes: 1 << 30,
      threads: 2,
      temporaryDirectory: mkdtempSync(path.join(tmpdir(), 'crosstie-job-')),
    },
    extensionDirectories: [],
    ...more,
  }
}

/** Runs the job in this process and keeps what it said. */
export async function runHere(job: Job, events: EngineEvent[] = [], signal = new AbortController().signal) {
  return await runJob(job, (event) => void events.push(event), signal)
}

/** Rows as PostgreSQL writes them, in an order that does not depend on where they lie. */
export async function rowsOf(client: pg.Client, table: string): Promise<string[]> {
  const { rows } = await client.query<{ row: string }>(`select t::text as row from ${table} t order by 1`)
  return rows.map(({ row }) => row)
}

/** Staging tables and sessions that jobs left behind in this database; there should never be any. */
export async function leftovers(client: pg.Client): Promise<string[]> {
  for (let tries = 0; ; tries += 1) {
    const found = await client.query<{ name: string }>(
      `select relname::text as name from pg_class where relname ~ '^crosstie_'
       union all
       select application_name || ': ' || query from pg_stat_activity
       where application_name ~ '^crosstie' and datname = current_database()`,
    )
    // A session that was closed a moment ago takes the server a moment to end.
    if (found.rows.length === 0 || tries === 50) return found.rows.map(({ name }) => name)
    await sleep(20)
  }
}
