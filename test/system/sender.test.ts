import { test } from 'vitest'
import { killSenders } from './sender.ts'

test('kill -9 of the sender: every message arrives, what was on its way at most twice, under one mark', async () => {
  await killSenders({ messages: 1_000, kills: 1 })
}, 150_000)
