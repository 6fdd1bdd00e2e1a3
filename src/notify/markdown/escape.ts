/**
 * Text as Markdown that says exactly that text. For values that come from outside and are put into a Markdown template:
 * no value makes a link, a heading, a list, a mention or HTML.
 */
export function escapeMarkdown(text: string): string {
  return (
    text
      .replace(/\r\n?/g, '\n')
      .replace(/[!-/:-@[-`{-~]/g, '\\$&')
      // Blanks at the beginning of a line would make code of it.
      .replace(/^[ \t]+/gm, (blanks) => '&#32;'.repeat(Math.min(blanks.length, MOST_BLANKS)))
  )
}

const MOST_BLANKS = 40
