/** Opens both sides of a transfer and makes its job, for a run and for an explanation alike. */
import { lstat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import {
  type Change,
  type Connect,
  type Connection,
  insideFolder,
  localFolder,
  makeFolder,
  manifestOf,
  notCarried,
  type Opened,
  postgresLogin,
  type Reach,
  visibleConnection,
} from '#connect'
import type { Job } from '#engine'
import { Fault } from '#fault'
import { jobOfTransfer, type Plan, type SourceEnd, type TargetEnd } from './job-of-transfer.ts'
import { chooseFiles, listFiles, newFiles } from './source-files.ts'
import type { Mark } from './transfer.store.ts'
import type { Tx } from './queue.store.ts'

export interface EngineSettings {
  connect: Pick<Connect, 'openConnection' | 'noteUse'>
  reach: Reach
  /** Memory of one run; 0: as the transfer says. */
  memoryBytes: number
  extensionDirectories: string[]
}

/** One side as the database knows it, its credentials opened. */
export interface Side {
  connection: Connection
  opened: Opened
}

/** @throws Fault 404 for a connection that is gone or has no credentials. */
export async function openSides(
  { connect }: EngineSettings,
  tx: Tx,
  { source_connection_id: source, target_connection_id: target }: SideIds,
): Promise<{ source: Side; target: Side }> {
  const connections = tx as unknown as Change['tx'] // our tables hold connect's
  const open = async (id: number): Promise<Side> => {
    const connection = await visibleConnection(connections, id)
    return { connection, opened: await connect.openConnection(connections, connection) }
  }
  return { source: await open(source), target: await open(target) }
}

interface SideIds {
  source_connection_id: number
  target_connection_id: number
}

export interface JobOrder {
  runId: number
  runCreatedAt: Date
  plan: Plan
  source: Side
  target: Side
  mark: Mark | undefined
  temporaryDirectory: string
  /** A run makes the target's folder where it is missing; an explanation does not. */
  makes: boolean
}

export interface PreparedJob {
  job: Job
  /** Of file sources: the mark once these files are carried. Databases tell theirs at the end. */
  fileMark: string | undefined
  /** An incremental transfer whose folder holds nothing new. */
  nothingNew: boolean
}

/** Touches the world (names are resolved, folders read), so it is never called inside a transaction. */
export async function prepareJob(settings: EngineSettings, order: JobOrder): Promise<PreparedJob> {
  const { plan } = order
  const mark = order.mark?.name === markName(plan) ? order.mark.value : undefined
  const { source, fileMark } = await openSource(settings, order, mark)
  const target = await openTarget(settings, order)
  const isFiles = source.type === 'local'
  const job = jobOfTransfer({
    ...order,
    source,
    target,
    mark: plan.strategy_params.type === 'incremental' ? mark : undefined,
    most: {
      memoryBytes: settings.memoryBytes === 0 ? Infinity : settings.memoryBytes,
      threads: availableParallelism(),
    },
    extensionDirectories: settings.extensionDirectories,
  })
  if (job.target.type === 'file' && target.type === 'local') {
    const { path: file } = job.target
    const isThere = await lstat(file).then(
      () => true,
      () => false,
    )
    if (isThere) await insideFolder(target.root, path.relative(target.root, file), settings.reach)
  }
  return { job, fileMark, nothingNew: isFiles && source.paths.length === 0 }
}

/** What a mark is the mark of: one that was made for something else does not count. */
export function markName({ source_params: params, strategy_params: strategy }: Plan): string {
  const place =
    'table_name' in params
      ? params.table_name
      : `${params.directory_path}/${('file_name' in params && params.file_name) || ''}`
  const by = strategy.type === 'incremental' ? strategy.increment_by : ''
  return `${params.type}:${place}:${by}`.slice(0, 512)
}

async function openSource(
  { reach }: EngineSettings,
  { plan, source }: JobOrder,
  mark: string | undefined,
): Promise<{ source: SourceEnd; fileMark: string | undefined }> {
  const { provider } = source.connection
  const { source_params: params, strategy_params: strategy, transformations } = plan
  if (provider === 'postgres') {
    const login = await postgresLogin(source.opened, reach.guard)
    return { source: { type: 'postgres', login }, fileMark: undefined }
  }
  if (provider !== 'local' || params.type !== 'local') throw notCarried(provider)
  const root = await localFolder(source.opened, reach)
  const folder = await insideFolder(root, params.directory_path, reach)
  const { file_name: fileName, file_format: format } = params
  const files = await chooseFiles(await listFiles(folder), { fileName, format, transformations })
  // A link out of the connection's folder, or into the data folder, is refused like a file that is not there.
  for (const { path: link, isLink } of files)
    if (isLink) await insideFolder(root, path.relative(root, link), reach)
  if (files.length === 0) {
    const wanted = fileName ?? `a file of the format ${format.type}`
    throw new Fault(
      'not_found',
      'transfer.no_files',
      `There is no ${fileName == null ? wanted.replace(/^a /, '') : `file ${wanted}`} in ${params.directory_path}.`,
    )
  }
  const chosen =
    strategy.type === 'incremental'
      ? newFiles(files, strategy.increment_by, mark)
      : { files, mark: undefined }
  const paths = chosen.files.map((file) => file.path)
  return { source: { type: 'local', root, paths }, fileMark: chosen.mark }
}

async function openTarget({ reach }: EngineSettings, { plan, target, makes }: JobOrder): Promise<TargetEnd> {
  const { provider } = target.connection
  const { target_params: params } = plan
  if (provider === 'postgres') {
    return { type: 'postgres', login: await postgresLogin(target.opened, reach.guard) }
  }
  if (provider !== 'local' || params.type !== 'local') throw notCarried(provider)
  const root = await localFolder(target.opened, reach)
  const folder = makes
    ? await makeFolder(root, params.directory_path, reach)
    : await insideFolder(root, params.directory_path, reach).catch(() =>
        path.join(root, path.normalize(params.directory_path)),
      )
  return { type: 'local', root, folder }
}

/** Said before anything is opened, where the release cannot do it at all. */
export function checkCarried(source: string, target: string): void {
  if (manifestOf(source)?.can.source !== true) throw notCarried(source)
  if (manifestOf(target)?.can.target !== true) throw notCarried(target)
}
