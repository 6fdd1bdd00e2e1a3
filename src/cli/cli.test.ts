/** The operator's commands as they are typed, in processes of their own, on a data folder of their own. */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { jwtVerify } from 'jose'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestPostgres } from '../platform/testing/postgres.ts'
import { COMMANDS } from './commands.ts'
import { Command } from 'commander'

const MAIN = path.resolve(import.meta.dirname, 'main.ts')

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crosstie-cli-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

interface Ended {
  code: number | null
  out: string
  said: string
}

async function crosstie(words: string[], { input = '', env = {} } = {}): Promise<Ended> {
  const child = spawn(process.execPath, ['--conditions=source', MAIN, ...words], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, CROSSTIE_DATA_DIR: path.join(folder, 'data'), ...env },
  })
  child.stdin.end(input)
  const [out, said, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.on('close', resolve)),
  ])
  return { code, out, said }
}

const json = async (words: string[], more?: { input?: string }) => {
  const { out, said } = await crosstie([...words, '--json'], more)
  if (out === '') throw new Error(said)
  return JSON.parse(out)
}

describe('what is typed wrong', () => {
  test('is told in one line on standard error, with what was meant, and ends with 2', async () => {
    expect(await crosstie(['usr'])).toEqual({
      code: 2,
      out: '',
      said: `crosstie: unknown command 'usr'. Did you mean user? See --help.\n`,
    })
    expect((await crosstie(['user', 'create'])).said).toBe(
      `crosstie: missing required argument 'name'. See --help.\n`,
    )
    const setting = await crosstie(['config', 'show', 'prot'])
    expect([setting.code, setting.said]).toEqual([
      2,
      'crosstie: There is no setting "prot". Did you mean "port"?\n',
    ])
  })

  test('is told as JSON where JSON was asked for', async () => {
    const { said } = await crosstie(['user', 'erase', 'ada', '--json'])
    expect(JSON.parse(said).error.code).toBe('cli.usage')
  })
})

test('each command describes itself as the list of commands does', async () => {
  for (const { name, about, load } of COMMANDS) {
    const program = new Command()
    ;(await load())(program)
    expect([name, program.commands[0]?.name(), program.commands[0]?.description()]).toEqual([
      name,
      name,
      about,
    ])
  }
})

test('help comes without a database, settings or a server being loaded', async () => {
  const { code, out } = await crosstie(['--help'], { env: { CROSSTIE_PORT: 'broken' } })
  expect(code).toBe(0)
  expect(out).toMatch(/^Examples:/)
  for (const { name } of COMMANDS) expect(out).toMatch(new RegExp(`^  ${name} `, 'm'))
})

test('the shell completes commands, options and choices', async () => {
  const complete = async (...words: string[]) => (await crosstie(['complete', '--', ...words])).out
  expect(await complete('us')).toContain('user\t')
  expect(await complete('group', 'member', '')).toContain('add\t')
  expect(await complete('application', 'create', '--ty')).toContain('--type')
  expect((await crosstie(['complete', 'bash'])).out).toContain('complete -F')
  expect((await crosstie(['complete', 'zsh'])).out).toContain('#compdef crosstie')
})

