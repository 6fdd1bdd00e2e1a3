/**
 * Every command by its name. Only the one that is called is loaded: `crosstie --help` must not wait for a database
 * driver, and `crosstie copy` not for a web server.
 */
import type { Command } from 'commander'

export interface CommandEntry {
  name: string
  /** As `--help` shows it; the command's own description says the same. */
  about: string
  load: () => Promise<(program: Command) => void>
}

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'up',
    about: 'Start the hub: server, worker and, unless CROSSTIE_DATABASE_URL is set, its own PostgreSQL',
    load: async () => (await import('./up.ts')).registerUp,
  },
  {
    name: 'copy',
    about: 'Copy a table or file to another: PostgreSQL, CSV, JSON, Parquet; - is standard input or output',
    load: async () => (await import('./copy.ts')).registerCopy,
  },
  {
    name: 'connection',
    about: 'Connections: make, list, test, look into, sync',
    load: async () => (await import('./connection.ts')).registerConnection,
  },
  {
    name: 'transfer',
    about: 'Transfers: make, explain, run, stop, read their logs',
    load: async () => (await import('./transfer.ts')).registerTransfer,
  },
  {
    name: 'notify',
    about: 'Messages to people: send, follow, cancel, replay, read',
    load: async () => (await import('./notify.ts')).registerNotify,
  },
  {
    name: 'user',
    about: 'Users: make, list, close, erase, password, rights',
    load: async () => (await import('./user.ts')).registerUser,
  },
  {
    name: 'group',
    about: 'Groups: make, list, members',
    load: async () => (await import('./group.ts')).registerGroup,
  },
  {
    name: 'application',
    about: 'Applications: clients with a secret, of a user or of a group',
    load: async () => (await import('./application.ts')).registerApplication,
  },
  {
    name: 'keys',
    about: 'Print the address and the anon and service keys for Supabase-style clients',
    load: async () => (await import('./keys.ts')).registerKeys,
  },
  {
    name: 'config',
    about: 'Settings: what they are and where they came from',
    load: async () => (await import('./config.ts')).registerConfig,
  },
  {
    name: 'migrate',
    about: 'Migrations of the database: status, up, down',
    load: async () => (await import('./migrate.ts')).registerMigrate,
  },
  {
    name: 'database',
    about: 'A PostgreSQL of your own: its roles and rights, once',
    load: async () => (await import('./database.ts')).registerDatabase,
  },
  {
    name: 'vault',
    about: 'Keys that seal credentials: generate, rotate',
    load: async () => (await import('./vault.ts')).registerVault,
  },
  {
    name: 'import',
    about: 'Move in from another system: SyncMaster',
    load: async () => (await import('./import.ts')).registerImport,
  },
  {
    name: 'backup',
    about: 'Backups: create, list, verify, restore',
    load: async () => (await import('./backup.ts')).registerBackup,
  },
  {
    name: 'doctor',
    about: 'Check this installation, line by line, and fetch what a first run would have to',
    load: async () => (await import('./doctor.ts')).registerDoctor,
  },
]
