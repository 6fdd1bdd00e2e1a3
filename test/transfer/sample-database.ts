import pg from 'pg'
import type { TestHub } from '../harness/hub.ts'

/** A database of its own with its own login, on the test run's server: what a team's connection leads to. */
export interface SampleDatabase {
  connectionData: { host: string; port: number; database_name: string }
  authData: { type: 'basic'; user: string; password: string }
  sql: <R extends pg.QueryResultRow>(text: string, values?: unknown[]) => Promise<R[]>
  /** Keeps a table from everybody else until the answered function is called. */
  lock: (table: string) => Promise<() => Promise<void>>
  drop: () => Promise<void>
}

export async function createSampleDatabase(hub: Pick<TestHub, 'adminUrl' | 'sql'>): Promise<SampleDatabase> {
  const at = new URL(hub.adminUrl)
  const name = `sample_${Math.random().toString(36).slice(2, 10)}`
  const password = `Secret-${Math.random().toString(36).slice(2)}`
  await hub.sql(`create role ${name} login password '${password}'`)
  await hub.sql(`create database ${name} owner ${name}`)
  const pool = new pg.Pool({
    host: at.hostname,
    port: Number(at.port),
    database: name,
    user: name,
    password,
    max: 2,
  })
  pool.on('error', () => {})
  return {
    connectionData: { host: at.hostname, port: Number(at.port), database_name: name },
    authData: { type: 'basic', user: name, password },
    sql: async <R extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
      (await pool.query<R>(text, values)).rows,
    lock: async (table) => {
      const client = await pool.connect()
      await client.query(`begin; lock table ${table} in access exclusive mode`)
      return async () => {
        await client.query('rollback')
        client.release()
      }
    },
    drop: async () => {
      await pool.end()
      await hub.sql(`drop database ${name} with (force)`)
      await hub.sql(`drop role ${name}`)
    },
  }
}
