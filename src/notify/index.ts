/**
 * Messages to people: templates, accounts, tasks, the inbox, and the channels that they go by.
 *
 * ```ts
 * const notify = createNotify({ db, log, settings, connect, reach, url })
 * notify.addRoutes(app)
 * const worker = notify.startWorker()
 * ```
 */
import type { Settings } from '#config'
import type { Connect, Manifest, Reach } from '#connect'
import type { Database } from '#database'
import { serveEvents } from '#event'
import type { Server } from '#http'
import type { Log } from '#log'
import { addAccountRoutes } from './account.routes.ts'
import { CHANNEL_BY_PROVIDER } from './channels.ts'
import { serveDelivery } from './deliver.ts'
import { eventHandlers } from './events.ts'
import { addInboxRoutes } from './inbox.routes.ts'
import { addNotificationRoutes } from './notification.routes.ts'
import { addTaskRoutes } from './task.routes.ts'
import { addTemplateRoutes } from './template.routes.ts'

export interface NotifyOptions {
  db: Database
  log: Log
  settings: Pick<Settings, 'sends' | 'limit_recipients' | 'limit_send_tries'>
  connect: Pick<Connect, 'openFresh' | 'noteUse'>
  reach: Pick<Reach, 'guard'>
  /** The hub's own address, for links in what it tells. */
  url: () => string
}

export interface Notify {
  addRoutes: (app: Server) => void
  /** Sends, and handles what other rooms ask to be sent. */
  startWorker: () => { stop: () => Promise<void> }
}

/** The providers that messages go by, for connect's list. */
export const CHANNEL_MANIFESTS: readonly Manifest[] = [...CHANNEL_BY_PROVIDER.values()].map(
  ({ manifest }) => manifest,
)

/** Events that wait for this room, however long it is away. */
export const HANDLED_EVENTS: readonly string[] = ['message.requested', 'run.failed']

const STOP_GRACE_MS = 5_000

export function createNotify(options: NotifyOptions): Notify {
  const { db, log, settings, connect, reach, url } = options
  const rules = { db, placesLimit: settings.limit_recipients.count }
  return {
    addRoutes: (app) => {
      addNotificationRoutes(app, rules)
      addTaskRoutes(app, db)
      addTemplateRoutes(app, db)
      addAccountRoutes(app, db)
      addInboxRoutes(app, db)
    },
    startWorker: () => {
      const servers = [
        serveDelivery({
          db,
          log,
          connect,
          guard: reach.guard,
          channels: CHANNEL_BY_PROVIDER,
          atOnce: settings.sends,
          attemptsLimit: settings.limit_send_tries.count || Number.MAX_SAFE_INTEGER,
        }),
        serveEvents({ db, log, handlers: eventHandlers({ ...rules, url }) }),
      ]
      return {
        stop: async () => {
          await Promise.all(servers.map((server) => server.stop(STOP_GRACE_MS)))
        },
      }
    },
  }
}
