import { Type } from 'typebox'
import { Fault } from '#fault'
import { type AuthKind, field, type Opened } from './provider.ts'

/** Sign-in by OAuth2, for any provider that speaks HTTP. */
export const OAUTH2: AuthKind = {
  type: 'oauth2',
  title: 'OAuth 2',
  fields: {
    token_url: field.url('Token address'),
    authorization_url: Type.String({
      title: 'Address to sign in at',
      description: 'Where a person signs in by the browser; empty where nobody does.',
      default: '',
      maxLength: 2048,
    }),
    client_id: field.text('Client id'),
    grant: field.choice('Grant', ['refresh_token', 'client_credentials'], 'refresh_token'),
    scope: field.textOr('Scopes, apart by spaces', ''),
  },
  secrets: {
    client_secret: field.secret('Client secret'),
    refresh_token: Type.String({
      title: 'Refresh token',
      description:
        'What a sign-in gave; empty of client credentials, and before one signs in by the browser.',
      writeOnly: true,
      format: 'password',
      'x-secret': true,
    }),
  },
}

/** The token to send. @throws Fault of a connection that is not saved: a new token could not be kept. */
export function accessTokenOf({ auth }: Opened): string {
  if (typeof auth.access_token === 'string') return auth.access_token
  throw new Fault(
    'bad_request',
    'connect.token_unsaved',
    'Save the connection first: a sign-in by OAuth 2 is renewed only where the new token can be kept.',
  )
}
