/** What a document promises of the database, as the JSON files beside this one say it. */
export interface SeedDocument {
  document: string
  tables: DocumentTable[]
  /** `schema.name`, with arguments and answer as the catalogs spell them. */
  functions?: { name: string; arguments: string; returns: string }[]
  roles?: string[]
}

export interface DocumentTable {
  /** `schema.name` of the table, or of the view that stands for it. */
  name: string
  /** Of a view: the table that holds its rows, their keys, their indexes and their rules. */
  over?: string
  comment?: string
  /** No other column may be there. A view has its document's columns and no others in any case. */
  exact?: true
  key: string[]
  fields: DocumentField[]
  /** Values that a field takes, as the document spells them. */
  values?: { field: string; values: string[] }[]
  /** By name, or by fields where the document names none. */
  indexes?: { name?: string; fields: string[] }[]
  references?: DocumentReference[]
  /** Secrets, which the view does not show. */
  alwaysNull?: string[]
  rowSecurity?: true
  policies?: DocumentPolicy[]
}

/** `there` is what the document says where it differs, and `why` it does: both or none. */
interface Difference {
  there?: string
  why?: string
}

export interface DocumentField extends Difference {
  name: string
  type: string
  nullable?: true
  default?: string
  comment?: string
  /** Of a view's field that has another name in another table: `schema.table.column`. */
  of?: string
}

export interface DocumentReference extends Difference {
  field: string
  /** A table, or a document's table whose rows are kept elsewhere. */
  to: string
  toField?: string
  onDelete?: 'cascade'
}

export interface DocumentPolicy {
  name: string
  command: 'select' | 'all'
  roles: string[]
  using: string
  check?: string
}
