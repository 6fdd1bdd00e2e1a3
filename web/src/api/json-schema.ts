/** The part of JSON Schema that providers describe themselves with, and our forms draw. */
export interface JsonSchema {
  type?: string | string[]
  title?: string
  description?: string
  default?: unknown
  const?: unknown
  enum?: unknown[]
  properties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: boolean | JsonSchema
  items?: JsonSchema
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  pattern?: string
  format?: string
  writeOnly?: boolean
  examples?: unknown[]
  /** Written, sealed and never read back. */
  'x-secret'?: boolean
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
}
