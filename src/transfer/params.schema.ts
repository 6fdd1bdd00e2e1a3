/** Where a transfer reads and writes, by type of connection: SyncMaster's shapes, and `local` of our own. */
import { type Static, type TSchema, Type } from 'typebox'

const WORD = String.raw`(?:[\p{L}\p{N}_]+|"(?:[^"]|"")+")`
const TWO_WORDS = new RegExp(`^${WORD}\\.${WORD}$`, 'u')
const WORDS = new RegExp(`^${WORD}(?:\\.${WORD})+$`, 'u')

const tableName = (pattern: RegExp) =>
  Type.String({
    title: 'Table',
    maxLength: 512,
    check: (name: string) => (pattern.test(name) ? null : 'Table name should be in format myschema.mytable'),
  })

const DirectoryPath = Type.String({
  title: 'Folder',
  maxLength: 4096,
  check: (path: string) => (path.startsWith('/') ? null : 'Directory path must be absolute'),
})

const Encoding = Type.String({ default: 'utf-8' })
const LineSep = Type.String({ default: '\n' })
const textCompression = Type.Enum(['none', 'bzip2', 'gzip', 'lz4', 'snappy', 'deflate'], { default: 'gzip' })

const csv = Type.Object({
  type: Type.Literal('csv'),
  delimiter: Type.String({ default: ',' }),
  encoding: Encoding,
  quote: Type.String({ default: '"' }),
  escape: Type.String({ default: '\\' }),
  include_header: Type.Boolean({ default: false }),
  line_sep: LineSep,
  compression: textCompression,
})
const jsonline = Type.Object({
  type: Type.Literal('jsonline'),
  encoding: Encoding,
  line_sep: LineSep,
  compression: textCompression,
})
const json = Type.Object({
  type: Type.Literal('json'),
  encoding: Encoding,
  line_sep: LineSep,
  compression: textCompression,
})
const excel = Type.Object({
  type: Type.Literal('excel'),
  include_header: Type.Boolean({ default: false }),
  start_cell: Type.Union([Type.String(), Type.Null()], { default: null }),
})
const xml = Type.Object({
  type: Type.Literal('xml'),
  root_tag: Type.String(),
  row_tag: Type.String(),
  compression: Type.Enum(['none', 'bzip2', 'gzip', 'lz4', 'snappy'], { default: 'gzip' }),
})
const orc = Type.Object({
  type: Type.Literal('orc'),
  compression: Type.Enum(['none', 'snappy', 'zlib', 'lz4'], { default: 'zlib' }),
})
const parquet = Type.Object({
  type: Type.Literal('parquet'),
  compression: Type.Enum(['none', 'snappy', 'gzip', 'lz4'], { default: 'snappy' }),
})

const byType = { discriminator: { propertyName: 'type' } }
const AnyFormat = Type.Union([csv, jsonline, excel, xml, orc, parquet, json], byType)
const WrittenFormat = Type.Union([csv, jsonline, excel, xml, orc, parquet], byType)
export type FileFormatParams = Static<typeof AnyFormat>

const Options = Type.Record(Type.String(), Type.Unknown(), { default: {} })
const DEFAULT_TEMPLATE = '{run_created_at}-{index}.{extension}'

const template = (check: (text: string) => string | null) =>
  Type.String({ title: 'File name', default: DEFAULT_TEMPLATE, maxLength: 255, check })

const PLACEHOLDERS = ['index', 'extension', 'run_id', 'run_created_at']

/** What is wrong with a template whatever it is for; null: nothing. */
function malformed(text: string): string | null {
  if (!/^[\p{L}\p{N}_.{}-]+$/u.test(text)) {
    return "Template contains invalid characters. Allowed: letters, numbers, '.', '_', '-', '{', '}'"
  }
  const unknown = [...text.matchAll(/\{([^{}]*)\}/g)].find(([, name]) => !PLACEHOLDERS.includes(name ?? ''))
  if (unknown !== undefined) return `Invalid placeholder: '${unknown[1]}'`
  return /[{}]/.test(text.replaceAll(/\{[^{}]*\}/g, '')) ? "Invalid placeholder: '{'" : null
}

