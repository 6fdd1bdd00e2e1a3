/**
 * The process of one explanation: a job and a number of rows as one line on standard input, the answer as one on
 * standard output. It is apart from the hub because what it reads (other people's files, by native code) may take
 * any amount of memory and time, and because it is ended by closing a pipe.
 */
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { explain, type Job } from '#engine'
import { Fault, messageOf } from '#fault'

const input = createInterface({ input: process.stdin })
// Whoever asked is gone.
input.on('close', () => process.exit(1))

const [line] = (await once(input, 'line')) as [string] // an event of readline
const { job, rows } = JSON.parse(line) as { job: Job; rows: number } // written by explain-process.ts
const answer = await explain(job, { rows }).then(
  (told) => ({ told }),
  (error: unknown) => ({ failed: faultOf(error) }),
)
process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(0))

function faultOf(error: unknown): Pick<Fault, 'kind' | 'code' | 'message' | 'details'> {
  if (error instanceof Fault) {
    const { kind, code, message, details } = error
    return { kind, code, message, details }
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? '') : String(error)}\n`)
  const message = `The engine failed: ${messageOf(error)}`
  return { kind: 'failed', code: 'transfer.internal', message, details: null }
}
