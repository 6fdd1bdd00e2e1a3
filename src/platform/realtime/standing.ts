import type { Channel } from './channel.ts'
import type { Gate, Standing } from './gate.ts'

/** What people read when a channel of theirs is closed. */
export function closingWords(refused: 'expired' | 'revoked', expiresAt: Date | null): string {
  if (refused === 'revoked') return 'Access was revoked: sign in again.'
  const seconds = expiresAt === null ? 0 : Math.max(0, Math.round((Date.now() - expiresAt.getTime()) / 1000))
  return `Token has expired ${seconds} seconds ago`
}

/**
 * The standing of each channel at this moment, read before anything is delivered. Those whose credential is no longer
 * good, or whose company is no longer theirs, are closed and left out.
 */
export async function standingOfEach(
  gate: Gate,
  channels: Iterable<Channel>,
  companies: readonly string[],
): Promise<Map<Channel, Standing>> {
  const good = new Map<Channel, Standing>()
  let open = [...channels]
  // A token that is exchanged while its standing is read is looked at anew: its channel must miss nothing.
  for (let round = 0; open.length > 0 && round < ROUNDS; round += 1) {
    const before = new Map(open.map((channel) => [channel, channel.shown]))
    const shown = [...new Set(before.values())]
    const found = await gate.standings(shown, companies)
    const byShown = new Map(shown.map((one, at) => [one, found[at] ?? ('revoked' as const)]))
    open = open.filter((channel) => channel.shown !== before.get(channel))
    for (const [channel, used] of before) {
      const standing = byShown.get(used) ?? 'revoked'
      if (channel.shown !== used) continue
      if (typeof standing === 'string') channel.close(closingWords(standing, used.expiresAt))
      else if (standing.space !== channel.space) channel.close(closingWords('revoked', null))
      else good.set(channel, standing)
    }
  }
  return good
}

/** Nobody exchanges tokens that fast but to find out what happens. */
const ROUNDS = 3

/** The companies that must be asked about to judge channels that no change brought up. */
export function companiesOf(channels: Iterable<Channel>): string[] {
  return [...new Set([...channels].flatMap(({ only }) => only ?? []))]
}
