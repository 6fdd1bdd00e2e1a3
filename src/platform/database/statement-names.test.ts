import { expect, test } from 'vitest'
import { createStatementNames } from './statement-names.ts'

test('a text has its name from the third time on, and keeps it', () => {
  const { nameOf } = createStatementNames()
  const given = [1, 2, 3, 4].map(() => nameOf('select 1'))
  expect(given.slice(0, 2)).toEqual([undefined, undefined])
  expect(given[2]).toMatch(/^hub_/)
  expect(given[3]).toBe(given[2])
})

test('texts that are made up by the thousand get no names, and cost those that are asked often nothing', () => {
  const { nameOf } = createStatementNames()
  for (let n = 0; n < 10_000; n++) expect(nameOf(`select ${n}`)).toBeUndefined()
  const often = [1, 2, 3].map(() => nameOf('select often'))
  expect(often[2]).toBeDefined()
})

test('there are never more than two hundred names', () => {
  const { nameOf } = createStatementNames()
  const names = Array.from({ length: 1_000 }, (_, n) => [1, 2, 3].map(() => nameOf(`select ${n}`))[2])
  expect(new Set(names.filter((name) => name !== undefined)).size).toBe(200)
})
