import { Fault, type FaultKind } from '#fault'

/** SyncMaster's error body, the convention of all of `/v1`. */
export interface ErrorEnvelope {
  error: { code: string; message: string; details: unknown }
}

/** Status and wire code by kind; the codes are SyncMaster's where it has one, its spelling included. */
const WIRE: Record<FaultKind, readonly [status: number, code: string]> = {
  bad_request: [400, 'bad_request'],
  failed: [400, 'failed'],
  unauthorized: [401, 'unauthorized'],
  forbidden: [403, 'forbidden'],
  not_found: [404, 'not_found'],
  conflict: [409, 'conflict'],
  gone: [410, 'gone'],
  too_large: [413, 'too_large'],
  invalid: [422, 'invalid_request'],
  too_many: [429, 'too_many_requests'],
  unavailable: [503, 'service_unavaliable'],
  timed_out: [504, 'timed_out'],
}

export function statusOf(kind: FaultKind): number {
  return WIRE[kind][0]
}

/** What a caller hears of an error: a Fault's own words, and of a bug nothing but that there was one. */
export function envelopeOf(error: unknown): { status: number; body: ErrorEnvelope } {
  if (!(error instanceof Fault)) {
    const message = 'Got unhandled exception. Please contact support'
    return { status: 500, body: { error: { code: 'unknown', message, details: null } } }
  }
  const [status, code] = WIRE[error.kind]
  return { status, body: { error: { code, message: error.message, details: error.details } } }
}
