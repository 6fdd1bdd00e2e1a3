import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { referencePages } from '../../scripts/reference.ts'

const folder = path.join(import.meta.dirname, '..', '..', 'docs', 'reference')

test.each(Object.entries(await referencePages()))(
  'docs/reference/%s says what the source says',
  async (name, text) => {
    expect(await readFile(path.join(folder, name), 'utf8')).toBe(text)
  },
)
