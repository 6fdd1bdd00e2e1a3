/** Moves the fragments of `changes/` into CHANGELOG.md under a version: `node scripts/release-notes.ts 1.2.0`. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'

const root = path.dirname(import.meta.dirname)
const KINDS = ['security', 'added', 'changed', 'fixed', 'removed']

const version = process.argv[2] ?? ''
if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error('which version? node scripts/release-notes.ts 1.2.0')

const folder = path.join(root, 'changes')
const fragments = (await readdir(folder)).filter((name) => name !== 'README.md').toSorted()
const kindOf = (name: string) => name.split('.').at(-2) ?? ''
const odd = fragments.find((name) => !KINDS.includes(kindOf(name)))
if (odd !== undefined)
  throw new Error(`changes/${odd}: its name must end with one of ${KINDS.join(', ')}, then .md`)

const sections: string[] = []
for (const kind of KINDS) {
  const names = fragments.filter((name) => kindOf(name) === kind)
  const texts = await Promise.all(names.map((name) => readFile(path.join(folder, name), 'utf8')))
  const lines = texts.map((text) => `- ${text.trim().replaceAll('\n', '\n  ')}`)
  if (lines.length > 0)
    sections.push(`### ${kind[0]?.toUpperCase()}${kind.slice(1)}\n\n${lines.join('\n')}\n`)
}
if (sections.length === 0) throw new Error('there is nothing in changes/ to release')

const file = path.join(root, 'CHANGELOG.md')
const before = await readFile(file, 'utf8')
const day = new Date().toISOString().slice(0, 10)
const at = before.indexOf('\n## ')
const head = (at === -1 ? before : before.slice(0, at)).trimEnd()
const rest = at === -1 ? '' : before.slice(at)
await writeFile(file, `${head}\n\n## ${version}, ${day}\n\n${sections.join('\n')}${rest}`)
for (const name of fragments) await rm(path.join(folder, name))
