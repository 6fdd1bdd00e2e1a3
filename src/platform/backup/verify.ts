import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { messageOf } from '#fault'
import { kidOf } from '#vault'
import { EXTENSION } from './create.ts'
import type { BackupHeader, Section } from './format.ts'
import { type BackupContents, readBackup, readBackupHeader } from './read.ts'

/** A column that holds sealed secrets, and where the name of what they belong to stands. */
export interface SealedColumn {
  table: string
  column: string
  /** The column of `table` that points at what the secrets belong to. */
  key: string
  names: { table: string; key: string; name: string }
}

export interface Verification extends BackupContents {
  /** Secrets that the keys given would not open after a restore, by the key that they need. */
  unopenable: { kid: string; names: string[]; count: number }[]
}

export interface BackupListed {
  file: string
  sizeBytes: number
  /** Null when the file does not begin as a backup; `problem` says how. */
  header: BackupHeader | null
  problem: string | null
}

/** How many names are given per key; the count is of all. */
const NAMES_LIMIT = 100

/** The backups of a folder, the newest first. Only their headers are read: `verifyBackup` reads all. */
export async function listBackups(folder: string): Promise<BackupListed[]> {
  const names = await readdir(folder).catch(() => [])
  const listed = await Promise.all(
    names
      .filter((name) => name.endsWith(EXTENSION))
      .map(async (name): Promise<BackupListed> => {
        const file = path.join(folder, name)
        const { size: sizeBytes } = await stat(file)
        try {
          return { file, sizeBytes, header: await readBackupHeader(file), problem: null }
        } catch (error) {
          return { file, sizeBytes, header: null, problem: messageOf(error) }
        }
      }),
  )
  const at = ({ header }: BackupListed) => header?.created_at ?? ''
  return listed.toSorted((a, b) => (at(a) < at(b) ? 1 : at(a) > at(b) ? -1 : a.file < b.file ? 1 : -1))
}

/**
 * Reads a backup to its end and checks every sum. With `kids`, the names of the keys at hand, it also says
 * whose secrets would stay closed.
 *
 * @throws Fault `backup.damaged`.
 */
export async function verifyBackup(
  file: string,
  keys: { kids: readonly string[]; sealed: readonly SealedColumn[] } = { kids: [], sealed: [] },
): Promise<Verification> {
  /** Per key: what has secrets under it, as `<column> <id>`, at most so many; and how many there are. */
  const lost = new Map<string, { owners: Set<string>; count: number }>()
  const contents = await readBackup(file, {
    section: async (section, data) => {
      for (const column of keys.sealed.filter(({ table }) => table === section.name)) {
        for await (const row of rowsOf(section, data, [column.key, column.column])) {
          const kid = kidOrNone(row[1] ?? '')
          if (keys.kids.includes(kid)) continue
          const entry = lost.get(kid) ?? { owners: new Set(), count: 0 }
          if (entry.owners.size < NAMES_LIMIT) entry.owners.add(`${column.names.table} ${row[0] ?? ''}`)
          entry.count += 1
          lost.set(kid, entry)
        }
      }
    },
  })
  const names = lost.size === 0 ? new Map<string, string>() : await readNames(file, keys.sealed, lost)
  const unopenable = [...lost].map(([kid, { owners, count }]) => ({
    kid,
    names: [...owners].map((owner) => names.get(owner) ?? owner),
    count,
  }))
  return { ...contents, unopenable }
}

/** A second reading, only when something is lost: the names may stand before the secrets or after. */
async function readNames(
  file: string,
  sealed: readonly SealedColumn[],
  lost: ReadonlyMap<string, { owners: ReadonlySet<string> }>,
): Promise<Map<string, string>> {
  const wanted = new Set([...lost.values()].flatMap(({ owners }) => [...owners]))
  const names = new Map<string, string>()
  await readBackup(file, {
    section: async (section, data) => {
      const column = sealed.find((each) => each.names.table === section.name)
      if (column === undefined) return
      for await (const row of rowsOf(section, data, [column.names.key, column.names.name])) {
        const owner = `${section.name} ${row[0] ?? ''}`
        if (wanted.has(owner)) names.set(owner, row[1] ?? owner)
      }
    },
  })
  return names
}

function kidOrNone(sealed: string): string {
  try {
    return kidOf(sealed)
  } catch {
    return '(not sealed)'
  }
}

/** Some columns of a section's rows, out of COPY's text form; null stays null. */
async function* rowsOf(
  section: Section,
  data: AsyncIterable<Buffer>,
  columns: string[],
): AsyncGenerator<(string | null)[]> {
  const places = columns.map((column) => section.columns.indexOf(column))
  let rest = Buffer.alloc(0)
  for await (const piece of data) {
    rest = rest.length === 0 ? Buffer.from(piece) : Buffer.concat([rest, piece])
    for (let at = rest.indexOf(0x0a); at !== -1; at = rest.indexOf(0x0a)) {
      const fields = rest.toString('utf8', 0, at).split('\t')
      rest = rest.subarray(at + 1)
      yield places.map((place) => unescape(fields[place] ?? '\\N'))
    }
  }
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }

function unescape(field: string): string | null {
  if (field === '\\N') return null
  return field.replaceAll(/\\(.)/g, (_, letter: string) => ESCAPES[letter] ?? letter)
}
