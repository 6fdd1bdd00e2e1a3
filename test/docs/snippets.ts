/** A block of shell in a page, for the reader to type. */
export interface Snippet {
  page: string
  /** Of its first line of code. */
  line: number
  code: string
}

/**
 * The blocks of a Markdown page that a reader types: fenced, with the info string `sh`, in order. What cannot run
 * unattended says so in its page: `sh no-run`. Other words after `sh` are a slip and refused.
 */
export function snippetsOf(page: string, markdown: string): Snippet[] {
  const snippets: Snippet[] = []
  let open: { fence: string; info: string; line: number; code: string[] } | null = null
  for (const [at, line] of markdown.split('\n').entries()) {
    const fence = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line)
    if (open === null) {
      if (fence !== null)
        open = { fence: fence[1] ?? '', info: (fence[2] ?? '').trim(), line: at + 2, code: [] }
    } else if (fence !== null && fence[2]?.trim() === '' && fence[1]?.startsWith(open.fence) === true) {
      const [language, ...words] = open.info.split(/\s+/)
      const unknown = words.find((word) => word !== 'no-run')
      if (language === 'sh' && unknown !== undefined) {
        throw new Error(`${page}:${open.line - 1}: "sh ${unknown}" is not known; it is "sh" or "sh no-run"`)
      }
      if (language === 'sh' && words.length === 0) {
        snippets.push({ page, line: open.line, code: open.code.join('\n') })
      }
      open = null
    } else {
      open.code.push(line)
    }
  }
  if (open !== null) throw new Error(`${page}:${open.line - 1}: this block is never closed`)
  return snippets
}

/**
 * One shell script of a page's snippets: variables live on from block to block, as at the reader's terminal. It stops
 * at the first command that fails, and says where in the page that was.
 */
export function scriptOf(snippets: Snippet[], { port }: { port: number }): string {
  const blocks = snippets.map(({ page, line, code }) => {
    const here = code.replaceAll(/\b(127\.0\.0\.1|localhost):8717\b/g, `$1:${port}`)
    return `place='${page}:${line}'\necho "== $place"\n${here}`
  })
  return [
    'set -euo pipefail',
    `place=start`,
    `trap 'echo "FAILED in the block at $place: $BASH_COMMAND" >&2' ERR`,
    ...blocks,
    'echo "== all blocks ran"',
  ].join('\n')
}
