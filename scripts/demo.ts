/**
 * `npm run demo`: real data into a sample database and out again, with the figures.
 *
 * The data is npm's `vega-datasets`: three million flights, zip codes that begin with 0, films with dirty
 * fields. The database `crosstie_demo` with a login of its own is made on the hub's PostgreSQL, or, where no
 * hub was set up or it is down, on one that lives as long as this script. Beside a hub its address, password
 * included, is kept in the data folder, so that one can connect to it: `demo/address`.
 */
import { randomBytes } from 'node:crypto'
import { access, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { loadConfig } from '#config'
import { embeddedAdminUrl, embeddedIsRunning, startEmbeddedPostgres } from '#database'
import { type EngineEvent, type FileFormat, type Job, type Source, spawnJob, type Target } from '#engine'
import { messageOf } from '#fault'
import pg from 'pg'

const DATABASE = 'crosstie_demo'
const CSV: FileFormat = {
  type: 'csv',
  delimiter: ',',
  encoding: 'utf-8',
  quote: '"',
  escape: '"',
  include_header: true,
  line_sep: '\n',
  compression: 'none',
}
const JSON_ARRAY: FileFormat = { type: 'json', encoding: 'utf-8', line_sep: '\n', compression: 'none' }
const PARQUET: FileFormat = { type: 'parquet', compression: 'snappy' }

/** What goes in, as which table, and out again as which file. */
const PIECES = [
  {
    file: 'flights-3m.parquet',
    format: PARQUET,
    table: 'flights',
    out: 'flights.parquet',
    outFormat: PARQUET,
  },
  { file: 'zipcodes.csv', format: CSV, table: 'zipcodes', out: 'zipcodes.csv', outFormat: CSV },
  { file: 'movies.json', format: JSON_ARRAY, table: 'movies', out: 'movies.json', outFormat: JSON_ARRAY },
]

interface Server {
  adminUrl: string
  where: string
  /** Whether the database is there when the demo is over. */
  lasts: boolean
  stop: () => Promise<void>
}

async function main(): Promise<void> {
  const data = fileURLToPath(new URL('../node_modules/vega-datasets/data/', import.meta.url))
  const { settings } = loadConfig({})
  const dataDirectory = settings.data_dir
  const outDirectory = path.join(dataDirectory, 'demo')
  await mkdir(outDirectory, { recursive: true })
  const server = await openServer(dataDirectory)
  const work = await mkdtemp(path.join(tmpdir(), 'crosstie-demo-'))
  try {
    const addressFile = path.join(outDirectory, 'address')
    const login = await makeDatabase(server.adminUrl, server.lasts ? addressFile : null)
    console.log(`Sample database ${DATABASE} at ${server.where}\n`)
    const engine = { work, extensions: path.join(dataDirectory, 'duckdb') }
    for (const piece of PIECES) {
      const table = { schema: 'public', name: piece.table }
      const source: Source = { type: 'file', paths: [path.join(data, piece.file)], format: piece.format }
      await carry(
        `${piece.file} → ${piece.table}`,
        source,
        { type: 'postgres', login, table, write: 'stage', mode: 'replace' },
        engine,
      )
    }
    for (const piece of PIECES) {
      const table = { schema: 'public', name: piece.table }
      const target: Target = {
        type: 'file',
        path: path.join(outDirectory, piece.out),
        format: piece.outFormat,
        overwrite: true,
      }
      await carry(`${piece.table} → ${piece.out}`, { type: 'postgres', login, table }, target, engine)
    }
    console.log(`\nThe files lie in ${outDirectory}`)
    if (server.lasts) console.log(`The database's address, with its password, is in ${addressFile}`)
  } finally {
    await rm(work, { recursive: true, force: true })
    await server.stop()
  }
}

/** The hub's server while it runs; the data folder is the hub's, so only a running one is looked for. */
async function openServer(dataDirectory: string): Promise<Server> {
  const set = await access(dataDirectory).then(
    () => true,
    () => false,
  )
  if (set && (await embeddedIsRunning(dataDirectory))) {
    const adminUrl = await embeddedAdminUrl(dataDirectory)
    if (adminUrl !== null)
      return { adminUrl, where: "the hub's own PostgreSQL", lasts: true, stop: async () => {} }
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'crosstie-demo-postgres-'))
  const server = await startEmbeddedPostgres({ dataDirectory: folder })
  return {
    adminUrl: server.adminUrl,
    where: 'a PostgreSQL that lives as long as this demo (start the hub to keep it)',
    lasts: false,
    stop: async () => {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/**
 * The demo's login owns the demo's database and nothing else. Its password stays the same for connections that
 * were made with it, and stands in a file of the operator's own; without one it is made anew each time.
 */
async function makeDatabase(
  adminUrl: string,
  addressFile: string | null,
): Promise<Extract<Source, { type: 'postgres' }>['login']> {
  const url = new URL(adminUrl)
  const admin = new pg.Client({ connectionString: adminUrl })
  await admin.connect()
  const password = (await keptPassword(addressFile)) ?? randomBytes(18).toString('base64url')
  try {
    const role = await admin.query('select 1 from pg_roles where rolname = $1', [DATABASE])
    await admin.query(
      `${role.rowCount === 0 ? 'create' : 'alter'} role ${DATABASE} login password ${admin.escapeLiteral(password)}`,
    )
    const database = await admin.query('select 1 from pg_database where datname = $1', [DATABASE])
    if (database.rowCount === 0) await admin.query(`create database ${DATABASE} owner ${DATABASE}`)
  } finally {
    await admin.end()
  }
  if (addressFile !== null) {
    const address = `postgres://${DATABASE}:${password}@${url.host}/${DATABASE}`
    await writeFile(addressFile, `${address}\n`, { mode: 0o600 })
  }
  return {
    host: url.hostname,
    port: Number(url.port),
    database: DATABASE,
    user: DATABASE,
    password,
    params: {},
  }
}

async function keptPassword(addressFile: string | null): Promise<string | null> {
  if (addressFile === null) return null
  const kept = (await readFile(addressFile, 'utf8').catch(() => '')).trim()
  return URL.canParse(kept) ? new URL(kept).password : null
}

let jobs = 0

async function carry(
  what: string,
  source: Source,
  target: Target,
  engine: { work: string; extensions: string },
): Promise<void> {
  jobs += 1
  const job: Job = {
    id: `demo_${process.pid}_${jobs}`,
    source,
    target,
    transformations: [],
    strategy: { type: 'full' },
    limits: { memoryBytes: 1024 ** 3, threads: 2, temporaryDirectory: path.join(engine.work, String(jobs)) },
    extensionDirectories: [engine.extensions],
  }
  const began = performance.now()
  const result = await spawnJob(job, {
    onEvent: (event) => showProgress(what, event, began),
    signal: new AbortController().signal,
  })
  const seconds = (performance.now() - began) / 1000
  const size = target.type === 'file' ? `, ${megabytes((await stat(target.path)).size)}` : ''
  const rate = Math.round(result.rows / seconds)
  clearLine()
  console.log(
    `${what.padEnd(32)} ${count(result.rows).padStart(10)} rows  ${seconds.toFixed(2).padStart(6)} s  ${count(rate).padStart(10)} rows/s${size}`,
  )
}

function showProgress(what: string, event: EngineEvent, began: number): void {
  if (event.type === 'log' && event.level !== 'info') console.error(event.message)
  if (event.type !== 'progress' || !process.stderr.isTTY) return
  const { rows, totalRows } = event.progress
  const share =
    totalRows === null || totalRows === 0 ? '' : ` (${Math.min(100, Math.round((rows / totalRows) * 100))} %)`
  clearLine()
  process.stderr.write(
    `${what.padEnd(32)} ${count(rows).padStart(10)} rows${share}  ${((performance.now() - began) / 1000).toFixed(1)} s`,
  )
}

function clearLine(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`
}

try {
  await main()
} catch (error) {
  clearLine()
  console.error(`The demo failed: ${messageOf(error)}`)
  process.exitCode = 1
}
