import { describe, expect, test } from 'vitest'
import { createGuard } from './guard.ts'
import { MANIFESTS } from './manifests.ts'
import type { Reach } from './reach.ts'

const nobody = () => Promise.reject(new Error('nothing is asked here'))
const reach: Reach = {
  guard: createGuard({ allow: [], loopbackOpen: false, own: null }),
  openPostgres: nobody,
  describeFile: nobody,
  filesRoot: null,
  dataFolder: '/nowhere',
}

test('each has a name of its own', () => {
  const names = MANIFESTS.map(({ provider }) => provider)
  expect(new Set(names).size).toBe(names.length)
})

describe.each(MANIFESTS.map((manifest) => [manifest.provider, manifest] as const))(
  '%s',
  (_name, manifest) => {
    test('has the hands that it says it has', () => {
      const hands = manifest.act?.(reach)
      expect({
        check: hands?.check !== undefined,
        discover: hands?.browse !== undefined,
        sync: hands?.sync !== undefined,
        hook: hands?.hook !== undefined,
      }).toEqual({
        check: manifest.can.check,
        discover: manifest.can.discover,
        sync: manifest.can.sync === true,
        hook: manifest.can.hook === true,
      })
    })

    test('has its secrets among its credentials, marked, and none in its settings', () => {
      expect(JSON.stringify(manifest.config)).not.toContain('x-secret')
      for (const { fields, secrets } of manifest.auth) {
        expect(JSON.stringify(fields)).not.toContain('x-secret')
        for (const secret of Object.values(secrets)) {
          expect(secret).toMatchObject({ 'x-secret': true, writeOnly: true })
        }
      }
    })
  },
)
