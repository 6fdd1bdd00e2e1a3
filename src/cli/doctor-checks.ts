import { constants, existsSync } from 'node:fs'
import { access, statfs } from 'node:fs/promises'
import path from 'node:path'
import pg from 'pg'
import { type Config, publicUrl } from '#config'
import { lostConnections, secretsInConfig } from '#connect'
import { checkDatabase, openDatabase } from '#database'
import { fetchExtension, findExtension } from '#engine'
import { messageOf } from '#fault'
import { migrationStates, readMigrations } from '#migrate'
import { createVault } from '#vault'
import { keptSecrets } from '#config'
import { atDatabase, type AtDatabase, operatorConfig, sourceFolder } from './operator.ts'
import type { OperatorOptions } from './operator-options.ts'

export interface Finding {
  name: string
  /** `attention`: the hub runs, but something that it offers will not work. */
  state: 'ok' | 'attention' | 'failed'
  /** What was found, and where it is not well, what to do. */
  says: string
}

const LEAST_FREE_BYTES = 2 ** 30
const HEALTH_TIMEOUT_MS = 2000

/** One after the other, since the later ones rest on the earlier ones; what throws is a finding of its own. */
export async function runChecks(options: OperatorOptions): Promise<Finding[]> {
  const findings: Finding[] = [checkNode()]
  const check = async (name: string, look: () => Promise<Omit<Finding, 'name'>>): Promise<boolean> => {
    const found = await look().catch((error: unknown) => bad(messageOf(error)))
    findings.push({ name, ...found })
    return found.state !== 'failed'
  }
  let config: Config | undefined
  await check('Settings', async () => {
    config = operatorConfig(options)
    return good(config.file === null ? 'no crosstie.yaml, defaults and environment' : config.file)
  })
  if (config === undefined) return findings
  const { settings, home } = config
  const isThere = await check('Data folder', () => checkDataFolder(settings.data_dir))
  await check('Address', () => checkAddress(publicUrl(settings)))
  if (isThere) await atTheDatabase(options, check)
  await check('DuckDB extension', () => checkExtension(config as Config)) // set above, or we would not be here
  await check('Page', async () =>
    existsSync(path.join(home, 'web', 'dist', 'index.html'))
      ? good('built')
      : attention('not built yet: the next start of the hub builds it, or run `npm run build`'),
  )
  return findings
}

type Check = (name: string, look: () => Promise<Omit<Finding, 'name'>>) => Promise<boolean>

async function atTheDatabase(options: OperatorOptions, check: Check): Promise<void> {
  let isReached = false
  await check('Database', async () =>
    atDatabase(options, {}, async (at) => {
      isReached = true
      const version = await check('Roles', () => checkRoles(at))
      if (version) await check('Migrations', () => checkMigrations(at))
      if (version) await check('Vault', () => checkVault(at))
      if (version) await check('Settings of connections', () => checkConnections(at))
      const { database_url, data_dir } = at.config.settings
      return good(database_url === null ? `its own, in ${data_dir}` : 'the one of CROSSTIE_DATABASE_URL')
    }),
  )
  if (!isReached) await check('Roles', async () => attention('not looked at: the database was not reached'))
}

const good = (says: string) => ({ state: 'ok', says }) as const
const attention = (says: string) => ({ state: 'attention', says }) as const
const bad = (says: string) => ({ state: 'failed', says }) as const

function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const name = 'Node'
  return major > 24 || (major === 24 && minor >= 7)
    ? { name, ...good(process.versions.node) }
    : { name, ...bad(`${process.versions.node} is too old; 24.7 or newer is needed`) }
}

async function checkDataFolder(folder: string): Promise<Omit<Finding, 'name'>> {
  if (!existsSync(folder)) return good(`${folder}, made at the first start`)
  try {
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch {
    return bad(`${folder} cannot be written by this user; run as the user that the hub runs as`)
  }
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  const words = `${folder}, ${(free / 2 ** 30).toFixed(1)} GiB free`
  return free < LEAST_FREE_BYTES
    ? bad(`${words}: make room, a run needs space for what it spills`)
    : good(words)
}

async function checkAddress(url: string): Promise<Omit<Finding, 'name'>> {
  try {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS) })
    return answer.ok
      ? good(`a hub answers at ${url}`)
      : attention(`${url}/readyz answers ${answer.status}: the hub does not reach its database`)
  } catch {
    return good(`no hub answers at ${url}; start it: crosstie up`)
  }
}

async function checkRoles({ url }: AtDatabase): Promise<Omit<Finding, 'name'>> {
  // As nobody: a role that is missing is what is looked for.
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await checkDatabase(client)
    return good('all there')
  } finally {
    await client.end()
  }
}

async function checkMigrations({ url, release }: AtDatabase): Promise<Omit<Finding, 'name'>> {
  const states = await migrationStates(url, await readMigrations(sourceFolder()))
  const missing = states.filter((state) => state.release === null).length
  if (missing === 0) return good(`all ${states.length}, release ${release}`)
  return attention(
    `${missing} of ${states.length} not applied: start the hub, or run \`crosstie migrate up\``,
  )
}

async function checkVault({ config, url }: AtDatabase): Promise<Omit<Finding, 'name'>> {
  const vault = createVault((await keptSecrets(config.settings)).vault_keys)
  const keys = `keys ${vault.kids.join(', ')}`
  const states = await migrationStates(url, await readMigrations(sourceFolder()))
  if (states.some((state) => state.release === null)) return good(keys)
  const db = openDatabase(url, { connections: 1 })
  try {
    const { lost } = await lostConnections(db, vault)
    if (lost.length === 0) return good(keys)
    const named = lost.slice(0, 10).map(({ name, kid }) => `"${name}" (key ${kid})`)
    return bad(
      `credentials of ${lost.length} connections do not open: ${named.join(', ')}; put the keys back into CROSSTIE_VAULT_KEYS`,
    )
  } finally {
    await db.close()
  }
}

/** Those that came by SQL before the database refused them; nothing else can have made one. */
async function checkConnections({ url }: AtDatabase): Promise<Omit<Finding, 'name'>> {
  const states = await migrationStates(url, await readMigrations(sourceFolder()))
  if (states.some((state) => state.release === null)) return good('not looked at before all migrations')
  const db = openDatabase(url, { connections: 1 })
  try {
    const found = await secretsInConfig(db)
    if (found.length === 0) return good('no secret among them')
    const named = found.slice(0, 10).map(({ id, name, field }) => `"${name}" (id ${id}): ${field}`)
    return attention(
      `${found.length} connections hold a secret where all members read it: ${named.join(', ')}; change it at the other system, and edit the connection`,
    )
  } finally {
    await db.close()
  }
}

/** Fetched ahead, so that a first run between file and database need not wait for it. */
async function checkExtension({ settings }: Config): Promise<Omit<Finding, 'name'>> {
  const own = path.join(settings.data_dir, 'duckdb')
  const given = settings.duckdb_extensions === null ? [] : [settings.duckdb_extensions]
  const found = await findExtension('postgres_scanner', [...given, own])
  if (found !== null) return good(found)
  try {
    return good(`fetched ${await fetchExtension('postgres_scanner', own)}`)
  } catch (error) {
    return attention(messageOf(error))
  }
}
