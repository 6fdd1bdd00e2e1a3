import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import zh from '../locales/hub.zh-CN.json' with { type: 'json' }
import { hubWords, setHubWords } from './hub-words.ts'

afterEach(() => setHubWords({}))

test('a sentence is told in the reader’s language, with what stood in it', () => {
  setHubWords(zh)
  expect(hubWords('Make public.orders at db:5432/shop and fill it, in one transaction.')).toBe(
    '在一个事务中创建并填充 public.orders at db:5432/shop。',
  )
  expect(hubWords('Value error, Directory path must be absolute')).toBe('目录必须以斜杠开头')
})

test('what is not known stays as the hub said it', () => {
  setHubWords(zh)
  expect(hubWords('Something nobody foresaw: 7')).toBe('Something nobody foresaw: 7')
  setHubWords({})
  expect(hubWords('Group not found')).toBe('Group not found')
})

test('a name in braces that is no part of the pattern is a name in braces', () => {
  setHubWords(zh)
  const said = 'At least one of placeholders must be present: {run_id} or {run_created_at}'
  expect(hubWords(said)).toBe('至少需要 {run_id} 或 {run_created_at} 之一')
})

test('each sentence of the catalogue uses what stood in the original, and the hub still says it', () => {
  const root = path.join(import.meta.dirname, '../../../src')
  const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.includes('.test.'))
    .map((file) => readFileSync(path.join(root, file), 'utf8').replaceAll(String.raw`\"`, '"'))
    .join('\n')
  for (const [said, words] of Object.entries(zh)) {
    const names = (text: string) =>
      [...text.matchAll(/\{([a-z]+)\}/g)].map(([, name = '']) => name).toSorted((a, b) => a.localeCompare(b))
    expect(names(words), said).toEqual(names(said))
    // Sentences are put together of parts: a word of four letters or more in a row of the longest must be there.
    const parts = said.split(/\{[a-z]+\}|[:;,.] /).toSorted((a, b) => b.length - a.length)
    expect(sources.includes((parts[0] ?? '').trim()) || sources.includes((parts[1] ?? '').trim()), said).toBe(
      true,
    )
  }
})
