import { expect, test } from 'vitest'
import { axeViolations } from './accessibility.ts'
import { openWindow } from './browser.ts'
import { ADA, furnish } from './furnish.ts'
import { signIn } from './sign-in.ts'
import { openStage } from './stage.ts'

test('look', async () => {
  const stage = await openStage()
  try {
    const made = await furnish(stage)
    const storage = await signIn(stage, ADA)
    const page = await openWindow(stage.browser, stage.url, { storage } as never)
    const p = ((page as never)['page'] ?? page) as import('playwright-core').Page
    await p.goto(`${stage.url}/transfers/${made.transfer}/edit`)
    await p.getByRole('combobox', { name: 'When' }).click()
    await p.getByRole('option', { name: 'Every week' }).click()
    await p.getByLabel('At', { exact: true }).fill('22:15')
    expect(await p.getByLabel('Cron').inputValue()).toBe('15 22 * * 1')
    await p.getByText('Next:').waitFor()
    await p.getByLabel('Cron').scrollIntoViewIfNeeded()
    await p.screenshot({ path: '/tmp/c/form.png', fullPage: true })
    console.log(await axeViolations(p))
    await p.getByLabel('Cron').fill('0 25 * * *')
    await p.getByText('is not from 0 to 23').first().waitFor()
    await p.goto(`${stage.url}/transfers/${made.transfer}`)
    await p.getByText('After a time without a worker').waitFor()
    await p.screenshot({ path: '/tmp/c/page.png', fullPage: true })
  } finally {
    await stage.close()
  }
}, 170_000)
