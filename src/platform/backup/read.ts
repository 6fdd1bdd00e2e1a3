import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { Fault, messageOf } from '#fault'
import { type BackupHeader, MAGIC, type Section, type Sums, Tally, type Totals } from './format.ts'

const LINE_LIMIT_BYTES = 16 * 1024 * 1024
const BLOCK_LIMIT_BYTES = 2 ** 31
const CHUNK_BYTES = 64 * 1024
const NEWLINE = 0x0a

/** What is seen of a backup on the way; a section's data is checked whether it is read or not. */
export interface BackupReader {
  header?: (header: BackupHeader) => Promise<void> | void
  section?: (section: Section, data: AsyncIterable<Buffer>) => Promise<void>
}

export interface BackupContents {
  header: BackupHeader
  sections: (Section & Sums)[]
  totals: Totals
}

/**
 * Reads a backup from its beginning to its end, in constant memory, and checks every sum.
 *
 * @throws Fault `backup.damaged` where it is not what was written; what the reader throws is thrown on.
 */
export async function readBackup(file: string, reader: BackupReader): Promise<BackupContents> {
  return withBytes(file, async (bytes) => {
    const header = await readHeader(bytes, file)
    await reader.header?.(header)
    const sections: (Section & Sums)[] = []
    for (;;) {
      const before = bytes.tally
      const next = parse(await bytes.line(), file)
      if (isEnd(next)) {
        const sums = before.sums()
        await bytes.end()
        const rows = sections.reduce((sum, section) => sum + section.rows, 0)
        const found = { sections: sections.length, ...sums, rows }
        if (!sameTotals(found, next.end)) throw damaged(file, 'its last line does not add up')
        return { header, sections, totals: found }
      }
      if (!isSection(next)) throw damaged(file, 'a section has no name')
      bytes.pass()
      sections.push({ ...next, ...(await readSection(bytes, next, reader, file)) })
    }
  })
}

/** Only the first lines: what a list of backups shows. */
export async function readBackupHeader(file: string): Promise<BackupHeader> {
  return withBytes(file, (bytes) => readHeader(bytes, file))
}

async function withBytes<R>(file: string, work: (bytes: Bytes) => Promise<R>): Promise<R> {
  const source = createReadStream(file)
  const unzipped = createGunzip({ chunkSize: CHUNK_BYTES })
  source.on('error', (error) => unzipped.destroy(error))
  source.pipe(unzipped)
  try {
    return await work(new Bytes(unzipped, file))
  } finally {
    source.destroy()
    unzipped.destroy()
  }
}

async function readHeader(bytes: Bytes, file: string): Promise<BackupHeader> {
  const magic = await bytes.line()
  if (magic !== MAGIC) {
    throw magic.startsWith('crosstie-backup ')
      ? new Fault(
          'failed',
          'backup.newer_format',
          `${file} was written by a newer release in a form this one does not read.`,
        )
      : damaged(file, 'it does not begin as a backup of Crosstie')
  }
  bytes.pass()
  const header = parse(await bytes.line(), file)
  if (!isHeader(header)) throw damaged(file, 'its header is not complete')
  bytes.pass()
  return header
}

async function readSection(
  bytes: Bytes,
  section: Section,
  reader: BackupReader,
  file: string,
): Promise<Sums> {
  const tally = new Tally()
  async function* blocks(): AsyncGenerator<Buffer> {
    for (;;) {
      const length = Number(await bytes.line())
      if (!Number.isSafeInteger(length) || length < 0 || length > BLOCK_LIMIT_BYTES) {
        throw damaged(file, `${section.name} has a block without a length`)
      }
      bytes.pass()
      if (length === 0) return
      for await (const piece of bytes.take(length)) yield tally.add(piece)
    }
  }
  const data = blocks()
  // Without `return`, so that a reader may break off; what it left is read for the sums.
  await reader.section?.(section, { [Symbol.asyncIterator]: () => ({ next: () => data.next() }) })
  for await (const _ of data) continue
  const said = parse(await bytes.line(), file)
  bytes.pass()
  const found = tally.sums()
  if (
    !isSums(said) ||
    said.sha256 !== found.sha256 ||
    said.rows !== found.rows ||
    said.bytes !== found.bytes
  ) {
    throw damaged(file, `the data of ${section.name} is not what was written`)
  }
  return found
}

