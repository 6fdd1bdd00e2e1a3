import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { Fault } from '#fault'

/** OWASP's second choice for argon2id: 19 MiB, 2 passes, 1 lane; about 30 ms. */
const COST = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 }
const SHORTEST = 8
const LONGEST = 1024

const derive = promisify(argon2)

/** The hash in PHC form: `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`. */
export async function hashPassword(password: string): Promise<string> {
  checkPassword(password)
  const salt = randomBytes(16)
  const hash = await derive('argon2id', { message: password.normalize('NFKC'), nonce: salt, ...COST })
  const encode = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
  return `$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}$${encode(salt)}$${encode(hash)}`
}

/** With no hash the same work is done for nothing, so that time does not tell whether a user exists. */
export async function verifyPassword(password: string, stored: string | null): Promise<boolean> {
  const parts = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/.exec(stored ?? '')
  const expected = Buffer.from(parts?.[5] ?? '', 'base64')
  const found = await derive('argon2id', {
    message: charactersOf(password).slice(0, LONGEST).join('').normalize('NFKC'),
    nonce: parts === null ? Buffer.alloc(16) : Buffer.from(parts[4] ?? '', 'base64'),
    memory: Number(parts?.[1] ?? COST.memory),
    passes: Number(parts?.[2] ?? COST.passes),
    parallelism: Number(parts?.[3] ?? COST.parallelism),
    tagLength: expected.length || COST.tagLength,
  })
  return parts !== null && timingSafeEqual(found, expected)
}

/** 8 to 1024 characters, no other rule. */
function checkPassword(password: string): void {
  const { length } = charactersOf(password)
  if (length < SHORTEST || length > LONGEST) {
    throw new Fault(
      'bad_request',
      'identity.password_length',
      `A password has ${SHORTEST} to ${LONGEST} characters; this one has ${length}.`,
    )
  }
}

/** Characters as people count them, not UTF-16 units: the longest password may be all emoji. */
const charactersOf = (password: string): string[] => Array.from(password)
