/** Holds a document against the catalogs of a migrated database, and says in sentences what is not as promised. */
import type pg from 'pg'
import type {
  DocumentField,
  DocumentPolicy,
  DocumentReference,
  DocumentTable,
  SeedDocument,
} from './document.ts'

interface Column {
  name: string
  type: string
  not_null: boolean
  default: string | null
  comment: string | null
}

export async function documentProblems(client: pg.ClientBase, document: SeedDocument): Promise<string[]> {
  const found: string[] = []
  for (const table of document.tables) found.push(...(await tableProblems(client, document, table)))
  for (const { name, arguments: taken, returns } of document.functions ?? []) {
    const [made] = await read<{ taken: string; returns: string }>(
      client,
      `select pg_get_function_identity_arguments(oid) as taken, pg_get_function_result(oid) as returns
       from pg_proc where oid = to_regproc($1)`,
      [name],
    )
    if (made === undefined) found.push(`${name}(): there is no such function`)
    else if (made.taken !== taken || made.returns !== returns) {
      found.push(`${name}(${taken}) → ${returns}: it is (${made.taken}) → ${made.returns}`)
    }
  }
  for (const role of document.roles ?? []) {
    const [there] = await read(client, 'select from pg_roles where rolname = $1', [role])
    if (there === undefined) found.push(`there is no role ${role}`)
  }
  return found
}

async function tableProblems(client: pg.ClientBase, document: SeedDocument, table: DocumentTable) {
  const columns = await columnsOf(client, table.name)
  if (columns.length === 0) return [`${table.name}: there is no such table or view`]
  const kept = table.over ?? table.name
  const found = table.fields.flatMap((field) => fieldProblems(table, field, columns))
  if (table.over !== undefined) found.push(...(await keptProblems(client, table, table.over)))
  if (table.over !== undefined || table.exact === true) {
    const promised = new Set(table.fields.map(({ name }) => name))
    const more = columns.filter(({ name }) => !promised.has(name))
    found.push(...more.map(({ name }) => `${table.name}.${name} is not in the document`))
  }
  found.push(...(await commentProblems(client, table)))
  const keys = await keysOf(client, kept)
  if (!keys.some((key) => sameSet(key, table.key))) {
    found.push(`${table.name}: ${table.key.join(', ')} is no key of ${kept}`)
  }
  found.push(...(await indexProblems(client, table, kept)))
  for (const reference of table.references ?? []) {
    found.push(...(await referenceProblems(client, document, { table, kept, reference })))
  }
  for (const { field, values } of table.values ?? []) {
    found.push(...(await valueProblems(client, { table, kept, field, values })))
  }
  return [...found, ...(await securityProblems(client, table))]
}

function fieldProblems(table: DocumentTable, field: DocumentField, columns: Column[]): string[] {
  const where = `${table.name}.${field.name}`
  const found: string[] = []
  if ((field.there === undefined) !== (field.why === undefined)) {
    found.push(`${where}: a difference from the document needs both "there" and "why"`)
  }
  const column = columns.find(({ name }) => name === field.name)
  if (column === undefined) return [...found, `${where}: there is no such column`]
  if (column.type !== field.type) found.push(`${where} is ${column.type}, not ${field.type}`)
  if (field.comment !== undefined && column.comment !== field.comment) {
    found.push(`${where} has the comment ${column.comment}, not ${field.comment}`)
  }
  // A view's columns have neither default nor nullability of their own.
  return table.over === undefined ? [...found, ...filling(where, field, column)] : found
}

function filling(where: string, field: DocumentField, column: Column): string[] {
  const found: string[] = []
  if (column.not_null === (field.nullable === true)) {
    found.push(`${where} may ${column.not_null ? 'not ' : ''}be null`)
  }
  if ((field.default ?? null) !== column.default) {
    found.push(`${where} has the default ${column.default}, not ${field.default ?? null}`)
  }
  return found
}

