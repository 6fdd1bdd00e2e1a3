/** The page's only way to the hub: fetch on `/v1`, with its envelope of errors turned into `ApiError`. */

import { viewAsHeader } from './view-as.ts'

export interface Problem {
  location: (string | number)[]
  message: string
  code: string
  context?: Record<string, unknown>
}

/** What the hub refused, in its own words; `status` 0 means that it could not be reached. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly code: string
  readonly details: unknown
  readonly requestId: string | null

  constructor(status: number, code: string, message: string, details: unknown, requestId: string | null) {
    super(message)
    this.status = status
    this.code = code
    this.details = details
    this.requestId = requestId
  }

  /** The 422's list of what is wrong where, empty for every other refusal. */
  get problems(): Problem[] {
    return this.status === 422 && Array.isArray(this.details) ? this.details.filter(isProblem) : []
  }
}

function isProblem(value: unknown): value is Problem {
  return (
    typeof value === 'object' &&
    value !== null &&
    'location' in value &&
    Array.isArray(value.location) &&
    'message' in value &&
    typeof value.message === 'string'
  )
}

/** Tells the frame that the session is over: any answer 401 but sign-in's own. */
export const session = new EventTarget()

export type QueryValue = string | number | boolean | undefined | null | readonly (string | number)[]

export interface RequestOptions {
  query?: Record<string, QueryValue>
  body?: unknown
  signal?: AbortSignal | undefined
  /** Looks at the headers of a good answer. */
  onHeaders?: (headers: Headers) => void
}

/** `?a=1&a=2`: lists are repeated, undefined, null and empty text are left out. */
function queryString(query: Record<string, QueryValue> = {}): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== undefined && item !== null && item !== '') search.append(name, String(item))
    }
  }
  const text = search.toString()
  return text === '' ? '' : `?${text}`
}

/** One request to the hub. The caller names the answer's type: it is what the API's contract says. */
export async function request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
  const response = await send(method, path, options)
  if (!response.ok) {
    if (response.status === 401 && !path.startsWith('/v1/auth/')) session.dispatchEvent(new Event('over'))
    throw await refusal(response)
  }
  options.onHeaders?.(response.headers)
  // 204 has no body; callers of such operations ask for void.
  if (response.status === 204) return undefined as T
  return (await response.json()) as T // the contract's shape; the API's own tests hold it to that
}

async function send(
  method: string,
  path: string,
  { query, body, signal }: RequestOptions,
): Promise<Response> {
  // Every write carries the header: a form on another site can send our cookie, but not this.
  const headers: Record<string, string> = {
    Accept: 'application/json',
    'X-Crosstie-CSRF': '1',
    // Signing out and in again is nobody's role.
    ...(path.startsWith('/v1/auth/') ? {} : viewAsHeader()),
  }
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  const init: RequestInit = { method, headers, credentials: 'same-origin' }
  if (body !== undefined) init.body = JSON.stringify(body)
  if (signal !== undefined) init.signal = signal
  try {
    return await fetch(path + queryString(query), init)
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError(0, 'unreachable', 'The hub cannot be reached.', null, null)
  }
}

async function refusal(response: Response): Promise<ApiError> {
  const requestId = response.headers.get('X-Request-ID')
  const body: unknown = await response.json().catch(() => null)
  if (typeof body === 'object' && body !== null && 'error' in body) {
    const { error } = body as { error: { code?: string; message?: string; details?: unknown } } // the envelope
    const message = error.message ?? response.statusText
    return new ApiError(response.status, error.code ?? 'unknown', message, error.details ?? null, requestId)
  }
  const detail = typeof body === 'object' && body !== null && 'detail' in body ? String(body.detail) : null
  const message = detail ?? `${response.status} ${response.statusText}`.trim()
  return new ApiError(response.status, 'unknown', message, null, requestId)
}
