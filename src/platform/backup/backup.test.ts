import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Fault } from '#fault'
import { lastRelease, type Migration, migrateDown, migrateUp, readMigrations } from '#migrate'
import { createVault, generateVaultKey } from '#vault'
import { startTestPostgres, type TestPostgres } from '../testing/postgres.ts'
import { backupBefore, backupName, createBackup, listBackups, restoreBackup, verifyBackup } from './index.ts'

const vault = createVault(generateVaultKey())
const SEALED = {
  table: 'connect.auth_data',
  column: 'value',
  key: 'connection_id',
  names: { table: 'connect.connection', key: 'id', name: 'name' },
}

let postgres: TestPostgres
let migrations: Migration[]
let folder: string
let file: string
let databases = 0

beforeAll(async () => {
  postgres = await startTestPostgres()
  migrations = await readMigrations('src')
  folder = await mkdtemp(path.join(tmpdir(), 'crosstie-backup-'))
  file = path.join(folder, 'all.backup.gz')
  await migrateUp(postgres.url, migrations, '0.1.0')
  const client = await postgres.connect()
  await fill(client)
  await client.end()
  await createBackup({ url: postgres.url, file, release: '0.1.0', keyIds: vault.kids })
})

afterAll(async () => {
  await postgres?.stop()
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

/** Two groups with a thing of each kind, and values that a careless format would break. */
async function fill(client: pg.Client): Promise<void> {
  const nasty = 'tab\there, newline\nthere, back\\slash, \\N, \\., "quotes", 🚂 и Ж'
  await client.query(
    `insert into identity."user" (username, display_name, email) values ('anna', $1, null), ('boris', '\\N', '')`,
    [nasty],
  )
  await client.query(
    `insert into identity."group" (name, description, owner_id)
     select 'team of ' || username, $1, id from identity."user" where username is not null`,
    [nasty],
  )
  await client.query(
    `insert into identity.password (user_id, hash) select id, '$argon2id$' from identity."user" where username = 'anna'`,
  )
  await client.query(
    `insert into public.integration_connectors (company_id, provider, connector_type, config, created_by)
     select g.uuid, 'postgres', 'database', jsonb_build_object('host', 'db.example', 'note', $1::text), u.uuid
     from identity."group" g join identity."user" u on u.id = g.owner_id where not g.personal`,
    [nasty],
  )
  const { rows } = await client.query<{ id: string }>('select id from connect.connection order by id')
  for (const { id } of rows) {
    await client.query(
      'insert into connect.auth_data (connection_id, group_id, value) select id, group_id, $2 from connect.connection where id = $1',
      [id, await vault.seal({ type: 'basic', user: 'u', password: 'not in the clear' })],
    )
  }
  await client.query(
    `update connect.connection set name = 'orders\tof\\all ' || id;
     insert into transfer.queue (group_id, name, slug) select id, 'queue', slug || '-queue' from identity."group" where not personal;
     insert into transfer.transfer (group_id, name, source_connection_id, target_connection_id, queue_id, source_params, target_params)
       select c.group_id, 't', c.id, c.id, q.id, '{"table_name": "public.orders"}', '{}'
       from connect.connection c join transfer.queue q on q.group_id = c.group_id;
     insert into transfer.run (transfer_id, group_id, status, queued_at)
       select id, group_id, 'FINISHED', timestamptz '2026-01-02 03:04:05.678901+00' from transfer.transfer, generate_series(1, 500);
     insert into transfer.run_log (run_id, seq, group_id, level, message)
       select r.id, n, r.group_id, 'info', repeat(E'a line with a \\\\ and a\\ttab ', 4) || n
       from transfer.run r, generate_series(1, 20) n;
     insert into transfer.mark (transfer_id, group_id, name, value) select id, group_id, 'id', 'infinity' from transfer.transfer;
     insert into platform.timer (kind, key, due_at) values ('schedule', '1', 'infinity');
     insert into platform.event (group_id, kind, payload) select id, 'run.failed', '{"a": [null, 1.50]}' from identity."group"`,
  )
}

async function emptyDatabase(): Promise<string> {
  databases += 1
  const url = await postgres.createDatabase(`restored_${databases}`)
  const client = await postgres.connect(`restored_${databases}`)
  await client.query(
    `grant create on database restored_${databases} to crosstie_owner; grant create on schema public to crosstie_owner`,
  )
  await client.end()
  return url
}

const nameOf = (url: string) => new URL(url).pathname.slice(1)

/** A count and a hash of every table of every room, as an administrator sees them; the news of the hour stays behind. */
async function contents(database = 'crosstie'): Promise<Record<string, unknown>> {
  const client = await postgres.connect(database)
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
       where tableowner = 'crosstie_owner' and schemaname <> 'realtime' order by 1`,
    )
    const found: Record<string, unknown> = {}
    for (const { name } of tables) {
      const { rows } = await client.query(
        `select count(*), md5(string_agg(t::text, E'\\n' order by t::text collate "C")) from ${name} t`,
      )
      found[name] = rows[0]
    }
    return found
  } finally {
    await client.end()
  }
}

/** Constraints, triggers, row-level security and sequences: what a restore takes away and must put back. */
async function fittings(database: string): Promise<unknown> {
  const client = await postgres.connect(database)
  try {
    const { rows: constraints } = await client.query(
      `select conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated from pg_constraint
       where conrelid <> 0 and connamespace <> 'pg_catalog'::regnamespace order by 1, 2`,
    )
    const { rows: triggers } = await client.query(
      `select tgrelid::regclass::text, pg_get_triggerdef(oid), tgenabled from pg_trigger where not tgisinternal order by 1, 2`,
    )
    const { rows: security } = await client.query(
      `select oid::regclass::text, relrowsecurity, relforcerowsecurity from pg_class
       where relkind = 'r' and relowner = 'crosstie_owner'::regrole order by 1`,
    )
    const { rows: names } = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, sequencename) as name from pg_sequences where schemaname <> 'realtime' order by 1`,
    )
    const { rows: sequences } = await client.query(
      names
        .map(({ name }) => `select '${name}' as name, last_value + is_called::int as next from ${name}`)
        .join(' union all '),
    )
    return { constraints, triggers, security, sequences }
  } finally {
    await client.end()
  }
}

