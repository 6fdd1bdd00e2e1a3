import { expect, test } from 'vitest'
import { parseFilter } from './filter.ts'

const COLUMNS = [
  { name: 'id', type: 'uuid' },
  { name: 'status', type: 'varchar' },
  { name: 'rows', type: 'int8' },
  { name: 'ratio', type: 'float8' },
  { name: 'open', type: 'bool' },
  { name: 'at', type: 'timestamptz' },
  { name: 'config', type: 'jsonb' },
]
const RECORD = {
  id: '0a6cf46b-bc45-4c71-9b15-a231962c793c',
  status: 'active',
  rows: 12,
  ratio: 0.5,
  open: true,
  at: '2026-11-22T20:25:10.902533+00:00',
  config: { a: 1 },
}

test.each([
  ['status=eq.active', true],
  ['status=neq.active', false],
  ['status=not.eq.active', false],
  ['status=in.(x,active)', true],
  ['status=not.in.(x,active)', false],
  ['status=in.("a,b","active")', true],
  ['status=eq."active"', true],
  ['status=like.act%', true],
  ['status=like._ctive', true],
  ['status=like.ACT%', false],
  ['status=ilike.ACT%', true],
  ['status=like.%t%v%', true],
  ['status=like.%z%', false],
  ['status=like.act\\%', false],
  ['status=isdistinct.active', false],
  ['status=isdistinct.null', true],
  ['id=eq.0A6CF46B-BC45-4C71-9B15-A231962C793C', true],
  ['rows=eq.12', true],
  ['rows=gt.9', true],
  ['rows=lt.100', true],
  ['rows=lte.11', false],
  ['ratio=gte.0.5', true],
  ['open=eq.true', true],
  ['open=is.true', true],
  ['open=is.not_null', true],
  ['open=is.null', false],
  ['at=gt.2026-11-22T20:25:10.902532Z', true],
  ['at=gt.2026-11-22T20:25:10.902533Z', false],
  ['at=eq.2026-11-22 21:25:10.902533+01', true],
  ['at=lt.2026-11-23', true],
  ['status=eq.active,rows=eq.12', true],
  ['status=eq.active,rows=eq.13', false],
])('%s is %s', (filter, expected) => {
  expect(parseFilter(filter, COLUMNS)(RECORD)).toBe(expected)
})

test.each([
  'status=eq.x',
  'status=neq.x',
  'status=not.eq.x',
  'status=in.(x)',
  'status=not.in.(x)',
  'status=like.%',
  'status=not.like.x',
])('what is null fits no comparison: %s', (filter) => {
  expect(parseFilter(filter, COLUMNS)({ status: null })).toBe(false)
  expect(parseFilter(filter, COLUMNS)({})).toBe(false)
})

test.each([
  ['status', /is no condition/],
  ['status=active', /is no condition/],
  ['nothing=eq.1', /no column "nothing"/],
  ['status=near.1', /no operator "near"/],
  ['status=match.(a+)+$', /not offered/],
  ['id=eq.5', /no uuid/],
  ['rows=eq.many', /no int8/],
  ['at=gt.yesterday', /no timestamptz/],
  ['open=eq.perhaps', /no bool/],
  ['open=is.perhaps', /is takes/],
  ['status=in.a,b', /in wants a list/],
  ['status=in.(a', /not closed/],
  ['config=like.%', /no text/],
  [`status=like.${'%a'.repeat(200)}`, /200 characters/],
  [`status=in.(${Array.from({ length: 101 }).join()})`, /100 values/],
  [Array.from({ length: 21 }, () => 'status=eq.x').join(), /20 conditions/],
  ['x'.repeat(2_001), /longer than/],
])('%s is refused in words', (filter, words) => {
  expect(() => parseFilter(filter, COLUMNS)).toThrow(words)
})

test('a pattern and a text that are made to be slow are not', () => {
  const filter = parseFilter(`status=like.${'%a'.repeat(99)}b`, COLUMNS)
  const began = performance.now()
  filter({ status: 'a'.repeat(1_000_000) })
  expect(performance.now() - began).toBeLessThan(1_000)
})
