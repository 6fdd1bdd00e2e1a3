/** `crosstie import …`: moves in from another system. */
import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { Fault, messageOf } from '#fault'
import { usage } from './exit.ts'
import type { FernetKey } from './import/fernet.ts'
import type { TakeOverReport } from './import/take-over.ts'
import { type OperatorOptions, operatorOptions } from './operator-options.ts'
import { tell } from './output.ts'

const EXAMPLES = `Examples:
  crosstie import syncmaster --database-url postgresql://reader@db.example.com/syncmaster --crypto-key-file key --dry-run
  crosstie import syncmaster --database-url postgresql://reader@db.example.com/syncmaster --crypto-key-file key
  crosstie import syncmaster --rollback
`
const HELP = `
The password of the database may stand in PGPASSWORD or ~/.pgpass, and the whole address in SYNCMASTER__DATABASE__URL;
the key in SYNCMASTER__ENCRYPTION__SECRET_KEY.`

export function registerImport(program: Command): void {
  const command = program.command('import').description('Move in from another system: SyncMaster')
  command.addHelpText('before', EXAMPLES)
  operatorOptions(command.command('syncmaster'))
    .description('Take over a SyncMaster 0.3 database, whole or what is new in it; or undo that')
    .option('--database-url <address>', "SyncMaster's PostgreSQL; it is only read")
    .option('--crypto-key-file <file>', 'file with the Fernet key that seals its credentials')
    .option('--crypto-key-stdin', 'read the key from standard input')
    .option('--without-credentials', 'leave credentials out; they are entered again here')
    .option('--name <name>', 'what to remember its ids under, if there are several', 'syncmaster')
    .option('--timezone <zone>', "time zone of SyncMaster's scheduler", 'UTC')
    .option('--pause-schedules', 'take transfers over with their schedules off')
    .option('--separate-users', 'a user here of the same name is somebody else')
    .option('--dry-run', 'do it, report, and take it all back')
    .option('--rollback', 'undo it: remove exactly what it made')
    .addHelpText('after', HELP)
    .action(importSyncMaster)
}

interface ImportOptions extends OperatorOptions {
  databaseUrl?: string
  cryptoKeyFile?: string
  cryptoKeyStdin?: true
  withoutCredentials?: true
  name: string
  timezone: string
  pauseSchedules?: true
  separateUsers?: true
  dryRun?: true
  rollback?: true
}

async function importSyncMaster(options: ImportOptions): Promise<void> {
  if (!/^[a-z0-9][a-z0-9._-]{0,62}$/.test(options.name)) {
    throw usage('--name takes up to 63 lower-case letters, digits, ".", "_" and "-".')
  }
  if (options.rollback === true) return undo(options)
  const url = options.databaseUrl ?? process.env.SYNCMASTER__DATABASE__URL
  if (url === undefined) throw usage("Say where SyncMaster's database is: --database-url.")
  const { isTimeZone } = await import('#cron')
  if (!isTimeZone(options.timezone)) {
    throw usage(`There is no time zone "${options.timezone}"; write one as Europe/Berlin, or UTC.`)
  }
  const key = await readKey(options)
  const [{ openSyncMaster }, { takeOver }, operator] = await Promise.all([
    import('./import/syncmaster-source.ts'),
    import('./import/take-over.ts'),
    import('./operator.ts'),
  ])
  const source = await openSyncMaster(url)
  try {
    const report = await operator.atHub(options, async ({ config, db, caller }) =>
      takeOver({
        db,
        caller,
        source,
        key,
        vault: await operator.vaultOf(config),
        name: options.name,
        timezone: options.timezone,
        paused: options.pauseSchedules === true,
        apart: options.separateUsers === true,
        dryRun: options.dryRun === true,
        progress: progressOf(options),
      }),
    )
    const { reportWords } = await import('./import/report.ts')
    tell(options, jsonOf(report), reportWords(report))
  } finally {
    await source.close()
  }
}

async function undo(options: ImportOptions): Promise<void> {
  const [{ rollBack }, { atHub }] = await Promise.all([
    import('./import/roll-back.ts'),
    import('./operator.ts'),
  ])
  const { name, dryRun = false } = options
  const report = await atHub(options, ({ db, caller }) => rollBack(db, caller, { name, dryRun }))
  const { counted } = await import('./import/report.ts')
  const counts = Object.entries(report.removed).map(([kind, count]) => `${count} ${counted(kind, count)}`)
  const verb = dryRun ? 'Would remove' : 'Removed'
  tell(options, report, `${verb} what was taken over as "${name}": ${counts.join(', ')}.`)
}

/** Null: credentials were not asked for. */
async function readKey(options: ImportOptions): Promise<FernetKey | null> {
  if (options.withoutCredentials === true) return null
  const { readFernetKey } = await import('./import/fernet.ts')
  const { cryptoKeyFile, cryptoKeyStdin } = options
  if (cryptoKeyFile !== undefined) {
    const text = await readFile(cryptoKeyFile, 'utf8').catch((cause: unknown) => {
      const words = `The key's file ${cryptoKeyFile} cannot be read: ${messageOf(cause)}`
      throw new Fault('bad_request', 'cli.usage', words, { cause })
    })
    return readFernetKey(text)
  }
  const { secretFromStdin } = await import('./secret-input.ts')
  if (cryptoKeyStdin === true) return readFernetKey(await secretFromStdin('the Fernet key'))
  const set = process.env.SYNCMASTER__ENCRYPTION__SECRET_KEY
  if (set !== undefined && set !== '') return readFernetKey(set)
  throw usage(
    "Give SyncMaster's Fernet key by --crypto-key-file or --crypto-key-stdin, or leave credentials out: --without-credentials.",
  )
}

/** Lines on standard error; on a terminal the counting of runs stays on one. */
function progressOf({ quiet, json }: ImportOptions): (words: string) => void {
  if (quiet === true) return () => {}
  const isTerminal = process.stderr.isTTY && json !== true
  return (words) => {
    const end = isTerminal && words.startsWith('runs: ') && words.includes(' of ') ? '\r' : '\n'
    process.stderr.write(`${words}${end}`)
  }
}

function jsonOf({ source, dry_run, tallies, unopened }: TakeOverReport) {
  return {
    source,
    dry_run,
    unopened,
    ...Object.fromEntries(tallies.map(({ kind, ...tally }) => [kind, tally])),
  }
}
