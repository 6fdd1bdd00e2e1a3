import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { parseBySchema } from './parse.ts'
import type { Schema } from './problem.ts'

const parse = (schema: unknown, value: unknown, part = 'body') =>
  parseBySchema(schema as Schema, value, [part])
const problemsOf = (schema: unknown, value: unknown) => {
  const result = parse(schema, value)
  return 'problems' in result ? result.problems : []
}

test('numbers come as numbers or as text that says one, as Pydantic has it', () => {
  const integer = Type.Integer()
  for (const [given, read] of [
    [12, 12],
    ['12', 12],
    [' 12 ', 12],
    [12.0, 12],
    [true, 1],
    ['-1', -1],
    ['1_000', 1000],
  ]) {
    expect(parse(integer, given)).toEqual({ value: read })
  }
  expect(problemsOf(integer, 'twelve')[0]).toMatchObject({
    code: 'int_parsing',
    message: 'Input should be a valid integer, unable to parse string as an integer',
    input: 'twelve',
    context: {},
  })
  expect(problemsOf(integer, 1.5)[0]?.code).toBe('int_from_float')
  expect(problemsOf(integer, null)[0]?.code).toBe('int_type')
  expect(problemsOf(integer, '')[0]?.code).toBe('int_parsing')
})

test('booleans are told by Pydantic’s words and by no other', () => {
  for (const word of ['true', 'Yes', 'on', 't', 'y', '1', 1])
    expect(parse(Type.Boolean(), word)).toEqual({ value: true })
  for (const word of ['false', 'NO', 'off', 'f', 'n', '0', 0])
    expect(parse(Type.Boolean(), word)).toEqual({ value: false })
  expect(problemsOf(Type.Boolean(), 'maybe')[0]?.code).toBe('bool_parsing')
  expect(problemsOf(Type.Boolean(), [])[0]?.code).toBe('bool_type')
})

test('text is never made of a number, and its length is counted in characters', () => {
  const name = Type.String({ minLength: 3, maxLength: 5 })
  expect(problemsOf(name, 123)[0]).toMatchObject({
    code: 'string_type',
    message: 'Input should be a valid string',
  })
  expect(problemsOf(name, 'ab')[0]).toMatchObject({
    code: 'string_too_short',
    message: 'String should have at least 3 characters',
    context: { min_length: 3 },
  })
  expect(parse(name, '😀😀😀😀😀')).toEqual({ value: '😀😀😀😀😀' })
  expect(problemsOf(Type.String({ pattern: '^[ -~]+$' }), 'ö')[0]).toMatchObject({
    code: 'string_pattern_mismatch',
    message: "String should match pattern '^[ -~]+$'",
    context: { pattern: '^[ -~]+$' },
  })
})

test('a missing field is told with the whole parent; unknown fields are dropped; defaults are filled in', () => {
  const body = Type.Object({
    name: Type.String(),
    size: Type.Integer({ default: 7 }),
    note: Type.Optional(Type.String()),
  })
  expect(parse(body, { name: 'a', other: 1 })).toEqual({ value: { name: 'a', size: 7 } })
  expect(problemsOf(body, { size: 1 })).toEqual([
    {
      location: ['body', 'name'],
      message: 'Field required',
      code: 'missing',
      context: {},
      input: { size: 1 },
    },
  ])
})

test('a problem inside a tagged union names the tag in its place', () => {
  const union = Type.Object({
    params: Type.Union(
      [
        Type.Object({ type: Type.Literal('table'), name: Type.String() }),
        Type.Object({ type: Type.Literal('file'), path: Type.String() }),
      ],
      { discriminator: { propertyName: 'type' } },
    ),
  })
  expect(problemsOf(union, { params: { type: 'table', name: 1 } })[0]?.location).toEqual([
    'body',
    'params',
    'table',
    'name',
  ])
  expect(problemsOf(union, { params: { type: 'x' } })[0]).toEqual({
    location: ['body', 'params'],
    message: "Input tag 'x' found using 'type' does not match any of the expected tags: 'table', 'file'",
    code: 'union_tag_invalid',
    context: { discriminator: "'type'", tag: 'x', expected_tags: "'table', 'file'" },
    input: { type: 'x' },
  })
  expect(problemsOf(union, { params: {} })[0]?.code).toBe('union_tag_not_found')
})

