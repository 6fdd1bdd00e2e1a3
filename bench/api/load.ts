/**
 * Callers in a process of their own, so that what they cost is nobody's figure: reads one order as JSON from
 * standard input, does it, and answers one line of JSON.
 */
import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'

export interface Order {
  url: string
  token: string
  callers: number
  seconds: number
  method: 'GET' | 'POST'
  /** Asked in turn; `{n}` becomes a number that is never used twice. */
  paths: string[]
  body?: string
  /** Where `{n}` begins. */
  from: number
}

export interface Answered {
  requests: number
  seconds: number
  /** Milliseconds. */
  p50: number
  p99: number
}

async function carryOut(order: Order): Promise<Answered> {
  const agent = new Agent({ keepAlive: true, maxSockets: order.callers })
  const { hostname, port } = new URL(order.url)
  const took: number[] = []
  let next = order.from
  const began = performance.now()
  const until = began + order.seconds * 1000
  const ask = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const n = next++
      const at = order.paths[n % order.paths.length] ?? '/'
      const body = order.body?.replaceAll('{n}', String(n))
      const headers = {
        authorization: `Bearer ${order.token}`,
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      }
      const asked = performance.now()
      const going = request({ agent, hostname, port, path: at, method: order.method, headers }, (answer) => {
        if (answer.statusCode !== 200) reject(new Error(`${at}: ${answer.statusCode}`))
        answer.on('error', reject)
        answer.on('end', () => {
          took.push(performance.now() - asked)
          resolve()
        })
        answer.resume()
      })
      going.on('error', reject)
      going.end(body)
    })
  const caller = async (): Promise<void> => {
    while (performance.now() < until) await ask()
  }
  await Promise.all(Array.from({ length: order.callers }, caller))
  const seconds = (performance.now() - began) / 1000
  agent.destroy()
  took.sort((a, b) => a - b)
  const at = (share: number) => took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? 0
  return { requests: took.length, seconds, p50: at(0.5), p99: at(0.99) }
}

const order = JSON.parse(await text(process.stdin)) as Order // written by the benchmark itself
process.stdout.write(`${JSON.stringify(await carryOut(order))}\n`)
