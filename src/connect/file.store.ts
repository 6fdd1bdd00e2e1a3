import type { Tx } from './connection.store.ts'

export interface FileRow {
  path: string
  size_bytes: number
  modified_at: Date | null
  etag: string | null
}

export async function findFiles(
  tx: Tx,
  {
    connectionId,
    search,
    limit,
    offset,
  }: { connectionId: number; search: string | null; limit: number; offset: number },
): Promise<{ total: number; found: FileRow[] }> {
  let query = tx.selectFrom('connect.file_entry').where('connection_id', '=', connectionId)
  if (search !== null && search !== '') {
    query = query.where('path', 'ilike', `%${search.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`)
  }
  const [{ total }, found] = await Promise.all([
    query.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
    query
      .select(['path', 'size_bytes', 'modified_at', 'etag'])
      .orderBy('path')
      .limit(limit)
      .offset(offset)
      .execute(),
  ])
  return { total, found }
}
