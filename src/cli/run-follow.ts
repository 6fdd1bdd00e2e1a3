/** Follows a run to its end: what it says goes to standard error, how it ended decides the exit code. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '#fault'
import type { HubClient } from './client.ts'
import { progressLines } from './copy-text.ts'
import { INTERRUPTED } from './exit.ts'
import { type OutputOptions, tell } from './output.ts'

const EVERY_MS = 400
const LINES_AT_ONCE = 500

export async function followRun(client: HubClient, id: number, options: OutputOptions): Promise<void> {
  const leave = new AbortController()
  const detach = () => leave.abort()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, detach)
  const lines = progressLines(process.stderr, options.quiet === true || options.json === true)
  let seq = 0
  let waitedFor: number | null = null
  try {
    for (;;) {
      const run = await client.ask('GET', `/v1/runs/${id}?view=full`)
      seq = await showLog(client, id, seq, lines.take)
      const ahead: number | null = run.waits_for?.run_id ?? null
      if (ahead !== null && ahead !== waitedFor) {
        lines.take({
          type: 'log',
          level: 'info',
          message: `Waits until run ${ahead} of this transfer is over.`,
        })
      }
      waitedFor = ahead
      if (run.progress !== null) lines.take({ type: 'progress', progress: progressOf(run.progress) })
      if (['FINISHED', 'FAILED', 'STOPPED'].includes(run.status)) {
        lines.end()
        return conclude(run, options)
      }
      if (leave.signal.aborted) {
        process.stderr.write(
          `crosstie: left; run ${id} goes on. Follow it: crosstie transfer log ${id}. Stop it: crosstie transfer stop ${id}\n`,
        )
        process.exitCode = INTERRUPTED
        return
      }
      await sleep(EVERY_MS, undefined, { signal: leave.signal }).catch(() => {})
    }
  } finally {
    lines.end()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, detach)
  }
}

type Take = ReturnType<typeof progressLines>['take']

async function showLog(client: HubClient, id: number, after: number, take: Take): Promise<number> {
  for (let seq = after; ;) {
    const { items, last_seq: last } = await client.ask('GET', `/v1/runs/${id}/log?after=${seq}`)
    for (const { level, message } of items) take({ type: 'log', level, message })
    seq = last
    if (items.length < LINES_AT_ONCE) return seq
  }
}

interface Shown {
  rows: number
  bytes: number
  total_rows: number | null
  total_bytes: number | null
  phase: string
}

function progressOf({ rows, bytes, total_rows: totalRows, total_bytes: totalBytes, phase }: Shown) {
  return { rows, bytes, totalRows, totalBytes, phase }
}

interface Ended {
  id: number
  status: string
  error: string | null
  progress: Shown | null
  duration_ms: number | null
}

function conclude(run: Ended, options: OutputOptions): void {
  if (run.status === 'STOPPED') throw new Fault('failed', 'transfer.stopped', `Run ${run.id} was stopped.`)
  if (run.status === 'FAILED') {
    throw new Fault('failed', 'transfer.run_failed', `Run ${run.id} failed: ${run.error}`, { details: run })
  }
  const rows = run.progress?.rows ?? 0
  const seconds = ((run.duration_ms ?? 0) / 1000).toFixed(1)
  tell(options, run, `Run ${run.id} finished: ${rows} ${rows === 1 ? 'row' : 'rows'} in ${seconds} s.`)
}
