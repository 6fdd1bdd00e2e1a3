/** A column on its way, and how the two sides call its type. */
export interface Column {
  name: string
  /** DuckDB's type of the values that the query gives. */
  type: string
  /** The type that a new PostgreSQL table gets for it. */
  postgresType: string
  /** What the text of a CSV file means: compared as this, and written as this where files have types. */
  meaning?: string | undefined
  /** The source's own name of the type, for the person. */
  sourceType: string
  /** How a value that the direct way would alter is carried instead. */
  note?: string | undefined
  /** Why the column cannot be carried as it is: DuckDB would alter it. A cast to another type may be a way out. */
  refusal?: { why: string; castable: boolean } | undefined
}

/** Rows that DuckDB can read by a query. A relation with a `feed` can be read once. */
export interface Relation {
  query: string
  columns: Column[]
  /** What it is, for sentences: the file's path, or the table and its server. */
  named: string
  totalRows: number | null
  totalBytes: number | null
  feed?: Feed | undefined
}

/** Fills the pipe that a relation's query reads; begun together with the query, and both awaited. */
export interface Feed {
  run(): Promise<void>
  /** Ends the filling and the query's reading; `over` is the query. */
  breakOff(over: Promise<unknown>): void
}

/** A relation that holds something open: a server's snapshot, spooled files, pipes. */
export interface Source {
  relation: Relation
  /** Paths that DuckDB has to open; all others are closed to it. */
  paths: string[]
  /** Of an incremental run: the greatest value that the relation holds, as the source writes it. */
  mark?: (() => Promise<string | undefined>) | undefined
  close(): Promise<void>
}
