import { expect, test } from 'vitest'
import { returnPath } from './return-path.ts'

test('after sign-in one comes back to where one was', () => {
  expect(returnPath('/transfers/3?group=1')).toBe('/transfers/3?group=1')
})

test('no address leads out of the hub', () => {
  for (const bad of [
    undefined,
    '',
    'https://evil.example',
    '//evil.example',
    String.raw`/\evil.example`,
    'javascript:x',
  ]) {
    expect(returnPath(bad)).toBe('/')
  }
})
