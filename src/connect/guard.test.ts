import { describe, expect, it } from 'vitest'
import { createGuard, type GuardOptions, ownDatabaseOf } from './guard.ts'

const names: Record<string, string[]> = {
  'db.example.com': ['93.184.216.34'],
  'private.example.com': ['10.1.2.3'],
  'rebind.example.com': ['127.0.0.1'],
  'mixed.example.com': ['169.254.169.254', '10.0.0.9'],
}
const guard = (options: Partial<GuardOptions> = {}) =>
  createGuard({
    allow: [],
    loopbackOpen: false,
    own: null,
    resolve: async (host) => names[host] ?? [],
    ...options,
  })

describe('a connection', () => {
  it('may lead to public and private hosts, and is given the address that was checked', async () => {
    expect(await guard().reach('db.example.com', 5432)).toBe('93.184.216.34')
    expect(await guard().reach('private.example.com', 5432)).toBe('10.1.2.3')
    expect(await guard().reach('fd12:3456::1', 5432)).toBe('fd12:3456::1')
    expect(await guard().reach('mixed.example.com', 5432)).toBe('10.0.0.9')
  })

  it.each([
    '127.0.0.1',
    '127.9.9.9',
    '::1',
    '[::1]',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::7f00:1',
    'rebind.example.com',
    '0.0.0.0',
    '::',
    '169.254.169.254',
    '::ffff:169.254.169.254',
    'fe80::1',
    'fd00:ec2::254',
    '100.100.100.200',
    '224.0.0.1',
    '255.255.255.255',
    '/var/run/postgresql',
    '',
  ])('may not lead to %s', async (host) => {
    await expect(guard().reach(host, 5432)).rejects.toMatchObject({ code: 'connect.host_refused' })
  })

  it('may lead to loopback while the hub itself listens on loopback only', async () => {
    const open = guard({ loopbackOpen: true })
    expect(await open.reach('127.0.0.1', 5432)).toBe('127.0.0.1')
    await expect(open.reach('169.254.169.254', 80)).rejects.toMatchObject({ code: 'connect.host_refused' })
  })

  it('to a host that nobody knows is refused in words', async () => {
    await expect(guard().reach('nowhere.example.com', 5432)).rejects.toThrow(
      'The host "nowhere.example.com" is not known here. Check its name.',
    )
  })
})

describe('a service on the web', () => {
  it('is at a public address', async () => {
    expect(await guard().reachPublic('db.example.com', 443)).toBe('93.184.216.34')
  })

  it.each(['10.1.2.3', '192.168.1.1', '172.31.0.1', '100.64.0.1', 'fd12:3456::1', 'private.example.com'])(
    'is not at %s, which databases may be at',
    async (host) => {
      await expect(guard().reachPublic(host, 443)).rejects.toMatchObject({ code: 'connect.host_refused' })
      expect(await guard({ allow: [host] }).reachPublic(host, 443)).toBeTypeOf('string')
    },
  )

  it('is never on loopback, even where the hub itself listens on nothing else', async () => {
    await expect(guard({ loopbackOpen: true }).reachPublic('127.0.0.1', 80)).rejects.toMatchObject({
      code: 'connect.host_refused',
    })
  })
})

describe('CROSSTIE_ALLOW', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1', 5432],
    ['127.0.0.0/8', 'rebind.example.com', 5432],
    ['rebind.example.com:5432', 'rebind.example.com', 5432],
    ['[::1]:5432', '::1', 5432],
    ['::1', '::1', 5432],
    ['fe80::/10', 'fe80::1', 5432],
  ])('%s opens %s', async (entry, host, port) => {
    expect(await guard({ allow: [entry] }).reach(host, port)).toBeTypeOf('string')
  })

  it('opens no other port and no other host than it says', async () => {
    const narrow = guard({ allow: ['127.0.0.1:5432'] })
    await expect(narrow.reach('127.0.0.1', 5433)).rejects.toMatchObject({ code: 'connect.host_refused' })
    await expect(narrow.reach('127.0.0.2', 5432)).rejects.toMatchObject({ code: 'connect.host_refused' })
  })

  it('with an entry that is no host is refused at once', () => {
    expect(() => guard({ allow: ['10.0.0.0/8/9'] })).toThrow('CROSSTIE_ALLOW holds "10.0.0.0/8/9"')
  })
})

describe("the hub's own database", () => {
  const own = { host: '/tmp/crosstie-x', port: 5544, database: 'crosstie' }

  it.each(['127.0.0.1', '::1', '::ffff:127.0.0.1'])('is never reached, by %s either', async (host) => {
    const open = guard({ loopbackOpen: true, allow: ['127.0.0.0/8', '::1'], own })
    await expect(open.reach(host, 5544, 'crosstie')).rejects.toMatchObject({ code: 'connect.own_database' })
    await expect(open.reach(host, 5544)).rejects.toMatchObject({ code: 'connect.own_database' })
  })

  it('leaves another database of the same server open', async () => {
    const open = guard({ loopbackOpen: true, own })
    expect(await open.reach('127.0.0.1', 5544, 'sample')).toBe('127.0.0.1')
  })

  it('is known by every form of its URL', () => {
    expect(ownDatabaseOf('postgres://crosstie:pw@/crosstie?host=%2Ftmp%2Fx&port=5544')).toEqual({
      host: '/tmp/x',
      port: 5544,
      database: 'crosstie',
    })
    expect(ownDatabaseOf('postgres://u:p@[::1]/hub')).toEqual({ host: '::1', port: 5432, database: 'hub' })
    expect(ownDatabaseOf('postgres://u:p@db.internal:6000/hub')).toEqual({
      host: 'db.internal',
      port: 6000,
      database: 'hub',
    })
  })
})
