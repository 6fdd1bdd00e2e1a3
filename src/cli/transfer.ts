/** `crosstie transfer …`: what is moved, and its runs, over the public API. */
import type { Command } from 'commander'
import { type GroupOptions, groupOptions, SIGN_IN_HELP } from './client-options.ts'
import { tell, tellList } from './output.ts'
import type { CreateTransferOptions } from './transfer-create.ts'

const EXAMPLES = `Examples:
  crosstie transfer create orders --from shop:public.orders --to warehouse:public.orders --queue nightly
  crosstie transfer create daily --from shop:public.orders --to files:/out/orders.parquet --schedule '0 3 * * *'
  crosstie transfer explain orders --rows 5
  crosstie transfer run orders --wait
  crosstie transfer log 17
`

export function registerTransfer(program: Command): void {
  const transfer = program
    .command('transfer')
    .description('Transfers: make, explain, run, stop, read their logs')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', SIGN_IN_HELP)

  groupOptions(transfer.command('list')).description('List the transfers of a group').action(list)

  groupOptions(transfer.command('create'))
    .description('Make a transfer')
    .argument('<name>')
    .option('--from <connection:place>', 'a table (shop:public.orders) or files (files:/in/orders*.csv)')
    .option('--to <connection:place>', 'a table, or a file whose name tells its format')
    .option('--queue <queue>', 'name or number (default: the only queue of the group)')
    .option(
      '--incremental <column>',
      'carry only rows whose column grew; of files file_modified_since or file_name',
    )
    .option('--write <way>', 'into tables: stage or direct')
    .option('--overwrite', 'replace a file that has the name already')
    .option('--schedule <cron>', 'when it runs by itself: minute hour day month weekday')
    .option('--timezone <zone>', 'of the schedule', 'UTC')
    .option(
      '--missed <what>',
      'after a time without a worker: one run for all that was missed, or skip',
      'one',
    )
    .option('--overlap <what>', 'when its last run is not over: skip this time, or queue a run', 'skip')
    .option('--description <text>', 'what it is for', '')
    .option('--body-stdin', 'read the whole transfer, as POST /v1/transfers takes it, from standard input')
    .action(async (name: string, options: CreateTransferOptions) =>
      (await import('./transfer-create.ts')).createTransfer(name, options),
    )

  groupOptions(transfer.command('show'))
    .description('Show a transfer')
    .argument('<transfer>', 'name or number')
    .action(show)

  groupOptions(transfer.command('explain'))
    .description('Say what a run would do, without doing it')
    .argument('<transfer>', 'name or number')
    .option('--rows <count>', 'show so many rows of what would be carried', '0')
    .action(explain)

  groupOptions(transfer.command('delete'))
    .description('Delete a transfer and its runs')
    .argument('<transfer>', 'name or number')
    .action(remove)

  registerRuns(transfer)
}

function registerRuns(transfer: Command): void {
  groupOptions(transfer.command('run'))
    .description('Start a run')
    .argument('<transfer>', 'name or number')
    .option('--wait', 'follow it to its end, and exit as it ended; Ctrl-C leaves it running')
    .action(run)

  groupOptions(transfer.command('runs'))
    .description('List the runs of a transfer, newest first')
    .argument('<transfer>', 'name or number')
    .action(runs)

  groupOptions(transfer.command('log'))
    .description('Print the log of a run')
    .argument('<run>', 'number')
    .action(log)

  groupOptions(transfer.command('stop')).description('Stop a run').argument('<run>', 'number').action(stop)
}

async function list(options: GroupOptions): Promise<void> {
  const { askAll, createClient, groupOf } = await import('./client.ts')
  const client = createClient(options)
  const all = await askAll(client, `/v1/transfers?view=full&group_id=${await groupOf(client, options)}`)
  const rows = all.map((transfer) => {
    if (options.json === true) return transfer
    const last = transfer.last_run as { status: string } | null // as ?view=full answers
    const [next = null] = transfer.next_runs as string[] // the same
    const { id, name } = transfer
    return {
      id,
      name,
      source: endOf(transfer.source_params),
      target: endOf(transfer.target_params),
      last_run: last?.status ?? null,
      next_run: next,
    }
  })
  tellList(options, rows, 'There are no transfers. Make one: crosstie transfer create --help')
}

