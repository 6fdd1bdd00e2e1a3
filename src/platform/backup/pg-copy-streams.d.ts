/** What we use of `pg-copy-streams`, which brings no types. */
declare module 'pg-copy-streams' {
  import type { Readable, Writable } from 'node:stream'
  import type pg from 'pg'

  /** A `COPY … TO STDOUT`, to be given to `client.query`. */
  export function to(sql: string): Readable & pg.Submittable & { rowCount: number }
  /** A `COPY … FROM STDIN`, to be given to `client.query`. */
  export function from(sql: string): Writable & pg.Submittable & { rowCount: number }
}
