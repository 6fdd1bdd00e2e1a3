import { createConnection } from 'node:net'
import { text } from 'node:stream/consumers'
import pg from 'pg'
import { inject } from 'vitest'
import { databaseSql } from '#database'
import type { TestServer } from './global-setup.ts'

export interface TestDatabase {
  name: string
  /** The hub's login. */
  url: string
  /** The administrator's. */
  adminUrl: string
  /** A statement as administrator: the way to look behind the hub's back. */
  sql: <R extends pg.QueryResultRow>(text: string, values?: unknown[]) => Promise<R[]>
  drop: () => Promise<void>
}

/** A migrated database of one's own, cloned from the run's template. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = await testServer()
  const name = `test_${process.pid}_${Math.random().toString(36).slice(2, 8)}`
  const cluster = new pg.Client({ connectionString: at(server.adminUrl, 'postgres') })
  await cluster.connect()
  await cluster.query(`create database ${name} template ${server.template}`)
  const adminUrl = at(server.adminUrl, name)
  const admin = new pg.Pool({ connectionString: adminUrl, max: 2 })
  admin.on('error', () => {})
  // A clone has everything but the rights on the database itself.
  await admin.query(databaseSql(name))
  return {
    name,
    adminUrl,
    url: at(server.url, name),
    sql: async <R extends pg.QueryResultRow>(statement: string, values: unknown[] = []) =>
      (await admin.query<R>(statement, values)).rows,
    drop: async () => {
      await admin.end()
      await cluster.query(`drop database ${name} with (force)`)
      await cluster.end()
    },
  }
}

/** `url` with another database; the login's has no host between the slashes, so it is not parsed as a URL. */
function at(url: string, database: string): string {
  return url.replace(/\/[\w-]+(\?|$)/, `/${database}$1`)
}

async function testServer(): Promise<Exclude<TestServer, { error: string }>> {
  const answer = JSON.parse(await text(createConnection(inject('testServerSocket')))) as TestServer // our own socket
  if ('error' in answer) throw new Error(`The test run's PostgreSQL did not start: ${answer.error}`)
  return answer
}
