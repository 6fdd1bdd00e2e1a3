import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** 256 random bits as text. High entropy needs no slow hash: SHA-256 is what is stored. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

export function sameHash(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

/** An application's secret as it is shown once: `xt_<id>_<secret>`. */
export function applicationSecret(id: number, secret: string): string {
  return `xt_${id}_${secret}`
}

export function readApplicationSecret(text: string): { id: number; secret: string } | null {
  const found = /^xt_(\d{1,15})_([\w-]{43})$/.exec(text)
  return found === null ? null : { id: Number(found[1]), secret: found[2] ?? '' }
}
