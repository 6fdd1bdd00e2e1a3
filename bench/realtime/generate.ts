/** The one who changes connectors, in a process of its own: it must not wait for those who listen. */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

export interface Order {
  adminUrl: string
  connectors: string[]
  perSecond: number
  seconds: number
}

const order = JSON.parse(process.argv[2] ?? '') as Order // written by bench.ts
const pool = new pg.Pool({ connectionString: order.adminUrl, max: 8 })
const began = performance.now()
const total = order.perSecond * order.seconds
const writes: Promise<unknown>[] = []
for (let n = 0; n < total; n += 1) {
  const dueMs = (n / order.perSecond) * 1000 - (performance.now() - began)
  if (dueMs > 1) await sleep(dueMs)
  // The clock of the whole machine, so that another process may compare.
  const sent = performance.timeOrigin + performance.now()
  const id = order.connectors[n % order.connectors.length]
  writes.push(
    pool.query({
      name: 'change',
      text: 'update public.integration_connectors set config = $2 where id = $1',
      values: [id, JSON.stringify({ sent })],
    }),
  )
}
await Promise.all(writes)
await pool.end()
process.stdout.write(JSON.stringify({ seconds: (performance.now() - began) / 1000 }))
