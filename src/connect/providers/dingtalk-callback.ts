/**
 * DingTalk's callbacks: a body of `{encrypt}`, signed in the query, and answered the same way.
 *
 * The text is 16 random bytes, its length (4 bytes, big-endian), itself, and the name of the app it is for; padded to
 * 32 bytes and encrypted by AES-256-CBC under the 43-character key, whose first 16 bytes are the vector too.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { Fault } from '#fault'
import { hookRefused } from '../hook-refused.ts'

export interface CallbackKeys {
  token: string
  /** 43 characters: base64 of 32 bytes without its last `=`. */
  aesKey: string
}

export interface Sealed {
  msg_signature: string
  encrypt: string
  timeStamp: string
  nonce: string
}

const BLOCK = 32
const HEAD = 20

export function signCallback(token: string, timestamp: string, nonce: string, encrypt: string): string {
  return createHash('sha1').update([token, timestamp, nonce, encrypt].toSorted().join('')).digest('hex')
}

/** The text and whom it is for. @throws Fault `unauthorized` when it was not made with these keys. */
export function openCallback(
  keys: CallbackKeys,
  call: { signature: string; timestamp: string; nonce: string; encrypt: string },
): { text: string; owner: string } {
  const wanted = Buffer.from(signCallback(keys.token, call.timestamp, call.nonce, call.encrypt))
  const given = Buffer.from(call.signature)
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
    throw hookRefused('its signature does not fit')
  }
  try {
    return unpack(keys, call.encrypt)
  } catch {
    throw hookRefused('its text cannot be decrypted with the key of the connection')
  }
}

function unpack(keys: CallbackKeys, encrypt: string): { text: string; owner: string } {
  const key = keyOf(keys)
  const decipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false)
  const padded = Buffer.concat([decipher.update(encrypt, 'base64'), decipher.final()])
  const padding = padded.at(-1) ?? 0
  if (padding < 1 || padding > BLOCK) throw new Error('padding')
  const plain = padded.subarray(0, padded.length - padding)
  const length = plain.readUInt32BE(16)
  if (HEAD + length > plain.length) throw new Error('length')
  return {
    text: plain.toString('utf8', HEAD, HEAD + length),
    owner: plain.toString('utf8', HEAD + length),
  }
}

export function sealCallback(
  keys: CallbackKeys,
  message: { text: string; owner: string; timestamp: string; nonce: string },
): Sealed {
  const key = keyOf(keys)
  const text = Buffer.from(message.text)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(text.length)
  const plain = Buffer.concat([randomBytes(16), length, text, Buffer.from(message.owner)])
  const padding = BLOCK - (plain.length % BLOCK)
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false)
  const padded = Buffer.concat([plain, Buffer.alloc(padding, padding)])
  const encrypt = Buffer.concat([cipher.update(padded), cipher.final()]).toString('base64')
  const { timestamp, nonce } = message
  return {
    msg_signature: signCallback(keys.token, timestamp, nonce, encrypt),
    encrypt,
    timeStamp: timestamp,
    nonce,
  }
}

function keyOf({ aesKey }: CallbackKeys): Buffer {
  const key = Buffer.from(`${aesKey}=`, 'base64')
  if (aesKey.length === 43 && key.length === 32) return key
  throw new Fault(
    'bad_request',
    'connect.callback_key',
    'The AES key of the callback is 43 letters and digits. Copy it anew from the console of DingTalk.',
  )
}
