import { execFileSync, spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { scriptOf, snippetsOf } from './snippets.ts'

const PAGE = [
  'Type this:',
  '```sh',
  'name=ada',
  '```',
  'not this:',
  '```sh no-run',
  'rm -rf everything',
  '```',
  'it answers:',
  '```json',
  '{"name": "ada"}',
  '```',
  '````sh',
  "cat <<'END'",
  '```',
  'END',
  'echo "hello $name at 127.0.0.1:8717"',
  '````',
].join('\n')

test('the blocks marked sh are found in order, with their place in the page', () => {
  expect(snippetsOf('page.md', PAGE)).toEqual([
    { page: 'page.md', line: 3, code: 'name=ada' },
    { page: 'page.md', line: 14, code: 'cat <<\'END\'\n```\nEND\necho "hello $name at 127.0.0.1:8717"' },
  ])
})

test('they run as one session, against the port of the test', () => {
  const script = scriptOf(snippetsOf('page.md', PAGE), { port: 4321 })
  const said = execFileSync('bash', ['-c', script], { encoding: 'utf8' })
  expect(said).toContain('hello ada at 127.0.0.1:4321')
  expect(said).toMatch(/== all blocks ran\n$/)
})

test('a command that fails is named with its place in the page', () => {
  const script = scriptOf(snippetsOf('page.md', `${PAGE}\n\`\`\`sh\nfalse\n\`\`\`\n`), { port: 4321 })
  const { status, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' })
  expect(status).not.toBe(0)
  expect(stderr).toBe('FAILED in the block at page.md:20: false\n')
})

test('a block that is neither run nor excused, or never closed, is a slip in the page', () => {
  expect(() => snippetsOf('page.md', '```sh norun\nls\n```')).toThrow('page.md:1: "sh norun" is not known')
  expect(() => snippetsOf('page.md', '```sh\nls')).toThrow('page.md:1: this block is never closed')
})
