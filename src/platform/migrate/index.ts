/** Migrations, up and down: plain SQL in each room's `migrations/`, run in one order over all rooms. */
export { type Migration, readMigrations } from './files.ts'
export {
  type DownResult,
  lastRelease,
  migrateDown,
  migrateUp,
  type MigrationResult,
  type MigrationState,
  migrationStates,
} from './migrate.ts'
