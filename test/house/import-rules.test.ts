import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildSmallHouse, type SmallHouse } from './small-house.ts'

let house: SmallHouse

beforeAll(async () => {
  house = await buildSmallHouse()
})
afterAll(() => house.clear())

/** A fault in a file of its own, and what the linter must say about that file. */
interface Planted {
  file: string
  text: string
  says: RegExp
}

const use = (door: string) => `import * as other from '${door}'\n\nexport const used = [other]\n`
const NOT_A_DOOR = /entered by its door/
const DIRECTION = /knows no room|knows identity|knows the platform only|through events/

const PLANTED: Record<string, Planted> = {
  'the platform uses a room': {
    file: 'src/platform/x1.ts',
    text: use('#identity'),
    says: DIRECTION,
  },
  'the platform uses the engine': { file: 'src/platform/x2.ts', text: use('#engine'), says: DIRECTION },
  'identity uses connect': { file: 'src/identity/x1.ts', text: use('#connect'), says: DIRECTION },
  'identity uses a domain': { file: 'src/identity/x2.ts', text: use('#transfer'), says: DIRECTION },
  'connect uses a domain': { file: 'src/connect/x1.ts', text: use('#transfer'), says: DIRECTION },
  'connect uses the engine': { file: 'src/connect/x2.ts', text: use('#engine'), says: DIRECTION },
  'transfer uses notify': { file: 'src/transfer/x1.ts', text: use('#notify'), says: DIRECTION },
  'notify uses transfer': { file: 'src/notify/x1.ts', text: use('#transfer'), says: DIRECTION },
  'registry uses link': { file: 'src/registry/x1.ts', text: use('#link'), says: DIRECTION },
  'link uses connect': { file: 'src/link/x1.ts', text: use('#connect'), says: DIRECTION },
  'the engine uses the database': {
    file: 'src/transfer/engine/x1.ts',
    text: use('#database'),
    says: /knows #fault only/,
  },
  'a store of the engine uses a library that starts slowly': {
    file: 'src/transfer/store/x1.ts',
    text: use('kysely'),
    says: /must start at once/,
  },
  'a room reaches past a door': {
    file: 'src/transfer/x2.ts',
    text: use('../identity/user.ts'),
    says: NOT_A_DOOR,
  },
  'a deeper file of a room reaches past a door': {
    file: 'src/transfer/engine/x2.ts',
    text: use('../../identity/user.ts'),
    says: NOT_A_DOOR,
  },
  'the command line reaches past a door': {
    file: 'src/cli/x1.ts',
    text: use('../identity/user.ts'),
    says: NOT_A_DOOR,
  },
  'a type comes past a door': {
    file: 'src/transfer/x3.ts',
    text: `import type { user } from '../identity/user.ts'\n\nexport const used: typeof user = 'user'\n`,
    says: NOT_A_DOOR,
  },
  'a re-export reaches past a door': {
    file: 'src/transfer/x4.ts',
    text: `export { user } from '../identity/user.ts'\n`,
    says: NOT_A_DOOR,
  },
  'a room uses main': { file: 'src/transfer/x5.ts', text: use('../main.ts'), says: /Nobody imports main/ },
  'the house uses what is for tests': {
    file: 'src/platform/x3.ts',
    text: use('./testing/postgres.ts'),
    says: /Only tests/,
  },
  'the page uses the sources': {
    file: 'web/src/x1.ts',
    text: use('../../src/identity/user.ts'),
    says: /client of the public API/,
  },
  'the page uses a door': { file: 'web/src/x2.ts', text: use('#identity'), says: /client of the public API/ },
  'a default export': {
    file: 'src/identity/x3.ts',
    text: `export default 'x'\n`,
    says: /no-default-export/,
  },
  'an any': {
    file: 'src/identity/x4.ts',
    text: `export const loose: any = 1\n`,
    says: /no-explicit-any/,
  },
  'a promise that nobody waits for': {
    file: 'src/identity/x5.ts',
    text: `export function start(): void {\n  later()\n}\n\nasync function later(): Promise<void> {}\n`,
    says: /no-floating-promises/,
  },
  'a switch that forgets a case': {
    file: 'src/identity/x6.ts',
    text: `export function say(state: 'on' | 'off'): void {\n  switch (state) {\n    case 'on':\n      console.log(state)\n  }\n}\n`,
    says: /switch-exhaustiveness-check/,
  },
  'a cycle within a room': {
    file: 'src/identity/x7.ts',
    text: `import { eight } from './x8.ts'\n\nexport const seven = (): number => eight() + 1\n`,
    says: /no-cycle/,
  },
  'a name that is not kebab-case': {
    file: 'src/identity/xNine.ts',
    text: `export const nine = 9\n`,
    says: /filename-case/,
  },
}

/** The other half of the cycle. */
const ACCOMPLICES = {
  'src/identity/x8.ts': `import { seven } from './x7.ts'\n\nexport const eight = (): number => seven() + 1\n`,
}

test('the linter finds every planted fault, and nothing in the clean house', async () => {
  const lint = () => house.run('oxlint', ['--type-aware', '--deny-warnings', '--format=agent'])
  const clean = await lint()
  expect(clean.code, clean.said).toBe(0)

  const faults = Object.fromEntries(Object.values(PLANTED).map(({ file, text }) => [file, text]))
  const files = { ...faults, ...ACCOMPLICES }
  await house.write(files)
  const { code, said } = await lint()
  await house.remove(Object.keys(files))

  expect(code).not.toBe(0)
  const missed = Object.entries(PLANTED).filter(([, { file, says }]) => {
    const complaints = said.split('\n').filter((line) => line.startsWith(`${file}:`))
    return !complaints.some((line) => says.test(line))
  })
  expect(
    missed.map(([fault]) => fault),
    said,
  ).toEqual([])
  // What is planted is all that it complains about.
  const accused = new Set(said.split('\n').flatMap((line) => /^(\S+?):\d+:\d+:/.exec(line)?.[1] ?? []))
  expect([...accused].filter((file) => !(file in files))).toEqual([])
}, 30_000)

test('an import behind a door does not compile', async () => {
  const compile = () => house.run('tsc', ['--noEmit', '-p', '.'])
  expect(await compile()).toEqual({ code: 0, said: '' })

  await house.write({ 'src/transfer/x.ts': use('#identity/user') })
  const { code, said } = await compile()
  await house.remove(['src/transfer/x.ts'])
  expect(code).not.toBe(0)
  expect(said).toMatch(/src\/transfer\/x\.ts.*TS2307/)
}, 30_000)
