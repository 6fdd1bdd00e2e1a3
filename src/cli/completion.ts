/** `crosstie complete SHELL` prints the script; the shell then asks `crosstie complete -- WORDS` at each TAB. */
import tab from '@bomb.sh/tab/commander'
import type { Command } from 'commander'

const HELP = `
Once, for good:
  bash   crosstie complete bash > ~/.local/share/bash-completion/completions/crosstie
  zsh    crosstie complete zsh > "\${fpath[1]}/_crosstie"
`

export function registerComplete(program: Command): void {
  tab(program)
  program.commands.find((command) => command.name() === 'complete')?.addHelpText('after', HELP)
}
