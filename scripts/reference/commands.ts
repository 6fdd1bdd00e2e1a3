/** The page of the commands, made of commander's own help: what `--help` says is what the page says. */
import { Command, type Option } from 'commander'
import { COMMANDS } from '../../src/cli/commands.ts'
import { groupOptions } from '../../src/cli/client-options.ts'
import { operatorOptions } from '../../src/cli/operator-options.ts'
import { JSON_SHAPES } from './json-shapes.ts'

const HEAD = `# Commands

\`\`\`sh no-run
npx crosstie --help
npx crosstie user create --help
\`\`\`

Three kinds. **Operator** commands work on the hub's own database, whether the hub is up or down: they are for whoever may read the data folder or has the
database's address. **Client** commands, \`connection\` and \`transfer\`, ask a hub over its public API: \`CROSSTIE_URL\` says which one, \`CROSSTIE_TOKEN\` (a token, or an
application's secret) who asks. \`copy\` runs the engine and needs no hub at all. In a checkout it is \`npx crosstie\`; in the container, or with the package installed, \`crosstie\`.

Results go to standard output; progress, warnings and errors to standard error. An error is one line, with \`--json\` one object
\`{"error": {"code", "message", "details"}}\`. \`NO_COLOR\` is heeded: there is no colour. Secrets come by standard input, a prompt or \`PGPASSWORD\`, never as an argument.

## Exit codes

| Code | Means |
| --- | --- |
| 0 | done |
| 1 | failed: the other side, the disk, the data |
| 2 | wrong usage: an option, an address, a value that is not allowed |
| 3 | not found |
| 4 | not allowed |
| 5 | conflict: the name is taken, the target has rows, the file is there |
| 6 | timed out |
| 130 | interrupted by Ctrl-C or SIGTERM |

## Options of every operator command

`

const TAIL = `
## Completion

\`\`\`sh no-run
crosstie complete bash > ~/.local/share/bash-completion/completions/crosstie
crosstie complete zsh > "\${fpath[1]}/_crosstie"
\`\`\`
`

/** @throws when a command with \`--json\` has no shape in the contract, or a shape has no command. */
export async function commandsPage(): Promise<string> {
  const program = new Command('crosstie')
  for (const { load } of COMMANDS) (await load())(program)
  const shared = operatorOptions(new Command())
  const client = groupOptions(new Command())
  const common = new Set([...shared.options, ...client.options].map(({ flags }) => flags))
  const known = new Set(Object.keys(JSON_SHAPES))
  const sections = leavesOf(program).map((leaf) => sectionOf(leaf, common, known))
  if (known.size > 0) throw new Error(`--json shapes of commands that have none: ${[...known].join(', ')}`)
  const options = `${optionTable([...shared.options])}\n## Options of every client command\n\n${optionTable([...client.options])}`
  return `${HEAD}${options}${sections.join('')}${TAIL}`
}

interface Leaf {
  name: string
  command: Command
}

function leavesOf(command: Command, name = ''): Leaf[] {
  if (command.commands.length === 0) return [{ name, command }]
  return command.commands.flatMap((child) => leavesOf(child, `${name} ${child.name()}`.trim()))
}

function sectionOf({ name, command }: Leaf, common: ReadonlySet<string>, known: Set<string>): string {
  const help = command.createHelp()
  const words = command.registeredArguments.map((argument) => {
    const inner = argument.variadic ? `${argument.name()}...` : argument.name()
    return argument.required ? `<${inner}>` : `[${inner}]`
  })
  const options = command.options.filter(({ flags, hidden }) => !common.has(flags) && !hidden)
  const facts = [
    `\n## \`${['crosstie', name, ...words].join(' ')}\`\n\n${help.commandDescription(command)}.\n`,
    argumentTable(command),
    options.length === 0 ? '' : `\n${optionTable(options)}`,
  ]
  if (command.options.some(({ long }) => long === '--json')) {
    const shape = JSON_SHAPES[name]
    if (shape === undefined) throw new Error(`the --json shape of "${name}" is missing in json-shapes.ts`)
    known.delete(name)
    facts.push(`\n\`--json\`: ${shape}\n`)
  }
  return facts.join('')
}

function argumentTable(command: Command): string {
  const told = command.registeredArguments.filter(({ description }) => description !== '')
  if (told.length === 0) return ''
  const rows = told.map((argument) => `| \`${argument.name()}\` | ${cell(argument.description)} |`)
  return `\n| Argument | |\n| --- | --- |\n${rows.join('\n')}\n`
}

function optionTable(options: readonly Option[]): string {
  const rows = options.map((option) => {
    const { flags, description, defaultValue, argChoices, mandatory } = option
    const choices = argChoices?.join(', ') ?? ''
    const told = [description, choices].filter((part) => part !== '').join(': ')
    const notes = [
      ...(mandatory ? ['required'] : []),
      ...(typeof defaultValue === 'string' && defaultValue !== '' ? [`default ${defaultValue}`] : []),
    ]
    const more = notes.length === 0 ? '' : ` (${notes.join(', ')})`
    return `| \`${flags}\` | ${cell(`${told}${more}`)} |`
  })
  return `| Option | |\n| --- | --- |\n${rows.join('\n')}\n`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/<([a-z]+)>/g, '`<$1>`')
}
