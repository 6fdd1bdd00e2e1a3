/** What asks the other system itself: Test, browse, columns. Never inside a transaction, and never for long. */
import { Type } from 'typebox'
import { Fault, messageOf } from '#fault'
import type { Server } from '#http'
import { type Caller, levelIn, requireLevel } from '#identity'
import { type ConnectionBody, TestBody } from './connection.body.ts'
import { ConnectionPath } from './connection.routes.ts'
import { type ConnectionRules, visibleConnection } from './connection.ts'
import type { Tx } from './connection.store.ts'
import { mergedAuth, missingSecrets, openCredentials } from './credentials.ts'
import { MANIFESTS, manifestOf } from './manifests.ts'
import { type Actions, createAuthSchema, type Opened } from './provider.ts'

export interface ProbeRules extends ConnectionRules {
  actions: ReadonlyMap<string, Actions>
}

const PROBE_LIMIT_MS = 10_000
const Values = Type.Record(Type.String(), Type.Unknown())

const TestResult = Type.Object({
  ok: Type.Boolean(),
  message: Type.String(),
  details: Values,
  duration_ms: Type.Integer(),
})

const Item = Type.Object({
  name: Type.String(),
  path: Type.String(),
  kind: Type.Enum(['schema', 'table', 'view', 'folder', 'file']),
  rows: Type.Optional(Type.Integer({ description: 'An estimate.' })),
  size_bytes: Type.Optional(Type.Integer()),
  modified_at: Type.Optional(Type.String({ format: 'date-time' })),
  format: Type.Optional(Type.String()),
  writable: Type.Optional(Type.Boolean()),
})

const Column = Type.Object({
  name: Type.String(),
  type: Type.String(),
  nullable: Type.Boolean(),
  primary_key: Type.Boolean(),
})

const PathQuery = Type.Object({ path: Type.String({ default: '', maxLength: 4096 }) })

export function addProbeRoutes(app: Server, rules: ProbeRules): void {
  const tags = ['connections']

  app.get(
    '/v1/providers',
    {
      schema: {
        tags,
        summary: 'List what connections can be made to, with the schemas that draw their forms',
        response: {
          200: Type.Object({
            items: Type.Array(
              Type.Object({
                provider: Type.String(),
                connector_type: Type.String(),
                title: Type.String(),
                spec: Type.Unknown(),
                auth: Type.Array(
                  Type.Object({ type: Type.String(), title: Type.String(), schema: Type.Unknown() }),
                ),
                can: Type.Object({
                  check: Type.Boolean(),
                  discover: Type.Boolean(),
                  source: Type.Boolean(),
                  target: Type.Boolean(),
                }),
              }),
            ),
          }),
        },
      },
    },
    async () => ({ items: PROVIDERS }),
  )

  app.post(
    '/v1/connections/test',
    {
      schema: {
        tags,
        summary:
          'Try a connection before it is saved; of a saved one, its secrets stand in for those left out',
        body: TestBody,
        response: { 200: TestResult },
      },
    },
    async ({ caller, body }) => {
      // Every member of the union is made by `bodySchema`, so it holds these fields.
      const given = body as unknown as Unsaved
      const opened = await openUnsaved(rules, caller, given)
      return tryOut(rules.actions, given.type, opened)
    },
  )

  app.post(
    '/v1/connections/:connection_id/test',
    {
      schema: {
        tags,
        summary: 'Try a saved connection',
        params: ConnectionPath,
        response: { 200: TestResult },
      },
    },
    async ({ caller, params }) => {
      const { provider, opened } = await openSaved(rules, caller, params.connection_id)
      return tryOut(rules.actions, provider, opened)
    },
  )

  app.get(
    '/v1/connections/:connection_id/browse',
    {
      config: { faults: ['timed_out'] },
      schema: {
        tags,
        summary: 'Look into a connection: schemas, tables, folders, files',
        params: ConnectionPath,
        querystring: PathQuery,
        response: {
          200: Type.Object({
            path: Type.String(),
            items: Type.Array(Item),
            truncated: Type.Boolean({ description: 'Whether there is more than is shown.' }),
          }),
        },
      },
    },
    async ({ caller, params, query }) => {
      const { provider, opened } = await openSaved(rules, caller, params.connection_id)
      const actions = handsOf(rules.actions, provider)
      return { path: query.path, ...(await inTime(actions.browse(opened, query.path))) }
    },
  )

  app.get(
    '/v1/connections/:connection_id/columns',
    {
      config: { faults: ['timed_out'] },
      schema: {
        tags,
        summary: 'List the columns of a table or file',
        params: ConnectionPath,
        querystring: PathQuery,
        response: { 200: Type.Object({ items: Type.Array(Column) }) },
      },
    },
    async ({ caller, params, query }) => {
      const { provider, opened } = await openSaved(rules, caller, params.connection_id)
      return { items: await inTime(handsOf(rules.actions, provider).columns(opened, query.path)) }
    },
  )
}

