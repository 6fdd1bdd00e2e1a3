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
  const all = [...channels]
  const shown = [...new Set(all.map((channel) => channel.shown))]
  const found = await gate.standings(shown, companies)
  const byShown = new Map(shown.map((one, at) => [one, found[at]]))
  const good = new Map<Channel, Standing>()
  for (const channel of all) {
    const standing = byShown.get(channel.shown)
    // Its token was exchanged meanwhile: the new one has been looked at just now.
    if (standing === undefined) continue
    if (typeof standing === 'string') channel.close(closingWords(standing, channel.shown.expiresAt))
    else if (standing.space !== channel.space) channel.close(closingWords('revoked', null))
    else good.set(channel, standing)
  }
  return good
}

/** The companies that must be asked about to judge channels that no change brought up. */
export function companiesOf(channels: Iterable<Channel>): string[] {
  return [...new Set([...channels].flatMap(({ only }) => only ?? []))]
}
