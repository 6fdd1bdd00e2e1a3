import type { Command } from 'commander'
import type { OutputOptions } from './output.ts'

/** Options of every command that asks a hub over its public API. */
export interface ClientOptions extends OutputOptions {
  url?: string
}

function clientOptions(command: Command): Command {
  return command
    .option('--url <address>', 'address of the hub (default: CROSSTIE_URL, or the one of this machine)')
    .option('--json', 'print the result as JSON')
    .option('--quiet', 'print nothing but errors')
}

/** The same with the group that names are looked up in. */
export function groupOptions(command: Command): Command {
  return clientOptions(command).option(
    '--group <group>',
    'its name, slug or number (default: CROSSTIE_GROUP, or your only group)',
  )
}

export interface GroupOptions extends ClientOptions {
  group?: string
}

export const SIGN_IN_HELP = `
These commands ask a hub over its public API. CROSSTIE_URL says which (http://127.0.0.1:8717), CROSSTIE_TOKEN who
asks: a token, or an application's secret (crosstie application create).`
