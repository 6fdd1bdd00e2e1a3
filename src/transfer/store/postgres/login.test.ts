import { expect, test } from 'vitest'

import { parsePostgresUrl, parseTableName, placeOf } from './login.ts'

test('an address gives the login, the table and the parameters of libpq', () => {
  const { login, table } = parsePostgresUrl(
    'postgresql://ada:p%40ss@db.example.com:6543/shop?table=sales.orders&sslmode=require',
  )
  expect(login).toEqual({
    host: 'db.example.com',
    port: 6543,
    database: 'shop',
    user: 'ada',
    password: 'p@ss',
    params: { sslmode: 'require' },
  })
  expect(table).toEqual({ schema: 'sales', name: 'orders' })
})

test('an address may name a socket folder, and an IPv6 host loses its brackets', () => {
  expect(parsePostgresUrl('postgres:///shop?host=/run/postgresql&port=5433').login).toMatchObject({
    host: '/run/postgresql',
    port: 5433,
  })
  const { login } = parsePostgresUrl('postgres://ada@[::1]/shop')
  expect(login.host).toBe('::1')
  expect(placeOf(login)).toBe('[::1]:5432/shop')
})

test.each([
  ['orders', { schema: 'public', name: 'orders' }],
  ['sales.orders', { schema: 'sales', name: 'orders' }],
  ['"Sales"."or.der""s"', { schema: 'Sales', name: 'or.der"s' }],
])('the table name %s is read', (text, table) => {
  expect(parseTableName(text)).toEqual(table)
})

test.each(['', 'a.', '.a', 'a.b.c', '"a', 'a"b'])('the table name "%s" is refused', (text) => {
  expect(() => parseTableName(text)).toThrow('is not a table name')
})

test.each([
  'postgres://ada:secret@host:notaport/x',
  'postgres://ada:secret@host:5432',
  'postgres://ada:se%cret@host/x',
])('a broken address is refused without its password in the message', (address) => {
  expect(() => parsePostgresUrl(address)).toThrow(
    expect.not.objectContaining({ message: expect.stringContaining('secret') }),
  )
  expect(() => parsePostgresUrl(address)).toThrow()
})
