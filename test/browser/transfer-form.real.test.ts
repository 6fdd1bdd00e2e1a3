/** The forms with many faces: a transfer as form and as canvas, every type of connection. */
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

async function choose(label: string, option: string | RegExp): Promise<void> {
  await page.getByRole('combobox', { name: label, exact: true }).click()
  await page.getByRole('option', { name: option }).first().click()
}

/** Over the page's own session. */
async function read<T>(path: string): Promise<T> {
  const answer = await page.request.get(path)
  return answer.json()
}

interface SavedTransfer {
  transformations: unknown[]
  resources: Record<string, number>
  source_params: Record<string, unknown>
}

test('canvas and form are two faces of one transfer, and the keyboard reaches every step', async () => {
  await page.goto(`/transfers/${made.transfer}/edit?tab=canvas`)
  await button(/^Source Shop database: shop\.orders/).waitFor()
  await page.getByRole('group', { name: 'Add a step' }).getByRole('button', { name: 'Which rows' }).click()
  await button('Add a condition').click()
  await page
    .getByRole('textbox', { name: 'Column, line 1' })
    .or(page.getByRole('combobox', { name: 'Column, line 1' }))
    .fill('state')
  await page.getByRole('textbox', { name: 'Value, line 1' }).fill('paid')
  await button(/^Which rows 1 condition/).waitFor()
  await button(/^Target Warehouse: public\.orders/).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Target', exact: true }).waitFor()
  expect(await axeViolations(page)).toEqual([])
  await page.getByText('Form', { exact: true }).click()
  expect(await page.getByRole('textbox', { name: 'Value, line 1' }).inputValue()).toBe('paid')
  await page.getByRole('textbox', { name: 'Tasks at once' }).fill('2')
  await button('Save').click()
  await page.getByRole('heading', { name: 'Orders to the warehouse' }).waitFor()
  const saved = await read<SavedTransfer>(`/v1/transfers/${made.transfer}`)
  expect(saved.transformations).toEqual([
    { type: 'dataframe_rows_filter', filters: [{ type: 'equal', field: 'state', value: 'paid' }] },
  ])
  expect(saved.resources).toEqual({
    max_parallel_tasks: 2,
    cpu_cores_per_task: 1,
    ram_bytes_per_task: 2 ** 30,
  })
})

test('all thirteen conditions on rows are offered', async () => {
  await page.goto(`/transfers/${made.transfer}/edit`)
  await page.getByRole('combobox', { name: 'Condition, line 1' }).click()
  expect(await page.getByRole('option').count()).toBe(13)
  await page.keyboard.press('Escape')
})

test('every type of connection has its form, with the fields that it needs', async () => {
  await page.goto(`/connections/new?group=${made.group}`)
  const type = page.getByRole('combobox', { name: 'Type', exact: true })
  await type.click()
  const titles = await page.getByRole('option').allTextContents()
  await page.keyboard.press('Escape')
  const { items } = await read<{ items: unknown[] }>('/v1/providers')
  expect(titles).toHaveLength(items.length)
  for (const title of titles) {
    await type.click()
    await page.getByRole('option', { name: title, exact: true }).click()
    const section = page.getByRole('region', { name: 'How to reach it' })
    const fields = section.getByRole('textbox').or(section.getByRole('combobox'))
    expect(await fields.count(), title).toBeGreaterThan(0)
  }
  await choose('Type', /^Iceberg/)
  await page.getByRole('textbox', { name: 'S3 bucket', exact: true }).waitFor()
  await choose('Kind', 'S3 as the catalog grants it')
  await page.getByRole('textbox', { name: 'Warehouse name' }).waitFor()
  await page.getByRole('textbox', { name: 'Catalog URL' }).focus()
  await page.getByRole('textbox', { name: 'Warehouse name' }).focus()
  await page.getByText('This is needed.').first().waitFor()
  expect(await axeViolations(page)).toEqual([])
})

test('a store that the engine does not carry is kept, and the form says so; its formats and filters are all there', async () => {
  await page.goto(`/connections/new?group=${made.group}`)
  await choose('Type', /^HDFS/)
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Lake')
  await page.getByRole('textbox', { name: 'Cluster' }).fill('rnd')
  await page.getByRole('textbox', { name: 'User' }).fill('app')
  await page.getByLabel(/^Password/).fill('hush')
  await button('Create connection').click()
  await page.getByRole('heading', { name: 'Lake' }).waitFor()
  await page.goto(`/transfers/new?group=${made.group}`)
  await choose('Source connection', /^Lake/)
  await page.getByText(/The engine does not carry HDFS yet/).waitFor()
  await page.getByRole('textbox', { name: 'Directory' }).fill('/in')
  await choose('Format', /^XML/)
  await page.getByRole('textbox', { name: 'Row tag' }).fill('order')
  await button('Add a condition on files').click()
  await page.getByRole('textbox', { name: 'Value of the condition on files, line 1' }).fill('*.xml')
  await choose('Target connection', /^Warehouse/)
  await page.getByRole('textbox', { name: 'Table' }).fill('public.lake')
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Lake to the warehouse')
  await choose('Queue', 'Nightly')
  await button('Create transfer').click()
  await page.getByRole('heading', { name: 'Lake to the warehouse' }).waitFor()
  const id = /transfers\/(\d+)/.exec(page.url())?.[1]
  const saved = await read<SavedTransfer>(`/v1/transfers/${id}`)
  expect(saved.source_params).toMatchObject({
    type: 'hdfs',
    directory_path: '/in',
    file_format: { type: 'xml', root_tag: 'rows', row_tag: 'order' },
  })
  expect(saved.transformations).toEqual([
    { type: 'file_metadata_filter', filters: [{ type: 'name_glob', value: '*.xml' }] },
  ])
})

test('in Chinese, what the hub explains is Chinese too', async () => {
  const chinese = await openWindow(stage.browser, stage.url, {
    language: 'zh-CN',
    storage: await signIn(stage, ADA),
  })
  await chinese.page.goto(`/transfers/${made.transfer}`)
  await chinese.page.getByRole('button', { name: '说明' }).click()
  await chinese.page.getByText('COPY 数据逐字节在服务器之间传递').waitFor()
  await chinese.page.getByText(/核对行数，删除暂存表/).waitFor()
  await chinese.page.goto('/runs/999999')
  await chinese.page.getByText('未找到运行').waitFor()
  await chinese.context.close()
})

test('nothing of this complained', () => {
  expect(seen.complaints).toEqual([])
})
