import { expect, test } from 'vitest'
import { withDraft, withoutSecrets } from './draft.ts'

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

test('a draft of an earlier page gets the fields that came since, in its parts too', () => {
  const fresh = { name: '', end: { table: '', options: {} }, lines: ['a'] }
  expect(withDraft(fresh, { name: 'x', end: { table: 't' }, lines: [] })).toEqual({
    name: 'x',
    end: { table: 't', options: {} },
    lines: [],
  })
  expect(withDraft(fresh, 'damaged')).toEqual(fresh)
})
