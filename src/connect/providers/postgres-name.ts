/** Names of PostgreSQL as paths: `public.orders`, and `"My schema"."or.ders"` where a part is not a plain word. */
import { Fault } from '#fault'

export function joinName(...parts: string[]): string {
  return parts
    .map((part) => (/^[\p{L}_][\p{L}\p{N}_]*$/u.test(part) ? part : `"${part.replaceAll('"', '""')}"`))
    .join('.')
}

/** The parts of a path; none of an empty one. */
export function splitName(path: string): string[] {
  if (path === '' || path === '/') return []
  const parts = [...path.matchAll(/(?:"((?:[^"]|"")+)"|([^".]+))(?:\.|$)/gy)]
  const length = parts.reduce((sum, part) => sum + part[0].length, 0)
  if (length !== path.length || path.endsWith('.')) {
    throw new Fault(
      'not_found',
      'connect.path_missing',
      `${path} is no path; write schema.table, with "…" around a part that has a dot.`,
    )
  }
  return parts.map(([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '')
}
