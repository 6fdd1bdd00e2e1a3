import { expect, test } from 'vitest'
import { createSignInLimiter } from './limiter.ts'

test('tries are counted per address and per name, and start anew when the window ends', () => {
  let now = 0
  const limiter = createSignInLimiter({ count: 2, perMs: 60_000 }, () => now)
  limiter.take('10.0.0.1', 'ada')
  limiter.take('10.0.0.1', 'bob')
  expect(() => limiter.take('10.0.0.1', 'eve')).toThrow(/Try again in 60 seconds/)
  limiter.take('10.0.0.2', 'Ada')
  expect(() => limiter.take('10.0.0.3', 'ada')).toThrow(/Too many/)
  now = 60_000
  limiter.take('10.0.0.1', 'ada')
})

test('a success does not count', () => {
  const limiter = createSignInLimiter({ count: 1, perMs: 60_000 })
  for (let at = 0; at < 5; at++) limiter.take('10.0.0.1', 'ada').forget()
})

test('addresses of one IPv6 network count as one, and a mapped IPv4 address as itself', () => {
  const limiter = createSignInLimiter({ count: 1, perMs: 60_000 })
  limiter.take('2001:db8::1', 'a')
  expect(() => limiter.take('2001:db8:0:0:ffff::2', 'b')).toThrow(/Too many/)
  limiter.take('2001:db8:0:1::1', 'c')
  limiter.take('::ffff:10.0.0.1', 'd')
  expect(() => limiter.take('10.0.0.1', 'e')).toThrow(/Too many/)
})

test('0 switches the limit off', () => {
  const limiter = createSignInLimiter({ count: 0, perMs: 60_000 })
  for (let at = 0; at < 100; at++) limiter.take('10.0.0.1', 'ada')
})
