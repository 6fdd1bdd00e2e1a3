/**
 * The process of one job. It is started by `spawn.ts` and speaks over descriptor 3, so that standard input and
 * output stay free for data: first the job as one line of JSON, then `{"go":true}` after `prepared`, and
 * `{"stop":true}`. When the pipe closes, whoever started it is gone, and it ends as if it were stopped.
 */
import { Socket } from 'node:net'
import { createInterface } from 'node:readline'

import { Fault, messageOf } from '#fault'

import type { EngineEvent, Job } from './job.ts'
import { runJob } from './run.ts'

/** After a stop, and once nobody listens any more. */
const OVER_WITHIN_MS = 1_800

const control = new Socket({ fd: 3, readable: true, writable: true })
const stop = new AbortController()
/** The answer that is waited for, after `prepared` or `withdrawn`. */
let awaited: { event: 'prepared' | 'withdrawn'; answer: PromiseWithResolvers<void> } | null = null
let alone = false

function abort(): void {
  if (stop.signal.aborted) return
  stop.abort()
  if (awaited?.event === 'prepared') awaited.answer.reject(new Error('stopped'))
  setTimeout(() => process.exit(1), OVER_WITHIN_MS).unref()
}

/** Nobody listens any more: what was prepared stays as it is, for whoever finds it. */
function leftAlone(): void {
  alone = true
  awaited?.answer.reject(new Error('nobody listens'))
  abort()
}

function say(event: EngineEvent): void | Promise<void> {
  control.write(`${JSON.stringify(event)}\n`)
  if (event.type !== 'prepared' && event.type !== 'withdrawn') return undefined
  const answer = Promise.withResolvers<void>()
  awaited = { event: event.type, answer }
  if (alone || (event.type === 'prepared' && stop.signal.aborted)) answer.reject(new Error('stopped'))
  return answer.promise
}

function failureOf(error: unknown): EngineEvent {
  if (!(error instanceof Fault)) {
    const message = `The engine failed: ${messageOf(error)}`
    process.stderr.write(`${error instanceof Error ? (error.stack ?? message) : message}\n`)
    return { type: 'failed', kind: 'failed', code: 'transfer.internal', message, target: 'unchanged' }
  }
  if (error.code === 'transfer.stopped') return { type: 'stopped' }
  const { kind, code, message, details } = error
  const target = code === 'transfer.commit_unknown' ? 'unknown' : 'unchanged'
  return { type: 'failed', kind, code, message, details, target }
}

async function run(line: string): Promise<void> {
  let last: EngineEvent
  try {
    // The parent wrote it, and nobody else can reach this pipe.
    const job = JSON.parse(line) as Job
    last = { type: 'finished', result: await runJob(job, say, stop.signal) }
  } catch (error) {
    last = failureOf(error)
  }
  control.end(`${JSON.stringify(last)}\n`, () => process.exit(last.type === 'finished' ? 0 : 1))
}

process.on('SIGTERM', abort)
// Ctrl-C reaches the whole group of processes; the parent decides what it means.
process.on('SIGINT', () => {})
control.on('error', leftAlone)
control.on('close', leftAlone)

let started = false
createInterface({ input: control })
  .on('line', (line) => {
    if (!started) {
      started = true
      void run(line)
      return
    }
    // Written by the parent as well.
    const order = JSON.parse(line) as { stop?: true; go?: true }
    if (order.stop === true) abort()
    if (order.go === true) awaited?.answer.resolve()
  })
  .on('close', leftAlone)
