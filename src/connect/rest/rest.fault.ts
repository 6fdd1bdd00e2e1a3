/** Refusals as PostgREST words them: `{code, details, hint, message}`. */
import pg from 'pg'
import { envelopeOf } from '#http'
import { Fault } from '#fault'

export interface RestAnswer {
  status: number
  body: { code: string; details: string | null; hint: string | null; message: string }
}

/** What is wrong with a request, in PostgREST's code and ours words. */
export class RestProblem extends Error {
  readonly answer: RestAnswer

  constructor(status: number, code: string, message: string, details: string | null = null) {
    super(message)
    this.answer = { status, body: { code, details, hint: null, message } }
  }
}

/** Statuses by SQLSTATE, the longest beginning that is listed. */
const STATUSES: Readonly<Record<string, number>> = {
  '22': 400,
  '23': 400,
  '23503': 409,
  '23505': 409,
  '2201B': 400,
  '42501': 403,
  '42804': 400,
  '42883': 400,
  '57014': 504,
}

/** Null: it is a bug, and shows as nothing but that. */
export function restAnswerOf(error: unknown, isAnonymous: boolean): RestAnswer | null {
  if (error instanceof RestProblem) return error.answer
  if (error instanceof Fault) {
    const { status, body } = envelopeOf(error)
    return {
      status,
      body: { code: error.code, details: null, hint: null, message: body.error.message },
    }
  }
  if (!(error instanceof pg.DatabaseError) || error.code === undefined) return null
  const { code, message, detail = null, hint = null } = error
  const status = STATUSES[code] ?? STATUSES[code.slice(0, 2)]
  if (status === undefined) return null
  // Whoever is nobody yet is asked to sign in, not told that it is forbidden.
  const shown = status === 403 && isAnonymous ? 401 : status
  return { status: shown, body: { code, details: detail, hint, message } }
}
