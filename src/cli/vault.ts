/** `crosstie vault …`: the keys that seal credentials. */
import type { Command } from 'commander'
import { Fault } from '#fault'
import { type OperatorOptions, operatorOptions } from './operator-options.ts'
import { tell } from './output.ts'

export function registerVault(program: Command): void {
  const vault = program.command('vault').description('Keys that seal credentials: generate, rotate')
  vault
    .command('generate')
    .description('Print a new key, for the front of CROSSTIE_VAULT_KEYS')
    .option('--json', 'print the result as JSON')
    .action(generate)
  operatorOptions(vault.command('rotate'))
    .description(
      'Seal all credentials under the first key of CROSSTIE_VAULT_KEYS; keys in the data folder get a new one first (the hub must be down)',
    )
    .action(rotate)
}

async function generate(options: { json?: true }): Promise<void> {
  const { generateVaultKey } = await import('#vault')
  const key = generateVaultKey()
  tell(options, { key }, key)
}

async function rotate(options: OperatorOptions): Promise<void> {
  const [{ keptSecrets, keepVaultKeys }, { createVault, generateVaultKey }, { resealAll }, operator] =
    await Promise.all([import('#config'), import('#vault'), import('#connect'), import('./operator.ts')])
  const { openDatabase } = await import('#database')
  const { settings } = operator.operatorConfig(options)
  const isKept = settings.vault_keys === null
  const result = await operator.atDatabase(options, { exclusive: isKept }, async ({ url }) => {
    let { vault_keys } = await keptSecrets(settings)
    if (isKept) {
      // Kept before anything is sealed with it: a crash half-way leaves seals of both keys, and both are there.
      vault_keys = `${generateVaultKey()},${vault_keys}`
      await keepVaultKeys(settings.data_dir, vault_keys)
    }
    const vault = createVault(vault_keys)
    const db = openDatabase(url, { connections: 2 })
    try {
      return { ...(await resealAll(db, vault)), kid: vault.kids[0] ?? '' }
    } finally {
      await db.close()
    }
  })
  const lost = result.lost.map(({ name, kid }) => `"${name}" (key ${kid})`).join(', ')
  tell(options, result, `Sealed ${result.resealed} credentials under the key "${result.kid}".`)
  if (lost === '') return
  throw new Fault(
    'failed',
    'vault.key_unknown',
    `Not opened, and left as they were, for their keys are missing: ${lost}. Put the keys into CROSSTIE_VAULT_KEYS, or enter the credentials again.`,
  )
}
