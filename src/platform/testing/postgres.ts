import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { chmod } from 'node:fs/promises'
import pg from 'pg'
import { startEmbeddedPostgres } from '#database'

export interface TestPostgres {
  /** The administrator's URL of database `crosstie`, over TCP. */
  adminUrl: string
  /** The hub's login on the same, over the socket. */
  url: string
  /** Makes an empty database and answers the administrator's URL of it. */
  createDatabase: (name: string) => Promise<string>
  /** A connection as administrator; the caller ends it. */
  connect: (database?: string) => Promise<pg.Client>
  stop: () => Promise<void>
}

/** A real PostgreSQL of a test file's own, in a temporary folder, gone with `stop`. fsync is off: it is thrown away. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const folder = await mkdtemp(path.join(tmpdir(), 'crosstie-test-'))
  await chmod(folder, 0o755)
  const settings = {
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    shared_buffers: '64MB',
  }
  const server = await startEmbeddedPostgres({ dataDirectory: path.join(folder, 'data'), settings })
  const urlOf = (database: string) => {
    const url = new URL(server.adminUrl)
    url.pathname = `/${database}`
    return url.href
  }
  const connect = async (database = 'crosstie') => {
    const client = new pg.Client({ connectionString: urlOf(database) })
    client.on('error', () => {})
    await client.connect()
    return client
  }
  return {
    adminUrl: server.adminUrl,
    url: server.url,
    connect,
    createDatabase: async (name) => {
      const client = await connect('postgres')
      await client.query(`create database ${client.escapeIdentifier(name)}`)
      await client.end()
      return urlOf(name)
    },
    stop: async () => {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
