/** A wheel is a zip; this reads one file of it, by its central directory, within limits. */
import { inflateRawSync } from 'node:zlib'

import { Fault } from '#fault'

const END_OF_DIRECTORY = 0x06054b50
const DIRECTORY_ENTRY = 0x02014b50
const LOCAL_ENTRY = 0x04034b50
const LONGEST_COMMENT = 65_535
const MOST_ENTRIES = 1_000
const STORED = 0
const DEFLATED = 8

/** The one file whose name ends so, unpacked; at most `limitBytes` of it. */
export function unpackFile(zip: Buffer, ending: string, limitBytes: number): Buffer {
  const end = findEnd(zip)
  const count = zip.readUInt16LE(end + 10)
  let at = zip.readUInt32LE(end + 16)
  if (count > MOST_ENTRIES) throw broken(`it lists ${count} files`)
  for (let index = 0; index < count; index++) {
    if (at + 46 > zip.length || zip.readUInt32LE(at) !== DIRECTORY_ENTRY)
      throw broken('its directory is damaged')
    const nameBytes = zip.readUInt16LE(at + 28)
    const name = zip.toString('utf8', at + 46, at + 46 + nameBytes)
    if (name.endsWith(ending)) return unpackEntry(zip, at, limitBytes)
    at += 46 + nameBytes + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
  throw broken(`no file in it ends in ${ending}`)
}

/** The end record lies last, behind it only a comment. */
function findEnd(zip: Buffer): number {
  for (let at = zip.length - 22; at >= Math.max(0, zip.length - 22 - LONGEST_COMMENT); at--) {
    if (zip.readUInt32LE(at) === END_OF_DIRECTORY) return at
  }
  throw broken('it has no directory')
}

function unpackEntry(zip: Buffer, entry: number, limitBytes: number): Buffer {
  const method = zip.readUInt16LE(entry + 10)
  const packedBytes = zip.readUInt32LE(entry + 20)
  const bytes = zip.readUInt32LE(entry + 24)
  const local = zip.readUInt32LE(entry + 42)
  if (bytes > limitBytes) throw broken(`its file has ${bytes} bytes, and ${limitBytes} are expected at most`)
  if (local + 30 > zip.length || zip.readUInt32LE(local) !== LOCAL_ENTRY)
    throw broken('its directory points at nothing')
  const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
  const packed = zip.subarray(from, from + packedBytes)
  if (packed.length !== packedBytes) throw broken('it is cut off')
  if (method === STORED) return Buffer.from(packed)
  if (method !== DEFLATED) throw broken(`it is packed by method ${method}`)
  try {
    return inflateRawSync(packed, { maxOutputLength: limitBytes })
  } catch (error) {
    throw broken('it does not unpack', error)
  }
}

function broken(why: string, cause?: unknown): Fault {
  return new Fault('failed', 'transfer.wheel_broken', `The wheel cannot be read: ${why}.`, { cause })
}
