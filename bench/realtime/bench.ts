/** How soon those who listen hear of a change, and what row-level security costs a request. */
import { spawn } from 'node:child_process'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import pg from 'pg'
import { WebSocket } from 'ws'
import { keptSecrets } from '#config'
import { embeddedAdminUrl, embeddedUrl, openDatabase } from '#database'
import { createSupabaseTokens } from '#identity'
import { makePlace, startHub } from '../../test/system/hub-process.ts'
import type { Order } from './generate.ts'

const SOCKETS = 500
const ROWS_OF_A_COMPANY = 10

interface Company {
  uuid: string
  members: string[]
  connectors: string[]
}

interface Scenario {
  name: string
  companies: number
  perSecond: number
  /** What the 95th percentile must stay below. */
  goalMs: number | null
}

const SCENARIOS: Scenario[] = [
  { name: `${SOCKETS} sockets in 50 companies, 200 changes/s`, companies: 50, perSecond: 200, goalMs: 150 },
  { name: `${SOCKETS} sockets in one company, 10 changes/s`, companies: 1, perSecond: 10, goalMs: null },
]

export async function benchRealtime({ seconds }: { seconds: number }): Promise<void> {
  const place = await makePlace()
  const hub = await startHub(place, { NODE_ENV: 'production' })
  try {
    const adminUrl = await embeddedAdminUrl(place.data)
    const url = await embeddedUrl(place.data)
    if (adminUrl === null || url === null) throw new Error("the hub's database has no address")
    const unset = { jwt_secret: null, supabase_jwt_secret: null, vault_keys: null }
    const secrets = await keptSecrets({ data_dir: place.data, ...unset })
    const tokens = createSupabaseTokens(secrets.supabase_jwt_secret)
    process.stdout.write(
      '\n## Realtime: from before a write to the subscriber, generator and hub in processes of their own\n',
    )
    process.stdout.write(`${row(['', 'heard', 'missing', 'p50 ms', 'p95 ms', 'p99 ms', 'goal p95'])}\n`)
    for (const scenario of SCENARIOS) {
      const companies = await seed(adminUrl, scenario)
      const ears = await listenIn(hub.url, companies, tokens)
      await generate({
        adminUrl,
        connectors: companies.flatMap((one) => one.connectors),
        perSecond: scenario.perSecond,
        seconds: 2,
      })
      await quiet(ears)
      ears.latencies.length = 0
      await generate({
        adminUrl,
        connectors: companies.flatMap((one) => one.connectors),
        perSecond: scenario.perSecond,
        seconds,
      })
      await quiet(ears)
      report(scenario, ears.latencies, scenario.perSecond * seconds * (SOCKETS / scenario.companies))
      for (const socket of ears.sockets) socket.terminate()
    }
    await benchPolicies(url, adminUrl, seconds)
  } finally {
    await hub.stop()
    await place.clear()
  }
}

async function seed(adminUrl: string, { companies }: Scenario): Promise<Company[]> {
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  const prefix = `bench${companies}`
  try {
    await client.query(
      `with member as (
         insert into identity."user" (username)
         select $1 || ' ' || n from generate_series(1, $2::int) n returning id, username
       )
       insert into identity."group" (name, owner_id)
       select $1 || ' company ' || split_part(username, ' ', 2), id from member where split_part(username, ' ', 2)::int <= $3`,
      [prefix, SOCKETS, companies],
    )
    await client.query(
      `insert into identity.user_group (user_id, group_id, role_id)
       select u.id, g.id, 'guest' from identity."user" u
       join identity."group" g on g.name = $1 || ' company ' || ((split_part(u.username, ' ', 2)::int - 1) % $2 + 1)
       where u.username like $1 || ' %' and g.owner_id <> u.id`,
      [prefix, companies],
    )
    await client.query(
      `insert into public.integration_connectors (company_id, provider, connector_type, created_by)
       select g.uuid, 'mysql', 'database', u.uuid from identity."group" g join identity."user" u on u.id = g.owner_id,
         generate_series(1, $2::int) where g.name like $1 || ' company %'`,
      [prefix, ROWS_OF_A_COMPANY],
    )
    await client.query('analyze')
    const found = await client.query<Company>(
      `select g.uuid,
         array(select u.uuid::text from identity.user_group m join identity."user" u on u.id = m.user_id where m.group_id = g.id)
           || array[o.uuid::text] as members,
         array(select i.id::text from public.integration_connectors i where i.company_id = g.uuid) as connectors
       from identity."group" g join identity."user" o on o.id = g.owner_id where g.name like $1 || ' company %'`,
      [prefix],
    )
    return found.rows
  } finally {
    await client.end()
  }
}

