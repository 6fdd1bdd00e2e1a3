import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Document } from './document.ts'
import { escapeMarkdown } from './escape.ts'
import { linkOf } from './link.ts'
import {
  toDingTalk,
  toDiscord,
  toLarkCard,
  toLarkText,
  toMailHtml,
  toMatrix,
  toNtfy,
  toPlain,
  toSlack,
  toTeams,
  toTelegramHtml,
  toWecomMarkdown,
  toWecomV2,
} from './markdown.ts'
import { readMarkdown } from './read.ts'

const SOURCE = `# Run *7* failed

See **the** [log](https://hub.example/r?a=1&b=2), \`a < b\`, ~~old~~ 5 * 3 &amp; <b>
or <https://x.example>

- one
- [x] two
  - **nested**

3. three

> quoted

\`\`\`sql
a < 1
\`\`\`

| Name | 数量 |
|---|---|
| 中文 | **2** |

---`

/** Zero-width spaces are shown as ¦ here. */
const shown = (text: string) => text.replaceAll('\u200b', '¦').split('\n')

test('plain text keeps lists, quotes and tables readable, and says where links lead', () => {
  expect(shown(toPlain(SOURCE))).toEqual([
    'Run 7 failed',
    '',
    'See the log (https://hub.example/r?a=1&b=2), a < b, old 5 * 3 & <b>',
    'or https://x.example',
    '',
    '- one',
    '- ☑ two',
    '  - nested',
    '',
    '3. three',
    '',
    '> quoted',
    '',
    'a < 1',
    '',
    'Name  数量',
    '----  ----',
    '中文  2',
    '',
    '---',
  ])
})

const first = (write: (source: string) => string) => shown(write(SOURCE)).slice(0, 8)
const last = (write: (source: string) => string) => shown(write(SOURCE)).slice(12)

describe('one Markdown is', () => {
  test("Slack's mrkdwn", () => {
    expect(first(toSlack)).toEqual([
      '*Run _7_ failed*',
      '',
      'See *the* <https://hub.example/r?a=1&amp;b=2|log>, `a &lt; b`, ~old~ 5 * 3 &amp; &lt;¦b&gt;',
      'or <https://x.example>',
      '',
      '• one',
      '• ☑ two',
      '    • *nested*',
    ])
    expect(last(toSlack).slice(0, 9)).toEqual([
      '',
      '```',
      'a &lt; 1',
      '```',
      '',
      '```',
      'Name  数量',
      '----  ----',
      '中文  2',
    ])
  })

  test("Telegram's HTML", () => {
    expect(first(toTelegramHtml)).toEqual([
      '<b>Run <i>7</i> failed</b>',
      '',
      'See <b>the</b> <a href="https://hub.example/r?a=1&amp;b=2">log</a>, <code>a &lt; b</code>, <s>old</s> 5 * 3 &amp; &lt;b&gt;',
      'or <a href="https://x.example">https://x.example</a>',
      '',
      '• one',
      '• ☑ two',
      '  • <b>nested</b>',
    ])
    expect(last(toTelegramHtml).slice(1, 2)).toEqual([
      '<pre><code class="language-sql">a &lt; 1</code></pre>',
    ])
    expect(toTelegramHtml('> a\n>> b')).toBe('<blockquote>a\n\n&gt; b</blockquote>')
  })

  test("Lark's cards and texts", () => {
    expect(first(toLarkCard).slice(0, 3)).toEqual([
      '**Run *7* failed**',
      '',
      'See **the** [log](https://hub.example/r?a=1&b=2), `a <¦ b`, ~~old~~ 5 &#42; 3 &#38; &#60;b&#62;',
    ])
    expect(last(toLarkCard)).toEqual([
      '',
      '```sql',
      'a <¦ 1',
      '```',
      '',
      'Name: 中文 · 数量: **2**',
      '',
      '---',
    ])
    expect(first(toLarkText)[2]).toBe('See the log (https://hub.example/r?a=1&b=2), a < b, old 5 * 3 & <¦b>')
  })

  test("DingTalk's Markdown, a line break made of two blanks", () => {
    expect(first(toDingTalk).slice(0, 4)).toEqual([
      '# Run *7* failed',
      '',
      'See **the** [log](https://hub.example/r?a=1&b=2), a &lt; b, old 5 \\* 3 & &lt;b&gt;  ',
      'or [https://x.example](https://x.example)',
    ])
    expect(last(toDingTalk)).toEqual(['', 'a &lt; 1', '', 'Name: 中文 · 数量: **2**', '', '---'])
  })

  test("WeCom's two", () => {
    expect(first(toWecomMarkdown).slice(0, 3)).toEqual([
      '# Run 7 failed',
      '',
      'See **the** [log](https://hub.example/r?a=1&b=2), `a <¦ b`, old 5 * 3 & <¦b>',
    ])
    expect(last(toWecomMarkdown)).toEqual(['', '`a <¦ 1`', '', 'Name: 中文 · 数量: **2**', '', '──────────'])
    expect(last(toWecomV2).slice(5)).toEqual([
      '| Name | 数量 |',
      '| --- | --- |',
      '| 中文 | **2** |',
      '',
      '---',
    ])
    expect(toWecomV2('|a|\n|-|\n|1 \\| 2|')).toBe('| a |\n| --- |\n| 1 ｜ 2 |')
  })

  test("Discord's and ntfy's Markdown", () => {
    expect(first(toDiscord).slice(0, 4)).toEqual([
      '# Run *7* failed',
      '',
      'See **the** [log](https://hub.example/r?a=1&b=2), `a < b`, ~~old~~ 5 \\* 3 & \\<b\\>',
      'or <https://x.example>',
    ])
    expect(first(toNtfy).slice(2, 4)).toEqual([
      'See **the** [log](https://hub.example/r?a=1&b=2), `a < b`, ~~old~~ 5 \\* 3 & \\<b\\>  ',
      'or [https://x.example](https://x.example)',
    ])
  })

  test('HTML for mails and Matrix, with a plain half', () => {
    const mail = toMailHtml(SOURCE)
    expect(mail.text).toBe(toPlain(SOURCE))
    expect(mail.html).toContain('<h1>Run <em>7</em> failed</h1>')
    expect(mail.html).toContain(
      '<a href="https://hub.example/r?a=1&amp;b=2" rel="noopener noreferrer">log</a>',
    )
    expect(mail.html).toContain('5 * 3 &amp; &lt;b&gt;<br>')
    expect(toMatrix('- [ ] a\n  - b').html).toBe('<ul><li>☐ a\n<ul><li>b</li></ul></li></ul>')
    expect(toMatrix('@room').text).toBe('@\u200broom')
  })

  test('an Adaptive Card of rich text, in which no text is read as Markdown', () => {
    expect(toTeams('# Hi\n\n**a** [b](https://x.example)\n\n- *c*\n\n```\nd\n```')).toEqual([
      { type: 'RichTextBlock', inlines: [{ type: 'TextRun', text: 'Hi', weight: 'Bolder', size: 'Large' }] },
      {
        type: 'RichTextBlock',
        inlines: [
          { type: 'TextRun', text: 'a', weight: 'Bolder' },
          { type: 'TextRun', text: ' ' },
          { type: 'TextRun', text: 'b', selectAction: { type: 'Action.OpenUrl', url: 'https://x.example' } },
        ],
      },
      {
        type: 'RichTextBlock',
        inlines: [
          { type: 'TextRun', text: '• ' },
          { type: 'TextRun', text: 'c', italic: true },
        ],
      },
      { type: 'RichTextBlock', inlines: [{ type: 'TextRun', text: 'd', fontType: 'Monospace' }] },
    ])
  })
})

