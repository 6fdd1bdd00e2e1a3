/** `crosstie connection sync` and `crosstie connection health`: keep in step, and how it fares. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '#fault'
import type { GroupOptions } from './client-options.ts'
import { createClient, findNamed, type HubClient } from './client.ts'
import { INTERRUPTED } from './exit.ts'
import { tell } from './output.ts'

const EVERY_MS = 400
const OVER = ['succeeded', 'failed', 'stopped', 'skipped']

export interface SyncOptions extends GroupOptions {
  wait?: true
  force?: true
}

interface Synced {
  id: number
  state: string
  added: number
  updated: number
  deleted: number
  unchanged: number
  summary: string | null
  error: { code: string; message: string; actor: string } | null
}

export async function syncConnection(given: string, options: SyncOptions): Promise<void> {
  const client = createClient(options)
  const { id, name } = await findNamed(client, 'connection', given, options)
  const force = options.force === true ? '?force=true' : ''
  const asked: Synced = await client.ask('POST', `/v1/connections/${id}/sync${force}`)
  if (options.wait !== true) {
    return tell(
      options,
      asked,
      `Sync ${asked.id} of ${name} is asked for. Its end: crosstie connection health ${id}`,
    )
  }
  const ended = await ofItsEnd(client, asked.id)
  if (ended === null) {
    process.stderr.write(`crosstie: left; sync ${asked.id} goes on.\n`)
    process.exitCode = INTERRUPTED
    return
  }
  if (ended.state !== 'succeeded') {
    const why = ended.error?.message ?? `it has ${ended.state}`
    throw new Fault('failed', 'cli.sync_failed', `Sync ${ended.id} of ${name} did not go well: ${why}`, {
      details: ended,
    })
  }
  const { added, updated, deleted, unchanged } = ended
  const counts = `${added} added, ${updated} updated, ${deleted} deleted, ${unchanged} unchanged`
  tell(options, ended, `Sync ${ended.id} of ${name}: ${counts}. ${ended.summary ?? ''}`.trimEnd())
}

/** Null when one leaves before it. */
async function ofItsEnd(client: HubClient, sync: number): Promise<Synced | null> {
  const leave = new AbortController()
  const detach = () => leave.abort()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, detach)
  try {
    // The hub ends a sync after half an hour at the latest.
    for (;;) {
      const now: Synced = await client.ask('GET', `/v1/syncs/${sync}`)
      if (OVER.includes(now.state)) return now
      if (leave.signal.aborted) return null
      await sleep(EVERY_MS, undefined, { signal: leave.signal }).catch(() => {})
    }
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, detach)
  }
}

const ACTORS: Record<string, string> = {
  you: 'whoever keeps the connection',
  provider: 'the other system',
  operator: 'the operator of the hub',
}

/** A broken one is an answer, not an error of the command: scripts look at `state`. */
export async function showHealth(given: string, options: GroupOptions): Promise<void> {
  const client = createClient(options)
  const { id, name } = await findNamed(client, 'connection', given, options)
  const [health, { items }] = await Promise.all([
    client.ask('GET', `/v1/connections/${id}/health`),
    client.ask('GET', `/v1/connections/${id}/syncs?page_size=1`),
  ])
  const [last = null] = items as Synced[]
  const lines = [
    `${name}: ${health.state}${health.since === null ? '' : ` since ${health.since}`}`,
    ...(health.message === null ? [] : [health.message]),
    ...(health.actor === null ? [] : [`Who must act: ${ACTORS[health.actor] ?? health.actor}`]),
    ...(last === null
      ? []
      : [`Newest sync: ${last.id}, ${last.state}. ${last.error?.message ?? last.summary ?? ''}`.trimEnd()]),
  ]
  tell(options, { connection_id: id, name, ...health, last_sync: last }, lines.join('\n'))
}
