/**
 * Fernet tokens, opened: what Python's `cryptography` seals with (https://github.com/fernet/spec). They are checked
 * whole before anything is decrypted. Their age is not looked at: credentials at rest do not lapse.
 */
import { createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto'
import { Fault } from '#fault'

export interface FernetKey {
  signing: Buffer
  encryption: Buffer
}

const KEY_BYTES = 32
const VERSION = 0x80
/** Version, time, initialisation vector; after the text comes the signature. */
const HEAD_BYTES = 1 + 8 + 16
const SIGNATURE_BYTES = 32
const BLOCK_BYTES = 16
const BASE64 = /^[A-Za-z0-9_-]+={0,2}$/

/** @throws Fault that says what a key looks like, and not what was given. */
export function readFernetKey(text: string): FernetKey {
  const bytes = Buffer.from(text.trim(), 'base64url')
  if (!BASE64.test(text.trim()) || bytes.length !== KEY_BYTES) {
    throw new Fault(
      'invalid',
      'import.crypto_key',
      `That is no Fernet key: one is ${KEY_BYTES} bytes in base64, 44 characters, as SyncMaster has it in SYNCMASTER__ENCRYPTION__SECRET_KEY.`,
    )
  }
  return { signing: bytes.subarray(0, 16), encryption: bytes.subarray(16) }
}

/** The text in a token; null when the key is not its own, or it is no token, or was altered. */
export function openFernet(token: string, { signing, encryption }: FernetKey): string | null {
  if (!BASE64.test(token)) return null
  const bytes = Buffer.from(token, 'base64url')
  const textBytes = bytes.length - HEAD_BYTES - SIGNATURE_BYTES
  if (textBytes < BLOCK_BYTES || textBytes % BLOCK_BYTES !== 0 || bytes[0] !== VERSION) return null
  const signed = bytes.subarray(0, -SIGNATURE_BYTES)
  const signature = createHmac('sha256', signing).update(signed).digest()
  if (!timingSafeEqual(signature, bytes.subarray(-SIGNATURE_BYTES))) return null
  const decipher = createDecipheriv('aes-128-cbc', encryption, signed.subarray(9, HEAD_BYTES))
  try {
    return Buffer.concat([decipher.update(signed.subarray(HEAD_BYTES)), decipher.final()]).toString('utf8')
  } catch {
    // Signed, and yet badly padded: a broken writer's.
    return null
  }
}
