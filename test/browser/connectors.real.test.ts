/** Connectors on the page: how they fare, what their syncs find, their calls, all of it live; and who sees what. */
import { execFile, spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Page, WebSocketRoute } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { axeViolations } from './accessibility.ts'
import { openWindow, type Seen } from './browser.ts'
import { ADA, furnish, type Furnished } from './furnish.ts'
import { signIn } from './sign-in.ts'
import { openStage, type Stage } from './stage.ts'

const SECRET = 'whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1u'

let stage: Stage
let made: Furnished
let seen: Seen
let page: Page
const sockets: WebSocketRoute[] = []
let letIn = true

beforeAll(async () => {
  stage = await openStage()
  made = await furnish(stage)
  seen = await openWindow(stage.browser, stage.url, { storage: await signIn(stage, ADA) })
  page = seen.page
  await page.routeWebSocket(/\/realtime\/v1\/websocket/, (socket) => {
    sockets.push(socket)
    if (letIn) socket.connectToServer()
    else void socket.close({ code: 1013 })
  })
})
afterAll(async () => {
  await stage?.close()
})

const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true })
const section = (name: string) => page.getByRole('region', { name, exact: true })
const go = (address: string) => page.goto(`${address}${address.includes('?') ? '&' : '?'}group=${made.group}`)

/** The API by the same session, as another tab would use it. */
async function call(method: string, address: string, data?: object): Promise<{ id: number; uuid: string }> {
  const answer = await seen.context.request.fetch(address, {
    method,
    headers: { 'X-Crosstie-CSRF': '1' },
    ...(data !== undefined && { data }),
  })
  expect(answer.ok(), `${method} ${address}: ${await answer.text()}`).toBe(true)
  return JSON.parse((await answer.text()) || '{}')
}

const connection = (name: string, type: string, connection_data: object, auth_data: object) => ({
  group_id: made.group,
  name,
  description: '',
  type,
  connection_data,
  auth_data,
})

function database(name: string, password = stage.shop.password) {
  const { host, port, user } = stage.shop
  return connection(
    name,
    'postgres',
    { host, port, database_name: 'crosstie' },
    { type: 'basic', user, password },
  )
}

describe('what happens elsewhere', () => {
  test('is on the list by itself: a new connection, another name, one that is gone', async () => {
    await go('/connections')
    await page.getByText('Live', { exact: true }).waitFor()
    const { id } = await call('POST', '/v1/connections', database('Made elsewhere'))
    await page.getByRole('link', { name: 'Made elsewhere' }).waitFor({ timeout: 4000 })
    await call('PUT', `/v1/connections/${id}`, database('Renamed elsewhere'))
    await page.getByRole('link', { name: 'Renamed elsewhere' }).waitFor({ timeout: 4000 })
    await call('DELETE', `/v1/connections/${id}`)
    await page.getByRole('link', { name: 'Renamed elsewhere' }).waitFor({ state: 'detached', timeout: 4000 })
  })

  test('is on the list of runs, and on the way there the socket stays the same one', async () => {
    await page.getByRole('link', { name: 'Runs', exact: true }).click()
    await page.getByText('Live', { exact: true }).waitFor()
    const { id } = await call('POST', '/v1/runs', { transfer_id: made.transfer })
    const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: `Run ${id}` }) })
    await row.waitFor({ timeout: 4000 })
    await row.getByText('Finished').waitFor({ timeout: 30_000 })
    await row.getByText('300,000').waitFor()
    expect(sockets).toHaveLength(1)
  })

  test('is asked for while the socket is closed, which is said, and told again when it opens', async () => {
    await page.getByRole('link', { name: 'Connections', exact: true }).click()
    await page.getByText('Live', { exact: true }).waitFor()
    letIn = false
    await sockets.at(-1)?.close({ code: 1013 })
    await page.getByText('Live paused').waitFor()
    letIn = true
    await page.getByText('Live', { exact: true }).waitFor({ timeout: 30_000 })
    const { id } = await call('POST', '/v1/connections', database('After the pause'))
    await page.getByRole('link', { name: 'After the pause' }).waitFor({ timeout: 4000 })
    await call('DELETE', `/v1/connections/${id}`)
  })
})

