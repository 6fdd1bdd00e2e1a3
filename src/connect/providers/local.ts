import { access, constants, mkdir, opendir, realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import { Type } from 'typebox'
import { Fault } from '#fault'
import { type Actions, BROWSE_LIMIT, type BrowseItem, type Manifest, type Opened } from '../provider.ts'
import type { Reach } from '../reach.ts'
import type { FileEntry, Reading } from '../sync-kind.ts'
import { type Walked, walkFiles } from './walk-files.ts'

export const local: Manifest = {
  provider: 'local',
  title: 'Local files',
  connectorType: 'file',
  config: Type.Object({
    directory: Type.String({
      title: 'Folder',
      description: 'Under CROSSTIE_FILES, as the operator set it; / is that folder itself.',
      default: '/',
    }),
  }),
  auth: [{ type: 'none', title: 'No credentials', fields: {}, secrets: {} }],
  can: { check: true, discover: true, source: true, target: true, sync: true },
  act: (reach) => createLocalActions(reach),
}

const FORMATS: Record<string, string> = {
  '.csv': 'csv',
  '.tsv': 'csv',
  '.json': 'json',
  '.jsonl': 'jsonline',
  '.jsonline': 'jsonline',
  '.ndjson': 'jsonline',
  '.parquet': 'parquet',
}
const PACKED = /\.(gz|zst|bz2|lz4|snappy|deflate)$/i

/** The format that a file's name tells; undefined when it tells none that is carried. */
function formatOfName(name: string): string | undefined {
  return FORMATS[path.extname(name.replace(PACKED, '')).toLowerCase()]
}

type Place = Pick<Reach, 'filesRoot' | 'dataFolder'>

/** The folder of a connection, links followed, after proof that it lies where local files may. */
export async function localFolder({ config }: Opened, place: Place): Promise<string> {
  return insideFolder(await filesRoot(place), String(config.directory), place)
}

/**
 * Where `inner` really leads, after proof that it stays in `folder` and out of the data folder. What is
 * outside is answered like what is missing, so that the answer says nothing of it.
 */
export async function insideFolder(folder: string, inner: string, place: Place): Promise<string> {
  const missing = new Fault('not_found', 'connect.file_missing', `There is no file or folder ${inner} here.`)
  const wanted = path.join(folder, path.normalize(`/${inner}`))
  const real = await realpath(wanted).catch(() => {
    throw missing
  })
  if (!contains(folder, real)) throw missing
  const data = await realpath(place.dataFolder).catch(() => path.resolve(place.dataFolder))
  if (contains(data, real)) throw missing
  return real
}

/** The same for a folder that is made where it is missing, link by link, so that none is made outside. */
export async function makeFolder(folder: string, inner: string, place: Place): Promise<string> {
  let at = folder
  for (const part of path
    .normalize(`/${inner}`)
    .split(path.sep)
    .filter((name) => name !== '')) {
    const next = path.relative(folder, path.join(at, part))
    await mkdir(path.join(folder, next)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return
      throw new Fault(
        'forbidden',
        'connect.folder_refused',
        `The folder ${inner} cannot be made: ${error.message}`,
        { cause: error },
      )
    })
    at = await insideFolder(folder, next, place)
  }
  return at
}

function contains(folder: string, inner: string): boolean {
  return inner === folder || inner.startsWith(folder.endsWith(path.sep) ? folder : folder + path.sep)
}

async function filesRoot({ filesRoot: root }: Place): Promise<string> {
  if (root === null) {
    throw new Fault(
      'forbidden',
      'connect.files_off',
      'Local files are off: the operator has not set CROSSTIE_FILES to the folder that connections may use.',
    )
  }
  return realpath(root).catch((cause: unknown) => {
    throw new Fault(
      'unavailable',
      'connect.files_missing',
      `The folder of CROSSTIE_FILES, ${root}, is not there.`,
      { cause },
    )
  })
}

