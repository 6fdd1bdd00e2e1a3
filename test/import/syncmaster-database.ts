/** A database as SyncMaster 0.3 leaves it after its migrations, and rows as its server and worker write them. */
import pg from 'pg'
import { sealFernet } from './seal-fernet.ts'

export const CRYPTO_KEY = 'UBgPTioFrtH2unlC4XFDiGf5sYfzbdSf_VgiUSaQc94='

const vector = (...parts: string[]) =>
  `search_vector tsvector not null generated always as (${parts
    .flatMap((part) => [
      `to_tsvector('simple', ${part})`,
      `to_tsvector('simple', translate(${part}, './-_:\\', '      '))`,
    ])
    .concat(`to_tsvector('russian', coalesce(name, ''))`)
    .join(' || ')}) stored`
const TIMES = 'created_at timestamptz not null default now(), updated_at timestamptz not null default now()'
const GROUP = `group_id bigint not null references "group" (id) on delete cascade`

const TABLES = `
  create extension if not exists pg_trgm;
  create table alembic_version (version_num varchar(32) primary key);
  insert into alembic_version values ('0012');
  create table "user" (
    id bigserial primary key, username varchar(256) not null, email varchar(256), first_name varchar(256),
    last_name varchar(256), middle_name varchar(256), is_superuser boolean not null, is_active boolean not null, ${TIMES});
  create unique index ix__user__username on "user" (username);
  create table "group" (
    id bigserial primary key, name varchar(128) not null unique, description varchar(512) not null,
    owner_id bigint not null references "user" (id) on delete cascade, ${TIMES},
    ${vector(`coalesce(name, '')`)});
  create table queue (
    id bigserial primary key, name varchar(128) not null, slug varchar(256) not null unique, ${GROUP},
    description varchar(512) not null, ${TIMES}, ${vector(`coalesce(name, '')`)});
  create table connection (
    id bigserial primary key, ${GROUP}, type varchar(32) not null, name varchar(128) not null,
    description varchar(512) not null, data json not null, ${TIMES},
    ${vector(`coalesce(name, '')`, `coalesce(data->>'host', '')`)}, unique (name, group_id));
  create table user_group (
    user_id bigint not null references "user" (id) on delete cascade, ${GROUP}, role varchar(255) not null,
    primary key (user_id, group_id));
  create table auth_data (
    connection_id bigint primary key references connection (id) on delete cascade, value varchar not null, ${TIMES});
  create table transfer (
    id bigserial primary key, ${GROUP}, name varchar(128) not null, description varchar(512) not null,
    source_connection_id bigint not null references connection (id) on delete cascade,
    target_connection_id bigint not null references connection (id) on delete cascade,
    strategy_params json not null, source_params json not null, target_params json not null,
    transformations json not null, resources json not null, is_scheduled boolean not null,
    schedule varchar(32) not null, queue_id bigint not null references queue (id) on delete cascade, ${TIMES},
    ${vector(`coalesce(name, '')`, `coalesce(source_params->>'table_name', '')`, `coalesce(target_params->>'table_name', '')`)},
    unique (name, group_id));
  create table run (
    id bigserial primary key, transfer_id bigint not null references transfer (id) on delete cascade,
    started_at timestamptz, ended_at timestamptz, status varchar(255) not null, type varchar(64) not null,
    log_url varchar(512), transfer_dump json not null, ${TIMES});
  create table apscheduler_jobs (id varchar(191) primary key, next_run_time float, job_state bytea not null);
`

export interface SyncMasterDatabase {
  url: string
  client: pg.Client
  drop: () => Promise<void>
}

/** An empty one, on the server of `adminUrl`. */
export async function createSyncMasterDatabase(adminUrl: string): Promise<SyncMasterDatabase> {
  const name = `syncmaster_${process.pid}_${Math.random().toString(36).slice(2, 8)}`
  const admin = new pg.Client({ connectionString: adminUrl })
  await admin.connect()
  await admin.query(`create database ${name}`)
  const url = adminUrl.replace(/\/[\w-]+(\?|$)/, `/${name}$1`)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(TABLES)
  return {
    url,
    client,
    drop: async () => {
      await client.end()
      await admin.query(`drop database ${name} with (force)`)
      await admin.end()
    },
  }
}

type Row = Record<string, unknown>

/** A row by its fields; objects become JSON, and the id comes back. */
export async function put(client: pg.Client, table: string, row: Row): Promise<number> {
  const names = Object.keys(row)
  const values = Object.values(row).map((value) =>
    typeof value === 'object' && value !== null && !(value instanceof Date) ? JSON.stringify(value) : value,
  )
  const { rows } = await client.query<Row>(
    `insert into "${table}" (${names.join(', ')}) values (${names.map((_, at) => `$${at + 1}`).join(', ')}) returning *`,
    values,
  )
  return Number(rows[0]?.id)
}

/** Credentials as its server seals them. */
export async function putAuth(
  client: pg.Client,
  connectionId: number,
  auth: Row,
  key = CRYPTO_KEY,
): Promise<void> {
  await put(client, 'auth_data', {
    connection_id: connectionId,
    value: sealFernet(JSON.stringify(auth), key),
  })
}

export const FULL = { type: 'full' }
export const RESOURCES = { max_parallel_tasks: 1, cpu_cores_per_task: 1, ram_bytes_per_task: 2 ** 30 }
