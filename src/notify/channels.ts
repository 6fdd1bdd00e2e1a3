/** Every channel, in the order in which the page offers them. A new one is one file and one line. */
import type { Channel } from './channel.ts'
import { dingtalkBot } from './channels/dingtalk-bot.ts'
import { discord } from './channels/discord.ts'
import { lark } from './channels/lark.ts'
import { larkBot } from './channels/lark-bot.ts'
import { matrix } from './channels/matrix.ts'
import { ntfy } from './channels/ntfy.ts'
import { slack } from './channels/slack.ts'
import { smtp } from './channels/smtp.ts'
import { teams } from './channels/teams.ts'
import { telegram } from './channels/telegram.ts'
import { webhookOut } from './channels/webhook-out.ts'
import { wecom } from './channels/wecom.ts'
import { wecomBot } from './channels/wecom-bot.ts'

const CHANNELS: readonly Channel[] = [
  smtp,
  webhookOut,
  lark,
  larkBot,
  dingtalkBot,
  wecom,
  wecomBot,
  slack,
  discord,
  telegram,
  teams,
  ntfy,
  matrix,
]

export const CHANNEL_BY_PROVIDER: ReadonlyMap<string, Channel> = new Map(
  CHANNELS.map((channel) => [channel.manifest.provider, channel]),
)
