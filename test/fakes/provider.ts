/** A provider of messages on loopback: it keeps what it was sent, and answers as a test says. */
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createGuard, webRequest } from '#connect'
import type { Destination, Outgoing, Tools } from '../../src/notify/channel.ts'

export interface Call {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: string
  // oxlint-disable-next-line typescript/no-explicit-any -- each test reads the fields of its provider
  json: any
}

export interface Said {
  status?: number
  headers?: Record<string, string>
  /** JSON unless it is text. */
  body?: unknown
  /** Answers so late; -1: never. */
  afterMs?: number
}

export interface Provider {
  url: string
  calls: Call[]
  /** What the next calls are answered; it stays until it is changed. */
  says: (answer: Said | ((call: Call) => Said)) => void
  stop: () => Promise<void>
}

export async function startProvider(): Promise<Provider> {
  let answer: Said | ((call: Call) => Said) = {}
  const calls: Call[] = []
  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request)
      const call: Call = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body,
        json: parsed(body),
      }
      calls.push(call)
      const said = typeof answer === 'function' ? answer(call) : answer
      const { status = 200, headers = {}, body: told = '', afterMs = 0 } = said
      if (afterMs < 0) return
      setTimeout(() => {
        response.writeHead(status, headers)
        response.end(typeof told === 'string' ? told : JSON.stringify(told))
      }, afterMs)
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // it listens on TCP
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    says: (next) => {
      answer = next
    },
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}

const guard = createGuard({ allow: ['127.0.0.0/8'], loopbackOpen: true, own: null })

/** What a channel works with, guarded as in the hub with loopback opened. */
export const tools = (timeoutMs = 5_000): Tools => ({
  signal: new AbortController().signal,
  reach: (host, port) => guard.reach(host, port),
  request: (request) => webRequest(guard, 'public', { timeoutMs, ...request }),
})

export const outgoing = (more: Partial<Outgoing> = {}): Outgoing => ({
  title: 'Run 7 failed',
  text: 'The **disk** is full: [log](https://hub.example/runs/7)',
  format: 'markdown',
  level: 'error',
  dedup: '0f8fad5b-d9cb-469f-a165-70867728950e',
  at: new Date(1_700_000_000_000),
  partsSent: 0,
  ...more,
})

export const destination = (
  config: Record<string, unknown>,
  auth: Record<string, unknown> = { type: 'none' },
  address: string | null = null,
): Destination => ({ opened: { config, auth }, address, connectionId: 1 })
