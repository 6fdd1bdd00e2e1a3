/**
 * Text as Markdown that says exactly that text. For values that come from outside and are put into a Markdown template:
 * no value makes a heading, a list, a mention, HTML or a link that says something else than where it leads. Addresses of
 * the web stay links, as every channel would make them anyway; so `[log]({{ url }})` works too.
 */
export function escapeMarkdown(text: string): string {
  return (
    text
      .replace(/\r\n?/g, '\n')
      .replace(ADDRESS_OR_SIGN, (found) => (found.length > 1 ? `<${found}>` : `\\${found}`))
      // Blanks at the beginning of a line would make code of it.
      .replace(/^[ \t]+/gm, (blanks) => '&#32;'.repeat(Math.min(blanks.length, MOST_BLANKS)))
  )
}

/** Without brackets, quotes and what ends a sentence behind it. */
const ADDRESS_OR_SIGN = /\bhttps?:\/\/[\w\-.~:/?#@!$&*+,;=%]*[\w\-~/#=%&]|[!-/:-@[-`{-~]/gi
const MOST_BLANKS = 40
