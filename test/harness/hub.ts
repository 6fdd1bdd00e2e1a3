/**
 * A whole hub for a test file, on a database of its own.
 *
 * ```ts
 * let hub: TestHub
 * beforeAll(async () => { hub = await startTestHub() })
 * afterAll(() => hub.stop())
 *
 * const ada = await hub.createUser('ada')
 * const shop = await hub.createGroup('Shop', { owner: 'ada', members: { bob: 'developer' } })
 * const answer = await hub.as('bob').get(`/v1/groups/${shop.id}`)
 * ```
 *
 * Every JSON answer is held against its route's schema: one that does not fit fails the test that asked.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { keptSecrets, loadConfig, type SettingName, type Settings } from '#config'
import type { Database } from '#database'
import type { Server } from '#http'
import { hashPassword } from '../../src/identity/sign-in/password.ts'
import { createTokens, type Tokens } from '../../src/identity/sign-in/token.ts'
import { startHub } from '../../src/main.ts'
import { watchAnswers } from './answers.ts'
import { type Client, createClient } from './client.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'

export type { Answer, Client } from './client.ts'

export interface TestUser {
  id: number
  uuid: string
  username: string
  personalGroupId: number
}

export interface TestGroup {
  id: number
  uuid: string
  slug: string
}

export interface TestHub {
  app: Server
  db: Database
  /** Where it listens, for streams and real sockets. */
  url: string
  settings: Settings
  /** The administrator's URL of the hub's database. */
  adminUrl: string
  /** A statement as administrator, past all policies. */
  sql: TestDatabase['sql']
  createUser: (
    username: string,
    more?: { password?: string; superuser?: boolean; status?: 'pending' | 'active' | 'forbidden' },
  ) => Promise<TestUser>
  /** Owner and members are made when they are not there. */
  createGroup: (
    name: string,
    more: { owner: string; members?: Record<string, 'guest' | 'developer' | 'maintainer'> },
  ) => Promise<TestGroup>
  user: (username: string) => TestUser
  /** A client that signs its requests as this user (made by `createUser`). */
  as: (username: string) => Client
  anonymous: Client
  /** A client with any `Authorization` header. */
  withAuthorization: (authorization: string) => Client
  stop: () => Promise<void>
}

export interface TestHubOptions {
  /** By their names in code, as text: `{ limit_sign_in: '3/minute', files: folder }`. */
  settings?: Partial<Record<SettingName, string>>
}

export async function startTestHub(options: TestHubOptions = {}): Promise<TestHub> {
  const folder = await mkdtemp(path.join(tmpdir(), 'crosstie-hub-'))
  const database = await createTestDatabase()
  const config = loadConfig({
    environment: {},
    folder,
    flags: {
      data_dir: path.join(folder, 'data'),
      database_url: database.url,
      host: '127.0.0.1',
      port: '0',
      // What is logged as an error is a bug: it stands above the test that met it.
      log_level: 'error',
      limit_sign_in: '0',
      ...options.settings,
    },
  })
  let problems: string[] = []
  const hub = await startHub(config, {
    onServer: (app) => {
      problems = watchAnswers(app)
    },
  })
  const tokens = createTokens((await keptSecrets(config.settings)).jwt_secret)
  const check = () => {
    if (problems.length > 0) throw new Error(problems.splice(0).join('\n'))
  }
  return {
    app: hub.app,
    db: hub.db,
    url: hub.url,
    settings: config.settings,
    adminUrl: database.adminUrl,
    sql: database.sql,
    ...(await people(hub.app, database, tokens, check)),
    anonymous: createClient(hub.app, null, check),
    withAuthorization: (authorization) => createClient(hub.app, authorization, check),
    stop: async () => {
      await hub.stop()
      await database.drop()
      await rm(folder, { recursive: true, force: true })
      check()
    },
  }
}

type People = Pick<TestHub, 'createUser' | 'createGroup' | 'user' | 'as'>

/** Users and groups are put in by SQL, which the triggers make whole; their tokens are signed here: both cost nothing. */
async function people(
  app: Server,
  { sql }: TestDatabase,
  tokens: Tokens,
  check: () => void,
): Promise<People> {
  const known = new Map<string, { user: TestUser; client: Client }>()
  const find = (username: string) => {
    const found = known.get(username)
    if (found === undefined) throw new Error(`no test user "${username}": createUser first`)
    return found
  }
  const createUser: TestHub['createUser'] = async (username, more = {}) => {
    const [user] = await sql<TestUser>(
      `with made as (insert into identity."user" (username, is_superuser, status) values ($1, $2, $3) returning id, uuid)
       select id::int, uuid, $1 as username, 0 as "personalGroupId" from made`,
      [username, more.superuser ?? false, more.status ?? 'active'],
    )
    if (user === undefined) throw new Error('no row')
    const [group] = await sql<{ id: number }>(
      'select id::int from identity."group" where owner_id = $1 and personal',
      [user.id],
    )
    user.personalGroupId = group?.id ?? 0
    if (more.password !== undefined) {
      const hash = await hashPassword(more.password)
      await sql('insert into identity.password (user_id, hash) values ($1, $2)', [user.id, hash])
    }
    const { token } = await tokens.issue(user.id)
    known.set(username, { user, client: createClient(app, `Bearer ${token}`, check) })
    return user
  }
  const orCreate = async (username: string) => known.get(username)?.user ?? createUser(username)
  return {
    createUser,
    createGroup: async (name, { owner, members = {} }) => {
      const { id: ownerId } = await orCreate(owner)
      const [group] = await sql<TestGroup>(
        'insert into identity."group" (name, owner_id) values ($1, $2) returning id::int, uuid, slug',
        [name, ownerId],
      )
      if (group === undefined) throw new Error('no row')
      for (const [username, role] of Object.entries(members)) {
        const { id } = await orCreate(username)
        await sql('insert into identity.user_group (group_id, user_id, role_id) values ($1, $2, $3)', [
          group.id,
          id,
          role,
        ])
      }
      return group
    },
    user: (username) => find(username).user,
    as: (username) => find(username).client,
  }
}
