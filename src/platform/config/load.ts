import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { Fault, messageOf } from '#fault'
import {
  defaultOf,
  environmentNames,
  parseSetting,
  SETTINGS,
  type SettingName,
  type Settings,
} from './settings.ts'

export interface Config {
  settings: Settings
  /** Where each value came from: `--port`, `CROSSTIE_PORT`, `/srv/hub/crosstie.yaml`, `default`. */
  origin: Record<SettingName, string>
  /** The checkout or the installed package: the folder that holds `bin/`. */
  home: string
  /** `crosstie.yaml`, if one was found. */
  file: string | null
}

export interface ConfigSources {
  flags?: Partial<Record<SettingName, string>>
  environment?: NodeJS.ProcessEnv
  /** Where the search for `crosstie.yaml` starts, upwards. */
  folder?: string
}

const FILE = 'crosstie.yaml'
const NAMES = Object.keys(SETTINGS).map((name) => name as SettingName) // the table's own keys

/** Flag, then environment, then `crosstie.yaml`, then default. */
export function loadConfig({
  flags = {},
  environment = process.env,
  folder = process.cwd(),
}: ConfigSources = {}): Config {
  const file = findFile(folder)
  const written = file === null ? {} : readFile(file)
  const home = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..', '..')
  const origin: Partial<Record<SettingName, string>> = {}
  const values: Partial<Record<SettingName, unknown>> = {}
  for (const name of NAMES) {
    const variable = environmentNames(name).find((candidate) => (environment[candidate] ?? '') !== '')
    const [from, value] =
      flags[name] !== undefined
        ? [`--${name.replaceAll('_', '-')}`, flags[name]]
        : variable !== undefined
          ? [variable, environment[variable]]
          : [file, written[name]]
    origin[name] = value === undefined ? 'default' : (from ?? 'default')
    values[name] = value === undefined ? defaultOf(name) : parseSetting(name, value, origin[name])
  }
  const settings = values as Settings // every name was set just now
  const base = file === null ? null : path.dirname(file)
  // Relative folders mean "beside crosstie.yaml", wherever the command was typed.
  settings.data_dir =
    settings.data_dir === '' ? defaultDataFolder(home, base) : path.resolve(base ?? folder, settings.data_dir)
  if (settings.files !== null) settings.files = path.resolve(base ?? folder, settings.files)
  return { settings, origin: origin as Record<SettingName, string>, home, file } // every name was set just now
}

/** The address by which people reach the hub. */
export function publicUrl(settings: Settings): string {
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host
  const reachable = settings.host === '0.0.0.0' || settings.host === '::' ? 'localhost' : host
  return (settings.url ?? `http://${reachable}:${settings.port}`).replace(/\/+$/, '')
}

/** The data folder belongs to the checkout or to the nearest crosstie.yaml; an installed package has one per user. */
function defaultDataFolder(home: string, base: string | null): string {
  if (base !== null) return path.join(base, '.crosstie')
  if (existsSync(path.join(home, 'src'))) return path.join(home, '.crosstie')
  return path.join(process.env.XDG_DATA_HOME ?? path.join(homedir(), '.local', 'share'), 'crosstie')
}

function findFile(folder: string): string | null {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const file = path.join(at, FILE)
    if (existsSync(file)) return file
    if (at === path.dirname(at)) return null
  }
}

function readFile(file: string): Partial<Record<SettingName, string>> {
  let content: unknown
  try {
    content = parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new Fault('failed', 'platform.config_file', `${file} cannot be read: ${messageOf(cause)}`, {
      cause,
    })
  }
  if (content === null || content === undefined) return {}
  const entries = typeof content === 'object' && !Array.isArray(content) ? Object.entries(content) : null
  const unknown = entries?.find(([name]) => !NAMES.some((known) => known === name))
  if (entries === null || unknown !== undefined) {
    throw new Fault(
      'failed',
      'platform.config_file',
      entries === null
        ? `${file} must hold settings, one per line (port: 8717).`
        : `${file} names a setting that does not exist: ${unknown?.[0]}. \`crosstie config show\` lists them all.`,
    )
  }
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : String(value ?? '')]),
  )
}
