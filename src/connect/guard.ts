/**
 * Which hosts a connection may lead to. A host is resolved once, its address is judged, and that address is
 * connected to, so that a name that changes its mind in between (DNS rebinding) gains nothing.
 */
import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { Fault } from '#fault'

/** A place that no connection may lead to, whatever else is opened: the hub's own database. */
export interface OwnDatabase {
  host: string
  port: number
  database: string
}

/** Where a PostgreSQL URL leads; with a socket, its folder is the host. */
export function ownDatabaseOf(url: string): OwnDatabase {
  // A socket's URL has no host before the slash, which the URL parser does not take.
  const read = new URL(url.replace(/^(\w+:\/\/[^/]*@)\//, '$1socket/'))
  const host = read.searchParams.get('host') ?? read.hostname.replace(/^\[(.*)\]$/, '$1')
  return {
    host,
    port: Number(read.searchParams.get('port') ?? (read.port || 5432)),
    database: decodeURIComponent(read.pathname.slice(1)),
  }
}

export interface GuardOptions {
  /** Hosts, networks (`10.0.0.0/8`) or `host:port` that are open although they would be refused. */
  allow: readonly string[]
  /** While the hub itself listens on loopback only, so may databases and file stores be there. */
  loopbackOpen: boolean
  own: OwnDatabase | null
  /** All addresses of a name; the system's resolver if not given. */
  resolve?: (host: string) => Promise<string[]>
}

export interface Guard {
  /**
   * The address to connect to.
   * @throws Fault `connect.host_refused`, `connect.host_unknown` or `connect.own_database`, in words.
   */
  reach: (host: string, port: number, database?: string) => Promise<string>
  /** The same for services on the web, which are never at a private address. */
  reachPublic: (host: string, port: number) => Promise<string>
}

const RESOLVE_LIMIT_MS = 5_000

const loopback = blockList(['127.0.0.0/8', '::1/128'])
/** Never a place of its own: nothing, this host, this link, many hosts, and the clouds' metadata. */
const refused = blockList([
  '0.0.0.0/8',
  '169.254.0.0/16',
  '100.100.100.200/32',
  '192.0.0.192/32',
  '168.63.129.16/32',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/128',
  'fe80::/10',
  'fd00:ec2::/32',
  'fd20:ce::/32',
  'ff00::/8',
])

/** Addresses of somebody's own network: databases and file stores may be there, services on the web are not. */
const inside = blockList(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'])

export function createGuard({ allow, loopbackOpen, own, resolve = resolveAll }: GuardOptions): Guard {
  const openings = allow.map(readOpening)

  const verdict = (host: string, address: string, port: number, isPublic = false): string | null => {
    if (openings.some((opening) => opening(host, address, port))) return null
    if (loopback.check(address, family(address))) {
      return loopbackOpen && !isPublic ? null : 'the hub’s own machine'
    }
    if (isPublic && inside.check(address, family(address))) return 'a private network'
    return refused.check(address, family(address)) ? 'an address that is kept for the network itself' : null
  }

  const isOwn = async (address: string, port: number, database: string | undefined): Promise<boolean> => {
    if (own === null || own.port !== port || (database !== undefined && own.database !== database))
      return false
    const isLoopback = (candidate: string) => loopback.check(candidate, family(candidate))
    const hosts = own.host.startsWith('/') ? ['127.0.0.1'] : await addressesOf(own.host, resolve)
    return hosts.some((host) => host === address || (isLoopback(host) && isLoopback(address)))
  }

  const judged = async (host: string, port: number, isPublic: boolean): Promise<string> => {
    const name = host.trim()
    if (name === '' || name.includes('/')) {
      throw refusal(host, port, 'it is not the name or address of a host')
    }
    const addresses = await addressesOf(name, resolve)
    const open = addresses.find((address) => verdict(name, address, port, isPublic) === null)
    const [first] = addresses
    if (first === undefined) throw unknownHost(host)
    if (open === undefined)
      throw refusal(host, port, `it leads to ${verdict(name, first, port, isPublic)} (${first})`)
    return open
  }
  const notOwn = async (host: string, address: string, port: number, database?: string): Promise<string> => {
    if (!(await isOwn(address, port, database))) return address
    throw new Fault(
      'forbidden',
      'connect.own_database',
      `${host}:${port} is the hub's own database, which no connection may use. Make a database of its own for the data.`,
    )
  }

  return {
    reach: async (host, port, database) => notOwn(host, await judged(host, port, false), port, database),
    reachPublic: async (host, port) => notOwn(host, await judged(host, port, true), port),
  }
}

function refusal(host: string, port: number, why: string): Fault {
  return new Fault(
    'forbidden',
    'connect.host_refused',
    `The hub does not connect to ${host}:${port}: ${why}. An operator can open it with CROSSTIE_ALLOW=${host}:${port}.`,
  )
}

function unknownHost(host: string): Fault {
  return new Fault(
    'unavailable',
    'connect.host_unknown',
    `The host "${host}" is not known here. Check its name.`,
  )
}

async function addressesOf(host: string, resolve: (host: string) => Promise<string[]>): Promise<string[]> {
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  if (isIP(bare) !== 0) return [unmapped(bare)]
  const limit = Promise.withResolvers<string[]>()
  const timer = setTimeout(() => limit.resolve([]), RESOLVE_LIMIT_MS)
  try {
    const found = await Promise.race([resolve(bare), limit.promise])
    return found.map(unmapped)
  } catch {
    return []
  } finally {
    clearTimeout(timer)
  }
}

async function resolveAll(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true })
  return found.map(({ address }) => address)
}

/** `::ffff:127.0.0.1`, its hexadecimal form and NAT64's are the IPv4 address inside them. */
function unmapped(address: string): string {
  if (isIP(address) !== 6) return address
  // The URL parser writes every IPv6 address in its one short form.
  const short = new URL(`http://[${address.replace(/%.*$/, '')}]/`).hostname.slice(1, -1)
  const inside = /^(?:::ffff:|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short)
  if (inside === null) return short
  const [high, low] = [Number.parseInt(inside[1] ?? '0', 16), Number.parseInt(inside[2] ?? '0', 16)]
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}

function blockList(networks: string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    list.addSubnet(address, Number(bits), family(address))
  }
  return list
}

type Opening = (host: string, address: string, port: number) => boolean

/** @throws Fault for an entry of CROSSTIE_ALLOW that cannot be read. */
function readOpening(entry: string): Opening {
  const network = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(entry)
  if (network !== null && isIP(network[1] ?? '') !== 0) {
    const list = blockList([entry])
    return (_host, address) => list.check(address, family(address))
  }
  const [, bracketed, plain, portText] =
    /^(?:\[([^\]]+)\]|([^[\]:/]+|[^[\]/]*:[^[\]/]*:[^[\]/]*?))(?::(\d+))?$/.exec(entry) ?? []
  const name = bracketed ?? plain
  if (name === undefined) {
    throw new Fault(
      'failed',
      'connect.allow_invalid',
      `CROSSTIE_ALLOW holds "${entry}", which is no host, network or host:port.`,
    )
  }
  const wanted = isIP(name) === 0 ? name.toLowerCase() : unmapped(name)
  return (host, address, port) =>
    (host.toLowerCase() === wanted || address === wanted) &&
    (portText === undefined || Number(portText) === port)
}
