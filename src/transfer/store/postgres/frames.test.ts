import fc from 'fast-check'
import { expect, test } from 'vitest'

import { FrameSplitter } from './frames.ts'

/** One message of the protocol: its kind, its length with itself counted in, its payload. */
function message(kind: string, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(5)
  head.write(kind, 'latin1')
  head.writeUInt32BE(payload.length + 4, 1)
  return Buffer.concat([head, payload])
}

function split(mode: 'frames' | 'payload', chunks: readonly Buffer[]) {
  const data: Buffer[] = []
  const other: Buffer[] = []
  const splitter = new FrameSplitter(
    { data: (bytes) => data.push(Buffer.from(bytes)), other: (bytes) => other.push(Buffer.from(bytes)) },
    mode,
  )
  for (const chunk of chunks) splitter.feed(chunk)
  return { data: Buffer.concat(data), other: Buffer.concat(other), count: splitter.count }
}

const messages = fc.array(
  fc.record({
    kind: fc.constantFrom('d', 'd', 'd', 'N', 'C', 'Z', 'S'),
    payload: fc.uint8Array({ maxLength: 40 }),
  }),
  { maxLength: 30 },
)

test('however the stream is cut into chunks, each byte goes to its side and in its order', () => {
  fc.assert(
    fc.property(messages, fc.array(fc.integer({ min: 1, max: 17 }), { minLength: 1 }), (sent, sizes) => {
      const stream = Buffer.concat(sent.map(({ kind, payload }) => message(kind, payload)))
      const chunks: Buffer[] = []
      for (let at = 0, turn = 0; at < stream.length; turn += 1) {
        const size = sizes[turn % sizes.length] ?? 1
        chunks.push(stream.subarray(at, at + size))
        at += size
      }
      const rows = sent.filter(({ kind }) => kind === 'd')
      const rest = sent.filter(({ kind }) => kind !== 'd').map(({ kind, payload }) => message(kind, payload))
      const asFrames = split('frames', chunks)
      expect(asFrames.data).toEqual(Buffer.concat(rows.map(({ payload }) => message('d', payload))))
      expect(asFrames.other).toEqual(Buffer.concat(rest))
      expect(asFrames.count).toBe(rows.length)
      const asPayload = split('payload', chunks)
      expect(asPayload.data).toEqual(Buffer.concat(rows.map(({ payload }) => payload)))
      expect(asPayload.other).toEqual(Buffer.concat(rest))
    }),
    { numRuns: 500 },
  )
})

test('a length that no message can have is refused', () => {
  expect(() => split('frames', [Buffer.from([0x64, 0, 0, 0, 3])])).toThrow('impossible length')
})