const PROVIDERS = MANIFESTS.map(({ provider, connectorType, title, config, auth, can }) => ({
  provider,
  connector_type: connectorType,
  title,
  spec: config,
  auth: auth.map((kind) => ({ type: kind.type, title: kind.title, schema: createAuthSchema(kind) })),
  can,
}))

type Unsaved = ConnectionBody & { connection_id?: number | null }

/** Who may use a connection's secrets is who may write it; a guest may not. */
async function openSaved(
  { db, vault }: ProbeRules,
  caller: Caller,
  id: number,
): Promise<{ provider: string; opened: Opened }> {
  return db.withCaller(caller, async (tx: Tx) => {
    const connection = await visibleConnection(tx, id)
    requireLevel(levelIn(caller, connection.group_id), 'developer')
    return { provider: connection.provider, opened: await openCredentials(tx, vault, connection) }
  })
}

async function openUnsaved({ db, vault }: ProbeRules, caller: Caller, body: Unsaved): Promise<Opened> {
  const { connection_id: id, type, connection_data: config, auth_data: auth } = body
  const manifest = manifestOf(type)
  if (manifest === undefined) throw new Error(`the body's schema let the type ${type} through`)
  if (id === undefined || id === null) {
    const [missing] = missingSecrets(manifest, auth)
    if (missing !== undefined) throw secretMissing(type, missing, auth)
    return { config, auth }
  }
  return db.withCaller(caller, async (tx: Tx) => {
    const connection = await visibleConnection(tx, id)
    requireLevel(levelIn(caller, connection.group_id), 'developer')
    return { config, auth: await mergedAuth(tx, vault, manifest, { connection, auth }) }
  })
}

function secretMissing(type: string, name: string, auth: object): Fault {
  const location = ['body', type, 'auth_data', name]
  const input = { ...auth, [name]: null }
  return new Fault('invalid', 'platform.invalid_request', 'Invalid request', {
    details: [{ location, message: 'Field required', code: 'missing', context: {}, input }],
  })
}

function handsOf(actions: ProbeRules['actions'], provider: string): Actions {
  const hands = actions.get(provider)
  if (hands === undefined) throw notCarried(provider)
  return hands
}

/** The words for what is stored, but not carried by this release's engine. */
export function notCarried(provider: string): Fault {
  const title = manifestOf(provider)?.title ?? provider
  return new Fault(
    'bad_request',
    'connect.not_carried',
    `Connections to ${title} are kept, but this release's engine does not carry them yet.`,
  )
}

/** A Test that fails is an answer, not an error; only what the caller did wrong is. */
async function tryOut(actions: ProbeRules['actions'], provider: string, opened: Opened) {
  const began = performance.now()
  const outcome = await inTime(Promise.resolve().then(() => handsOf(actions, provider).check(opened))).then(
    ({ message, details }) => ({ ok: true, message, details }),
    (error: unknown) => {
      if (!(error instanceof Fault)) throw error
      return { ok: false, message: messageOf(error), details: { code: error.code } }
    },
  )
  return { ...outcome, duration_ms: Math.round(performance.now() - began) }
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  const limit = Promise.withResolvers<never>()
  const timer = setTimeout(
    () =>
      limit.reject(
        new Fault(
          'timed_out',
          'connect.timed_out',
          `It did not answer within ${PROBE_LIMIT_MS / 1000} seconds. Check address, firewall and load.`,
        ),
      ),
    PROBE_LIMIT_MS,
  )
  try {
    return await Promise.race([work, limit.promise])
  } finally {
    clearTimeout(timer)
    // What comes too late is nobody's.
    work.catch(() => {})
  }
}
