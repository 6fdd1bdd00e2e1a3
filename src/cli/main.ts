import { Command } from 'commander'
import { Fault, messageOf } from '#fault'
import { registerUp } from './up.ts'

const program = new Command('crosstie')
  .description('A self-hosted integration hub: move data, notify people, publish packages, share records.')
  .showHelpAfterError()
registerUp(program)

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`crosstie: ${messageOf(error)}\n`)
  if (!(error instanceof Fault) && error instanceof Error) process.stderr.write(`${error.stack}\n`)
  process.exitCode = 1
}
