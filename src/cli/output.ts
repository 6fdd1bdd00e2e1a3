/** Results go to standard output: words for people, one JSON document for scripts. */

export interface OutputOptions {
  json?: true | undefined
  quiet?: true | undefined
}

/** The JSON shapes are a contract: fields are only added. */
export function tell(options: OutputOptions, json: unknown, words: string): void {
  if (options.json === true) process.stdout.write(`${JSON.stringify(json)}\n`)
  else if (options.quiet !== true) process.stdout.write(`${words}\n`)
}

/** A list: a table for people, an array for scripts. */
export function tellList(
  options: OutputOptions,
  rows: readonly Readonly<Record<string, unknown>>[],
  empty: string,
): void {
  tell(options, rows, rows.length === 0 ? empty : table(rows))
}

/** Columns as wide as their widest value, headed by the fields' names. */
export function table(rows: readonly Readonly<Record<string, unknown>>[]): string {
  const names = Object.keys(rows[0] ?? {})
  const lines = [
    names.map((name) => name.replaceAll('_', ' ').toUpperCase()),
    ...rows.map((row) => names.map((name) => text(row[name]))),
  ]
  const widths = names.map((_, at) => Math.max(...lines.map((line) => widthOf(line[at] ?? ''))))
  return lines
    .map((line) =>
      line
        .map((cell, at) => cell + ' '.repeat((widths[at] ?? 0) - widthOf(cell)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function text(value: unknown): string {
  if (value === null || value === undefined || value === '') return '-'
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value)
}

/** Terminals draw ideographs two cells wide. */
function widthOf(cell: string): number {
  let width = 0
  for (const character of cell)
    width += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]/u.test(character) ? 2 : 1
  return width
}
