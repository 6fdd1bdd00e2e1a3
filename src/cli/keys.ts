/** `crosstie keys`: what a Supabase-style client needs. */
import type { Command } from 'commander'
import { type OperatorOptions, operatorOptions } from './operator-options.ts'
import { tell } from './output.ts'

const YEARS_S = 10 * 365 * 24 * 60 * 60

export function registerKeys(program: Command): void {
  operatorOptions(program.command('keys'))
    .description('Print the address and the anon and service keys for Supabase-style clients')
    .action(showKeys)
}

async function showKeys(options: OperatorOptions): Promise<void> {
  const [{ keptSecrets, publicUrl }, { operatorConfig }, { SignJWT }] = await Promise.all([
    import('#config'),
    import('./operator.ts'),
    import('jose'),
  ])
  const { settings } = operatorConfig(options)
  const { supabase_jwt_secret } = await keptSecrets(settings)
  const key = new TextEncoder().encode(supabase_jwt_secret)
  // The time is left out of what is signed but for the end: the same day gives the same keys.
  const today = Math.floor(Date.now() / 86_400_000) * 86_400
  const sign = (role: 'anon' | 'service_role') =>
    new SignJWT({ role, iss: 'crosstie' })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuedAt(today)
      .setExpirationTime(today + YEARS_S)
      .sign(key)
  const keys = {
    url: publicUrl(settings),
    anon_key: await sign('anon'),
    service_key: await sign('service_role'),
  }
  const words = `Address      ${keys.url}\nAnon key     ${keys.anon_key}\nService key  ${keys.service_key}\n\nThe service key sees every company: keep it like a password.`
  tell(options, keys, words)
}