describe('a backup', () => {
  it('restored into an empty database has every row of every group, and every fitting of the tables', async () => {
    const url = await emptyDatabase()
    const restored = await restoreBackup({ url, file, migrations })
    expect(await contents(nameOf(url))).toEqual(await contents())
    expect(await fittings(nameOf(url))).toEqual(await fittings('crosstie'))
    expect(restored).toMatchObject({ header: { release: '0.1.0', key_ids: vault.kids } })
    expect(restored.rows).toBeGreaterThan(21_000)
  })

  it('holds the rows of both groups, although row-level security is forced on the owner', async () => {
    const { sections } = await verifyBackup(file)
    const rowsOf = (name: string) => sections.find((section) => section.name === name)?.rows
    expect(rowsOf('connect.auth_data')).toBe(2)
    expect(rowsOf('transfer.run')).toBe(1_000)
    expect(rowsOf('transfer.run_log')).toBe(20_000)
    expect(sections.map(({ name }) => name)).toEqual(sections.map(({ name }) => name).toSorted())
    expect(sections).toHaveLength(Object.keys(await contents()).length)
  })

  it('leaves a database in which work goes on: new ids, defaults and triggers as before', async () => {
    const url = await emptyDatabase()
    await restoreBackup({ url, file, migrations })
    const client = await postgres.connect(nameOf(url))
    await client.query(`insert into identity."user" (username) values ('clara')`)
    const { rows } = await client.query(
      `select g.slug, g.personal, s.kind from identity."group" g join identity."user" s on s.id = g.system_user_id
       where g.name = 'clara'`,
    )
    await client.end()
    expect(rows).toEqual([{ slug: 'clara', personal: true, kind: 2 }])
  })

  it('is for its owner alone to read, and has no secret in the clear', async () => {
    const { mode } = await stat(file)
    expect(mode & 0o777).toBe(0o600)
    const text = gunzipSync(await readFile(file)).toString('utf8')
    expect(text).toMatch(/^crosstie-backup 1\n\{"release":"0.1.0"/)
    expect(text).not.toContain('not in the clear')
  })

  it('sees one moment: rows written while it is made are in it all together or not at all', async () => {
    const url = await emptyDatabase()
    await migrateUp(url, migrations, '0.1.0')
    const writer = await postgres.connect(nameOf(url))
    let writing = true
    const writes = (async () => {
      for (let n = 0; writing; n += 1) {
        await writer.query(
          `with u as (insert into identity."user" (username) values ('u${n}') returning id)
           insert into identity.password (user_id, hash) select id, 'x' from u`,
        )
      }
    })()
    const made = []
    for (let n = 0; n < 5; n += 1) {
      const each = path.join(folder, `moment-${n}.backup.gz`)
      await createBackup({ url, file: each, release: '0.1.0', keyIds: [] })
      made.push(await verifyBackup(each))
    }
    writing = false
    await writes
    await writer.end()
    for (const { sections } of made) {
      const rowsOf = (name: string) => sections.find((section) => section.name === name)?.rows ?? 0
      // A signing-in user, its personal group and that group's system user come in one transaction.
      expect(rowsOf('identity.user')).toBe(rowsOf('identity.password') * 2)
      expect(rowsOf('identity.group')).toBe(rowsOf('identity.password'))
    }
    const last = path.join(folder, 'moment-4.backup.gz')
    await restoreBackup({ url: await emptyDatabase(), file: last, migrations })
  })

  it('does not write over a file, and leaves nothing behind when it cannot be written', async () => {
    const order = { url: postgres.url, release: '0.1.0', keyIds: [] }
    await expect(createBackup({ ...order, file })).rejects.toMatchObject({ code: 'backup.file_exists' })
    const nowhere = path.join(folder, 'not', 'there.backup.gz')
    await expect(createBackup({ ...order, file: nowhere })).rejects.toMatchObject({
      code: 'backup.not_written',
      message: expect.stringContaining(nowhere),
    })
    const signal = AbortSignal.abort()
    const stopped = createBackup({ ...order, file: path.join(folder, 'stopped.backup.gz'), signal })
    await expect(stopped).rejects.toMatchObject({ code: 'backup.stopped' })
    const unfinished = (await readdir(folder)).filter((name) => name.endsWith('.part'))
    expect(unfinished).toEqual([])
  })

  it('is refused when a policy could hide rows from it', async () => {
    const url = await emptyDatabase()
    await migrateUp(url, migrations, '0.1.0')
    const client = await postgres.connect(nameOf(url))
    await client.query('create policy narrow on transfer.mark as restrictive to public using (group_id > 5)')
    await client.end()
    const refused = createBackup({
      url,
      file: path.join(folder, 'hidden.backup.gz'),
      release: '0.1.0',
      keyIds: [],
    })
    await expect(refused).rejects.toMatchObject({
      code: 'backup.rows_hidden',
      message: expect.stringContaining('transfer.mark'),
    })
  })
})

describe('verifying', () => {
  it('finds every kind of damage, and names the file', async () => {
    const good = gunzipSync(await readFile(file))
    const zipped = await readFile(file)
    const text = good.toString('latin1')
    const changed = (from: string, to: string) => {
      expect(text.includes(from)).toBe(true)
      return gzipSync(Buffer.from(text.replace(from, to), 'latin1'))
    }
    const damages: Record<string, Buffer> = {
      'cut off': zipped.subarray(0, zipped.length - 2_000),
      'a flipped bit': Buffer.from(zipped.map((byte, at) => (at === zipped.length >> 1 ? byte ^ 4 : byte))),
      'another value in a row': changed('anna', 'Anna'),
      'another header': changed('"release":"0.1.0"', '"release":"0.1.1"'),
      'another name of a table': changed('"name":"transfer.mark"', '"name":"transfer.merk"'),
      'no last line': gzipSync(good.subarray(0, good.lastIndexOf('{"end"'))),
      'something after the end': gzipSync(Buffer.concat([good, Buffer.from('more')])),
      'no backup at all': Buffer.from('PK not gzip'),
      'another gzip file': gzipSync('hello\n'),
      nothing: Buffer.alloc(0),
    }
    for (const [what, bytes] of Object.entries(damages)) {
      const damaged = path.join(folder, 'damaged.gz')
      await writeFile(damaged, bytes)
      await expect(verifyBackup(damaged), what).rejects.toMatchObject({
        code: 'backup.damaged',
        message: expect.stringContaining(damaged),
      })
    }
  })

  it('says that a file cannot be read when that is the trouble', async () => {
    await expect(verifyBackup(path.join(folder, 'none'))).rejects.toMatchObject({ code: 'backup.unreadable' })
  })

  it('names the connections whose key is not at hand', async () => {
    const good = await verifyBackup(file, { kids: vault.kids, sealed: [SEALED] })
    expect(good.unopenable).toEqual([])
    const lost = await verifyBackup(file, { kids: ['another'], sealed: [SEALED] })
    expect(lost.unopenable).toEqual([
      { kid: vault.kids[0], names: ['orders\tof\\all 1', 'orders\tof\\all 2'], count: 2 },
    ])
  })
})

describe('restoring', () => {
  it('leaves a database with rows alone unless told to replace them', async () => {
    const url = await emptyDatabase()
    await migrateUp(url, migrations, '0.1.0')
    const client = await postgres.connect(nameOf(url))
    await client.query(`insert into identity."user" (username) values ('mine')`)
    const before = await contents(nameOf(url))
    await expect(restoreBackup({ url, file, migrations })).rejects.toMatchObject({
      code: 'backup.not_empty',
      message: expect.stringMatching(/identity\.user.*--replace/),
    })
    expect(await contents(nameOf(url))).toEqual(before)
    await restoreBackup({ url, file, migrations, replace: true })
    expect(await contents(nameOf(url))).toEqual(await contents())
    await client.end()
  })

  it('leaves everything as it was when the rows do not go in', async () => {
    const url = await emptyDatabase()
    await migrateUp(url, migrations, '0.1.0')
    const client = await postgres.connect(nameOf(url))
    await client.query(`
      insert into identity."user" (username) values ('mine');
      alter table transfer.run_log add constraint none check (seq < 20) not valid`)
    const [before, fitted] = [await contents(nameOf(url)), await fittings(nameOf(url))]
    const failed = restoreBackup({ url, file, migrations, replace: true })
    await expect(failed).rejects.toMatchObject({
      code: 'backup.not_restored',
      message: expect.stringContaining('transfer.run_log'),
    })
    expect(await contents(nameOf(url))).toEqual(before)
    expect(await fittings(nameOf(url))).toEqual(fitted)
    await client.end()
  })

  it('does not touch the database when the file is damaged', async () => {
    const url = await emptyDatabase()
    const damaged = path.join(folder, 'damaged-too.gz')
    const bytes = await readFile(file)
    await writeFile(damaged, bytes.subarray(0, bytes.length - 100))
    await expect(restoreBackup({ url, file: damaged, migrations })).rejects.toMatchObject({
      code: 'backup.damaged',
    })
    expect(await contents(nameOf(url))).toEqual({})
  })

  it('migrates to where the backup was made and no further; the hub then goes on from there', async () => {
    const later: Migration = {
      id: '9999_later',
      room: 'platform',
      up: `alter table platform.timer add column later text not null default 'yes'`,
      down: 'alter table platform.timer drop column later',
      checksum: 'later',
    }
    const url = await emptyDatabase()
    await restoreBackup({ url, file, migrations: [...migrations, later] })
    expect(await contents(nameOf(url))).toEqual(await contents())
    expect(await migrateUp(url, [...migrations, later], '0.2.0')).toEqual({ applied: ['9999_later'] })

    const newer = path.join(folder, backupName(new Date('2026-05-01T12:00:00Z')))
    await createBackup({ url, file: newer, release: '0.2.0', keyIds: [] })
    await expect(
      restoreBackup({ url: await emptyDatabase(), file: newer, migrations }),
    ).rejects.toMatchObject({
      code: 'backup.newer_release',
      message: expect.stringMatching(/release 0\.2\.0.*9999_later/),
    })
    await expect(
      restoreBackup({ url, file, migrations: [...migrations, later], replace: true }),
    ).rejects.toMatchObject({ code: 'backup.database_newer' })
  })

  it('brings back what a migration undid, from the backup made before it', async () => {
    const url = await emptyDatabase()
    await restoreBackup({ url, file, migrations })
    const { release } = await lastRelease(url)
    const made = await backupBefore(`undoing-${release}`, path.join(folder, 'before'), {
      url,
      release: '0.1.0',
      keyIds: [],
    })
    expect(path.basename(made.file)).toMatch(/^crosstie-\d{8}T\d{6}Z-before-undoing-0\.1\.0\.backup\.gz$/)
    await migrateDown(url, migrations)
    expect(Object.keys(await contents(nameOf(url)))).toEqual(['platform.migration'])
    await restoreBackup({ url, file: made.file, migrations })
    expect(await contents(nameOf(url))).toEqual(await contents())
  })
})

describe('a connection that is cut', () => {
  /** Runs `work` and cuts its connection to `database` as soon as it does `doing`, unless it is over before. */
  async function cutAt<R>(
    database: string,
    doing: string,
    work: Promise<R>,
  ): Promise<PromiseSettledResult<R>> {
    const admin = await postgres.connect()
    let over = false
    const settled = Promise.allSettled([work]).finally(() => (over = true))
    while (!over) {
      const { rowCount } = await admin.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = $1 and application_name = 'crosstie backup' and query ilike $2`,
        [database, doing],
      )
      if (rowCount !== null && rowCount > 0) break
    }
    await admin.end()
    const [result] = await settled
    return result
  }

  it('ends a backup with the reason, and leaves no half of it', async () => {
    for (const doing of ['begin%', 'lock table%', 'copy %run_log%']) {
      const cutOff = path.join(folder, 'cut-off.backup.gz')
      const order = { url: postgres.url, file: cutOff, release: '0.1.0', keyIds: [] }
      const made = await cutAt('crosstie', doing, createBackup(order))
      if (made.status === 'rejected') expect(made.reason).toBeInstanceOf(Fault)
      // It may have been over before the cut: then it is whole.
      else await verifyBackup(cutOff)
      await rm(cutOff, { force: true })
      expect((await readdir(folder)).filter((name) => name.includes('cut-off'))).toEqual([])
    }
  })

  it('ends a restore with the rows as they were', async () => {
    const url = await emptyDatabase()
    await migrateUp(url, migrations, '0.1.0')
    const client = await postgres.connect(nameOf(url))
    await client.query(`insert into identity."user" (username) values ('mine')`)
    await client.end()
    const [before, fitted] = [await contents(nameOf(url)), await fittings(nameOf(url))]
    for (const doing of ['truncate%', 'alter table%disable trigger%', 'copy %run_log%', '%add constraint%']) {
      const work = restoreBackup({ url, file, migrations, replace: true })
      const restored = await cutAt(nameOf(url), doing, work)
      expect(restored).toMatchObject({ status: 'rejected', reason: expect.any(Fault) })
      expect(await contents(nameOf(url))).toEqual(before)
      expect(await fittings(nameOf(url))).toEqual(fitted)
    }
    await restoreBackup({ url, file, migrations, replace: true })
    expect(await contents(nameOf(url))).toEqual(await contents())
  })
})

describe('the list of backups', () => {
  it('shows the newest first, and what is no backup as such', async () => {
    const shelf = await mkdtemp(path.join(folder, 'shelf-'))
    expect(await listBackups(path.join(shelf, 'not there'))).toEqual([])
    const order = { url: postgres.url, release: '0.1.0', keyIds: vault.kids }
    await createBackup({ ...order, file: path.join(shelf, 'b-first.backup.gz') })
    await createBackup({ ...order, file: path.join(shelf, 'a-second.backup.gz') })
    await writeFile(path.join(shelf, 'broken.backup.gz'), 'no')
    await writeFile(path.join(shelf, 'notes.txt'), 'no')
    const listed = await listBackups(shelf)
    expect(listed.map((each) => path.basename(each.file))).toEqual([
      'a-second.backup.gz',
      'b-first.backup.gz',
      'broken.backup.gz',
    ])
    expect(listed[0]).toMatchObject({ header: { release: '0.1.0', key_ids: vault.kids }, problem: null })
    expect(listed[2]).toMatchObject({ header: null, problem: expect.stringContaining('broken.backup.gz') })
  })
})
