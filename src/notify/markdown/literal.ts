/** Text that a channel shows as it is: nothing in it calls people, marks text or makes a link. */

/** Seen by no one, and what stands on its two sides is no longer one thing. */
export const APART = '\u200b'

/** Calls nobody: `@all`, `@everyone`, `@here`, `@name`; addresses of mailboxes stay as they are. */
export function withoutCalls(text: string): string {
  return text.replace(
    /@(?=everyone|here|channel|all|room)|(?<![\p{L}\p{N}_.+-])@(?=[\p{L}\p{N}_]|$)/giu,
    `@${APART}`,
  )
}

/** For channels that know backslashes as CommonMark does. */
export function backslashed(text: string, atLineStart: boolean): string {
  const plain = withoutCalls(text)
    .replace(/[\\`*_~|<>[\]()]|&(?=#?\w{1,32};)/g, '\\$&')
    // Else a link would be made of it, backslashes included.
    .replace(/www\./gi, (www) => `${www.slice(0, -1)}\\.`)
  return atLineStart ? plain.replace(/^(\s*)([#+=-]|\d{1,9}(?=[.)]))/, escapedStart) : plain
}

function escapedStart(_: string, blanks: string, start: string): string {
  // A number is no punctuation: what stands behind it is parted from it.
  return /\d/.test(start) ? `${blanks}${start}${APART}` : `${blanks}\\${start}`
}

/**
 * For channels that know no escapes: marks are set apart from what they would mark. Between two letters (`snake_case`) they
 * mark nothing, and between two blanks neither.
 */
export function setApart(text: string, atLineStart: boolean): string {
  const plain = withoutCalls(text)
    .replace(/(?<![\p{L}\p{N}])[*_~]|[*_~](?![\p{L}\p{N}])/gu, (sign: string, at: number, all: string) =>
      /^\s.\s$/s.test(all.slice(Math.max(0, at - 1), at + 2)) ? sign : `${APART}${sign}${APART}`,
    )
    .replace(/<(?![\s\d])|\](?=\(|$)/g, `$&${APART}`)
    .replaceAll('`', 'ˋ')
  return atLineStart ? plain.replace(/^\s*(?:[#>+-]|\d{1,9}[.)])/, `${APART}$&`) : plain
}

export function escapedHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => HTML[character] ?? character)
}

const HTML: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Code between single backticks, which no code can hold. */
export function inBackticks(text: string): string {
  const code = text.replaceAll('`', 'ˋ').replace(/\s+/g, ' ').trim()
  return code === '' ? '' : `\`${code}\``
}

/** A block of code between three backticks, which it cannot hold in a row. */
export function inFences(text: string, language = ''): string {
  return `\`\`\`${language}\n${text.replace(/``(?=`)/g, `$&${APART}`).replace(/\n+$/, '')}\n\`\`\``
}

export const quoted = (lines: string, sign = '> '): string =>
  lines
    .split('\n')
    .map((line) => sign + line)
    .join('\n')
