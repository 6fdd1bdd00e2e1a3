/** How a command ends: the exit codes that scripts rely on, and one line on standard error. */
import { CommanderError } from 'commander'
import { Fault, type FaultKind, messageOf } from '#fault'

export const INTERRUPTED = 130

const EXIT_CODES: Record<FaultKind, number> = {
  failed: 1,
  too_many: 1,
  unavailable: 1,
  bad_request: 2,
  invalid: 2,
  too_large: 2,
  not_found: 3,
  gone: 3,
  unauthorized: 4,
  forbidden: 4,
  conflict: 5,
  timed_out: 6,
}

/** 0 done, 1 failed, 2 wrong usage, 3 not found, 4 not allowed, 5 conflict, 6 timed out, 130 interrupted. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (!(error instanceof Fault)) return 1
  if (error.code === 'transfer.stopped') return INTERRUPTED
  // What the engine finds invalid is the data, not what was typed.
  if (error.kind === 'invalid' && error.code.startsWith('transfer.')) return 1
  return EXIT_CODES[error.kind]
}

/** Says what went wrong on standard error, in one line, or as JSON where the command was asked for JSON. */
export function tellError(error: unknown, asJson: boolean): void {
  // Commander has said its own already.
  if (error instanceof CommanderError) return
  const isFault = error instanceof Fault
  if (asJson) {
    const told = isFault
      ? { code: error.code, message: error.message, details: error.details }
      : { code: 'internal', message: messageOf(error), details: null }
    process.stderr.write(`${JSON.stringify({ error: told })}\n`)
    return
  }
  process.stderr.write(`crosstie: ${messageOf(error)}\n`)
  // Whatever is not a Fault is a bug, and its place is what helps to mend it.
  if (!isFault && error instanceof Error) process.stderr.write(`${error.stack}\n`)
}

export function usage(message: string): Fault {
  return new Fault('bad_request', 'cli.usage', message)
}