function endOf(params: unknown): string {
  const { type, table_name: table, directory_path: folder } = params as Record<string, string> // as /v1 answers
  return `${type}:${table ?? folder ?? ''}`
}

async function show(given: string, options: GroupOptions): Promise<void> {
  const { createClient, findNamed } = await import('./client.ts')
  const found = await findNamed(createClient(options), 'transfer', given, options)
  const lines = Object.entries(found).map(
    ([field, value]) => `${field}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  tell(options, found, lines.join('\n'))
}

async function explain(given: string, options: GroupOptions & { rows: string }): Promise<void> {
  const { createClient, findNamed } = await import('./client.ts')
  const { explanationText } = await import('./copy-text.ts')
  const client = createClient(options)
  const { id } = await findNamed(client, 'transfer', given, options)
  const told = await client.ask('GET', `/v1/transfers/${id}/explain?rows=${encodeURIComponent(options.rows)}`)
  tell(options, told, explanationText(told).trimEnd())
}

async function remove(given: string, options: GroupOptions): Promise<void> {
  const { createClient, findNamed } = await import('./client.ts')
  const client = createClient(options)
  const { id, name } = await findNamed(client, 'transfer', given, options)
  await client.ask('DELETE', `/v1/transfers/${id}`)
  tell(options, { deleted: id }, `Deleted the transfer ${name} and its runs.`)
}

async function run(given: string, options: GroupOptions & { wait?: true }): Promise<void> {
  const { createClient, findNamed } = await import('./client.ts')
  const client = createClient(options)
  const { id } = await findNamed(client, 'transfer', given, options)
  const started = await client.ask('POST', '/v1/runs?view=full', { transfer_id: id })
  if (options.wait === true) return (await import('./run-follow.ts')).followRun(client, started.id, options)
  tell(options, started, `Run ${started.id} is queued. Its log: crosstie transfer log ${started.id}`)
}

async function runs(given: string, options: GroupOptions): Promise<void> {
  const { createClient, findNamed } = await import('./client.ts')
  const client = createClient(options)
  const { id } = await findNamed(client, 'transfer', given, options)
  const { items } = await client.ask('GET', `/v1/runs?view=full&page_size=50&transfer_id=${id}`)
  const rows = items.map((one: Record<string, unknown>) => {
    if (options.json === true) return one
    const progress = one.progress as { rows: number } | null // as ?view=full answers
    const { id: number, status, type, started_at: started, error } = one
    return { id: number, status, type, started, rows: progress?.rows ?? null, error }
  })
  tellList(options, rows, 'It has not run yet. Start it: crosstie transfer run')
}

async function log(given: string, options: GroupOptions): Promise<void> {
  const { createClient } = await import('./client.ts')
  const client = createClient(options)
  const lines: { seq: number; at: string; level: string; message: string }[] = []
  for (let after = 0; ;) {
    const { items, last_seq: last } = await client.ask(
      'GET',
      `/v1/runs/${encodeURIComponent(given)}/log?after=${after}`,
    )
    lines.push(...items)
    if (items.length === 0) break
    after = last
  }
  tell(options, lines, lines.map(({ at, level, message }) => `${at} ${level} ${message}`).join('\n'))
}

async function stop(given: string, options: GroupOptions): Promise<void> {
  const { createClient } = await import('./client.ts')
  const stopped = await createClient(options).ask(
    'POST',
    `/v1/runs/${encodeURIComponent(given)}/stop?view=full`,
  )
  tell(options, stopped, `Run ${stopped.id} was asked to stop.`)
}
