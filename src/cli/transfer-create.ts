/** Makes the body of a transfer from what is typed: `--from shop:public.orders --to files:/out/orders.parquet`. */
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { createClient, findNamed, groupOf, askAll, type HubClient, type Named } from './client.ts'
import type { GroupOptions } from './client-options.ts'
import { fileFormat } from './copy-text.ts'
import { usage } from './exit.ts'
import { tell } from './output.ts'

export interface CreateTransferOptions extends GroupOptions {
  from?: string
  to?: string
  queue?: string
  incremental?: string
  write?: string
  overwrite?: true
  schedule?: string
  timezone: string
  missed: string
  overlap: string
  description: string
  bodyStdin?: true
}

export async function createTransfer(name: string, options: CreateTransferOptions): Promise<void> {
  const client = createClient(options)
  const body = options.bodyStdin === true ? await bodyFromStdin() : await bodyOf(client, options)
  const made = await client.ask('POST', '/v1/transfers?view=full', { ...body, name })
  tell(
    options,
    made,
    `Made the transfer ${made.name} (id ${made.id}). Run it: crosstie transfer run ${made.id} --wait`,
  )
}

async function bodyFromStdin(): Promise<object> {
  try {
    const body: unknown = JSON.parse(await text(process.stdin))
    if (typeof body === 'object' && body !== null) return body
  } catch {
    // Said below.
  }
  throw usage('What came by standard input is no JSON object.')
}

async function bodyOf(client: HubClient, options: CreateTransferOptions): Promise<object> {
  if (options.from === undefined || options.to === undefined) {
    throw usage(
      'Say --from CONNECTION:PLACE and --to CONNECTION:PLACE, or give a whole transfer by --body-stdin.',
    )
  }
  const group = await groupOf(client, options)
  const source = await endOf(client, options.from, options)
  const target = await endOf(client, options.to, options)
  return {
    group_id: group,
    queue_id: (await queueOf(client, group, options)).id,
    description: options.description,
    source_connection_id: source.connection.id,
    target_connection_id: target.connection.id,
    source_params: sourceParams(source),
    target_params: targetParams(target, options),
    strategy_params:
      options.incremental === undefined
        ? { type: 'full' }
        : { type: 'incremental', increment_by: options.incremental },
    ...(options.schedule === undefined
      ? {}
      : {
          is_scheduled: true,
          schedule: options.schedule,
          timezone: options.timezone,
          missed_runs: options.missed,
          overlap: options.overlap,
        }),
  }
}

interface End {
  connection: Named
  place: string
}

async function endOf(client: HubClient, given: string, options: GroupOptions): Promise<End> {
  const at = given.indexOf(':')
  if (at < 1 || at === given.length - 1)
    throw usage(`"${given}": write CONNECTION:TABLE or CONNECTION:/FILE.`)
  const connection = await findNamed(client, 'connection', given.slice(0, at), options)
  return { connection, place: given.slice(at + 1) }
}

async function queueOf(client: HubClient, group: number, options: CreateTransferOptions): Promise<Named> {
  if (options.queue !== undefined) return findNamed(client, 'queue', options.queue, options)
  const queues = await askAll(client, `/v1/queues?group_id=${group}`)
  const [only] = queues
  if (only !== undefined && queues.length === 1) return only
  throw usage(
    only === undefined
      ? 'The group has no queue yet; a maintainer makes one.'
      : `Say which queue: --queue ${queues.map(({ name }) => `"${name}"`).join(', --queue ')}`,
  )
}

function isFile({ connection }: End): boolean {
  return connection.type === 'local'
}

function sourceParams(end: End): object {
  if (!isFile(end)) return { type: end.connection.type, table_name: end.place }
  return {
    type: 'local',
    directory_path: folderOf(end.place),
    file_name: path.posix.basename(end.place),
    file_format: fileFormat(end.place, undefined),
  }
}

function targetParams(end: End, { write, overwrite }: CreateTransferOptions): object {
  if (!isFile(end)) {
    return { type: end.connection.type, table_name: end.place, ...(write === undefined ? {} : { write }) }
  }
  return {
    type: 'local',
    directory_path: folderOf(end.place),
    file_format: fileFormat(end.place, undefined),
    file_name_template: path.posix.basename(end.place),
    overwrite: overwrite ?? false,
  }
}

function folderOf(place: string): string {
  return path.posix.dirname(place.startsWith('/') ? place : `/${place}`)
}