interface Ears {
  sockets: WebSocket[]
  latencies: number[]
}

async function listenIn(
  url: string,
  companies: readonly Company[],
  tokens: ReturnType<typeof createSupabaseTokens>,
): Promise<Ears> {
  const ears: Ears = { sockets: [], latencies: [] }
  const { anon } = await tokens.keys()
  for (const { uuid, members } of companies) {
    const opened = members.map(async (sub) => {
      const { token } = await tokens.issue({ sub, companyId: uuid, roleKeys: [] })
      const socket = new WebSocket(
        `${url.replace('http', 'ws')}/realtime/v1/websocket?apikey=${anon}&vsn=2.0.0`,
      )
      ears.sockets.push(socket)
      await new Promise((resolve, reject) => {
        socket.on('open', resolve)
        socket.on('error', reject)
      })
      const joined = Promise.withResolvers<void>()
      socket.on('message', (data: Buffer) => {
        const words = data.toString('latin1')
        if (words.includes('"phx_reply"')) joined.resolve()
        // Without parsing the whole: whoever measures must not be slow itself.
        const sent = /"sent": ?([\d.]+)/.exec(words)?.[1]
        if (sent !== undefined) ears.latencies.push(performance.timeOrigin + performance.now() - Number(sent))
      })
      const config = { postgres_changes: [{ event: '*', schema: 'public', table: 'integration_connectors' }] }
      socket.send(JSON.stringify(['1', '1', 'realtime:bench', 'phx_join', { config, access_token: token }]))
      await joined.promise
    })
    await Promise.all(opened)
  }
  return ears
}

async function generate(order: Order): Promise<void> {
  const script = path.join(import.meta.dirname, 'generate.ts')
  const child = spawn(process.execPath, ['--conditions=source', script, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await text(child.stdout)
}

/** Until nothing has come for a second. */
async function quiet({ latencies }: Ears): Promise<void> {
  for (let before = -1; before !== latencies.length;) {
    before = latencies.length
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}

function report({ name, goalMs }: Scenario, latencies: readonly number[], expected: number): void {
  const sorted = latencies.toSorted((a, b) => a - b)
  const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? Number.NaN).toFixed(0)
  const goal = goalMs === null ? '-' : `< ${goalMs}`
  process.stdout.write(
    `${row([name, String(sorted.length), String(expected - sorted.length), at(0.5), at(0.95), at(0.99), goal])}\n`,
  )
}

/** A page of ten rows: role, claims and policies against the bare query with the company in it. */
async function benchPolicies(url: string, adminUrl: string, seconds: number): Promise<void> {
  const db = openDatabase(url, { connections: 8 })
  const pool = new pg.Pool({ connectionString: adminUrl, max: 8 })
  const { rows } = await pool.query<{ company: string }>(
    'select company_id::text as company from public.integration_connectors limit 1',
  )
  const company = rows[0]?.company ?? ''
  const columns = 'select id, provider, status, config from public.integration_connectors'
  const bare = { name: 'bare', text: `${columns} where company_id = $1 limit 10`, values: [company] }
  const secured = { name: 'secured', text: `${columns} limit 10` }
  const claims = { role: 'authenticated', company_id: company }
  const ways = {
    bare: () => pool.query(bare),
    secured: () =>
      db.withConnection({ databaseRole: 'authenticated', claims }, (client) => client.query(secured)),
  }
  const found: Record<keyof typeof ways, number[]> = { bare: [], secured: [] }
  for (let round = 0; round < 5; round += 1) {
    for (const way of ['bare', 'secured'] as const) found[way].push(await perSecond(ways[way], seconds / 5))
  }
  const middle = (values: number[]) => values.toSorted((a, b) => a - b)[2] ?? Number.NaN
  const [without, withThem] = [middle(found.bare), middle(found.secured)]
  process.stdout.write('\n## Row-level security: a page of ten rows, 16 callers, 8 connections\n')
  process.stdout.write(
    `bare query ${without.toFixed(0)}/s, role and claims and policies ${withThem.toFixed(0)}/s: ${(without / withThem).toFixed(2)} × (goal ≤ 2.5 ×)\n`,
  )
  await Promise.all([pool.end(), db.close()])
}

async function perSecond(ask: () => Promise<unknown>, seconds: number): Promise<number> {
  const until = performance.now() + seconds * 1000
  let count = 0
  const caller = async () => {
    while (performance.now() < until) {
      await ask()
      count += 1
    }
  }
  await Promise.all(Array.from({ length: 16 }, caller))
  return count / seconds
}

function row(cells: string[]): string {
  return cells.map((cell, index) => (index === 0 ? cell.padEnd(48) : cell.padStart(10))).join('')
}
