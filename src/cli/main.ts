import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Command } from 'commander'
import { COMMANDS } from './commands.ts'
import { exitCodeOf, tellError } from './exit.ts'

const EXAMPLES = `Examples:
  crosstie up
  crosstie copy flights.parquet 'postgres://ada@db.example.com/shop?table=public.flights'
  crosstie user create ada --superuser
`
const EXIT_CODES = `
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 not allowed, 5 conflict, 6 timed out, 130 interrupted.
Complete by TAB: crosstie complete --help`

const COMPLETE = 'complete'

await main(process.argv.slice(2))

async function main(words: readonly string[]): Promise<void> {
  try {
    const program = createProgram()
    await register(program, words)
    await program.parseAsync([...words], { from: 'user' })
  } catch (error) {
    tellError(error, words.includes('--json'))
    process.exitCode = exitCodeOf(error)
  }
}

function createProgram(): Command {
  const program = new Command('crosstie')
    .description('A self-hosted integration hub: move data, notify people, publish packages, share records.')
    .version(ownVersion(), '-V, --version')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(oneLine(text)) })
  program.addHelpText('before', EXAMPLES).addHelpText('after', EXIT_CODES)
  return program
}

/** "error: unknown command 'usr'\n(Did you mean user?)\n" in one line, as every other error. */
function oneLine(text: string): string {
  const [what = '', meant = ''] = text.trim().split('\n')
  const words = [`${what.replace(/^error: /, '')}.`, meant.replace(/^\((.*)\)$/, '$1'), 'See --help.']
  return `crosstie: ${words.filter((part) => part !== '').join(' ')}\n`
}

/** The command that is called, whole; of the others their line in the help, all of them for completion. */
async function register(program: Command, words: readonly string[]): Promise<void> {
  const called = words.find((word) => !word.startsWith('-') && word !== 'help')
  for (const { name, about, load } of COMMANDS) {
    if (name === called || called === COMPLETE) (await load())(program)
    else program.command(name).description(about)
  }
  if (called === COMPLETE) (await import('./completion.ts')).registerComplete(program)
}

function ownVersion(): string {
  const manifest = path.join(import.meta.dirname, '..', '..', 'package.json')
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string } // our own file
  return version
}
