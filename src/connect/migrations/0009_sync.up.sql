-- Connections that are kept in step: their syncs, what these found, their health, and their way in.

create table connect.sync (
  id bigint generated always as identity primary key,
  connection_id bigint not null,
  group_id bigint not null,
  "trigger" text not null check ("trigger" in ('manual', 'schedule', 'event')),
  state text not null default 'pending'
    check (state in ('pending', 'running', 'stopping', 'succeeded', 'failed', 'stopped', 'skipped')),
  scheduled_for timestamptz,
  queued_at timestamptz not null default now(),
  started_at timestamptz,
  ended_at timestamptz,
  added bigint not null default 0,
  updated bigint not null default 0,
  deleted bigint not null default 0,
  unchanged bigint not null default 0,
  progress jsonb,
  summary text,
  error jsonb,
  lease_owner uuid,
  lease_until timestamptz,
  attempts integer not null default 0,
  created_by bigint references identity."user" (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (group_id, id),
  foreign key (group_id, connection_id) references connect.connection (group_id, id) on delete cascade
);

comment on table connect.sync is 'Each try to bring what the hub knows of another system in step with it.';
comment on column connect.sync.error is '{code, message, actor}: why it failed or was skipped, and who must act.';
comment on column connect.sync.progress is '{phase, done, total}, while it runs.';
-- One at a time: one that is at work, and at most one that waits behind it.
create unique index sync_at_work on connect.sync (connection_id) where state in ('running', 'stopping');
create unique index sync_waiting on connect.sync (connection_id) where state = 'pending';
-- The last guard of a schedule: no due time starts two.
create unique index sync_scheduled on connect.sync (connection_id, scheduled_for);
create index sync_open on connect.sync (queued_at, id) where state in ('pending', 'running', 'stopping');
create index sync_of_connection on connect.sync (group_id, connection_id, id desc);
create index sync_created_by on connect.sync (created_by);

create table connect.sync_change (
  sync_id bigint not null,
  seq integer not null,
  group_id bigint not null,
  kind text not null check (kind in ('added', 'updated', 'deleted')),
  item text not null,
  note text not null default '',
  breaking boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (sync_id, seq),
  foreign key (group_id, sync_id) references connect.sync (group_id, id) on delete cascade
);
comment on table connect.sync_change is 'What a sync found changed, one line each, up to a limit.';
create index sync_change_group on connect.sync_change (group_id, sync_id, seq);

create table connect.catalog_version (
  id bigint generated always as identity primary key,
  connection_id bigint not null,
  group_id bigint not null,
  version integer not null,
  sync_id bigint,
  change text not null check (change in ('first', 'non_breaking', 'breaking')),
  hash text not null,
  tables integer not null,
  catalog jsonb not null,
  diff jsonb not null default '[]',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (connection_id, version),
  foreign key (group_id, connection_id) references connect.connection (group_id, id) on delete cascade,
  foreign key (group_id, sync_id) references connect.sync (group_id, id) on delete set null (sync_id)
);
comment on table connect.catalog_version is 'The tables and columns of a database as a sync found them; a new version only when they changed.';
create index catalog_version_group on connect.catalog_version (group_id, connection_id, version desc);
create index catalog_version_sync on connect.catalog_version (group_id, sync_id);

create table connect.file_entry (
  connection_id bigint not null,
  path text not null check (length(path) <= 4096),
  group_id bigint not null,
  size_bytes bigint not null,
  modified_at timestamptz,
  etag text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  foreign key (group_id, connection_id) references connect.connection (group_id, id) on delete cascade
);
comment on table connect.file_entry is 'The listing of a file store as the last sync found it.';
-- Paths are longer than a key of a B-tree may be; two that differ have different digests.
create unique index file_entry_path on connect.file_entry (connection_id, md5(path));
create index file_entry_group on connect.file_entry (group_id, connection_id);

create table connect.directory_entry (
  id bigint generated always as identity primary key,
  connection_id bigint not null,
  group_id bigint not null,
  kind text not null check (kind in ('department', 'person')),
  external_id varchar(256) not null,
  union_id varchar(256),
  user_id bigint references identity."user" (id) on delete set null,
  name varchar(256) not null,
  data jsonb not null default '{}',
  removed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (connection_id, kind, external_id),
  foreign key (group_id, connection_id) references connect.connection (group_id, id) on delete cascade
);
comment on table connect.directory_entry is 'Which user of the group is which person or department of a directory.';
create index directory_entry_group on connect.directory_entry (group_id, connection_id, kind);
create index directory_entry_user on connect.directory_entry (user_id);

create table connect.health (
  id bigint generated always as identity primary key,
  connection_id bigint not null unique,
  group_id bigint not null,
  state text not null default 'unknown' check (state in ('ok', 'degraded', 'broken', 'unknown')),
  code text,
  message text,
  actor text check (actor in ('you', 'provider', 'operator')),
  since timestamptz not null default now(),
  last_check_at timestamptz,
  last_ok_at timestamptz,
  consecutive_failures integer not null default 0,
  due_at timestamptz,
  lease_owner uuid,
  lease_until timestamptz,
  attempts integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  foreign key (group_id, connection_id) references connect.connection (group_id, id) on delete cascade
);
comment on table connect.health is 'How a connection fares, beside its status: checked on a schedule, on use and by hand.';
comment on column connect.health.actor is 'Who must act: whoever keeps the connection, the other system, or the operator of the hub.';
comment on column connect.health.due_at is 'When it is checked next; null: not by itself.';
create index health_due on connect.health (due_at) where due_at is not null;
create index health_group on connect.health (group_id, connection_id);

-- Only one refreshes a token at a time: the new one replaces the old, which may be good for one use only.
alter table connect.auth_data add column refresh_owner uuid, add column refresh_until timestamptz;
comment on column connect.auth_data.refresh_owner is 'Who is getting new tokens; free again when refresh_until has passed.';

alter table connect.connection add column secrets_shown jsonb not null default '{}';
comment on column connect.connection.secrets_shown is 'Which secrets are kept, and since when: {"password": {"set": true, "updated_at": …}}.';
update connect.connection c set secrets_shown = jsonb_build_object('*', jsonb_build_object('set', true, 'updated_at', a.updated_at))
from connect.auth_data a where a.connection_id = c.id;

create trigger touch before update on connect.sync for each row execute function platform.touch_updated_at();
create trigger touch before update on connect.sync_change for each row execute function platform.touch_updated_at();
create trigger touch before update on connect.catalog_version for each row execute function platform.touch_updated_at();
create trigger touch before update on connect.file_entry for each row execute function platform.touch_updated_at();
create trigger touch before update on connect.directory_entry for each row execute function platform.touch_updated_at();
create trigger touch before update on connect.health for each row execute function platform.touch_updated_at();

create function connect.make_health() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  insert into connect.health (connection_id, group_id, due_at) values (new.id, new.group_id, now() + interval '1 minute');
  return null;
end
$$;

create trigger health after insert on connect.connection for each row execute function connect.make_health();
insert into connect.health (connection_id, group_id, due_at)
select id, group_id, now() + random() * interval '15 minutes' from connect.connection;

-- A schedule may come in by SQL: its timer is set here, due at once, and whoever acts on it reckons the true time.
create function connect.plan_sync() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  place record;
begin
  select c.id, c.group_id into place from connect.connection c where c.connector_id = new.id;
  if place.id is null then return null; end if;
  if new.schedule ->> 'type' in ('interval', 'cron') then
    insert into platform.timer (kind, key, due_at, payload)
    values ('connect.schedule', place.id::text, now(), jsonb_build_object('group_id', place.group_id, 'plan', true))
    on conflict (kind, key) do update set due_at = excluded.due_at, payload = excluded.payload,
      error = null, attempts = 0, lease_owner = null, lease_until = null;
  else
    delete from platform.timer where kind = 'connect.schedule' and key = place.id::text;
  end if;
  return null;
end
$$;

-- After `companion`, which comes before it by its name: the timer bears the connection's number.
create trigger plan_made after insert on public.integration_connectors
  for each row when (new.schedule <> '{}'::jsonb) execute function connect.plan_sync();
create trigger plan_changed after update on public.integration_connectors
  for each row when (new.schedule is distinct from old.schedule) execute function connect.plan_sync();

-- An inbound call knows a connector's uuid and nothing else, before there is anybody to act for.
create function connect.hook_target(connector uuid)
  returns table (connection_id bigint, group_id bigint)
  language sql stable security definer set search_path = ''
as $$
  select c.id, c.group_id from connect.connection c where c.connector_id = connector
$$;
revoke all on function connect.hook_target(uuid) from public;
grant execute on function connect.hook_target(uuid) to crosstie_worker;

-- A directory closes and opens again those who only belong to the group; whoever signs in stays a superuser's matter.
create or replace function identity.guard_user() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if current_user = 'crosstie_app' and not identity.is_superuser()
    and (new.is_superuser, new.username, new.kind, new.home_group_id)
      is not distinct from (old.is_superuser, old.username, old.kind, old.home_group_id)
    and old.home_group_id is not null and old.kind <> 2
  then
    return new;
  end if;
  if current_user = 'crosstie_app' and not identity.is_superuser()
    and (new.is_superuser, new.status, new.username, new.kind, new.home_group_id)
      is distinct from (old.is_superuser, old.status, old.username, old.kind, old.home_group_id)
  then
    raise insufficient_privilege using message = 'only a superuser changes rights, state or name of a user';
  end if;
  return new;
end
$$;

alter table connect.sync enable row level security;
alter table connect.sync force row level security;
alter table connect.sync_change enable row level security;
alter table connect.sync_change force row level security;
alter table connect.catalog_version enable row level security;
alter table connect.catalog_version force row level security;
alter table connect.file_entry enable row level security;
alter table connect.file_entry force row level security;
alter table connect.directory_entry enable row level security;
alter table connect.directory_entry force row level security;
alter table connect.health enable row level security;
alter table connect.health force row level security;

create policy owner on connect.sync to crosstie_owner using (true) with check (true);
create policy owner on connect.sync_change to crosstie_owner using (true) with check (true);
create policy owner on connect.catalog_version to crosstie_owner using (true) with check (true);
create policy owner on connect.file_entry to crosstie_owner using (true) with check (true);
create policy owner on connect.directory_entry to crosstie_owner using (true) with check (true);
create policy owner on connect.health to crosstie_owner using (true) with check (true);
create policy worker on connect.sync to crosstie_worker using (true) with check (true);
create policy worker on connect.health to crosstie_worker using (true) with check (true);

create policy read on connect.sync for select to crosstie_app using (
  group_id = any ((select identity.caller_groups(1))::bigint[]) or (select identity.is_superuser())
);
create policy write on connect.sync to crosstie_app
  using (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()))
  with check (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()));
