/**
 * A template with values put in.
 *
 * ```ts
 * renderTemplate({ text: 'Run ${id} failed' }, { id: 7 }, { syntax: 'foreseen' }) // { text: 'Run 7 failed' }
 * renderTemplate({ text: '{% if n > 1 %}{{ n }} runs{% endif %}' }, { n: 3 })      // { text: '3 runs' }
 * ```
 */
import { Fault } from '#fault'
import { escapeMarkdown } from '../markdown/escape.ts'
import { type Arguments, type Content, LONGEST_TEXT, LONGEST_TITLE } from './content.ts'
import { renderForeseen } from './foreseen.ts'
import { compileLiquid } from './liquid.ts'

export type Syntax = 'foreseen' | 'liquid'

export interface TemplateUse {
  /** Without it, as `syntaxOf` reads the text. */
  syntax?: Syntax | undefined
  /** Values of a Markdown text are put in as text: no value can make a link, a heading or a mention. Liquid only. */
  escape?: 'markdown' | undefined
  /** Liquid: an unknown name is a fault, and not nothing. */
  strict?: boolean | undefined
  /** Liquid: the zone of the `date` filter; else UTC. */
  zone?: string | undefined
}

/** A template that does not say its language is Liquid where it has `{{` or `{%`, else Foreseen's. */
export function syntaxOf(content: Content): Syntax {
  return [content.title ?? '', content.text].some((part) => /\{\{|\{%/.test(part)) ? 'liquid' : 'foreseen'
}

/** Puts the values in. @throws Fault for a template that cannot be read or gets too long. */
export function renderTemplate(content: Content, args: Arguments, use: TemplateUse = {}): Content {
  return compileTemplate(content, use)(args)
}

/** Reads a template once for many recipients. */
export function compileTemplate(content: Content, use: TemplateUse = {}): (args: Arguments) => Content {
  const syntax = use.syntax ?? syntaxOf(content)
  const compile = (text: string, part: string, escape?: (text: string) => string) =>
    syntax === 'liquid'
      ? compileLiquid(text, part, { escape, strict: use.strict, zone: use.zone })
      : (args: Arguments) => renderForeseen(text, args)
  // A title is plain text on every channel, so its values are never escaped.
  const title = content.title === undefined ? undefined : compile(content.title, 'title')
  const text = compile(content.text, 'text', use.escape === 'markdown' ? escapeMarkdown : undefined)
  return (args) => {
    const said = text(args)
    if (said.length > LONGEST_TEXT) throw tooLong(said.length)
    return title === undefined ? { text: said } : { title: oneLine(title(args)), text: said }
  }
}

/** A title goes into headers of mails, where a second line would be another header. */
function oneLine(title: string): string {
  // Control characters are what is meant.
  const line = title.replace(/[\s\u0000-\u001f\u007f\u2028\u2029]+/g, ' ').trim()
  return line.length > LONGEST_TITLE ? `${line.slice(0, LONGEST_TITLE - 1).toWellFormed()}…` : line
}

function tooLong(length: number): Fault {
  return new Fault(
    'too_large',
    'notify.text_too_long',
    `The message would have ${length} characters, and ${LONGEST_TEXT} are the most. Shorten the arguments, or send a link.`,
  )
}
