/** The address of a provider's API: a field, for proxies, companies' own servers and other countries. */
import { Type } from 'typebox'

export const baseUrl = (standard: string) =>
  Type.String({ title: 'Address of the API', minLength: 1, format: 'uri', default: standard })
