import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { chooseFiles, listFiles, newFiles, type SourceFile } from './source-files.ts'

const file = (name: string, more: Partial<SourceFile> = {}): SourceFile => ({
  path: `/in/${name}`,
  name,
  size: 10,
  modifiedMs: 1000,
  isLink: false,
  ...more,
})
const format = { type: 'jsonline', encoding: 'utf-8', line_sep: '\n', compression: 'none' } as const
const names = (files: SourceFile[]): string[] => files.map(({ name }) => name)

describe('the files of a folder', () => {
  it('are its own, by name, hidden ones and folders left out', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'crosstie-list-'))
    await mkdir(path.join(folder, 'sub.jsonl'))
    for (const name of ['b.jsonl', 'a.jsonl', '.hidden.jsonl']) await writeFile(path.join(folder, name), 'x')
    expect(names(await listFiles(folder))).toEqual(['a.jsonl', 'b.jsonl'])
    await rm(folder, { recursive: true })
    await expect(listFiles(folder)).rejects.toMatchObject({ code: 'transfer.folder_missing' })
  })

  it('are those of the format, or those that the name or pattern means', async () => {
    const all = [file('a.jsonl'), file('a.jsonl.gz'), file('b.csv'), file('or[1].jsonl')]
    expect(names(await chooseFiles(all, { format, transformations: [] }))).toEqual([
      'a.jsonl',
      'a.jsonl.gz',
      'or[1].jsonl',
    ])
    expect(names(await chooseFiles(all, { fileName: 'a.*', format, transformations: [] }))).toEqual([
      'a.jsonl',
      'a.jsonl.gz',
    ])
    expect(names(await chooseFiles(all, { fileName: 'or[1].jsonl', format, transformations: [] }))).toEqual([
      'or[1].jsonl',
    ])
  })

  it('pass every filter on name and size', async () => {
    const all = [file('a1.jsonl', { size: 5 }), file('a2.jsonl', { size: 50 }), file('b.jsonl', { size: 50 })]
    const choose = async (
      filters: {
        type: 'name_glob' | 'name_regexp' | 'file_size_min' | 'file_size_max'
        value: string | number
      }[],
    ) =>
      names(
        await chooseFiles(all, {
          format,
          // The schema's own type of the four differs by `type` alone.
          transformations: [{ type: 'file_metadata_filter', filters: filters as never }],
        }),
      )
    expect(await choose([{ type: 'name_glob', value: 'a*' }])).toEqual(['a1.jsonl', 'a2.jsonl'])
    expect(
      await choose([
        { type: 'name_regexp', value: '^a\\d' },
        { type: 'file_size_min', value: 6 },
      ]),
    ).toEqual(['a2.jsonl'])
    expect(await choose([{ type: 'file_size_max', value: 5 }])).toEqual(['a1.jsonl'])
  })
})

describe('what an incremental transfer carries', () => {
  it('by time is what changed after the newest that was carried', () => {
    const all = [file('a', { modifiedMs: 1 }), file('b', { modifiedMs: 5.5 })]
    expect(newFiles(all, 'file_modified_since', undefined)).toEqual({ files: all, mark: '5.5' })
    expect(newFiles(all, 'file_modified_since', '1')).toEqual({ files: [all[1]], mark: '5.5' })
    expect(newFiles(all, 'file_modified_since', '5.5')).toEqual({ files: [], mark: '5.5' })
  })

  it('by name is what was never carried', () => {
    const all = [file('a'), file('b')]
    const first = newFiles(all.slice(0, 1), 'file_name', undefined)
    expect(first.mark).toBe('["a"]')
    expect(newFiles(all, 'file_name', first.mark)).toEqual({ files: [all[1]], mark: '["a","b"]' })
  })
})
