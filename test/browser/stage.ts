import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Browser } from 'playwright-core'
import { startTestPostgres } from '../../src/platform/testing/postgres.ts'
import { type FreshHub, startFreshHub } from '../docs/fresh-hub.ts'
import { launchBrowser } from './browser.ts'
import { buildPageIfStale } from './page-build.ts'

/** The other system: a shop's database and an empty warehouse on one server, with a login that sees both. */
export interface Shop {
  host: string
  port: number
  user: string
  password: string
  /** A statement in the shop's database as administrator. */
  sql: (text: string) => Promise<void>
  /** Keeps a table from everybody else until the answered function is called. */
  lock: (table: string) => Promise<() => Promise<void>>
}

export interface Stage {
  hub: FreshHub
  url: string
  /** The one-time link that the hub printed. */
  setupLink: string
  browser: Browser
  shop: Shop
  close: () => Promise<void>
}

const ROWS = 300_000

/** Everything that a story of the page needs: the hub as its user starts it, a browser, a database with data. */
export async function openStage(): Promise<Stage> {
  await buildPageIfStale()
  const closers: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const end of closers.splice(0).toReversed()) await end()
  }
  try {
    const hub = await startFreshHub()
    closers.push(hub.stop)
    const server = await startTestPostgres()
    closers.push(server.stop)
    const browser = await launchBrowser()
    closers.push(() => browser.close())
    const setupLink = /http\S+\/setup\?token=\S+/.exec(hub.log())?.[0]
    if (setupLink === undefined) throw new Error(`the hub printed no one-time link:\n${hub.log()}`)
    await layFiles(path.join(hub.desk, 'files'))
    const shop = await openShop(server)
    return { hub, url: `http://127.0.0.1:${hub.port}`, setupLink, browser, shop, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function openShop(server: Awaited<ReturnType<typeof startTestPostgres>>): Promise<Shop> {
  const { hostname, port } = new URL(server.adminUrl)
  const sql = async (text: string) => {
    const client = await server.connect()
    await client.query(text).finally(() => client.end())
  }
  await sql(`create role clerk login password 'right horse'`)
  await sql(`create database warehouse owner clerk`)
  await sql(`
    create schema shop authorization clerk;
    create table shop.orders (
      id integer primary key,
      customer text not null,
      amount numeric(10, 2),
      state text,
      ordered_at timestamptz not null
    );
    insert into shop.orders
      select n, 'customer ' || n % 977, (n % 9973) / 7.0, (array['new', 'paid', 'sent', 'returned'])[1 + n % 4],
        timestamptz '2026-01-01' + n * interval '7 seconds'
      from generate_series(1, ${ROWS}) n;
    create table shop.product (id integer primary key, name text not null, price numeric(8, 2));
    insert into shop.product select n, 'Product ' || n, n * 1.5 from generate_series(1, 300) n;
    alter table shop.orders owner to clerk;
    alter table shop.product owner to clerk;
    analyze;
  `)
  const lock = async (table: string) => {
    const client = await server.connect()
    await client.query(`begin; lock table ${table} in access exclusive mode`)
    return async () => {
      await client.query('rollback')
      await client.end()
    }
  }
  return { host: hostname, port: Number(port), user: 'clerk', password: 'right horse', sql, lock }
}

async function layFiles(folder: string): Promise<void> {
  await mkdir(path.join(folder, 'in'), { recursive: true })
  await writeFile(
    path.join(folder, 'in', 'cities.csv'),
    'name,population\nParis,2102650\nZürich,434335\n北京,21893095\n',
  )
}
