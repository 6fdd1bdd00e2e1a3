/**
 * Writes the reference pages that are made of the source: `node --conditions=source scripts/reference.ts`.
 * A test fails when a page and the source differ.
 */
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { environmentNames, isSecret, type Limit, SETTINGS, type SettingName } from '#config'
import { commandsPage } from './reference/commands.ts'

/** Page name under docs/reference → its text. */
export async function referencePages(): Promise<Record<string, string>> {
  return { 'settings.md': settingsPage(), 'commands.md': await commandsPage() }
}

function settingsPage(): string {
  const names = Object.keys(SETTINGS).map((name) => name as SettingName) // the table's own keys
  const rows = names.map((name) => {
    const variables = environmentNames(name).map((variable) => `\`${variable}\``)
    const secret = isSecret(name) ? ' Secret.' : ''
    return `| \`${name}\` | ${variables.join(', ')} | ${defaultText(name)} | ${SETTINGS[name].about}${secret} |`
  })
  return `# Settings

A setting is looked for as a flag of the command (\`--port\`), then in the environment, then in the nearest \`crosstie.yaml\` upwards from
where the command is typed, then its default holds. \`crosstie config show --origin\` tells each value and where it came from.

A limit is a count (\`500\`), a size (\`1GiB\`) or a rate (\`10/minute\`); \`0\` switches it off.

| In \`crosstie.yaml\` | In the environment | Default | What it is |
| --- | --- | --- | --- |
${rows.join('\n')}
`
}

function defaultText(name: SettingName): string {
  const value: unknown = SETTINGS[name].default
  if (name === 'data_dir') return '`.crosstie`'
  if (typeof value === 'function') return 'number of cores'
  if (value === null || value === '' || (Array.isArray(value) && value.length === 0)) return ''
  if (Array.isArray(value)) return `\`${value.join(',')}\``
  if (typeof value === 'object') return `\`${limitText(value as Limit)}\`` // the only object among defaults
  return `\`${value as string | number | boolean}\`` // what is left of the defaults' types
}

function limitText({ count, perMs }: Limit): string {
  if (perMs !== null)
    return count === 0 ? '0' : `${count}/${perMs === 60_000 ? 'minute' : `${perMs / 1000} seconds`}`
  if (count !== 0 && count % 2 ** 30 === 0) return `${count / 2 ** 30}GiB`
  if (count !== 0 && count % 2 ** 20 === 0) return `${count / 2 ** 20}MiB`
  return String(count)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const folder = path.join(import.meta.dirname, '..', 'docs', 'reference')
  for (const [name, text] of Object.entries(await referencePages()))
    await writeFile(path.join(folder, name), text)
}