/** A view's fields in the table that keeps them: there, and null only where the document lets them be. */
async function keptProblems(client: pg.ClientBase, table: DocumentTable, over: string): Promise<string[]> {
  const found: string[] = []
  for (const field of table.fields) {
    const [of, name] = field.of === undefined ? [over, field.name] : splitLast(field.of)
    const column = (await columnsOf(client, of)).find((candidate) => candidate.name === name)
    if (column === undefined) found.push(`${table.name}.${field.name}: ${of} has no column ${name}`)
    else if (column.not_null === (field.nullable === true)) {
      found.push(`${table.name}.${field.name} may ${column.not_null ? 'not ' : ''}be null in ${of}`)
    }
  }
  const [view] = await read<{ invoker: boolean; writable: boolean; definition: string }>(
    client,
    `select coalesce(reloptions @> '{security_invoker=true}', false) as invoker,
       has_table_privilege('crosstie_app', oid, 'insert, update, delete') as writable,
       pg_get_viewdef(oid) as definition
     from pg_class where oid = to_regclass($1) and relkind = 'v'`,
    [quoted(table.name)],
  )
  if (view === undefined) return [...found, `${table.name} is no view`]
  if (!view.invoker) found.push(`${table.name} does not look with its reader's rights`)
  if (view.writable) found.push(`${table.name} can be written`)
  for (const secret of table.alwaysNull ?? []) {
    if (!view.definition.includes(`NULL::text AS ${secret}`)) found.push(`${table.name}.${secret} is shown`)
  }
  return found
}

async function commentProblems(client: pg.ClientBase, { name, comment }: DocumentTable): Promise<string[]> {
  if (comment === undefined) return []
  const [there] = await read<{ comment: string | null }>(
    client,
    `select obj_description(to_regclass($1), 'pg_class') as comment`,
    [quoted(name)],
  )
  return there?.comment === comment ? [] : [`${name} has the comment ${there?.comment}, not ${comment}`]
}

async function keysOf(client: pg.ClientBase, table: string): Promise<string[][]> {
  const rows = await read<{ fields: string[] }>(
    client,
    `select array(select a.attname::text from unnest(i.indkey) k join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k) as fields
     from pg_index i where i.indrelid = to_regclass($1) and i.indisunique and i.indpred is null`,
    [quoted(table)],
  )
  return rows.map(({ fields }) => fields)
}

async function indexProblems(client: pg.ClientBase, table: DocumentTable, kept: string): Promise<string[]> {
  const rows = await read<{ name: string; fields: string[] }>(
    client,
    `select c.relname as name,
       array(select a.attname::text from unnest(i.indkey) with ordinality k (attnum, at)
             join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum order by k.at) as fields
     from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = to_regclass($1)`,
    [quoted(kept)],
  )
  return (table.indexes ?? [])
    .filter(
      ({ name, fields }) =>
        !rows.some(
          (row) =>
            (name === undefined || row.name === name) &&
            row.fields.slice(0, fields.length).join() === fields.join(),
        ),
    )
    .map(({ name, fields }) => `${table.name}: there is no index ${name ?? ''} on ${fields.join(', ')}`)
}

async function referenceProblems(
  client: pg.ClientBase,
  document: SeedDocument,
  { table, kept, reference }: { table: DocumentTable; kept: string; reference: DocumentReference },
): Promise<string[]> {
  const { field, to, toField, onDelete, there, why } = reference
  const where = `${table.name}.${field} → ${to}`
  const target = document.tables.find(({ name }) => name === to)?.over ?? to
  const rows = await read<{ pairs: string[]; on_delete: string }>(
    client,
    `select array(
         select a.attname || ' ' || f.attname from unnest(k.conkey, k.confkey) p (here, there)
         join pg_attribute a on a.attrelid = k.conrelid and a.attnum = p.here
         join pg_attribute f on f.attrelid = k.confrelid and f.attnum = p.there) as pairs,
       case k.confdeltype when 'c' then 'cascade' else '' end as on_delete
     from pg_constraint k
     where k.contype = 'f' and k.conrelid = to_regclass($1) and k.confrelid = to_regclass($2)`,
    [quoted(kept), quoted(target)],
  )
  const key = rows.find(({ pairs }) => pairs.includes(`${field} ${toField ?? 'id'}`))
  const found: string[] = []
  if ((there === undefined) !== (why === undefined)) {
    found.push(`${where}: a difference from the document needs both "there" and "why"`)
  }
  if (key === undefined) found.push(`${where}: there is no such foreign key`)
  else if (onDelete !== undefined && key.on_delete !== onDelete) found.push(`${where} does not ${onDelete}`)
  return found
}

