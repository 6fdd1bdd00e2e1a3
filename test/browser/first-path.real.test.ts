/** A new user's first hour, from the link in the log to a run that was stopped and tried again. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openWindow, type Seen } from './browser.ts'
import { openStage, type Stage } from './stage.ts'

let stage: Stage
let seen: Seen
let page: Page

beforeAll(async () => {
  stage = await openStage()
  seen = await openWindow(stage.browser, stage.url)
  page = seen.page
})
afterAll(async () => {
  await stage?.close()
})

const box = (name: string) => page.getByRole('textbox', { name, exact: true })
const button = (name: string) => page.getByRole('button', { name, exact: true })
const heading = (name: string | RegExp) => page.getByRole('heading', { name })
const goTo = (place: string) => page.getByRole('link', { name: place, exact: true }).first().click()

async function choose(field: string, option: string | RegExp): Promise<void> {
  await page.getByRole('combobox', { name: field, exact: true }).click()
  await page.getByRole('option', { name: option }).click()
}

test('the first visit ends at sign-in, and says that the one-time link is needed', async () => {
  await page.goto('/transfers')
  await heading('Sign in').waitFor()
  await page.getByText('This hub has no superuser yet').waitFor()
  expect(page.url()).toContain('to=%2Ftransfers')
})

test('the one-time link makes the first superuser, once', async () => {
  await page.goto(stage.setupLink)
  await box('Username').fill('ada')
  await page.getByLabel('Password', { exact: true }).fill('short')
  await page.getByLabel('The same password again').fill('other')
  await button('Create and sign in').click()
  await page.getByText('The two passwords differ.').waitFor()
  await page.getByLabel('Password', { exact: true }).fill('correct horse')
  await page.getByLabel('The same password again').fill('correct horse')
  await button('Create and sign in').click()
  await heading('Your first copy').waitFor()
  const again = await openWindow(stage.browser, stage.url)
  await again.page.goto(stage.setupLink)
  await again.page.getByText('This hub is set up already').waitFor()
  await again.context.close()
})

test('the empty hub shows three doors, and says which are not open yet', async () => {
  const doors = page.getByRole('list', { name: 'What you can do' })
  expect(await doors.getByRole('heading').allTextContents()).toEqual([
    'Copy a table',
    'Send a message',
    'Publish a package',
  ])
  expect(await doors.getByText('not open yet').count()).toBe(2)
  expect(await doors.getByRole('link').count()).toBe(1)
})

test('a group is made, and the page works in it from then on', async () => {
  await goTo('Groups')
  await button('New group').click()
  await box('Name').fill('Shop')
  await box('Description').fill('Orders and products')
  await button('Create group').click()
  await heading('Shop').waitFor()
  await page.getByRole('combobox', { name: 'Group' }).and(page.locator('[value="Shop"]')).waitFor()
})

async function fillConnection(name: string, database: string, password: string): Promise<void> {
  const { host, port, user } = stage.shop
  await box('Name').fill(name)
  await box('Host').fill(host)
  await box('Port').fill(String(port))
  await box('Database').fill(database)
  await box('User').fill(user)
  await page.getByLabel(/^Password/).fill(password)
}

test('Test says in words that a password is wrong, and that the right one works', async () => {
  await goTo('Connections')
  await page.getByText('No connections yet').waitFor()
  await page.getByRole('link', { name: 'New connection' }).first().click()
  await fillConnection('Orders', 'crosstie', 'wrong')
  await button('Test').click()
  const answer = page.getByRole('main').getByRole('alert')
  await answer.getByText('It does not work').waitFor()
  expect(await answer.textContent()).toMatch(/password/i)
  expect(await answer.textContent()).not.toContain('wrong')
  await page.getByLabel(/^Password/).fill(stage.shop.password)
  await button('Test').click()
  await page.getByText('It works').waitFor()
})

test('the form shows itself as an API call, without the secret', async () => {
  await button('As API call').click()
  const call = await page.getByRole('figure', { name: 'The same with curl' }).textContent()
  expect(call).toContain("curl -X POST 'http://127.0.0.1:")
  expect(call).not.toContain(stage.shop.password)
})

test('a connection is saved; its page shows what is behind it, and never its secret', async () => {
  await button('Create connection').click()
  await heading('Orders').waitFor()
  await button('Open shop').click()
  await button('Open orders').click()
  await page.getByText('numeric(10,2)').waitFor()
  await page.getByText('Sealed. They can be replaced, never read.').waitFor()
  expect(await page.content()).not.toContain(stage.shop.password)
  await page.goto('/connections/new')
  await fillConnection('Warehouse', 'warehouse', stage.shop.password)
  await button('Create connection').click()
  await heading('Warehouse').waitFor()
})

test('the hub’s refusal stands at the field that it is about', async () => {
  await page.goto('/connections/new')
  await fillConnection('Orders', 'crosstie', 'any')
  await button('Create connection').click()
  await page.getByText(/already exists/).waitFor()
  await page.goto('/connections')
})

test('a transfer is made by browsing to the table, with a queue made in passing', async () => {
  await goTo('Transfers')
  await page.getByRole('link', { name: 'New transfer' }).first().click()
  await choose('Source connection', 'Orders')
  await button('Open shop').click()
  await button('Choose orders').click()
  await choose('Target connection', 'Warehouse')
  await page.getByRole('textbox', { name: 'Table' }).nth(1).fill('public.orders')
  await button('New queue').click()
  await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('Main')
  await button('Create queue').click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await box('Name').fill('Orders to the warehouse')
})

test('before it is saved, the form explains what a run will do', async () => {
  await button('Explain').click()
  await heading('What a run will do').waitFor()
  await page.getByText('PostgreSQL’s own COPY, byte for byte').waitFor()
  await page.getByText('customer 1', { exact: true }).first().waitFor()
})

test('what was typed survives a reload', async () => {
  await page.reload()
  await page.getByText('This form holds what you typed before.').waitFor()
  expect(await box('Name').inputValue()).toBe('Orders to the warehouse')
  await button('Create transfer').click()
  await heading('Orders to the warehouse').waitFor()
  await page.getByText('Not run yet').waitFor()
})

test('a run is watched live, and stopped in the middle; the target stays as it was', async () => {
  const release = await stage.shop.lock('shop.orders')
  try {
    await button('Run now').click()
    await heading(/^Run \d+$/).waitFor()
    await page.getByRole('progressbar', { name: 'Progress' }).waitFor()
    await page.getByText('Running', { exact: true }).waitFor()
    await button('Stop').click()
    await page.getByRole('dialog').getByText('The target stays as it was').waitFor()
    await button('Stop the run').click()
    await page.getByText('Stopped', { exact: true }).waitFor()
  } finally {
    await release()
  }
})

test('a run that was stopped is tried again, and finishes with its rows, rate and log', async () => {
  const stopped = page.url()
  await button('Retry').click()
  await page.waitForURL((url) => url.pathname !== new URL(stopped).pathname)
  await page.getByText('Finished', { exact: true }).waitFor({ timeout: 30_000 })
  await page.getByText('300,000', { exact: true }).waitFor()
  await page.getByText(/rows\/s$/).waitFor()
  await page.getByRole('searchbox', { name: 'Search the log' }).fill('no such line')
  await page.getByText('Nothing found').waitFor()
  await page.getByRole('searchbox', { name: 'Search the log' }).fill('rows')
  await page.getByRole('list', { name: 'Log' }).getByText('300').first().waitFor()
})

test('a run that fails says why in words', async () => {
  await stage.shop.sql('alter table shop.orders rename to former_orders')
  await button('Run again').click()
  await page.getByText('The run failed').waitFor({ timeout: 30_000 })
  await page.getByRole('main').getByRole('alert').getByText('shop.orders').waitFor()
  await stage.shop.sql('alter table shop.former_orders rename to orders')
})

test('the group’s runs stand in one list, filtered by the address', async () => {
  await goTo('Runs')
  const table = page.getByRole('table', { name: 'Runs' })
  await table.waitFor()
  expect(await table.getByRole('row').count()).toBe(4)
  await page.goto('/runs?status=%5B"FINISHED"%5D')
  await table.getByText('Finished').waitFor()
  expect(await table.getByRole('row').count()).toBe(2)
})

test('a file is copied into the warehouse by browsing to it', async () => {
  await page.goto('/connections/new')
  await choose('Type', 'Files on this hub')
  await box('Name').fill('Files')
  await button('Create connection').click()
  await page.getByRole('heading', { name: 'Files', level: 1 }).waitFor()
  await page.goto('/transfers/new')
  await choose('Source connection', 'Files')
  await button('Open in').click()
  await button('Choose cities.csv').click()
  await choose('Target connection', 'Warehouse')
  await page.getByRole('textbox', { name: 'Table' }).fill('public.cities')
  await choose('Queue', 'Main')
  await box('Name').fill('Cities')
  await button('Explain').click()
  await page.getByText('北京').waitFor()
  await button('Create transfer').click()
  await button('Run now').click()
  await page.getByText('Finished', { exact: true }).waitFor({ timeout: 30_000 })
})

test('nothing was said in the console, and nobody but the hub was asked', () => {
  expect(seen.complaints).toEqual([])
})
