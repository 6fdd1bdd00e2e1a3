/** From `phx_join` to a channel, or to the reason why not. */
import { randomUUID } from 'node:crypto'
import { parseBindings } from './binding.ts'
import type { Channel, Line } from './channel.ts'
import type { Frame } from './frame.ts'
import type { Gate, Shown, Standing } from './gate.ts'
import type { DescribedTable } from './open-table.ts'
import { closingWords } from './standing.ts'

export interface JoinParts {
  gate: Gate
  tables: readonly DescribedTable[]
}

export interface Newcomer {
  line: Line
  frame: Frame
  /** What the socket itself was opened with. */
  shown: Shown
  apikey: string
}

export type Joined =
  | { channel: Omit<Channel, 'say' | 'close'>; answer: object[]; problems: string[] }
  | { refused: string }

const KEY_LIMIT_CHARACTERS = 256

export async function readJoin(parts: JoinParts, newcomer: Newcomer): Promise<Joined> {
  const { frame, line } = newcomer
  const payload = objectOf(frame.payload)
  const config = objectOf(payload.config)
  const shown = await credentialOf(parts.gate, newcomer, payload.access_token)
  if (shown === null) return { refused: 'The access token is forged, has expired or is unknown.' }
  const admitted = await admit(parts.gate, shown)
  if (typeof admitted === 'string') return { refused: admitted }
  const { space, databaseRole, only } = admitted
  const { bindings, answer, problems, refused } = parseBindings(
    config.postgres_changes,
    parts.tables,
    databaseRole,
  )
  if (refused !== null) return { refused }
  const broadcast = objectOf(config.broadcast)
  const presence = objectOf(config.presence)
  const key = typeof presence.key === 'string' ? presence.key.slice(0, KEY_LIMIT_CHARACTERS) : ''
  const channel = {
    line,
    topic: frame.topic,
    joinRef: frame.joinRef,
    shown,
    only,
    space,
    bindings,
    echoes: broadcast.self === true,
    acknowledges: broadcast.ack === true,
    presence: { enabled: presence.enabled === true, key: key === '' ? randomUUID() : key },
  }
  return { channel, answer, problems }
}

/**
 * What a credential may do here, or why nothing. A key that names no company would hear nothing for ever, as the client
 * does that joins before it has its token: told so, it comes again with the token within a second.
 */
export async function admit(
  gate: Gate,
  shown: Shown,
): Promise<(Omit<Standing, 'space'> & { space: string }) | string> {
  const [first] = await gate.standings([shown], [])
  if (first === undefined || typeof first === 'string') {
    return closingWords(first ?? 'revoked', shown.expiresAt)
  }
  // Whether it is a member is asked with the company in hand.
  const standing = first.only === null ? first : (await gate.standings([shown], [first.only]))[0]
  if (standing === undefined || typeof standing === 'string') {
    return closingWords(standing ?? 'revoked', shown.expiresAt)
  }
  if (standing.space === null) {
    return 'The token names no company that its user is a member of: join with one of POST /v1/auth/supabase.'
  }
  return { ...standing, space: standing.space }
}

function credentialOf(
  gate: Gate,
  { shown, apikey }: Newcomer,
  token: unknown,
): Promise<Shown | null> | Shown | null {
  // Supabase's newer keys stand for "what the socket was opened with".
  if (typeof token !== 'string' || token === '' || token === apikey || token.startsWith('sb_')) return shown
  return gate.recognise(token)
}

export function objectOf(value: unknown): Record<string, unknown> {
  // Of JSON, what is an object and no list has names and values.
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
}
