/**
 * How one column's values reach a column of another type: exactly, or not at all.
 *
 * PostgreSQL's input functions refuse most of what does not fit, but some of them alter it in silence:
 * `numeric(10,2)` rounds, `timestamp(0)` too, `date` forgets the time of day, `timestamp` the zone, and a
 * cast to `varchar(3)` cuts. For these the SELECT proves each value first, and raises an error that names the
 * column and the value.
 */
import { Fault } from '#fault'

import type { ColumnInfo } from '../../store/postgres/catalog.ts'
import { PROOF_MARK } from '../../store/postgres/fault.ts'
import { quoteName, quoteValue } from '../../store/postgres/quote.ts'

/** What of a column decides how it is carried. */
export type CarriedType = Pick<ColumnInfo, 'type' | 'typtype' | 'baseType' | 'binary' | 'category'>

export interface Carry {
  /** What the source selects. */
  expression: string
  /** Whether the value may travel in binary form: both sides have the very same built-in type. */
  binary: boolean
  note?: string
}

/** Throws a Fault that names the column when no value of the one type can be trusted to mean the same in the other. */
export function carryColumn(name: string, expression: string, from: CarriedType, to: CarriedType): Carry {
  if (from.type === to.type) return { expression, binary: from.binary && to.binary }
  const rule = ruleFor(expression, parseType(from.baseType), parseType(to.baseType), from, to)
  switch (rule.how) {
    case 'text':
      return {
        expression: rule.expression ?? expression,
        binary: false,
        ...(rule.note === undefined ? {} : { note: rule.note }),
      }
    case 'proven': {
      const message = `${quoteValue(`${PROOF_MARK}column "${name}" cannot become ${to.type} without loss: `)} || (${expression})::text`
      // The cast to integer always fails and so says the message; the casts behind it only make the types agree.
      const raise = `(${message})::pg_catalog.int4::text::${to.baseType}`
      return {
        expression: `case when (${expression}) is null then null when ${rule.proof} then ${rule.value} else ${raise} end`,
        binary: to.binary && to.type === to.baseType,
        note: `each value is proven to fit ${to.type}`,
      }
    }
    case 'refused':
      throw new Fault(
        'invalid',
        'transfer.type_refused',
        `Column "${name}" is ${from.type} in the source and ${to.type} in the target, and ${rule.why}. ` +
          `Say what is meant by a cast of "${name}" in a column filter, or alter the target.`,
        { details: { column: name } },
      )
  }
}

type Rule =
  | { how: 'text'; expression?: string; note?: string }
  | { how: 'proven'; proof: string; value: string }
  | { how: 'refused'; why: string }

interface ParsedType {
  /** Without modifiers, and with `[]` for an array: `numeric`, `timestamp without time zone`, `text[]`. */
  base: string
  modifiers: number[]
}

/** Parts `timestamp(3) without time zone[]` into its base and its numbers. */
function parseType(type: string): ParsedType {
  const numbers = /\(([\d\s,-]+)\)/.exec(type)
  const modifiers = numbers?.[1]?.split(',').map(Number) ?? []
  return { base: type.replace(/\([\d\s,-]+\)/, ''), modifiers }
}

const INTEGERS = ['smallint', 'integer', 'bigint']
const FLOATS = ['real', 'double precision']
const NUMBERS = [...INTEGERS, ...FLOATS, 'numeric']
const TEXTS = ['text', 'character varying', 'character', 'name']
const TIMES = [
  'timestamp without time zone',
  'timestamp with time zone',
  'time without time zone',
  'time with time zone',
  'date',
]

function ruleFor(
  x: string,
  from: ParsedType,
  to: ParsedType,
  source: CarriedType,
  target: CarriedType,
): Rule {
  const type = target.baseType
  // A domain over the very type: its constraints are checked by the target.
  if (source.baseType === type) return { how: 'text' }
  if (from.base === to.base) return sameBase(x, from, to, type)
  if (TEXTS.includes(to.base)) return intoText(x, from, to, source, type)
  if (NUMBERS.includes(from.base) && NUMBERS.includes(to.base)) return betweenNumbers(x, from, to, type)
  if (TIMES.includes(from.base) && TIMES.includes(to.base)) return betweenTimes(x, from, to, type)
  if (TEXTS.includes(from.base)) return outOfText(x, to, type)
  if (from.base === 'json' && to.base === 'jsonb') {
    return { how: 'text', note: 'jsonb keeps the document, not its spaces, order and repeated keys' }
  }
  // An enum, a composite or an extension's type has an input function of its own, which is the check.
  if (!target.binary) return { how: 'text' }
  return {
    how: 'proven',
    proof: `(${x})::text::${type}::text = (${x})::text`,
    value: `(${x})::text::${type}`,
  }
}

