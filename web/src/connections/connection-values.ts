import type { AuthWay, Connection, ConnectionBody, Provider, Values } from '../api/connections.ts'
import { initialValues, missingFields, sentValues } from '../ui/schema-form/schema-values.ts'

/** What the form holds; `auth_data.type` says which of the provider's ways to sign in. */
export interface ConnectionValues extends Record<string, unknown> {
  name: string
  description: string
  type: string
  connection_data: Values
  auth_data: Values
}

export function startOf(providers: Provider[], connection: Connection | undefined): ConnectionValues {
  const first = providers.find(({ can }) => can.source || can.target) ?? providers[0]
  const type = connection?.type ?? first?.provider ?? ''
  const provider = providers.find((one) => one.provider === type)
  const way = wayBy(provider, connection?.auth_data?.type)
  return {
    name: connection?.name ?? '',
    description: connection?.description ?? '',
    type,
    connection_data: provider
      ? initialValues(provider.spec, connection?.connection_data)
      : (connection?.connection_data ?? {}),
    auth_data: startOfWay(way, connection?.auth_data ?? undefined),
  }
}

/** Another type: its own fields; what has the same name stays, as a host does. */
export function withType(values: ConnectionValues, providers: Provider[], type: string): ConnectionValues {
  const provider = providers.find((one) => one.provider === type)
  if (provider === undefined) return { ...values, type }
  const same = Object.fromEntries(
    Object.entries(values.connection_data).filter(([name, value]) => name !== 'port' && value !== ''),
  )
  return {
    ...values,
    type,
    connection_data: initialValues(provider.spec, same),
    auth_data: startOfWay(provider.auth[0]),
  }
}

/** A union's other shape; what has the same name stays. */
export function withVariant(values: ConnectionValues, provider: Provider, type: string): ConnectionValues {
  const next = {
    ...values,
    connection_data: initialValues(provider.spec, { ...values.connection_data, type }),
  }
  const ways = waysOf(provider, next)
  return ways.some((way) => way.type === values.auth_data['type'])
    ? next
    : { ...next, auth_data: startOfWay(ways[0]) }
}

/** The ways to sign in that fit what is reached: Iceberg's catalog gives out the keys of its store, or one has them. */
export function waysOf(provider: Provider, { connection_data }: ConnectionValues): AuthWay[] {
  const shape = connection_data['type']
  if (provider.provider !== 'iceberg') return provider.auth
  return provider.auth.filter(
    ({ type }) => type.endsWith('_s3_basic') === (shape === 'iceberg_rest_s3_direct'),
  )
}

export function withWay(values: ConnectionValues, provider: Provider, type: string): ConnectionValues {
  return { ...values, auth_data: startOfWay(wayBy(provider, type)) }
}

function startOfWay(way: AuthWay | undefined, given?: Values): Values {
  if (way === undefined) return given ?? { type: 'none' }
  return { ...initialValues(way.schema, given), type: way.type }
}

function wayBy(provider: Provider | undefined, type: string | undefined): AuthWay | undefined {
  return provider?.auth.find((way) => way.type === type) ?? provider?.auth[0]
}

export function wayOf(provider: Provider | undefined, values: ConnectionValues): AuthWay | undefined {
  const { type } = values.auth_data
  return wayBy(provider, typeof type === 'string' ? type : undefined)
}

/** Required fields that are empty, by the form's paths. */
export function errorsOf(
  values: ConnectionValues,
  provider: Provider | undefined,
  secretsKept: boolean,
  words: string,
): Record<string, string> {
  if (provider === undefined) return {}
  const way = wayOf(provider, values)
  const missing = [
    ...missingFields(provider.spec, values.connection_data, false).map((name) => `connection_data.${name}`),
    ...(way
      ? missingFields(way.schema, values.auth_data, secretsKept).map((name) => `auth_data.${name}`)
      : []),
  ]
  return Object.fromEntries(missing.map((path) => [path, words]))
}

/** The request's body. A secret left empty is left out: then the hub keeps the one it has. */
export function bodyOf(
  values: ConnectionValues,
  groupId: number,
  provider: Provider | undefined,
): ConnectionBody {
  const way = wayOf(provider, values)
  return {
    group_id: groupId,
    name: values.name.trim(),
    description: values.description,
    type: values.type,
    connection_data: provider ? sentValues(provider.spec, values.connection_data) : values.connection_data,
    auth_data: way ? { ...sentValues(way.schema, values.auth_data), type: way.type } : values.auth_data,
  }
}
