/** DingTalk: the people and departments of a company, kept as users of the group, and its calls when they change. */
import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Static, Type } from 'typebox'
import { Fault } from '#fault'
import { hookRefused } from '../hook-refused.ts'
import {
  type Actions,
  field,
  type HookCall,
  type HookTaken,
  type Manifest,
  type Opened,
} from '../provider.ts'
import type { Reach } from '../reach.ts'
import type { Directory, DirectoryDepartment, DirectoryPerson, Reading } from '../sync-kind.ts'
import { jsonOf, parseUrl, webRequest } from '../web-request.ts'
import { openCallback, sealCallback } from './dingtalk-callback.ts'

const Config = Type.Object({
  base_url: Type.String({
    title: 'Address of the API',
    minLength: 1,
    format: 'uri',
    default: 'https://oapi.dingtalk.com',
  }),
  root_department: Type.Integer({
    title: 'Department to begin at',
    description: '1 is the whole company.',
    minimum: 1,
    default: 1,
  }),
  corp_id: field.textOr('CorpId', ''),
  most_leave_percent: Type.Integer({
    title: 'Most people that may leave at once, in percent',
    description: 'A listing that lacks more (and more than ten) closes nobody, and the sync fails.',
    minimum: 0,
    maximum: 100,
    default: 50,
  }),
})

const optionalSecret = (title: string, description: string) =>
  Type.String({ title, description, writeOnly: true, format: 'password', 'x-secret': true, default: '' })

export const dingtalk: Manifest = {
  provider: 'dingtalk',
  title: 'DingTalk',
  connectorType: 'webhook',
  config: Config,
  auth: [
    {
      type: 'dingtalk',
      title: 'Internal app',
      fields: { app_key: field.text('AppKey') },
      secrets: {
        app_secret: field.secret('AppSecret'),
        callback_token: optionalSecret('Callback token', 'For calls when people or departments change.'),
        callback_aes_key: optionalSecret('Callback AES key', '43 characters.'),
      },
    },
  ],
  can: { check: true, discover: true, source: false, target: false, sync: true, hook: true },
  act: (reach) => createDingtalkActions(reach),
}

/** Page sizes are DingTalk's own limit. */
const PAGE = 100
const TRIES = 4
/** "Too many requests" and "system busy". */
const BUSY = new Set([88, -1, 90002, 90018])
const TOKEN_CODES = new Set([40014, 42001])
const REFUSED = new Set([40001, 40013, 40089, 41002, 41004])
/** A callback's clock may be off by so much; DingTalk itself repeats for up to an hour. */
const WINDOW_MS = 60 * 60_000
const CHANGES = /^(user_(add|modify|leave)_org|org_dept_(create|modify|remove)|user_active_org)$/

type Config = Static<typeof Config>

interface Said {
  errcode: number
  errmsg?: string
  sub_code?: string
  result?: unknown
}

function createDingtalkActions({ guard }: Pick<Reach, 'guard'>): Actions {
  const api = (opened: Opened, signal?: AbortSignal) => createApi(guard, opened, signal)
  return {
    check: async (opened) => {
      const { root_department: root } = opened.config as Config // validated when it was opened
      const below = await (await api(opened)).departmentsBelow(root)
      return {
        message: `Signed in to DingTalk; department ${root} has ${below.length} departments below it.`,
        details: { departments: below.length },
      }
    },
    browse: async (opened, path) => {
      const { root_department: root } = opened.config as Config // validated when it was opened
      const below = await (await api(opened)).departmentsBelow(path === '' ? root : Number(path) || root)
      const items = below.map(({ externalId, name }) => ({ name, path: externalId, kind: 'folder' as const }))
      return { items, truncated: false }
    },
    sync: {
      kind: 'directory',
      read: async (opened, reading) => readDirectory(await api(opened, reading.signal), opened, reading),
    },
    hook: takeCallback,
  }
}

type Api = Awaited<ReturnType<typeof createApi>>

