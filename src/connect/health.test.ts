import { expect, test } from 'vitest'
import type { FaultKind } from '#fault'
import { actorOf, nextHealth, type Outcome, restAfter } from './health.ts'
import type { Health } from './health.store.ts'

const NEW: Health = {
  state: 'unknown',
  code: null,
  message: null,
  actor: null,
  since: new Date(0),
  last_check_at: null,
  last_ok_at: null,
  consecutive_failures: 0,
  due_at: null,
}
const well: Outcome = { ok: true }
const away: Outcome = {
  ok: false,
  fault: { kind: 'unavailable', code: 'connect.unreachable', message: 'away' },
}
const refused: Outcome = {
  ok: false,
  fault: { kind: 'unauthorized', code: 'connect.auth_refused', message: 'no' },
}

/** The states after each outcome, a minute apart. */
function states(outcomes: Outcome[]): string[] {
  let health = NEW
  return outcomes.map((outcome, minute) => {
    health = nextHealth(health, outcome, new Date(minute * 60_000))
    return health.state
  })
}

test('one failure degrades, the third in a row breaks, one success mends', () => {
  expect(states([well, away, away, away, away, well])).toEqual([
    'ok',
    'degraded',
    'degraded',
    'broken',
    'broken',
    'ok',
  ])
})

test('one that fails now and then never breaks', () => {
  expect(states([away, well, away, away, well, away, away, well])).not.toContain('broken')
})

test('a refused sign-in breaks at once, since it does not mend itself', () => {
  expect(states([refused])).toEqual(['broken'])
})

test('`since` is when it became so, however often it is seen again', () => {
  const first = nextHealth(NEW, refused, new Date(1))
  const second = nextHealth(first, refused, new Date(2))
  expect(second).toMatchObject({ since: new Date(1), last_check_at: new Date(2), consecutive_failures: 2 })
  expect(nextHealth(second, well, new Date(3))).toMatchObject({ since: new Date(3), code: null, actor: null })
})

test.each<[FaultKind, string, string]>([
  ['unauthorized', 'connect.auth_refused', 'you'],
  ['not_found', 'connect.bucket_missing', 'you'],
  ['unavailable', 'connect.unreachable', 'provider'],
  ['timed_out', 'connect.timed_out', 'provider'],
  ['forbidden', 'connect.host_refused', 'operator'],
  ['failed', 'vault.key_unknown', 'operator'],
])('of %s %s it is %s who must act', (kind, code, actor) => {
  expect(actorOf({ kind, code })).toBe(actor)
})

test('what fails is looked at sooner, and less and less often', () => {
  const rest = (failures: number) =>
    restAfter({ state: failures === 0 ? 'ok' : 'degraded', consecutive_failures: failures }, 900_000) / 60_000
  expect([0, 1, 2, 3, 4, 5, 9].map(rest)).toEqual([15, 1, 2, 4, 8, 15, 15])
})

test('a refused sign-in breaks at once, by whatever word the system has for it', () => {
  const fault = { kind: 'unauthorized', code: 'transfer.wrong_password', message: 'no' } as const
  expect(states([well, { ok: false, fault }])).toEqual(['ok', 'broken'])
})
