import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Claimant, Database } from '#database'
import type { Server } from '#http'
import type { Gate } from '#identity'
import type { RestTable } from './grammar.ts'
import { RestProblem, restAnswerOf } from './rest.fault.ts'
import {
  deleteRows,
  insertRows,
  type Preferences,
  readRows,
  type RestResult,
  updateRows,
} from './statement.ts'

export interface RestParts {
  db: Database
  gate: Pick<Gate, 'recognise' | 'claimantOf'>
  /** Rows of one answer; 0: no limit. */
  rowsLimit: number
}

/** The allow-list: a table is served because it stands here, and never because it exists. */
const TABLES = ['integration_connectors']
const OWNER: Claimant = { databaseRole: 'crosstie_owner', claims: {} }
const ONE = 'application/vnd.pgrst.object+json'
const METHODS = ['GET', 'POST', 'PATCH', 'DELETE'] as const

interface Asker {
  claimant: Claimant
  mayWrite: boolean
}

/** The subset of PostgREST that Supabase's `.from(…)` speaks to one table, by the rules of its document. */
export function addRestRoutes(app: Server, parts: RestParts): void {
  void app.register(async (scope) => {
    // Keys and tokens come in headers and never by cookie, so pages of any site may ask.
    scope.addHook('onRequest', async (_request, reply) => {
      reply.headers({
        'access-control-allow-origin': '*',
        'access-control-expose-headers': 'content-range, content-location',
      })
    })
    scope.setErrorHandler((error, request, reply) => {
      const known = restAnswerOf(error, isAnonymous(request))
      if (known === null) request.log.error({ err: error, reqId: request.id }, 'request failed')
      const { status, body } = known ?? {
        status: 500,
        body: { code: 'XX000', details: null, hint: null, message: 'Internal error' },
      }
      return reply.status(status).send(body)
    })
    const hidden = { config: { access: 'public' as const }, schema: { hide: true } }
    scope.options('/rest/v1/*', hidden, async (_request, reply) =>
      reply
        .headers({
          'access-control-allow-methods': 'GET, HEAD, POST, PATCH, DELETE',
          'access-control-allow-headers':
            'authorization, apikey, content-type, accept, prefer, range, range-unit, x-client-info, accept-profile, content-profile, x-supabase-api-version, x-retry-count',
          'access-control-max-age': '3600',
        })
        .status(204)
        .send(),
    )
    let described: Promise<RestTable[]> | undefined
    scope.route({
      method: [...METHODS],
      url: '/rest/v1/:table',
      ...hidden,
      handler: async (request, reply) => {
        described ??= describeTables(parts.db)
        const asker = await askerOf(parts.gate, request)
        askers.set(request, asker)
        const { table: name } = request.params as { table: string } // the path's
        const table = (await described).find((one) => one.table === name)
        if (table === undefined) {
          const message = `Could not find the table 'public.${name}' in the schema cache`
          throw new RestProblem(404, 'PGRST205', message)
        }
        requirePublic(request)
        return answer(parts, asker, table, request, reply)
      },
    })
  })
}

/** Whoever asks, for the words of a refusal. */
const askers = new WeakMap<FastifyRequest, Asker>()

const isAnonymous = (request: FastifyRequest): boolean =>
  askers.get(request)?.claimant.databaseRole === 'anon'

async function askerOf(gate: RestParts['gate'], { headers, method }: FastifyRequest): Promise<Asker> {
  const bearer = /^bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
  const text = bearer ?? (typeof headers.apikey === 'string' ? headers.apikey : '')
  if (text === '') throw new RestProblem(401, 'PGRST302', 'No apikey and no token came with the request')
  const credential = await gate.recognise(text)
  if (credential === null) {
    throw new RestProblem(401, 'PGRST301', 'The apikey or token is forged, has expired or is unknown')
  }
  const asker = await gate.claimantOf(credential)
  if (typeof asker === 'string') throw new RestProblem(401, 'PGRST301', `The token is ${asker}`)
  if (!asker.mayWrite && method !== 'GET' && method !== 'HEAD') {
    throw new RestProblem(403, '42501', 'This application may read only')
  }
  return asker
}

