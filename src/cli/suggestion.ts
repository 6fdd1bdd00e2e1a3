/** ` Did you mean "port"?`, or nothing when no name is near: one letter wrong in three at most. */
export function suggestion(typed: string, names: readonly string[]): string {
  const near = names
    .map((name) => ({ name, distance: distanceOf(typed.toLowerCase(), name) }))
    .filter(({ name, distance }) => distance <= Math.max(1, Math.floor(name.length / 3)))
    .toSorted((a, b) => a.distance - b.distance)
  return near[0] === undefined ? '' : ` Did you mean "${near[0].name}"?`
}

/** Levenshtein's: letters to add, leave out or change. */
function distanceOf(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (const [row, letter] of Array.from(a).entries()) {
    const line = [row + 1]
    for (let at = 1; at <= b.length; at++) {
      const change = (above[at - 1] ?? 0) + (letter === b[at - 1] ? 0 : 1)
      line.push(Math.min(change, (above[at] ?? 0) + 1, (line[at - 1] ?? 0) + 1))
    }
    above = line
  }
  return above[b.length] ?? 0
}
