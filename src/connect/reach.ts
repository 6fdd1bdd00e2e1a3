import type pg from 'pg'
import type { Guard } from './guard.ts'

/** What signs in to a PostgreSQL server: the engine's contract, so that Test and run say the same words. */
export interface PostgresLogin {
  host: string
  /** Checked by the guard; the name is not looked up again. */
  address?: string | undefined
  port: number
  database: string
  user: string
  password?: string | undefined
  params: Record<string, string>
}

export type OpenPostgres = (
  login: PostgresLogin,
  options: { applicationName: string; statementTimeoutMs: number; connectTimeoutMs: number },
) => Promise<pg.Client>

/** What of a file can be told without loading it. */
export type DescribeFile = (
  file: { path: string; root: string },
  format: string,
) => Promise<{ name: string; type: string }[]>

/** The world outside the hub, as far as connections may touch it. */
export interface Reach {
  guard: Guard
  openPostgres: OpenPostgres
  describeFile: DescribeFile
  /** CROSSTIE_FILES; null: local files are off. */
  filesRoot: string | null
  /** Never read or written by a connection. */
  dataFolder: string
}
