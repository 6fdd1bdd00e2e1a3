/** Senders that are killed while messages are on their way: what arrives, and how often. */
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { startProvider } from '../fakes/provider.ts'
import { startTestHub } from '../harness/hub.ts'
import { type HubProcess, launchHub } from './hub-process.ts'

/** As `CROSSTIE_SENDS` is set here: what may be on its way when a sender dies. */
const AT_ONCE = 32
/** Of one lease, and some more for a loaded machine. */
const TAKEN_UP_WITHIN_MS = 60_000

/** Sends `messages`, kills the sender `kills` times in between, and looks at what came. */
export async function killSenders({ messages, kills }: { messages: number; kills: number }): Promise<void> {
  const receiver = await startProvider()
  receiver.says({ afterMs: 5 })
  const hub = await startTestHub({ settings: { parts: 'server', allow: '127.0.0.0/8' } })
  const data = hub.settings.data_dir
  const place = { folder: path.dirname(data), data, files: data, clear: async () => {} }
  const environment = {
    CROSSTIE_DATABASE_URL: hub.settings.database_url ?? '',
    CROSSTIE_PARTS: 'worker',
    CROSSTIE_ALLOW: '127.0.0.0/8',
    CROSSTIE_SENDS: String(AT_ONCE),
  }
  let sender: HubProcess | undefined
  try {
    const shop = await hub.createGroup('Shop', { owner: 'ada' })
    const made = await hub.as('ada').post('/v1/connections', {
      group_id: shop.id,
      name: 'sink',
      description: '',
      type: 'webhook_out',
      connection_data: { url: receiver.url, type: 'message' },
      auth_data: { type: 'none' },
    })
    const connection = made.body.id
    const to = Array.from({ length: messages }, (_, nth) => ({ connection, address: String(nth) }))
    const sent = await hub.as('ada').post('/v1/notifications', { group_id: shop.id, text: 'x', to })
    expect(sent.status).toBe(202)
    for (let round = 0; round <= kills; round++) {
      const isLast = round === kills
      const began = receiver.calls.length
      sender = await launchHub(place, environment)
      const wanted = isLast ? messages : Math.floor((messages * (round + 1)) / (kills + 1))
      await until(async () => {
        if (!isLast) return receiver.calls.length >= wanted
        const [row] = await hub.sql<{ open: number }>(
          'select count(*)::int as open from notify.task where status < 2',
        )
        return row?.open === 0
      }, `${receiver.calls.length} of ${messages} after ${began}`)
      await (isLast ? sender.stop() : sender.kill())
    }
    const states = await hub.sql('select status, count(*)::int as count from notify.task group by status')
    expect(states).toEqual([{ status: 2, count: messages }])
    const marks = receiver.calls.map(({ headers }) => String(headers['webhook-id']))
    // None is lost; what came twice was on its way when its sender died, and bears the same mark.
    expect(new Set(marks).size).toBe(messages)
    expect(marks.length - messages).toBeLessThanOrEqual(AT_ONCE * kills)
  } finally {
    await sender?.kill()
    await hub.stop()
    await receiver.stop()
  }
}

async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + TAKEN_UP_WITHIN_MS; Date.now() < end; await sleep(20))
    if (await isSo()) return
  throw new Error(`not within ${TAKEN_UP_WITHIN_MS} ms: ${what}`)
}
