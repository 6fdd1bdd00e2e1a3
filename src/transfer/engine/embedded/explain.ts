import { fileColumn } from '../../format/write.ts'
import { quoteIdentifier } from '../../format/sql.ts'
import { textOf } from '../../format/postgres-type.ts'
import { closeNow } from '../../store/postgres/backend.ts'
import { readTable } from '../../store/postgres/catalog.ts'
import { connectPostgres } from '../../store/postgres/connect.ts'
import { placeOf } from '../../store/postgres/login.ts'
import { tableText } from '../../store/postgres/quote.ts'
import { matchColumns } from '../../store/postgres/target-plan.ts'
import { chooseRoute } from '../plan.ts'
import type { Explanation, Job, PlannedColumn } from '../job.ts'
import { laneOf } from './lane.ts'
import type { Relation } from './relation.ts'
import { withWork, type Work } from './run.ts'
import type { Streams } from './source.ts'
import { typedValue } from './transform.ts'

export interface ExplainEmbeddedOptions {
  rows?: number | undefined
  streams?: Streams | undefined
}

/** What a run would do, from the source as it is now; nothing is written but temporary files. */
export async function explainEmbedded(job: Job, options: ExplainEmbeddedOptions = {}): Promise<Explanation> {
  const never = new AbortController().signal
  return withWork(job, never, options.streams ?? process, async (work) => {
    const columns = await planColumns(job, work.relation)
    const choice = chooseRoute(job)
    return {
      route: 'embedded',
      why: [...choice.why, ...work.notes],
      columns,
      steps: stepsOf(job, work),
      ...(await preview(work, options.rows ?? 0)),
      ...(work.relation.totalRows === null ? {} : { estimatedRows: work.relation.totalRows }),
    }
  })
}

async function planColumns(job: Job, relation: Relation): Promise<PlannedColumn[]> {
  const { target } = job
  if (target.type !== 'postgres') {
    return relation.columns.map((column) => {
      const written = fileColumn(
        column.name,
        typedValue(column),
        column.meaning ?? column.type,
        target.format,
      )
      return {
        name: column.name,
        sourceType: column.sourceType,
        targetType: written.type,
        note: column.note ?? written.note,
      }
    })
  }
  const client = await connectPostgres(target.login)
  try {
    const info = await readTable(client, target.table)
    const wanted = relation.columns.map(({ name, postgresType }) => ({ name, type: postgresType }))
    const types = info === null ? wanted : matchColumns(info, wanted, target).columns
    return relation.columns.flatMap((column) => {
      const to = types.find(({ name }) => name === column.name)
      if (to === undefined) return []
      const binary = laneOf(column, to.type).binary !== null
      return [
        {
          name: column.name,
          sourceType: column.sourceType,
          targetType: to.type,
          note: column.note ?? (binary ? undefined : 'as text'),
        },
      ]
    })
  } finally {
    closeNow(client)
  }
}

function stepsOf(job: Job, { relation }: Work): string[] {
  const steps = [`Read ${relation.named}.`]
  const { target } = job
  if (job.strategy.type === 'incremental') {
    const { column, after } = job.strategy
    steps.push(
      after === undefined
        ? `Take all rows, and remember the greatest "${column}".`
        : `Take only rows whose "${column}" is greater than ${after}.`,
    )
  }
  for (const one of job.transformations) {
    if (one.type === 'sql') steps.push('Spool the rows, and run the SQL transformation over them alone.')
    else
      steps.push(
        `Apply ${one.filters.length} ${one.type === 'dataframe_rows_filter' ? 'row' : 'column'} filters.`,
      )
  }
  if (target.type === 'file')
    steps.push(`Write ${target.path} under a temporary name beside it, then move it there in one step.`)
  if (target.type === 'stdout') steps.push('Write to standard output.')
  if (target.type === 'postgres') {
    steps.push(
      `Send the rows to ${tableText(target.table)} at ${placeOf(target.login)} by COPY, and make them visible all at once.`,
    )
  }
  return steps
}

async function preview({ duck, relation }: Work, rows: number): Promise<Pick<Explanation, 'preview'>> {
  if (rows === 0) return {}
  const list = relation.columns.map(
    ({ name, type }) => `${textOf(quoteIdentifier(name), type)} as ${quoteIdentifier(name)}`,
  )
  const reading = duck.rows(`select ${list.join(', ')} from (${relation.query}) limit ${Math.floor(rows)}`)
  const fed = relation.feed?.run()
  // The pipe is closed as soon as the first rows are there, which the sender takes for a failure.
  fed?.catch(() => {})
  const found = await reading
  relation.feed?.breakOff(reading)
  await fed?.catch(() => {})
  return { preview: { columns: relation.columns.map(({ name }) => name), rows: found } }
}
