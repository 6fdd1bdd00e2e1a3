import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keptSecrets } from './kept.ts'
import { loadConfig, publicUrl } from './load.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crosstie-config-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const load = (environment: NodeJS.ProcessEnv = {}, flags = {}) => loadConfig({ environment, flags, folder })

test('a flag wins over the environment, that over the file, that over the default, and each says so', async () => {
  await writeFile(path.join(folder, 'crosstie.yaml'), 'port: 1001\nhost: 10.0.0.1\nruns: 3\n')
  const { settings, origin } = load({ CROSSTIE_PORT: '1002', CROSSTIE_HOST: '10.0.0.2' }, { port: '1003' })
  expect([settings.port, settings.host, settings.runs, settings.signup]).toEqual([
    1003,
    '10.0.0.2',
    3,
    'closed',
  ])
  expect([origin.port, origin.host, origin.runs, origin.signup]).toEqual([
    '--port',
    'CROSSTIE_HOST',
    path.join(folder, 'crosstie.yaml'),
    'default',
  ])
})

test('the data folder lies beside the nearest crosstie.yaml, never in the current folder', async () => {
  await writeFile(path.join(folder, 'crosstie.yaml'), '')
  const below = path.join(folder, 'a', 'b')
  await mkdir(below, { recursive: true })
  expect(loadConfig({ environment: {}, folder: below }).settings.data_dir).toBe(
    path.join(folder, '.crosstie'),
  )
  await rm(path.join(folder, 'crosstie.yaml'))
  const { settings, home } = loadConfig({ environment: {}, folder: below })
  expect(settings.data_dir).toBe(path.join(home, '.crosstie'))
})

test('a value that does not fit is refused by name and place; a secret one is not shown', () => {
  expect(() => load({ CROSSTIE_PORT: '70000' })).toThrow('port (CROSSTIE_PORT) has a value "70000"')
  expect(() => load({ CROSSTIE_LIMIT_BODY: 'much' })).toThrow('1GiB')
})

test('a setting that does not exist is refused by name', async () => {
  await writeFile(path.join(folder, 'crosstie.yaml'), 'prot: 1\n')
  expect(() => load()).toThrow('a setting that does not exist: prot')
})

test('limits are counts, sizes or rates, and 0 is off', () => {
  const { settings } = load({
    CROSSTIE_LIMIT_BODY: '1.5MiB',
    CROSSTIE_LIMIT_SIGN_IN: '5/10minutes',
    CROSSTIE_LIMIT_REQUESTS: '0',
  })
  expect(settings.limit_body).toEqual({ count: 1_572_864, perMs: null })
  expect(settings.limit_sign_in).toEqual({ count: 5, perMs: 600_000 })
  expect(settings.limit_requests).toEqual({ count: 0, perMs: null })
})

test('DATABASE_URL means the same as CROSSTIE_DATABASE_URL, which wins', () => {
  expect(load({ DATABASE_URL: 'postgres://a' }).settings.database_url).toBe('postgres://a')
  expect(
    load({ DATABASE_URL: 'postgres://a', CROSSTIE_DATABASE_URL: 'postgres://b' }).settings.database_url,
  ).toBe('postgres://b')
})

test('the public address is the one that was set, else one that a browser can open', () => {
  expect(publicUrl(load({ CROSSTIE_URL: 'https://hub.example.org/' }).settings)).toBe(
    'https://hub.example.org',
  )
  expect(publicUrl(load({ CROSSTIE_HOST: '0.0.0.0', CROSSTIE_PORT: '80' }).settings)).toBe(
    'http://localhost:80',
  )
  expect(publicUrl(load({ CROSSTIE_HOST: '::1' }).settings)).toBe('http://[::1]:8717')
})

test('the hub’s own secrets are made once, kept closed, and give way to those that are set', async () => {
  const { settings } = load({ CROSSTIE_DATA_DIR: path.join(folder, 'data') })
  const [first, second] = await Promise.all([keptSecrets(settings), keptSecrets(settings)])
  expect(first).toEqual(second)
  expect(await keptSecrets({ ...settings, jwt_secret: 'mine' })).toEqual({ ...first, jwt_secret: 'mine' })
  const file = path.join(folder, 'data', 'secrets.json')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(first)
})
