import { type Selectable, sql } from 'kysely'
import { sortTerms } from '#database'
import { Fault } from '#fault'
import { offsetOf, type PageRequest } from '#http'
import type { TemplateTable, Tx, Values } from './tables.ts'
import type { Syntax } from './template/template.ts'

export type Template = Selectable<TemplateTable>

export function findTemplate(tx: Tx, id: number): Promise<Template | undefined> {
  return tx.selectFrom('notify.template').selectAll().where('id', '=', id).executeTakeFirst()
}

export function findTemplateByName(tx: Tx, groupId: number, name: string): Promise<Template | undefined> {
  return tx
    .selectFrom('notify.template')
    .selectAll()
    .where('group_id', '=', groupId)
    .where('name', '=', name)
    .executeTakeFirst()
}

/** What a list of templates may be sorted by. */
export const TEMPLATE_SORT = {
  id: sql.ref('id'),
  name: sql.ref('name'),
  created_at: sql.ref('created_at'),
  updated_at: sql.ref('updated_at'),
}

export async function listTemplates(
  tx: Tx,
  filter: PageRequest & { groupId: number; search: string | null },
): Promise<{ total: number; templates: Template[] }> {
  let query = tx.selectFrom('notify.template').where('group_id', '=', filter.groupId)
  if (filter.search !== null && filter.search !== '') {
    query = query.where(sql<boolean>`strpos(lower(name), lower(${filter.search})) > 0`)
  }
  const [{ total }, templates] = await Promise.all([
    query.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
    query
      .selectAll()
      .$call((found) =>
        sortTerms(filter.sort, TEMPLATE_SORT).reduce((sorted, term) => sorted.orderBy(term), found),
      )
      .orderBy('name')
      .limit(filter.page_size)
      .offset(offsetOf(filter))
      .execute(),
  ])
  return { total, templates }
}

export interface TemplateToWrite {
  name: string
  title: string
  content: string
  arguments: Values
  syntax: Syntax
}

export function insertTemplate(tx: Tx, groupId: number, made: TemplateToWrite): Promise<Template> {
  return keepsItsName(() =>
    tx
      .insertInto('notify.template')
      .values({ ...made, arguments: JSON.stringify(made.arguments), group_id: groupId })
      .returningAll()
      .executeTakeFirstOrThrow(),
  )
}

export function updateTemplate(tx: Tx, id: number, made: TemplateToWrite): Promise<Template> {
  return keepsItsName(() =>
    tx
      .updateTable('notify.template')
      .set({ ...made, arguments: JSON.stringify(made.arguments) })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow(),
  )
}

export async function deleteTemplate(tx: Tx, id: number): Promise<void> {
  await tx.deleteFrom('notify.template').where('id', '=', id).execute()
}

async function keepsItsName<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    const constraint = error instanceof Error && 'constraint' in error ? error.constraint : undefined
    if (constraint !== 'template_group_id_name_key') throw error
    const message = 'A template of this name is in the group already. Choose another name.'
    throw new Fault('conflict', 'notify.template_name_taken', message, { cause: error })
  }
}
