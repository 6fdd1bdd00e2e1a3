import { test } from 'vitest'
import { killSenders } from './sender.ts'

test('ten kills during ten thousand messages: every message arrives, what was on its way at most twice', async () => {
  await killSenders({ messages: 10_000, kills: 10 })
}, 900_000)
