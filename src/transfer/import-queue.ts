/** Queues of another system, taken over by its operator. Their slugs begin with the group's id, so they are made anew. */
import { sql } from 'kysely'
import { batchesOf, cut, freeName, type Ids, type Import, IMPORT_BATCH, nextIds, type Taken } from '#identity'
import { beginKind, isHere, rememberMade, type Times } from './import-steps.ts'
import { slugOf } from './queue.routes.ts'

export interface QueueToImport extends Times {
  id: string
  group_id: string
  name: string
  description: string
}

const NAME_LIMIT = 128
const SLUG_LIMIT = 256

export async function importQueues(
  act: Import,
  queues: readonly QueueToImport[],
  groups: Ids,
): Promise<Taken> {
  const { tally, ids, coming } = await beginKind(act, 'queue', queues)
  for (const batch of batchesOf(coming, IMPORT_BATCH)) {
    const here = batch.filter((queue) => isHere(queue, groups, tally))
    const groupIds = here.map(({ group_id }) => groups.get(group_id) ?? 0)
    const { rows: taken } = await sql<{ slug: string }>`
      select slug from transfer.queue where group_id = any (${groupIds}::bigint[])`.execute(act.tx)
    const slugs = new Set(taken.map(({ slug }) => slug))
    const numbers = await nextIds(act, 'queue', here.length)
    const rows = here.map((queue, at) => {
      const slug = freeName(slugOf(groupIds[at] ?? 0, queue.name), {
        limit: SLUG_LIMIT,
        suffix: (n) => `_${n}`,
        isTaken: (candidate) => slugs.has(candidate),
      })
      slugs.add(slug)
      const { description, created_at, updated_at } = queue
      const name = cut(queue.name, NAME_LIMIT)
      return { id: numbers[at], group_id: groupIds[at], name, slug, description, created_at, updated_at }
    })
    await sql`
      insert into transfer.queue (id, group_id, name, slug, description, created_at, updated_at)
      overriding system value
      select r.* from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (
        id bigint, group_id bigint, name text, slug text, description text, created_at timestamptz, updated_at timestamptz)
    `.execute(act.tx)
    await rememberMade(act, 'queue', { things: here, numbers, ids, tally })
  }
  return { ids, tally }
}
