import { Fault } from '#fault'

import { placeOf } from '../store/postgres/login.ts'
import { quoteName, tableText } from '../store/postgres/quote.ts'
import type { PostgresTarget } from '../store/postgres/target.ts'
import { inputsOf } from './copy/bytes-in.ts'
import { planCsvIn, type CsvInJob } from './copy/csv-in.ts'
import { csvColumns, type CsvOutJob } from './copy/csv-out.ts'
import { readRecords } from './copy/header.ts'
import { selectSql } from './copy/select.ts'
import { openSource, sourceFault, type OpenSource } from './copy/source.ts'
import { isFollowUp, lookAtTarget, planTables, type TableJob } from './copy/tables.ts'
import type { Explanation, Job } from './job.ts'
import { chooseRoute } from './plan.ts'
import { copyKind, targetText } from './run.ts'

export interface ExplainOptions {
  /** How many rows of what would be carried to show; none without it. */
  rows?: number | undefined
}

/** More would not help a person who wants to see whether the right thing comes. */
const MOST_ROWS = 100

/** What a run of this job would do, without doing it; with `rows`, also the first of what it would carry. */
export async function explain(job: Job, options: ExplainOptions = {}): Promise<Explanation> {
  const rows = Math.min(options.rows ?? 0, MOST_ROWS)
  const copy = copyKind(job)
  switch (copy?.kind) {
    case 'tables':
      return await explainTables(copy.job, rows)
    case 'csv-out':
      return await explainCsvOut(copy.job, rows)
    case 'csv-in':
      return await explainCsvIn(copy.job, rows)
    case undefined:
      return await explainByDuck(job, rows)
  }
}

async function explainByDuck(job: Job, rows: number): Promise<Explanation> {
  const { explainEmbedded } = await import('./embedded/index.ts')
  return await explainEmbedded(job, { rows })
}

async function explainTables(job: TableJob, rows: number): Promise<Explanation> {
  const open = await openSource(job.source, job)
  try {
    const plan = await lookAtTarget(job, (client) => planTables(open, job, client))
    const form =
      plan.format === 'binary'
        ? 'All columns have the same built-in types on both sides, so they travel in binary form.'
        : 'The columns travel as text, in the one form that reads back exactly.'
    const mode = isFollowUp(job) ? 'append' : job.target.mode
    return {
      ...chooseRoute(job),
      why: [...chooseRoute(job).why, form, ...plan.notes],
      columns: plan.columns,
      steps: [...readSteps(open, job), ...writeSteps({ ...job.target, mode }, plan.targetExists)],
      ...(plan.estimatedRows === null ? {} : { estimatedRows: plan.estimatedRows }),
      ...(await previewTable(open, job, rows)),
    }
  } catch (error) {
    throw sourceFault(error, job.source)
  } finally {
    open.close()
  }
}

async function explainCsvOut(job: CsvOutJob, rows: number): Promise<Explanation> {
  const open = await openSource(job.source, job)
  try {
    const filtered = open.selection.filter !== '' || open.increment !== ''
    const move =
      job.target.type === 'file'
        ? `Write ${job.target.path} under a temporary name beside it, then move it there in one step.`
        : 'Write to standard output.'
    return {
      ...chooseRoute(job),
      columns: csvColumns(open),
      steps: [...readSteps(open, job), move],
      ...(filtered || open.info.estimatedRows === null ? {} : { estimatedRows: open.info.estimatedRows }),
      ...(await previewTable(open, job, rows)),
    }
  } catch (error) {
    throw sourceFault(error, job.source)
  } finally {
    open.close()
  }
}

async function explainCsvIn(job: CsvInJob, rows: number): Promise<Explanation> {
  const plan = await planCsvIn(job)
  if (plan === null) return await explainByDuck(job, rows)
  const choice = chooseRoute(job)
  const from = job.source.type === 'stdin' ? 'standard input' : job.source.paths.join(', ')
  return {
    ...choice,
    why: [...choice.why, ...plan.notes],
    columns: plan.wanted.map(({ name, type }) => ({ name, sourceType: 'text', targetType: type })),
    steps: [`Read ${from}.`, ...writeSteps(job.target, plan.targetExists)],
    ...(await previewFile(
      job,
      plan.wanted.map(({ name }) => name),
      rows,
    )),
  }
}

function readSteps(open: OpenSource, job: TableJob | CsvOutJob): string[] {
  const { source } = job
  const where = open.selection.filter === '' ? '' : ` where ${open.selection.filter}`
  const steps = [`Read ${tableText(source.table)} at ${placeOf(source.login)}${where}, in one snapshot.`]
  if (job.strategy.type === 'incremental') {
    const { column, after } = job.strategy
    steps.push(
      after === undefined
        ? `Take all rows, and remember the greatest "${column}" for the next run.`
        : `Take only rows whose "${column}" is greater than ${after}; rows where it is NULL do not come.`,
    )
  }
  return steps
}

/** What happens to the target, in the order it happens. */
function writeSteps(target: PostgresTarget, exists: boolean): string[] {
  const table = `${tableText(target.table)} at ${placeOf(target.login)}`
  if (!exists) return [`Make ${table} and fill it, in one transaction.`]
  const old =
    target.mode === 'replace' ? 'take its old rows out and put the new ones in' : 'add the rows to it'
  if (target.write === 'direct') return [`In one transaction on ${table}: ${old}.`]
  return [
    `Fill a staging table beside ${table}.`,
    `In one short transaction: ${old}, check the count, drop the staging table. Its grants, indexes, keys, triggers and views stay.`,
  ]
}

async function previewTable(
  open: OpenSource,
  job: TableJob | CsvOutJob,
  rows: number,
): Promise<Pick<Explanation, 'preview'>> {
  if (rows === 0) return {}
  const { columns, filter } = open.selection
  const texts = columns.map(({ name, expression }) => `(${expression})::text as ${quoteName(name)}`)
  const found = await open.client.query<(string | null)[]>({
    text: `${selectSql(job.source.table, texts, filter, open.increment)} limit ${rows}`,
    rowMode: 'array',
  })
  return { preview: { columns: columns.map(({ name }) => name), rows: found.rows } }
}

/** The first rows of the first file; standard input can be read but once, and the run wants it. */
async function previewFile(
  job: CsvInJob,
  names: string[],
  rows: number,
): Promise<Pick<Explanation, 'preview'>> {
  if (rows === 0 || job.source.type === 'stdin') return {}
  const [first] = await inputsOf(job.source)
  if (first === undefined)
    throw new Fault('not_found', 'transfer.file_missing', `There is no file for ${targetText(job)}.`)
  const { include_header: header } = job.source.format
  const records = await readRecords(first.open(), job.source.format, rows + (header ? 1 : 0))
  const columns = header ? (records.shift() ?? []).map((name) => name ?? '') : names
  return { preview: { columns, rows: records } }
}
