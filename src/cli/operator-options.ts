import type { Command } from 'commander'
import type { OutputOptions } from './output.ts'

export interface OperatorOptions extends OutputOptions {
  dataDir?: string
}

/** The options of every operator command; apart from what they do, so that `--help` loads no database. */
export function operatorOptions(command: Command): Command {
  return command
    .option('--data-dir <folder>', 'data folder of the hub (default: CROSSTIE_DATA_DIR, crosstie.yaml)')
    .option('--json', 'print the result as JSON')
    .option('--quiet', 'print nothing but errors')
}
