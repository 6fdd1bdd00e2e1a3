import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Command } from 'commander'
import type { Config } from '#config'

const EXAMPLES = `Examples:
  crosstie up
  crosstie up --port 9000 --data-dir ~/hub
  CROSSTIE_DATABASE_URL=postgres://… crosstie up
`

export function registerUp(program: Command): void {
  program
    .command('up')
    .description('Start the hub: server, worker and, unless CROSSTIE_DATABASE_URL is set, its own PostgreSQL')
    .option('--port <port>', 'port to listen on')
    .option('--host <host>', 'address to listen on')
    .option('--data-dir <folder>', 'folder of the database, keys and logs')
    .option('--files <folder>', 'folder under which local connections may read and write')
    .option('--quiet', 'print nothing but errors')
    .addHelpText('before', EXAMPLES)
    .action(up)
}

interface UpOptions {
  port?: string
  host?: string
  dataDir?: string
  files?: string
  quiet?: true
}

async function up({ port, host, dataDir, files, quiet }: UpOptions): Promise<void> {
  const { loadConfig } = await import('#config')
  const { startHub } = await import('../main.ts')
  const config = loadConfig({
    flags: {
      ...(port === undefined ? {} : { port }),
      ...(host === undefined ? {} : { host }),
      // What is typed is meant from where it is typed.
      ...(dataDir === undefined ? {} : { data_dir: path.resolve(dataDir) }),
      ...(files === undefined ? {} : { files: path.resolve(files) }),
    },
  })
  const stopped = stopSignal()
  const hub = await startHub(config)
  const building = hasPage(config) ? '' : '\n  The page is being built; this takes some seconds.\n'
  if (building !== '') buildPage(config)
  if (quiet !== true) {
    const lines = [
      ['Address', hub.url],
      ['Data folder', config.settings.data_dir],
      ...(hub.setupUrl === null ? [] : [['First visit', `${hub.setupUrl}  (once, within 24 hours)`]]),
      ['Next', nextCommand(config)],
    ]
    const words = lines.map(([name, value]) => `  ${(name ?? '').padEnd(13)}${value ?? ''}\n`).join('')
    process.stdout.write(`Crosstie is up.\n\n${words}${building}\n`)
  }
  const lost = await Promise.race([stopped, hub.lost])
  await hub.stop()
  if (lost !== undefined) throw lost
}

/** One press of Ctrl-C may arrive twice at once: from the terminal, and from npm. */
const SAME_PRESS_MS = 500

/** The first Ctrl-C or SIGTERM stops in order, also while the hub starts; a later one at once. */
function stopSignal(): Promise<void> {
  let first: number | undefined
  return new Promise((resolve) => {
    const heard = (signal: 'SIGINT' | 'SIGTERM') => {
      first ??= performance.now()
      resolve()
      if (performance.now() - first < SAME_PRESS_MS) return
      process.removeAllListeners(signal)
      process.kill(process.pid, signal)
    }
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, heard)
  })
}

/** A checkout's demo, else a copy: both work without an account. */
function nextCommand({ home }: Config): string {
  return existsSync(path.join(home, 'scripts', 'demo.ts'))
    ? 'npm run demo   (three million flights into a sample database and out again)'
    : 'crosstie copy --help'
}

function hasPage({ home }: Config): boolean {
  return existsSync(path.join(home, 'web', 'dist', 'index.html'))
}

/** Where install scripts were off, the page is built now, beside; the API answers meanwhile. */
function buildPage({ home }: Config): void {
  const script = path.join(home, 'scripts', 'build-page.mjs')
  if (!existsSync(script)) return
  const builder = spawn(process.execPath, [script], {
    cwd: home,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  builder.on('error', (error) => process.stderr.write(`The page could not be built: ${error.message}\n`))
  builder.unref()
}
