/** Bodies of connection requests, made of the manifests: a new provider needs no line here. */
import { type TSchema, Type } from 'typebox'
import { Id } from '#http'
import { createAuthSchema, type Manifest, oneByType, updateAuthSchema, type Values } from './provider.ts'

/** What every parsed body holds, whatever its type. */
export interface ConnectionBody {
  group_id: number
  name: string
  description: string
  type: string
  connection_data: Values
  auth_data: Values & { type: string }
}

const plain = {
  group_id: Id,
  name: Type.String({ minLength: 3, maxLength: 128 }),
  description: Type.String({ maxLength: 512 }),
}

/** A provider without credentials need not be told that there are none. */
function authSchema(manifest: Manifest, schemaOf: typeof createAuthSchema): TSchema {
  const schema = oneByType(manifest.auth.map(schemaOf))
  const [only] = manifest.auth
  return only !== undefined && isCredentialFree(manifest)
    ? Type.Object({ type: Type.Literal(only.type) }, { default: { type: only.type } })
    : schema
}

export function isCredentialFree({ auth }: Manifest): boolean {
  return auth.every(({ fields, secrets }) => Object.keys({ ...fields, ...secrets }).length === 0)
}

function bodySchema(manifest: Manifest, schemaOf: typeof createAuthSchema, fields: Record<string, TSchema>) {
  const { agree } = manifest
  return Type.Object(
    {
      ...fields,
      type: Type.Literal(manifest.provider),
      connection_data: manifest.config,
      auth_data: authSchema(manifest, schemaOf),
    },
    {
      title: manifest.title,
      ...(agree === undefined
        ? {}
        : { check: (body: ConnectionBody) => agree(body.connection_data, body.auth_data) }),
    },
  )
}

/** The bodies of all providers, told apart by `type`. */
export function connectionBodies(manifests: readonly Manifest[]) {
  const byType = (schemaOf: typeof createAuthSchema, fields: Record<string, TSchema>) =>
    Type.Union(
      manifests.map((manifest) => bodySchema(manifest, schemaOf, fields)),
      { discriminator: { propertyName: 'type' } },
    )
  return {
    CreateBody: byType(createAuthSchema, plain),
    UpdateBody: byType(updateAuthSchema, plain),
    /** A Test of what is not saved yet; of a saved one, secrets may be left out. */
    TestBody: byType(updateAuthSchema, {
      connection_id: Type.Optional(Type.Union([Id, Type.Null()])),
    }),
  }
}
