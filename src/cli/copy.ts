/** `crosstie copy SOURCE TARGET`: one run of the engine from a terminal, without a hub. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import path from 'node:path'

import {
  explain,
  isPostgresUrl,
  parsePostgresUrl,
  spawnJob,
  tableHasRows,
  type Job,
  type JobResult,
} from '#engine'
import { Fault } from '#fault'
import type { Command } from 'commander'

import { explanationText, fileFormat, progressLines, resultText } from './copy-text.ts'
import { usage } from './exit.ts'

interface CopyOptions {
  append?: true
  overwrite?: true
  write: string
  columns?: string
  incremental?: string
  after?: string
  format?: string
  explain?: true
  json?: true
  quiet?: true
}

const EXAMPLES = `
Examples:
  crosstie copy flights.parquet 'postgres://ada@db.example.com/shop?table=public.flights'
  crosstie copy 'postgres://ada@db.example.com/shop?table=orders' orders.csv
  crosstie copy 'postgres://…/shop?table=orders' 'postgres://…/copy?table=orders' --overwrite
  crosstie copy 'postgres://…/shop?table=orders' - --format jsonline | jq .total
  gzip -dc orders.csv.gz | crosstie copy - 'postgres://…/shop?table=orders' --format csv --append

A table is written as ?table=schema.name; parameters of libpq (sslmode, sslrootcert, connect_timeout …) may
follow it. Give passwords by PGPASSWORD: what stands in an address, your shell remembers.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 not allowed, 5 conflict, 6 timed out, 130 interrupted.`

const PREVIEW_ROWS = 20

export function registerCopy(program: Command): void {
  program
    .command('copy')
    .description(
      'Copy a table or file to another: PostgreSQL, CSV, JSON, Parquet; - is standard input or output',
    )
    .argument('<source>', "a file, - or 'postgres://…?table=schema.name'")
    .argument('<target>', 'the same; a table that is not there is made')
    .option('--append', 'add to a table that has rows already')
    .option('--overwrite', 'replace the rows of a table, or a file, that is there already')
    .option('--write <way>', 'stage: by a staging table; direct: straight in, in one transaction', 'stage')
    .option('--columns <names>', 'only these columns of the source, separated by commas')
    .option('--incremental <column>', 'only rows whose column is greater than --after; prints the next mark')
    .option('--after <value>', 'the mark of the last incremental run')
    .option('--format <format>', 'csv, json, jsonline or parquet, where no file name tells')
    .option('--explain', `say what would be done, show ${PREVIEW_ROWS} rows, and do nothing`)
    .option('--json', 'print the result as JSON')
    .option('--quiet', 'print nothing but errors')
    .addHelpText('after', EXAMPLES)
    .action(copy)
}

async function copy(source: string, target: string, options: CopyOptions): Promise<void> {
  const stop = new AbortController()
  const interrupt = () => stop.abort()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt)
  const folder = await mkdtemp(path.join(tmpdir(), 'crosstie-copy-'))
  try {
    const job = await jobOf(source, target, options, folder)
    if (options.explain === true) await showExplanation(job, options)
    else await run(job, options, stop.signal)
  } finally {
    await rm(folder, { recursive: true, force: true })
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt)
  }
}

async function run(job: Job, options: CopyOptions, signal: AbortSignal): Promise<void> {
  const began = performance.now()
  const lines = progressLines(process.stderr, options.quiet === true || options.json === true)
  let result: JobResult
  try {
    result = await spawnJob(job, { onEvent: (event) => lines.take(event), signal })
  } finally {
    lines.end()
  }
  const seconds = (performance.now() - began) / 1000
  // With the data on standard output, what is said about it goes beside it.
  const out = job.target.type === 'stdout' ? process.stderr : process.stdout
  if (options.json === true)
    out.write(`${JSON.stringify({ ...result, seconds: Number(seconds.toFixed(3)) })}\n`)
  else if (options.quiet !== true) out.write(`${resultText(result, seconds)}\n`)
}

async function showExplanation(job: Job, options: CopyOptions): Promise<void> {
  const told = await explain(job, { rows: PREVIEW_ROWS })
  process.stdout.write(options.json === true ? `${JSON.stringify(told)}\n` : explanationText(told))
}

async function jobOf(source: string, target: string, options: CopyOptions, folder: string): Promise<Job> {
  checkOptions(options)
  if (source === '-' && target !== '-' && !isPostgresUrl(target) && options.format === undefined) {
    options.format = path.extname(target).slice(1)
  }
  const from = sourceOf(source, options)
  const job: Job = {
    id: `copy_${randomBytes(8).toString('hex')}`,
    source: from,
    target: await targetOf(target, options),
    transformations: options.columns === undefined ? [] : [columnsFilter(options.columns)],
    strategy: strategyOf(options),
    limits: { memoryBytes: 1024 ** 3, threads: 2, temporaryDirectory: folder },
    extensionDirectories: [],
  }
  // Two tables need no extension, and reading the settings takes as long as copying a small one.
  if (from.type === 'postgres' && job.target.type === 'postgres') return job
  const { loadConfig } = await import('#config')
  const { settings } = loadConfig()
  const given = settings.duckdb_extensions === null ? [] : [settings.duckdb_extensions]
  return { ...job, extensionDirectories: [...given, path.join(settings.data_dir, 'duckdb')] }
}

function checkOptions(options: CopyOptions): void {
  if (options.append === true && options.overwrite === true)
    throw usage('Say --append or --overwrite, not both.')
  if (options.write !== 'stage' && options.write !== 'direct') {
    throw usage(`--write is stage or direct, not "${options.write}".`)
  }
  if (options.after !== undefined && options.incremental === undefined) {
    throw usage('--after needs --incremental COLUMN, the column that it is a value of.')
  }
}

function sourceOf(text: string, options: CopyOptions): Job['source'] {
  if (text === '-') return { type: 'stdin', format: fileFormat('-', options.format) }
  if (!isPostgresUrl(text))
    return { type: 'file', paths: [path.resolve(text)], format: fileFormat(text, options.format) }
  return { type: 'postgres', ...tableOf(text) }
}

async function targetOf(text: string, options: CopyOptions): Promise<Job['target']> {
  if (text === '-') return { type: 'stdout', format: fileFormat('-', options.format) }
  if (!isPostgresUrl(text)) {
    const overwrite = options.overwrite === true
    return { type: 'file', path: path.resolve(text), format: fileFormat(text, options.format), overwrite }
  }
  const { login, table } = tableOf(text)
  // What a first mark follows on is there already; adding is all that can be meant.
  const append = options.append === true || options.after !== undefined
  if (!append && options.overwrite !== true && (await tableHasRows(login, table))) {
    const message = `${table.schema}.${table.name} has rows already. Say --append to add to them, or --overwrite to replace them.`
    throw new Fault('conflict', 'transfer.table_exists', message)
  }
  const write = options.write === 'direct' ? 'direct' : 'stage'
  return { type: 'postgres', login, table, write, mode: options.overwrite === true ? 'replace' : 'append' }
}

/** libpq's PGUSER and PGPASSWORD fill in what the address leaves out. */
function tableOf(text: string) {
  const { login, table } = parsePostgresUrl(text)
  if (table === undefined) {
    throw usage(
      `The address of ${login.host}/${login.database} names no table; add ?table=schema.name to it.`,
    )
  }
  const password = login.password ?? process.env['PGPASSWORD']
  const user = login.user === '' ? (process.env['PGUSER'] ?? userInfo().username) : login.user
  return { login: { ...login, user, ...(password === undefined ? {} : { password }) }, table }
}

function columnsFilter(names: string): Job['transformations'][number] {
  const fields = names.split(',').map((name) => name.trim())
  return { type: 'dataframe_columns_filter', filters: fields.map((field) => ({ type: 'include', field })) }
}

function strategyOf(options: CopyOptions): Job['strategy'] {
  if (options.incremental === undefined) return { type: 'full' }
  const { after } = options
  return { type: 'incremental', column: options.incremental, ...(after === undefined ? {} : { after }) }
}
