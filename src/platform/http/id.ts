import { Type } from 'typebox'

/** An id in a path, a query or a body: any whole number of PostgreSQL's bigint, so that one beyond it is 422, not 500. */
export const Id = Type.Integer({ minimum: -(2 ** 63), exclusiveMaximum: 2 ** 63 })
