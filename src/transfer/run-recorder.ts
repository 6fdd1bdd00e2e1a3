/** What a run that is under way tells the database: its progress twice a second, its log in batches. */
import type { Database } from '#database'
import type { EngineEvent } from '#engine'
import type { Caller } from '#identity'
import type { Tx } from './queue.store.ts'
import { RUN_CHANNEL } from './run.ts'
import { type Held, insertLog, lastSeq, type LogLine, moveRun, type Movement } from './run.store.ts'
import type { LogLevel, RunProgress, RunStatus } from './tables.ts'

export interface Recorder {
  hear: (event: EngineEvent) => void
  log: (level: LogLevel, message: string) => void
  /** Writes what is waiting, in a transaction of its own. Answers the run's state; undefined: it is not ours any more. */
  flush: (more?: Movement) => Promise<RunStatus | undefined>
  /** Takes the lines that wait, for the transaction that ends the run. */
  rest: () => { lines: LogLine[]; progress: RunProgress | undefined }
  stop: () => void
}

export interface RecorderOptions {
  db: Database
  caller: Caller
  run: Held & { groupId: number }
  /** Lines kept of one run; 0: all. */
  linesLimit: number
  /** Told when somebody asked for a stop, or when the lease is no longer ours. */
  onStatus: (status: RunStatus | undefined) => void
  onError: (error: unknown) => void
}

const EVERY_MS = 500
const LINE_LIMIT_CHARACTERS = 4_000
const LINES_AT_ONCE = 1_000

export async function createRecorder(options: RecorderOptions): Promise<Recorder> {
  const { db, caller, run, linesLimit } = options
  let seq = await db.withCaller(caller, (tx: Tx) => lastSeq(tx, run.id))
  const lines: LogLine[] = []
  let moved: Movement = {}
  let latest: RunProgress | undefined
  let writing: Promise<unknown> = Promise.resolve()
  const began = performance.now()

  const add = (level: LogLevel, message: string) => {
    const isLast = linesLimit > 0 && seq + 1 === linesLimit
    if (linesLimit > 0 && seq >= linesLimit) return
    seq += 1
    const text = isLast ? `The log is cut here: ${linesLimit} lines are kept of a run.` : message
    lines.push({
      seq,
      at: new Date(),
      level: isLast ? 'warning' : level,
      message: text.length > LINE_LIMIT_CHARACTERS ? `${text.slice(0, LINE_LIMIT_CHARACTERS - 1)}…` : text,
    })
  }

  const write = async (more: Movement): Promise<RunStatus | undefined> => {
    const now = { ...moved, ...more }
    const said = lines.splice(0, LINES_AT_ONCE)
    moved = {}
    if (Object.keys(now).length === 0 && said.length === 0) return 'STARTED'
    const status = await db.withCaller(caller, async (tx: Tx) => {
      const found = await moveRun(tx, run, now)
      if (found !== undefined) await insertLog(tx, run, said)
      return found
    })
    db.notify(RUN_CHANNEL, String(run.id))
    if (status === undefined || status === 'SEND_STOP_SIGNAL') options.onStatus(status)
    return status
  }

  // One at a time, in order: lines are numbered and states follow each other.
  const flush = (more: Movement = {}): Promise<RunStatus | undefined> => {
    const next = writing.then(() => write(more))
    writing = next.catch(() => {})
    return next
  }

  const timer = setInterval(() => {
    flush().catch(options.onError)
  }, EVERY_MS)

  return {
    hear: (event) => {
      switch (event.type) {
        case 'plan':
          moved.engine = event.route
          for (const why of event.why) add('info', why)
          return
        case 'progress':
          latest = shown(event.progress, (performance.now() - began) / 1000)
          moved.progress = latest
          return
        case 'log':
          add(event.level, event.message)
          return
        default:
      }
    },
    log: add,
    flush,
    rest: () => ({ lines: lines.splice(0), progress: latest }),
    stop: () => {
      clearInterval(timer)
    },
  }
}

type Progress = Extract<EngineEvent, { type: 'progress' }>['progress']

function shown({ rows, bytes, totalRows, totalBytes, phase }: Progress, seconds: number): RunProgress {
  const rate = seconds < 0.2 ? null : rows / seconds
  const done =
    totalRows !== null && totalRows > 0
      ? rows / totalRows
      : totalBytes !== null && totalBytes > 0
        ? bytes / totalBytes
        : null
  const isMoving = phase !== 'finished' && done !== null && done > 0.01 && done < 1
  return {
    rows,
    bytes,
    total_rows: totalRows,
    total_bytes: totalBytes,
    phase,
    rows_per_second: rate === null ? null : Math.round(rate),
    eta_seconds: isMoving ? Math.ceil(seconds / done - seconds) : null,
  }
}
