/** What the splitter hands on; `data` holds whole bytes of the wire, in order, a view of what came in. */
export interface FrameSink {
  /** CopyData: with their five-byte heads (`frames`) or without them (`payload`). */
  data(bytes: Buffer): void
  /** Every other message, for pg's own parser. */
  other(bytes: Buffer): void
}

const COPY_DATA = 0x64
const HEAD_BYTES = 5

/**
 * Parts a PostgreSQL server's byte stream into CopyData frames and the rest, by reading the frames' heads
 * only. In `frames` mode nothing is copied: runs of frames leave as slices of the chunk they came in, and so
 * can be written to another server as they are.
 */
export class FrameSplitter {
  /** CopyData frames begun so far: rows, and in binary form a header and a trailer. */
  count = 0
  readonly #sink: FrameSink
  readonly #strip: boolean
  /** Bytes that are still to come of the current frame, its head excluded. */
  #left = 0
  #isData = false
  /** A head that a chunk's end cut in two. */
  readonly #head = Buffer.alloc(HEAD_BYTES)
  #headLength = 0

  constructor(sink: FrameSink, mode: 'frames' | 'payload') {
    this.#sink = sink
    this.#strip = mode === 'payload'
  }

  feed(chunk: Buffer): void {
    let at = 0
    if (this.#headLength > 0) at = this.#completeHead(chunk)
    if (this.#headLength > 0) return
    if (this.#strip) this.#feedPayload(chunk, at)
    else this.#feedFrames(chunk, at)
  }

  #completeHead(chunk: Buffer): number {
    const taken = chunk.copy(this.#head, this.#headLength, 0, HEAD_BYTES - this.#headLength)
    this.#headLength += taken
    if (this.#headLength < HEAD_BYTES) return taken
    this.#headLength = 0
    this.#begin(this.#head, 0)
    const head = Buffer.from(this.#head)
    if (!this.#isData) this.#sink.other(head)
    else if (!this.#strip) this.#sink.data(head)
    return taken
  }

  /** Hot: once a row. */
  #begin(bytes: Buffer, at: number): void {
    // Written out, for readUInt32BE checks its bounds again. `!`: the caller has seen that five bytes are there.
    const length = (bytes[at + 1]! << 24) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!
    if (length < 4) throw new Error('The server sent a message of impossible length.')
    this.#isData = bytes[at] === COPY_DATA
    if (this.#isData) this.count += 1
    this.#left = length - 4
  }

  #feedFrames(chunk: Buffer, from: number): void {
    let at = from
    let runFrom = from
    let runIsData = this.#isData
    while (at < chunk.length) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, chunk.length - at)
        this.#left -= step
        at += step
        continue
      }
      if ((chunk[at] === COPY_DATA) !== runIsData) {
        this.#emit(chunk, runFrom, at, runIsData)
        runFrom = at
        runIsData = !runIsData
      }
      if (chunk.length - at < HEAD_BYTES) {
        this.#emit(chunk, runFrom, at, runIsData)
        this.#keepHead(chunk, at)
        return
      }
      this.#begin(chunk, at)
      at += HEAD_BYTES
    }
    this.#emit(chunk, runFrom, at, runIsData)
  }

  #emit(chunk: Buffer, from: number, to: number, isData: boolean): void {
    if (to <= from) return
    const bytes = chunk.subarray(from, to)
    if (isData) this.#sink.data(bytes)
    else this.#sink.other(bytes)
  }

  /** Payloads are put together in one buffer a chunk; they are always fewer bytes than came. */
  #feedPayload(chunk: Buffer, from: number): void {
    const out = Buffer.allocUnsafe(chunk.length - from)
    let length = 0
    let at = from
    while (at < chunk.length) {
      if (this.#left === 0 && chunk.length - at < HEAD_BYTES) {
        this.#keepHead(chunk, at)
        break
      }
      const begun = this.#left === 0
      if (begun) this.#begin(chunk, at)
      const start = begun ? at + HEAD_BYTES : at
      const end = Math.min(start + this.#left, chunk.length)
      this.#left -= end - start
      if (this.#isData) length += chunk.copy(out, length, start, end)
      else {
        if (length > 0) this.#sink.data(out.subarray(0, length))
        // What follows CopyData in one chunk is the end of the COPY; the rare slow way is good enough.
        return this.#afterOther(chunk, at, end)
      }
      at = end
    }
    if (length > 0) this.#sink.data(out.subarray(0, length))
  }

  #afterOther(chunk: Buffer, from: number, to: number): void {
    this.#sink.other(chunk.subarray(from, to))
    if (to < chunk.length) this.#feedPayload(chunk, to)
  }

  #keepHead(chunk: Buffer, at: number): void {
    this.#headLength = chunk.copy(this.#head, 0, at, chunk.length)
  }
}
