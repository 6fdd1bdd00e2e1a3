import type pg from 'pg'
import { CATALOG } from './catalog.ts'

/** One line or statement of the dump, and the object that it stands under. */
interface Part {
  place: string
  text: string
}

const HEAD = `-- What an empty Crosstie database looks like after all migrations, read from its catalogs.
-- Made by scripts/schema-dump.ts; \`npm run check\` fails when it drifts. It is for reading, not for running:
-- the migrations in src/*/migrations are what makes a database.
`

/** The database of `client` as readable SQL, in an order that depends on names only. */
export async function describeSchema(client: pg.ClientBase): Promise<string> {
  // Names are then written with their schema, whoever reads.
  await client.query(`select set_config('search_path', '', false)`)
  const read = async (sql: string) => (await client.query<Part>(sql)).rows
  const parts = {
    schemas: await read(CATALOG.schemas),
    types: await read(CATALOG.types),
    functions: await read(CATALOG.functions),
    tables: await read(CATALOG.tables),
    columns: grouped(await read(CATALOG.columns)),
    constraints: grouped(await read(CATALOG.constraints)),
    views: await read(CATALOG.views),
    belongings: grouped([
      ...(await read(CATALOG.indexes)),
      ...(await read(CATALOG.triggers)),
      ...(await read(CATALOG.rowSecurity)),
      ...(await read(CATALOG.policies)),
      ...(await read(CATALOG.grants)),
      ...(await read(CATALOG.columnGrants)),
      ...(await read(CATALOG.comments)),
    ]),
  }
  const belongingsOf = (place: string) => parts.belongings.get(place) ?? []
  const table = ({ place, text }: Part) => {
    const inside = [...(parts.columns.get(place) ?? []), ...(parts.constraints.get(place) ?? [])]
    return [`${text} (\n  ${inside.join(',\n  ')}\n);`, ...belongingsOf(place)].join('\n')
  }
  const other = ({ place, text }: Part) => [text, ...belongingsOf(place)].join('\n')
  const paragraphs = [
    ...parts.schemas.map(other),
    ...parts.types.map(other),
    ...parts.tables.map(table),
    ...parts.views.map(other),
    ...parts.functions.map(other),
  ]
  return `${HEAD}\n${paragraphs.join('\n\n')}\n`
}

function grouped(parts: Part[]): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const { place, text } of parts) groups.set(place, [...(groups.get(place) ?? []), text])
  return groups
}
