/** Each change once, in the order of commits, whatever happens to transactions and connections. */
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aWhile, type Bare, listening, startStage, type Stage, until } from './stage.ts'

let stage: Stage
let bare: Bare
beforeAll(async () => {
  stage = await startStage()
  bare = await stage.socket(stage.anonKey)
  await bare.join('realtime:x', listening(), await stage.tokenOf('gus', stage.shop))
})
afterAll(() => stage.stop())

const INSERT = `insert into public.integration_connectors (company_id, provider, connector_type, created_by) values ($1, $2, 'database', $3)`
const providers = () => bare.changes().map(({ payload }) => payload.data.record?.provider)
const connect = async () => {
  const client = new pg.Client({ connectionString: stage.hub.adminUrl })
  await client.connect()
  return client
}
const insertBy = (client: pg.Client, provider: string) =>
  client.query(INSERT, [stage.shop.uuid, provider, stage.hub.user('ada').uuid])

test('what is rolled back is not told', async () => {
  const client = await connect()
  await client.query('begin')
  await insertBy(client, 'undone')
  await client.query('rollback')
  await insertBy(client, 'done')
  await client.end()
  await until(() => providers().includes('done'), 'what was done')
  expect(providers()).not.toContain('undone')
})

test('sixty at once come each once, and those of one row in their order', async () => {
  const before = bare.changes().length
  const ids = await Promise.all(
    Array.from({ length: 60 }, (_, n) => stage.insert(stage.shop, `at once ${n}`)),
  )
  const [one] = ids
  for (let n = 0; n < 20; n += 1) {
    await stage.hub.sql('update public.integration_connectors set status = $2 where id = $1', [
      one,
      String(n),
    ])
  }
  await until(() => bare.changes().length >= before + 80, 'all of them')
  await aWhile()
  const told = bare.changes().slice(before)
  expect(told).toHaveLength(80)
  expect(new Set(told.slice(0, 60).map(({ payload }) => payload.data.record.id)).size).toBe(60)
  expect(told.slice(60).map(({ payload }) => payload.data.record.status)).toEqual(
    Array.from({ length: 20 }, (_, n) => String(n)),
  )
})

test('one that began early and ends late comes when it ends, after what ended before', async () => {
  const [early, late] = [await connect(), await connect()]
  await early.query('begin')
  await insertBy(early, 'began first')
  await insertBy(late, 'ended first')
  await until(() => providers().includes('ended first'), 'the quick one')
  expect(providers()).not.toContain('began first')
  await early.query('commit')
  await until(() => providers().includes('began first'), 'the slow one')
  expect(providers().indexOf('began first')).toBeGreaterThan(providers().indexOf('ended first'))
  await Promise.all([early.end(), late.end()])
})

test('what happened while the listening connection was away comes after it, once', async () => {
  const cut = `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query ilike 'listen%'`
  for (let round = 0; round < 3; round += 1) {
    const early = await connect()
    await early.query('begin')
    await insertBy(early, `open during ${round}`)
    await stage.hub.sql(cut)
    await stage.insert(stage.shop, `while away ${round}`)
    await early.query('commit')
    await early.end()
    await until(() => providers().includes(`open during ${round}`), 'the one that was open')
    await until(() => providers().includes(`while away ${round}`), 'the one that was missed')
  }
  await aWhile()
  const told = providers().filter((provider) => /during|away/.test(provider ?? ''))
  expect(told).toHaveLength(6)
  expect(new Set(told)).toEqual(new Set([0, 1, 2].flatMap((n) => [`open during ${n}`, `while away ${n}`])))
})

test('many rows of one statement come in one go', async () => {
  const before = bare.changes().length
  await stage.hub.sql(
    `insert into public.integration_connectors (company_id, provider, connector_type, created_by)
     select $1, 'bulk ' || n, 'database', $2 from generate_series(1, 450) n`,
    [stage.shop.uuid, stage.hub.user('ada').uuid],
  )
  await until(() => bare.changes().length === before + 450, 'all rows')
  expect(providers().slice(before)).toEqual(Array.from({ length: 450 }, (_, n) => `bulk ${n + 1}`))
})
