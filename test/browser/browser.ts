import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

/** Debian's, unless the machine has another. */
const EXECUTABLES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

export async function launchBrowser(): Promise<Browser> {
  const executablePath = EXECUTABLES.find((file) => existsSync(file))
  if (executablePath === undefined) {
    throw new Error('These tests need a browser: apt-get install chromium fonts-noto-cjk')
  }
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

export interface Seen {
  page: Page
  context: BrowserContext
  /** What the page complained of: errors in its console, and requests that left the hub. */
  complaints: string[]
}

export interface SeenOptions {
  width?: number
  scheme?: 'light' | 'dark'
  language?: 'en' | 'zh-CN'
  /** Signed in already: the state of another context. */
  storage?: Awaited<ReturnType<BrowserContext['storageState']>>
}

/** A window on the hub, with eyes on what a user would not see. */
export async function openWindow(browser: Browser, url: string, options: SeenOptions = {}): Promise<Seen> {
  const { width = 1280, scheme = 'light', language = 'en', storage } = options
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width, height: width < 500 ? 740 : 860 },
    colorScheme: scheme,
    locale: language === 'en' ? 'en-GB' : 'zh-CN',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
    ...(storage && { storageState: storage }),
  })
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    // A refusal that the page shows in words is in the console too; it is no complaint of the page's.
    if (message.type() === 'error' && !/the server responded with a status of 4/.test(message.text())) {
      complaints.push(message.text())
    }
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) complaints.push(`asks ${request.url()}`)
  })
  return { page, context, complaints }
}
