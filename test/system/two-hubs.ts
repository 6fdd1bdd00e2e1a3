/** Two hubs over one database, of which one is killed while both start what is due; the short and the long test share it. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../harness/database.ts'
import {
  type Environment,
  type HubProcess,
  makePlace,
  type Person,
  type Place,
  signUp,
  startHub,
} from './hub-process.ts'

const TRANSFERS = 40
const SETTLED_WITHIN_MS = 45_000
/** So many days lie between the first round's due time and now: each round's is a day later. */
const FIRST_DAYS_AGO = 90
const DAY_MS = 24 * 60 * 60_000

export interface TwoHubs {
  /** All transfers come due at once; `victim` is killed after so long. */
  round: (victim: 0 | 1, afterMs: number) => Promise<void>
  stop: () => Promise<void>
}

interface Pair {
  places: [Place, Place]
  hubs: [HubProcess, HubProcess]
  environment: Environment
  database: TestDatabase
  rounds: number
}

export async function startTwoHubs(): Promise<TwoHubs> {
  const places: Pair['places'] = [await makePlace(), await makePlace()]
  const database = await createTestDatabase()
  const environment = {
    CROSSTIE_DATABASE_URL: database.url,
    CROSSTIE_VAULT_KEYS: `shared:${randomBytes(32).toString('base64url')}`,
    CROSSTIE_JWT_SECRET: randomBytes(32).toString('base64url'),
    CROSSTIE_LOG_LEVEL: 'warn',
    // What is started stays in its queue: it is the starting that is looked at.
    CROSSTIE_QUEUES: 'of-nobody',
  }
  const first = await startHub(places[0], environment)
  const second = await startHub(places[1], environment)
  await makeTransfers(await signUp(places[0], first.url, environment))
  const pair: Pair = { places, hubs: [first, second], environment, database, rounds: 0 }
  return { round: (victim, afterMs) => round(pair, victim, afterMs), stop: () => stop(pair) }
}

async function makeTransfers(ada: Person): Promise<void> {
  const { id: group_id } = await ada.ask('POST', '/v1/groups', { name: 'Clockwork', description: '' })
  const made = async (at: string, body: object): Promise<number> =>
    (await ada.ask('POST', at, { group_id, description: '', ...body })).id
  const queue_id = await made('/v1/queues', { name: 'main queue' })
  const files = await made('/v1/connections', {
    name: 'files',
    type: 'local',
    connection_data: { directory: '/' },
  })
  const end = { type: 'local', directory_path: '/', file_format: { type: 'csv' } }
  for (let number = 1; number <= TRANSFERS; number++) {
    await made('/v1/transfers', {
      name: `files ${number}`,
      queue_id,
      source_connection_id: files,
      source_params: end,
      target_connection_id: files,
      target_params: end,
      is_scheduled: true,
      schedule: '0 0 1 1 *',
    })
  }
}

async function round(pair: Pair, victim: 0 | 1, afterMs: number): Promise<void> {
  const { database, places, hubs, environment } = pair
  const due = await letAllComeDue(pair)
  await sleep(afterMs)
  await hubs[victim].kill()
  await settled(database, due)
  expect(
    await database.sql(
      `select count(*)::int as runs, count(distinct transfer_id)::int as transfers,
              count(*) filter (where type <> 'SCHEDULED')::int as others
       from transfer.run where scheduled_for = $1`,
      [due],
    ),
  ).toEqual([{ runs: TRANSFERS, transfers: TRANSFERS, others: 0 }])
  expect(await database.sql('select count(*)::int as runs from transfer.run')).toEqual([
    { runs: TRANSFERS * pair.rounds },
  ])
  hubs[victim] = await startHub(places[victim], environment)
}

/** What time does, done by SQL: the schedule's day was lately, and its timers stand at it. */
async function letAllComeDue(pair: Pair): Promise<Date> {
  pair.rounds += 1
  const days = FIRST_DAYS_AGO - pair.rounds
  const due = new Date(Math.floor(Date.now() / DAY_MS - days) * DAY_MS)
  // One simple query is one transaction. What was started before is over, or the next would wait in line.
  await pair.database.sql(`
    update transfer.run set status = 'FINISHED', started_at = now(), ended_at = now();
    update transfer.transfer set schedule = '0 0 ${due.getUTCDate()} ${due.getUTCMonth() + 1} *';
    update platform.timer set due_at = '${due.toISOString()}', attempts = 0,
      payload = jsonb_build_object('group_id', (select id from identity."group" where name = 'Clockwork'))
    where kind = 'transfer.schedule';
    select pg_notify('platform.timer', '')`)
  return due
}

/** Until no timer is due any more. What the killed hub held would lapse in half a minute: it lapses at once. */
async function settled(database: TestDatabase, due: Date): Promise<void> {
  let waiting = -1
  for (const until = Date.now() + SETTLED_WITHIN_MS; Date.now() < until; await sleep(200)) {
    const [found] = await database.sql<{ waiting: number; held: number }>(
      `select count(*)::int as waiting, count(*) filter (where lease_until > now())::int as held
       from platform.timer where kind = 'transfer.schedule' and due_at <= now()`,
    )
    if (found?.waiting === 0) return
    const isStuck = found?.waiting === found?.held && found?.waiting === waiting
    waiting = found?.waiting ?? -1
    if (!isStuck) continue
    await database.sql(`
      update platform.timer set lease_until = now() where kind = 'transfer.schedule' and due_at <= now();
      select pg_notify('platform.timer', '')`)
  }
  throw new Error(`${waiting} timers of ${due.toISOString()} were not acted on`)
}

async function stop({ hubs, places, database }: Pair): Promise<void> {
  for (const hub of hubs) await hub.stop()
  await database.drop()
  for (const place of places) await place.clear()
}
