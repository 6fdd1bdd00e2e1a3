/** Asks a hub over its public API, as whoever CROSSTIE_TOKEN is. */
import { loadConfig, publicUrl } from '#config'
import { Fault, type FaultKind, messageOf } from '#fault'
import type { ClientOptions, GroupOptions } from './client-options.ts'
import { usage } from './exit.ts'

export interface HubClient {
  ask: (
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: object,
    headers?: Record<string, string>,
    // oxlint-disable-next-line typescript/no-explicit-any -- each command names the fields that it reads
  ) => Promise<any>
  url: string
}

/** An item of a list, as far as commands look into it. */
export interface Named {
  id: number
  name: string
  [field: string]: unknown
}

const TIMEOUT_MS = 60_000
const PAGE_SIZE = 50
/** A list that is longer is a mistake to print. */
const LIST_LIMIT = 1_000

export function createClient(options: ClientOptions): HubClient {
  const url = (options.url ?? publicUrl(loadConfig().settings)).replace(/\/+$/, '')
  if (!URL.canParse(url)) throw usage(`${url} is no address of a hub; write http://host:port.`)
  const token = process.env.CROSSTIE_TOKEN ?? ''
  if (token === '') {
    throw new Fault(
      'unauthorized',
      'cli.no_token',
      'CROSSTIE_TOKEN is not set. Make an application and put its secret there: crosstie application create NAME --user YOU --type all',
    )
  }
  return {
    url,
    ask: async (method, path, body, headers = {}) => {
      const answer = await fetch(`${url}${path}`, {
        method,
        headers: {
          ...headers,
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      }).catch((cause: unknown) => {
        throw unreachable(url, cause)
      })
      const text = await answer.text()
      if (!answer.ok) throw faultOf(answer.status, text)
      return text === '' ? null : JSON.parse(text)
    },
  }
}

function unreachable(url: string, cause: unknown): Fault {
  const isSlow = cause instanceof Error && cause.name === 'TimeoutError'
  if (isSlow) {
    const message = `The hub at ${url} did not answer within ${TIMEOUT_MS / 1000} seconds.`
    return new Fault('timed_out', 'cli.timed_out', message, { cause })
  }
  const why = cause instanceof Error ? messageOf(cause.cause ?? cause) : String(cause)
  const message = `No hub answers at ${url} (${why}). Is it up (crosstie up), and CROSSTIE_URL right?`
  return new Fault('unavailable', 'cli.unreachable', message, { cause })
}

const KINDS: Record<number, FaultKind> = {
  400: 'bad_request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  410: 'gone',
  413: 'too_large',
  422: 'invalid',
  429: 'too_many',
  503: 'unavailable',
  504: 'timed_out',
}

interface Problem {
  location: (string | number)[]
  message: string
}

/** The API's own words; of an invalid request, which field and why. */
function faultOf(status: number, text: string): Fault {
  const { code, message, details } = errorIn(text)
  const problems: Problem[] = status === 422 && Array.isArray(details) ? details : []
  const where = problems.map(({ location, message: why }) => `${location.slice(1).join('.')}: ${why}`)
  const said = where.length > 0 ? `${message} (${where.join('; ')})` : message
  return new Fault(KINDS[status] ?? 'failed', `cli.${code}`, said, { details })
}

function errorIn(text: string): { code: string; message: string; details: unknown } {
  try {
    const { error } = JSON.parse(text) as { error?: { code: string; message: string; details: unknown } } // the envelope
    if (error !== undefined) return error
  } catch {
    // Not the hub's: a proxy's page, say.
  }
  return { code: 'no_hub', message: `What answered is no Crosstie hub: ${text.slice(0, 120)}`, details: null }
}

/** All pages of a list. */
export async function askAll(client: HubClient, path: string): Promise<Named[]> {
  const items: Named[] = []
  const join = path.includes('?') ? '&' : '?'
  for (let page = 1; items.length < LIST_LIMIT; page += 1) {
    const answer = await client.ask('GET', `${path}${join}page=${page}&page_size=${PAGE_SIZE}`)
    items.push(...answer.items)
    if (answer.meta.has_next !== true) break
  }
  return items
}

/** The group that a command is about: by number, slug or name; the only one when none is named. */
export async function groupOf(client: HubClient, options: GroupOptions): Promise<number> {
  const wanted = options.group ?? process.env.CROSSTIE_GROUP ?? ''
  if (/^\d+$/.test(wanted)) return Number(wanted)
  const all = await askAll(client, '/v1/groups?personal=true&view=full')
  const groups = all.map(({ data }) => data as Named & { slug: string; personal: boolean }) // as /v1/groups answers
  if (wanted !== '') {
    const found = groups.find(({ slug, name }) => slug === wanted || name === wanted)
    if (found !== undefined) return found.id
    throw new Fault('not_found', 'cli.group_missing', `There is no group "${wanted}" that you may see.`)
  }
  const shared = groups.filter(({ personal }) => !personal)
  const [only] = shared.length === 0 ? groups : shared
  if (only !== undefined && shared.length <= 1) return only.id
  throw usage(`Say which group: --group ${shared.map(({ slug }) => slug).join(', --group ')}`)
}

/** One of a group's things, by number or name. */
export async function findNamed(
  client: HubClient,
  noun: 'connection' | 'queue' | 'transfer',
  given: string,
  options: GroupOptions,
): Promise<Named> {
  if (/^\d+$/.test(given)) return client.ask('GET', `/v1/${noun}s/${given}?view=full`)
  const group = await groupOf(client, options)
  const all = await askAll(client, `/v1/${noun}s?view=full&group_id=${group}`)
  const found = all.find(({ name }) => name === given)
  if (found !== undefined) return found
  throw new Fault('not_found', `cli.${noun}_missing`, `There is no ${noun} "${given}" in that group.`)
}
