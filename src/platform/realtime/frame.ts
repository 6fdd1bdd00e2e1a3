/** Phoenix's frames as Supabase's clients speak them, in both wire versions. */

export type Version = '1.0.0' | '2.0.0'

export interface Frame {
  joinRef: string | null
  ref: string | null
  topic: string
  event: string
  payload: unknown
}

/** What somebody says on a channel; its content is JSON, or bytes that are passed on as they are. */
export interface Broadcast {
  event: string
  content: { json: unknown } | { bytes: Buffer }
}

const PUSH = 3
const BROADCAST = 4
const BYTES = 0
/** Kind and five lengths, each in a byte, then the encoding. */
const PUSH_HEADER = 7
const SHORT_LIMIT = 255

/** Null when it is not a frame. */
export function decodeText(version: Version, text: string): Frame | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  const fields = value as Record<string, unknown> // an object or an array: read by name or by place
  const [joinRef, ref, topic, event, payload] = Array.isArray(value)
    ? value
    : [fields.join_ref, fields.ref, fields.topic, fields.event, fields.payload]
  if (Array.isArray(value) !== (version === '2.0.0')) return null
  if (typeof topic !== 'string' || typeof event !== 'string') return null
  return { joinRef: refOf(joinRef), ref: refOf(ref), topic, event, payload }
}

/** A broadcast of version 2.0.0; null when the lengths do not fit the bytes. */
export function decodeBinary(bytes: Buffer): (Omit<Frame, 'payload'> & { broadcast: Broadcast }) | null {
  const [kind, ...sizes] = bytes.subarray(0, PUSH_HEADER - 1)
  if (kind !== PUSH || bytes.length < PUSH_HEADER) return null
  let at = PUSH_HEADER
  const parts = sizes.map((size) => bytes.toString('utf8', at, (at += size)))
  if (at > bytes.length) return null
  const [joinRef = '', ref = '', topic = '', event = ''] = parts
  const content = bytes.subarray(at)
  const frame = { joinRef: joinRef || null, ref: ref || null, topic, event: 'broadcast' }
  if (bytes[PUSH_HEADER - 1] === BYTES) return { ...frame, broadcast: { event, content: { bytes: content } } }
  try {
    return { ...frame, broadcast: { event, content: { json: JSON.parse(content.toString()) } } }
  } catch {
    return null
  }
}

export function encode(version: Version, { joinRef, ref, topic, event, payload }: Frame): string {
  return version === '2.0.0'
    ? JSON.stringify([joinRef, ref, topic, event, payload])
    : JSON.stringify({ topic, event, payload, ref, join_ref: joinRef })
}

/** The same for a payload that is JSON already: what goes to many is written once. */
export function encodeRaw(version: Version, topic: string, event: string, payload: string): string {
  return version === '2.0.0'
    ? `[null,null,${JSON.stringify(topic)},${JSON.stringify(event)},${payload}]`
    : `{"topic":${JSON.stringify(topic)},"event":${JSON.stringify(event)},"payload":${payload},"ref":null,"join_ref":null}`
}

/** Null where the version has no way to say it: 1.0.0 knows no bytes. */
export function encodeBroadcast(
  version: Version,
  topic: string,
  { event, content }: Broadcast,
): string | Buffer | null {
  if ('json' in content) {
    return encodeRaw(
      version,
      topic,
      'broadcast',
      JSON.stringify({ type: 'broadcast', event, payload: content.json }),
    )
  }
  const [topicBytes, eventBytes] = [Buffer.from(topic), Buffer.from(event)]
  if (version === '1.0.0' || topicBytes.length > SHORT_LIMIT || eventBytes.length > SHORT_LIMIT) return null
  const header = Buffer.from([BROADCAST, topicBytes.length, eventBytes.length, 0, BYTES])
  return Buffer.concat([header, topicBytes, eventBytes, content.bytes])
}

const refOf = (value: unknown): string | null =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : null
