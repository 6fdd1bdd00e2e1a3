import { randomBytes } from 'node:crypto'
import { CompactEncrypt, decodeProtectedHeader } from 'jose'
import { describe, expect, it } from 'vitest'
import { createVault, generateVaultKey, kidOf } from './vault.ts'

const key = (kid: string) => `${kid}:${randomBytes(32).toString('base64url')}`
const secrets = { type: 'basic', user: 'отчёт', password: 'p:,"\n€ 🚂' }

describe('the vault', () => {
  it('opens what it sealed, whatever characters are inside', async () => {
    const vault = createVault(generateVaultKey())
    expect(await vault.open(await vault.seal(secrets))).toEqual(secrets)
  })

  it('seals as a compact JWE whose header says the algorithm and the key, and nothing else', async () => {
    const vault = createVault(key('one'))
    const sealed = await vault.seal(secrets)
    expect(decodeProtectedHeader(sealed)).toEqual({ alg: 'dir', enc: 'A256GCM', kid: 'one' })
    expect(sealed.split('.')).toHaveLength(5)
    expect(sealed).not.toContain(Buffer.from(secrets.password).toString('base64url'))
    expect(await vault.seal(secrets)).not.toBe(sealed)
  })

  it('seals with the first key and opens with all of them', async () => {
    const [old, young] = [key('old'), key('young')]
    const sealed = await createVault(old).seal(secrets)
    const vault = createVault(` ${young} , ${old},`)
    expect(vault.kids).toEqual(['young', 'old'])
    expect(await vault.open(sealed)).toEqual(secrets)
    expect(kidOf(await vault.seal(secrets))).toBe('young')
  })

  it('reseals under the first key, after which the old key may go', async () => {
    const [old, young] = [key('old'), key('young')]
    const sealed = await createVault(old).seal(secrets)
    const resealed = await createVault(`${young},${old}`).reseal(sealed)
    expect(kidOf(resealed)).toBe('young')
    expect(await createVault(young).open(resealed)).toEqual(secrets)
    expect(await createVault(young).reseal(resealed)).toBe(resealed)
  })

  it('names the missing key and the way out, and shows neither secret nor key', async () => {
    const [lost, mine] = [key('lost'), key('mine')]
    const sealed = await createVault(lost).seal(secrets)
    const refusal: Error = await createVault(mine)
      .open(sealed)
      .then(
        () => expect.unreachable(),
        (error) => error,
      )
    expect(refusal).toMatchObject({ code: 'vault.key_unknown', details: { kid: 'lost' } })
    expect(refusal.message).toMatch(/"lost".*\(mine\).*CROSSTIE_VAULT_KEYS/)
    expect(JSON.stringify(refusal)).not.toContain(mine.slice(5))
  })

  it('refuses a seal that was altered, that another value of the key made, or that is none', async () => {
    const vault = createVault(key('same'))
    const sealed = await vault.seal(secrets)
    const parts = sealed.split('.')
    parts[3] = Buffer.from(randomBytes(30)).toString('base64url')
    await expect(vault.open(parts.join('.'))).rejects.toMatchObject({ code: 'vault.unreadable' })
    await expect(createVault(key('same')).open(sealed)).rejects.toMatchObject({ code: 'vault.unreadable' })
    for (const none of [
      '',
      'plain text',
      'a.b.c.d.e',
      `${Buffer.from('{"kid":5}').toString('base64url')}....`,
    ]) {
      await expect(vault.open(none)).rejects.toMatchObject({ code: 'vault.unreadable' })
    }
  })

  it('opens nothing sealed by another algorithm, even under the right key', async () => {
    const raw = randomBytes(32)
    const vault = createVault(`k:${raw.toString('base64url')}`)
    const foreign = await new CompactEncrypt(Buffer.from('{}'))
      .setProtectedHeader({ alg: 'A256KW', enc: 'A256GCM', kid: 'k' })
      .encrypt(new Uint8Array(raw))
    await expect(vault.open(foreign)).rejects.toMatchObject({ code: 'vault.unreadable' })
  })

  it('says which key is wrong by its place or name, never by its value', () => {
    const value = randomBytes(32).toString('base64url')
    const wrong: [string, RegExp][] = [
      ['', /no vault key/],
      [value, /key 1 has no name/],
      [`a:${value},:${value}`, /key 2 has no name/],
      [`a:${value},a:${value}`, /two keys have the name "a"/],
      [`a:${value}x`, /the key "a" is not/],
      [`a:${value.slice(0, 20)}`, /the key "a" is not/],
      [`a:${value.slice(0, 42)}!`, /the key "a" is not/],
    ]
    for (const [keys, words] of wrong) {
      const refusal = ((): Error => {
        try {
          createVault(keys)
        } catch (error) {
          // createVault throws nothing but Faults.
          return error as Error
        }
        return expect.unreachable()
      })()
      expect(refusal.message).toMatch(words)
      expect(refusal.message).not.toContain(value.slice(0, 20))
    }
  })

  it('refuses credentials of more than a mebibyte', async () => {
    const vault = createVault(key('k'))
    await expect(vault.seal({ value: 'x'.repeat(1024 * 1024) })).rejects.toMatchObject({ kind: 'too_large' })
  })
})