async function answer(
  { db, rowsLimit }: RestParts,
  { claimant }: Asker,
  table: RestTable,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const query = new URLSearchParams(request.url.split('?')[1] ?? '')
  const wanted = preferencesOf(request)
  const isSingle = (request.headers.accept ?? '').includes(ONE)
  const result = await db.withConnection(claimant, async (client) => {
    const done = await (() => {
      switch (request.method) {
        case 'POST':
          return insertRows(client, table, query, request.body, wanted)
        case 'PATCH':
          return updateRows(client, table, query, request.body)
        case 'DELETE':
          return deleteRows(client, table, query)
        default:
          return readRows(client, table, query, { counts: wanted.counts, most: rowsLimit })
      }
    })()
    // In the transaction: what is refused is not written either.
    if (isSingle && isShown(request, wanted) && done.rows !== 1) throw notOne(done.rows)
    return done
  })
  reply.header('content-range', rangeOf(result, request.method, wanted.counts))
  if (!isShown(request, wanted)) return reply.status(request.method === 'POST' ? 201 : 204).send()
  reply
    .status(statusOf(request.method, result, wanted))
    .header('content-type', `${isSingle ? ONE : 'application/json'}; charset=utf-8`)
  const body = isSingle ? JSON.stringify((JSON.parse(result.body) as unknown[])[0]) : result.body // a list of one
  return reply.serializer((text: string) => text).send(body)
}

const isShown = ({ method }: FastifyRequest, { returns }: Preferences): boolean =>
  method === 'GET' || method === 'HEAD' || returns === 'representation'

function statusOf(method: string, { rows, total }: RestResult, { counts }: Preferences): number {
  if (method === 'POST') return 201
  const isPart = counts && total !== null && rows < total && (method === 'GET' || method === 'HEAD')
  return isPart ? 206 : 200
}

function rangeOf({ rows, offset, total }: RestResult, method: string, counts: boolean): string {
  const span = rows === 0 || method === 'POST' ? '*' : `${offset}-${offset + rows - 1}`
  return `${span}/${counts && total !== null ? total : '*'}`
}

function preferencesOf({ headers }: FastifyRequest): Preferences {
  const said = new Set(
    String(headers.prefer ?? '')
      .split(',')
      .map((one) => one.trim()),
  )
  return {
    returns: said.has('return=representation') ? 'representation' : 'minimal',
    counts: said.has('count=exact') || said.has('count=planned') || said.has('count=estimated'),
    resolution: said.has('resolution=merge-duplicates')
      ? 'merge-duplicates'
      : said.has('resolution=ignore-duplicates')
        ? 'ignore-duplicates'
        : null,
  }
}

function notOne(rows: number): RestProblem {
  const message = 'Cannot coerce the result to a single JSON object'
  return new RestProblem(406, 'PGRST116', message, `The result contains ${rows} rows`)
}

/** Only the schema that Supabase serves unless told otherwise. */
function requirePublic({ headers }: FastifyRequest): void {
  const schema = headers['accept-profile'] ?? headers['content-profile'] ?? 'public'
  if (schema !== 'public') throw new RestProblem(406, 'PGRST106', `Invalid schema: ${String(schema)}`)
}

function describeTables(db: Database): Promise<RestTable[]> {
  return db.withConnection(OWNER, async (client) => {
    const { rows } = await client.query<{ table: string; name: string; type: string }>(
      `select c.relname as table, a.attname as name, t.typname as type
       from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
       join pg_type t on t.oid = a.atttypid
       where c.relnamespace = 'public'::regnamespace and c.relname = any ($1) order by a.attnum`,
      [TABLES],
    )
    return TABLES.map((table) => ({
      schema: 'public',
      table,
      columns: rows.filter((row) => row.table === table).map(({ name, type }) => ({ name, type })),
    }))
  })
}
