/**
 * Texts within a channel's limit. A channel counts bytes (WeCom), UTF-16 units (Telegram) or characters (Discord), and none may get half
 * a character: nothing here ever cuts a surrogate pair, an emoji of several people or a letter from its accent.
 */
import { Fault } from '#fault'

export type LengthUnit = 'bytes' | 'utf16' | 'codepoints'

export interface Limit {
  max: number
  unit: LengthUnit
}

/** The longest character that is kept whole, in UTF-16 units: a family of four with their skins' colours has 19. */
const LONGEST_GRAPHEME = 32
/** More than such a character has in any unit. */
export const SMALLEST_LIMIT = 128

/** Where a text may be cut, and how good a place it is: 0 between paragraphs, 1 lines, 2 sentences, 3 words, 4 characters, 5 within one. */
export interface Boundary {
  at: number
  rank: number
}

export function measure(text: string, unit: LengthUnit): number {
  switch (unit) {
    case 'bytes':
      return Buffer.byteLength(text)
    case 'utf16':
      return text.length
    case 'codepoints': {
      let pairs = 0
      for (let at = 0; at < text.length; at++) {
        // A well-formed text has a high surrogate for each pair, and marks no other unit so.
        if ((text.charCodeAt(at) & 0xfc00) === 0xd800) pairs++
      }
      return text.length - pairs
    }
  }
}

export function fits(text: string, { max, unit }: Limit): boolean {
  return measure(text, unit) <= max
}

/** As much of the text as fits, with the ellipsis behind it where something is missing. */
export function cut(text: string, limit: Limit, ellipsis = '…'): string {
  const whole = checked(text, limit)
  if (fits(whole, limit)) return whole
  const room = { ...limit, max: limit.max - measure(ellipsis, limit.unit) }
  const places = boundariesOf(whole)
  const end = bestCut(places, (at) => fits(whole.slice(0, at), room))
  return whole.slice(0, end).trimEnd() + ellipsis
}

/**
 * The whole text in parts that fit, cut between paragraphs where that leaves a part at least half full, else between lines,
 * sentences, words, characters. The parts joined are the text.
 */
export function split(text: string, limit: Limit): string[] {
  let rest = checked(text, limit)
  const parts: string[] = []
  while (!fits(rest, limit)) {
    const end = endOfPart(rest, limit)
    parts.push(rest.slice(0, end))
    rest = rest.slice(end)
  }
  return rest === '' && parts.length > 0 ? parts : [...parts, rest]
}

/** Where the first part of a text ends that does not fit as a whole. */
function endOfPart(text: string, limit: Limit): number {
  // Nothing behind this fits, whatever the unit, and looking at all of it for each part would take squares of time.
  const near = text.slice(0, limit.max * 2 + 2)
  return bestCut(boundariesOf(near), (at) => fits(near.slice(0, at), limit))
}

/** The furthest place that fits, or a better one in the second half of what fits. */
export function bestCut(places: readonly Boundary[], fitsAt: (at: number) => boolean): number {
  let [low, high] = [0, places.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (fitsAt(places[middle]?.at ?? 0)) low = middle + 1
    else high = middle
  }
  const furthest = places[low - 1]
  if (furthest === undefined) return 0
  let best = furthest
  for (let index = low - 1; index >= 0; index--) {
    const place = places[index]
    if (place === undefined || place.at < furthest.at / 2) break
    if (place.rank < best.rank && fitsAt(place.at)) best = place
  }
  return best.at
}

/** Every place where a text may be cut, its end included, in order. */
export function boundariesOf(text: string): Boundary[] {
  const places: Boundary[] = []
  for (const { index, segment } of graphemes.segment(text)) {
    const at = index + segment.length
    // One letter under a heap of accents: nobody can read it, but it must not stop the message.
    if (segment.length > LONGEST_GRAPHEME) places.push(...pointsOf(segment, index))
    places.push({ at, rank: at === text.length ? 0 : rankAt(text, at, segment) })
  }
  return places
}

function pointsOf(segment: string, from: number): Boundary[] {
  let at = from
  return Array.from(segment, (point) => ({ at: (at += point.length), rank: 5 })).slice(0, -1)
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

function rankAt(text: string, at: number, before: string): number {
  const next = text[at] ?? ''
  if (before.endsWith('\n')) {
    if (next === '\n') return 4
    return /\n[ \t]*\r?\n$/.test(text.slice(Math.max(0, at - 8), at)) ? 0 : 1
  }
  if (before === ' ') return /[.!?;:]/.test(text[at - 2] ?? '') ? 2 : 3
  // Chinese has no blanks between words, and its stops are characters of their own.
  if (/[。！？；]/.test(before)) return 2
  return /[，、]/.test(before) ? 3 : 4
}

function checked(text: string, { max }: Limit): string {
  if (max >= SMALLEST_LIMIT) return text.toWellFormed()
  throw new Fault(
    'invalid',
    'notify.limit_too_small',
    `A text cannot be cut to ${max}: give it at least ${SMALLEST_LIMIT}.`,
  )
}