/** The table's own rule names every value; a view may spell it with a capital. */
async function valueProblems(
  client: pg.ClientBase,
  { table, kept, field, values }: { table: DocumentTable; kept: string; field: string; values: string[] },
): Promise<string[]> {
  const rules = await read<{ rule: string }>(
    client,
    `select pg_get_constraintdef(oid) as rule from pg_constraint where contype = 'c' and conrelid = to_regclass($1)`,
    [quoted(kept)],
  )
  const rule = rules.find((candidate) => candidate.rule.includes(field))?.rule ?? ''
  const allowed = [...rule.matchAll(/'([^']+)'/g)].map(([, value = '']) => value.toLowerCase())
  return sameSet(
    allowed,
    values.map((value) => value.toLowerCase()),
  )
    ? []
    : [`${table.name}.${field} takes ${allowed.join(', ')}, not ${values.join(', ')}`]
}

async function securityProblems(client: pg.ClientBase, table: DocumentTable): Promise<string[]> {
  const found: string[] = []
  if (table.rowSecurity === true) {
    const [there] = await read<{ on: boolean }>(
      client,
      'select relrowsecurity and relforcerowsecurity as on from pg_class where oid = to_regclass($1)',
      [quoted(table.name)],
    )
    if (there?.on !== true) found.push(`${table.name} has no forced row-level security`)
  }
  for (const policy of table.policies ?? []) found.push(...(await policyProblems(client, table.name, policy)))
  return found
}

async function policyProblems(
  client: pg.ClientBase,
  table: string,
  policy: DocumentPolicy,
): Promise<string[]> {
  const where = `${table}: the policy "${policy.name}"`
  const [schema, name] = splitLast(table)
  const [made] = await read<{ command: string; roles: string[]; using: string; check: string | null }>(
    client,
    `select lower(cmd) as command, array(select unnest(roles)::text order by 1) as roles, qual as using, with_check as check
     from pg_policies where schemaname = $1 and tablename = $2 and policyname = $3`,
    [schema, name, policy.name],
  )
  if (made === undefined) return [`${where} is not there`]
  const found: string[] = []
  if (made.command !== policy.command) found.push(`${where} is for ${made.command}`)
  if (!sameSet(made.roles, policy.roles)) found.push(`${where} is to ${made.roles.join(', ')}`)
  if (meaning(made.using) !== policy.using) found.push(`${where} uses ${meaning(made.using)}`)
  if (made.check !== null && meaning(made.check) !== policy.check)
    found.push(`${where} checks ${meaning(made.check)}`)
  return found
}

/** The expression as a document writes it: helpers are called once per statement here, as `(select helper())`. */
function meaning(expression: string): string {
  return expression
    .replaceAll(/\( SELECT ((?:\w+\.)?\w+\([^()]*\)) AS \w+\)/g, '$1')
    .replaceAll('public.', '')
    .replaceAll(/\s+/g, ' ')
}

function columnsOf(client: pg.ClientBase, table: string): Promise<Column[]> {
  return read<Column>(
    client,
    `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as not_null,
       case when a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid) end as default,
       col_description(a.attrelid, a.attnum) as comment
     from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped order by a.attnum`,
    [quoted(table)],
  )
}

async function read<R extends pg.QueryResultRow>(client: pg.ClientBase, text: string, values: unknown[]) {
  return (await client.query<R>(text, values)).rows
}

function quoted(name: string): string {
  return splitLast(name)
    .map((part) => `"${part}"`)
    .join('.')
}

/** At the last dot: table and column, or schema and table. */
function splitLast(name: string): [string, string] {
  const at = name.lastIndexOf('.')
  return [name.slice(0, at), name.slice(at + 1)]
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.toSorted().join('\n') === b.toSorted().join('\n')
}
