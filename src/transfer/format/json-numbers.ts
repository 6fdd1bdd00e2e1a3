import { createReadStream } from 'node:fs'

import { Fault } from '#fault'

import type { FileFormat } from '../engine/job.ts'
import { unpacker } from '../store/file/spool.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const LINE_FEED = 0x0a

/** A double gives back up to 15 significant digits of any number; only longer ones need a closer look. */
const ALWAYS_EXACT_DIGITS = 15
const LONGEST_NUMBER = 1_000

/**
 * Refuses JSON with a number that reading as a double would alter (`0.1234567890123456789`), by its line.
 *
 * JSON sets no limit to digits, but DuckDB's reader, like most, rounds fractions to doubles and says
 * nothing. Whole numbers keep their digits there.
 */
export async function checkJsonNumbers(
  paths: readonly string[],
  format: Extract<FileFormat, { type: 'json' | 'jsonline' }>,
  named: string,
  signal: AbortSignal,
): Promise<void> {
  for (const path of paths) {
    const file = createReadStream(path, { signal, highWaterMark: 1024 * 1024 })
    const unpack = unpacker(format.compression)
    const scanner = new NumberScanner()
    // A stream that breaks here breaks the reader too, which then says it in its own words.
    const bytes = unpack === null ? file : file.on('error', (error) => unpack.destroy(error)).pipe(unpack)
    for await (const chunk of bytes) {
      // Both streams are of bytes, for no encoding was set.
      const altered = scanner.scan(chunk as Buffer)
      if (altered === null) continue
      file.destroy()
      throw new Fault(
        'invalid',
        'transfer.number_inexact',
        `${paths.length > 1 ? path : named}, line ${scanner.line}: the number ${altered} has more digits than a double holds. Write it as a text ("${altered}") to keep them.`,
      )
    }
  }
}

/** Walks over JSON's bytes and stops at numbers outside of texts; a number may lie across two chunks. */
export class NumberScanner {
  line = 1
  #inText = false
  #escaped = false
  #number = ''

  /** Answers the first number that a double would alter, or null. */
  scan(bytes: Buffer): string | null {
    let index = 0
    while (index < bytes.length) {
      if (this.#inText) {
        index = this.#skipText(bytes, index)
        continue
      }
      // The loop ends at the length, so a byte is there.
      const byte = bytes[index]!
      if (byte === LINE_FEED) this.line++
      if (isNumberByte(byte)) {
        let end = index + 1
        while (end < bytes.length && isNumberByte(bytes[end]!)) end++
        if (this.#number !== '' || end - index > ALWAYS_EXACT_DIGITS || end === bytes.length) {
          this.#number = (this.#number + bytes.toString('latin1', index, end)).slice(0, LONGEST_NUMBER)
        }
        if (end < bytes.length) {
          const number = this.#number
          this.#number = ''
          if (isAltered(number)) return number
        }
        index = end
        continue
      }
      if (this.#number !== '') {
        const number = this.#number
        this.#number = ''
        if (isAltered(number)) return number
      }
      if (byte === QUOTE) this.#inText = true
      index++
    }
    return null
  }

  #skipText(bytes: Buffer, from: number): number {
    let index = from
    while (index < bytes.length) {
      const byte = bytes[index++]
      if (this.#escaped) this.#escaped = false
      else if (byte === BACKSLASH) this.#escaped = true
      else if (byte === QUOTE) {
        this.#inText = false
        break
      }
    }
    return index
  }
}

/** Digits, sign, point and exponent; the letters also stand in `true` and `false`, which are short. */
function isNumberByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x2d ||
    byte === 0x2b ||
    byte === 0x2e ||
    byte === 0x65 ||
    byte === 0x45
  )
}

/** Whether the double nearest to the number is another number. */
function isAltered(number: string): boolean {
  if (number.length <= ALWAYS_EXACT_DIGITS || !/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(number)) return false
  if (/^-?\d+$/.test(number)) return false
  return canonical(number) !== canonical(String(Number(number)))
}

/** The significant digits and the power of ten of the first one: `12.50` is `125e1`. */
function canonical(number: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? []
  const digits = whole + fraction
  const leading = /^0*/.exec(digits)?.[0].length ?? 0
  const significant = digits.slice(leading).replace(/0+$/, '')
  if (significant === '') return `${sign}0`
  return `${sign}${significant}e${Number(exponent) + whole.length - leading - 1}`
}
