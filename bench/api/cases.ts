/** `/v1` under load: sixteen callers on one hub over the tables of a large firm, beside the bare queries. */
import { spawn } from 'node:child_process'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { embeddedAdminUrl } from '#database'
import { makePlace, postmasterOf, signUp, startHub } from '../../test/system/hub-process.ts'
import { type BareQuery, runBare } from './bare.ts'
import { cpuOf, cpuOfTree } from './cpu.ts'
import type { Answered, Order } from './load.ts'
import { seed, type Seeded, SIZES } from './seed.ts'

const CALLERS = 16

interface Case {
  name: string
  order: Pick<Order, 'method' | 'paths' | 'body'>
  bare: BareQuery[]
  /** What SyncMaster's own server did with two tuned processes on two cores: requests a second, CPU seconds per 1,000. */
  syncmaster: { perSecond: number; cpu: number } | null
}

export async function benchApi({ seconds }: { seconds: number }): Promise<void> {
  const place = await makePlace()
  // The measured route is the work, not the limit of it.
  const hub = await startHub(place, { CROSSTIE_LIMIT_REQUESTS: '0', NODE_ENV: 'production' })
  try {
    const adminUrl = await embeddedAdminUrl(place.data)
    if (adminUrl === null) throw new Error("the hub's database has no address")
    const member = await signMemberUp(place, hub.url)
    const began = performance.now()
    const seeded = await seed(adminUrl, member.username)
    const { groups, connections, transfers, runs } = SIZES
    process.stdout.write(
      `\n## /v1, ${CALLERS} callers, ${groups} groups, ${connections} connections, ${transfers} transfers, ${runs} runs (filled in ${Math.round((performance.now() - began) / 1000)} s)\n`,
    )
    process.stdout.write(
      `${row(['', 'req/s', 'p50 ms', 'p99 ms', 'CPU s/1000', 'hub', 'database', 'bare q/s', 'p50 ms', 'request : query', 'SyncMaster CPU', 'hub fewer', 'with database'])}\n`,
    )
    const postmaster = await postmasterOf(place)
    let from = 1
    for (const one of casesOf(seeded, member)) {
      const order = { ...one.order, url: hub.url, token: member.token, callers: CALLERS }
      // Warm: plans, caches, the compiler.
      from += (await load({ ...order, seconds: 1, from })).requests + CALLERS
      const before = { hub: cpuOf(hub.pid), database: cpuOfTree(postmaster) }
      const answered = await load({ ...order, seconds, from })
      const spent = {
        hub: cpuOf(hub.pid) - before.hub,
        database: cpuOfTree(postmaster) - before.database,
      }
      from += answered.requests + CALLERS
      const bare =
        one.bare.length === 0
          ? null
          : await runBare(adminUrl, one.bare, { callers: CALLERS, seconds: Math.min(seconds, 3) })
      process.stdout.write(`${row(figures(one, answered, spent, bare))}\n`)
    }
  } finally {
    await hub.stop()
    await place.clear()
  }
}

function figures(
  one: Case,
  answered: Answered,
  spent: { hub: number; database: number },
  bare: { perSecond: number; p50: number } | null,
): string[] {
  const per = (value: number) => ((value / answered.requests) * 1000).toFixed(2)
  const cpu = ((spent.hub + spent.database) / answered.requests) * 1000
  const perSecond = answered.requests / answered.seconds
  return [
    one.name,
    perSecond.toFixed(0),
    answered.p50.toFixed(1),
    answered.p99.toFixed(1),
    cpu.toFixed(2),
    per(spent.hub),
    per(spent.database),
    bare?.perSecond.toFixed(0) ?? '',
    bare?.p50.toFixed(1) ?? '',
    bare === null ? '' : `${(bare.perSecond / perSecond).toFixed(1)} ×`,
    one.syncmaster?.cpu.toFixed(1) ?? '',
    one.syncmaster === null
      ? ''
      : `${(one.syncmaster.cpu / (spent.hub / answered.requests) / 1000).toFixed(1)} ×`,
    one.syncmaster === null ? '' : `${(one.syncmaster.cpu / cpu).toFixed(1)} ×`,
  ]
}

function row(cells: string[]): string {
  return cells.map((cell, index) => (index === 0 ? cell.padEnd(28) : cell.padStart(15))).join('')
}

interface Member {
  username: string
  token: string
}

/** A plain user of the hub, signed in. */
async function signMemberUp(place: Parameters<typeof signUp>[0], url: string): Promise<Member> {
  const ada = await signUp(place, url)
  const password = 'staple staple staple'
  await ada.ask('POST', '/v1/users', { username: 'maria', password })
  const answer = await fetch(`${url}/v1/auth/token`, {
    method: 'POST',
    body: new URLSearchParams({ username: 'maria', password }),
  })
  const { access_token: token } = (await answer.json()) as { access_token: string } // the hub's own answer
  return { username: 'maria', token }
}

