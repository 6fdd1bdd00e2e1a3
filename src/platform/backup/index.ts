/**
 * Backups: one file with every row of the hub as one moment saw it, and the way back.
 *
 * ```ts
 * await createBackup({ url, file: 'crosstie.backup.gz', release: '0.1.0', keyIds: vault.kids })
 * await verifyBackup('crosstie.backup.gz')
 * await restoreBackup({ url: emptyDatabase, file: 'crosstie.backup.gz', migrations })
 * ```
 *
 * The vault's keys are not in it: without them, what is sealed in it stays closed.
 */
export { type BackupMade, backupBefore, backupName, createBackup, type CreateBackup } from './create.ts'
export type { BackupHeader } from './format.ts'
export { type Restored, restoreBackup, type RestoreBackup } from './restore.ts'
export {
  type BackupListed,
  listBackups,
  type SealedColumn,
  type Verification,
  verifyBackup,
} from './verify.ts'