test('bold Chinese text is bold beside a stop, as its writers expect', () => {
  expect(toTelegramHtml('**注意：**请看')).toBe('<b>注意：</b>请看')
  expect(toTelegramHtml('请看**“这里”**吧')).toBe('请看<b>“这里”</b>吧')
  expect(toTelegramHtml('2 ** 3 and 4**5')).toBe('2 ** 3 and 4**5')
  expect(toNtfy('**注意：**请看')).toBe('**注意：**\u200a请看')
})

test.each<[string, string | null]>([
  ['https://a.example/x?y=1#z', 'https://a.example/x?y=1#z'],
  ['mailto:a@b.example', 'mailto:a@b.example'],
  ['https://a.example/(x)|<y> "z"', 'https://a.example/%28x%29%7C%3Cy%3E%20%22z%22'],
  ['https://例子.example/路', 'https://xn--fsqu00a.example/%E8%B7%AF'],
  ['javascript:alert(1)', null],
  [' JaVaScript:alert(1)', null],
  ['data:text/html,x', null],
  ['//evil.example', null],
  ['/relative', null],
  ['https:evil', null],
  [`https://a.example/${'x'.repeat(3_000)}`, null],
])('a link to %j leads to %j', (address, expected) => {
  expect(linkOf(address)).toBe(expected)
})

test('what the lexer would think about for long is plain text', () => {
  const began = performance.now()
  const hard = [
    '_a*'.repeat(20_000),
    `a${' '.repeat(60_000)}b`,
    '>'.repeat(3_000),
    '['.repeat(60_000),
    '- '.repeat(2_000),
  ]
  for (const text of hard) expect(toPlain(text).length).toBeGreaterThan(0)
  expect(performance.now() - began).toBeLessThan(5_000)
  expect(readMarkdown('**x**'.repeat(20_000))).toHaveLength(1)
})

