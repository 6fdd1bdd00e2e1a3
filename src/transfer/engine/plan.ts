import { foreignToPostgres } from './copy/dialect.ts'
import type { Job, Route, Source, Target } from './job.ts'

export interface RouteChoice {
  route: Route
  /** Sentences for the person: why this way. */
  why: string[]
}

/**
 * Which way a job goes, from the job alone. PostgreSQL's own COPY is taken wherever it can do the whole work:
 * it is the fastest, and it carries every value as it is.
 */
export function chooseRoute(job: Job): RouteChoice {
  const obstacle = obstacleToCopy(job)
  if (obstacle !== undefined) {
    return { route: 'embedded', why: [`DuckDB inside this process does the work: ${obstacle}.`] }
  }
  if (job.source.type === 'postgres' && job.target.type === 'postgres') {
    return {
      route: 'copy',
      why: ['PostgreSQL to PostgreSQL: COPY is passed from server to server, byte for byte.'],
    }
  }
  if (job.source.type === 'postgres') {
    return { route: 'copy', why: ['PostgreSQL writes this kind of CSV by itself: COPY … TO.'] }
  }
  return { route: 'copy', why: ['PostgreSQL reads this kind of CSV by itself: COPY … FROM.'] }
}

function obstacleToCopy(job: Job): string | undefined {
  const { source, target } = job
  if (source.type !== 'postgres' && target.type !== 'postgres') return 'neither side is PostgreSQL'
  if (job.transformations.some(({ type }) => type === 'sql'))
    return 'an SQL transformation runs over the source alone'
  if (source.type !== 'postgres') return obstacleFromFile(source, job)
  if (target.type !== 'postgres') return obstacleToFile(target)
  return undefined
}

function obstacleFromFile(source: Exclude<Source, { type: 'postgres' }>, job: Job): string | undefined {
  if (job.transformations.length > 0) return 'a file is filtered on its way'
  if (job.strategy.type === 'incremental') return 'only a part of the file is wanted'
  return foreignToPostgres(source.format)
}

function obstacleToFile(target: Exclude<Target, { type: 'postgres' }>): string | undefined {
  const foreign = foreignToPostgres(target.format)
  if (foreign !== undefined || target.format.type !== 'csv') return foreign
  return target.format.line_sep === '\n'
    ? undefined
    : 'its lines end in another way than PostgreSQL ends them'
}