test('bounds, choices and null are told in Pydantic’s words', () => {
  const query = Type.Object({ page_size: Type.Integer({ exclusiveMinimum: 0, maximum: 50 }) })
  expect(problemsOf(query, { page_size: 51 })[0]).toMatchObject({
    code: 'less_than_equal',
    message: 'Input should be less than or equal to 50',
    context: { le: 50 },
  })
  expect(problemsOf(query, { page_size: 0 })[0]).toMatchObject({ code: 'greater_than', context: { gt: 0 } })
  expect(problemsOf(Type.Enum(['a', 'b', 'c']), 'd')[0]).toMatchObject({
    code: 'enum',
    context: { expected: "'a', 'b' or 'c'" },
  })
  const optional = Type.Union([Type.String({ minLength: 3 }), Type.Null()])
  expect(parse(optional, null)).toEqual({ value: null })
  expect(problemsOf(optional, 'ab')[0]?.code).toBe('string_too_short')
})

test('a list in a query may be named once', () => {
  const query = Type.Object({ type: Type.Optional(Type.Array(Type.String())) })
  expect(parse(query, { type: 'a' }, 'query')).toEqual({ value: { type: ['a'] } })
  expect(problemsOf(query, { type: 'a' })[0]?.code).toBe('list_type')
})

test('an own rule answers as a value error at its place', () => {
  const body = Type.Object({
    at: Type.String({
      check: (text: string) => (text.startsWith('/') ? null : 'Directory path must be absolute'),
    }),
  })
  expect(problemsOf(body, { at: 'x' })[0]).toMatchObject({
    location: ['body', 'at'],
    code: 'value_error',
    message: 'Value error, Directory path must be absolute',
  })
})

test('a secret is never shown back, whatever else is wrong', () => {
  const body = Type.Object({
    auth: Type.Object({ user: Type.String(), password: Type.String({ writeOnly: true }) }),
    name: Type.String(),
  })
  expect(JSON.stringify(problemsOf(body, { auth: { password: 'hush-hush' } }))).not.toContain('hush-hush')
})

test('a hostile object changes no prototype', () => {
  const free = Type.Object({ extra: Type.Record(Type.String(), Type.Any()) })
  const result = parse(free, JSON.parse('{"extra": {"__proto__": {"polluted": true}, "a": 1}}'))
  expect(result).toEqual({ value: { extra: { a: 1 } } })
  expect('polluted' in {}).toBe(false)
})

test('a time is ISO 8601 or seconds since 1970, and UTC where it names no zone', () => {
  const time = Type.String({ format: 'date-time' })
  for (const [given, read] of [
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02 03:04', '2026-01-02T03:04:00.000Z'],
    ['2026-01-02T03:04:05.123456+02:00', '2026-01-02T01:04:05.123Z'],
    ['2026-01-02T03:04:05-0130', '2026-01-02T04:34:05.000Z'],
    ['2026-01-02', '2026-01-02T00:00:00.000Z'],
    ['1767322800', '2026-01-02T03:00:00.000Z'],
    ['1767322800000', '2026-01-02T03:00:00.000Z'],
  ]) {
    expect(parse(time, given)).toEqual({ value: read })
  }
  for (const wrong of ['soon', '2026-02-30', '0000-01-01', 'June 2020', '99999-01-01', '2026-01-02T25:00']) {
    expect([wrong, problemsOf(time, wrong)[0]?.code]).toEqual([wrong, 'datetime_from_date_parsing'])
  }
})

test('text that no database keeps is refused wherever it stands, and so is what nests beyond sense', () => {
  const free = Type.Object({ extra: Type.Record(Type.String(), Type.Unknown()) })
  const places = (extra: unknown) =>
    problemsOf(free, { extra }).map(({ code, location }) => [code, location.at(-1)])
  expect(places({ a: [{ b: 'x\0' }] })).toEqual([['string_unicode', 'b']])
  expect(places({ '\ud800': 1 })).toEqual([['string_unicode', '\ud800']])
  let deep: unknown = 1
  for (let at = 0; at < 100_000; at += 1) deep = [deep]
  expect(problemsOf(free, { extra: { deep } })[0]?.message).toMatch(/nested more than 64 levels/)
})

test('of a parameter that a query names twice the last counts, and a body that is not there is a missing field', () => {
  const query = Type.Object({ page: Type.Integer() })
  expect(parse(query, { page: ['2', '3'] }, 'query')).toEqual({ value: { page: 3 } })
  for (const nothing of [undefined, null]) {
    expect(problemsOf(query, nothing)).toEqual([
      { location: ['body'], message: 'Field required', code: 'missing', context: {}, input: null },
    ])
  }
})
