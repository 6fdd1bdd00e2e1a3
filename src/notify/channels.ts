/** Every channel, in the order in which the page offers them. A new one is one file and one line. */
import type { Channel } from './channel.ts'
import { smtp } from './channels/smtp.ts'
import { webhookOut } from './channels/webhook-out.ts'

const CHANNELS: readonly Channel[] = [smtp, webhookOut]

export const CHANNEL_BY_PROVIDER: ReadonlyMap<string, Channel> = new Map(
  CHANNELS.map((channel) => [channel.manifest.provider, channel]),
)
