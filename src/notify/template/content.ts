/** What a message says before anybody's name stands in it. */

export interface Content {
  /** One line; channels without titles put it before the text. */
  title?: string | undefined
  /** Markdown, unless the message says that it is plain. */
  text: string
}

/** Longer than any channel takes in one piece; what is longer is a file, not a message. */
export const LONGEST_TEXT = 262_144
export const LONGEST_TITLE = 1_000

export type Arguments = Readonly<Record<string, unknown>>

/** The template's own values under those that were given, key by key. */
export function mergeArguments(defaults: Arguments, given: Arguments): Arguments {
  return { ...defaults, ...given }
}

/**
 * The content in the language that fits best: `zh-CN` for `zh-CN`, else `zh`, else another of the same writing
 * (`zh-SG` for `zh-CN`, but not `zh-TW`), language by language as wanted; then the template's own, then the first.
 */
export function pickContent(
  contents: Readonly<Record<string, Content>>,
  languages: readonly string[],
  ownLanguage?: string,
): { language: string; content: Content } | null {
  const offered = Object.keys(contents)
  const language =
    languages.map((wanted) => bestOf(offered, wanted)).find((found) => found !== undefined) ??
    offered.find((name) => name === ownLanguage) ??
    offered[0]
  const content = language === undefined ? undefined : contents[language]
  return language === undefined || content === undefined ? null : { language, content }
}

function bestOf(offered: readonly string[], wanted: string): string | undefined {
  const parts = wanted.toLowerCase().split('-')
  for (let length = parts.length; length > 0; length--) {
    const range = parts.slice(0, length).join('-')
    // "zh" alone says nothing about the writing: a zh that stands for zh-CN must not go to who wants zh-TW.
    const found = offered.find(
      (name) => name.toLowerCase() === range && writingOf(name) === writingOf(wanted),
    )
    if (found !== undefined) return found
  }
  return offered.find((name) => writingOf(name) === writingOf(wanted))
}

/** Language and script, the script guessed from the region where it is not said: `zh-TW` is `zh-Hant`. */
function writingOf(name: string): string {
  try {
    const { language, script } = new Intl.Locale(name).maximize()
    return `${language}-${script ?? ''}`
  } catch {
    return name.toLowerCase()
  }
}
