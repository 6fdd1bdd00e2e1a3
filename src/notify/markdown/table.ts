/** Tables as lines of text. */

/** Wider cells only make their own row longer. */
const WIDEST = 30

/** For letters of one width: columns stand below one another, Chinese ones too, which are two letters wide. */
export function alignedRows(rows: readonly (readonly string[])[]): string {
  const lines = rows.map((row) => row.map((cell) => cell.replace(/\s+/g, ' ').trim()))
  const widths: number[] = []
  for (const row of lines) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 1, Math.min(WIDEST, widthOf(cell)))
    }
  }
  const line = (row: readonly string[]) =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? ''
        return cell + ' '.repeat(Math.max(0, width - widthOf(cell)))
      })
      .join('  ')
      .trimEnd()
  const [header = [], ...body] = lines
  return [line(header), widths.map((width) => '-'.repeat(width)).join('  '), ...body.map(line)].join('\n')
}

export function pipedRows(rows: readonly (readonly string[])[]): string {
  const [header = [], ...body] = rows
  const line = (row: readonly string[]) => `| ${row.join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...body.map(line)].join('\n')
}

function widthOf(text: string): number {
  let width = 0
  for (const point of text) {
    // Marks stand above other letters, and East Asian letters and emoji are twice as wide.
    if (/\p{M}|\p{Cf}/u.test(point)) continue
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u.test(
        point,
      )
        ? 2
        : 1
  }
  return width
}
