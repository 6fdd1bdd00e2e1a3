/** How each channel that takes lines of text writes what a document has. What it cannot show, it shows as text. */
import {
  APART,
  backslashed,
  escapedHtml,
  inBackticks,
  inFences,
  quoted,
  setApart,
  withoutCalls,
} from './literal.ts'
import { type Dialect } from './write.ts'

/** No marks, no escapes: for text messages, mails' plain halves, and all that shows text as it is. */
export const plain: Dialect = {
  text: (text) => text,
  code: (text) => text,
  marks: {},
  gap: () => '',
  link: (label, href, isBare) => (isBare ? label : `${label} (${href})`),
  heading: (title) => title,
  fence: (text) => text.replace(/\n+$/, ''),
  quote: (lines) => quoted(lines),
  bullet: '- ',
  indent: '  ',
  rule: '---',
  lineBreak: '\n',
  table: 'fence',
}

/** CommonMark's flanking rules: a stop inside and a letter outside, or two marks side by side, hide a mark. */
function commonGap(inside: string, outside: string): string {
  if (/[*_~]/.test(outside)) return APART
  return /[\p{P}\p{S}]/u.test(inside) && /[\p{L}\p{N}]/u.test(outside) ? '\u200a' : ''
}

/** What the dialects of Markdown have in common. */
const markdown: Dialect = {
  text: backslashed,
  code: (text) => inBackticks(text),
  marks: { strong: ['**', '**'], emphasis: ['*', '*'], strike: ['~~', '~~'] },
  gap: commonGap,
  link: (label, href) => `[${label}](${href})`,
  heading: (title, depth) => `${'#'.repeat(depth)} ${title}`,
  fence: inFences,
  quote: (lines) => quoted(lines),
  bullet: '- ',
  indent: '  ',
  rule: '---',
  lineBreak: '\n',
  table: 'lines',
}

/** A line break is two blanks, as in CommonMark. */
export const ntfy: Dialect = { ...markdown, indent: '   ', lineBreak: '  \n' }

export const discord: Dialect = {
  ...markdown,
  // A link whose text is an address is not made a link.
  link: (label, href, isBare) =>
    isBare && !href.startsWith('mailto:') ? `<${href}>` : `[${label}](${href})`,
  heading: (title, depth) => (depth <= 3 ? `${'#'.repeat(depth)} ${title}` : `**${title}**`),
  quote: (lines, isNested) => quoted(lines, isNested ? '\\> ' : '> '),
  rule: '──────────',
  table: 'fence',
}

/** Of Markdown, headings, bold, italic, links, quotes and lists; no code. */
export const dingTalk: Dialect = {
  ...markdown,
  text: (text, atLineStart) => dingTalkText(text, atLineStart),
  code: (text) => dingTalkText(text, false),
  marks: { strong: ['**', '**'], emphasis: ['*', '*'] },
  fence: (text) =>
    text
      .replace(/\n+$/, '')
      .split('\n')
      .map((line) => dingTalkText(line, true))
      .join('  \n'),
  lineBreak: '  \n',
}

/** Its HTML (fonts) is escaped as HTML. */
const dingTalkText = (text: string, atLineStart: boolean): string =>
  backslashed(text, atLineStart).replace(/\\([<>&])/g, (_, sign: string) => escapedHtml(sign))

/** The dialect of cards: any sign can be written as its number. */
export const larkCard: Dialect = {
  ...markdown,
  text: (text, atLineStart) => {
    const numbered = text.replace(/[&<>*~_[\]()#`\\!|$]/g, (sign) => `&#${sign.charCodeAt(0)};`)
    return atLineStart ? numbered.replace(/^(\s*)([+-]|\d{1,9}(?=\.))/, `$1${APART}$2`) : numbered
  },
  code: (text) => inBackticks(text.replaceAll('<', `<${APART}`)),
  fence: (text, language) => inFences(text.replaceAll('<', `<${APART}`), language),
  heading: (title) => `**${title}**`,
}

/** Text messages of Lark: no marks, but its own tags (`<at>`), which may not come from outside. */
export const larkText: Dialect = {
  ...plain,
  text: (text) => larkPlain(text),
  code: (text) => larkPlain(text),
  fence: (text) => larkPlain(text.replace(/\n+$/, '')),
}

const larkPlain = (text: string): string =>
  text.replace(/<(?![\s\d])|\](?=\(|$)/g, `$&${APART}`).replace(/\*(?=\*)/g, `*${APART}`)

/** Slack's mrkdwn: single marks, no headings, no escapes but those of `&`, `<` and `>`. */
export const slack: Dialect = {
  ...markdown,
  text: (text, atLineStart) => slackText(setApart(text, atLineStart)),
  code: (text) => slackText(inBackticks(text)),
  marks: { strong: ['*', '*'], emphasis: ['_', '_'], strike: ['~', '~'] },
  // Marks are seen at the edge of words only.
  gap: (_, outside) => (/[\p{L}\p{N}*_~]/u.test(outside) ? APART : ''),
  link: (label, href, isBare) => (isBare ? `<${slackText(href)}>` : `<${slackText(href)}|${label}>`),
  heading: (title) => `*${title}*`,
  fence: (text) => inFences(slackText(text)),
  bullet: '• ',
  indent: '    ',
  rule: '──────────',
  table: 'fence',
}

/** In Slack's own order; quotes need nothing. */
const slackText = (text: string): string =>
  text.replace(/[&<>]/g, (sign) => (sign === '&' ? '&amp;' : sign === '<' ? '&lt;' : '&gt;'))

/** Telegram's HTML: a dozen tags, code without other marks in it, quotes that hold no quotes. */
export const telegram: Dialect = {
  ...plain,
  text: (text) => escapedHtml(withoutCalls(text)),
  code: (text) => `<code>${escapedHtml(text)}</code>`,
  marks: { strong: ['<b>', '</b>'], emphasis: ['<i>', '</i>'], strike: ['<s>', '</s>'] },
  link: (label, href) => `<a href="${escapedHtml(href)}">${label}</a>`,
  heading: (title) => `<b>${title}</b>`,
  fence: (text, language) => {
    const code = escapedHtml(text.replace(/\n+$/, ''))
    return language === ''
      ? `<pre>${code}</pre>`
      : `<pre><code class="language-${language}">${code}</code></pre>`
  },
  quote: (lines, isNested) => (isNested ? quoted(lines, '&gt; ') : `<blockquote>${lines}</blockquote>`),
  bullet: '• ',
  rule: '──────────',
}

/** WeCom's first Markdown: headings, bold, links, code within a line, quotes. */
export const wecom: Dialect = {
  ...markdown,
  text: setApart,
  code: (text) => inBackticks(text.replaceAll('<', `<${APART}`)),
  marks: { strong: ['**', '**'] },
  fence: (text) =>
    text
      .replace(/\n+$/, '')
      .split('\n')
      .map((line) => inBackticks(line.replaceAll('<', `<${APART}`)))
      .join('\n'),
  bullet: '• ',
  rule: '──────────',
}

/** The second: italics, lists, blocks of code and tables too, but no calls and no colours. */
export const wecomV2: Dialect = {
  ...markdown,
  text: (text, atLineStart) => setApart(text, atLineStart).replaceAll('|', '｜'),
  code: (text) => inBackticks(text.replaceAll('<', `<${APART}`).replaceAll('|', '｜')),
  marks: { strong: ['**', '**'], emphasis: ['*', '*'] },
  fence: (text, language) => inFences(text.replaceAll('<', `<${APART}`), language),
  table: 'pipes',
}
