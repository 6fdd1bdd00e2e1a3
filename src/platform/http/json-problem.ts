/** Where a text stops being JSON, and why, in the words of Python's reader: nothing of the text itself is in them. */
export interface JsonProblem {
  offset: number
  words: string
}

const BLANK = /[ \t\n\r]*/y
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORD = /true|false|null/y
const TEXT_PART = /[^"\\\u0000-\u001f]+|\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y

/**
 * Called for a text that `JSON.parse` refused, to say where: V8 tells the place only now and then, and quotes the
 * text around it, which may be a secret.
 */
export function jsonProblem(text: string): JsonProblem {
  let at = 0
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    const found = pattern.test(text)
    if (found) at = pattern.lastIndex
    return found
  }
  const readText = (): JsonProblem | null => {
    const begun = at
    at += 1
    while (take(TEXT_PART));
    if (at >= text.length) return { offset: begun, words: 'Unterminated string starting at' }
    if (text[at] === '"') {
      at += 1
      return null
    }
    return { offset: at, words: text[at] === '\\' ? 'Invalid \\escape' : 'Invalid control character at' }
  }
  // Objects and lists that are open, innermost last: a loop, since a text may nest deeper than the stack.
  const open: ('{' | '[')[] = []
  let wants: 'value' | 'first' | 'name' | 'next' = 'value'
  for (;;) {
    take(BLANK)
    const here = text[at]
    const inner = open.at(-1)
    if (wants === 'next') {
      if (inner === undefined) {
        return at < text.length
          ? { offset: at, words: 'Extra data' }
          : { offset: at, words: 'Expecting value' }
      }
      if (here === ',') {
        at += 1
        wants = inner === '{' ? 'name' : 'value'
      } else if (here === (inner === '{' ? '}' : ']')) {
        at += 1
        open.pop()
      } else return { offset: at, words: "Expecting ',' delimiter" }
      continue
    }
    if (wants === 'first' && here === (inner === '{' ? '}' : ']')) {
      at += 1
      open.pop()
      wants = 'next'
      continue
    }
    if (inner === '{' && (wants === 'name' || wants === 'first')) {
      if (here !== '"') return { offset: at, words: 'Expecting property name enclosed in double quotes' }
      const bad = readText()
      if (bad !== null) return bad
      take(BLANK)
      if (text[at] !== ':') return { offset: at, words: "Expecting ':' delimiter" }
      at += 1
      wants = 'value'
      continue
    }
    if (here === '{' || here === '[') {
      open.push(here)
      at += 1
      wants = 'first'
      continue
    }
    if (here === '"') {
      const bad = readText()
      if (bad !== null) return bad
    } else if (!take(NUMBER) && !take(WORD)) return { offset: at, words: 'Expecting value' }
    wants = 'next'
  }
}
