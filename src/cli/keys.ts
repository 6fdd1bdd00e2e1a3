/** `crosstie keys`: what a Supabase-style client needs. */
import type { Command } from 'commander'
import { type OperatorOptions, operatorOptions } from './operator-options.ts'
import { tell } from './output.ts'

export function registerKeys(program: Command): void {
  operatorOptions(program.command('keys'))
    .description('Print the address and the anon and service keys for Supabase-style clients')
    .action(showKeys)
}

async function showKeys(options: OperatorOptions): Promise<void> {
  const [{ keptSecrets, publicUrl }, { operatorConfig }, { createSupabaseTokens }] = await Promise.all([
    import('#config'),
    import('./operator.ts'),
    import('#identity'),
  ])
  const { settings } = operatorConfig(options)
  const { supabase_jwt_secret } = await keptSecrets(settings)
  const { anon, service } = await createSupabaseTokens(supabase_jwt_secret).keys()
  const keys = { url: publicUrl(settings), anon_key: anon, service_key: service }
  const words = `Address      ${keys.url}\nAnon key     ${keys.anon_key}\nService key  ${keys.service_key}\n\nThe service key sees every company: keep it like a password.`
  tell(options, keys, words)
}
