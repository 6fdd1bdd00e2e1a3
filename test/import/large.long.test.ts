/** A large firm moves in: in reasonable time, and in the server's usual number of locks. */
import { expect, test } from 'vitest'
import { rollBack } from '../../src/cli/import/roll-back.ts'
import { openDatabase } from '#database'
import { createVault, generateVaultKey } from '#vault'
import { createTestDatabase } from '../harness/database.ts'
import { caller, countsOf, move } from './move.ts'
import { createSyncMasterDatabase, CRYPTO_KEY } from './syncmaster-database.ts'
import { sealFernet } from './seal-fernet.ts'

const USERS = 10_000
const GROUPS = 2_000
const CONNECTIONS = 10_000
const TRANSFERS = 5_000
const RUNS = 100_000
const LIMIT_MS = 300_000

test('100,000 runs of 5,000 transfers come in minutes, and go', async () => {
  const database = await createTestDatabase()
  const there = await createSyncMasterDatabase(database.adminUrl)
  const db = openDatabase(database.url, { connections: 2 })
  const { client } = there
  const sealed = sealFernet(JSON.stringify({ type: 'basic', user: 'u', password: 'p' }), CRYPTO_KEY)
  await client.query(`
    insert into "user" (username, is_superuser, is_active) select 'user' || n, false, true from generate_series(1, ${USERS}) n;
    insert into "group" (name, description, owner_id) select 'Group ' || n, '', n from generate_series(1, ${GROUPS}) n;
    insert into user_group (user_id, group_id, role)
      select u, 1 + u % ${GROUPS}, 'Developer' from generate_series(${GROUPS} + 1, ${USERS}) u;
    insert into queue (name, slug, group_id, description) select 'queue', n || '-queue', n, '' from generate_series(1, ${GROUPS}) n;
    insert into connection (group_id, type, name, description, data)
      select 1 + n % ${GROUPS}, 'postgres', 'connection ' || n, '', '{"host": "db", "port": 5432, "database_name": "x", "additional_params": {}}'
      from generate_series(1, ${CONNECTIONS}) n;
    insert into auth_data (connection_id, value) select id, '${sealed}' from connection;
    insert into transfer (group_id, name, description, source_connection_id, target_connection_id, queue_id, strategy_params,
        source_params, target_params, transformations, resources, is_scheduled, schedule)
      select group_id, 'transfer ' || id, '', id, id, group_id, '{"type": "full"}', '{"type": "postgres", "table_name": "a.b"}',
        '{"type": "postgres", "table_name": "a.c"}', '[]', '{"max_parallel_tasks": 1, "cpu_cores_per_task": 1, "ram_bytes_per_task": 1073741824}',
        id % 2 = 0, case when id % 2 = 0 then '0 3 * * 0' else '' end
      from connection where id <= ${TRANSFERS};
    insert into run (transfer_id, started_at, ended_at, status, type, transfer_dump)
      select 1 + n % ${TRANSFERS}, now() - n * interval '1 minute', now() - n * interval '1 minute', 'FINISHED', 'SCHEDULED',
        json_build_object('id', 1 + n % ${TRANSFERS}, 'name', 'transfer', 'source_params', json_build_object('type', 'postgres'),
          'source_connection', json_build_object('id', 1, 'data', json_build_object('filler', repeat('x', 1500)), 'auth_data', json_build_object('type', 'basic', 'user', 'u')))
      from generate_series(1, ${RUNS}) n`)

  const vault = createVault(generateVaultKey())
  const came = performance.now()
  const report = await move(there.url, { db, vault })
  const cameMs = performance.now() - came
  expect(countsOf(report)).toMatchObject({ user: [USERS, 0], connection: [CONNECTIONS, 0], run: [RUNS, 0] })
  const again = performance.now()
  expect(countsOf(await move(there.url, { db, vault }))).toMatchObject({ run: [0, RUNS] })
  const againMs = performance.now() - again
  const went = performance.now()
  const { removed } = await rollBack(db, caller, { name: 'syncmaster', dryRun: false })
  const wentMs = performance.now() - went
  expect(removed).toMatchObject({ user: USERS, run: RUNS })
  const seconds = [cameMs, againMs, wentMs].map((ms) => (ms / 1000).toFixed(1))
  console.log(`came in ${seconds[0]} s, a second time in ${seconds[1]} s, went in ${seconds[2]} s`)
  expect(cameMs + againMs + wentMs).toBeLessThan(LIMIT_MS)
  await there.drop()
  await db.close()
  await database.drop()
})
