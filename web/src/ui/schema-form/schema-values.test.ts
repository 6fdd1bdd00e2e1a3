import { expect, test } from 'vitest'
import type { JsonSchema } from '../../api/json-schema.ts'
import { choicesOf, initialValues, kindOf, missingFields, sentValues, variantsOf } from './schema-values.ts'

const schema: JsonSchema = {
  type: 'object',
  required: ['type', 'host', 'password'],
  properties: {
    type: { const: 'basic' },
    host: { type: 'string' },
    port: { type: 'integer', default: 5432 },
    tls: { type: 'boolean' },
    mode: { anyOf: [{ const: 'a' }, { const: 'b' }] },
    password: { type: 'string', 'x-secret': true },
    extra: { type: 'object', additionalProperties: true },
    hosts: { type: 'array', items: { type: 'string' } },
  },
}

test('a form begins with the defaults, and with what is there over them', () => {
  expect(initialValues(schema, { host: 'db' })).toEqual({
    type: 'basic',
    host: 'db',
    port: 5432,
    tls: false,
    mode: '',
    password: '',
    extra: {},
    hosts: [],
  })
})

test('each property is drawn by the field that suits it', () => {
  const kinds = Object.entries(schema.properties ?? {}).map(([name, property]) => [name, kindOf(property)])
  expect(Object.fromEntries(kinds)).toEqual({
    type: 'fixed',
    host: 'text',
    port: 'number',
    tls: 'boolean',
    mode: 'choice',
    password: 'secret',
    extra: 'pairs',
    hosts: 'list',
  })
  expect(choicesOf({ enum: ['x', 'y'] })).toEqual(['x', 'y'])
})

test('an empty secret and empty optional fields are not sent, so that the hub keeps and defaults them', () => {
  expect(sentValues(schema, { host: 'db', port: '', password: '', tls: false, mode: '' })).toEqual({
    type: 'basic',
    host: 'db',
    tls: false,
  })
})

test('a required secret may stay empty only where the hub keeps one', () => {
  const values = { type: 'basic', host: '', password: '' }
  expect(missingFields(schema, values, false)).toEqual(['host', 'password'])
  expect(missingFields(schema, values, true)).toEqual(['host'])
})

const union: JsonSchema = {
  anyOf: [
    {
      title: 'One',
      required: ['type', 'host'],
      properties: { type: { const: 'one' }, host: { type: 'string' } },
    },
    { required: ['type'], properties: { type: { const: 'two' }, port: nullable('integer') } },
  ],
}

function nullable(type: string): JsonSchema {
  return { anyOf: [{ type, minimum: 1 }, { type: 'null' }], default: null }
}

test('of a union, the shape is the one that the values name, else the first', () => {
  expect(variantsOf(union)).toEqual([
    { type: 'one', title: 'One' },
    { type: 'two', title: 'two' },
  ])
  expect(initialValues(union)).toEqual({ type: 'one', host: '' })
  expect(initialValues(union, { type: 'two' })).toEqual({ type: 'two', port: '' })
  expect(missingFields(union, { type: 'one', host: '' }, false)).toEqual(['host'])
})

test('what may be nothing is drawn as what else it is, and left out when it is empty', () => {
  expect(kindOf(nullable('integer'))).toBe('number')
  expect(kindOf(nullable('string'))).toBe('text')
  expect(sentValues(union, { type: 'two', port: '' })).toEqual({ type: 'two' })
  expect(missingFields({ required: ['port'], properties: { port: nullable('integer') } }, {}, false)).toEqual(
    [],
  )
})
