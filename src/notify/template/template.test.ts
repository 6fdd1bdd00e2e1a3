import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkArguments, checkArgumentSchema } from './arguments.ts'
import { mergeArguments, pickContent } from './content.ts'
import { foreseenNames } from './foreseen.ts'
import { compileTemplate, renderTemplate, syntaxOf } from './template.ts'

const foreseen = (text: string, args: Record<string, unknown>) =>
  renderTemplate({ text }, args, { syntax: 'foreseen' }).text

describe("Foreseen's templates", () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['Hello ${name}', { name: 'Ada' }, 'Hello Ada'],
    ['Hello $[name]', { name: 'Ada' }, 'Hello Ada'],
    ['${a}$[a]${a}', { a: 'A' }, 'AAA'],
    ['${ a }', { a: 'A' }, '${ a }'],
    ['${b.c}', { 'b.c': 'literal', b: { c: 'nested' } }, 'literal'],
    ['${unknown} ${a}', { a: 'A' }, '${unknown} A'],
    ['${unknown}', {}, '${unknown}'],
    ['$[a} ${a]', { a: 'A' }, '$[a} ${a]'],
    ['$x{a} $ {a}', { a: 'A' }, '$x{a} $ {a}'],
    ['$${a} 5$', { a: 'A' }, '$A 5$'],
    ['${x ${a}', { a: 'A' }, '${x A'],
    ['$界{a} ${名}', { a: 'A', 名: '字' }, '$界{a} 字'],
    ['${a}', { a: '${b}', b: 'B' }, '${b}'],
    ['${}', { '': 'empty' }, 'empty'],
    ['${toString} ${__proto__}', { a: 1 }, '${toString} ${__proto__}'],
    ['${n}', { n: 12_345_678 }, '12345678'],
    ['${n}', { n: 1e21 }, '1000000000000000000000'],
    ['${n} ${m} ${k}', { n: 0.000_012_5, m: -1.5, k: -2e-7 }, '0.0000125 -1.5 -0.0000002'],
    ['${t}${f}|${z}|', { t: true, f: false, z: null }, 'truefalse||'],
    ['${list} ${object}', { list: [1, 'a'], object: { k: 1 } }, '[1,"a"] {"k":1}'],
  ])('%j with %j reads %j', (text, args, expected) => {
    expect(foreseen(text, args)).toBe(expected)
  })

  test('take the defaults where nothing was given', () => {
    expect(foreseen('${a} ${b}', { ...mergeArguments({ a: 1, b: 2 }, { b: 3 }) })).toBe('1 3')
    expect(foreseenNames('${a} $[b] ${a} $[c}')).toEqual(['a', 'b'])
  })

  test('stay as they are without arguments, and take no longer for being made of brackets', () => {
    fc.assert(
      fc.property(fc.string(), (text) => foreseen(text, {}) === text),
      { seed: 6 },
    )
    expect(foreseen('${'.repeat(100_000), { a: 1 })).toHaveLength(200_000)
  })
})

describe('Liquid templates', () => {
  const liquid = (text: string, args: Record<string, unknown> = {}, strict = false) =>
    renderTemplate({ text }, args, { syntax: 'liquid', strict }).text

  test('have conditions, loops, filters and paths', () => {
    const text =
      '{% for run in runs %}{{ run.name | upcase }}{% unless forloop.last %}, {% endunless %}{% endfor %}'
    expect(liquid(text, { runs: [{ name: 'a' }, { name: 'b' }] })).toBe('A, B')
    expect(liquid('{{ n }} {{ none }}{{ list }}', { n: 1e7, list: [1] })).toBe('10000000 [1]')
    expect(liquid('{{ at | date: "%Y-%m-%d %H:%M" }}', { at: '2026-03-01T23:30:00Z' })).toBe(
      '2026-03-01 23:30',
    )
    expect(
      renderTemplate(
        { text: '{{ at | date: "%H:%M" }}' },
        { at: '2026-03-01T23:30:00Z' },
        { zone: 'Asia/Shanghai' },
      ).text,
    ).toBe('07:30')
  })

  test('name the line and the column of what is wrong', () => {
    expect(() => liquid('one\ntwo {% if %}')).toThrow(/text, line 2, column 10: /)
    expect(() => liquid('{{ a | shout }}')).toThrow(/line 1, column \d+: undefined filter: shout/)
    expect(() => liquid('x\n{{ order.nr }}', { order: {} }, true)).toThrow(
      /line 2, column \d+, asks for "order\.nr"/,
    )
  })

  test('read no other templates, no files, and nothing that a value merely inherits', () => {
    for (const tag of ['include "a"', 'render "../package.json"', 'layout "a"', 'block "a"'])
      expect(() => liquid(`{% ${tag} %}`)).toThrow(/tag "\w+" not found/)
    expect(liquid('{{ a.constructor }}{{ a.__proto__ }}{{ s.constructor.name }}', { a: {}, s: 'x' })).toBe('')
  })

  test('end within their limits of length, memory and time', () => {
    expect(() => liquid('{% for i in (1..100000000) %}x{% endfor %}')).toThrow(/memory alloc limit/)
    expect(() => liquid('x'.repeat(70_000))).toThrow(/parse length limit/)
    const long = { list: Array.from({ length: 2000 }), word: 'x'.repeat(500) }
    expect(() => liquid('{% for i in list %}{{ word }}{% endfor %}', long)).toThrow(/more than 262144/)
    const began = performance.now()
    const loops = '{% for i in list %}{% for j in list %}{% assign a = j %}{% endfor %}{% endfor %}'
    expect(() => liquid(loops, long)).toThrow(/limit/)
    expect(performance.now() - began).toBeLessThan(5_000)
  })

  test('put values in as text where the text is Markdown', () => {
    const made = (text: string, name: string) =>
      renderTemplate({ text }, { name }, { escape: 'markdown' }).text
    expect(made('# {{ name }}', '[x](http://evil) @all')).toBe('# \\[x\\]\\(<http://evil>\\) \\@all')
    expect(made('# {{ name | raw }}', '*x*')).toBe('# *x*')
  })
})

