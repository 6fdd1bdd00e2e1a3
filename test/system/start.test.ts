import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type HubProcess,
  launchHub,
  makePlace,
  type Place,
  postmasterOf,
  processesOf,
  signUp,
  startHub,
  statusOf,
} from './hub-process.ts'

let place: Place
let hubs: HubProcess[]

beforeEach(async () => {
  place = await makePlace()
  hubs = []
})

afterEach(async () => {
  for (const hub of hubs) await hub.kill()
  // The database of a hub that was killed lives on for the next one; here there is none.
  for (const { pid } of await processesOf(place)) process.kill(pid, 'SIGKILL')
  await place.clear()
})

async function start(): Promise<HubProcess> {
  const hub = await startHub(place)
  hubs.push(hub)
  return hub
}

test('a first start says where the hub is and how to begin; SIGTERM and SIGINT stop it, and nothing is left', async () => {
  const first = await start()
  await expect.poll(first.said).toMatch(/Crosstie is up\.[^]*First visit +http:[^]*\/setup\?token=/)
  expect(first.said()).toContain(place.data)
  expect(await first.stop('SIGTERM')).toEqual({ code: 0, signal: null })
  expect(await processesOf(place)).toEqual([])

  const second = await start()
  expect(await second.stop('SIGINT')).toEqual({ code: 0, signal: null })
  expect(await processesOf(place)).toEqual([])
})

test('a stop in the middle of a start is kept to', async () => {
  const hub = await launchHub(place)
  hubs.push(hub)
  await expect.poll(() => postmasterOf(place).catch(() => 0), { timeout: 30_000, interval: 20 }).not.toBe(0)
  expect(await hub.stop('SIGTERM')).toEqual({ code: 0, signal: null })
  expect(await processesOf(place)).toEqual([])
})

test('a connection that was opened ahead and asks nothing, as browsers do, does not hold up a stop', async () => {
  const hub = await start()
  const { port, hostname } = new URL(hub.url)
  const idle = connect(Number(port), hostname)
  await once(idle, 'connect')
  const began = Date.now()
  expect(await hub.stop()).toEqual({ code: 0, signal: null })
  expect(Date.now() - began).toBeLessThan(15_000)
  idle.destroy()
})

test('after kill -9 of the hub the next start takes its database over, and a second hub is refused', async () => {
  const first = await start()
  const ada = await signUp(place, first.url)
  const postmaster = await postmasterOf(place)
  expect(await first.kill()).toEqual({ code: null, signal: 'SIGKILL' })

  const second = await start()
  expect(await postmasterOf(place)).toBe(postmaster)
  expect(await ada.at(second.url).ask('GET', '/v1/users/me')).toMatchObject({ username: 'ada' })

  const third = await launchHub(place)
  expect(await third.end).toEqual({ code: 5, signal: null })
  expect(third.said()).toContain(`Another hub (process ${second.pid}) serves the data folder ${place.data}`)
  expect(await statusOf(`${second.url}/readyz`)).toBe(200)

  expect(await second.stop()).toEqual({ code: 0, signal: null })
  expect(await processesOf(place)).toEqual([])
})

test('a database that is killed under the hub comes back; requests meanwhile are told to try again', async () => {
  const hub = await start()
  const ada = await signUp(place, hub.url)
  const statuses = new Set<number>()
  let asking = true
  const asked = [1, 2, 3].map(async () => {
    for (; asking; await sleep(5)) statuses.add(await statusOf(`${hub.url}/v1/groups`, ada.token))
  })
  for (let times = 1; times <= 2; times++) {
    const before = await postmasterOf(place)
    process.kill(before, 'SIGKILL')
    await expect.poll(() => postmasterOf(place), { timeout: 20_000 }).not.toBe(before)
    await expect.poll(() => statusOf(`${hub.url}/readyz`), { timeout: 20_000 }).toBe(200)
  }
  asking = false
  await Promise.all(asked)
  expect(statuses).toEqual(new Set([200, 503]))
  expect(await ada.ask('GET', '/v1/users/me')).toMatchObject({ username: 'ada' })
  await expect.poll(hub.said).toContain('has been started again')
  expect(await hub.stop()).toEqual({ code: 0, signal: null })
  expect(await processesOf(place)).toEqual([])
})

test('a hub whose database dies again and again ends with the reason, for a manager of services to see', async () => {
  const hub = await start()
  const restarts = () => hub.said().split('has been started again').length - 1
  let isOver = false
  void hub.end.then(() => (isOver = true))
  // A restart that fails counts as one more death, so a busy machine may come to the end sooner.
  for (let deaths = 1; deaths <= 6 && !isOver; deaths++) {
    const before = restarts()
    process.kill(await postmasterOf(place), 'SIGKILL')
    await expect.poll(() => isOver || restarts() > before, { timeout: 60_000 }).toBe(true)
  }
  expect(await hub.end).toEqual({ code: 1, signal: null })
  expect(hub.said()).toMatch(/crosstie: The hub ends: its own PostgreSQL was lost more than 5 times/)
  expect(await processesOf(place)).toEqual([])
})
