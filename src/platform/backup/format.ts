/**
 * The form of a backup: one gzip file, readable with `zcat`, written and read in constant memory.
 *
 * ```
 * crosstie-backup 1
 * {"release":"0.1.0","created_at":"2026-05-01T12:00:00.000Z", … }          the header
 * {"section":"table","name":"identity.user","columns":["id","uuid", … ]}   then, per section: what it is,
 * 65536                                                                    blocks, each after its length,
 * 1⇥5f0c…
 * 0                                                                        no more blocks,
 * {"rows":3,"bytes":412,"sha256":"…"}                                      and what they must add up to
 * {"end":{"sections":14,"rows":120,"bytes":8112,"sha256":"…"}}             over all that stands above
 * ```
 *
 * A table's data is PostgreSQL's COPY in text form. Other kinds of sections may come: a reader that does not
 * know one can still check it.
 */
import { type BinaryLike, createHash, type Hash } from 'node:crypto'

export const MAGIC = 'crosstie-backup 1'
const NEWLINE = 0x0a
const BLOCK_BYTES = 64 * 1024

export interface BackupHeader {
  release: string
  created_at: string
  /** The server's version; the data is text and goes into any. */
  postgres: string
  /** What the database was migrated with, in order. */
  migrations: { id: string; checksum: string }[]
  /** The names of the vault's keys at the time. The keys themselves are never in a backup. */
  key_ids: string[]
  sequences: { name: string; next_value: string }[]
}

export interface Section {
  /** `table`, or a kind that a later release writes. */
  section: string
  name: string
  columns: string[]
}

export interface Sums {
  rows: number
  bytes: number
  sha256: string
}

export interface Totals extends Sums {
  sections: number
}

export interface SectionToWrite extends Section {
  data: AsyncIterable<Buffer>
}

/** The bytes of a backup; each section's data is asked for only when its turn comes. */
export async function* writeBackup(
  header: BackupHeader,
  sections: AsyncIterable<SectionToWrite>,
): AsyncGenerator<Buffer, Totals> {
  const all = new Tally()
  let count = 0
  let rows = 0
  yield all.add(line(MAGIC))
  yield all.add(line(JSON.stringify(header)))
  for await (const { data, ...section } of sections) {
    count += 1
    const tally = new Tally()
    yield all.add(line(JSON.stringify(section)))
    for await (const block of inBlocks(data)) {
      tally.add(block)
      yield all.add(line(String(block.length)))
      yield all.add(block)
    }
    yield all.add(line('0'))
    yield all.add(line(JSON.stringify(tally.sums())))
    rows += tally.rows
  }
  const totals = { sections: count, ...all.sums(), rows }
  yield line(JSON.stringify({ end: totals }))
  return totals
}

function line(text: string): Buffer {
  return Buffer.from(`${text}\n`)
}

/** Counts and hashes what passes. Rows of COPY's text form are its newlines: those inside values are escaped. */
export class Tally {
  rows = 0
  bytes = 0
  readonly #hash: Hash = createHash('sha256')

  add<B extends Buffer>(bytes: B): B {
    // Node's types know Buffer as BinaryLike only without its type parameter.
    this.#hash.update(bytes as BinaryLike)
    this.bytes += bytes.length
    for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) this.rows += 1
    return bytes
  }

  /** Ends the tally. */
  sums(): Sums {
    return { rows: this.rows, bytes: this.bytes, sha256: this.#hash.digest('hex') }
  }
}

/** Puts small pieces together, so that each line of a length stands before a good many bytes. */
async function* inBlocks(data: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = []
  let size = 0
  for await (const piece of data) {
    if (piece.length === 0) continue
    waiting.push(piece)
    size += piece.length
    if (size < BLOCK_BYTES) continue
    yield Buffer.concat(waiting)
    waiting = []
    size = 0
  }
  if (size > 0) yield Buffer.concat(waiting)
}