test('a template is Liquid where it writes {{ or {%, else Foreseen’s', () => {
  expect(syntaxOf({ text: 'Hello ${name}' })).toBe('foreseen')
  expect(syntaxOf({ title: '{{ name }}', text: 'Hello' })).toBe('liquid')
  expect(syntaxOf({ text: '{% if a %}a{% endif %}' })).toBe('liquid')
})

test('a title is one line, whatever is put into it', () => {
  const render = compileTemplate({ title: 'Run ${name}', text: 'x' })
  expect(render({ name: 'a\r\nBcc: all@example.com' }).title).toBe('Run a Bcc: all@example.com')
  expect(render({ name: '界'.repeat(2_000) }).title).toHaveLength(1_000)
})

test('a message that gets too long is refused', () => {
  expect(() => renderTemplate({ text: '${a}${a}' }, { a: 'x'.repeat(200_000) })).toThrow(/400000 characters/)
})

describe('the content in a language', () => {
  const contents = Object.fromEntries(
    ['en', 'zh-CN', 'zh-Hant', 'pt-BR'].map((language) => [language, { text: language }]),
  )
  test.each<[string[], string | undefined]>([
    [['zh-CN'], 'zh-CN'],
    [['zh'], 'zh-CN'],
    [['zh-SG', 'en'], 'zh-CN'],
    [['zh-TW'], 'zh-Hant'],
    [['zh-HK', 'en'], 'zh-Hant'],
    [['en-GB'], 'en'],
    [['EN-us'], 'en'],
    [['fr', 'pt'], 'pt-BR'],
    [['fr'], 'pt-BR'],
    [['not a language'], 'pt-BR'],
    [[], 'pt-BR'],
  ])('for %j is %s', (languages, expected) => {
    expect(pickContent(contents, languages, 'pt-BR')?.language).toBe(expected)
  })

  test('is the first where the template says nothing of its own, and none of none', () => {
    expect(pickContent(contents, ['fr'])?.content).toEqual({ text: 'en' })
    expect(pickContent({}, ['fr'])).toBeNull()
  })
})

describe('the schema of arguments', () => {
  const schema = {
    type: 'object',
    required: ['id'],
    properties: {
      id: { type: 'integer' },
      lines: { type: 'array', items: { type: 'object', required: ['price'] } },
    },
    additionalProperties: false,
  }

  test('says of each argument what is wrong with it', () => {
    expect(checkArguments(schema, { id: 7, lines: [{ price: 1 }] })).toEqual([])
    const paths = checkArguments(schema, { id: '7', lines: [{}] }).map(({ path }) => path)
    expect(paths).toEqual(expect.arrayContaining(['id', 'lines.0']))
    expect(checkArguments(schema, {})[0]?.message).toMatch(/id/)
  })

  test('is a part of JSON Schema that cannot take long', () => {
    expect(checkArgumentSchema(schema)).toEqual([])
    expect(checkArgumentSchema([])).toHaveLength(1)
    const wrong = { a: { type: 'string', pattern: '(a+)+$' }, b: { $ref: '#' }, c: { type: 'date' }, d: 1 }
    expect(checkArgumentSchema({ type: 'object', properties: wrong }).map(({ path }) => path)).toEqual([
      'a',
      'b',
      'c',
      'd',
    ])
    let deep: object = { type: 'object' }
    for (let level = 0; level < 10; level++) deep = { type: 'object', properties: { x: deep } }
    expect(checkArgumentSchema(deep)[0]?.message).toMatch(/deeper than 6/)
  })
})
