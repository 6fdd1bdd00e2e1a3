import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { deflateRawSync } from 'node:zlib'

import { expect, test } from 'vitest'

import { DUCKDB_VERSION, ensureExtension, findExtension } from './extension.ts'
import { unpackFile } from './wheel.ts'

const folder = () => mkdtempSync(path.join(tmpdir(), 'crosstie-extension-'))

/** A zip of one file, as a wheel is. */
function zipOf(name: string, content: Buffer, deflated = true): Buffer {
  const packed = deflated ? deflateRawSync(content) : content
  const local = Buffer.alloc(30)
  local.writeUInt32LE(0x04034b50, 0)
  local.writeUInt16LE(name.length, 26)
  const entry = Buffer.alloc(46)
  entry.writeUInt32LE(0x02014b50, 0)
  entry.writeUInt16LE(deflated ? 8 : 0, 10)
  entry.writeUInt32LE(packed.length, 20)
  entry.writeUInt32LE(content.length, 24)
  entry.writeUInt16LE(name.length, 28)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(30 + name.length + packed.length, 16)
  return Buffer.concat([local, Buffer.from(name), packed, entry, Buffer.from(name), end])
}

test('an extension is found in a folder and in the layout that DuckDB itself keeps', async () => {
  const plain = folder()
  writeFileSync(path.join(plain, 'postgres_scanner.duckdb_extension'), 'x')
  expect(await findExtension('postgres_scanner', [folder(), plain])).toBe(
    path.join(plain, 'postgres_scanner.duckdb_extension'),
  )
  const kept = folder()
  const platform = `${process.platform === 'darwin' ? 'osx' : 'linux'}_${process.arch === 'x64' ? 'amd64' : 'arm64'}`
  mkdirSync(path.join(kept, `v${DUCKDB_VERSION}`, platform), { recursive: true })
  const file = path.join(kept, `v${DUCKDB_VERSION}`, platform, 'postgres_scanner.duckdb_extension')
  writeFileSync(file, 'x')
  expect(await ensureExtension('postgres_scanner', [kept])).toBe(file)
  expect(await findExtension('postgres_scanner', [folder()])).toBeNull()
})

test('after a search that failed the next one waits, and says what to do', async () => {
  const empty = folder()
  writeFileSync(path.join(empty, 'postgres_scanner.not-found'), 'pip: it is not installed')
  const began = Date.now()
  await expect(ensureExtension('postgres_scanner', [empty])).rejects.toThrow(
    /pip: it is not installed.*crosstie doctor/,
  )
  await expect(
    ensureExtension('postgres_scanner', [path.join(empty, 'postgres_scanner.not-found', 'below-a-file')]),
  ).rejects.toThrow(/no folder for extensions can be written/)
  expect(Date.now() - began).toBeLessThan(1_000)
})

test('a wheel gives one file out, within its limit', () => {
  const content = Buffer.from('the extension'.repeat(100))
  for (const deflated of [true, false]) {
    const zip = zipOf('a/v1/postgres_scanner.duckdb_extension', content, deflated)
    expect(unpackFile(zip, 'postgres_scanner.duckdb_extension', 10_000).equals(content)).toBe(true)
    expect(() => unpackFile(zip, 'postgres_scanner.duckdb_extension', 100)).toThrow(/at most/)
    expect(() => unpackFile(zip, 'other', 10_000)).toThrow(/no file in it/)
    expect(() => unpackFile(zip.subarray(0, 60), 'other', 10_000)).toThrow(/no directory/)
  }
  const bomb = zipOf('x.duckdb_extension', Buffer.alloc(1_000_000))
  // A directory that lies about the size does not unpack more than the limit either.
  bomb.writeUInt32LE(10, bomb.length - 22 - 46 - 18 + 24)
  expect(() => unpackFile(bomb, '.duckdb_extension', 1_000)).toThrow(/does not unpack/)
  expect(() => unpackFile(Buffer.from('no zip at all, just text that is long enough'), 'x', 10)).toThrow(
    /no directory/,
  )
})