function createLocalActions(reach: Reach): Actions {
  return {
    sync: { kind: 'listing', read: (opened, reading) => listAll(opened, reach, reading) },
    check: async (opened) => {
      const folder = await localFolder(opened, reach)
      if (!(await stat(folder)).isDirectory()) throw notAFolder(String(opened.config.directory))
      const writable = await mayWrite(folder)
      const { items, truncated } = await list(folder, folder, reach)
      const count = truncated ? `more than ${BROWSE_LIMIT}` : String(items.length)
      return {
        message: `The folder is there, with ${count} ${items.length === 1 ? 'entry' : 'entries'}; the hub may read${writable ? ' and write' : ', but not write'}.`,
        details: { entries: items.length, writable },
      }
    },
    browse: async (opened, inner) => {
      const root = await localFolder(opened, reach)
      const folder = await insideFolder(root, inner, reach)
      if (!(await stat(folder)).isDirectory()) throw notAFolder(inner)
      return list(root, folder, reach)
    },
    columns: async (opened, inner) => {
      const root = await localFolder(opened, reach)
      const file = await insideFolder(root, inner, reach)
      const format = formatOfName(file)
      if (format === undefined) {
        throw new Fault(
          'bad_request',
          'connect.format_unknown',
          `The name of ${inner} does not tell a format that is read here (csv, json, jsonl, parquet).`,
        )
      }
      const columns = await reach.describeFile({ path: file, root }, format)
      return columns.map(({ name, type }) => ({ name, type, nullable: true, primary_key: false }))
    },
  }
}

async function list(
  root: string,
  folder: string,
  place: Place,
): Promise<{ items: BrowseItem[]; truncated: boolean }> {
  const names: string[] = []
  for await (const entry of await opendir(folder)) {
    if (!entry.name.startsWith('.')) names.push(entry.name)
    // Enough to know that there are more; a folder of millions is not read to its end.
    if (names.length > BROWSE_LIMIT) break
  }
  const shown = names.toSorted().slice(0, BROWSE_LIMIT)
  const items = await Promise.all(shown.map((name) => describe(root, path.join(folder, name), place)))
  const found = items.filter((item) => item !== null)
  const folders = found.filter(({ kind }) => kind === 'folder')
  return {
    items: [...folders, ...found.filter(({ kind }) => kind !== 'folder')],
    truncated: names.length > BROWSE_LIMIT,
  }
}

/** Null for what is neither file nor folder, for a link that leads out, and for the data folder. */
async function describe(root: string, file: string, place: Place): Promise<BrowseItem | null> {
  const real = await insideFolder(root, path.relative(root, file), place).catch(() => null)
  if (real === null) return null
  const found = await stat(real).catch(() => null)
  if (found === null) return null
  const item = { name: path.basename(file), path: `/${path.relative(root, file)}` }
  if (found.isDirectory()) return { ...item, kind: 'folder', writable: await mayWrite(real) }
  if (!found.isFile()) return null
  const format = formatOfName(file)
  return {
    ...item,
    kind: 'file',
    size_bytes: found.size,
    modified_at: found.mtime.toISOString(),
    ...(format === undefined ? {} : { format }),
  }
}

/** Every file below the folder; links are not followed, so that no circle is walked. */
async function listAll(opened: Opened, place: Place, reading: Reading): Promise<FileEntry[]> {
  const root = await localFolder(opened, place)
  const data = path.resolve(place.dataFolder)
  return walkFiles('/', reading, async (folder) => {
    const found: Walked[] = []
    const at = path.join(root, folder)
    if (contains(data, at)) return found
    for await (const entry of await opendir(at)) {
      if (entry.name.startsWith('.')) continue
      const inner = path.posix.join(folder, entry.name)
      if (entry.isDirectory()) found.push({ folder: inner })
      if (!entry.isFile()) continue
      const { size, mtime } = await stat(path.join(root, inner))
      found.push({ file: { path: inner, sizeBytes: size, modifiedAt: mtime, etag: null } })
    }
    return found
  })
}

async function mayWrite(file: string): Promise<boolean> {
  return access(file, constants.W_OK).then(
    () => true,
    () => false,
  )
}

function notAFolder(name: string): Fault {
  return new Fault('bad_request', 'connect.not_a_folder', `${name} is a file, not a folder.`)
}
