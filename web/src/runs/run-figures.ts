import type { Run } from '../api/runs.ts'

/** How long the run took, or has taken so far; null before it has begun. */
export function durationOf(
  run: Pick<Run, 'duration_ms' | 'started_at' | 'ended_at'>,
  now: number = Date.now(),
): number | null {
  if (run.duration_ms !== undefined && run.duration_ms !== null) return run.duration_ms
  if (run.started_at === null) return null
  const end = run.ended_at === null ? now : new Date(run.ended_at).getTime()
  return Math.max(0, end - new Date(run.started_at).getTime())
}

/** How much of the work is done, 0 to 1, by rows where their number is known, else by bytes; null if unknown. */
export function shareOf(run: Pick<Run, 'progress' | 'status'>): number | null {
  if (run.status === 'FINISHED') return 1
  const { progress } = run
  if (progress === null || progress === undefined) return run.status === 'CREATED' ? 0 : null
  if (progress.total_rows !== null && progress.total_rows > 0)
    return Math.min(1, progress.rows / progress.total_rows)
  if (progress.total_bytes !== null && progress.total_bytes > 0) {
    return Math.min(1, progress.bytes / progress.total_bytes)
  }
  return null
}