/** Lines and counts of bytes from a stream. What was taken is tallied by `pass`, so that the last line is not. */
class Bytes {
  readonly tally = new Tally()
  readonly #file: string
  readonly #pieces: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)
  #untallied: Buffer[] = []

  constructor(stream: AsyncIterable<Buffer>, file: string) {
    this.#file = file
    this.#pieces = stream[Symbol.asyncIterator]()
  }

  /** The next line; it counts for the tally once it is passed. */
  async line(): Promise<string> {
    let at = this.#rest.indexOf(NEWLINE)
    while (at === -1) {
      if (this.#rest.length > LINE_LIMIT_BYTES) throw damaged(this.#file, 'a line has no end')
      const piece = await this.#next()
      if (piece === null) throw damaged(this.#file, 'it ends too early')
      const from = this.#rest.length
      this.#rest = Buffer.concat([this.#rest, piece])
      at = this.#rest.indexOf(NEWLINE, from)
    }
    const taken = this.#rest.subarray(0, at + 1)
    this.#rest = this.#rest.subarray(at + 1)
    this.#untallied.push(taken)
    return taken.toString('utf8', 0, at)
  }

  pass(): void {
    for (const bytes of this.#untallied.splice(0)) this.tally.add(bytes)
  }

  async *take(length: number): AsyncGenerator<Buffer> {
    let left = length
    while (left > 0) {
      if (this.#rest.length === 0) {
        const piece = await this.#next()
        if (piece === null) throw damaged(this.#file, 'it ends too early')
        this.#rest = piece
      }
      const taken = this.#rest.subarray(0, left)
      this.#rest = this.#rest.subarray(taken.length)
      left -= taken.length
      yield this.tally.add(taken)
    }
  }

  /** Reads to the end, where gzip's own sum is checked; nothing may be left. */
  async end(): Promise<void> {
    if (this.#rest.length > 0 || (await this.#next()) !== null)
      throw damaged(this.#file, 'something follows its end')
  }

  async #next(): Promise<Buffer | null> {
    try {
      const { done, value } = await this.#pieces.next()
      return done === true ? null : value
    } catch (cause) {
      if (isSystemError(cause)) {
        throw new Fault('failed', 'backup.unreadable', `${this.#file} cannot be read: ${messageOf(cause)}`, {
          cause,
        })
      }
      throw damaged(this.#file, messageOf(cause))
    }
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}

function damaged(file: string, what: string): Fault {
  return new Fault('failed', 'backup.damaged', `The backup ${file} is damaged: ${what}. Use another one.`)
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw damaged(file, 'a line that should be JSON is not')
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isHeader(value: unknown): value is BackupHeader {
  return (
    isObject(value) &&
    typeof value['release'] === 'string' &&
    typeof value['created_at'] === 'string' &&
    ['migrations', 'key_ids', 'sequences'].every((name) => Array.isArray(value[name]))
  )
}

function isSection(value: unknown): value is Section {
  return (
    isObject(value) &&
    typeof value['section'] === 'string' &&
    typeof value['name'] === 'string' &&
    Array.isArray(value['columns'])
  )
}

function isSums(value: unknown): value is Sums {
  return isObject(value) && typeof value['sha256'] === 'string'
}

function isEnd(value: unknown): value is { end: Totals } {
  return isObject(value) && isSums(value['end'])
}

function sameTotals(a: Totals, b: Totals): boolean {
  return a.sections === b.sections && a.rows === b.rows && a.bytes === b.bytes && a.sha256 === b.sha256
}
