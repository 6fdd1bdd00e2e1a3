/** What most providers want: JSON, posted to a path below an address. */
import type { WebRequest } from '#connect'

export function postJson(
  baseUrl: string,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): WebRequest {
  return {
    url: baseUrl.replace(/\/+$/, '') + path,
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'Crosstie', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  }
}

/** A field of a foreign answer or of a connection, as text; nothing when it is none. */
export const textIn = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : ''
