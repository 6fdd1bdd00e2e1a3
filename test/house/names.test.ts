import { readdirSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

/** Names that say nothing: what lies in such a folder belongs to a room, or has a true name. */
const EMPTY_NAMES = /^(utils?|helpers?|services?|managers?|common|shared|lib|types|core|misc)(\.|$)/

const FOLDERS = ['src', 'web/src', 'test', 'scripts', 'bench']

test('no folder or file is called by a name that says nothing', () => {
  const found = FOLDERS.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => EMPTY_NAMES.test(path.basename(name)))
      .map((name) => path.join(folder, name)),
  )
  expect(found).toEqual([])
})
