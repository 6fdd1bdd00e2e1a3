import { Type } from 'typebox'

/** An id in a path or a body: any whole number that is exact in JSON, so that a far too great one is 422, not 500. */
export const Id = Type.Integer({ minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER })
