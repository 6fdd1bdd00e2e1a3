/** Takes a database over into a hub's, as the command does. */
import { readFernetKey } from '../../src/cli/import/fernet.ts'
import { openSyncMaster } from '../../src/cli/import/syncmaster-source.ts'
import { type TakeOver, takeOver, type TakeOverReport } from '../../src/cli/import/take-over.ts'
import type { Database } from '#database'
import { operatorCaller } from '#identity'
import type { Vault } from '#vault'
import { CRYPTO_KEY } from './syncmaster-database.ts'

export const caller = operatorCaller('tester')

export async function move(
  url: string,
  to: { db: Database; vault: Vault },
  more: Partial<TakeOver> = {},
): Promise<TakeOverReport> {
  const source = await openSyncMaster(url)
  try {
    return await takeOver({
      ...to,
      caller,
      source,
      name: 'syncmaster',
      key: readFernetKey(CRYPTO_KEY),
      timezone: 'Europe/Moscow',
      paused: false,
      apart: false,
      dryRun: false,
      progress: () => {},
      ...more,
    })
  } finally {
    await source.close()
  }
}

export function tallyOf(report: TakeOverReport, kind: string) {
  return report.tallies.find((tally) => tally.kind === kind)
}

/** Taken over now, and before. */
export function countsOf(report: TakeOverReport): Record<string, [number, number]> {
  return Object.fromEntries(report.tallies.map(({ kind, taken, known }) => [kind, [taken, known]]))
}

/** Every row that an import could touch, as text. */
export async function everything(sql: (text: string) => Promise<object[]>): Promise<string> {
  const tables =
    `identity."user" identity."group" identity.user_group identity.imported connect.connection connect.auth_data
    public.integration_connectors transfer.queue transfer.transfer transfer.run`.split(/\s+/)
  const parts = await Promise.all(tables.map((table) => sql(`select * from ${table} order by 1, 2, 3`)))
  const timers = await sql(
    `select kind, key from platform.timer where kind = 'transfer.schedule' order by key`,
  )
  return JSON.stringify([...parts, timers])
}
