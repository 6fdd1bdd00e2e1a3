/** The tab's one socket to the hub's realtime. Loaded by the first page that follows something. */
import { type RealtimeChannel, RealtimeClient } from '@supabase/realtime-js'
import { live } from '../api/realtime.ts'
import type { Change, LiveTable } from './apply-change.ts'

/** The hub takes the session of this browser's cookie for it. */
const BY_COOKIE = 'cookie'
/** From one page to the next nothing is closed and opened again. */
const LINGER_MS = 3000
const PATIENCE_MS = 4000

interface Followed {
  channel: RealtimeChannel
  listeners: Set<(change: Change) => void>
  /** `joining` for the first time, which is not worth a word unless it takes long. */
  state: 'joining' | 'joined' | 'lost'
  leaving?: ReturnType<typeof setTimeout>
}

let client: RealtimeClient | undefined
const followed = new Map<string, Followed>()

/** Hears of what changes in a group's rows, until the answered function is called. */
export function follow(table: LiveTable, groupId: number, onChange: (change: Change) => void): () => void {
  const name = `${table}:${groupId}`
  const one = followed.get(name) ?? join(name, table, groupId)
  clearTimeout(one.leaving)
  one.listeners.add(onChange)
  tell()
  return () => {
    one.listeners.delete(onChange)
    tell()
    if (one.listeners.size > 0) return
    one.leaving = setTimeout(() => {
      followed.delete(name)
      void client?.removeChannel(one.channel)
      tell()
    }, LINGER_MS)
  }
}

function join(name: string, table: LiveTable, groupId: number): Followed {
  client ??= new RealtimeClient(`${location.origin.replace(/^http/, 'ws')}/realtime/v1`, {
    params: { apikey: BY_COOKIE },
    disconnectOnEmptyChannelsAfterMs: LINGER_MS,
  })
  const channel = client.channel(`hub:${name}`)
  const one: Followed = { channel, listeners: new Set(), state: 'joining' }
  followed.set(name, one)
  const say = (change: Change) => {
    for (const listener of one.listeners) listener(change)
  }
  const schema = 'hub'
  for (const event of ['INSERT', 'UPDATE'] as const) {
    // The client's types know each event by its own name only.
    channel.on<{ id: number }>(
      'postgres_changes',
      { event: event as 'INSERT', schema, table, filter: `group_id=eq.${groupId}` },
      ({ new: row }) => say({ table, type: event, id: Number(row.id), row }),
    )
  }
  // Of what is gone the key alone is told, which no filter fits: those of one's other groups come too.
  channel.on<{ id: number }>('postgres_changes', { event: 'DELETE', schema, table }, ({ old }) =>
    say({ table, type: 'DELETE', id: Number(old.id) }),
  )
  channel.subscribe((state) => {
    one.state = state === 'SUBSCRIBED' ? 'joined' : 'lost'
    tell()
  })
  setTimeout(() => {
    if (one.state === 'joining') one.state = 'lost'
    tell()
  }, PATIENCE_MS)
  return one
}

/** Live is only what is heard of whole: one channel that is shut out pauses them all. */
function tell(): void {
  const wanted = [...followed.values()].filter(({ listeners }) => listeners.size > 0)
  if (wanted.some(({ state }) => state === 'lost')) live.set('paused')
  else live.set(wanted.length > 0 && wanted.every(({ state }) => state === 'joined') ? 'live' : 'off')
}
