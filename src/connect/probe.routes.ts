/** What asks the other system itself: Test, browse, columns. Never inside a transaction, and never for long. */
import { type Static, Type } from 'typebox'
import { Fault, messageOf } from '#fault'
import type { Server } from '#http'
import { type Caller, levelIn, requireLevel } from '#identity'
import { type ConnectionBody, connectionBodies } from './connection.body.ts'
import { ConnectionPath } from './connection.routes.ts'
import { type ConnectionRules, visibleConnection } from './connection.ts'
import { type Connection, findConnection, type Tx } from './connection.store.ts'
import { mergedAuth, missingSecrets } from './credentials.ts'
import { noteOutcome, type Outcome } from './health.ts'
import { inTime } from './in-time.ts'
import { manifestOf, type Providers } from './manifests.ts'
import type { OpenFresh } from './oauth.ts'
import { type Actions, type Checked, createAuthSchema, type Manifest, type Opened } from './provider.ts'

export interface ProbeRules extends ConnectionRules {
  actions: ReadonlyMap<string, Actions>
  openFresh: OpenFresh
}

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
  const offered = rules.providers.all.map(presentProvider)
  const { TestBody } = connectionBodies(rules.providers.all)

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
                  sync: Type.Boolean(),
                  hook: Type.Boolean(),
                }),
              }),
            ),
          }),
        },
      },
    },
    async () => ({ items: offered }),
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
      return (await tryOut(() => handsOrNone(rules, given.type).check(opened))).result
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
      const connection = await usableConnection(rules, caller, params.connection_id)
      return tryOutSaved(rules, caller, connection)
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
    async ({ caller, params, query }) =>
      refusedThere(async () => {
        const { connection, opened } = await openSaved(rules, caller, params.connection_id)
        const { browse } = handsOf(rules.actions, connection.provider)
        if (browse === undefined) throw nothingToBrowse(connection)
        return { path: query.path, ...(await inTime(browse(opened, query.path))) }
      }),
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
    async ({ caller, params, query }) =>
      refusedThere(async () => {
        const { connection, opened } = await openSaved(rules, caller, params.connection_id)
        const { columns } = handsOf(rules.actions, connection.provider)
        if (columns === undefined) throw nothingToBrowse(connection)
        return { items: await inTime(columns(opened, query.path)) }
      }),
  )
}

function presentProvider({ provider, connectorType, title, config, auth, can }: Manifest) {
  return {
    provider,
    connector_type: connectorType,
    title,
    spec: config,
    auth: auth.map((kind) => ({ type: kind.type, title: kind.title, schema: createAuthSchema(kind) })),
    can: { ...can, sync: can.sync === true, hook: can.hook === true },
  }
}

type Unsaved = ConnectionBody & { connection_id?: number | null }

/** Who may use a connection's secrets is who may write it; a guest may not. */
async function usableConnection({ db }: ProbeRules, caller: Caller, id: number): Promise<Connection> {
  return db.withCaller(caller, async (tx: Tx) => {
    const connection = await visibleConnection(tx, id)
    requireLevel(levelIn(caller, connection.group_id), 'developer')
    return connection
  })
}

async function openSaved(
  rules: ProbeRules,
  caller: Caller,
  id: number,
): Promise<{ connection: Connection; opened: Opened }> {
  const connection = await usableConnection(rules, caller, id)
  return { connection, opened: await rules.openFresh(caller, connection) }
}

/** A 401 would tell the caller to sign in here, and clients end their session by it: it is the other system's. */
async function refusedThere<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof Fault) || error.kind !== 'unauthorized') throw error
    throw new Fault('bad_request', error.code, error.message, { cause: error })
  }
}

function nothingToBrowse({ provider }: Connection): Fault {
  const title = manifestOf(provider)?.title ?? provider
  return new Fault('bad_request', 'connect.nothing_to_browse', `There is nothing to browse at ${title}.`)
}

async function openUnsaved(
  { db, vault, providers }: ProbeRules,
  caller: Caller,
  body: Unsaved,
): Promise<Opened> {
  const { connection_id: id, type, connection_data: config, auth_data: auth } = body
  const manifest = providers.of(type)
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

function notChecked(providers: Providers, provider: string): Fault {
  const manifest = providers.of(provider)
  if (manifest?.connectorType !== 'message') return notCarried(provider)
  const message = `${manifest.title} shows only by a message whether it is well. Send one.`
  return new Fault('bad_request', 'connect.nothing_to_check', message)
}

/** What a Test of a saved connection says is noted as its health. */
async function tryOutSaved(rules: ProbeRules, caller: Caller, connection: Connection) {
  const { check } = handsOrNone(rules, connection.provider)
  const { result, outcome } = await tryOut(async () => check(await rules.openFresh(caller, connection)))
  const { db } = rules
  if (rules.actions.has(connection.provider)) {
    await db.withCaller(caller, async (tx: Tx, afterCommit) => {
      const now = await findConnection(tx, connection.id)
      if (now !== undefined) await noteOutcome({ db, tx, afterCommit }, now, outcome)
    })
  }
  return result
}

/** A Test says in its answer that the provider is only kept; browsing is refused with it. */
function handsOrNone({ actions, providers }: ProbeRules, provider: string): Actions {
  return actions.get(provider) ?? { check: () => Promise.reject(notChecked(providers, provider)) }
}

/** A Test that fails is an answer, not an error; only what the caller did wrong is. */
async function tryOut(
  check: () => Promise<Checked>,
): Promise<{ result: Static<typeof TestResult>; outcome: Outcome }> {
  const began = performance.now()
  const { answer, outcome } = await inTime(Promise.resolve().then(check)).then(
    ({ message, details }) => ({ answer: { ok: true, message, details }, outcome: { ok: true as const } }),
    (error: unknown) => {
      if (!(error instanceof Fault) || error.code === 'connect.credentials_missing') throw error
      return {
        answer: { ok: false, message: messageOf(error), details: { code: error.code } },
        outcome: { ok: false as const, fault: error },
      }
    },
  )
  return { result: { ...answer, duration_ms: Math.round(performance.now() - began) }, outcome }
}