async function createApi(guard: Reach['guard'], { config, auth }: Opened, signal?: AbortSignal) {
  const { base_url: base } = config as Config // validated when it was opened
  const host = parseUrl(base).host
  const send = async (path: string, query: Record<string, string>, body?: object): Promise<Said> => {
    const url = `${base.replace(/\/$/, '')}${path}?${new URLSearchParams(query).toString()}`
    const answer = await webRequest(guard, 'public', {
      url,
      ...(signal === undefined ? {} : { signal }),
      ...(body === undefined
        ? {}
        : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    if (answer.status >= 500) throw away(host, `HTTP ${answer.status}`)
    const said = jsonOf(answer, host)
    if (typeof said === 'object' && said !== null && 'errcode' in said) return said as Said
    throw away(host, `an answer without errcode (HTTP ${answer.status})`)
  }
  const patiently = async (ask: () => Promise<Said>): Promise<Said> => {
    for (let tries = 1; ; tries++) {
      const said = await ask()
      if (!isBusy(said) || tries === TRIES) return said
      await sleep(250 * 2 ** tries, undefined, signal === undefined ? {} : { signal })
    }
  }

  const signIn = async (): Promise<string> => {
    const credentials = { appkey: String(auth.app_key), appsecret: String(auth.app_secret) }
    const said = await patiently(() => send('/gettoken', credentials))
    if (said.errcode !== 0) throw refusal(host, said, 'the sign-in')
    return String((said as Said & { access_token?: unknown }).access_token)
  }
  let token = await signIn()
  const call = async (path: string, body: object): Promise<unknown> => {
    let said = await patiently(() => send(path, { access_token: token }, body))
    if (TOKEN_CODES.has(said.errcode)) {
      token = await signIn()
      said = await patiently(() => send(path, { access_token: token }, body))
    }
    if (said.errcode !== 0) throw refusal(host, said, path)
    return said.result
  }

  return {
    departmentsBelow: async (parent: number): Promise<DirectoryDepartment[]> => {
      const found = (await call('/topapi/v2/department/listsub', { dept_id: parent })) ?? []
      return (found as { dept_id: number; name: string; parent_id?: number }[]).map((department) => ({
        externalId: String(department.dept_id),
        name: department.name,
        parentId: String(department.parent_id ?? parent),
      }))
    },
    peoplePage: async (department: number, cursor: number): Promise<PeoplePage> =>
      (await call('/topapi/v2/user/list', { dept_id: department, cursor, size: PAGE })) as PeoplePage,
  }
}

interface PeoplePage {
  has_more: boolean
  next_cursor?: number
  list: {
    userid: string
    unionid?: string
    name: string
    mobile?: string
    email?: string
    title?: string
    active?: boolean
    dept_id_list?: number[]
  }[]
}

/** The tree one level per call, then each department's people page by page; whoever is in two comes once. */
async function readDirectory(api: Api, { config }: Opened, reading: Reading): Promise<Directory> {
  const { root_department: root } = config as Config // validated when it was opened
  const departments = new Map<string, DirectoryDepartment>()
  for (let level = [root]; level.length > 0;) {
    const below: number[] = []
    for (const parent of level) {
      for (const department of await api.departmentsBelow(parent)) {
        if (departments.has(department.externalId) || department.externalId === String(root)) continue
        departments.set(department.externalId, department)
        below.push(Number(department.externalId))
      }
      keepToLimit(departments.size, reading)
      reading.progress('departments', departments.size)
    }
    level = below
  }
  const people = new Map<string, DirectoryPerson>()
  for (const department of [root, ...[...departments.keys()].map(Number)]) {
    for (let cursor: number | undefined = 0; cursor !== undefined;) {
      const page: PeoplePage = await api.peoplePage(department, cursor)
      for (const person of page.list) addPerson(people, person, department)
      keepToLimit(people.size, reading)
      reading.progress('people', people.size)
      const next: number | undefined = page.has_more ? page.next_cursor : undefined
      // A cursor that does not move would go round for ever.
      cursor = next !== undefined && next > cursor ? next : undefined
    }
  }
  return { departments: [...departments.values()], people: [...people.values()] }
}

function addPerson(
  people: Map<string, DirectoryPerson>,
  person: PeoplePage['list'][number],
  department: number,
): void {
  const known = people.get(person.userid)
  const of = new Set([...(known?.departments ?? []), ...(person.dept_id_list ?? [department]).map(String)])
  people.set(person.userid, {
    externalId: person.userid,
    unionId: person.unionid ?? null,
    name: person.name,
    email: textOrNull(person.email),
    mobile: textOrNull(person.mobile),
    title: textOrNull(person.title),
    departments: [...of].toSorted(),
    active: person.active ?? true,
  })
}

const textOrNull = (text: string | undefined): string | null =>
  text === undefined || text === '' ? null : text

function keepToLimit(count: number, { limit, signal }: Reading): void {
  signal.throwIfAborted()
  if (count <= limit) return
  throw new Fault(
    'too_large',
    'connect.too_many_people',
    `There are more than ${limit} people or departments. Begin at a smaller department, or raise CROSSTIE_LIMIT_SYNC_ITEMS.`,
  )
}

/** Proved, decrypted, and answered the same way; a change of people asks for a sync. */
function takeCallback({ auth, config }: Opened, call: HookCall): HookTaken {
  // Sealed by the manifest's schema.
  const { callback_token: token = '', callback_aes_key: aesKey = '' } = auth as Record<string, string>
  const keys = { token, aesKey }
  if (keys.token === '' || keys.aesKey === '')
    throw hookRefused('the connection has no callback token and key')
  const { timestamp = '', nonce = '' } = call.query
  const signature = call.query.msg_signature ?? call.query.signature ?? ''
  if (Math.abs(call.at.getTime() - Number(timestamp)) > WINDOW_MS || timestamp === '') {
    throw hookRefused('its timestamp is more than an hour away from now')
  }
  const encrypt = encryptOf(call.body)
  const { text, owner } = openCallback(keys, { signature, timestamp, nonce, encrypt })
  const { corp_id: corpId } = config as Config // validated when it was opened
  if (owner !== auth.app_key && (corpId === '' || owner !== corpId)) {
    throw hookRefused('it is for another app')
  }
  const event = JSON.parse(text) as { EventType?: unknown } // encrypted under a key that only DingTalk has
  const type = typeof event.EventType === 'string' ? event.EventType : ''
  const answered = {
    text: 'success',
    owner,
    timestamp: String(call.at.getTime()),
    nonce: randomBytes(8).toString('hex'),
  }
  return {
    id: createHash('sha256').update(text).digest('hex'),
    type,
    payload: event,
    answer: { ...sealCallback(keys, answered) },
    wantsSync: CHANGES.test(type),
    isProbe: type === 'check_url',
  }
}

function encryptOf(body: Buffer): string {
  try {
    const parsed = JSON.parse(body.toString('utf8')) as { encrypt?: unknown } // looked at right below
    if (typeof parsed.encrypt === 'string') return parsed.encrypt
  } catch {
    // said below
  }
  throw hookRefused('its body is not {"encrypt": …}')
}

function isBusy({ errcode, sub_code: sub }: Said): boolean {
  return BUSY.has(errcode) && (errcode !== 88 || sub === undefined || BUSY.has(Number(sub)))
}

function away(host: string, what: string): Fault {
  return new Fault('unavailable', 'connect.unreachable', `${host} answered with ${what}.`)
}

/** Success is what the body says, never the status. */
function refusal(host: string, said: Said, what: string): Fault {
  const words = `${host} refused ${what}: ${said.errmsg ?? ''} (${said.errcode}${said.sub_code === undefined ? '' : `, ${said.sub_code}`})`
  if (isBusy(said)) return new Fault('too_many', 'connect.busy', `${words}. It will be tried again.`)
  if (REFUSED.has(said.errcode)) {
    return new Fault('unauthorized', 'connect.auth_refused', `${words}. Check AppKey and AppSecret.`)
  }
  const wayOut = 'Check that the app may read departments and members of the address book.'
  return new Fault('forbidden', 'connect.refused', `${words}. ${wayOut}`)
}
