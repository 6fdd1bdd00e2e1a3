import { expect, test } from 'vitest'
import { sealFernet } from '../../../test/import/seal-fernet.ts'
import { openFernet, readFernetKey } from './fernet.ts'

/** The specification's own vectors: verify.json, and invalid.json but for those about a token's age. */
const SECRET = 'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4='
const TOKEN =
  'gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA=='
const INVALID = {
  'incorrect mac':
    'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykQUFBQUFBQUFBQQ==',
  'too short': 'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA==',
  'invalid base64':
    '%%%%%%%%%%%%%AECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==',
  'payload size not multiple of block size':
    'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPOm73QeoCk9uGib28Xe5vz6oxq5nmxbx_v7mrfyudzUm',
  'payload padding error':
    'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0ODz4LEpdELGQAad7aNEHbf-JkLPIpuiYRLQ3RtXatOYREu2FWke6CnJNYIbkuKNqOhw==',
  'incorrect IV (causes padding error)':
    'gAAAAAAdwJ6xBQECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAkLhFLHpGtDBRLRTZeUfWgHSv49TF2AUEZ1TIvcZjK1zQ==',
  'trailing characters after b64 padding': `${TOKEN}trailingdata`,
  'invalid characters in b64':
    '*gAAAAAAdwJ6wAAECAwQFBgcI!CQoLDA0ODy021?cpGVWKZ_eEwC@GM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==',
  'invalid non-urlsafe characters in b64':
    'gAAAAAAdwJ6wAAEC/AwQFBgcICQoLDA0ODy+021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==',
}

const key = readFernetKey(SECRET)

test('the token of the specification is opened', () => {
  expect(openFernet(TOKEN, key)).toBe('hello')
})

test.each(Object.entries(INVALID))('a token with %s is not', (_what, token) => {
  expect(openFernet(token, key)).toBeNull()
})

test('any change of a single character is noticed', () => {
  for (let at = 0; at < TOKEN.length - 3; at++) {
    const other = TOKEN[at] === 'A' ? 'B' : 'A'
    expect([at, openFernet(TOKEN.slice(0, at) + other + TOKEN.slice(at + 1), key)]).toEqual([at, null])
  }
})

test('text of any script and length goes round', () => {
  for (const text of ['', 'Ж'.repeat(5_000), '{"password": "пароль 🔑 \\u0000"}']) {
    expect(openFernet(sealFernet(text, SECRET), key)).toBe(text)
  }
})

test('another key opens nothing', () => {
  expect(openFernet(TOKEN, readFernetKey(Buffer.alloc(32, 1).toString('base64url')))).toBeNull()
})

test.each(['', 'short', `${SECRET}AAAA`, 'ключ', SECRET.replace('c', '*')])(
  '"%s" is no key, and is not repeated',
  (text) => {
    expect(() => readFernetKey(text)).toThrow(/no Fernet key/)
    if (text !== '') expect(() => readFernetKey(text)).not.toThrow(text)
  },
)