/** SyncMaster's rule: names of different files never clash. */
function templateProblem(text: string): string | null {
  const missing = ['{index}', '{extension}'].filter((name) => !text.includes(name))
  const bad = malformed(text)
  if (bad !== null) return bad
  if (missing.length > 0) return `Missing required placeholders: ${missing.join(', ')}`
  return text.includes('{run_id}') || text.includes('{run_created_at}')
    ? null
    : 'At least one of placeholders must be present: {run_id} or {run_created_at}'
}

const tables = ['clickhouse', 'hive', 'mssql', 'mysql', 'oracle', 'postgres'] as const
const stores = ['ftp', 'ftps', 'hdfs', 's3', 'samba', 'sftp', 'webdav'] as const

const table = <const T extends string, const More extends Record<string, TSchema>>(
  type: T,
  pattern: RegExp,
  more: More,
) => Type.Object({ type: Type.Literal(type), table_name: tableName(pattern), ...more })

const postgresSource = table('postgres', TWO_WORDS, {})
const postgresTarget = table('postgres', TWO_WORDS, {
  write: Type.Optional(
    Type.Enum(['stage', 'direct'], {
      description: 'stage: by a staging table beside the target; direct: straight in, in one transaction.',
    }),
  ),
})

const localSource = Type.Object({
  type: Type.Literal('local'),
  directory_path: DirectoryPath,
  file_name: Type.Optional(
    Type.Union([Type.String({ minLength: 1, maxLength: 255 }), Type.Null()], {
      description: 'A name or pattern: orders*.csv. Left out: every file of the format.',
    }),
  ),
  file_format: AnyFormat,
})
const localTarget = Type.Object({
  type: Type.Literal('local'),
  directory_path: DirectoryPath,
  file_format: Type.Union([csv, jsonline, json, excel, xml, orc, parquet], byType),
  file_name_template: template(malformed),
  overwrite: Type.Optional(Type.Boolean({ description: 'Replace a file that has the name already.' })),
})

const foreignTables = tables.filter((type) => type !== 'postgres').map((type) => table(type, TWO_WORDS, {}))
const iceberg = table('iceberg', WORDS, {})

const storeSource = (type: (typeof stores)[number]) =>
  Type.Object({
    type: Type.Literal(type),
    directory_path: DirectoryPath,
    file_format: AnyFormat,
    options: Options,
  })
const storeTarget = (type: (typeof stores)[number]) =>
  Type.Object({
    type: Type.Literal(type),
    directory_path: DirectoryPath,
    file_format: WrittenFormat,
    file_name_template: template(templateProblem),
    options: Options,
  })

export type SourceParams =
  | Static<typeof postgresSource>
  | Static<typeof localSource>
  | Static<(typeof foreignTables)[number]>
  | Static<typeof iceberg>
  | Static<ReturnType<typeof storeSource>>
export type TargetParams =
  | Static<typeof postgresTarget>
  | Static<typeof localTarget>
  | Static<(typeof foreignTables)[number]>
  | Static<typeof iceberg>
  | Static<ReturnType<typeof storeTarget>>

// Unsafe: a union of mapped members has no static type of its own.
export const SourceParamsSchema = Type.Unsafe<SourceParams>(
  Type.Union([postgresSource, localSource, ...foreignTables, iceberg, ...stores.map(storeSource)], byType),
)
export const TargetParamsSchema = Type.Unsafe<TargetParams>(
  Type.Union([postgresTarget, localTarget, ...foreignTables, iceberg, ...stores.map(storeTarget)], byType),
)

export const FILE_TYPES: readonly string[] = [...stores, 'local']
