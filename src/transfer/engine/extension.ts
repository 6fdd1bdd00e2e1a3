/**
 * DuckDB's signed extensions, found or fetched: in the given folders first, then from DuckDB's own
 * repository, then as a Python wheel by pip or straight from the package index that pip is set to.
 *
 * What is fetched must have the hash that is pinned here; on loading, DuckDB also checks its signature.
 */
import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import {
  access,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'

import { Fault, messageOf } from '#fault'

import { unpackFile } from './wheel.ts'

export type ExtensionName = 'postgres_scanner'

/** The version of the DuckDB library in `@duckdb/node-api`; an extension fits this one only. */
export const DUCKDB_VERSION = '1.5.5'

interface Build {
  /** DuckDB's word for the platform. */
  platform: string
  /** How the name of the platform's wheel ends. */
  wheelTag: string
  sha256: string
}

/** Of `duckdb_extension_postgres_scanner` 1.5.5, by Node's platform and architecture. */
const BUILDS: Record<ExtensionName, Record<string, Build | undefined>> = {
  postgres_scanner: {
    'linux-x64': {
      platform: 'linux_amd64',
      wheelTag: 'manylinux2014_x86_64',
      sha256: 'b1ced4cfc6311313e117c2afb3eac76508718778dde0716421503c7dbfb5605c',
    },
    'linux-arm64': {
      platform: 'linux_arm64',
      wheelTag: 'manylinux2014_aarch64',
      sha256: 'e2469cce1e855e8c842a1487dd8168cf27904c03baaf1f2c227529403315d819',
    },
    'darwin-arm64': {
      platform: 'osx_arm64',
      wheelTag: 'macosx_11_0_arm64',
      sha256: 'f39dd59bf57679d0242e19e180d90b4222e5cdb691ab67c7506658f3548c0e05',
    },
    'darwin-x64': {
      platform: 'osx_amd64',
      wheelTag: 'macosx_11_0_x86_64',
      sha256: '0df780444ce04a75c5a4e7b89896eab5cebe1ca21163fc6c267f3365ffe4a3c1',
    },
  },
}

const REPOSITORY = 'https://extensions.duckdb.org'

const CONNECT_MS = 3_000
const FETCH_MS = 120_000
const LARGEST_DOWNLOAD_BYTES = 64 * 1024 * 1024
const LARGEST_EXTENSION_BYTES = 128 * 1024 * 1024
/** After a failed search the next runs do without at once, and one an hour later searches again. */
const SEARCH_AGAIN_MS = 60 * 60 * 1000

/** The extension's file: one that lies in the folders, else fetched into the first that can be written. */
export async function ensureExtension(name: ExtensionName, directories: readonly string[]): Promise<string> {
  const found = await findExtension(name, directories)
  if (found !== null) return found
  const directory = await writableDirectory(directories)
  if (directory === null) throw missing(name, ['no folder for extensions can be written'])
  const failed = await stat(failureNote(name, directory)).catch(() => null)
  if (failed !== null && Date.now() - failed.mtimeMs < SEARCH_AGAIN_MS) {
    throw missing(name, [
      await readFile(failureNote(name, directory), 'utf8').catch(() => 'an earlier search failed'),
    ])
  }
  return fetchExtension(name, directory)
}

/** Where the extension lies already: as a file in a folder, or in DuckDB's own layout below it. */
export async function findExtension(
  name: ExtensionName,
  directories: readonly string[],
): Promise<string | null> {
  const build = buildOf(name)
  const file = `${name}.duckdb_extension`
  for (const directory of directories) {
    for (const path of [join(directory, file), join(directory, `v${DUCKDB_VERSION}`, build.platform, file)]) {
      if (
        await access(path).then(
          () => true,
          () => false,
        )
      )
        return path
    }
  }
  return null
}

/** Fetches the extension into a folder, by whatever way works first; answers the file. */
export async function fetchExtension(name: ExtensionName, directory: string): Promise<string> {
  const build = buildOf(name)
  const ways = [
    { what: "DuckDB's repository", fetch: () => fromRepository(name, build) },
    { what: 'pip', fetch: () => fromPip(name) },
    { what: 'the package index', fetch: () => fromIndex(name, build) },
  ]
  const failures: string[] = []
  for (const way of ways) {
    try {
      const bytes = await way.fetch()
      const hash = createHash('sha256').update(bytes).digest('hex')
      if (hash !== build.sha256) throw new Error('what came is not the pinned file')
      const path = await store(name, directory, bytes)
      await rm(failureNote(name, directory), { force: true })
      return path
    } catch (error) {
      failures.push(`${way.what}: ${reasonOf(error)}`)
    }
  }
  await writeFile(failureNote(name, directory), failures.join('; ')).catch(() => {})
  throw missing(name, failures)
}

function buildOf(name: ExtensionName): Build {
  const here = `${process.platform}-${process.arch}`
  const build = BUILDS[name][here]
  if (build !== undefined) return build
  throw new Fault(
    'unavailable',
    'transfer.extension_missing',
    `There is no build of DuckDB's extension ${name} for ${here}.`,
  )
}

async function fromRepository(name: ExtensionName, build: Build): Promise<Buffer> {
  const url = `${REPOSITORY}/v${DUCKDB_VERSION}/${build.platform}/${name}.duckdb_extension.gz`
  return gunzipSync(await download(url), { maxOutputLength: LARGEST_EXTENSION_BYTES })
}

function packageOf(name: ExtensionName): string {
  return `duckdb-extension-${name.replaceAll('_', '-')}`
}

/** pip knows its index, its proxy and its certificates better than we do. */
async function fromPip(name: ExtensionName): Promise<Buffer> {
  const directory = await mkdtemp(join(tmpdir(), 'crosstie-wheel-'))
  try {
    const wanted = [
      'download',
      '--no-deps',
      '--only-binary=:all:',
      '--quiet',
      '--disable-pip-version-check',
      '--retries',
      '1',
      '--dest',
      directory,
      `${packageOf(name)}==${DUCKDB_VERSION}`,
    ]
    await runFirst([
      ['pip3', wanted],
      ['pip', wanted],
      ['python3', ['-m', 'pip', ...wanted]],
    ])
    const [wheel] = await readdir(directory)
    if (wheel === undefined) throw new Error('it brought nothing')
    return unpackFile(
      await readFile(join(directory, wheel)),
      `${name}.duckdb_extension`,
      LARGEST_EXTENSION_BYTES,
    )
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** The first of these programs that exists; its failure counts, for the others are the same program. */
async function runFirst(commands: readonly (readonly [string, readonly string[]])[]): Promise<void> {
  for (const [program, parameters] of commands) {
    try {
      await promisify(execFile)(program, parameters, { timeout: FETCH_MS })
      return
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      if (code !== 'ENOENT') throw error
    }
  }
  throw new Error('it is not installed')
}

async function fromIndex(name: ExtensionName, build: Build): Promise<Buffer> {
  const index = await indexUrl()
  const page = `${index.replace(/\/+$/, '')}/${packageOf(name)}/`
  const listing = (await download(page)).toString('utf8')
  const file = `${packageOf(name).replaceAll('-', '_')}-${DUCKDB_VERSION}-py3-none-${build.wheelTag}.whl`
  const link = [...listing.matchAll(/href=["']([^"'#]+)/g)]
    .map((one) => one[1] ?? '')
    .find((one) => one.endsWith(file))
  if (link === undefined) throw new Error(`it does not list ${file}`)
  const wheel = await download(new URL(link, page).href)
  return unpackFile(wheel, `${name}.duckdb_extension`, LARGEST_EXTENSION_BYTES)
}

/** What pip is set to: its variable, then its files. Its own default is for pip itself, just asked. */
async function indexUrl(): Promise<string> {
  const set = process.env['PIP_INDEX_URL']
  if (set !== undefined && set !== '') return set
  const files = [
    process.env['PIP_CONFIG_FILE'],
    join(homedir(), '.config/pip/pip.conf'),
    join(homedir(), '.pip/pip.conf'),
    '/etc/pip.conf',
  ]
  for (const file of files) {
    if (file === undefined) continue
    const text = await readFile(file, 'utf8').catch(() => '')
    const found = /^\s*index-url\s*=\s*(\S+)/m.exec(text)?.[1]
    if (found !== undefined) return found
  }
  throw new Error('none is configured for pip')
}

async function download(url: string): Promise<Buffer> {
  const target = new URL(url)
  const headers: Record<string, string> = {}
  if (target.username !== '') {
    // fetch refuses addresses that hold a password.
    const login = `${decodeURIComponent(target.username)}:${decodeURIComponent(target.password)}`
    headers['authorization'] = `Basic ${Buffer.from(login).toString('base64')}`
    target.username = ''
    target.password = ''
  }
  const stop = new AbortController()
  const connecting = setTimeout(() => stop.abort(new Error('no answer within 3 s')), CONNECT_MS)
  const all = setTimeout(() => stop.abort(new Error('not done within 120 s')), FETCH_MS)
  try {
    const response = await fetch(target, { headers, signal: stop.signal })
    clearTimeout(connecting)
    if (!response.ok || response.body === null) throw new Error(`it answers ${response.status}`)
    const chunks: Uint8Array[] = []
    let bytes = 0
    for await (const chunk of response.body) {
      bytes += chunk.length
      if (bytes > LARGEST_DOWNLOAD_BYTES)
        throw new Error(`it sends more than ${LARGEST_DOWNLOAD_BYTES} bytes`)
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  } finally {
    clearTimeout(connecting)
    clearTimeout(all)
    stop.abort()
  }
}

/** Whole or not at all, also when two processes fetch at once. */
async function store(name: ExtensionName, directory: string, bytes: Buffer): Promise<string> {
  await mkdir(directory, { recursive: true })
  const path = join(directory, `${name}.duckdb_extension`)
  const temporary = `${path}.${randomUUID()}`
  try {
    const file = await open(temporary, 'wx', 0o644)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } finally {
    await rm(temporary, { force: true })
  }
  return path
}

async function writableDirectory(directories: readonly string[]): Promise<string | null> {
  for (const directory of directories) {
    try {
      await mkdir(directory, { recursive: true })
      const probe = join(directory, `.crosstie-${randomUUID()}`)
      await writeFile(probe, '', { flag: 'wx' })
      await rm(probe)
      return directory
    } catch {
      continue
    }
  }
  return null
}

function failureNote(name: ExtensionName, directory: string): string {
  return join(directory, `${name}.not-found`)
}

/** The last line is where pip says what is wrong; fetch hides its reason in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? ` (${messageOf(error.cause)})` : ''
  const lines = messageOf(error).trim().split('\n')
  return `${lines.at(-1) ?? ''}${cause}`.slice(0, 300)
}

function missing(name: ExtensionName, reasons: readonly string[]): Fault {
  return new Fault(
    'unavailable',
    'transfer.extension_missing',
    `DuckDB's extension ${name} is not here and could not be fetched (${reasons.join('; ')}). ` +
      `Run "crosstie doctor" where the network allows it, or put ${name}.duckdb_extension for DuckDB ${DUCKDB_VERSION} into a folder of CROSSTIE_DUCKDB_EXTENSIONS.`,
    { details: { extension: name } },
  )
}
