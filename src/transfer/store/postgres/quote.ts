import pg from 'pg'

import type { TableName } from '../../engine/job.ts'

/** An identifier as SQL writes it, whatever it holds: `we"ird` becomes `"we""ird"`. */
export function quoteName(name: string): string {
  return pg.escapeIdentifier(name)
}

/** A value as an SQL literal whose type PostgreSQL finds out by itself. */
export function quoteValue(value: string): string {
  return pg.escapeLiteral(value)
}

export function quoteTable(table: TableName): string {
  return `${quoteName(table.schema)}.${quoteName(table.name)}`
}

export function quoteNames(names: readonly string[]): string {
  return names.map(quoteName).join(', ')
}

/** A table for the person who reads: `public.orders`. */
export function tableText(table: TableName): string {
  return `${table.schema}.${table.name}`
}
