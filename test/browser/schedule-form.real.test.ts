import { afterAll, beforeAll, expect, test } from 'vitest'
import { axeViolations } from './accessibility.ts'
import { openWindow, type SeenOptions } from './browser.ts'
import { ADA, furnish, type Furnished } from './furnish.ts'
import { signIn } from './sign-in.ts'
import { openStage, type Stage } from './stage.ts'

let stage: Stage
let made: Furnished
let storage: NonNullable<SeenOptions['storage']>

beforeAll(async () => {
  stage = await openStage()
  made = await furnish(stage)
  storage = await signIn(stage, ADA)
})
afterAll(async () => {
  await stage?.close()
})

test('a schedule is chosen by its rhythm and time, previewed, and refused in words', async () => {
  const { page } = await openWindow(stage.browser, stage.url, { storage })
  await page.goto(`/transfers/${made.transfer}/edit`)
  await page.getByRole('combobox', { name: 'When' }).click()
  await page.getByRole('option', { name: 'Every week' }).click()
  await page.getByLabel('At', { exact: true }).fill('22:15')
  expect(await page.getByLabel('Cron').inputValue()).toBe('15 22 * * 1')
  await page.getByText(/Next: Mon, .*10:15 PM/).waitFor()
  expect(await axeViolations(page)).toEqual([])
  await page.getByLabel('Cron').fill('0 25 * * *')
  await page.getByText("'25' in the hour field is not from 0 to 23").waitFor()
  await page.getByLabel('Cron').fill('30 2 * * *')
  await page.getByRole('combobox', { name: 'If its last run is not over' }).click()
  await page.getByRole('option', { name: 'Queue a run until it is' }).click()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Queue a run until it is').waitFor()
  await page.getByText('At 02:30').waitFor()
})
