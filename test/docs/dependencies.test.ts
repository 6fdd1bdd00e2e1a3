import { readFile } from 'node:fs/promises'
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
