import type { Problem } from '../api/client.ts'
import { hubWords } from './hub-words.ts'

/**
 * The hub's 422 as a form's errors, by the form's own paths (`connection_data.host`).
 *
 * The hub names a union's member in the location (`body, source_params, postgres, table_name`); the form does
 * not, so a part that is no field of the values is passed over. What fits no field goes to `rest`.
 */
export function formErrors(
  problems: readonly Problem[],
  values: unknown,
): { fields: Record<string, string>; rest: string[] } {
  const fields: Record<string, string> = {}
  const rest: string[] = []
  for (const problem of problems) {
    const path = pathOf(problem.location, values)
    const words = hubWords(problem.message)
    if (path === null) rest.push(words)
    else fields[path] ??= words
  }
  return { fields, rest }
}

function pathOf(location: readonly (string | number)[], values: unknown): string | null {
  const path: string[] = []
  let at: unknown = values
  const parts = location[0] === 'body' ? location.slice(1) : location
  for (const [index, part] of parts.entries()) {
    const key = String(part)
    if (isRecord(at) && key in at) {
      path.push(key)
      at = at[key]
    } else if (index === parts.length - 1 && isRecord(at) && !Array.isArray(at) && path.length > 0) {
      // A field that the form has not filled: its parent is ours, so it is ours too.
      path.push(key)
    }
  }
  return path.length === 0 ? null : path.join('.')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
