import { expect, test } from 'vitest'
import type { Connection, Provider } from '../api/connections.ts'
import { bodyOf, errorsOf, startOf, withType } from './connection-values.ts'

const text = { type: 'string' }
const can = { check: true, discover: true, source: true, target: true }
const providers: Provider[] = [
  {
    provider: 'oracle',
    connector_type: 'database',
    title: 'Oracle',
    spec: { properties: { host: text }, required: ['host'] },
    auth: [],
    can: { check: false, discover: false, source: false, target: false },
  },
  {
    provider: 'postgres',
    connector_type: 'database',
    title: 'PostgreSQL',
    spec: { properties: { host: text, port: { type: 'integer', default: 5432 } }, required: ['host'] },
    auth: [
      {
        type: 'basic',
        schema: {
          properties: { type: { const: 'basic' }, user: text, password: { ...text, 'x-secret': true } },
          required: ['user', 'password'],
        },
      },
    ],
    can,
  },
  {
    provider: 'local',
    connector_type: 'file',
    title: 'Files',
    spec: { properties: { directory: { ...text, default: '/' } }, required: ['directory'] },
    auth: [{ type: 'none', schema: { properties: { type: { const: 'none' } } } }],
    can,
  },
]

const saved: Connection = {
  id: 5,
  group_id: 1,
  name: 'Orders',
  description: '',
  type: 'postgres',
  connection_data: { host: 'db', port: 6000 },
  auth_data: { type: 'basic', user: 'app' },
}
const postgres = providers[1]

test('a new connection begins with a type that the engine carries', () => {
  expect(startOf(providers, undefined)).toMatchObject({ type: 'postgres', connection_data: { port: 5432 } })
})

test('a kept secret that is left empty is left out, and is not asked for again', () => {
  const values = startOf(providers, saved)
  expect(errorsOf(values, postgres, true, 'needed')).toEqual({})
  expect(bodyOf(values, 1, postgres).auth_data).toEqual({ type: 'basic', user: 'app' })
})

test('what is needed and empty is named by its place in the form', () => {
  expect(errorsOf(startOf(providers, undefined), postgres, false, 'needed')).toEqual({
    'connection_data.host': 'needed',
    'auth_data.user': 'needed',
    'auth_data.password': 'needed',
  })
})

test('another type brings its own fields and way to sign in', () => {
  const values = withType(startOf(providers, saved), providers, 'local')
  expect(values.connection_data).toEqual({ directory: '/' })
  expect(values.auth_data).toEqual({ type: 'none' })
})
