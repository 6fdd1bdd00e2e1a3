/**
 * The hub speaks English: its sentences are part of the API. A reader of another language gets those that the
 * catalogue of sentences knows in their own, with what stood in the sentence; the others stay as they were said.
 */
export type Sentences = Record<string, string>

interface Sentence {
  pattern: RegExp
  names: string[]
  words: string
}

let known: Sentence[] = []

/** What `hubWords` says from now on; none for English. */
export function setHubWords(sentences: Sentences): void {
  known = Object.entries(sentences).map(([said, words]) => sentenceOf(said, words))
}

/** A sentence of the hub in the reader's language, or as it was said. */
export function hubWords(said: string): string {
  const text = said.replace(/^Value error, /, '')
  for (const { pattern, names, words } of known) {
    const found = pattern.exec(text)
    if (found === null) continue
    return names.reduce((told, name, index) => told.replaceAll(`{${name}}`, found[index + 1] ?? ''), words)
  }
  return text
}

/** `Read {what}.`: what stands in braces is whatever the hub put there. Braces not in the answer are meant as such. */
function sentenceOf(said: string, words: string): Sentence {
  const names: string[] = []
  const parts = said.split(/(\{[a-z]+\})/).map((part) => {
    const [, name] = /^\{([a-z]+)\}$/.exec(part) ?? []
    if (name === undefined) return part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
    names.push(name)
    return '(.+?)'
  })
  return { pattern: new RegExp(`^${parts.join('')}$`, 's'), names, words }
}
