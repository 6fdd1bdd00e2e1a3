/** What belongs to all pages: keyboard, palette, groups, secrets, members, the way in and out. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { axeViolations } from './accessibility.ts'
import { openWindow, type Seen } from './browser.ts'
import { ADA, furnish, type Furnished } from './furnish.ts'
import { openStage, type Stage } from './stage.ts'

let stage: Stage
let made: Furnished
let seen: Seen
let page: Page

beforeAll(async () => {
  stage = await openStage()
  made = await furnish(stage)
  seen = await openWindow(stage.browser, stage.url)
  page = seen.page
})
afterAll(async () => {
  await stage?.close()
})

const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true })
const heading = (name: string | RegExp) => page.getByRole('heading', { name, exact: true })

test('a wrong password is told as such; the right one leads to where one was going', async () => {
  await page.goto(`/runs/${made.run}`)
  await page.getByRole('textbox', { name: 'Username' }).fill(ADA.username)
  await page.getByLabel('Password', { exact: true }).fill('not it')
  await button('Sign in').click()
  await page.getByText('The username or the password is wrong.').waitFor()
  await page.getByLabel('Password', { exact: true }).fill(ADA.password)
  await button('Sign in').click()
  await heading(`Run ${made.run}`).waitFor()
})

test('a thing’s page brings its group along', async () => {
  await page.getByRole('combobox', { name: 'Group' }).and(page.locator('[value="Shop"]')).waitFor()
  expect(page.url()).toContain(`group=${made.group}`)
})

test('the keyboard leads everywhere: g t, /, ? and the skip link', async () => {
  await page.keyboard.press('g')
  await page.keyboard.press('t')
  await heading('Transfers').waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('returns')
  await page.waitForURL(/q=returns/)
  await page.getByRole('link', { name: 'Returns', exact: true }).waitFor()
  await page.keyboard.press('Tab')
  await page.locator('body').press('?')
  await page.getByRole('dialog').getByText('Go to: Transfers').waitFor()
  expect(await axeViolations(page)).toEqual([])
  await page.keyboard.press('Escape')
  await page.goto(`/queues?group=${made.group}`)
  await heading('Queues').waitFor()
  await page.keyboard.press('Tab')
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the page')
})

test('a change of page is read out and takes the keyboard with it', async () => {
  await page.getByRole('link', { name: 'Runs', exact: true }).click()
  await page.getByRole('status').filter({ hasText: 'Runs · Crosstie' }).waitFor({ state: 'attached' })
  await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('main')
})

test('the palette finds things by name and goes to them', async () => {
  await page.keyboard.press('Control+k')
  await page.getByPlaceholder('Find a thing or an action').fill('orders')
  await page.getByRole('dialog').getByText('Orders to the warehouse').waitFor()
  expect(await axeViolations(page)).toEqual([])
  await page.keyboard.press('Enter')
  await heading('Orders to the warehouse').waitFor()
})

test('a list’s order and page stand in the address', async () => {
  await page.goto(`/transfers?group=${made.group}`)
  const table = page.getByRole('table', { name: 'Transfers' })
  await table.getByRole('button', { name: 'Name' }).click()
  await table.getByRole('button', { name: 'Name' }).click()
  await page.waitForURL(/sort=-name/)
  await page.reload()
  await table.getByRole('row').nth(1).getByRole('link', { name: 'Returns' }).waitFor()
  expect(await table.getByRole('columnheader', { name: 'Name' }).getAttribute('aria-sort')).toBe('descending')
})

test('an application’s secret is shown once, and works', async () => {
  await page.goto('/applications')
  await button('New application').click()
  await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('Probe')
  await button('Create application').click()
  const secret = await page.getByRole('figure', { name: 'Secret' }).locator('pre').textContent()
  expect(secret).toMatch(/^xt_/)
  const answer = await fetch(`${stage.url}/v1/users/me`, { headers: { Authorization: `Bearer ${secret}` } })
  expect(answer.status).toBe(200)
  await page.keyboard.press('Escape')
  await button('I have kept it').click()
  await page.reload()
  await page.getByText('Probe').waitFor()
  expect(await page.content()).not.toContain(secret)
})

test('a member is added, given another role and removed by name', async () => {
  await page.goto(`/groups/${made.group}`)
  await page.getByRole('combobox', { name: 'Role of bob' }).click()
  await page.getByRole('option', { name: 'Maintainer' }).click()
  await page.getByText('bob is now Maintainer.').waitFor()
  await button('Remove').click()
  await heading('Remove bob from “Shop”?').waitFor()
  expect(await axeViolations(page)).toEqual([])
  await button('Remove member').click()
  await page.getByText('No members yet').waitFor()
  await page.getByRole('combobox', { name: 'User' }).fill('bob')
  await page.getByRole('option', { name: 'bob' }).click()
  await button('Add member').click()
  await page.getByRole('combobox', { name: 'Role of bob' }).waitFor()
})

test('what is used is not deleted, and the dialog says why', async () => {
  await page.goto(`/queues/${made.queue}`)
  await button('Delete').click()
  await button('Delete queue').click()
  await page.getByRole('dialog').getByText('The queue has an associated transfers').waitFor()
  await button('Cancel').click()
  await heading('Nightly').waitFor()
})

test('scheme and language are chosen in the menu and stay', async () => {
  await button('Account of ada').click()
  await page.getByRole('menuitem', { name: 'Dark' }).click()
  await button('Account of ada').click()
  await page.getByRole('menuitem', { name: '简体中文' }).click()
  await heading('队列').or(page.getByText('队列信息')).first().waitFor()
  await page.reload()
  await page.getByText('队列信息').waitFor()
  const root = 'document.documentElement'
  expect(await page.evaluate(`${root}.getAttribute('data-mantine-color-scheme')`)).toBe('dark')
  expect(await page.evaluate(`${root}.lang`)).toBe('zh-CN')
})

test('signing out ends the session', async () => {
  await button('ada 的账户').click()
  await page.getByRole('menuitem', { name: '退出登录' }).click()
  await heading('登录').waitFor()
  await page.goto('/runs')
  await heading('登录').waitFor()
  expect(seen.complaints).toEqual([])
})
