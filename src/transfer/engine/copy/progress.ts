import type { Emit, Progress } from '../job.ts'

/** Twice a second is what a person can read, and what the hub passes on. */
const EVERY_MS = 500

export interface ProgressReport {
  /** Says the step at once, and from then on. */
  phase(name: string): void
  end(): void
}

/** Tells the counts on their way, from now until `end`. */
export function reportProgress(
  emit: Emit,
  counts: { rows: number; bytes: number },
  totals: Pick<Progress, 'totalRows' | 'totalBytes'>,
): ProgressReport {
  let phase = 'reading'
  const tell = () => void emit({ type: 'progress', progress: { ...counts, ...totals, phase } })
  const timer = setInterval(tell, EVERY_MS)
  return {
    phase(name) {
      phase = name
      tell()
    },
    end: () => clearInterval(timer),
  }
}
