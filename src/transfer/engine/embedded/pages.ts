/**
 * The columns that DuckDB writes, taken from a stream of plain Parquet.
 *
 * DuckDB hands rows to a program as text, or value by value through a foreign function interface; both are
 * slow. Uncompressed Parquet without dictionaries is its columns' memory with a few bytes of headings
 * (half the time of writing CSV), and its pages can be read as they come: a row group begins with a column
 * of ours that fits one page, so that page says how many rows the others have.
 */
import { BrokenOff } from './together.ts'

/**
 * How DuckDB has to write for `readRowGroups`; the first column must be `MARKER`. Small row groups keep the
 * bytes in the processor's caches and the server busy while the next group is being made.
 */
export const PAGES_FORMAT =
  'format parquet, compression uncompressed, parquet_version v1, dictionary_size_limit 0, row_group_size 4096'
export const MARKER = 'true'

/** The values of one page: present ones only, as Parquet's PLAIN encoding lays them. */
export interface Page {
  rows: number
  /** 1 for each row that has a value; null when all have. */
  present: Uint8Array | null
  values: Buffer
}

export interface RowGroup {
  rows: number
  /** For each column its pages, in order. */
  columns: Page[][]
}

const DATA_PAGE = 0
const INDEX_PAGE = 1
const PLAIN = 0
const LONGEST_HEADER_BYTES = 64 * 1024
const FIRST_SLAB_BYTES = 1024 * 1024
const LARGEST_PAGE_BYTES = 1024 * 1024 * 1024

/** Row group by row group, until the footer. A group's bytes are good until the next one is asked for. */
export async function* readRowGroups(
  stream: AsyncIterable<Buffer>,
  columnCount: number,
): AsyncGenerator<RowGroup> {
  const bytes = new ByteReader(stream)
  if ((await bytes.take(4)).toString('latin1') !== 'PAR1') throw unexpected('its first four bytes')
  for (;;) {
    bytes.reuse()
    const first = await readPage(bytes)
    if (first === null) break
    const columns: Page[][] = []
    for (let column = 0; column < columnCount; column++) {
      columns.push(await readColumn(bytes, first.rows))
    }
    yield { rows: first.rows, columns }
  }
  await bytes.drain()
}

async function readColumn(bytes: ByteReader, rows: number): Promise<Page[]> {
  const pages: Page[] = []
  for (let left = rows; left > 0;) {
    const page = await readPage(bytes)
    if (page === null || page.rows > left) throw unexpected('the number of its rows')
    left -= page.rows
    pages.push(page)
  }
  return pages
}

/** The next page, or null where the footer begins. */
async function readPage(bytes: ByteReader): Promise<Page | null> {
  const header = await bytes.header()
  // The footer begins with its version, 1, which as a page would be an index page; DuckDB writes none.
  if (header.type === INDEX_PAGE) return null
  if (header.type !== DATA_PAGE || header.encoding !== PLAIN || header.size > LARGEST_PAGE_BYTES) {
    throw unexpected(`a page of type ${header.type}, encoding ${header.encoding}, ${header.size} bytes`)
  }
  const body = await bytes.take(header.size)
  const levels = body.readUInt32LE(0)
  return {
    rows: header.rows,
    present: readPresence(body.subarray(4, 4 + levels), header.rows),
    values: body.subarray(4 + levels),
  }
}

/** Definition levels of one bit, in Parquet's mix of runs and packed bits. */
export function readPresence(levels: Buffer, rows: number): Uint8Array | null {
  let present: Uint8Array | null = null
  let row = 0
  let at = 0
  while (row < rows) {
    let run = 0
    for (let shift = 0; ; shift += 7) {
      const byte = levels.readUInt8(at++)
      run += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) break
    }
    const count = run >>> 1
    if ((run & 1) === 0) {
      const value = levels.readUInt8(at++)
      if (value === 0 || present !== null) {
        present ??= new Uint8Array(rows).fill(1, 0, row)
        present.fill(value, row, row + count)
      }
      row += count
      continue
    }
    present ??= new Uint8Array(rows).fill(1, 0, row)
    for (let index = 0; index < count * 8 && row < rows; index++) {
      present[row++] = (levels.readUInt8(at + (index >> 3)) >> (index & 7)) & 1
    }
    at += count
  }
  return present
}

