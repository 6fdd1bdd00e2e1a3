import { openWindow, type SeenOptions } from './browser.ts'
import type { Stage } from './stage.ts'

/** What a browser keeps of somebody who has signed in, for windows that begin inside. */
export async function signIn(
  stage: Stage,
  who: { username: string; password: string },
): Promise<NonNullable<SeenOptions['storage']>> {
  const { page, context } = await openWindow(stage.browser, stage.url)
  await page.goto('/')
  await page.getByRole('textbox', { name: 'Username' }).fill(who.username)
  await page.getByLabel('Password', { exact: true }).fill(who.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('navigation').first().waitFor()
  const storage = await context.storageState()
  await context.close()
  return storage
}
