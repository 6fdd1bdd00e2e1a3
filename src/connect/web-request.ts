/** HTTP to other systems: the address is judged by the guard, and that address is connected to. No redirects. */
import http from 'node:http'
import https from 'node:https'
import type { LookupFunction } from 'node:net'
import { isIP } from 'node:net'
import { Fault, messageOf } from '#fault'
import type { Guard } from './guard.ts'

export interface WebRequest {
  url: string
  method?: string
  headers?: Record<string, string>
  body?: string | Buffer
  signal?: AbortSignal
  timeoutMs?: number
  /** A longer answer is refused. */
  limitBytes?: number
}

export interface WebAnswer {
  status: number
  headers: http.IncomingHttpHeaders
  body: Buffer
}

/** `public`: services on the web, which are never at a private address. `store`: databases and files, which may be. */
export type WebKind = 'public' | 'store'

const TIMEOUT_MS = 15_000
const ANSWER_LIMIT_BYTES = 16 * 2 ** 20

/** @throws Fault for an address that is refused, a service that does not answer, an answer that is too long. */
export async function webRequest(guard: Guard, kind: WebKind, request: WebRequest): Promise<WebAnswer> {
  const url = parseUrl(request.url)
  const address = await addressOf(guard, kind, url)
  try {
    return await send(url, address, request)
  } catch (error) {
    if (error instanceof Fault) throw error
    if (request.signal?.aborted === true) throw error
    throw unreachable(url, error)
  }
}

/** Answers JSON as it was parsed. @throws Fault when it is none. */
export function jsonOf({ body, status }: WebAnswer, host: string): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw new Fault(
      'unavailable',
      'connect.answer_unreadable',
      `${host} answered ${status} with something that is not JSON.`,
    )
  }
}

export function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new Fault('bad_request', 'connect.url_invalid', `"${text}" is no http or https address.`)
  }
  return url
}

function portOf(url: URL): number {
  return Number(url.port || (url.protocol === 'https:' ? 443 : 80))
}

/** Whatever name is asked for, the judged address is the answer. */
export function pinnedLookup(address: string): LookupFunction {
  const family = isIP(address) === 6 ? 6 : 4
  return (_name, options, done) => {
    if (options.all === true) done(null, [{ address, family }])
    else done(null, address, family)
  }
}

async function addressOf(guard: Guard, kind: WebKind, url: URL): Promise<string> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return kind === 'public' ? guard.reachPublic(host, portOf(url)) : guard.reach(host, portOf(url))
}

function send(url: URL, address: string, request: WebRequest): Promise<WebAnswer> {
  const {
    method = 'GET',
    headers = {},
    body,
    timeoutMs = TIMEOUT_MS,
    limitBytes = ANSWER_LIMIT_BYTES,
  } = request
  const deadline = AbortSignal.timeout(timeoutMs)
  const signal = request.signal === undefined ? deadline : AbortSignal.any([deadline, request.signal])
  const answer = Promise.withResolvers<WebAnswer>()
  const module = url.protocol === 'https:' ? https : http
  const outgoing = module.request(url, { method, headers, signal, lookup: pinnedLookup(address) })
  outgoing.on('error', (error) => answer.reject(deadline.aborted ? tooSlow(url, timeoutMs) : error))
  outgoing.on('response', (incoming) => {
    const chunks: Buffer[] = []
    let bytes = 0
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > limitBytes) {
        answer.reject(tooLong(url, limitBytes))
        outgoing.destroy()
      } else chunks.push(chunk)
    })
    incoming.on('error', (error) => answer.reject(deadline.aborted ? tooSlow(url, timeoutMs) : error))
    incoming.on('end', () => {
      const { statusCode: status = 0, headers: received } = incoming
      answer.resolve({ status, headers: received, body: Buffer.concat(chunks) })
    })
  })
  outgoing.end(body)
  return answer.promise
}

function unreachable(url: URL, error: unknown): Fault {
  return new Fault(
    'unavailable',
    'connect.unreachable',
    `${url.host} does not answer: ${messageOf(error)}. Check address, port and firewall.`,
    { cause: error },
  )
}

function tooSlow(url: URL, timeoutMs: number): Fault {
  return new Fault(
    'timed_out',
    'connect.timed_out',
    `${url.host} did not answer within ${timeoutMs / 1000} seconds.`,
  )
}

function tooLong(url: URL, limitBytes: number): Fault {
  return new Fault(
    'too_large',
    'connect.answer_too_long',
    `${url.host} answered with more than ${Math.round(limitBytes / 2 ** 20)} MiB.`,
  )
}