function casesOf(seeded: Seeded, { username }: Member): Case[] {
  const { groupId, connectionIds, transferId, busyTransferId } = seeded
  const get = (...paths: string[]): Case['order'] => ({ method: 'GET', paths })
  const connections = `from connect.connection c join public.integration_connectors i on i.id = c.connector_id`
  const columns = 'c.id, i.id as uuid, c.group_id, c.name, c.description, i.provider, i.config, c.auth_shown'
  const runs = `select id, transfer_id, status, started_at, ended_at, log_url, type from transfer.run`
  const page = (from: string, order: string, values: unknown[], what = '*'): BareQuery[] => [
    { text: `select count(*) ${from}`, values },
    { text: `select ${what} ${from} order by ${order} limit 20`, values },
  ]
  const runPage = (transfer: number): BareQuery[] => [
    {
      text: 'select count(*) from transfer.run where transfer_id = $1 and group_id = $2',
      values: [transfer, groupId],
    },
    {
      text: `${runs} where transfer_id = $1 and group_id = $2 order by created_at desc, id desc limit 20`,
      values: [transfer, groupId],
    },
  ]
  const search = `to_tsquery('simple', 'orders & daily') || plainto_tsquery('russian', 'orders daily')`
  return [
    // What HTTP itself costs here, before anybody is asked for or anything is read.
    { name: 'nothing at all', order: get('/monitoring/ping'), bare: [], syncmaster: null },
    {
      name: 'connection by id',
      order: get(...connectionIds.map((id) => `/v1/connections/${id}`)),
      bare: [{ text: `select ${columns} ${connections} where c.id = $1`, values: [connectionIds[0]] }],
      syncmaster: { perSecond: 318, cpu: 5.6 },
    },
    {
      name: 'page of connections',
      order: get(`/v1/connections?group_id=${groupId}`),
      bare: page(`${connections} where c.group_id = $1`, 'c.name', [groupId], columns),
      syncmaster: { perSecond: 99, cpu: 18.8 },
    },
    {
      name: 'page of transfers',
      order: get(`/v1/transfers?group_id=${groupId}`),
      bare: page('from transfer.transfer where group_id = $1', 'name', [groupId]),
      syncmaster: { perSecond: 319, cpu: 5.5 },
    },
    {
      name: 'page of runs',
      order: get(`/v1/runs?transfer_id=${transferId}`),
      bare: runPage(transferId),
      syncmaster: { perSecond: 329, cpu: 5.3 },
    },
    {
      name: 'page of 10,000 runs',
      order: get(`/v1/runs?transfer_id=${busyTransferId}`),
      bare: runPage(busyTransferId),
      syncmaster: { perSecond: 80, cpu: 7.6 },
    },
    {
      name: 'page of groups',
      order: get('/v1/groups'),
      bare: page(
        `from identity."group" g where not personal and id in (select group_id from identity.user_group m join identity."user" u on u.id = m.user_id where u.username = $1)`,
        'name',
        [username],
      ),
      syncmaster: { perSecond: 391, cpu: 4.2 },
    },
    {
      name: 'search of connections',
      order: get(`/v1/connections?group_id=${groupId}&search_query=orders%20daily`),
      bare: page(
        `${connections} where c.group_id = $1 and c.search_vector @@ (${search})`,
        `ts_rank(c.search_vector, ${search}) desc, c.name`,
        [groupId],
        columns,
      ),
      syncmaster: { perSecond: 177, cpu: 9.4 },
    },
    {
      name: 'create a connection',
      order: {
        method: 'POST',
        paths: ['/v1/connections'],
        body: JSON.stringify({
          group_id: groupId,
          name: 'made {n}',
          description: '',
          type: 'postgres',
          connection_data: { host: 'db.prod.example', port: 5432, database_name: 'made' },
          auth_data: { type: 'basic', user: 'reader', password: 'a password' },
        }),
      },
      // With the rows that its triggers and the vault add.
      bare: [
        {
          text: `with made as (
            insert into public.integration_connectors (company_id, provider, connector_type, status, config, created_by)
            select g.uuid, 'postgres', 'database', 'active', '{"host": "db.prod.example"}', u.uuid
            from identity."group" g join identity."user" u on u.id = g.owner_id where g.id = $1 returning id
          ) select 1 from made`,
          values: [groupId],
        },
      ],
      syncmaster: { perSecond: 260, cpu: 6.4 },
    },
  ]
}

async function load(order: Order): Promise<Answered> {
  const child = spawn(process.execPath, ['--conditions=source', path.join(import.meta.dirname, 'load.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(JSON.stringify(order))
  const [said, code] = await Promise.all([
    text(child.stdout),
    new Promise<number | null>((resolve) => child.once('close', resolve)),
  ])
  if (code !== 0) throw new Error(`the callers ended with ${code}`)
  return JSON.parse(said) as Answered // its own line
}
