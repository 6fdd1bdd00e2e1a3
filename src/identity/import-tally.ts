/** What an import did to the things of one kind, for the operator to read. */
import type { ImportedKind } from './imported.ts'

/** The same said of several things; the names of the first of them. */
export interface Told {
  why: string
  count: number
  names: string[]
}

export interface Tally {
  kind: ImportedKind
  taken: number
  /** Taken over by an earlier import. */
  known: number
  /** Found here under the same name, and taken to be the same. */
  matched: string[]
  renamed: { from: string; to: string }[]
  /** Taken over otherwise than it was there, or with something to look at. */
  noted: Told[]
  left_out: Told[]
}

const NAMES_TOLD = 20

export function createTally(kind: ImportedKind): Tally {
  return { kind, taken: 0, known: 0, matched: [], renamed: [], noted: [], left_out: [] }
}

export function leaveOut(tally: Tally, name: string, why: string): void {
  say(tally.left_out, name, why)
}

export function note(tally: Tally, name: string, why: string): void {
  say(tally.noted, name, why)
}

function say(list: Told[], name: string, why: string): void {
  const told = list.find((other) => other.why === why)
  if (told === undefined) {
    list.push({ why, count: 1, names: [name] })
    return
  }
  told.count += 1
  if (told.names.length < NAMES_TOLD) told.names.push(name)
}

/** `name`, or `name-2`, `name-3` … cut to fit: the first that is not taken. */
export function freeName(
  name: string,
  {
    limit,
    suffix,
    isTaken,
  }: { limit: number; suffix: (n: number) => string; isTaken: (name: string) => boolean },
): string {
  let candidate = cut(name, limit)
  for (let n = 2; isTaken(candidate); n++) candidate = cut(name, limit - suffix(n).length) + suffix(n)
  return candidate
}

/** By characters, as PostgreSQL counts them: an emoji is one. */
export function cut(name: string, limit: number): string {
  const characters = Array.from(name)
  return characters.length <= limit ? name : characters.slice(0, limit).join('')
}

export function* batchesOf<T>(rows: readonly T[], size: number): Generator<T[]> {
  for (let at = 0; at < rows.length; at += size) yield rows.slice(at, at + size)
}
