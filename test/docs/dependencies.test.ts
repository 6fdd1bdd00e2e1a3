import { glob, readFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { expect, test } from 'vitest'

test('every direct dependency says what it is for, and nothing is listed that is not there', async () => {
  const manifest = JSON.parse(await readFile('package.json', 'utf8'))
  const installed = Object.keys({
    ...manifest.dependencies,
    ...manifest.optionalDependencies,
    ...manifest.devDependencies,
  })
  const page = await readFile('docs/dependencies.md', 'utf8')
  const rows = page.split('\n').filter((line) => line.startsWith('| `'))
  const listed = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  )
  expect(listed.toSorted()).toEqual(installed.toSorted())
})

test('what the hub imports is installed with the package, not with its sources only', async () => {
  const { dependencies, optionalDependencies } = JSON.parse(await readFile('package.json', 'utf8'))
  const installed = new Set(Object.keys({ ...dependencies, ...optionalDependencies }))
  const missing = new Set<string>()
  for await (const file of glob('src/**/*.ts')) {
    if (/\.test\.ts$|\.d\.ts$|\/testing/.test(file)) continue
    const source = await readFile(file, 'utf8')
    for (const [, name = ''] of source.matchAll(
      /^(?:import|export|\}) (?!type)(?:.* from )?'([^'#.][^']*)'$/gm,
    )) {
      const owner = name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/')
      if (!isBuiltin(name) && !installed.has(owner)) missing.add(`${file}: ${owner}`)
    }
  }
  expect([...missing]).toEqual([])
})
