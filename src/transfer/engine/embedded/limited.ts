/** A copy of one Parquet file in a process of its own, for tests that limit what the process may write. */
import { messageOf } from '#fault'

import { CSV, jobOf } from '../testing.ts'
import { runEmbedded } from './index.ts'
import { fileSource, fileTarget, PARQUET } from './testing.ts'

const [, , from = '', to = ''] = process.argv
const format = to.endsWith('.parquet')
  ? { ...PARQUET, compression: 'none' as const }
  : { ...CSV, compression: to.endsWith('.zlib') ? ('zlib' as const) : ('none' as const) }
try {
  await runEmbedded(
    jobOf(fileSource(from, PARQUET), fileTarget(to, format)),
    () => {},
    new AbortController().signal,
  )
  process.stdout.write('finished\n')
} catch (error) {
  process.stdout.write(`${messageOf(error)}\n`)
}