interface PageHeader {
  type: number
  size: number
  rows: number
  encoding: number
}

/** Exact numbers of bytes from a stream that comes in chunks of its own. */
class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>
  #chunk: Buffer = Buffer.alloc(0)
  #at = 0
  #slab = Buffer.allocUnsafe(FIRST_SLAB_BYTES)
  #used = 0

  constructor(stream: AsyncIterable<Buffer>) {
    this.#chunks = stream[Symbol.asyncIterator]()
  }

  /** Gives the memory of what was taken so far to what is taken next: fresh pages cost more than their bytes. */
  reuse(): void {
    this.#used = 0
  }

  #room(count: number): Buffer {
    if (this.#used + count > this.#slab.length) {
      this.#slab = Buffer.allocUnsafe(Math.max(this.#slab.length * 2, count))
      this.#used = 0
    }
    const room = this.#slab.subarray(this.#used, this.#used + count)
    this.#used += count
    return room
  }

  async take(count: number): Promise<Buffer> {
    const end = this.#at + count
    if (end <= this.#chunk.length) {
      const taken = this.#chunk.subarray(this.#at, end)
      this.#at = end
      return taken
    }
    const taken = this.#room(count)
    let filled = 0
    for (;;) {
      const copied = this.#chunk.copy(taken, filled, this.#at, this.#at + count - filled)
      filled += copied
      this.#at += copied
      if (filled === count) return taken
      await this.#next()
    }
  }

  async header(): Promise<PageHeader> {
    for (;;) {
      const parsed = parseHeader(this.#chunk, this.#at)
      if (parsed !== null) {
        this.#at = parsed.end
        return parsed.header
      }
      const rest = this.#chunk.subarray(this.#at)
      if (rest.length > LONGEST_HEADER_BYTES) throw unexpected('a page heading without an end')
      await this.#next()
      this.#chunk = Buffer.concat([rest, this.#chunk])
    }
  }

  /** Reads to the end, so that the writer is not stopped in its footer. */
  async drain(): Promise<void> {
    for (;;) {
      const next = await this.#chunks.next()
      if (next.done === true) return
    }
  }

  async #next(): Promise<void> {
    const next = await this.#chunks.next()
    // Whoever writes has failed then, and says why itself.
    if (next.done === true) throw unexpected('its end, which came too soon')
    this.#chunk = next.value
    this.#at = 0
  }
}

/** Thrift's compact protocol, as far as a page heading uses it; null when bytes are missing. */
function parseHeader(bytes: Buffer, from: number): { header: PageHeader; end: number } | null {
  let at = from
  const header: PageHeader = { type: -1, size: 0, rows: 0, encoding: -1 }
  const varint = (): number => {
    let value = 0
    for (let shift = 0; at < bytes.length; shift += 7) {
      // The condition of the loop holds here.
      const byte = bytes[at++]!
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    return -1
  }
  const skipOrKeep = (depth: number, field: number, type: number): boolean => {
    if (type === 1 || type === 2) return true
    if (type === 12) return struct(depth + 1, field)
    const value = varint()
    if (value < 0) return false
    if (type === 8) {
      at += value
      return at <= bytes.length
    }
    const number = value % 2 === 0 ? value / 2 : -(value + 1) / 2
    if (depth === 0 && field === 1) header.type = number
    if (depth === 0 && field === 3) header.size = number
    if (depth === 1 && field === 1) header.rows = number
    if (depth === 1 && field === 2) header.encoding = number
    return true
  }
  const struct = (depth: number, _of: number): boolean => {
    let field = 0
    while (at < bytes.length) {
      const byte = bytes[at++]!
      if (byte === 0) return true
      if (byte >> 4 === 0) {
        const id = varint()
        if (id < 0) return false
        field = id / 2
      } else field += byte >> 4
      if (!skipOrKeep(depth, field, byte & 0x0f)) return false
      if (depth === 0 && field === 1 && header.type === INDEX_PAGE) return true
    }
    return false
  }
  return struct(0, 0) ? { header, end: at } : null
}

/** DuckDB's own failure says more, and is told instead where there is one. */
function unexpected(what: string): BrokenOff {
  return new BrokenOff(`The rows on their way to PostgreSQL broke off at ${what}.`)
}
