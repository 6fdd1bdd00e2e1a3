import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { isOver, type LogLine, readLog, type Run, runQuery } from '../api/runs.ts'

/** More lines than this are not kept in the page: the API has them all. */
const MOST_LINES = 20_000

/**
 * The run and its log as they happen. The run goes into the query's cache, where the whole page reads it; the lines
 * are answered. A stream that breaks is taken up again by the browser, which tells the last line that it has seen.
 */
export function useRunEvents(runId: number, started: boolean): { lines: LogLine[]; live: boolean } {
  const queries = useQueryClient()
  const [lines, setLines] = useState<LogLine[]>([])
  const [live, setLive] = useState(false)
  useEffect(() => {
    if (!started) return
    const known = new Map<number, LogLine>()
    const abort = new AbortController()
    const add = (more: LogLine[]) => {
      if (more.length === 0 || abort.signal.aborted) return
      for (const line of more) known.set(line.seq, line)
      setLines([...known.values()].toSorted((a, b) => a.seq - b.seq).slice(-MOST_LINES))
    }
    const events = new EventSource(`/v1/runs/${runId}/events?view=full`)
    events.addEventListener('open', () => setLive(true))
    events.addEventListener('error', () => setLive(false))
    events.addEventListener('run', ({ data }: MessageEvent<string>) => {
      const run = JSON.parse(data) as Run // what GET /v1/runs/{id} answers
      queries.setQueryData(runQuery(runId).queryKey, run)
      if (!isOver(run.status)) return
      events.close()
      setLive(false)
      void readAll(runId, lastOf(known), add, abort.signal)
      void queries.invalidateQueries({ queryKey: ['runs', 'page'] })
      void queries.invalidateQueries({ queryKey: ['transfers'] })
    })
    events.addEventListener('log', ({ data }: MessageEvent<string>) => {
      const said = JSON.parse(data) as LogLine | LogLine[] // one line, or what came at once
      add(Array.isArray(said) ? said : [said])
    })
    void readAll(runId, 0, add, abort.signal)
    return () => {
      abort.abort()
      events.close()
    }
  }, [runId, started, queries])
  return { lines, live }
}

function lastOf(known: Map<number, LogLine>): number {
  return Math.max(0, ...[...known.keys()].slice(-1000))
}

/** What the log holds already, in portions. */
async function readAll(
  runId: number,
  after: number,
  add: (lines: LogLine[]) => void,
  signal: AbortSignal,
): Promise<void> {
  let from = after
  for (let portion = 0; portion < MOST_LINES / 500 && !signal.aborted; portion++) {
    const answer = await readLog(runId, from, signal).catch(() => null)
    if (answer === null || answer.items.length === 0) return
    add(answer.items)
    from = answer.items.at(-1)?.seq ?? answer.last_seq
    if (answer.items.length < 500) return
  }
}
