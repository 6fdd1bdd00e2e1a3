/** `crosstie backup …`: all of the hub in one file, and back. */
import path from 'node:path'
import { rm } from 'node:fs/promises'
import type { Command } from 'commander'
import type { SealedColumn } from '#backup'
import { type OperatorOptions, operatorOptions } from './operator-options.ts'
import { tell, tellList } from './output.ts'

const EXAMPLES = `Examples:
  crosstie backup create
  crosstie backup create --file /mnt/backups/today.backup.gz
  crosstie backup restore .crosstie/backups/crosstie-20260501T120000Z.backup.gz --replace

The vault's keys are not in a backup: keep CROSSTIE_VAULT_KEYS, or secrets.json of the data folder, apart from it.
`

/** Where sealed credentials lie in a backup, to say beforehand which of them would stay closed. */
const SEALED: SealedColumn[] = [
  {
    table: 'connect.auth_data',
    column: 'value',
    key: 'connection_id',
    names: { table: 'connect.connection', key: 'id', name: 'name' },
  },
]

export function registerBackup(program: Command): void {
  const backup = program.command('backup').description('Backups: create, list, verify, restore')
  backup.addHelpText('before', EXAMPLES)
  operatorOptions(backup.command('create'))
    .description('Write a backup, while the hub runs or not')
    .option('--file <file>', 'where to (default: a new file in backups/ of the data folder)')
    .action(create)
  operatorOptions(backup.command('list')).description('List the backups of the data folder').action(list)
  operatorOptions(backup.command('verify'))
    .description('Read a backup to its end, check every sum, and say whose keys are missing')
    .argument('<file>')
    .action(verify)
  operatorOptions(backup.command('restore'))
    .description('Bring a backup back; the hub must be down')
    .argument('<file>')
    .option('--replace', 'over the rows that are there: all of them go')
    .action(restore)
}

async function create(options: OperatorOptions & { file?: string }): Promise<void> {
  const { atDatabase, vaultKids } = await import('./operator.ts')
  const { backupName, createBackup } = await import('#backup')
  const { mkdir } = await import('node:fs/promises')
  const made = await atDatabase(options, {}, async ({ config, url, release }) => {
    const folder = path.join(config.settings.data_dir, 'backups')
    if (options.file === undefined) await mkdir(folder, { recursive: true, mode: 0o700 })
    const file = path.resolve(options.file ?? path.join(folder, backupName(new Date())))
    const backup = await createBackup({ url, file, release, keyIds: await vaultKids(config) })
    const dropped =
      options.file === undefined ? await dropOldest(folder, config.settings.limit_backups.count) : []
    return { ...backup, dropped }
  })
  const { file, tables, rows, sizeBytes, dropped } = made
  tell(
    options,
    { file, tables, rows, size_bytes: sizeBytes, dropped },
    `Wrote ${file}: ${tables} tables, ${rows} rows, ${sizeBytes} bytes.` +
      (dropped.length === 0 ? '' : ` ${dropped.length} older ones went (CROSSTIE_LIMIT_BACKUPS).`),
  )
}

/** Whole backups only are counted and dropped; what is damaged is for a person to look at. */
async function dropOldest(folder: string, limit: number): Promise<string[]> {
  if (limit === 0) return []
  const { listBackups } = await import('#backup')
  const whole = (await listBackups(folder)).filter(({ header }) => header !== null)
  const old = whole.slice(limit).map(({ file }) => file)
  for (const file of old) await rm(file, { force: true })
  return old
}

async function list(options: OperatorOptions): Promise<void> {
  const { operatorConfig } = await import('./operator.ts')
  const { listBackups } = await import('#backup')
  const folder = path.join(operatorConfig(options).settings.data_dir, 'backups')
  const rows = (await listBackups(folder)).map(({ file, sizeBytes, header, problem }) => ({
    file,
    created_at: header?.created_at ?? null,
    release: header?.release ?? null,
    size_bytes: sizeBytes,
    problem,
  }))
  tellList(options, rows, `There are no backups in ${folder}. Make one: crosstie backup create`)
}

async function verify(file: string, options: OperatorOptions): Promise<void> {
  const { operatorConfig, vaultKids } = await import('./operator.ts')
  const { verifyBackup } = await import('#backup')
  const kids = await vaultKids(operatorConfig(options))
  const { header, totals, unopenable } = await verifyBackup(path.resolve(file), { kids, sealed: SEALED })
  const lost = unopenable.map(
    ({ kid, count, names }) =>
      `\n${count} sealed credentials need the key "${kid}", which this hub does not have: ${names.join(', ')}`,
  )
  tell(
    options,
    { file, ...header, tables: totals.sections, rows: totals.rows, unopenable },
    `${file} is whole: ${totals.sections} tables, ${totals.rows} rows, made ${header.created_at} by release ${header.release}.${lost.join('')}`,
  )
}

async function restore(file: string, options: OperatorOptions & { replace?: true }): Promise<void> {
  const { atDatabase, sourceFolder } = await import('./operator.ts')
  const { restoreBackup } = await import('#backup')
  const { readMigrations } = await import('#migrate')
  const replace = options.replace === true
  const { header, tables, rows } = await atDatabase(options, { exclusive: true }, async ({ url }) =>
    restoreBackup({
      url,
      file: path.resolve(file),
      replace,
      migrations: await readMigrations(sourceFolder()),
    }),
  )
  tell(
    options,
    { file, tables, rows, created_at: header.created_at, release: header.release },
    `Restored ${tables} tables with ${rows} rows, as they were at ${header.created_at}.`,
  )
}
