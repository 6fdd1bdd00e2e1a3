/** Two companies, and clients of realtime: Supabase's own, and bare sockets for what it hides. */
import { createClient, type SupabaseClient } from '@supabase/supabase-js'
import { WebSocket } from 'ws'
import { startTestHub, type TestGroup, type TestHub, type TestHubOptions } from '../harness/hub.ts'

export type Version = '1.0.0' | '2.0.0'
export const VERSIONS: readonly Version[] = ['1.0.0', '2.0.0']

export interface Stage {
  hub: TestHub
  /** Owner ada, maintainer max, developer dev, guest gus. */
  shop: TestGroup
  /** Owner eve. */
  rival: TestGroup
  anonKey: string
  tokenOf: (username: string, group: TestGroup) => Promise<string>
  /** A client that has its token before it joins. */
  client: (username: string, group: TestGroup, version?: Version) => Promise<SupabaseClient>
  insert: (group: TestGroup, provider?: string) => Promise<string>
  socket: (key: string, version?: Version, headers?: Record<string, string>) => Promise<Bare>
  stop: () => Promise<void>
}

export interface Message {
  topic: string
  event: string
  // oxlint-disable-next-line typescript/no-explicit-any -- each test reads what it asked for
  payload: any
  ref: string | null
}

export interface Bare {
  ws: WebSocket
  /** All that came, in order. */
  heard: Message[]
  send: (topic: string, event: string, payload?: unknown) => string
  /** The first message, from now on or before, that fits and was not taken yet. */
  next: (fits: (message: Message) => boolean, what: string) => Promise<Message>
  /** Joins and answers the reply. */
  join: (topic: string, config?: object, accessToken?: string) => Promise<Message>
  changes: () => Message[]
  closed: Promise<{ code: number }>
}

const PATIENCE_MS = 10_000

export async function startStage(options: TestHubOptions = {}): Promise<Stage> {
  const hub = await startTestHub(options)
  const shop = await hub.createGroup('Shop', {
    owner: 'ada',
    members: { max: 'maintainer', dev: 'developer', gus: 'guest' },
  })
  const rival = await hub.createGroup('Rival', { owner: 'eve' })
  const owners = new Map([
    [shop.id, 'ada'],
    [rival.id, 'eve'],
  ])
  const anonKey: string = (await hub.as('ada').get('/v1/auth/supabase')).body.anon_key
  const clients: SupabaseClient[] = []
  const sockets: WebSocket[] = []
  const tokenOf = async (username: string, group: TestGroup): Promise<string> =>
    (await hub.as(username).post('/v1/auth/supabase', { group_id: group.id })).body.access_token
  return {
    hub,
    shop,
    rival,
    anonKey,
    tokenOf,
    client: async (username, group, version = '2.0.0') => {
      const token = await tokenOf(username, group)
      const client = createClient(hub.url, anonKey, {
        realtime: { vsn: version },
        accessToken: async () => token,
      })
      clients.push(client)
      await client.realtime.setAuth(token)
      return client
    },
    insert: async (group, provider = 'mysql') => {
      const [row] = await hub.sql<{ id: string }>(
        `insert into public.integration_connectors (company_id, provider, connector_type, created_by)
         values ($1, $2, 'database', $3) returning id`,
        [group.uuid, provider, hub.user(owners.get(group.id) ?? '').uuid],
      )
      return row?.id ?? ''
    },
    socket: async (key, version = '2.0.0', headers = {}) => {
      const bare = await openBare(hub.url, key, version, headers)
      sockets.push(bare.ws)
      return bare
    },
    stop: async () => {
      for (const socket of sockets) socket.terminate()
      for (const client of clients) await client.removeAllChannels()
      await hub.stop()
    },
  }
}

/** @throws the status of a refusal */
async function openBare(
  url: string,
  key: string,
  version: Version,
  headers: Record<string, string>,
): Promise<Bare> {
  const address = `${url.replace('http', 'ws')}/realtime/v1/websocket?apikey=${encodeURIComponent(key)}&vsn=${version}`
  const ws = new WebSocket(address, { headers })
  const heard: Message[] = []
  const taken = new Set<Message>()
  let wake = Promise.withResolvers<void>()
  ws.on('message', (data: Buffer, isBinary: boolean) => {
    heard.push(isBinary ? readBinary(data) : readText(version, data.toString()))
    wake.resolve()
    wake = Promise.withResolvers()
  })
  const closed = new Promise<{ code: number }>((resolve) => {
    ws.on('close', (code) => resolve({ code }))
  })
  await new Promise<void>((resolve, reject) => {
    ws.on('open', resolve)
    ws.on('error', reject)
    ws.on('unexpected-response', (_request, response) => reject(new Error(String(response.statusCode))))
  })
  let count = 0
  const joinRefs = new Map<string, string>()
  const send = (topic: string, event: string, payload: unknown = {}): string => {
    const ref = String((count += 1))
    if (event === 'phx_join') joinRefs.set(topic, ref)
    const joinRef = joinRefs.get(topic) ?? null
    const frame =
      version === '2.0.0'
        ? [joinRef, ref, topic, event, payload]
        : { topic, event, payload, ref, join_ref: joinRef }
    ws.send(JSON.stringify(frame))
    return ref
  }
  const next: Bare['next'] = async (fits, what) => {
    const until = Date.now() + PATIENCE_MS
    for (;;) {
      const found = heard.find((message) => !taken.has(message) && fits(message))
      if (found !== undefined) {
        taken.add(found)
        return found
      }
      if (Date.now() > until) throw new Error(`${what} did not come; heard: ${JSON.stringify(heard)}`)
      await Promise.race([wake.promise, new Promise((resolve) => setTimeout(resolve, 200))])
    }
  }
  return {
    ws,
    heard,
    send,
    next,
    join: (topic, config = {}, accessToken) => {
      const token = accessToken === undefined ? {} : { access_token: accessToken }
      const ref = send(topic, 'phx_join', { config, ...token })
      return next((message) => message.event === 'phx_reply' && message.ref === ref, `the reply to ${topic}`)
    },
    changes: () => heard.filter(({ event }) => event === 'postgres_changes'),
    closed,
  }
}

function readText(version: Version, text: string): Message {
  const value = JSON.parse(text)
  if (version === '1.0.0') return value
  const [, ref, topic, event, payload] = value
  return { ref, topic, event, payload }
}

function readBinary(bytes: Buffer): Message {
  const [kind = 0, topicSize = 0, eventSize = 0] = bytes
  const topic = bytes.toString('utf8', 5, 5 + topicSize)
  const event = bytes.toString('utf8', 5 + topicSize, 5 + topicSize + eventSize)
  return {
    ref: null,
    topic,
    event: `kind ${kind}`,
    payload: { event, bytes: bytes.subarray(5 + topicSize + eventSize) },
  }
}

export const CONNECTORS = { event: '*', schema: 'public', table: 'integration_connectors' }
export const listening = (...more: object[]) => ({
  postgres_changes: more.length === 0 ? [CONNECTORS] : more,
})

export async function until(holds: () => boolean, what: string): Promise<void> {
  const end = Date.now() + PATIENCE_MS
  while (!holds()) {
    if (Date.now() > end) throw new Error(`${what} did not happen`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Long enough for what must not come to have come. */
export const aWhile = () => new Promise((resolve) => setTimeout(resolve, 400))
