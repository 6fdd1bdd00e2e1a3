/** What an import did, for the operator to read on a terminal. */
import type { Tally, Told } from '#identity'
import { table } from '../output.ts'
import type { TakeOverReport } from './take-over.ts'

const NAMES_SHOWN = 5

export function reportWords({ source, dry_run: dryRun, tallies, unopened }: TakeOverReport): string {
  const counts = tallies.map((tally) => ({
    what: `${tally.kind}s`,
    taken_over: tally.taken,
    before: tally.known,
    same_as_here: tally.matched.length,
    renamed: tally.renamed.length,
    left_out: tally.left_out.reduce((sum, { count }) => sum + count, 0),
  }))
  const lines = [table(counts), ...tallies.flatMap(detailsOf)]
  if (unopened.length > 0) {
    lines.push(
      `${counted('connection', unopened.length)} ${some(unopened, unopened.length)}: the key does not open the credentials`,
    )
  }
  if (tallies.some(({ kind, taken }) => kind === 'user' && taken > 0)) {
    lines.push('users have no passwords yet: crosstie user password NAME, or let them sign in by a provider')
  }
  lines.push(
    dryRun
      ? 'A dry run: nothing of it was kept.'
      : `Done. Undo it: crosstie import syncmaster --rollback${source === 'syncmaster' ? '' : ` --name ${source}`}`,
  )
  return lines.join('\n')
}

function detailsOf({ kind, matched, renamed, noted, left_out }: Tally): string[] {
  const said = ({ why, names, count }: Told) => `${counted(kind, count)} ${some(names, count)}: ${why}`
  return [
    ...renamed.map(({ from, to }) => `${kind} ${from}: is called "${to}" here`),
    ...(matched.length > 0
      ? [`${counted(kind, matched.length)} ${some(matched, matched.length)}: the same as here, by name`]
      : []),
    ...noted.map(said),
    ...left_out.map((told) => `left out: ${said(told)}`),
  ]
}

export function counted(kind: string, count: number): string {
  return count === 1 ? kind : `${kind}s`
}

function some(names: readonly string[], count: number): string {
  const shown = names.slice(0, NAMES_SHOWN)
  const more = count - shown.length
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '')
}
