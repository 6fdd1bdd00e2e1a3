import { type TSchema, Type } from 'typebox'
import type { Reach } from './reach.ts'
import type { Sync } from './sync-kind.ts'

export type Fields = Record<string, TSchema>
export type Values = Record<string, unknown>

/** One way to sign in: what may be read back, and what never is. */
export interface AuthKind {
  type: string
  title: string
  fields: Fields
  /** Sealed, write-only; a PUT may leave them out to keep what is stored. */
  secrets: Fields
}

export type ConnectorType = 'database' | 'file' | 'webhook' | 'message'

/** What a provider can do in this release; what it cannot is stored, and said in words when it is asked for. */
export interface Abilities {
  check: boolean
  discover: boolean
  source: boolean
  target: boolean
  /** Whether the hub keeps in step with it: people, tables or files. */
  sync?: boolean
  /** Whether it calls the hub, at `/hooks/<uuid>`. */
  hook?: boolean
}

/** The manifest: what a connection to this system is made of. It draws the form, validates, and splits secrets off. */
export interface Manifest {
  provider: string
  title: string
  connectorType: ConnectorType
  /** JSON Schema of `connection_data`. */
  config: TSchema
  auth: AuthKind[]
  can: Abilities
  /** What the hub does with such a connection; without it, it is kept only. */
  act?: (reach: Reach) => Actions
  /** Fills in what depends on other fields, on create. */
  complete?: (config: Values) => Values
  /** A rule over settings and credentials together: a sentence, or null. */
  agree?: (config: Values, auth: Values) => string | null
}

/** A connection ready for use: its settings and its opened credentials. */
export interface Opened {
  config: Values
  auth: Values
}

export interface Checked {
  message: string
  details: Values
}

export interface BrowseItem {
  name: string
  /** What to browse next, to ask the columns of, or to write into a transfer's params. */
  path: string
  kind: 'schema' | 'table' | 'view' | 'folder' | 'file'
  rows?: number
  size_bytes?: number
  modified_at?: string
  format?: string
  writable?: boolean
}

export interface BrowseColumn {
  name: string
  type: string
  nullable: boolean
  primary_key: boolean
}

export interface Browsed {
  items: BrowseItem[]
  truncated: boolean
}

/** A call that came in, as it was sent: signatures are over its bytes. */
export interface HookCall {
  headers: Readonly<Record<string, string | string[] | undefined>>
  query: Readonly<Record<string, string | undefined>>
  body: Buffer
  at: Date
}

/** What an inbound call meant, after its signature was proved. */
export interface HookTaken {
  /** What makes it the same call when it is made again. */
  id: string
  type: string
  payload: unknown
  /** What the caller is answered; if not given, `{"ok": true}`. */
  answer?: Values
  /** Whether what it tells asks for a sync. */
  wantsSync?: boolean
  /** Only a test of the address: nothing happened. */
  isProbe?: boolean
}

/** The hands of a provider. Which ones it has is said by its `can`. */
export interface Actions {
  check: (opened: Opened) => Promise<Checked>
  browse?: (opened: Opened, path: string) => Promise<Browsed>
  columns?: (opened: Opened, path: string) => Promise<BrowseColumn[]>
  sync?: Sync
  /** @throws Fault `unauthorized` for a call that is not proved to be the provider's. */
  hook?: (opened: Opened, call: HookCall) => HookTaken
}

export const STORED_ONLY: Abilities = { check: false, discover: false, source: false, target: false }

/** The most that a browse shows of one level. */
export const BROWSE_LIMIT = 2_000

const Nothing = Type.Null()

/** Fields as SyncMaster has them, with the words that draw the form. */
export const field = {
  host: (title = 'Host') => Type.String({ title }),
  port: (port: number) =>
    Type.Integer({ title: 'Port', exclusiveMinimum: 0, maximum: 65_535, default: port }),
  /** Null: the provider's own default, chosen by protocol. */
  portOrNull: () =>
    Type.Union([Type.Integer({ exclusiveMinimum: 0, maximum: 65_535 }), Nothing], {
      title: 'Port',
      default: null,
    }),
  text: (title: string) => Type.String({ title }),
  textOr: (title: string, value: string) => Type.String({ title, default: value }),
  textOrNull: (title: string) => Type.Union([Type.String(), Nothing], { title, default: null }),
  url: (title: string) => Type.String({ title, minLength: 1, format: 'uri' }),
  choice: <const T extends string[]>(title: string, options: T, value: T[number]) =>
    Type.Enum(options, { title, default: value }),
  params: () =>
    Type.Record(Type.String(), Type.Unknown(), {
      title: 'More parameters',
      description: "The driver's own parameters, by name. No secrets: these are shown.",
      default: {},
    }),
  secret: (title: string) => Type.String({ title, writeOnly: true, format: 'password', 'x-secret': true }),
}

/** User and password: the way of most. */
export const BASIC: AuthKind = {
  type: 'basic',
  title: 'User and password',
  fields: { user: field.text('User') },
  secrets: { password: field.secret('Password') },
}

/** The schema of one kind of credentials as it is created. */
export function createAuthSchema(kind: AuthKind): TSchema {
  return Type.Object(
    { type: Type.Literal(kind.type), ...kind.fields, ...kind.secrets },
    { title: kind.title },
  )
}

/** The same for a change: a secret that is left out or null is kept. */
export function updateAuthSchema(kind: AuthKind): TSchema {
  const secrets = Object.fromEntries(
    Object.entries(kind.secrets).map(([name, secret]) => [
      name,
      Type.Optional(Type.Union([secret, Nothing], { writeOnly: true, 'x-secret': true })),
    ]),
  )
  return Type.Object({ type: Type.Literal(kind.type), ...kind.fields, ...secrets }, { title: kind.title })
}

/** Told apart by `type` where there is more than one, so that a complaint names the one that was meant. */
export function oneByType(members: TSchema[]): TSchema {
  const [only] = members
  return members.length === 1 && only !== undefined
    ? only
    : Type.Union(members, { discriminator: { propertyName: 'type' } })
}
