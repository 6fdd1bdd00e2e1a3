import type { SeenOptions } from './browser.ts'
import type { Stage } from './stage.ts'

/** Ids of what `furnish` made, for the addresses of its pages. */
export interface Furnished {
  group: number
  connection: number
  transfer: number
  queue: number
  run: number
  failedRun: number
  user: number
}

export const ADA = { username: 'ada', password: 'correct horse' }
export const BOB = { username: 'bob', password: 'battery staple' }

type Call = (method: string, path: string, body?: unknown) => Promise<{ id: number; status?: string }>

/** A hub as it looks when people have worked in it for a while; made over the API, since its pages are the subject. */
export async function furnish(stage: Stage): Promise<Furnished> {
  const token = new URL(stage.setupLink).searchParams.get('token')
  const call = await signedIn(stage.url, token)
  const group = await call('POST', '/v1/groups', { name: 'Shop', description: 'Orders and products' })
  const bob = await call('POST', '/v1/users', {
    ...BOB,
    display_name: 'Bob Miller',
    email: 'bob@example.org',
  })
  await call('POST', `/v1/groups/${group.id}/users/${bob.id}`, { role: 'Guest' })
  const queue = await call('POST', '/v1/queues', {
    group_id: group.id,
    name: 'Nightly',
    description: 'Heavy work',
  })
  const { host, port, user, password } = stage.shop
  const postgres = (name: string, database_name: string) =>
    call('POST', '/v1/connections', {
      group_id: group.id,
      name,
      description: '',
      type: 'postgres',
      connection_data: { host, port, database_name },
      auth_data: { type: 'basic', user, password },
    })
  const source = await postgres('Shop database', 'crosstie')
  const target = await postgres('Warehouse', 'warehouse')
  const transfer = (name: string, table: string, more: object = {}) =>
    call('POST', '/v1/transfers', {
      group_id: group.id,
      queue_id: queue.id,
      source_connection_id: source.id,
      target_connection_id: target.id,
      name,
      source_params: { type: 'postgres', table_name: `shop.${table}` },
      target_params: { type: 'postgres', table_name: `public.${table}` },
      ...more,
    })
  const orders = await transfer('Orders to the warehouse', 'orders', {
    description: 'Every order, for the reports of the morning',
    is_scheduled: true,
    schedule: '0 3 * * *',
    timezone: 'Europe/Zurich',
  })
  const missing = await transfer('Returns', 'returns')
  const runTo = async (transfer_id: number, end: string) => {
    const run = await call('POST', '/v1/runs', { transfer_id })
    await over(call, run.id, end)
    return run.id
  }
  await runTo(orders.id, 'FINISHED')
  await call('POST', '/v1/applications', { name: 'Nightly script', type: 'all', user: true })
  const failedRun = await runTo(missing.id, 'FAILED')
  const run = await runTo(orders.id, 'FINISHED')
  return {
    group: group.id,
    connection: source.id,
    transfer: orders.id,
    queue: queue.id,
    run,
    failedRun,
    user: bob.id,
  }
}

/** More of connectors than the other stories want: a synced database with a schedule, and a webhook, whose id is answered. */
export async function furnishConnectors(
  { browser, url }: Stage,
  storageState: NonNullable<SeenOptions['storage']>,
  { connection, group }: Furnished,
): Promise<number> {
  const context = await browser.newContext({ baseURL: url, storageState })
  const call = async (method: string, path: string, data?: object) => {
    const headers = { 'X-Crosstie-CSRF': '1' }
    const answer = await context.request.fetch(path, { method, headers, ...(data !== undefined && { data }) })
    if (!answer.ok()) throw new Error(`${method} ${path} answered ${await answer.text()}`)
    return answer.json()
  }
  const sync = await call('POST', `/v1/connections/${connection}/sync`)
  await call('PUT', `/v1/connections/${connection}/schedule`, {
    type: 'cron',
    cron: '30 3 * * 1-5',
    timezone: 'Europe/Zurich',
  })
  const { id } = await call('POST', '/v1/connections', {
    group_id: group,
    name: 'Calls of the shop',
    description: '',
    type: 'webhook',
    connection_data: { scheme: 'standard' },
    auth_data: { type: 'hmac', secret: 'whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1u' },
  })
  for (const until = Date.now() + 30_000; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
    const { state } = await call('GET', `/v1/syncs/${sync.id}`)
    if (state === 'succeeded') break
    if (state === 'failed' || Date.now() > until) throw new Error(`the sync has ${state}`)
  }
  await context.close()
  return id
}

async function signedIn(url: string, token: string | null): Promise<Call> {
  const headers = { 'Content-Type': 'application/json', 'X-Crosstie-CSRF': '1' }
  const made = await fetch(`${url}/v1/auth/setup`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ token, ...ADA }),
  })
  const cookie = made.headers.get('set-cookie')?.split(';')[0]
  if (!made.ok || cookie === undefined) throw new Error(`setup answered ${made.status}: ${await made.text()}`)
  return async (method, path, body) => {
    const answer = await fetch(url + path, {
      method,
      headers: { ...headers, cookie },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`)
    return text === '' ? { id: 0 } : JSON.parse(text)
  }
}

async function over(call: Call, runId: number, end: string): Promise<void> {
  const until = Date.now() + 60_000
  for (;;) {
    const { status } = await call('GET', `/v1/runs/${runId}`)
    if (status === end) return
    if (status === 'FAILED' || status === 'FINISHED' || Date.now() > until) {
      throw new Error(`run ${runId} is ${status}, not ${end}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
