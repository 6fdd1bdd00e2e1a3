/** WeCom's apps: to members by their id. It answers 200 whatever happens, and 0 also where a member was not reached. */
import { Type } from 'typebox'
import { field, type WebAnswer, webRequest } from '#connect'
import {
  answerJson,
  byStatus,
  type Channel,
  httpChannel,
  later,
  type Outcome,
  refused,
  sent,
} from '../channel.ts'
import { toWecomMarkdown } from '../markdown/markdown.ts'
import { messageDocument, piecesOf } from '../message-parts.ts'
import { baseUrl } from './base-url.ts'
import { postJson, textIn } from './json-post.ts'
import { checkSignIn, sendSignedIn, type SignIn, staleToken } from './signed-in.ts'

const LIMIT = { max: 2_048, unit: 'bytes' } as const
const RATE_WAIT_MS = 60_000
/** Within this time WeCom drops a second message that says the same to the same member. */
const SAME_WITHIN_S = 600

export const wecom: Channel = {
  manifest: {
    provider: 'wecom',
    title: 'WeCom app',
    connectorType: 'message',
    config: Type.Object({
      base_url: baseUrl('https://qyapi.weixin.qq.com'),
      agent_id: Type.Integer({ title: 'AgentId', minimum: 0 }),
    }),
    auth: [
      {
        type: 'wecom',
        title: 'App',
        fields: { corp_id: field.text('Corp ID') },
        secrets: { corp_secret: field.secret('Secret of the app') },
      },
    ],
    can: { check: true, discover: false, source: false, target: false },
    act: ({ guard }) => ({
      check: async (opened) => {
        await checkSignIn(signIn, opened, (request) => webRequest(guard, 'public', request))
        return { message: 'WeCom took the credentials of the app.', details: {} }
      },
    }),
  },
  address: 'wanted',
  pace: [{ per: 'address', count: 30, perMs: 60_000 }],
  send: async (message, to, tools) => {
    // A bar would be a second member, and @all everybody.
    if (!/^[^|@\s][^|\s]{0,63}$/.test(to.address ?? '')) return noMember
    return sendSignedIn(signIn, withToken)(message, to, tools)
  },
}

const noMember: Outcome = {
  kind: 'refused',
  blame: 'account',
  code: 'notify.account_refused',
  message: 'An account of WeCom is the id of one member.',
  answer: '',
}

const withToken = (token: string): Channel =>
  httpChannel({
    manifest: wecom.manifest,
    address: wecom.address,
    pace: wecom.pace,
    parts: (message) => piecesOf(messageDocument(message), toWecomMarkdown, LIMIT),
    request: ({ text }, _, { opened: { config }, address }) =>
      postJson(
        textIn(config['base_url']),
        `/cgi-bin/message/send?access_token=${encodeURIComponent(token)}`,
        {
          touser: address,
          msgtype: 'markdown',
          agentid: config['agent_id'],
          markdown: { content: text },
          enable_duplicate_check: 1,
          duplicate_check_interval: SAME_WITHIN_S,
        },
      ),
    classify,
  })

function classify(answer: WebAnswer): Outcome {
  const json = answerJson(answer)
  const code = json?.['errcode']
  if (answer.status !== 200 || typeof code !== 'number') return byStatus(answer, 'WeCom')
  const words = `WeCom answered ${code}: ${textIn(json?.['errmsg'])}`
  switch (code) {
    case 0: {
      const missed = textIn(json?.['invaliduser']) || textIn(json?.['unlicenseduser'])
      return missed === ''
        ? sent(answer, json?.['msgid'])
        : refused(
            answer,
            'account',
            `WeCom does not reach ${missed}: no such member, or one who may not see the app.`,
          )
    }
    case 40014:
    case 42001:
      return staleToken(answer, words)
    case -1:
    case 50001:
      return later(answer, words)
    case 45009:
    case 45033:
      return later(answer, words, RATE_WAIT_MS)
    case 60111:
    case 81013:
    case 40003:
      return refused(answer, 'account', `${words}. Correct the member's id.`)
    case 40001:
    case 40013:
    case 40056:
    case 48002:
    case 60020:
    case 301002:
      return refused(
        answer,
        'connection',
        `${words}. Check the app: its id, its secret, the addresses it trusts.`,
      )
    default:
      return refused(answer, 'message', words)
  }
}

const signIn: SignIn = async ({ config, auth }, ask) => {
  const query = new URLSearchParams({
    corpid: textIn(auth['corp_id']),
    corpsecret: textIn(auth['corp_secret']),
  })
  const url = `${textIn(config['base_url']).replace(/\/+$/, '')}/cgi-bin/gettoken?${query.toString()}`
  const answer = await ask({ url, headers: { 'user-agent': 'Crosstie' } })
  const json = answerJson(answer)
  const code = json?.['errcode']
  const token = textIn(json?.['access_token'])
  if (answer.status === 200 && code === 0 && token !== '') {
    return { token, lifeMs: Number(json?.['expires_in'] ?? 0) * 1_000 }
  }
  if (answer.status !== 200 || typeof code !== 'number' || code === 0) return byStatus(answer, 'WeCom')
  const words = `WeCom refused the app's credentials (${code}: ${textIn(json?.['errmsg'])}). Enter them again.`
  return code === -1 || code === 45009
    ? later(answer, words, RATE_WAIT_MS)
    : refused(answer, 'connection', words)
}
