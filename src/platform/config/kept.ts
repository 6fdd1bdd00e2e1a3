import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Settings } from './settings.ts'

/** The hub's own secrets, set or made once and kept in the data folder as `secrets.json` (0600). */
export interface KeptSecrets {
  jwt_secret: string
  supabase_jwt_secret: string
  vault_keys: string
}

/** What is set wins; what is missing is made and kept, so that tokens and seals outlive a restart. */
export async function keptSecrets(
  settings: Pick<Settings, 'data_dir' | keyof KeptSecrets>,
): Promise<KeptSecrets> {
  const file = path.join(settings.data_dir, 'secrets.json')
  const set = {
    jwt_secret: settings.jwt_secret,
    supabase_jwt_secret: settings.supabase_jwt_secret,
    vault_keys: settings.vault_keys,
  }
  const kept = (await readKept(file)) ?? (await makeKept(file))
  return {
    jwt_secret: set.jwt_secret ?? kept.jwt_secret,
    supabase_jwt_secret: set.supabase_jwt_secret ?? kept.supabase_jwt_secret,
    vault_keys: set.vault_keys ?? kept.vault_keys,
  }
}

/** Other vault keys in place of the kept ones, all at once: a crash leaves the old file or the new one. */
export async function keepVaultKeys(dataDirectory: string, vaultKeys: string): Promise<void> {
  const file = path.join(dataDirectory, 'secrets.json')
  const kept = (await readKept(file)) ?? (await makeKept(file))
  const unfinished = `${file}.${process.pid}`
  await writeFile(unfinished, JSON.stringify({ ...kept, vault_keys: vaultKeys }, null, 2), {
    mode: 0o600,
    flush: true,
  })
  await rename(unfinished, file)
}

async function readKept(file: string): Promise<KeptSecrets | null> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  return text === null ? null : JSON.parse(text)
}

async function makeKept(file: string): Promise<KeptSecrets> {
  const random = () => randomBytes(32).toString('base64url')
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '')
  const made: KeptSecrets = {
    jwt_secret: random(),
    supabase_jwt_secret: random(),
    vault_keys: `k${day}:${random()}`,
  }
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
  try {
    // `wx`: of two that start at once, one makes the secrets and the other reads them.
    await writeFile(file, JSON.stringify(made, null, 2), { mode: 0o600, flag: 'wx' })
    return made
  } catch (error) {
    const other = await readKept(file)
    if (other === null) throw error
    return other
  }
}