describe('a connection’s page', () => {
  test('checks by hand, and tells how it fares', async () => {
    await go(`/connections/${made.connection}`)
    await section('Health').getByRole('button', { name: 'Check now' }).click()
    await page.getByText('It works').waitFor()
    await section('Health').getByText('Works').waitFor()
    await section('Health').getByText('Last worked').waitFor()
  })

  test('tells of a broken one why, since when and who must act; the list finds it by that', async () => {
    const { id } = await call('POST', '/v1/connections', database('Wrong password', 'not this one'))
    await go(`/connections/${id}`)
    await section('Health').getByRole('button', { name: 'Check now' }).click()
    await page.getByText('It does not work').waitFor()
    // What the other system refuses is no reason to sign out here.
    await section('What is behind it')
      .getByText(/refused the password/)
      .waitFor()
    await section('Health').getByText('Broken').waitFor()
    await section('Health').getByText('Somebody of this group').waitFor()
    expect(await axeViolations(page)).toEqual([])
    await go('/connections')
    await page.getByRole('combobox', { name: 'Health' }).click()
    await page.getByRole('option', { name: 'Broken' }).click()
    await page.waitForURL(/health=.*broken/)
    const names = page.getByRole('table', { name: 'Connections' }).locator('tbody tr a')
    await expect.poll(() => names.allTextContents()).toEqual(['Wrong password'])
    await call('DELETE', `/v1/connections/${id}`)
  })

  test('syncs by hand; a database gets a version of its tables, and what broke is told with the next', async () => {
    await stage.shop.sql('create table shop.voucher (id integer primary key, code text, worth numeric)')
    await stage.shop.sql('alter table shop.voucher owner to clerk')
    await go(`/connections/${made.connection}`)
    const syncs = section('In step')
    await syncs.getByRole('button', { name: 'Sync now' }).click()
    await syncs.getByText('Succeeded').first().waitFor()
    const catalog = section('Tables over time')
    await catalog.getByRole('searchbox', { name: 'Search tables and columns' }).fill('vouch')
    await catalog.getByText('shop.voucher').click()
    await catalog.getByText('numeric').waitFor()
    await stage.shop.sql('alter table shop.voucher drop column worth, add column note text')
    await syncs.getByRole('button', { name: 'Sync now' }).click()
    await catalog.getByRole('heading', { name: /^What changed with version \d+$/ }).waitFor()
    await catalog.getByText('Breaking').first().waitFor()
    await catalog.getByRole('cell', { name: 'shop.voucher.worth' }).waitFor()
    await catalog.getByRole('cell', { name: 'shop.voucher.note' }).waitFor()
    expect(await axeViolations(page)).toEqual([])
    await syncs
      .getByRole('button', { name: /^Show the changes of sync/ })
      .first()
      .click()
    await page.getByRole('dialog').getByText('shop.voucher.worth').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click()
    await syncs.getByRole('button', { name: 'Sync now' }).click()
    await syncs.getByRole('row').nth(1).getByText('Succeeded').waitFor()
    await expect.poll(() => syncs.getByRole('row').nth(1).innerText()).not.toMatch(/Show/)
  })

  test('keeps a schedule: every so often, at set times, and by hand again', async () => {
    const schedule = section('When it is synced')
    await schedule.getByText('By hand only.').waitFor()
    const dialog = page.getByRole('dialog')
    const choose = async (label: string, option: string) => {
      await dialog.getByRole('combobox', { name: label }).click()
      await page.getByRole('option', { name: option }).click()
    }
    await button('Change the schedule').click()
    await choose('Begins', 'Every so often')
    await dialog.getByRole('textbox', { name: 'Every', exact: true }).fill('2')
    await dialog.getByRole('textbox', { name: 'Put off by up to, in minutes' }).fill('5')
    await dialog.getByText(/^Next: .* · .* · /).waitFor()
    expect(await axeViolations(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Save' }).click()
    await schedule.getByText('Every 2 hours').waitFor()
    await schedule.getByText('5 minutes').waitFor()
    await button('Change the schedule').click()
    await choose('Begins', 'At set times')
    await dialog.getByRole('textbox', { name: 'Cron' }).fill('61 3 * * *')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByText(/cron line/).waitFor()
    await dialog.getByRole('textbox', { name: 'Cron' }).fill('30 3 * * 1-5')
    await dialog.getByText(/^Next: .* 03:30 .* · /).waitFor()
    await dialog.getByRole('button', { name: 'Save' }).click()
    await schedule.getByText('30 3 * * 1-5').waitFor()
    await schedule.getByText('Next times').waitFor()
    await go('/connections')
    const row = page.getByRole('row').filter({ hasText: 'Shop database' })
    await row.getByText(/^(in \d+ (hours?|days?)|tomorrow)$/).waitFor()
    await row.getByText('Succeeded').waitFor()
  })

  test('lists a folder’s files', async () => {
    await mkdir(path.join(stage.hub.desk, 'files', 'out'))
    await writeFile(path.join(stage.hub.desk, 'files', 'out', 'report.csv'), 'a,b\n')
    const { id } = await call(
      'POST',
      '/v1/connections',
      connection('Folder', 'local', { directory: '/' }, { type: 'none' }),
    )
    await go(`/connections/${id}`)
    await section('In step').getByRole('button', { name: 'Sync now' }).click()
    await section('Last listing').getByText('/out/report.csv').waitFor()
    await section('Last listing').getByRole('searchbox').fill('cities')
    await section('Last listing').getByText('/out/report.csv').waitFor({ state: 'detached' })
    await section('Last listing').getByText('/in/cities.csv').waitFor()
  })

  test('is switched off and on', async () => {
    await button('Switch off').click()
    await page.getByText('Switched off: it is neither synced nor looked after.').waitFor()
    await section('In step').getByRole('button', { name: 'Sync now' }).hover()
    await page.getByRole('tooltip').getByText('The connection is switched off.').waitFor()
    await button('Switch on').click()
    await button('Switch off').waitFor()
  })
})

describe('a webhook', () => {
  let id: number
  const send = async (secret: string) => {
    await page.getByText('How to send a test').click()
    const sample = await page.getByRole('figure', { name: 'A test call' }).locator('pre').innerText()
    const env = { ...stage.hub.environment, SECRET: secret }
    return promisify(execFile)('bash', ['-c', sample], { env }).catch((error: { stdout: string }) => error)
  }

  test('tells its address and how to call it; the call appears', async () => {
    const body = connection(
      'Shop’s calls',
      'webhook',
      { scheme: 'standard' },
      { type: 'hmac', secret: SECRET },
    )
    id = (await call('POST', '/v1/connections', body)).id
    await go(`/connections/${id}`)
    await section('Calls from the other system').getByText('No calls yet').waitFor()
    expect((await send(SECRET)).stdout).toContain('"ok":true')
    const calls = page.getByRole('table', { name: 'Calls' })
    await calls.getByText('{"type":"test","message":"hello"}').waitFor()
    expect(await axeViolations(page)).toEqual([])
  })

  test('gets a new secret, with the old one beside it or not', async () => {
    const rotate = async (before: string) => {
      await button('New secret').click()
      const dialog = page.getByRole('dialog')
      const secret = await dialog.getByRole('figure', { name: 'The new secret' }).locator('pre').innerText()
      await dialog.getByLabel('The secret before', { exact: true }).fill(before)
      await dialog.getByRole('button', { name: 'Use the new secret' }).click()
      await dialog.waitFor({ state: 'detached' })
      return secret
    }
    const second = await rotate(SECRET)
    await page.reload()
    expect((await send(SECRET)).stdout).toContain('"ok":true')
    await page.reload()
    expect((await send(second)).stdout).toContain('"ok":true')
    const third = await rotate('')
    await page.reload()
    expect((await send(second)).stdout).toContain('does not fit')
    await page.reload()
    expect((await send(third)).stdout).toContain('"ok":true')
  })
})

describe('an administrator', () => {
  test('sees the group as a guest does, changes nothing, and comes back', async () => {
    await go('/connections')
    await page.getByRole('button', { name: 'Account of ada' }).click()
    await page.getByRole('menuitem', { name: 'Guest' }).click()
    await page.getByText('You see Shop as a Guest does').waitFor()
    await page.getByRole('link', { name: 'Connections', exact: true }).click()
    const create = page.getByRole('button', { name: 'New connection' })
    expect(await create.getAttribute('aria-disabled')).toBe('true')
    await expect.poll(() => page.getByRole('link', { name: 'Users', exact: true }).count()).toBe(0)
    expect(await page.getByText('Live', { exact: true }).count()).toBe(0)
    await page.reload()
    await page.getByText('You see Shop as a Guest does').waitFor()
    expect(await axeViolations(page)).toEqual([])
    await page.getByRole('link', { name: 'Shop’s calls' }).click()
    await page.getByText('The calls are not shown').waitFor()
    await page.getByText('This needs the role Maintainer; yours is Guest.').first().waitFor()
    await button('Be myself again').click()
    await page.getByText('You see Shop as a Guest does').waitFor({ state: 'detached' })
    await page.getByRole('table', { name: 'Calls' }).waitFor()
    await page.getByRole('link', { name: 'Connections', exact: true }).first().click()
    await page.getByRole('link', { name: 'New connection' }).waitFor()
  })

  test('is refused every change as a developer, in words', async () => {
    await page.getByRole('button', { name: 'Account of ada' }).click()
    await page.getByRole('menuitem', { name: 'Developer' }).click()
    await page.getByText('You see Shop as a Developer does').waitFor()
    await page.getByRole('link', { name: 'Connections', exact: true }).click()
    await page.getByRole('link', { name: 'Shop database' }).click()
    await section('In step').getByRole('button', { name: 'Sync now' }).click()
    await page.getByText('The hub is only looked at as another role sees it').waitFor()
    await button('Be myself again').click()
  })
})

test('what the page gives to paste works as it stands', async () => {
  await go('/connections')
  await page.getByRole('link', { name: 'Use from your app' }).click()
  const client = await page.getByRole('figure', { name: 'With supabase-js' }).locator('pre').innerText()
  const curl = await page.getByRole('figure', { name: 'A token for this group' }).locator('pre').innerText()
  expect(await axeViolations(page)).toEqual([])
  const answer = await fetch(`${stage.url}/v1/auth/token`, { method: 'POST', body: new URLSearchParams(ADA) })
  const { access_token: token } = (await answer.json()) as { access_token: string } // the contract's
  const env = { ...stage.hub.environment, CROSSTIE_TOKEN: token }
  const { stdout } = await promisify(execFile)('bash', ['-c', curl], { env })
  expect(stdout).toContain('access_token')
  const file = path.join(stage.hub.desk, 'app.mjs')
  await writeFile(file, client)
  const app = spawn(process.execPath, [file], { cwd: stage.hub.desk, env })
  let said = ''
  for (const stream of [app.stdout, app.stderr]) stream.on('data', (chunk) => (said += String(chunk)))
  try {
    await expect.poll(() => said, { timeout: 20_000 }).toContain('SUBSCRIBED')
    expect(said).toMatch(/provider: 'postgres'/)
    await call('PUT', `/v1/connections/${made.connection}/status`, { status: 'inactive' })
    await expect.poll(() => said, { timeout: 10_000 }).toMatch(/UPDATE[^]*status: 'inactive'/)
  } finally {
    app.kill()
  }
})

test('nothing of this complained', () => {
  expect(seen.complaints.filter((one) => !one.includes('WebSocket'))).toEqual([])
})
