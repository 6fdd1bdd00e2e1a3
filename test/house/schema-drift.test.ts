import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crosstie-drift-'))
  await cp('src/platform/migrations', path.join(folder, 'src/platform/migrations'), { recursive: true })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function schema(...args: string[]): Promise<{ code: number; said: string }> {
  const from = ['--migrations', path.join(folder, 'src'), '--file', path.join(folder, 'schema.sql')]
  return new Promise((resolve) => {
    const command = ['--conditions=source', 'scripts/schema-dump.ts', ...from, ...args]
    execFile(process.execPath, command, { encoding: 'utf8' }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), said: stdout + stderr }),
    )
  })
}

test('schema.sql is what the migrations make, until one is added that it does not know', async () => {
  expect((await schema()).code).toBe(0)
  expect(await schema('--check')).toEqual({ code: 0, said: '' })

  const migration = path.join(folder, 'src/platform/migrations/9999_planted')
  await writeFile(`${migration}.up.sql`, 'alter table platform.timer add column planted integer;')
  await writeFile(`${migration}.down.sql`, 'alter table platform.timer drop column planted;')
  const { code, said } = await schema('--check')
  expect(code).toBe(1)
  expect(said).toMatch(/is not what the migrations make \(line \d+\)[\s\S]*migrated: +planted integer/)
}, 60_000)
