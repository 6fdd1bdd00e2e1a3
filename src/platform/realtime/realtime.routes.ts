import websocket, { type WebSocket } from '@fastify/websocket'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Settings } from '#config'
import type { Server } from '#http'
import type { Line } from './channel.ts'
import type { Conversation } from './conversation.ts'
import type { Broadcast, Version } from './frame.ts'
import type { Gate, Shown } from './gate.ts'
import { admit, objectOf } from './join.ts'
import { Session, type SessionParts } from './session.ts'

export interface RealtimeRoutes {
  settings: Pick<Settings, 'limit_realtime_sockets' | 'limit_realtime_message' | 'limit_realtime_backlog'>
  session: SessionParts
  /** Those that are open; whoever has to, closes them. */
  open: Set<Open>
}

export interface Open {
  session: Session
  hangUp: (code: number, reason: string) => void
}

declare module 'fastify' {
  interface FastifyRequest {
    /** What a socket to realtime was opened with; set on that route alone. */
    shown: Shown | null
  }
}

/** What a page of this hub says for "by the cookie of this browser": clients insist on some key. */
const BY_COOKIE = 'cookie'
const PATH = '/realtime/v1'
const FAREWELL_MS = 1_000

export async function addRealtimeRoutes(app: Server, parts: RealtimeRoutes): Promise<void> {
  const { settings, open, session } = parts
  await app.register(async (scope) => {
    await scope.register(websocket, {
      options: { maxPayload: settings.limit_realtime_message.count, perMessageDeflate: false },
      // A message that is too long or broken is the client's affair; it is told by the code.
      errorHandler: (_error, socket) => {
        socket.terminate()
      },
      // Left to the clients, a stop would wait for their farewells.
      preClose: (done) => {
        for (const one of open) one.hangUp(1012, 'the hub stops')
        scope.websocketServer.close(() => {})
        done()
      },
    })
    scope.decorateRequest('shown', null)
    scope.get(
      `${PATH}/websocket`,
      {
        websocket: true,
        config: { access: 'public' },
        schema: { hide: true },
        preValidation: (request, reply) => letIn(parts, request, reply),
      },
      (socket, request) => {
        talk(parts, socket, request)
      },
    )
    addBroadcasts(scope, session.gate, session.conversation)
  })
}

function talk({ settings, open, session }: RealtimeRoutes, socket: WebSocket, request: FastifyRequest): void {
  const { apikey, version } = openedWith(request)
  const line: Line = {
    version,
    send: (data) => {
      if (socket.readyState !== socket.OPEN) return
      const backlog = settings.limit_realtime_backlog.count
      // One who reads too slowly would fill the hub's memory: it may come again and read anew.
      if (backlog > 0 && socket.bufferedAmount > backlog) return socket.terminate()
      socket.send(data, { binary: isBytes(data) })
    },
  }
  const hangUp = (code: number, reason: string) => {
    socket.close(code, reason)
    // A client that is gone says no farewell.
    setTimeout(() => socket.terminate(), FAREWELL_MS).unref()
  }
  // The route lets nobody in without.
  const shown = request.shown as Shown
  const one: Open = { hangUp, session: new Session(session, { line, shown, apikey, hangUp }) }
  open.add(one)
  socket.on('message', (data: Buffer, isBinary: boolean) => one.session.hear(data, isBinary))
  socket.on('error', () => {})
  socket.on('close', () => {
    open.delete(one)
    one.session.end()
  })
}

function openedWith({ query }: FastifyRequest): { apikey: string; version: Version } {
  const { apikey, vsn } = objectOf(query)
  return { apikey: typeof apikey === 'string' ? apikey : '', version: vsn === '2.0.0' ? '2.0.0' : '1.0.0' }
}

async function letIn(
  { settings, open, session }: RealtimeRoutes,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  const { apikey } = openedWith(request)
  const { vsn = '1.0.0' } = objectOf(request.query)
  if (vsn !== '1.0.0' && vsn !== '2.0.0') return reply.status(400).send({ error: 'vsn is 1.0.0 or 2.0.0' })
  if (apikey === '') {
    return reply
      .status(401)
      .send({ error: 'An apikey is needed: the anon key, a token, or an application’s secret.' })
  }
  const limit = settings.limit_realtime_sockets.count
  if (limit > 0 && open.size >= limit) return reply.status(503).send({ error: 'Too many sockets are open.' })
  const { gate } = session
  const shown = apikey === BY_COOKIE ? await gate.recogniseSession(request) : await gate.recognise(apikey)
  if (shown === null)
    return reply.status(401).send({ error: 'The apikey is forged, has expired or is unknown.' })
  request.shown = shown
  return undefined
}

/** What a channel sends before it has joined, and `httpSend`. */
function addBroadcasts(
  app: Pick<Server, 'post' | 'options' | 'addHook'>,
  gate: Gate,
  conversation: Conversation,
): void {
  const hidden = { config: { access: 'public' as const }, schema: { hide: true } }
  // Keys and tokens come in headers and never by cookie, so pages of any site may speak.
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('access-control-allow-origin', '*')
  })
  app.options(`${PATH}/api/*`, hidden, async (_request, reply) =>
    reply
      .headers({
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': 'authorization, apikey, content-type, x-client-info',
        'access-control-max-age': '3600',
      })
      .status(204)
      .send(),
  )
  app.post(`${PATH}/api/broadcast`, hidden, async (request, reply) => {
    const space = await spaceOf(gate, request)
    if (space === null) return reply.status(401).send({ error: 'This key or token may speak to nobody.' })
    const { messages } = objectOf(request.body)
    const list = Array.isArray(messages) ? messages.slice(0, MESSAGES_LIMIT) : []
    for (const one of list) {
      const { topic, event, payload } = objectOf(one)
      if (typeof topic !== 'string' || typeof event !== 'string') continue
      conversation.broadcastTo(space, `realtime:${topic}`, messageOf(event, payload))
    }
    return reply.status(202).send()
  })
  app.post(`${PATH}/api/broadcast/:topic/events/:event`, hidden, async (request, reply) => {
    const space = await spaceOf(gate, request)
    if (space === null) return reply.status(401).send({ error: 'This key or token may speak to nobody.' })
    const { topic = '', event = '' } = request.params as Record<string, string> // the path's
    conversation.broadcastTo(space, `realtime:${topic}`, messageOf(event, request.body))
    return reply.status(202).send()
  })
}

const MESSAGES_LIMIT = 100

const messageOf = (event: string, payload: unknown): Broadcast => ({
  event,
  content: { json: payload ?? {} },
})

async function spaceOf(gate: Gate, { headers }: FastifyRequest): Promise<string | null> {
  const bearer = /^bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
  const key = headers.apikey
  const text = bearer ?? (typeof key === 'string' ? key : '')
  const shown = await gate.recognise(text)
  const admitted = shown === null ? null : await admit(gate, shown)
  return admitted === null || typeof admitted === 'string' ? null : admitted.space
}

/** JSON that was written once for many is bytes as well, and begins as JSON does. */
function isBytes(data: string | Buffer): boolean {
  return typeof data !== 'string' && data[0] === 4
}