create policy read on connect.sync_change for select to crosstie_app using (
  group_id = any ((select identity.caller_groups(1))::bigint[]) or (select identity.is_superuser())
);
create policy write on connect.sync_change to crosstie_app
  using (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()))
  with check (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()));
create policy read on connect.catalog_version for select to crosstie_app using (
  group_id = any ((select identity.caller_groups(1))::bigint[]) or (select identity.is_superuser())
);
create policy write on connect.catalog_version to crosstie_app
  using (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()))
  with check (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()));
create policy read on connect.file_entry for select to crosstie_app using (
  group_id = any ((select identity.caller_groups(1))::bigint[]) or (select identity.is_superuser())
);
create policy write on connect.file_entry to crosstie_app
  using (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()))
  with check (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()));
create policy read on connect.directory_entry for select to crosstie_app using (
  group_id = any ((select identity.caller_groups(1))::bigint[]) or (select identity.is_superuser())
);
create policy write on connect.directory_entry to crosstie_app
  using (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()))
  with check (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()));
create policy read on connect.health for select to crosstie_app using (
  group_id = any ((select identity.caller_groups(1))::bigint[]) or (select identity.is_superuser())
);
create policy change on connect.health for update to crosstie_app
  using (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()))
  with check (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()));

grant select, insert on connect.sync, connect.sync_change, connect.catalog_version, connect.file_entry, connect.directory_entry to crosstie_app;
grant delete on connect.sync_change, connect.file_entry to crosstie_app;
grant update (state, started_at, ended_at, added, updated, deleted, unchanged, progress, summary, error, updated_at)
  on connect.sync to crosstie_app;
grant update (size_bytes, modified_at, etag, updated_at) on connect.file_entry to crosstie_app;
grant update (union_id, user_id, name, data, removed_at, updated_at) on connect.directory_entry to crosstie_app;
grant select on connect.health to crosstie_app;
grant update (state, code, message, actor, since, last_check_at, last_ok_at, consecutive_failures, due_at, updated_at)
  on connect.health to crosstie_app;
grant update (secrets_shown) on connect.connection to crosstie_app;
grant update (refresh_owner, refresh_until) on connect.auth_data to crosstie_app;
grant select (id, group_id, connection_id, state, queued_at, lease_owner, lease_until, attempts, updated_at) on connect.sync to crosstie_worker;
grant update (lease_owner, lease_until, attempts, updated_at) on connect.sync to crosstie_worker;
grant select (id, group_id, connection_id, due_at, lease_owner, lease_until, attempts, updated_at) on connect.health to crosstie_worker;
grant update (lease_owner, lease_until, attempts, updated_at) on connect.health to crosstie_worker;
