import { expect, test } from 'vitest'
import { withoutSecrets } from './draft.ts'

test('a draft holds no secret, however deep it stands', () => {
  const values = {
    name: 'x',
    auth_data: { user: 'u', password: 'p', access_key: 'k' },
    list: [{ secret: 's' }],
  }
  expect(withoutSecrets(values)).toEqual({
    name: 'x',
    auth_data: { user: 'u', password: '', access_key: '' },
    list: [{ secret: '' }],
  })
})