describe('a text that came from outside', () => {
  const PIECES =
    '@everyone|@all|@here|<!channel>|<@U123>|<@&1>|<at id=all></at>|<at user_id="all">|[x](http://evil.example)|](http://evil.example)|[x](javascript:alert(1))|<javascript:alert(1)>|<https://evil.example¦x>|**|*|_|__|`|```|~~|~|# |> |- |+ |1. |1) |¦|&lt;|&#64;all|&amp;|\\|<b>|</b>|<a href="javascript:x">|<font color="warning">|word|字|注意：|<script>|$x$|"|\'|www.evil.example|a@b.example|!|(|)|[|]|{|}|===|---|    '
      .split('|')
      .map((piece) => piece.replaceAll('¦', '|'))
      .concat(['\n', '\n\n', ' ', '\t', '\r\n'])
  const hostile = fc
    .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 6 })), { maxLength: 16 })
    .map((pieces) => pieces.join(''))
  const TAGS =
    /^<\/?(?:b|i|s|code|pre|blockquote|p|h[1-6]|ul|ol|li|table|thead|tbody|tr|th|td|br|hr|em|strong|del|a)(?: [a-z]+="[^"<>]*")*>$/

  /** Every `<` begins a tag that we write, and every tag ends in its order. */
  function expectHtml(html: string): void {
    const open: string[] = []
    for (const tag of html.match(/<[^>]*>?/g) ?? []) {
      expect(tag).toMatch(TAGS)
      const href = /href="([^"]*)"/.exec(tag)
      if (href !== null) expect(href[1]).toMatch(/^(?:https?:\/\/|mailto:)/)
      const name = /^<\/?([a-z0-9]+)/.exec(tag)?.[1] ?? ''
      if (tag.startsWith('</')) expect(open.pop()).toBe(name)
      else if (name !== 'br' && name !== 'hr') open.push(name)
    }
    expect(open).toEqual([])
  }

  const CALL = /@(?=everyone|all|here|channel|room)/
  const FOREIGN_LINK = /(?<!\\)\]\((?!https?:\/\/|mailto:)/

  test('calls nobody and leads nowhere but to the web and mailboxes, even where it is read as Markdown', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const source = `**Hello** ${text} end`
        for (const write of [toSlack, toDiscord, toDingTalk, toWecomMarkdown, toWecomV2, toTelegramHtml]) {
          // What stands in code is shown as it is by all of them.
          expect(
            write(source).replace(
              /```[^]*?```|`[^`\n]*`|<code>[^]*?<\/code>|<pre>[^]*?<\/pre>|mailto:[^\s|>)"]*/g,
              '',
            ),
          ).not.toMatch(CALL)
        }
        for (const write of [toDiscord, toDingTalk, toWecomMarkdown, toWecomV2, toNtfy, toLarkCard])
          expect(write(source)).not.toMatch(FOREIGN_LINK)
        for (const tag of toSlack(source).match(/<[^>]*>?/g) ?? [])
          expect(tag).toMatch(/^<(?:https?:\/\/|mailto:)[^<>|]*(?:\|[^<>]*)?>$/)
        for (const write of [toLarkCard, toLarkText, toWecomMarkdown, toWecomV2, toDingTalk])
          expect(write(source)).not.toMatch(/<[a-z@!/&]/i)
        expect(toDiscord(source).replace(/```[^]*?```|`[^`\n]*`/g, '')).not.toMatch(/(?<!\\)<(?!https?:\/\/)/)
        expectHtml(toTelegramHtml(source))
        expectHtml(toMatrix(source).html)
        expectHtml(toMailHtml(source).html)
        expect(JSON.stringify(toTeams(source))).not.toMatch(/"url":"(?!https?:|mailto:)/)
      }),
      { seed: 9, numRuns: 1_500 },
    )
  })

  const squeezed = (text: string) =>
    text
      .replace(/[\u200b\u200a]/g, '')
      .replace(/\s+/g, ' ')
      .trim()

  test('is just that text where it is put in as a value', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const source = escapeMarkdown(text)
        const kinds = readMarkdown(source).map(({ kind }) => kind)
        expect(new Set([...kinds, 'paragraph'])).toEqual(new Set(['paragraph']))
        const runs = readMarkdown(source).flatMap((block) => ('runs' in block ? block.runs : []))
        for (const { href, text: said, ...look } of runs) {
          expect(look).toEqual({})
          if (href !== undefined) expect(said).toBe(href)
        }
        // Control characters are taken out.
        const expected = text.replace(
          /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029]/g,
          '',
        )
        expect(squeezed(toPlain(source))).toBe(squeezed(expected.replace(/\r/g, '\n')))
      }),
      { seed: 10, numRuns: 1_500 },
    )
  })

  test("reads the same when ntfy's Markdown is read again", () => {
    const anyDocument = hostile.map((text) => readMarkdown(escapeMarkdown(text)))
    fc.assert(
      fc.property(anyDocument, (document: Document) => {
        expect(squeezed(toPlain(toNtfy(document)))).toBe(squeezed(toPlain(document)))
      }),
      { seed: 11, numRuns: 1_500 },
    )
  })
})
