/**
 * Liquid for messages: conditions, loops and filters, within limits of length, time and memory. Templates are written by
 * people who may not read the hub's files and whose loops may not end, so there is neither `include` nor `render`.
 */
import { Context, Liquid, LiquidError, type Template, toValueSync } from 'liquidjs'
import { Fault, messageOf } from '#fault'
import { type Arguments, LONGEST_TEXT } from './content.ts'
import { printed } from './foreseen.ts'

/** Of the template's text. */
const PARSE_LIMIT = 65_536
/** A template that takes longer is not a message's; the hub waits for it, with everything else it does. */
const RENDER_LIMIT_MS = 100
const MEMORY_LIMIT = 1_000_000
/** They read other templates, of which there are none here. */
const TAGS_WITHOUT = ['include', 'render', 'layout', 'block', 'layoutBlock']
/** How Liquid begins to speak of a name that it does not know. */
const UNKNOWN = 'undefined variable: '

export interface LiquidUse {
  /** What is done to each value that is put in; `| raw` goes round it. */
  escape?: ((text: string) => string) | undefined
  /** An unknown name is a fault, and not nothing. */
  strict?: boolean | undefined
  /** For the `date` filter. */
  zone?: string | undefined
}

/** Reads a template once for many messages. @throws Fault that names the line and the column. */
export function compileLiquid(text: string, part: string, use: LiquidUse): (args: Arguments) => string {
  const engine = new Liquid({
    templates: {},
    strictFilters: true,
    ownPropertyOnly: true,
    outputEscape: (value: unknown) => (use.escape ?? same)(printed(value)),
    timezoneOffset: use.zone ?? 'UTC',
    locale: 'en-US',
    parseLimit: PARSE_LIMIT,
    renderLimit: RENDER_LIMIT_MS,
    memoryLimit: MEMORY_LIMIT,
  })
  for (const name of TAGS_WITHOUT) Reflect.deleteProperty(engine.tags, name)
  const parsed = told(part, () => engine.parse(text))
  return (args) => told(part, () => render(engine, parsed, args, use.strict ?? false))
}

function render(engine: Liquid, parsed: Template[], args: Arguments, strictVariables: boolean): string {
  const context = new Context({ ...args }, engine.options, { sync: true, strictVariables })
  const emitter = {
    buffer: '',
    write(value: unknown) {
      emitter.buffer += printed(value)
      if (emitter.buffer.length > LONGEST_TEXT) {
        throw new Error(`it writes more than ${LONGEST_TEXT} characters`)
      }
    },
  }
  toValueSync(engine.renderer.renderTemplates(parsed, context, emitter))
  return emitter.buffer
}

const same = (text: string) => text

function told<T>(part: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!LiquidError.is(error)) throw broken(part, messageOf(error), error)
    const [line, column] = positionOf(error)
    const cause = error.originalError ?? error
    // Liquid adds the place to its sentences; ours has it at the front already.
    const words = messageOf(cause).replace(/, (?:file:.*, )?line:\d+, col:\d+$/s, '')
    throw words.startsWith(UNKNOWN)
      ? missing(part, words.slice(UNKNOWN.length), line, column)
      : broken(part, words, error, line, column)
  }
}

function positionOf(error: LiquidError): number[] {
  const before = error.token.input.slice(0, error.token.begin)
  return [before.split('\n').length, before.length - before.lastIndexOf('\n')]
}

function broken(part: string, words: string, cause: unknown, line?: number, column?: number): Fault {
  const place = line === undefined ? '' : `, line ${line}, column ${column}`
  return new Fault(
    'invalid',
    'notify.template_broken',
    `The template's ${part}${place}: ${words}. Correct it there, and look at its preview.`,
    { details: { part, line: line ?? null, column: column ?? null }, cause },
  )
}

function missing(part: string, name: string, line?: number, column?: number): Fault {
  return new Fault(
    'invalid',
    'notify.argument_missing',
    `The template's ${part}, line ${line}, column ${column}, asks for "${name}", which nobody gave. Send it with the arguments, or give the template a default.`,
    { details: { part, name, line, column } },
  )
}
