import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** A house of a few lines under the project's own rules, clean until a fault is planted in it. */
export interface SmallHouse {
  write: (files: Record<string, string>) => Promise<void>
  remove: (files: string[]) => Promise<void>
  run: (tool: string, args: string[]) => Promise<{ code: number; said: string }>
  clear: () => Promise<void>
}

/** Each room takes what it may from the rooms below it. */
const CLEAN: Record<string, string> = {
  'src/platform/fault.ts': `export const fault = 'fault'\n`,
  'src/platform/log.ts': `import { fault } from '#fault'\n\nexport const log = [fault]\n`,
  'src/platform/testing/postgres.ts': `export const testPostgres = 'for tests'\n`,
  'src/identity/index.ts': `import { log } from '#log'\nimport { user } from './user.ts'\n\nexport const identity = [log, user]\n`,
  'src/identity/user.ts': `export const user = 'user'\n`,
  'src/identity/user.test.ts': `import { testPostgres } from '../platform/testing/postgres.ts'\nimport { user } from './user.ts'\n\nconsole.log(user, testPostgres)\n`,
  'src/connect/index.ts': `import { identity } from '#identity'\n\nexport const connect = [identity]\n`,
  'src/transfer/engine/index.ts': `import { fault } from '#fault'\n\nexport const engine = [fault]\n`,
  'src/transfer/index.ts': `import { connect } from '#connect'\nimport { engine } from '#engine'\n\nexport const transfer = [connect, engine]\n`,
  'src/main.ts': `import { transfer } from '#transfer'\n\nconsole.log(transfer)\n`,
  'src/cli/main.ts': `import { transfer } from '#transfer'\n\nconsole.log(transfer)\nawait import('../main.ts')\n`,
  'bin/crosstie.js': `await import('../src/cli/main.ts')\n`,
}

export async function buildSmallHouse(): Promise<SmallHouse> {
  const root = await mkdtemp(path.join(tmpdir(), 'crosstie-house-'))
  const write = async (files: Record<string, string>) => {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(path.join(root, path.dirname(name)), { recursive: true })
      await writeFile(path.join(root, name), text)
    }
  }
  for (const name of ['.oxlintrc.json', 'knip.json', 'tsconfig.json']) {
    await copyFile(name, path.join(root, name))
  }
  await symlink(path.resolve('node_modules'), path.join(root, 'node_modules'))
  const { imports } = JSON.parse(await readFile('package.json', 'utf8'))
  const manifest = {
    name: 'small-house',
    type: 'module',
    bin: 'bin/crosstie.js',
    imports,
    dependencies: {},
    devDependencies: { vitest: '5.1.1' },
  }
  await write({ ...CLEAN, 'package.json': JSON.stringify(manifest) })
  return {
    write,
    remove: async (files) => {
      for (const name of files) await rm(path.join(root, name))
    },
    clear: () => rm(root, { recursive: true, force: true }),
    run: (tool, args) =>
      new Promise((resolve) => {
        const PATH = [path.resolve('node_modules', '.bin'), process.env.PATH].join(path.delimiter)
        const env = { ...process.env, PATH, NO_COLOR: '1' }
        execFile(tool, args, { cwd: root, env, encoding: 'utf8' }, (error, stdout, stderr) =>
          resolve({ code: error === null ? 0 : Number(error.code ?? 1), said: stdout + stderr }),
        )
      }),
  }
}
