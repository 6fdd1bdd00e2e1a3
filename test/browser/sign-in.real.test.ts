/** Signing in by a provider, as a person does it: the button, the provider's own page, and back to where one was going. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../harness/hub.ts'
import { type OpenIdServer, startOpenIdServer } from '../harness/openid.ts'
import { axeViolations } from './accessibility.ts'
import { launchBrowser, openWindow } from './browser.ts'
import { buildPageIfStale } from './page-build.ts'

let openid: OpenIdServer
let hub: TestHub
let browser: Browser
beforeAll(async () => {
  await buildPageIfStale()
  openid = await startOpenIdServer()
  hub = await startTestHub({ settings: openid.settings })
  openid.register(`${hub.url}/auth/callback`)
  openid.people.set('subject-zoe', { preferred_username: 'zoe', name: 'Zoë' })
  openid.people.set('subject-eve', { preferred_username: 'eve' })
  await hub.createUser('root', { superuser: true, password: 'correct horse' })
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await hub?.stop()
  await openid?.stop()
})

test('the button leads to the provider and back to the page one was going to', async () => {
  const { page, context } = await openWindow(browser, hub.url)
  await page.goto('/queues')
  await page.getByRole('link', { name: 'Sign in with Office' }).waitFor()
  expect(await axeViolations(page)).toEqual([])
  await page.getByRole('link', { name: 'Sign in with Office' }).click()
  await page.getByLabel('Who are you?').fill('subject-zoe')
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.getByRole('heading', { name: 'Queues' }).waitFor()
  expect(new URL(page.url()).pathname).toBe('/queues')
  // Signed out, one has to say again who one is here.
  await page.getByRole('button', { name: 'Account of zoe' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByRole('link', { name: 'Sign in with Office' }).waitFor()
  await context.close()
})

test('who says no there is told so here, in either language', async () => {
  for (const [language, words, again] of [
    ['en', 'You did not agree at the sign-in provider, or cancelled there.', 'Sign in with Office'],
    ['zh-CN', '您在登录服务处未同意，或已取消。', '使用 Office 登录'],
  ] as const) {
    const { page, context } = await openWindow(browser, hub.url, { language })
    await page.goto('/sign-in')
    await page.getByRole('link', { name: again }).click()
    await page.getByRole('button', { name: 'No' }).click()
    await page.getByText(words).waitFor()
    expect(await axeViolations(page)).toEqual([])
    await page.getByRole('link', { name: again }).waitFor()
    await context.close()
  }
})

test('a name that somebody has is not taken over, and the page says what to do', async () => {
  await hub.createUser('eve', { password: 'correct horse' })
  const { page, context } = await openWindow(browser, hub.url)
  await page.goto('/sign-in')
  await page.getByRole('link', { name: 'Sign in with Office' }).click()
  await page.getByLabel('Who are you?').fill('subject-eve')
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.getByRole('heading', { name: 'You are not signed in' }).waitFor()
  await page.getByText(/link the two accounts/).waitFor()
  // And so it is done.
  await page.getByRole('link', { name: 'Sign in another way' }).click()
  await page.getByRole('textbox', { name: 'Username' }).fill('eve')
  await page.getByLabel('Password', { exact: true }).fill('correct horse')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('heading', { name: 'Your first copy' }).waitFor()
  await page.goto('/me')
  await page.getByRole('button', { name: 'Link accounts' }).click()
  await page.getByRole('heading', { name: 'My account' }).waitFor()
  await expect
    .poll(() => hub.sql('select subject from identity.oidc_account where subject = $1', ['subject-eve']))
    .toHaveLength(1)
  await context.close()
})

test('a provider that is away is told on the sign-in page, where the password still works', async () => {
  openid.manner.down = true
  const away = await startTestHub({ settings: openid.settings })
  const { page, context } = await openWindow(browser, away.url)
  await page.goto('/sign-in')
  await page.getByRole('link', { name: 'Sign in with Office' }).click()
  await page.getByText(/^Office does not answer at the moment/).waitFor()
  await page.getByRole('textbox', { name: 'Username' }).waitFor()
  await context.close()
  await away.stop()
  openid.manner.down = false
})
