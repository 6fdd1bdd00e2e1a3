import { Fault } from '#fault'

/** An identifier as DuckDB's SQL writes it, whatever it holds: `we"ird` becomes `"we""ird"`. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A text as an SQL literal. DuckDB knows no backslash escapes, and a NUL cannot stand in its SQL at all. */
export function quoteLiteral(text: string): string {
  if (text.includes('\0')) {
    throw new Fault(
      'bad_request',
      'transfer.nul_in_text',
      'A value of this transfer holds a NUL character, which no text may.',
    )
  }
  return `'${text.replaceAll("'", "''")}'`
}

/** Paths as DuckDB's readers take them: one literal list, with the characters of its glob patterns disarmed. */
export function quotePaths(paths: readonly string[]): string {
  const plain = paths.map((path) => quoteLiteral(path.replaceAll(/[*?[]/g, '[$&]')))
  return `[${plain.join(', ')}]`
}

const TYPE_NAME =
  /^[a-z][a-z0-9_]*( [a-z][a-z0-9_]*)*(\(\d{1,9}(, ?\d{1,9})?\))?( with(out)? time zone)?(\[\d{0,9}\])*$/i

/** A type's name that comes from a person, so that nothing but a type can stand there. */
export function checkTypeName(type: string): string {
  const name = type.trim()
  if (name.length <= 100 && TYPE_NAME.test(name)) return name
  throw new Fault(
    'bad_request',
    'transfer.type_unknown',
    `"${name.slice(0, 80)}" is not the name of a type; write one such as BIGINT, DECIMAL(10, 2), VARCHAR, DATE or TIMESTAMP.`,
  )
}

/** A value inside a sentence: short, on one line. */
export function cut(text: string, length = 80): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`
}
