/** Any service that speaks HTTP: kept with its sign-in, looked after by a request of its own choosing. */
import { type Static, Type } from 'typebox'
import { Fault } from '#fault'
import { accessTokenOf, OAUTH2 } from '../oauth-kind.ts'
import { type Actions, BASIC, field, type Manifest, type Opened } from '../provider.ts'
import type { Reach } from '../reach.ts'
import { parseUrl, webRequest } from '../web-request.ts'

const Config = Type.Object({
  base_url: field.url('Address'),
  check_path: Type.String({
    title: 'Path to look at',
    description: 'What answers 2xx while the sign-in holds.',
    default: '/',
    maxLength: 2048,
    pattern: '^/',
  }),
})

export const http: Manifest = {
  provider: 'http',
  title: 'HTTP service',
  connectorType: 'webhook',
  config: Config,
  auth: [
    OAUTH2,
    BASIC,
    { type: 'token', title: 'Token', fields: {}, secrets: { token: field.secret('Bearer token') } },
  ],
  can: { check: true, discover: false, source: false, target: false },
  act: (reach) => createHttpActions(reach),
}

function createHttpActions({ guard }: Pick<Reach, 'guard'>): Actions {
  return {
    check: async (opened) => {
      const { base_url: base, check_path: path } = opened.config as Static<typeof Config> // validated when it was opened
      const { host } = parseUrl(base)
      const { status } = await webRequest(guard, 'public', {
        url: `${base.replace(/\/$/, '')}${path}`,
        headers: { authorization: authorizationOf(opened) },
        limitBytes: 2 ** 20,
      })
      if (status >= 200 && status < 300) {
        return { message: `${host} answered ${status}.`, details: { status } }
      }
      if (status === 401 || status === 403) {
        const message = `${host} does not let it in (${status}). Check the sign-in.`
        throw new Fault('unauthorized', 'connect.auth_refused', message)
      }
      const isTheirs = status >= 500 || status === 429
      const message = `${host} answered ${status} to ${path}.`
      throw new Fault(isTheirs ? 'unavailable' : 'bad_request', 'connect.refused', message)
    },
  }
}

function authorizationOf(opened: Opened): string {
  const { type, user, password, token } = opened.auth as Record<string, string> // sealed by the manifest's schema
  if (type === 'oauth2') return `Bearer ${accessTokenOf(opened)}`
  if (type === 'token') return `Bearer ${token ?? ''}`
  return `Basic ${Buffer.from(`${user ?? ''}:${password ?? ''}`).toString('base64')}`
}
