import type { Explanation, Job } from './job.ts'
import { chooseRoute } from './plan.ts'

/** What a run of this job would do, without doing it; with `rows`, also the first of what it would carry. */
export async function explain(job: Job, _options: { rows?: number } = {}): Promise<Explanation> {
  const { route, why } = chooseRoute(job)
  return { route, why, columns: [], steps: [] }
}
