/** `crosstie import` as it is typed. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../harness/database.ts'
import { fillFirm, SECRET } from './firm.ts'
import { createSyncMasterDatabase, CRYPTO_KEY, type SyncMasterDatabase } from './syncmaster-database.ts'

const MAIN = path.resolve(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts')

let folder: string
let database: TestDatabase
let there: SyncMasterDatabase
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crosstie-import-'))
  database = await createTestDatabase()
  there = await createSyncMasterDatabase(database.adminUrl)
  await fillFirm(there.client, { host: '127.0.0.1', port: 5432, name: 'shop' })
})
afterAll(async () => {
  await there.drop()
  await database.drop()
  await rm(folder, { recursive: true, force: true })
})

async function crosstie(words: string[], { input = '', env = {} } = {}) {
  const child = spawn(process.execPath, ['--conditions=source', MAIN, 'import', 'syncmaster', ...words], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      CROSSTIE_DATA_DIR: path.join(folder, 'data'),
      CROSSTIE_DATABASE_URL: database.url,
      // With the driver that SyncMaster's own setting names.
      SYNCMASTER__DATABASE__URL: there.url.replace('postgresql://', 'postgresql+asyncpg://'),
      ...env,
    },
  })
  child.stdin.end(input)
  const [out, said, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.on('close', resolve)),
  ])
  expect(out + said).not.toContain(SECRET)
  expect(out + said).not.toContain(CRYPTO_KEY)
  return { out, said, code }
}

test('what is missing or wrong is told in one line', async () => {
  const noKey = await crosstie([])
  expect([noKey.code, noKey.said]).toEqual([
    2,
    expect.stringMatching(/^crosstie: Give SyncMaster's Fernet key by .*\n$/),
  ])
  const noPlace = await crosstie([], { env: { SYNCMASTER__DATABASE__URL: undefined } })
  expect([noPlace.code, noPlace.said]).toEqual([2, expect.stringContaining('--database-url')])
  const other = Buffer.alloc(32, 9).toString('base64url')
  const wrongKey = await crosstie(['--crypto-key-stdin'], { input: other })
  expect([wrongKey.code, wrongKey.said]).toEqual([2, expect.stringContaining('opens none of SyncMaster')])
  const zone = await crosstie(['--timezone', 'Mars/Base'])
  expect([zone.code, zone.said]).toEqual([2, expect.stringContaining('Mars/Base')])
  expect((await crosstie(['--rollback'])).code).toBe(3)
  expect((await crosstie(['--name', 'Two Words'])).code).toBe(2)
})

test('a dry run reports for people', async () => {
  const key = path.join(folder, 'key')
  await writeFile(key, `${CRYPTO_KEY}\n`)
  const { out, said, code } = await crosstie(['--crypto-key-file', key, '--dry-run'])
  expect(code).toBe(0)
  expect(said).toContain('runs: 4 of 4\n')
  expect(out).toMatch(/^WHAT +TAKEN OVER +BEFORE +SAME AS HERE +RENAMED +LEFT OUT\n/)
  expect(out).toMatch(/^runs +3 +0 +0 +0 +1$/m)
  expect(out).toContain(
    'left out: transfer crossed: its queue or one of its connections belongs to another group\n',
  )
  expect(out).toMatch(/A dry run: nothing of it was kept\.\n$/)
})

test('scripts get JSON, and the way back', async () => {
  const env = { SYNCMASTER__ENCRYPTION__SECRET_KEY: CRYPTO_KEY }
  const came = await crosstie(['--json', '--quiet'], { env })
  expect(JSON.parse(came.out)).toMatchObject({
    source: 'syncmaster',
    dry_run: false,
    unopened: [],
    user: { taken: 3, known: 0, matched: [] },
    run: { taken: 3, left_out: [{ count: 1, names: ['run 4'] }] },
  })
  expect(came.said).toBe('')
  const went = await crosstie(['--rollback', '--json'])
  expect(JSON.parse(went.out)).toEqual({
    source: 'syncmaster',
    dry_run: false,
    removed: { user: 3, group: 2, member: 2, connection: 5, queue: 1, transfer: 2, run: 3 },
  })
})