describe('with the hub down', () => {
  test('users, groups and applications are made for scripts to go on with', async () => {
    const words = ['user', 'create', 'ada', '--superuser', '--email', 'ada@example.com', '--password-stdin']
    const user = await json(words, { input: 'correct horse\n' })
    expect(user).toEqual({ id: 1, uuid: expect.stringMatching(/^[0-9a-f-]{36}$/), username: 'ada' })
    await json(['user', 'create', 'bob'])

    const group = await json(['group', 'create', 'Analysts & Co', '--owner', 'ada'])
    expect(Object.keys(group)).toEqual(['id', 'uuid', 'slug'])
    expect(group.slug).toBe('analysts-co')
    await crosstie(['group', 'member', 'add', 'analysts-co', 'bob', '--role', 'developer'])

    const made = await json(['application', 'create', 'nightly', '--group', 'analysts-co', '--type', 'all'])
    expect(made).toEqual({ id: 1, secret: expect.stringMatching(/^xt_1_[\w-]{43}$/) })
    const [listed] = await json(['application', 'list', '--group', 'Analysts & Co'])
    expect(listed).toMatchObject({ name: 'nightly', status: 'enabled' })

    const users = await json(['user', 'list'])
    expect(users.map((row: { username: string }) => row.username)).toEqual(['ada', 'bob'])
  })

  test('refusals end with the code of their kind', async () => {
    expect((await crosstie(['user', 'create', 'ada'])).code).toBe(5)
    expect((await crosstie(['user', 'close', 'nobody'])).code).toBe(3)
    expect((await crosstie(['user', 'create', 'a b'])).code).toBe(2)
    const last = await crosstie(['user', 'superuser', 'remove', 'ada'])
    expect([last.code, last.said]).toEqual([
      5,
      'crosstie: ada is the last superuser; make another one first.\n',
    ])
    const reserved = await crosstie(['group', 'create', 'Version one', '--owner', 'ada', '--slug', 'v1'])
    expect([reserved.code, reserved.said]).toEqual([2, 'crosstie: The slug "v1" is reserved.\n'])
  })

  test('superusers are added, also before they sign in for the first time, listed and removed', async () => {
    const { added } = await json(['user', 'superuser', 'add', 'bob', 'newcomer'])
    expect(added).toEqual([
      { username: 'bob', made: false },
      { username: 'newcomer', made: true },
    ])
    const names = async () =>
      (await json(['user', 'superuser', 'list'])).map((row: { username: string }) => row.username)
    expect(await names()).toEqual(['ada', 'bob', 'newcomer'])
    expect((await crosstie(['user', 'superuser', 'remove', 'bob', 'nobody'])).code).toBe(3)
    await json(['user', 'superuser', 'remove', 'bob', 'newcomer'])
    expect(await names()).toEqual(['ada'])
    await json(['user', 'erase', 'newcomer', '--yes'])
  })

  test('a user is linked to an account at the provider, and unlinked', async () => {
    const issuer = 'https://login.example.com/realms/main'
    const words = ['user', 'link', 'bob', '--subject', 'subject-1']
    expect((await crosstie(words)).said).toContain('--issuer URL')
    const account = { username: 'bob', issuer, subject: 'subject-1' }
    expect(await json([...words, '--issuer', issuer])).toEqual(account)
    expect((await crosstie([...words, '--issuer', issuer])).code).toBe(5)
    expect(await json(['user', 'unlink', 'bob', '--issuer', issuer])).toMatchObject({ unlinked: 1 })
  })

  test('nothing of it stays running', async () => {
    const state = JSON.parse(await readFile(path.join(folder, 'data', 'postgres.json'), 'utf8'))
    await expect(stat(path.join(state.cluster, 'postmaster.pid'))).rejects.toThrow(/ENOENT/)
  })

  test('a backup is made, listed, verified and brought back', async () => {
    const { file } = await json(['backup', 'create'])
    expect(await json(['backup', 'list'])).toMatchObject([{ file, problem: null }])
    expect(await json(['backup', 'verify', file])).toMatchObject({ unopenable: [] })
    await crosstie(['user', 'create', 'carol'])
    expect((await crosstie(['backup', 'restore', file])).code).toBe(5)
    expect((await crosstie(['backup', 'restore', file, '--replace'])).code).toBe(0)
    const names = (await json(['user', 'list'])).map((row: { username: string }) => row.username)
    expect(names).toEqual(['ada', 'bob'])
  })

  test('keys of the vault rotate, and the old ones stay for backups from before', async () => {
    const before = (await crosstie(['config', 'show', 'vault_keys', '--reveal'])).out.trim()
    const { kid } = await json(['vault', 'rotate'])
    const after = (await crosstie(['config', 'show', 'vault_keys', '--reveal'])).out.trim()
    expect(after).toBe(`${after.split(',')[0] ?? ''},${before}`)
    expect(after.startsWith(`${kid}:`)).toBe(true)
  })

  test('erasing a user wants a word, and leaves no name behind', async () => {
    await json(['user', 'create', 'gdpr', '--email', 'gdpr@example.com'])
    expect((await crosstie(['user', 'erase', 'gdpr'])).code).toBe(2)
    expect((await crosstie(['user', 'erase', 'gdpr', '--yes'])).code).toBe(0)
    const { file } = await json(['backup', 'create'])
    const { gunzipSync } = await import('node:zlib')
    expect(gunzipSync(await readFile(file)).toString()).not.toContain('gdpr')
  })

  test('migrations are listed, undone after a backup, and done again', async () => {
    const states = await json(['migrate', 'status'])
    expect(states[0]).toEqual({ migration: '0001_platform', room: 'platform', release: expect.any(String) })
    const { undone, backup } = await json(['migrate', 'down'])
    expect(undone.at(-1)).toBe('0001_platform')
    expect((await stat(backup)).size).toBeGreaterThan(0)
    expect((await json(['migrate', 'up'])).applied[0]).toBe('0001_platform')
  })
})

test('keys for Supabase-style clients are signed with the hub’s secret for them', async () => {
  const { url, anon_key, service_key } = await json(['keys'])
  expect(url).toBe('http://127.0.0.1:8717')
  const secret = (await crosstie(['config', 'show', 'supabase_jwt_secret', '--reveal'])).out.trim()
  for (const [key, role] of [
    [anon_key, 'anon'],
    [service_key, 'service_role'],
  ]) {
    const { payload } = await jwtVerify(key, new TextEncoder().encode(secret))
    expect(payload.role).toBe(role)
    expect(payload.exp).toBeGreaterThan(Date.now() / 1000 + 9 * 365 * 86_400)
  }
})

test('settings are shown with their origin, secrets hidden', async () => {
  const { out } = await crosstie(['config', 'show', '--origin'], { env: { CROSSTIE_PORT: '9000' } })
  expect(out).toMatch(/^port +9000 +CROSSTIE_PORT$/m)
  expect(out).toMatch(/^jwt_secret +\*\*\* /m)
  expect(out).toMatch(/^limit_sign_in +20\/minute +default$/m)
})

test('a PostgreSQL of one’s own is set up once, and the address that is printed works', async () => {
  const server = await startTestPostgres()
  try {
    const admin = new URL(server.adminUrl)
    admin.pathname = '/elsewhere'
    // The roles are there, made by the server's own hub: the login keeps its password unless another is given.
    const kept = await json(['database', 'setup', '--admin-url', admin.href])
    expect(kept).toMatchObject({ database: 'elsewhere', password_set: false })
    const words = ['database', 'setup', '--admin-url', admin.href, '--password-stdin']
    const made = await json(words, { input: 'a new password' })
    const client = new pg.Client({ connectionString: made.database_url })
    await client.connect()
    await client.query('set role crosstie_owner; create schema proof')
    await client.end()
    const used = { env: { CROSSTIE_DATABASE_URL: made.database_url } }
    expect((await crosstie(['user', 'create', 'ada'], used)).code).toBe(0)
    const wrong = { env: { CROSSTIE_DATABASE_URL: made.database_url.replace('new', 'old') } }
    expect((await crosstie(['user', 'list'], wrong)).code).toBe(1)
  } finally {
    await server.stop()
  }
  const printed = await crosstie(['database', 'setup'])
  expect(printed.out).toContain('create role crosstie_owner')
})
