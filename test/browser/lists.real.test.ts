/** What one does with lists: sort, filter, choose columns, take many rows at once, take the list away as a file. */
import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { axeViolations } from './accessibility.ts'
import { openWindow, type Seen } from './browser.ts'
import { ADA, furnish, type Furnished } from './furnish.ts'
import { signIn } from './sign-in.ts'
import { openStage, type Stage } from './stage.ts'

let stage: Stage
let made: Furnished
let seen: Seen
let page: Page

beforeAll(async () => {
  stage = await openStage()
  made = await furnish(stage)
  seen = await openWindow(stage.browser, stage.url, { storage: await signIn(stage, ADA) })
  page = seen.page
})
afterAll(async () => {
  await stage?.close()
})

const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true })
const go = (address: string) => page.goto(`${address}${address.includes('?') ? '&' : '?'}group=${made.group}`)

/** The first column's texts; what is picked out there is not read. */
async function firstColumn(list: string): Promise<string[]> {
  await page.getByRole('table', { name: list }).waitFor()
  return page.getByRole('table', { name: list }).locator('tbody tr a').allTextContents()
}

test('a list is sorted over the hub, and the address keeps how', async () => {
  await go('/connections')
  const names = () => firstColumn('Connections')
  expect(await names()).toEqual(['Shop database', 'Warehouse'])
  const head = page.getByRole('columnheader', { name: 'Name' })
  await head.getByRole('button').click()
  await page.waitForURL(/sort=name/)
  await head.getByRole('button').click()
  await page.waitForURL(/sort=-name/)
  await expect.poll(names).toEqual(['Warehouse', 'Shop database'])
  await page.reload()
  await expect.poll(names).toEqual(['Warehouse', 'Shop database'])
  expect(await head.getAttribute('aria-sort')).toBe('descending')
})

test('one chooses columns and density, and finds them again', async () => {
  await button('View').click()
  await page.getByRole('checkbox', { name: 'Id', exact: true }).check()
  await page.getByRole('checkbox', { name: 'Description', exact: true }).uncheck()
  await page.getByText('Roomy').click()
  expect(await axeViolations(page)).toEqual([])
  await page.keyboard.press('Escape')
  await page.reload()
  await page.getByRole('columnheader', { name: 'Id' }).waitFor()
  expect(await page.getByRole('columnheader', { name: 'Description' }).count()).toBe(0)
})

test('runs are filtered by state, by how they began and by transfer', async () => {
  await go('/runs')
  const runs = () =>
    firstColumn('Runs').then((texts) => texts.filter((text) => text.startsWith('Run')).length)
  expect(await runs()).toBe(3)
  await go('/runs?status=FAILED')
  await expect.poll(runs).toBe(1)
  await go('/runs')
  await page.getByRole('searchbox', { name: 'Search by transfer' }).fill('warehouse')
  await page.waitForURL(/q=warehouse/)
  await expect.poll(runs).toBe(2)
  await go('/runs?type=SCHEDULED')
  await page.getByText('Nothing found').waitFor()
})

async function exported(kind: string): Promise<string> {
  const download = page.waitForEvent('download')
  await button('Export').click()
  await page.getByRole('menuitem', { name: kind }).click()
  return readFile(await (await download).path(), 'utf8')
}

test('the list as it is filtered is taken away as CSV and as JSON', async () => {
  await go('/runs?status=FINISHED&sort=id')
  await firstColumn('Runs')
  const csv = await exported('As CSV, the columns shown')
  const lines = csv.replace('\uFEFF', '').trimEnd().split('\r\n')
  expect(lines[0]).toBe('Run,State,Transfer,Started,Duration,Rows,Started by')
  expect(lines).toHaveLength(3)
  expect(lines[1]).toMatch(/^1,FINISHED,Orders to the warehouse,.*,300000,MANUAL$/)
  // What the file says of each run is the whole of it.
  const runs: { id: number; progress: { rows: number } }[] = JSON.parse(
    await exported('As JSON, every field'),
  )
  expect(runs.map(({ progress }) => progress.rows)).toEqual([300_000, 300_000])
  await page.getByText('2 of 2 rows exported.').first().waitFor()
})

test('many rows are handled at once, and of each one is told how it went', async () => {
  await go('/connections?sort=name')
  await page.getByRole('checkbox', { name: 'Select Shop database' }).check()
  await button('Copy to …').click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Its credentials are not copied').waitFor()
  expect(await axeViolations(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Copy to …' }).click()
  await dialog.getByText('Copied as “Copy of Shop database”.').waitFor()
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  await page.getByRole('link', { name: 'Copy of Shop database' }).waitFor()
  await page.getByRole('checkbox', { name: 'Select all of this page' }).check()
  await button('Delete').click()
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await dialog.getByText('1 done, 2 failed.').waitFor()
  await dialog
    .getByText('The connection has an associated transfers. Number of the connected transfers: 2')
    .first()
    .waitFor()
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  await page.getByRole('link', { name: 'Copy of Shop database' }).waitFor({ state: 'detached' })
})

test('transfers are started together', async () => {
  await go('/transfers')
  await page.getByRole('checkbox', { name: 'Select Orders to the warehouse' }).check()
  await button('Run now').click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Run now' }).click()
  await dialog.getByText(/^Run \d+ is in the queue\.$/).waitFor()
  await dialog.getByText('1 done, 0 failed.').waitFor()
  await dialog.getByRole('button', { name: 'Close' }).last().click()
})

test('a connection is copied into another group, and what becomes of its secrets is said', async () => {
  await go(`/connections/${made.connection}`)
  await button('Copy to …').click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Its credentials are not copied').waitFor()
  await dialog.getByRole('combobox', { name: 'Into the group' }).click()
  await page.getByRole('option', { name: /ada/ }).click()
  expect(await dialog.getByRole('textbox', { name: 'New name' }).inputValue()).toBe('Shop database')
  await dialog.getByRole('button', { name: 'Copy', exact: true }).click()
  await page.waitForURL(/\/connections\/\d+\?group=(?!2\b)\d+/)
  await page.getByText('None kept; runs need them.').waitFor()
})

test('a thing is shown as JSON and YAML, with the call that reads it and without secrets', async () => {
  await go(`/connections/${made.connection}`)
  await button('As data').click()
  const json = page.getByRole('figure', { name: 'JSON' })
  expect(await json.textContent()).toContain('"name": "Shop database"')
  await page.getByRole('dialog').getByText('YAML').click()
  await page.getByRole('figure', { name: 'YAML' }).getByText('name: Shop database').waitFor()
  await page.getByText('crosstie connection show').waitFor()
  expect(await page.content()).not.toContain(stage.shop.password)
  expect(await axeViolations(page)).toEqual([])
})

test('how the runs went is a drawing, and a table for whoever does not see it', async () => {
  await go(`/transfers/${made.transfer}`)
  await page.getByRole('img', { name: /^Chart of \d runs: duration, rows and state\./ }).waitFor()
  await page.getByText('As a table').click()
  const table = page.getByRole('table', { name: 'History' })
  await table.getByRole('link', { name: `Run ${made.run}` }).waitFor()
  expect(await table.getByText('Finished').count()).toBeGreaterThan(1)
  expect(await axeViolations(page)).toEqual([])
  await go('/')
  await page.getByRole('heading', { name: 'How the last runs went' }).waitFor()
})

test('nothing of this complained', () => {
  expect(seen.complaints).toEqual([])
})
