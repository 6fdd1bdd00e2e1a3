import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildSmallHouse, type SmallHouse } from './small-house.ts'

let house: SmallHouse

beforeAll(async () => {
  house = await buildSmallHouse()
  // The house of the test is smaller than knip.json expects, which it would only hint at.
  const rules = JSON.parse(await readFile('knip.json', 'utf8'))
  await house.write({ 'knip.json': JSON.stringify({ ...rules, ignoreDependencies: ['vitest'] }) })
})
afterAll(() => house.clear())

const unused = () => house.run('knip', ['--no-progress', '--no-config-hints'])

test('a clean house has no leftovers', async () => {
  const { code, said } = await unused()
  expect(code, said).toBe(0)
})

test('an export, a file and a dependency that nobody uses are found', async () => {
  await house.write({
    'src/identity/user.ts': `export const user = 'user'\nexport const nobodyUsesThis = 'x'\n`,
    'src/identity/forgotten.ts': `export const forgotten = 'x'\n`,
    'package.json': JSON.stringify({
      name: 'small-house',
      type: 'module',
      bin: 'bin/crosstie.js',
      imports: JSON.parse(await readFile('package.json', 'utf8')).imports,
      dependencies: { yaml: '2.9.1' },
    }),
  })
  const { code, said } = await unused()
  expect(code).not.toBe(0)
  expect(said).toMatch(/Unused files[\s\S]*src\/identity\/forgotten\.ts/)
  expect(said).toMatch(/Unused exports[\s\S]*nobodyUsesThis/)
  expect(said).toMatch(/Unused dependencies[\s\S]*yaml/)
}, 30_000)

// The linter does not see these: it resolves no door by the condition "source".
test('a cycle through doors is found', async () => {
  const cycle = {
    'src/platform/event.ts': `import { timer } from '#timer'\n\nexport const event = (): number => timer() + 1\n`,
    'src/platform/timer.ts': `import { event } from '#event'\n\nexport const timer = (): number => event() + 1\n`,
  }
  await house.write(cycle)
  const { code, said } = await unused()
  await house.remove(Object.keys(cycle))
  expect(code).not.toBe(0)
  expect(said).toMatch(/Circular dependencies \(1\)\nsrc\/platform\/(event|timer)\.ts/)
})
