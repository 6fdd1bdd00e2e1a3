/** Where a link of a message may lead. */
const PROTOCOLS = new Set(['http:', 'https:', 'mailto:'])
/** The shortest that any browser or channel takes. */
const LONGEST_LINK = 2_000

/**
 * The address as it goes into messages, or null for one that may not: another scheme, none at all, none that is one. What
 * could end a link in some dialect is percent-encoded, which leads to the same place.
 */
export function linkOf(address: string): string | null {
  const text = address.trim()
  const url = text.length <= LONGEST_LINK && URL.canParse(text) ? new URL(text) : null
  if (url === null || !PROTOCOLS.has(url.protocol)) return null
  // `http:host` and `https:/host` are good enough for browsers, and for nobody else.
  if (url.protocol !== 'mailto:' && !/^https?:\/\/[^/]/i.test(text)) return null
  // Names in other scripts have a spelling in ASCII, which is what the parser answers.
  const ascii = /[^\u0000-\u007f]/.test(text) ? url.href : text
  const link = ascii.replace(/[\s"'()<>\\^`{|}\u0000-\u001f\u007f-\u{10ffff}]/gu, percentEncoded)
  return link.length <= LONGEST_LINK && URL.canParse(link) ? link : null
}

function percentEncoded(character: string): string {
  return Array.from(
    Buffer.from(character),
    (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
  ).join('')
}
