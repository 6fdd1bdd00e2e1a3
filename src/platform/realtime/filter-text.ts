/** How PostgREST writes lists and values: commas, parentheses, double quotes. */

/** What is wrong with a filter, in words for the one who wrote it. */
export class FilterProblem extends Error {}

/** At the separators outside of quotes and parentheses. */
export function splitAt(text: string, separator: string): string[] {
  const parts: string[] = []
  let [part, depth, quoted] = ['', 0, false]
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? ''
    if (quoted && character === '\\') {
      part += character + (text[(at += 1)] ?? '')
      continue
    }
    if (character === '"') quoted = !quoted
    if (!quoted && character === '(') depth += 1
    if (!quoted && character === ')') depth -= 1
    if (character === separator && !quoted && depth === 0) {
      parts.push(part)
      part = ''
    } else part += character
  }
  if (quoted || depth !== 0) throw new FilterProblem('A quote or a parenthesis is not closed.')
  return [...parts, part]
}

/** A value may stand in double quotes, where `\\` takes the next character as it is. */
export function unquote(text: string): string {
  const inner = /^\s*"(.*)"\s*$/s.exec(text)?.[1]
  return inner === undefined ? text : inner.replaceAll(/\\(.)/gs, '$1')
}
