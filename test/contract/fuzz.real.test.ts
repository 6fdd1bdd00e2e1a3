/** Schemathesis, which reads /openapi.json and asks what nobody thought of: nothing breaks, nothing undeclared is answered. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../harness/hub.ts'

const run = promisify(execFile)
const VERSION = '4.32.5'
/** Kept from run to run: installing takes as long as the test. */
const HOME = path.resolve(
  import.meta.dirname,
  '..',
  '..',
  'node_modules',
  '.cache',
  `schemathesis-${VERSION}`,
)
const SEED = '20'

let hub: TestHub
let reports: string

beforeAll(async () => {
  const program = path.join(HOME, 'bin', 'schemathesis')
  if (!existsSync(program)) {
    await run('python3', ['-m', 'venv', '--clear', HOME])
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `schemathesis==${VERSION}`]
    await run(path.join(HOME, 'bin', 'python'), pip)
  }
  reports = await mkdtemp(path.join(tmpdir(), 'crosstie-fuzz-'))
  // Nothing that a request makes may touch another system: there is no worker, and what asks one is left out below.
  hub = await startTestHub({ settings: { parts: 'server' } })
  await furnish()
}, 300_000)
afterAll(async () => {
  await hub.stop()
  await rm(reports, { recursive: true, force: true })
})

/** Things with small ids, which generated requests hit. */
async function furnish(): Promise<void> {
  const group = await hub.createGroup('Team', { owner: 'ada', members: { dev: 'developer' } })
  const ada = hub.as('ada')
  const queue = await ada.post('/v1/queues', { group_id: group.id, name: 'main' })
  const connection = await ada.post('/v1/connections', {
    group_id: group.id,
    name: 'shop',
    description: '',
    type: 'postgres',
    connection_data: { host: '127.0.0.1', port: 1, database_name: 'shop' },
    auth_data: { type: 'basic', user: 'u', password: 'p' },
  })
  const transfer = await ada.post('/v1/transfers', {
    group_id: group.id,
    queue_id: queue.body.id,
    name: 'copy',
    source_connection_id: connection.body.id,
    target_connection_id: connection.body.id,
    source_params: { type: 'postgres', table_name: 'public.a' },
    target_params: { type: 'postgres', table_name: 'public.b' },
  })
  await ada.post('/v1/runs', { transfer_id: transfer.body.id })
}

/** What would reach out, end the token that asks, or never end. */
const LEFT_OUT =
  /(\/test|\/browse|\/columns|\/explain|\/events|\/sync|\/discover|\/check|revoke_sessions|me\/password|auth\/(session|login|callback|logout|link))$/
    .source

interface Depth {
  phases: string
  /** Of each operation. */
  examples: number
}

async function fuzz(
  name: string,
  { phases, examples }: Depth,
  authorization: string | null,
): Promise<string> {
  const { stdout } = await run(
    path.join(HOME, 'bin', 'schemathesis'),
    [
      'run',
      `${hub.url}/openapi.json`,
      `--seed=${SEED}`,
      `--phases=${phases}`,
      `--max-examples=${examples}`,
      '--checks=not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance',
      `--exclude-path-regex=${LEFT_OUT}`,
      '--continue-on-failure',
      '--generation-database=none',
      '--suppress-health-check=all',
      '--warnings=off',
      '--no-shrink',
      '--no-color',
      ...(authorization === null ? [] : [`--header=Authorization:${authorization}`]),
    ],
    { cwd: reports, timeout: 290_000, maxBuffer: 64 * 2 ** 20, env: { PATH: process.env.PATH } },
  ).catch((error: unknown) => {
    const { stdout: told = '', message } = error as { stdout?: string; message: string } // execFile's error
    throw new Error(`${name}: ${told.slice(0, 20_000) || message}`)
  })
  return stdout
}

test('whoever is signed in gets declared answers only, whatever is asked', async () => {
  expect(
    await fuzz('ada', { phases: 'examples,coverage,fuzzing', examples: 10 }, hub.as('ada').authorization),
  ).toMatch(/No issues found|passed/)
}, 300_000)

test('whoever is not signed in does too', async () => {
  expect(await fuzz('nobody', { phases: 'examples,fuzzing', examples: 4 }, null)).toMatch(
    /No issues found|passed/,
  )
}, 300_000)
