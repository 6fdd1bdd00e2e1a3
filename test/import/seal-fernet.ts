import { createCipheriv, createHmac } from 'node:crypto'
import { readFernetKey } from '../../src/cli/import/fernet.ts'

/** As `cryptography` seals, for tests: nothing of ours seals so. */
export function sealFernet(text: string, secret: string): string {
  const { signing, encryption } = readFernetKey(secret)
  const iv = Buffer.alloc(16, 7)
  const cipher = createCipheriv('aes-128-cbc', encryption, iv)
  const head = Buffer.concat([Buffer.from([0x80]), Buffer.alloc(8), iv])
  const signed = Buffer.concat([head, cipher.update(text, 'utf8'), cipher.final()])
  const signature = createHmac('sha256', signing).update(signed).digest()
  return Buffer.concat([signed, signature]).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}
