/**
 * A run as a stream of server-sent events: `run` with all of it on every change, `log` with new lines, the end
 * after a final state. `Last-Event-ID` is the last line that the client has.
 */
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { Type } from 'typebox'
import type { Database } from '#database'
import { Fault } from '#fault'
import type { Server } from '#http'
import type { Caller } from '#identity'
import type { Tx } from './queue.store.ts'
import { isFinal, namingWhatIsMissing, RUN_CHANNEL, visibleRun } from './run.ts'
import { presentLine, presentOne, RunPath } from './run.read.ts'
import { listLog } from './run.store.ts'

/** At most twice a second; and so often at least, should a notification be lost. */
const SOONEST_MS = 500
const LATEST_MS = 5_000
/** A client connects again by itself, and is then asked anew who it is. */
const STREAM_LIMIT_MS = 5 * 60_000
/** Streams open at once in this process. */
const STREAMS_LIMIT = 500
const LINES_AT_ONCE = 500

export function addRunEvents(app: Server, db: Database): void {
  const open = new Set<AbortController>()
  // Streams would keep a hub that is stopping from closing.
  app.addHook('preClose', async () => {
    for (const stream of open) stream.abort()
  })

  app.get(
    '/v1/runs/:run_id/events',
    {
      schema: {
        tags: ['runs'],
        summary: 'Follow a run as server-sent events',
        params: RunPath,
        headers: Type.Object({ 'last-event-id': Type.Optional(Type.String()) }),
        response: {
          200: {
            description: 'Events `run` and `log` until a final state',
            content: { 'text/event-stream': { schema: Type.String() } },
          },
        },
      },
    },
    async (request, reply) => {
      const { caller, params, headers } = request
      // Whether it may be seen is answered as everywhere, before the stream begins.
      await namingWhatIsMissing(db, params.run_id, () =>
        db.withCaller(caller, (tx: Tx) => visibleRun(tx, params.run_id)),
      )
      if (open.size >= STREAMS_LIMIT) {
        throw new Fault(
          'unavailable',
          'transfer.too_many_streams',
          'Too many streams are open. Try again later.',
        )
      }
      const over = new AbortController()
      open.add(over)
      reply.hijack()
      const { raw } = reply
      raw.on('close', () => over.abort())
      raw.writeHead(200, {
        'Content-Type': 'text/event-stream; charset=utf-8',
        'Cache-Control': 'no-store',
        'X-Accel-Buffering': 'no',
        'X-Request-ID': request.id,
      })
      const after = Number(headers['last-event-id'])
      const follower: Follower = { db, caller, runId: params.run_id, raw, over: over.signal }
      try {
        await follow(follower, Number.isInteger(after) && after > 0 ? after : 0)
      } catch (error) {
        // The run was deleted, or the caller lost the right to see it: the next connection says so in words.
        if (!(error instanceof Fault)) request.log.warn({ err: error }, 'a stream of a run broke')
      } finally {
        open.delete(over)
        raw.end()
      }
    },
  )
}

interface Follower {
  db: Database
  caller: Caller
  runId: number
  raw: ServerResponse
  over: AbortSignal
}

async function follow({ db, caller, runId, raw, over }: Follower, afterSeq: number): Promise<void> {
  let changed = Promise.withResolvers<void>()
  const deaf = db.listen(RUN_CHANNEL, (payload) => {
    if (payload === null || payload === String(runId)) changed.resolve()
  })
  const until = Date.now() + STREAM_LIMIT_MS
  let seq = afterSeq
  let shown = ''
  try {
    while (!over.aborted && Date.now() < until) {
      changed = Promise.withResolvers<void>()
      const { run, lines } = await db.withCaller(caller, async (tx: Tx) => ({
        lines: await listLog(tx, runId, seq, LINES_AT_ONCE),
        run: await presentOne(tx, await visibleRun(tx, runId), 'full'),
      }))
      for (const line of lines) {
        seq = line.seq
        raw.write(`id: ${seq}\nevent: log\ndata: ${JSON.stringify(presentLine(line))}\n\n`)
      }
      const { duration_ms: _duration, ...still } = run
      const text = JSON.stringify(still)
      if (text !== shown) raw.write(`event: run\ndata: ${JSON.stringify(run)}\n\n`)
      else raw.write(': still here\n\n')
      shown = text
      const isMore = lines.length === LINES_AT_ONCE
      if (isMore) continue
      if (isFinal(run.status)) return
      await pause(SOONEST_MS, over)
      await Promise.race([changed.promise, pause(LATEST_MS - SOONEST_MS, over)])
    }
  } finally {
    deaf()
  }
}

async function pause(ms: number, over: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: over }).catch(() => {})
}
