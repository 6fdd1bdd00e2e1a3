/** ` Did you mean "port"?`, or nothing when no name is near: one letter wrong in three at most. */
export function suggestion(typed: string, names: readonly string[]): string {
  const near = names
    .map((name) => ({ name, distance: distanceOf(typed.toLowerCase(), name) }))
    .filter(({ name, distance }) => distance <= Math.max(1, Math.floor(name.length / 3)))
    .toSorted((a, b) => a.distance - b.distance)
  return near[0] === undefined ? '' : ` Did you mean "${near[0].name}"?`
}

/** Letters to add, leave out, change, or swap with their neighbour. */
function distanceOf(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, at) => at)]
  const cell = (row: number, at: number) => rows[row]?.[at] ?? 0
  for (let row = 1; row <= a.length; row++) {
    rows.push([row])
    for (let at = 1; at <= b.length; at++) {
      const change = cell(row - 1, at - 1) + (a[row - 1] === b[at - 1] ? 0 : 1)
      const isSwap = row > 1 && at > 1 && a[row - 1] === b[at - 2] && a[row - 2] === b[at - 1]
      const swap = isSwap ? cell(row - 2, at - 2) + 1 : change
      rows[row]?.push(Math.min(change, swap, cell(row - 1, at) + 1, cell(row, at - 1) + 1))
    }
  }
  return cell(a.length, b.length)
}