/** Same base, other modifiers. */
function sameBase(x: string, from: ParsedType, to: ParsedType, type: string): Rule {
  if (to.modifiers.length === 0) return { how: 'text' }
  const [fromFirst, fromScale = 0] = from.modifiers
  const [toFirst = 0, toScale = 0] = to.modifiers
  const isNumeric = to.base.startsWith('numeric')
  const widens =
    fromFirst !== undefined &&
    (isNumeric
      ? toScale >= fromScale && toFirst - toScale >= fromFirst - fromScale
      : toFirst >= fromFirst && !to.base.startsWith('bit['))
  if (widens && to.base !== 'bit') return { how: 'text' }
  // Numbers and blank-padded text are the same value in other digits or spaces; all else must be the same text.
  const byValue = isNumeric || to.base.startsWith('character[') || to.base === 'character'
  const form = byValue ? '' : '::text'
  return { how: 'proven', proof: `(${x})::${type}${form} = (${x})${form}`, value: `(${x})::${type}` }
}

function intoText(x: string, from: ParsedType, to: ParsedType, source: CarriedType, type: string): Rule {
  // COPY writes booleans as t and f, and a cast as true and false, which is what people mean by their text.
  const text = source.category === 'B' ? `(${x})::text` : x
  const [limit] = to.modifiers
  const fits = limit === undefined || (TEXTS.includes(from.base) && (from.modifiers[0] ?? Infinity) <= limit)
  if (fits && to.base !== 'name') return { how: 'text', expression: text }
  const most =
    to.base === 'name' ? `octet_length((${x})::text) < 64` : `char_length((${x})::text) <= ${limit}`
  return { how: 'proven', proof: most, value: `(${x})::text::${type}` }
}

/** By way of numeric, which holds every number exactly; a float gets there by its text, the shortest that reads back. */
function betweenNumbers(x: string, from: ParsedType, to: ParsedType, type: string): Rule {
  const order = [...INTEGERS, 'numeric']
  const widens = INTEGERS.includes(from.base) && order.indexOf(to.base) > order.indexOf(from.base)
  if (widens && to.modifiers.length === 0) return { how: 'text' }
  const toUnboundNumeric = to.base === 'numeric' && to.modifiers.length === 0
  if (toUnboundNumeric || (from.base === 'real' && to.base === 'double precision')) return { how: 'text' }
  const exact = FLOATS.includes(from.base) ? `(${x})::text::numeric` : `(${x})::numeric`
  if (!FLOATS.includes(to.base))
    return { how: 'proven', proof: `${exact}::${type} = ${exact}`, value: `${exact}::${type}` }
  if (from.base === 'double precision') {
    return { how: 'proven', proof: `(${x})::real::text::double precision = (${x})`, value: `(${x})::real` }
  }
  return {
    how: 'proven',
    proof: `(${x})::text::${type}::text::numeric = ${exact}`,
    value: `(${x})::text::${type}`,
  }
}

function betweenTimes(x: string, from: ParsedType, to: ParsedType, type: string): Rule {
  if (from.base === 'date' && to.base === 'timestamp without time zone') return { how: 'text' }
  if (from.base === 'timestamp without time zone' && to.base === 'date') {
    return { how: 'proven', proof: `(${x})::date::timestamp = (${x})`, value: `(${x})::${type}` }
  }
  return { how: 'refused', why: 'the one does not say in which time zone the other is meant' }
}

/** The target's input function reads the text and refuses what it cannot read; only what it would cut is proven. */
function outOfText(x: string, to: ParsedType, type: string): Rule {
  const read = (as: string) => `(${x})::text::${as}`
  if (to.base === 'date')
    return { how: 'proven', proof: `${read('date')} = ${read('timestamp')}`, value: read(type) }
  if (to.base === 'timestamp without time zone') {
    return {
      how: 'proven',
      proof: `${read(type)} = ${read('timestamp')} and ${read('timestamptz')} at time zone 'UTC' = ${read('timestamp')}`,
      value: read(type),
    }
  }
  if (to.modifiers.length === 0) return { how: 'text' }
  return { how: 'proven', proof: `${read(type)} = ${read(to.base)}`, value: read(type) }
}

/**
 * How a text that PostgreSQL itself reads from a file is staged, so that its reading is proven before it counts:
 * in a type that holds all of it, and from there by the same rules as between two tables.
 */
export function stageText(column: ColumnInfo): { type: string; expression: string } {
  const { base, modifiers } = parseType(column.type)
  const bounded = modifiers.length > 0 && column.typtype === 'b'
  const asText =
    column.type === 'date' || base === 'timestamp without time zone' || (bounded && TEXTS.includes(base))
  const staged = asText
    ? 'text'
    : bounded && (base === 'numeric' || TIMES.includes(base))
      ? base
      : column.type
  const from = { ...column, type: staged, baseType: staged }
  return {
    type: staged,
    expression: carryColumn(column.name, quoteName(column.name), from, column).expression,
  }
}
