/**
 * Foreseen's own template language: `${name}` and `$[name]` stand for an argument. No escapes, no spaces, no paths; a name
 * that nobody gave stays as it is written, and what is put in is not read again.
 */
import { type Arguments } from './content.ts'

/** No argument's name is longer, so a text of nothing but opened brackets costs no more than its length. */
const LONGEST_NAME = 256

export function renderForeseen(text: string, args: Arguments): string {
  let written = ''
  let from = 0
  for (;;) {
    const at = text.indexOf('$', from)
    if (at === -1) return written + text.slice(from)
    written += text.slice(from, at)
    const name = nameAt(text, at + 1)
    if (name !== null && Object.hasOwn(args, name)) {
      written += printed(args[name])
      from = at + name.length + 3
    } else {
      written += '$'
      from = at + 1
    }
  }
}

/** The names that a text asks for, in their order. */
export function foreseenNames(text: string): string[] {
  const names = new Set<string>()
  for (let at = text.indexOf('$'); at !== -1; at = text.indexOf('$', at + 1)) {
    const name = nameAt(text, at + 1)
    if (name !== null) names.add(name)
  }
  return [...names]
}

function nameAt(text: string, bracket: number): string | null {
  const closing = text[bracket] === '{' ? '}' : text[bracket] === '[' ? ']' : null
  if (closing === null) return null
  const near = text.slice(bracket + 1, bracket + 2 + LONGEST_NAME)
  const end = near.indexOf(closing)
  return end === -1 ? null : near.slice(0, end)
}

/** A value as a person would write it: whole numbers in digits, nothing for null, lists and objects as JSON. */
export function printed(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
      return digitsOf(value)
    case 'boolean':
    case 'bigint':
      return String(value)
    case 'object':
      return value === null ? '' : JSON.stringify(value)
    default:
      return ''
  }
}

function digitsOf(value: number): string {
  if (Number.isInteger(value)) return BigInt(value).toString()
  const shortest = String(value)
  const small = /^(-?)(\d)(?:\.(\d+))?e-(\d+)$/.exec(shortest)
  if (small === null) return shortest
  const [, sign = '', first = '', more = '', power = '0'] = small
  return `${sign}0.${'0'.repeat(Number(power) - 1)}${first}${more}`
}
