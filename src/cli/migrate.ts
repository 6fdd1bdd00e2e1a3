/** `crosstie migrate …`: the tables of this release, forth and back. */
import path from 'node:path'
import type { Command } from 'commander'
import { type OperatorOptions, operatorOptions } from './operator-options.ts'
import { tell, tellList } from './output.ts'

export function registerMigrate(program: Command): void {
  const migrate = program.command('migrate').description('Migrations of the database: status, up, down')
  operatorOptions(migrate.command('status'))
    .description('List the migrations of this release, and which the database has')
    .action(status)
  operatorOptions(migrate.command('up'))
    .description('Bring the database to this release; `up` does it by itself')
    .action(up)
  operatorOptions(migrate.command('down'))
    .description('Make a backup, then undo the migrations of the newest release; the hub must be down')
    .action(down)
}

async function status(options: OperatorOptions): Promise<void> {
  const { atDatabase, sourceFolder } = await import('./operator.ts')
  const { migrationStates, readMigrations } = await import('#migrate')
  const states = await atDatabase(options, {}, async ({ url }) =>
    migrationStates(url, await readMigrations(sourceFolder())),
  )
  const rows = states.map(({ id, room, release }) => ({ migration: id, room, release }))
  tellList(options, rows, 'There are no migrations.')
}

async function up(options: OperatorOptions): Promise<void> {
  const { atDatabase, sourceFolder } = await import('./operator.ts')
  const { migrateUp, readMigrations } = await import('#migrate')
  const { applied } = await atDatabase(options, {}, async ({ url, release }) =>
    migrateUp(url, await readMigrations(sourceFolder()), release),
  )
  const words = applied.length === 0 ? 'Nothing to do.' : `Applied ${applied.join(', ')}.`
  tell(options, { applied }, words)
}

async function down(options: OperatorOptions): Promise<void> {
  const { atDatabase, sourceFolder, vaultKids } = await import('./operator.ts')
  const { lastRelease, migrateDown, readMigrations } = await import('#migrate')
  const { backupBefore } = await import('#backup')
  await atDatabase(options, { exclusive: true }, async ({ config, url, release }) => {
    const { undone } = await lastRelease(url)
    if (undone.length === 0) {
      tell(options, { release: null, undone: [], backup: null }, 'Nothing to undo.')
      return
    }
    const folder = path.join(config.settings.data_dir, 'backups')
    const keyIds = await vaultKids(config)
    const backup = await backupBefore('down', folder, { url, release, keyIds })
    const result = await migrateDown(url, await readMigrations(sourceFolder()))
    tell(
      options,
      { ...result, backup: backup.file },
      `Undid ${result.undone.join(', ')} of release ${result.release ?? '?'}.\n` +
        `The backup from before is ${backup.file}; back again: crosstie backup restore ${backup.file} --replace`,
    )
  })
}
