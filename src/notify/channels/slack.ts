/** Slack: by an app's bot to any channel it was invited to, or by an incoming webhook to the one it was made for. */
import { Type } from 'typebox'
import { field } from '#connect'
import { answerJson, byStatus, httpChannel, later, type Outcome, refused, sent } from '../channel.ts'
import { toSlack } from '../markdown/markdown.ts'
import { messageDocument, piecesOf } from '../message-parts.ts'
import { baseUrl } from './base-url.ts'
import { postJson, textIn } from './json-post.ts'

/** Slack takes ten times as much, but parts longer texts itself where it likes. */
const LIMIT = { max: 3_900, unit: 'utf16' } as const

export const slack = httpChannel({
  manifest: {
    provider: 'slack',
    title: 'Slack',
    connectorType: 'message',
    config: Type.Object({
      base_url: baseUrl('https://slack.com'),
      channel: field.textOr('Channel, for messages without an account of their own (bots only)', ''),
    }),
    auth: [
      { type: 'slack', title: 'Bot', fields: {}, secrets: { token: field.secret('Bot token (xoxb-…)') } },
      {
        type: 'slack_webhook',
        title: 'Incoming webhook',
        fields: {},
        secrets: { url: field.secret('Address of the webhook') },
      },
    ],
    can: { check: false, discover: false, source: false, target: false },
  },
  address: 'possible',
  pace: [
    { per: 'connection', count: 20, perMs: 20_000 },
    { per: 'address', count: 10, perMs: 10_000 },
  ],
  parts: (message) => piecesOf(messageDocument(message), toSlack, LIMIT),
  request: ({ text }, _, { opened: { config, auth }, address }) => {
    const message = { text, mrkdwn: true, unfurl_links: false, unfurl_media: false }
    if (auth['type'] === 'slack_webhook') return postJson(textIn(auth['url']), '', message)
    const channel = address ?? config['channel']
    return postJson(
      textIn(config['base_url']),
      '/api/chat.postMessage',
      { channel, ...message },
      { authorization: `Bearer ${textIn(auth['token'])}` },
    )
  },
  classify: (answer) => {
    const { status, body } = answer
    const words = body.toString('utf8').trim()
    if (status === 200 && words === 'ok') return sent(answer)
    const json = answerJson(answer)
    if (status === 200 && json?.['ok'] === true) return sent(answer, json['ts'])
    if (status === 429) return later(answer, 'Slack takes no more messages for now.')
    const error = json === null ? words : textIn(json['error'])
    return status < 500 && /^[a-z_]{3,60}$/.test(error) ? ofError(answer, error) : byStatus(answer, 'Slack')
  },
})

const PLACE =
  /^(channel_not_found|not_in_channel|is_archived|channel_is_archived|user_not_found|restricted_action.*|cannot_dm_bot)$/
const SIGN_IN =
  /^(invalid_auth|not_authed|account_inactive|token_revoked|token_expired|no_permission|missing_scope|no_service|no_active_hooks|no_team|team_disabled|invalid_token|action_prohibited|org_login_required|ekm_access_denied)$/
const BUSY =
  /^(ratelimited|rate_limited|internal_error|fatal_error|service_unavailable|request_timeout|team_added_to_org|rollup_error)$/

function ofError(answer: Parameters<typeof sent>[0], error: string): Outcome {
  if (BUSY.test(error)) return later(answer, `Slack answered ${error}.`)
  if (PLACE.test(error)) {
    return refused(
      answer,
      'account',
      `Slack does not let the bot write there (${error}). Invite it to the channel.`,
    )
  }
  if (SIGN_IN.test(error))
    return refused(answer, 'connection', `Slack refused the credentials (${error}). Renew them.`)
  return refused(answer, 'message', `Slack refused the message (${error}).`)
}
