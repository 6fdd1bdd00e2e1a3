/**
 * Every page, in both themes and languages and on a phone: no barrier that axe finds, nothing wider than the
 * window, no complaint in the console. With CROSSTIE_SCREENSHOTS=<folder> it also makes the pictures of the docs.
 */
import path from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { axeViolations, overflowOf } from './accessibility.ts'
import { openWindow, type SeenOptions } from './browser.ts'
import { ADA, BOB, furnish, furnishConnectors, type Furnished } from './furnish.ts'
import { signIn } from './sign-in.ts'
import { openStage, type Stage } from './stage.ts'

let stage: Stage
let made: Furnished
let ada: NonNullable<SeenOptions['storage']>
let page: Page
/** The id of a connection that is called. */
let webhook: number

beforeAll(async () => {
  stage = await openStage()
  made = await furnish(stage)
  ada = await signIn(stage, ADA)
  webhook = await furnishConnectors(stage, ada, made)
})
afterAll(async () => {
  await stage?.close()
})

/** Each page's address and a picture's name, where the docs show it. */
const places = (): [address: string, picture?: string][] => [
  ['/', 'home'],
  ['/connections', 'connections'],
  ['/connections?health=broken'],
  ['/connections/new'],
  [`/connections/${made.connection}`, 'connection'],
  [`/connections/${made.connection}/edit`],
  [`/connections/${webhook}`],
  ['/use-from-app'],
  ['/transfers'],
  ['/transfers/new'],
  ['/transfers/new?tab=canvas'],
  [`/transfers/${made.transfer}`, 'transfer'],
  [`/transfers/${made.transfer}/edit`],
  [`/transfers/${made.transfer}/edit?tab=canvas`, 'canvas'],
  ['/runs?sort=-duration&status=FINISHED&status=FAILED', 'runs'],
  [`/runs/${made.run}`, 'run'],
  [`/runs/${made.failedRun}`],
  ['/queues'],
  [`/queues/${made.queue}`],
  ['/groups'],
  [`/groups/${made.group}`, 'group'],
  ['/applications'],
  ['/users'],
  [`/users/${made.user}`],
  ['/audit'],
  ['/me'],
  ['/runs/999999'],
  ['/no/such/page'],
]

const looks: [name: string, look: SeenOptions][] = [
  ['light', { scheme: 'light' }],
  ['dark', { scheme: 'dark' }],
  ['on a phone', { width: 360 }],
  ['in Chinese', { scheme: 'dark', language: 'zh-CN' }],
  ['in Chinese on a phone', { width: 360, language: 'zh-CN' }],
]

describe.each(looks)('every page %s', (name, look) => {
  test('has no barrier, fits its window and complains of nothing', async () => {
    const seen = await openWindow(stage.browser, stage.url, { ...look, storage: ada })
    page = seen.page
    const wrong: string[] = []
    for (const [address, picture] of places()) {
      await page.goto(`${address}${address.includes('?') ? '&' : '?'}group=${made.group}`)
      await settled(page)
      wrong.push(...(await axeViolations(page)).map((words) => `${address}: ${words}`))
      const wider = await overflowOf(page)
      if (wider > 0) wrong.push(`${address}: ${wider} px wider than the window`)
      if (picture !== undefined && (name === 'light' || name === 'dark'))
        await takePicture(`${picture}-${name}`)
    }
    await seen.context.close()
    expect([...wrong, ...seen.complaints]).toEqual([])
  }, 240_000)
})

test('in Chinese no page shows a word of the English catalogue', async () => {
  const seen = await openWindow(stage.browser, stage.url, { language: 'zh-CN', storage: ada })
  page = seen.page
  await page.goto(`/transfers?group=${made.group}`)
  await page.getByRole('heading', { name: '传输任务' }).waitFor()
  expect(await page.evaluate('document.documentElement.lang')).toBe('zh-CN')
  for (const [address] of places()) {
    await page.goto(`${address}${address.includes('?') ? '&' : '?'}group=${made.group}`)
    await settled(page)
    const text = await page.getByRole('main').innerText()
    expect(text, address).not.toMatch(
      /\b(Name|Description|Loading|Running|Finished|Save|Delete|Nothing|Members)\b/,
    )
  }
  await seen.context.close()
})

test('a guest sees what there is, and is told why each button does nothing', async () => {
  const seen = await openWindow(stage.browser, stage.url, { storage: await signIn(stage, BOB) })
  page = seen.page
  await page.goto(`/transfers/${made.transfer}`)
  const run = page.getByRole('button', { name: 'Run now' })
  await run.waitFor()
  expect(await run.getAttribute('aria-disabled')).toBe('true')
  await run.hover()
  await page.getByRole('tooltip').getByText('This needs the role Developer; yours is Guest.').waitFor()
  await page.goto('/connections/new')
  await page.getByText('This needs the role Developer; yours is Guest.').waitFor()
  await page.goto('/users')
  await page.getByRole('button', { name: 'New user' }).waitFor()
  expect(await page.getByRole('button', { name: 'New user' }).getAttribute('aria-disabled')).toBe('true')
  expect(await axeViolations(page)).toEqual([])
  await seen.context.close()
})

/** Nothing is on its way any more. A run's stream is open as long as the run, so the network says little. */
async function settled(shown: Page): Promise<void> {
  await shown.getByRole('heading', { level: 1 }).first().waitFor()
  // The page's policy forbids it to evaluate text, so the waiting is done here.
  await expect
    .poll(() => shown.getByRole('status', { name: /Loading|正在加载/ }).count(), { timeout: 15_000 })
    .toBe(0)
  await shown.waitForTimeout(150)
}

async function takePicture(name: string): Promise<void> {
  const folder = process.env['CROSSTIE_SCREENSHOTS']
  if (folder !== undefined) await page.screenshot({ path: path.join(folder, `${name}.png`) })
}
