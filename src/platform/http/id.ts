import { Type } from 'typebox'

/** The greatest number of PostgreSQL's bigint that JavaScript also writes down as one. */
const MOST = 9_223_372_036_854_774_000

/** An id in a path, a query or a body: any whole number of bigint, so that one beyond it is 422, not 500. */
export const Id = Type.Integer({ minimum: -MOST, maximum: MOST })
