import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import en from './en.json' with { type: 'json' }
import zh from './zh-CN.json' with { type: 'json' }

const source = path.join(import.meta.dirname, '..')
const PLURAL = /_(zero|one|two|few|many|other)$/

/** `{a: {b: 'c'}}` as `a.b → c`. */
function flat(tree: object, above = ''): Map<string, string> {
  const all = new Map<string, string>()
  for (const [name, value] of Object.entries(tree)) {
    const key = above === '' ? name : `${above}.${name}`
    if (typeof value === 'string') all.set(key, value)
    else for (const entry of flat(value, key)) all.set(...entry)
  }
  return all
}

/** What the code asks for: plural forms are one key. */
const keysOf = (catalogue: object) =>
  new Set([...flat(catalogue).keys()].map((key) => key.replace(PLURAL, '')))
const variables = (text: string) =>
  [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name = '']) => name).toSorted((a, b) => a.localeCompare(b))

function code(): string {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  return files
    .filter((file) => /\.tsx?$/.test(file) && !file.includes('.test.'))
    .map((file) => readFileSync(path.join(source, file), 'utf8'))
    .join('\n')
}

test('both languages have the same keys', () => {
  expect([...keysOf(zh)].toSorted()).toEqual([...keysOf(en)].toSorted())
})

test('every plural form that a language needs is there', () => {
  for (const [language, catalogue] of [
    ['en', en],
    ['zh-CN', zh],
  ] as const) {
    const all = flat(catalogue)
    const needed = new Intl.PluralRules(language).resolvedOptions().pluralCategories
    const counted = new Set(
      [...all.keys()].filter((key) => PLURAL.test(key)).map((key) => key.replace(PLURAL, '')),
    )
    for (const key of counted) {
      for (const form of needed) expect(all.has(`${key}_${form}`), `${language}: ${key}_${form}`).toBe(true)
    }
  }
})

test('a translation uses the variables of the original, and is not empty', () => {
  const original = flat(en)
  for (const [key, text] of flat(zh)) {
    expect(text.trim(), key).not.toBe('')
    expect(variables(text), key).toEqual(variables(original.get(key) ?? ''))
  }
})

test('every key that the code names is in the catalogues', () => {
  const known = keysOf(en)
  const named = [...code().matchAll(/\bt\(\s*'([^']+)'/g)].map(([, key]) => key)
  expect(named.length).toBeGreaterThan(300)
  expect(named.filter((key) => !known.has(key ?? ''))).toEqual([])
})

test('every key of the catalogues is used', () => {
  const text = code()
  const made = [...text.matchAll(/`(\w[\w.]*\.)\$\{/g)].map(([, start]) => start ?? '')
  const unused = [...keysOf(en)].filter(
    (key) => !text.includes(`'${key}'`) && !made.some((start) => key.startsWith(start)),
  )
  expect(unused).toEqual([])
})
