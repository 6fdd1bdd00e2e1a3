/**
 * What operator commands share: they work on the hub's database, whether the hub is up or down. When its own
 * PostgreSQL is not running they start it, do their work and stop it again.
 */
import { readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import path from 'node:path'
import { type Config, keptSecrets, loadConfig } from '#config'
import { type Database, embeddedIsRunning, embeddedUrl, openDatabase, startEmbeddedPostgres } from '#database'
import { Fault } from '#fault'
import { type Caller, operateIdentity, operatorCaller, type Operations } from '#identity'
import { migrateUp, migrationStates, readMigrations } from '#migrate'
import { createVault, type Vault } from '#vault'
import { INTERRUPTED } from './exit.ts'
import type { OperatorOptions } from './operator-options.ts'

export function operatorConfig({ dataDir }: OperatorOptions): Config {
  return loadConfig({ flags: dataDir === undefined ? {} : { data_dir: path.resolve(dataDir) } })
}

export interface AtDatabase {
  config: Config
  /** The hub's login. */
  url: string
  release: string
}

export interface HowToReach {
  /** Refused while a hub is up. Of a database elsewhere nobody can tell. */
  exclusive?: boolean
}

/** Reaches the hub's database, starting its own PostgreSQL for the time of `work` when it is not running. */
export async function atDatabase<R>(
  options: OperatorOptions,
  { exclusive = false }: HowToReach,
  work: (at: AtDatabase) => Promise<R>,
): Promise<R> {
  const config = operatorConfig(options)
  const release = await releaseOf(config)
  const { data_dir, database_url } = config.settings
  if (database_url !== null) return work({ config, url: database_url, release })
  const running = !exclusive && (await embeddedIsRunning(data_dir)) ? await embeddedUrl(data_dir) : null
  if (running !== null) return work({ config, url: running, release })

  const server = await startEmbeddedPostgres({ dataDirectory: data_dir })
  const interrupt = () => void server.stop().finally(() => process.exit(INTERRUPTED))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt)
  try {
    return await work({ config, url: server.url, release })
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt)
    await server.stop()
  }
}

export interface AtHub extends AtDatabase {
  db: Database
  /** The operator, for the audit log. */
  caller: Caller
  operations: Operations
}

/** The same with the tables there, and identity's operations in the operator's name. */
export function atHub<R>(options: OperatorOptions, work: (at: AtHub) => Promise<R>): Promise<R> {
  return atDatabase(options, {}, async (at) => {
    await requireMigrated(at)
    const db = openDatabase(at.url, { connections: 2 })
    try {
      const caller = operatorCaller(userInfo().username)
      return await work({ ...at, db, caller, operations: operateIdentity(db, caller) })
    } finally {
      await db.close()
    }
  })
}

/** A database without any tables gets them; one of an older release is left to `up` and `migrate up`. */
async function requireMigrated({ url, release }: AtDatabase): Promise<void> {
  const migrations = await readMigrations(sourceFolder())
  const states = await migrationStates(url, migrations)
  const missing = states.filter((state) => state.release === null)
  if (missing.length === 0) return
  if (missing.length < states.length) {
    const words =
      'The database is of an older release. Run `crosstie migrate up`, or start this release of the hub.'
    throw new Fault('failed', 'platform.older_schema', words)
  }
  await migrateUp(url, migrations, release)
}

/** Where the rooms with their migrations lie: beside this file's folder, in sources and in `dist` alike. */
export function sourceFolder(): string {
  return path.dirname(import.meta.dirname)
}

async function releaseOf(config: Config): Promise<string> {
  const { version } = JSON.parse(await readFile(path.join(config.home, 'package.json'), 'utf8')) as {
    version: string
  } // our own file
  return version
}

/** The names of the vault's keys that this hub has. */
export async function vaultKids(config: Config): Promise<readonly string[]> {
  return (await vaultOf(config)).kids
}

export async function vaultOf({ settings }: Config): Promise<Vault> {
  const { vault_keys } = await keptSecrets(settings)
  return createVault(vault_keys)
}
