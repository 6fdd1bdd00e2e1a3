import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

export interface Migration {
  /** `0003_transfer`: numbers are one sequence over all rooms, so that the order never depends on the rooms'. */
  id: string
  room: string
  up: string
  down: string
  /** Of `up`; a released migration is never edited, and the hub says so when one was. */
  checksum: string
}

const NAME = /^(\d{4}_[a-z0-9_]+)\.up\.sql$/

/** Reads `<room>/migrations/NNNN_what.{up,down}.sql` of every room in `source`, in order. */
export async function readMigrations(source: string): Promise<Migration[]> {
  const rooms = await readdir(source, { withFileTypes: true })
  const found = await Promise.all(
    rooms.filter((room) => room.isDirectory()).map((room) => readRoom(source, room.name)),
  )
  const all = found.flat().toSorted((a, b) => (a.id < b.id ? -1 : 1))
  for (const [at, migration] of all.entries()) {
    const next = all[at + 1]
    if (next !== undefined && next.id.slice(0, 4) === migration.id.slice(0, 4)) {
      throw new Error(
        `two migrations have the number ${migration.id.slice(0, 4)}: ${migration.id}, ${next.id}`,
      )
    }
  }
  return all
}

async function readRoom(source: string, room: string): Promise<Migration[]> {
  const folder = path.join(source, room, 'migrations')
  if (!existsSync(folder)) return []
  const ids = (await readdir(folder)).flatMap((name) => NAME.exec(name)?.[1] ?? [])
  return Promise.all(
    ids.map(async (id) => {
      const up = await readFile(path.join(folder, `${id}.up.sql`), 'utf8')
      const down = await readFile(path.join(folder, `${id}.down.sql`), 'utf8')
      return { id, room, up, down, checksum: createHash('sha256').update(up).digest('hex') }
    }),
  )
}
