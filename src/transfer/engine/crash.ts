/** Kills a job's process at random moments and looks at what is left; the short and the long test share it. */
import { execFileSync } from 'node:child_process'

import type pg from 'pg'

import type { EngineEvent, Job, JobResult } from './job.ts'
import { recoverJob, type Prepared } from './run.ts'
import { spawnJob } from './spawn.ts'

/** Numbers that are the same on every machine for the same seed (a linear congruential generator). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

export async function prepareCrash(client: pg.Client): Promise<void> {
  await client.query(`create table crash_source (id bigint, pad text);
    insert into crash_source select i, repeat('x', 100) from generate_series(1, 50000) i;
    create table crash_target (like crash_source); create index on crash_target (id)`)
}

/**
 * An append from `crash_source` to `crash_target` that is killed after so long, then cleared up and repeated as
 * the hub does it: by the job's own id, and only if the witness says that the first try had not committed.
 * Answers what became of the killed try.
 */
export async function crashOnce(job: Job, afterMs: number): Promise<'finished' | 'committed' | 'unchanged'> {
  const kept: { prepared: Prepared | null } = { prepared: null }
  const first = await runKilled(job, kept, afterMs)
  if (first !== null) return 'finished'
  // spawnJob has cleared up already; a hub that was killed too would do it from what it kept.
  const became = await recoverJob(job, kept.prepared, () => {})
  if (became === 'unknown') throw new Error('the witness should have known')
  if (became === 'unchanged') await spawnJob(job, { onEvent: () => {}, signal: new AbortController().signal })
  return became
}

async function runKilled(
  job: Job,
  kept: { prepared: Prepared | null },
  afterMs: number,
): Promise<JobResult | null> {
  const onEvent = (event: EngineEvent) => {
    if (event.type === 'prepared') kept.prepared = event
    if (event.type === 'withdrawn') kept.prepared = null
  }
  const timer = setTimeout(() => killChildOf(process.pid), afterMs)
  try {
    return await spawnJob(job, { onEvent, signal: new AbortController().signal })
  } catch {
    return null
  } finally {
    clearTimeout(timer)
  }
}

/** The engine's own child of this very process, and no other. */
function killChildOf(parent: number): void {
  const listed = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(parent)], { encoding: 'utf8' })
  for (const line of listed.split('\n')) {
    const [, pid] = /^\s*(\d+) .*engine\/child\.ts/.exec(line) ?? []
    if (pid !== undefined) process.kill(Number(pid), 'SIGKILL')
  }
}

/** Rows that are not there exactly once per append, and anything that should have been cleared up. */
export async function damage(client: pg.Client, appends: number): Promise<string[]> {
  const { rows } = await client.query<{ id: string | null; times: string }>(
    `select s.id, count(t.id) as times from crash_source s full join crash_target t on t.id = s.id and t.pad = s.pad
     group by s.id having count(t.id) <> $1 limit 5`,
    [appends],
  )
  return rows.map(({ id, times }) => `row ${id} is there ${times} times instead of ${appends}`)
}
