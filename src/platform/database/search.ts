import { type RawBuilder, sql } from 'kysely'

/**
 * What a `search_vector` is compared with, `@@` and `ts_rank` alike: SyncMaster's query, and the plain Russian one of
 * the same text. Null: an empty text, which filters nothing. A text without a word finds nothing.
 */
export function searchMatch(text: string | null): RawBuilder<unknown> | null {
  if (text === null || text === '') return null
  return sql`(to_tsquery('simple', ${searchQuery(text) ?? ''}) || plainto_tsquery('russian', ${text}))`
}

/**
 * The text of a full-text query over our `search_vector` columns, for `to_tsquery('simple', …)`; null when the
 * text holds no word. SyncMaster's three alternatives: the words as they are, the same as prefixes, and the
 * words split at every punctuation as prefixes; each wants all of its words (syncmaster-contract §4).
 */
function searchQuery(text: string): string | null {
  const kept = wordsOf(text.replace(/[^\p{L}\p{N}/._-]+/gu, ' '))
  const split = wordsOf(text.replace(/[^\p{L}\p{N}]+/gu, ' '))
  const alternatives = [
    kept.map(quoted),
    kept.map((word) => `${quoted(word)}:*`),
    split.map((word) => `${quoted(word)}:*`),
  ].filter((words) => words.length > 0)
  return alternatives.length === 0 ? null : alternatives.map((words) => `(${words.join(' & ')})`).join(' | ')
}

const MAX_WORDS = 32

function wordsOf(text: string): string[] {
  return text
    .split(' ')
    .filter((word) => /[\p{L}\p{N}]/u.test(word))
    .slice(0, MAX_WORDS)
}

const quoted = (word: string): string => `'${word.replaceAll('\\', '').replaceAll("'", "''")}'`
