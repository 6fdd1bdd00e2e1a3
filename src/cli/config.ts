/** `crosstie config show`: every setting, and which place it came from. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Command } from 'commander'
import type { Config, SettingName } from '#config'
import { usage } from './exit.ts'
import { type OperatorOptions, operatorOptions } from './operator-options.ts'
import { tell, table } from './output.ts'

const EXAMPLES = `Examples:
  crosstie config show --origin
  psql "$(crosstie config show database_url --reveal)"
`

export function registerConfig(program: Command): void {
  const config = program.command('config').description('Settings: what they are and where they came from')
  config.addHelpText('before', EXAMPLES)
  operatorOptions(config.command('show'))
    .description('Print all settings, or one')
    .argument('[name]', 'as in crosstie.yaml: port')
    .option('--reveal', 'secrets in the clear')
    .option('--origin', 'say where each came from')
    .action(show)
}

interface ShowOptions extends OperatorOptions {
  reveal?: true
  origin?: true
}

interface Shown {
  name: string
  value: string | null
  origin: string
}

async function show(name: string | undefined, options: ShowOptions): Promise<void> {
  const { SETTINGS } = await import('#config')
  const { operatorConfig } = await import('./operator.ts')
  const config = operatorConfig(options)
  const names = Object.keys(SETTINGS) as SettingName[] // the table's own keys
  const wanted = name === undefined ? names : names.filter((known) => known === name.toLowerCase())
  if (wanted.length === 0) {
    const { suggestion } = await import('./suggestion.ts')
    throw usage(`There is no setting "${name}".${suggestion(name ?? '', names)}`)
  }
  const shown: Shown[] = []
  for (const each of wanted) shown.push(await showSetting(config, each, options.reveal === true))
  const [only] = shown
  if (name !== undefined && only !== undefined) {
    const origin = options.origin === true ? `  (${only.origin})` : ''
    tell(options, only, `${only.value ?? ''}${origin}`)
    return
  }
  const rows = shown.map(({ origin, ...rest }) => (options.origin === true ? { ...rest, origin } : rest))
  tell(options, Object.fromEntries(shown.map((row) => [row.name, row])), table(rows))
}

async function showSetting(config: Config, name: SettingName, reveal: boolean): Promise<Shown> {
  const { isSecret } = await import('#config')
  const found = await effective(config, name)
  const value = isSecret(name) && found.value !== null && !reveal ? '***' : found.value
  return { name, value, origin: found.origin }
}

/** What the hub would use: of secrets that are not set, those that it keeps in the data folder. */
async function effective(
  { settings, origin }: Config,
  name: SettingName,
): Promise<{ value: string | null; origin: string }> {
  const set = settings[name]
  if (set !== null) return { value: textOf(set), origin: origin[name] }
  if (name === 'database_url') {
    const { embeddedAdminUrl } = await import('#database')
    const value = await embeddedAdminUrl(settings.data_dir)
    return { value, origin: value === null ? 'default' : path.join(settings.data_dir, 'postgres.json') }
  }
  const kept = path.join(settings.data_dir, 'secrets.json')
  if (
    (name === 'jwt_secret' || name === 'supabase_jwt_secret' || name === 'vault_keys') &&
    existsSync(kept)
  ) {
    const { keptSecrets } = await import('#config')
    return { value: (await keptSecrets(settings))[name], origin: kept }
  }
  return { value: null, origin: origin[name] }
}

const PERIODS = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1000, 'second'],
] as const

/** As it would be written in crosstie.yaml. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(',')
  if (typeof value !== 'object' || value === null) return String(value)
  if (!('count' in value) || !('perMs' in value)) return JSON.stringify(value)
  const { count, perMs } = value
  if (typeof perMs !== 'number' || count === 0) return String(count)
  const [ms, word] = PERIODS.find(([period]) => perMs % period === 0) ?? [1000, 'second']
  const times = perMs / ms
  return `${String(count)}/${times === 1 ? '' : `${times} `}${word}`
}
