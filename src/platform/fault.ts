/**
 * What stopped a caller, in words for the person who reads them.
 *
 * A fault's message names the thing, the place and the way out, and never holds a secret. Each door
 * translates the kind to its own dialect (`/v1` to SyncMaster's envelope, the terminal to an exit code);
 * whatever is thrown and is not a Fault is a bug: logged in full, shown as "internal".
 */

/** Who has to act, and so which status or exit code a door answers. */
export type FaultKind =
  | 'bad_request'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'gone'
  | 'too_large'
  | 'invalid'
  | 'too_many'
  | 'unavailable'
  | 'timed_out'
  | 'failed'

export interface FaultOptions {
  /** What a machine may want to know beside the message; shown to the caller, so never a secret. */
  details?: unknown
  cause?: unknown
}

export class Fault extends Error {
  override readonly name = 'Fault'
  readonly kind: FaultKind
  /** `<room>.<what>`, stable, for scripts and tests: `transfer.queue_missing`. */
  readonly code: string
  readonly details: unknown

  constructor(kind: FaultKind, code: string, message: string, options: FaultOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.kind = kind
    this.code = code
    this.details = options.details ?? null
  }
}

/** The message of anything that was thrown; system errors and foreign ones included. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map(messageOf).join('; ')
  }
  return error instanceof Error ? error.message : String(error)
}
