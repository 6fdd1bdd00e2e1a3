/**
 * `npm run bench -- [transfer] [api] [realtime] [--rows N] [--rounds N] [--seconds N] [--peers]`: ratios within one run, beside what one would use instead.
 * Everything it makes is gone when it ends.
 */
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { benchApi } from './api/cases.ts'
import { benchRealtime } from './realtime/bench.ts'
import { benchTransfer } from './transfer/bench.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rows: { type: 'string', default: '2000000' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    peers: { type: 'boolean', default: false },
  },
})
const benches: Record<string, () => Promise<void>> = {
  transfer: () =>
    benchTransfer({ rows: Number(values.rows), rounds: Number(values.rounds), peers: values.peers }),
  api: () => benchApi({ seconds: Number(values.seconds) }),
  realtime: () => benchRealtime({ seconds: Number(values.seconds) }),
}

process.stdout.write(`# ${new Date().toISOString()} on ${cpus().length} × ${cpus()[0]?.model.trim()}\n`)
const unknown = positionals.filter((name) => benches[name] === undefined)
if (unknown.length > 0) {
  process.stderr.write(
    `no benchmark "${unknown.join('", "')}"; there are ${Object.keys(benches).join(', ')}\n`,
  )
  process.exitCode = 2
} else {
  for (const [name, run] of Object.entries(benches)) {
    if (positionals.length === 0 || positionals.includes(name)) await run()
  }
}
