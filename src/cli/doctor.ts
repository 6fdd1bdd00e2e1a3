/** `crosstie doctor`: what is wrong, and how to mend it. */
import type { Command } from 'commander'
import { Fault } from '#fault'
import { type OperatorOptions, operatorOptions } from './operator-options.ts'
import { tell } from './output.ts'

export function registerDoctor(program: Command): void {
  operatorOptions(program.command('doctor'))
    .description('Check this installation, line by line, and fetch what a first run would have to')
    .action(examine)
}

async function examine(options: OperatorOptions): Promise<void> {
  const { runChecks } = await import('./doctor-checks.ts')
  const findings = await runChecks(options)
  const marks = { ok: 'ok     ', attention: 'CHECK  ', failed: 'FAILED ' }
  const words = findings.map(({ state, name, says }) => `${marks[state]}${name}: ${says}`).join('\n')
  tell(options, findings, words)
  const failed = findings.filter(({ state }) => state === 'failed').length
  if (failed > 0) {
    const lines = failed === 1 ? 'One line' : `${failed} lines`
    throw new Fault('failed', 'doctor.failed', `${lines} above must be mended first.`)
  }
}
