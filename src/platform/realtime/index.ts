/**
 * Realtime: changes of tables, broadcasts and presence over the protocol that Supabase's clients speak.
 *
 * ```ts
 * const realtime = await createRealtime({ db, log, settings, gate, tables })
 * await realtime.addRoutes(app)
 * ```
 *
 * A table joins by a trigger that writes its changes into `realtime.change`, by a policy there, and by its line in
 * `tables`.
 */
import type { Settings } from '#config'
import type { Database } from '#database'
import type { Server } from '#http'
import type { Log } from '#log'
import { ChangeFeed } from './change-feed.ts'
import { createChannels } from './channel.ts'
import { createConversation } from './conversation.ts'
import { createDelivery } from './delivery.ts'
import type { Gate } from './gate.ts'
import { describeTables, type OpenTable } from './open-table.ts'
import { addRealtimeRoutes, type Open } from './realtime.routes.ts'
import { companiesOf, standingOfEach } from './standing.ts'

export { FilterProblem, splitAt, unquote } from './filter-text.ts'
export type { Gate, Refused, Shown, Standing } from './gate.ts'
export type { OpenTable } from './open-table.ts'

export interface Realtime {
  addRoutes: (app: Server) => Promise<void>
  stop: () => void
}

export interface RealtimeOptions {
  db: Database
  log: Log
  settings: Pick<
    Settings,
    | 'limit_realtime_sockets'
    | 'limit_realtime_channels'
    | 'limit_realtime_joins'
    | 'limit_realtime_messages'
    | 'limit_realtime_message'
    | 'limit_realtime_backlog'
    | 'limit_realtime_minutes'
  >
  gate: Gate
  tables: readonly OpenTable[]
}

/** Channels that nothing happens on are looked at so often, too. */
const RECHECK_MS = 60_000

export async function createRealtime(options: RealtimeOptions): Promise<Realtime> {
  const { db, log, settings, gate } = options
  const tables = await describeTables(db, options.tables)
  const channels = createChannels()
  const open = new Set<Open>()
  const closeAll = () => {
    for (const one of open) one.hangUp(1013, 'changes were missed: read anew')
  }
  const conversation = createConversation({ gate, log, channels })
  const delivery = createDelivery({ db, log, gate, channels, onGap: closeAll })
  const feed = new ChangeFeed({
    db,
    log,
    tell: delivery.take,
    onGap: closeAll,
    keepMinutes: settings.limit_realtime_minutes.count,
  })
  const recheck = setInterval(() => {
    const all = [...channels.all()]
    if (all.length === 0) return
    standingOfEach(gate, all, companiesOf(all)).catch((error: unknown) => {
      log.warn({ err: error }, 'the channels of realtime could not be looked at')
    })
  }, RECHECK_MS)

  const rateOf = ({ count, perMs }: Settings['limit_realtime_joins']) => ({ count, perMs: perMs ?? 1_000 })
  const limits = {
    channels: settings.limit_realtime_channels.count,
    joins: rateOf(settings.limit_realtime_joins),
    messages: rateOf(settings.limit_realtime_messages),
  }
  const session = { gate, tables, log, channels, conversation, limits, ready: feed.ready }
  return {
    addRoutes: (app) => addRealtimeRoutes(app, { settings, session, open }),
    stop: () => {
      clearInterval(recheck)
      feed.stop()
      delivery.stop()
      for (const one of open) one.hangUp(1012, 'the hub stops')
    },
  }
}
