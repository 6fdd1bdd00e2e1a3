/** A firm on SyncMaster: a bit of everything that a move meets. */
import type pg from 'pg'
import { FULL, put, putAuth, RESOURCES } from './syncmaster-database.ts'

export interface Firm {
  users: { ada: number; bob: number; gone: number }
  groups: { shop: number; lab: number }
  connections: { orders: number; archive: number; odd: number; bare: number; lab: number }
  queue: number
  transfers: { daily: number; broken: number; crossed: number }
}

export const SECRET = 'пароль-Ada-🔑-s3cret'

export async function fillFirm(
  client: pg.Client,
  database: { host: string; port: number; name: string },
): Promise<Firm> {
  const user = (username: string, more: object = {}) =>
    put(client, 'user', {
      username,
      is_superuser: false,
      is_active: true,
      created_at: '2024-03-01T08:00:00.123456Z',
      ...more,
    })
  const ada = await user('ada', {
    email: 'ada@example.com',
    first_name: 'Ада',
    last_name: 'Лавлейс',
    is_superuser: true,
  })
  const bob = await user('bob')
  const gone = await user('gone', { is_active: false })
  const shop = await put(client, 'group', { name: 'Магазин', description: 'the shop', owner_id: ada })
  const lab = await put(client, 'group', { name: 'Lab', description: '', owner_id: bob })
  await put(client, 'user_group', { user_id: bob, group_id: shop, role: 'Developer' })
  await put(client, 'user_group', { user_id: gone, group_id: shop, role: 'Guest' })
  await put(client, 'user_group', { user_id: bob, group_id: lab, role: 'Maintainer' })

  const connection = (group_id: number, name: string, type: string, data: object) =>
    put(client, 'connection', { group_id, name, type, description: `${name} of old`, data })
  const { host, port, name } = database
  const postgres = { host, port, database_name: name, additional_params: {} }
  const orders = await connection(shop, 'orders', 'postgres', postgres)
  const archive = await connection(shop, 'archive', 's3', {
    host: 's3.example.com',
    port: 443,
    bucket: 'archive',
    region: 'eu',
    protocol: 'https',
    bucket_style: 'path',
    additional_params: {},
  })
  const odd = await connection(shop, 'odd', 'greenplum', {
    host: 'gp',

    big: 12345678901234567890n.toString(),
  })
  const bare = await connection(shop, 'bare', 'postgres', postgres)
  const ofLab = await connection(lab, 'orders', 'postgres', postgres)
  await putAuth(client, orders, { type: 'basic', user: 'reader', password: SECRET })
  await putAuth(client, archive, { type: 's3', access_key: 'AK', secret_key: `${SECRET}-s3` })
  await putAuth(client, odd, { type: 'kerberos', keytab: SECRET })
  await putAuth(client, ofLab, { type: 'basic', user: 'lab', password: SECRET })

  const queue = await put(client, 'queue', {
    name: 'nightly',
    slug: `${shop}-nightly`,
    group_id: shop,
    description: '',
  })
  const transfer = (name: string, more: object) =>
    put(client, 'transfer', {
      group_id: shop,
      name,
      description: '',
      source_connection_id: orders,
      target_connection_id: orders,
      queue_id: queue,
      source_params: { type: 'postgres', table_name: 'public.orders' },
      target_params: { type: 'postgres', table_name: 'public.orders_copy' },
      strategy_params: FULL,
      transformations: JSON.stringify([]),
      resources: RESOURCES,
      is_scheduled: false,
      schedule: '',
      ...more,
    })
  const daily = await transfer('orders daily', { is_scheduled: true, schedule: '0 3 * * 0' })
  const broken = await transfer('broken', { is_scheduled: true, schedule: 'not a cron' })
  const crossed = await transfer('crossed', { source_connection_id: ofLab })

  const dump = (auth: object) => ({
    id: daily,
    name: 'orders daily',
    group_id: shop,
    queue_id: queue,
    source_connection_id: orders,
    target_connection_id: orders,
    source_params: { type: 'postgres', table_name: 'public.orders' },
    target_params: { type: 'postgres', table_name: 'public.orders_copy' },
    strategy_params: FULL,
    is_scheduled: true,
    schedule: '0 3 * * 0',
    description: 'a NUL: \u0000, and none: \\u0000',
    source_connection: {
      id: orders,
      group_id: shop,
      name: 'orders',
      description: '',
      data: postgres,
      auth_data: auth,
    },
    target_connection: {
      id: orders,
      group_id: shop,
      name: 'orders',
      description: '',
      data: postgres,
      auth_data: auth,
    },
  })
  const run = (status: string, more: object = {}) =>
    put(client, 'run', {
      transfer_id: daily,
      status,
      type: 'MANUAL',
      transfer_dump: dump({ type: 'basic', user: 'reader' }),
      created_at: '2025-01-01T03:00:00Z',
      updated_at: '2025-01-01T03:05:00.000001Z',
      ...more,
    })
  const started = { started_at: '2025-01-01T03:00:01Z' }
  await run('FINISHED', {
    ...started,
    ended_at: '2025-01-01T03:05:00Z',
    type: 'SCHEDULED',
    log_url: 'https://logs.example.com/1',
  })
  await run('FAILED', {
    ...started,
    transfer_dump: dump({ type: 'basic', user: 'reader', password: SECRET }),
  })
  await run('SEND_STOP_SIGNAL')
  await run('STARTED', started)
  return {
    users: { ada, bob, gone },
    groups: { shop, lab },
    connections: { orders, archive, odd, bare, lab: ofLab },
    queue,
    transfers: { daily, broken, crossed },
  }
}
