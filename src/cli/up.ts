import type { Command } from 'commander'
import { loadConfig } from '#config'
import { startHub } from '../main.ts'

export function registerUp(program: Command): void {
  program
    .command('up')
    .description('Start the hub: server, worker and, unless CROSSTIE_DATABASE_URL is set, its own PostgreSQL')
    .option('--port <port>', 'port to listen on')
    .option('--host <host>', 'address to listen on')
    .option('--data-dir <folder>', 'folder of the database, keys and logs')
    .action(async (options: { port?: string; host?: string; dataDir?: string }) => {
      const { port, host, dataDir } = options
      const flags = {
        ...(port === undefined ? {} : { port }),
        ...(host === undefined ? {} : { host }),
        ...(dataDir === undefined ? {} : { data_dir: dataDir }),
      }
      const config = loadConfig({ flags })
      const hub = await startHub(config)
      const setup = hub.setupUrl === null ? '' : `  First visit   ${hub.setupUrl}\n`
      process.stdout.write(
        `Crosstie is up.\n\n  Address       ${hub.url}\n  Data folder   ${config.settings.data_dir}\n${setup}`,
      )
      await stopOnSignal(hub.stop)
    })
}

/** Ctrl-C and SIGTERM stop in order; a second one at once. */
async function stopOnSignal(stop: () => Promise<void>): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  await stop()
}
