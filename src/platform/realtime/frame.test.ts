import { expect, test } from 'vitest'
import { decodeBinary, decodeText, encode, encodeBroadcast, encodeRaw } from './frame.ts'

const FRAME = { joinRef: '1', ref: '2', topic: 'realtime:x', event: 'y', payload: { z: 'ü' } }

test('what is written in a version is read in it, and not in the other', () => {
  for (const version of ['1.0.0', '2.0.0'] as const) {
    const other = version === '1.0.0' ? '2.0.0' : '1.0.0'
    expect(decodeText(version, encode(version, FRAME))).toEqual(FRAME)
    expect(decodeText(other, encode(version, FRAME))).toBeNull()
  }
})

test.each(['', '{', '5', 'null', '[]', '[1,2,3]', '["1","2",3,"x",{}]'])('%s is no frame', (text) => {
  expect(decodeText('2.0.0', text)).toBeNull()
})

test('a topic with quotes does not break out of its frame', () => {
  const topic = 'realtime:a","evil",{"x":"'
  for (const version of ['1.0.0', '2.0.0'] as const) {
    const frame = decodeText(version, encodeRaw(version, topic, 'e', '{"a":1}'))
    expect(frame).toEqual({ joinRef: null, ref: null, topic, event: 'e', payload: { a: 1 } })
  }
})

test('a broadcast of version 2.0.0 comes as bytes, with JSON or with bytes inside', () => {
  const parts = ['7', '8', 'realtime:ü', 'wave', '{}'].map((part) => Buffer.from(part))
  const head = (encoding: number) => Buffer.from([3, ...parts.map((part) => part.length), encoding])
  const json = decodeBinary(Buffer.concat([head(1), ...parts, Buffer.from('{"a":"👋"}')]))
  expect(json).toEqual({
    joinRef: '7',
    ref: '8',
    topic: 'realtime:ü',
    event: 'broadcast',
    broadcast: { event: 'wave', content: { json: { a: '👋' } } },
  })
  const bytes = decodeBinary(Buffer.concat([head(0), ...parts, Buffer.from([1, 2])]))
  expect(bytes?.broadcast.content).toEqual({ bytes: Buffer.from([1, 2]) })
  expect(decodeBinary(Buffer.concat([head(1), ...parts, Buffer.from('{')]))).toBeNull()
})

test('lengths that reach beyond the bytes are no frame, whatever they are', () => {
  for (let length = 0; length < 12; length += 1) {
    expect(decodeBinary(Buffer.from([3, 200, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0].slice(0, length)))).toBeNull()
  }
  expect(decodeBinary(Buffer.from([4, 0, 0, 0, 0, 0, 1]))).toBeNull()
})

test('bytes go out in version 2.0.0 alone', () => {
  const message = { event: 'e', content: { bytes: Buffer.from([9]) } }
  expect(encodeBroadcast('1.0.0', 't', message)).toBeNull()
  expect(encodeBroadcast('2.0.0', 't', message)).toEqual(Buffer.from([4, 1, 1, 0, 0, 116, 101, 9]))
})
