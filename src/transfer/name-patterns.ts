/** Which of a folder's names fit patterns that people wrote: in a thread of its own, ended when they take too long. */
import { Worker } from 'node:worker_threads'
import { Fault } from '#fault'

export interface NamePattern {
  kind: 'glob' | 'regexp'
  text: string
}

/** A pattern like `(a+)+$` takes a name's length to the power of two; an honest one takes microseconds a name. */
const LIMIT_MS = 2_000
const MEMORY_MB = 128

/** Plain JavaScript, for it runs as it stands: from the sources and from the package alike. */
const THREAD = `
  const { parentPort, workerData } = require('node:worker_threads')
  const { matchesGlob } = require('node:path')
  const tests = workerData.patterns.map(({ kind, text }) => {
    if (kind === 'glob') return (name) => matchesGlob(name, text)
    const pattern = new RegExp(text, 'u')
    return (name) => pattern.test(name)
  })
  parentPort.postMessage(workerData.names.filter((name) => tests.every((fits) => fits(name))))`

/**
 * The names that fit every pattern.
 *
 * @throws Fault `transfer.pattern_too_slow` when that cannot be told in time.
 */
export async function namesThatFit(
  names: readonly string[],
  patterns: readonly NamePattern[],
  limitMs = LIMIT_MS,
): Promise<Set<string>> {
  if (patterns.length === 0 || names.length === 0) return new Set(names)
  const told = Promise.withResolvers<string[]>()
  const thread = new Worker(THREAD, {
    eval: true,
    workerData: { names, patterns },
    env: {},
    execArgv: ['--no-warnings'],
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
  })
  const timer = setTimeout(() => told.reject(tooSlow(patterns)), limitMs)
  thread.once('message', told.resolve)
  thread.once('error', (cause) => told.reject(tooSlow(patterns, cause)))
  try {
    return new Set(await told.promise)
  } finally {
    clearTimeout(timer)
    await thread.terminate()
  }
}

function tooSlow(patterns: readonly NamePattern[], cause?: unknown): Fault {
  const shown = patterns.map(({ text }) => `'${text.slice(0, 80)}'`).join(', ')
  return new Fault(
    'bad_request',
    'transfer.pattern_too_slow',
    `Comparing the folder's names with ${shown} takes too long. Write it without repeats inside of repeats, as in (a+)+ or *a*a*a.`,
    cause === undefined ? {} : { cause },
  )
}
