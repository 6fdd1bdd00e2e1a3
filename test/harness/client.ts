import type { InjectOptions } from 'fastify'
import type { Server } from '#http'

export interface Answer {
  status: number
  /** Parsed JSON; the text of anything else; null of nothing. */
  // oxlint-disable-next-line typescript/no-explicit-any -- each test reads the fields of the route it asked
  body: any
  headers: Record<string, unknown>
}

/** Asks the hub over HTTP, without a socket. */
export interface Client {
  get: (path: string) => Promise<Answer>
  post: (path: string, body?: unknown) => Promise<Answer>
  put: (path: string, body?: unknown) => Promise<Answer>
  delete: (path: string) => Promise<Answer>
  /** Anything else: other headers, forms, broken JSON. */
  request: (options: InjectOptions) => Promise<Answer>
  /** What the client shows as `Authorization`; null for none. */
  authorization: string | null
}

export function createClient(app: Server, authorization: string | null, check: () => void): Client {
  const request = async (options: InjectOptions): Promise<Answer> => {
    const given = authorization === null ? {} : { authorization }
    const response = await app.inject({ ...options, headers: { ...given, ...options.headers } })
    check()
    const isJson = String(response.headers['content-type']).includes('json')
    const body = response.body === '' ? null : isJson ? response.json() : response.body
    return { status: response.statusCode, body, headers: response.headers }
  }
  const withBody = (method: 'POST' | 'PUT') => (url: string, body?: unknown) =>
    request({ method, url, ...(body === undefined ? {} : { payload: body as object }) }) // Fastify's own type says less
  return {
    get: (url) => request({ method: 'GET', url }),
    post: withBody('POST'),
    put: withBody('PUT'),
    delete: (url) => request({ method: 'DELETE', url }),
    request,
    authorization,
  }
}
