-- What an empty Crosstie database looks like after all migrations, read from its catalogs.
-- Made by scripts/schema-dump.ts; `npm run check` fails when it drifts. It is for reading, not for running:
-- the migrations in src/*/migrations are what makes a database.

create schema connect;
grant usage on schema connect to crosstie_app;
grant usage on schema connect to crosstie_worker;

create schema foreseen;
grant usage on schema foreseen to crosstie_app;
comment on schema foreseen is 'Foreseen''s tables as views, for SQL clients and BI.';

create schema hub;
grant usage on schema hub to crosstie_app;

create schema identity;
grant usage on schema identity to anon;
grant usage on schema identity to authenticated;
grant usage on schema identity to crosstie_app;
grant usage on schema identity to crosstie_auth;
grant usage on schema identity to crosstie_worker;
grant usage on schema identity to service_role;

create schema notify;
grant usage on schema notify to crosstie_app;
grant usage on schema notify to crosstie_worker;

create schema platform;
grant usage on schema platform to anon;
grant usage on schema platform to authenticated;
grant usage on schema platform to crosstie_app;
grant usage on schema platform to crosstie_auth;
grant usage on schema platform to crosstie_worker;
grant usage on schema platform to service_role;

create schema public;
grant create, usage on schema public to crosstie_owner;
grant usage on schema public to public;

create schema realtime;
grant usage on schema realtime to anon;
grant usage on schema realtime to authenticated;
grant usage on schema realtime to crosstie_app;
grant usage on schema realtime to service_role;

create schema syncmaster;
grant usage on schema syncmaster to crosstie_app;
comment on schema syncmaster is 'SyncMaster''s tables as views, for SQL clients and BI.';

create schema transfer;
grant usage on schema transfer to crosstie_app;
grant usage on schema transfer to crosstie_worker;

create table connect.auth_data (
  connection_id bigint not null,
  group_id bigint not null,
  value text not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  refresh_owner uuid,
  refresh_until timestamp with time zone,
  constraint auth_data_pkey PRIMARY KEY (connection_id),
  constraint auth_data_group_id_connection_id_fkey FOREIGN KEY (group_id, connection_id) REFERENCES connect.connection(group_id, id) ON DELETE CASCADE
);
CREATE INDEX auth_data_group ON connect.auth_data USING btree (group_id, connection_id);
CREATE TRIGGER touch BEFORE UPDATE ON connect.auth_data FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table connect.auth_data enable row level security, force row level security;
create policy owner on connect.auth_data as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy use on connect.auth_data as permissive for all to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)))
  with check (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
grant delete, insert, select on connect.auth_data to crosstie_app;
grant update (value, updated_at, refresh_owner, refresh_until) on connect.auth_data to crosstie_app;
comment on column connect.auth_data.value is 'A compact JWE over the JSON object of the credentials.';
comment on column connect.auth_data.refresh_owner is 'Who is getting new tokens; free again when refresh_until has passed.';

create table connect.catalog_version (
  id bigint generated always as identity not null,
  connection_id bigint not null,
  group_id bigint not null,
  version integer not null,
  sync_id bigint,
  change text not null,
  hash text not null,
  tables integer not null,
  catalog jsonb not null,
  diff jsonb default '[]'::jsonb not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint catalog_version_pkey PRIMARY KEY (id),
  constraint catalog_version_connection_id_version_key UNIQUE (connection_id, version),
  constraint catalog_version_change_check CHECK (change = ANY (ARRAY['first'::text, 'non_breaking'::text, 'breaking'::text])),
  constraint catalog_version_group_id_connection_id_fkey FOREIGN KEY (group_id, connection_id) REFERENCES connect.connection(group_id, id) ON DELETE CASCADE,
  constraint catalog_version_group_id_sync_id_fkey FOREIGN KEY (group_id, sync_id) REFERENCES connect.sync(group_id, id) ON DELETE SET NULL (sync_id)
);
CREATE INDEX catalog_version_group ON connect.catalog_version USING btree (group_id, connection_id, version DESC);
CREATE INDEX catalog_version_sync ON connect.catalog_version USING btree (group_id, sync_id);
CREATE TRIGGER touch BEFORE UPDATE ON connect.catalog_version FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table connect.catalog_version enable row level security, force row level security;
create policy owner on connect.catalog_version as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy read on connect.catalog_version as permissive for select to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(1) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy write on connect.catalog_version as permissive for all to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)))
  with check (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
grant insert, select on connect.catalog_version to crosstie_app;
comment on table connect.catalog_version is 'The tables and columns of a database as a sync found them; a new version only when they changed.';

create table connect.connection (
  id bigint generated always as identity not null,
  connector_id uuid not null,
  group_id bigint not null,
  name character varying(128) not null,
  description character varying(512) default ''::character varying not null,
  auth_shown jsonb,
  search_vector tsvector default ''::tsvector not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  secrets_shown jsonb default '{}'::jsonb not null,
  constraint connection_pkey PRIMARY KEY (id),
  constraint connection_connector_id_key UNIQUE (connector_id),
  constraint connection_group_id_id_key UNIQUE (group_id, id),
  constraint connection_group_id_name_key UNIQUE (group_id, name),
  constraint connection_connector_id_fkey FOREIGN KEY (connector_id) REFERENCES public.integration_connectors(id) ON DELETE CASCADE,
  constraint connection_group_id_fkey FOREIGN KEY (group_id) REFERENCES identity."group"(id) ON DELETE CASCADE
);
CREATE INDEX connection_search ON connect.connection USING gin (search_vector);
CREATE TRIGGER health AFTER INSERT ON connect.connection FOR EACH ROW EXECUTE FUNCTION connect.make_health();
CREATE TRIGGER keep BEFORE UPDATE ON connect.connection FOR EACH ROW EXECUTE FUNCTION connect.keep_connection();
CREATE TRIGGER publish_delete AFTER DELETE ON connect.connection REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION realtime.publish_connection();
CREATE TRIGGER publish_insert AFTER INSERT ON connect.connection REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION realtime.publish_connection();
CREATE TRIGGER publish_update AFTER UPDATE ON connect.connection REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION realtime.publish_connection();
CREATE TRIGGER take_connector AFTER DELETE ON connect.connection FOR EACH ROW EXECUTE FUNCTION connect.take_connector();
CREATE TRIGGER touch BEFORE UPDATE ON connect.connection FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table connect.connection enable row level security, force row level security;
create policy change on connect.connection as permissive for update to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)))
  with check (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy owner on connect.connection as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy read on connect.connection as permissive for select to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(1) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
grant select on connect.connection to crosstie_app;
grant update (name, description, auth_shown, updated_at, secrets_shown) on connect.connection to crosstie_app;
comment on table connect.connection is 'The companion of a connector: its number, name and description for /v1.';
comment on column connect.connection.auth_shown is 'What of auth_data may be read back (its type, the user); null when there are no credentials.';
comment on column connect.connection.secrets_shown is 'Which secrets are kept, and since when: {"password": {"set": true, "updated_at": …}}.';

create table connect.directory_entry (
  id bigint generated always as identity not null,
  connection_id bigint not null,
  group_id bigint not null,
  kind text not null,
  external_id character varying(256) not null,
  union_id character varying(256),
  user_id bigint,
  name character varying(256) not null,
  data jsonb default '{}'::jsonb not null,
  removed_at timestamp with time zone,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint directory_entry_pkey PRIMARY KEY (id),
  constraint directory_entry_connection_id_kind_external_id_key UNIQUE (connection_id, kind, external_id),
  constraint directory_entry_kind_check CHECK (kind = ANY (ARRAY['department'::text, 'person'::text])),
  constraint directory_entry_group_id_connection_id_fkey FOREIGN KEY (group_id, connection_id) REFERENCES connect.connection(group_id, id) ON DELETE CASCADE,
  constraint directory_entry_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity."user"(id) ON DELETE SET NULL
);
CREATE INDEX directory_entry_group ON connect.directory_entry USING btree (group_id, connection_id, kind);
CREATE INDEX directory_entry_user ON connect.directory_entry USING btree (user_id);
CREATE TRIGGER touch BEFORE UPDATE ON connect.directory_entry FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table connect.directory_entry enable row level security, force row level security;
create policy owner on connect.directory_entry as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy read on connect.directory_entry as permissive for select to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(1) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy write on connect.directory_entry as permissive for all to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)))
  with check (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
grant insert, select on connect.directory_entry to crosstie_app;
grant update (union_id, user_id, name, data, removed_at, updated_at) on connect.directory_entry to crosstie_app;
comment on table connect.directory_entry is 'Which user of the group is which person or department of a directory.';

create table connect.file_entry (
  connection_id bigint not null,
  path text not null,
  group_id bigint not null,
  size_bytes bigint not null,
  modified_at timestamp with time zone,
  etag text,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint file_entry_path_check CHECK (length(path) <= 4096),
  constraint file_entry_group_id_connection_id_fkey FOREIGN KEY (group_id, connection_id) REFERENCES connect.connection(group_id, id) ON DELETE CASCADE
);
CREATE INDEX file_entry_group ON connect.file_entry USING btree (group_id, connection_id);
CREATE UNIQUE INDEX file_entry_path ON connect.file_entry USING btree (connection_id, md5(path));
CREATE TRIGGER touch BEFORE UPDATE ON connect.file_entry FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table connect.file_entry enable row level security, force row level security;
create policy owner on connect.file_entry as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy read on connect.file_entry as permissive for select to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(1) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy write on connect.file_entry as permissive for all to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)))
  with check (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
grant delete, insert, select on connect.file_entry to crosstie_app;
grant update (size_bytes, modified_at, etag, updated_at) on connect.file_entry to crosstie_app;
comment on table connect.file_entry is 'The listing of a file store as the last sync found it.';

create table connect.health (
  id bigint generated always as identity not null,
  connection_id bigint not null,
  group_id bigint not null,
  state text default 'unknown'::text not null,
  code text,
  message text,
  actor text,
  since timestamp with time zone default now() not null,
  last_check_at timestamp with time zone,
  last_ok_at timestamp with time zone,
  consecutive_failures integer default 0 not null,
  due_at timestamp with time zone,
  lease_owner uuid,
  lease_until timestamp with time zone,
  attempts integer default 0 not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint health_pkey PRIMARY KEY (id),
  constraint health_connection_id_key UNIQUE (connection_id),
  constraint health_actor_check CHECK (actor = ANY (ARRAY['you'::text, 'provider'::text, 'operator'::text])),
  constraint health_state_check CHECK (state = ANY (ARRAY['ok'::text, 'degraded'::text, 'broken'::text, 'unknown'::text])),
  constraint health_group_id_connection_id_fkey FOREIGN KEY (group_id, connection_id) REFERENCES connect.connection(group_id, id) ON DELETE CASCADE
);
CREATE INDEX health_due ON connect.health USING btree (due_at) WHERE (due_at IS NOT NULL);
CREATE INDEX health_group ON connect.health USING btree (group_id, connection_id);
CREATE TRIGGER touch BEFORE UPDATE ON connect.health FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table connect.health enable row level security, force row level security;
create policy change on connect.health as permissive for update to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)))
  with check (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy owner on connect.health as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy read on connect.health as permissive for select to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(1) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy worker on connect.health as permissive for all to crosstie_worker
  using (true)
  with check (true);
grant select on connect.health to crosstie_app;
grant update (state, code, message, actor, since, last_check_at, last_ok_at, consecutive_failures, due_at, updated_at) on connect.health to crosstie_app;
grant select (id, connection_id, group_id, due_at, lease_owner, lease_until, attempts, updated_at) on connect.health to crosstie_worker;
grant update (lease_owner, lease_until, attempts, updated_at) on connect.health to crosstie_worker;
comment on table connect.health is 'How a connection fares, beside its status: checked on a schedule, on use and by hand.';
comment on column connect.health.actor is 'Who must act: whoever keeps the connection, the other system, or the operator of the hub.';
comment on column connect.health.due_at is 'When it is checked next; null: not by itself.';

create table connect.secret_field (
  provider character varying(50) not null,
  field text not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint secret_field_pkey PRIMARY KEY (provider, field)
);
CREATE TRIGGER touch BEFORE UPDATE ON connect.secret_field FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table connect.secret_field enable row level security, force row level security;
create policy owner on connect.secret_field as permissive for all to crosstie_owner
  using (true)
  with check (true);
comment on table connect.secret_field is 'Names that no settings may hold: by provider as its manifest marks them, and under * for every provider. The hub adds what is missing when it starts.';

create table connect.sync (
  id bigint generated always as identity not null,
  connection_id bigint not null,
  group_id bigint not null,
  trigger text not null,
  state text default 'pending'::text not null,
  scheduled_for timestamp with time zone,
  queued_at timestamp with time zone default now() not null,
  started_at timestamp with time zone,
  ended_at timestamp with time zone,
  added bigint default 0 not null,
  updated bigint default 0 not null,
  deleted bigint default 0 not null,
  unchanged bigint default 0 not null,
  progress jsonb,
  summary text,
  error jsonb,
  lease_owner uuid,
  lease_until timestamp with time zone,
  attempts integer default 0 not null,
  created_by bigint,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  forced boolean default false not null,
  constraint sync_pkey PRIMARY KEY (id),
  constraint sync_group_id_id_key UNIQUE (group_id, id),
  constraint sync_state_check CHECK (state = ANY (ARRAY['pending'::text, 'running'::text, 'stopping'::text, 'succeeded'::text, 'failed'::text, 'stopped'::text, 'skipped'::text])),
  constraint sync_trigger_check CHECK (trigger = ANY (ARRAY['manual'::text, 'schedule'::text, 'event'::text])),
  constraint sync_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity."user"(id) ON DELETE SET NULL,
  constraint sync_group_id_connection_id_fkey FOREIGN KEY (group_id, connection_id) REFERENCES connect.connection(group_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX sync_at_work ON connect.sync USING btree (connection_id) WHERE (state = ANY (ARRAY['running'::text, 'stopping'::text]));
CREATE INDEX sync_created_by ON connect.sync USING btree (created_by);
CREATE INDEX sync_of_connection ON connect.sync USING btree (group_id, connection_id, id DESC);
CREATE INDEX sync_open ON connect.sync USING btree (queued_at, id) WHERE (state = ANY (ARRAY['pending'::text, 'running'::text, 'stopping'::text]));
CREATE UNIQUE INDEX sync_scheduled ON connect.sync USING btree (connection_id, scheduled_for);
CREATE UNIQUE INDEX sync_waiting ON connect.sync USING btree (connection_id) WHERE (state = 'pending'::text);
CREATE TRIGGER touch BEFORE UPDATE ON connect.sync FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table connect.sync enable row level security, force row level security;
create policy owner on connect.sync as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy read on connect.sync as permissive for select to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(1) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy worker on connect.sync as permissive for all to crosstie_worker
  using (true)
  with check (true);
create policy write on connect.sync as permissive for all to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)))
  with check (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
grant insert, select on connect.sync to crosstie_app;
grant update (state, started_at, ended_at, added, updated, deleted, unchanged, progress, summary, error, updated_at) on connect.sync to crosstie_app;
grant select (id, connection_id, group_id, state, queued_at, lease_owner, lease_until, attempts, updated_at) on connect.sync to crosstie_worker;
grant update (lease_owner, lease_until, attempts, updated_at) on connect.sync to crosstie_worker;
comment on table connect.sync is 'Each try to bring what the hub knows of another system in step with it.';
comment on column connect.sync.progress is '{phase, done, total}, while it runs.';
comment on column connect.sync.error is '{code, message, actor}: why it failed or was skipped, and who must act.';
comment on column connect.sync.forced is 'Whoever asked for it has said that a listing without most of the people is right.';

create table connect.sync_change (
  sync_id bigint not null,
  seq integer not null,
  group_id bigint not null,
  kind text not null,
  item text not null,
  note text default ''::text not null,
  breaking boolean default false not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint sync_change_pkey PRIMARY KEY (sync_id, seq),
  constraint sync_change_kind_check CHECK (kind = ANY (ARRAY['added'::text, 'updated'::text, 'deleted'::text])),
  constraint sync_change_group_id_sync_id_fkey FOREIGN KEY (group_id, sync_id) REFERENCES connect.sync(group_id, id) ON DELETE CASCADE
);
CREATE INDEX sync_change_group ON connect.sync_change USING btree (group_id, sync_id, seq);
CREATE TRIGGER touch BEFORE UPDATE ON connect.sync_change FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table connect.sync_change enable row level security, force row level security;
create policy owner on connect.sync_change as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy read on connect.sync_change as permissive for select to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(1) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy write on connect.sync_change as permissive for all to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)))
  with check (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
grant delete, insert, select on connect.sync_change to crosstie_app;
comment on table connect.sync_change is 'What a sync found changed, one line each, up to a limit.';

create table identity.application (
  id bigint generated always as identity not null,
  user_id bigint,
  group_id bigint,
  name character varying(128) not null,
  appid character varying(63) default replace((gen_random_uuid())::text, '-'::text, ''::text) not null,
  secret_hash bytea not null,
  type text not null,
  status text default 'enabled'::text not null,
  description character varying(127) default ''::character varying not null,
  scopes text[] default '{}'::text[] not null,
  expires_at timestamp with time zone,
  used_at timestamp with time zone,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint application_pkey PRIMARY KEY (id),
  constraint application_appid_key UNIQUE (appid),
  constraint application_of_one CHECK (num_nonnulls(user_id, group_id) = 1),
  constraint application_status_check CHECK (status = ANY (ARRAY['enabled'::text, 'disabled'::text])),
  constraint application_type_check CHECK (type = ANY (ARRAY['read_only'::text, 'publish'::text, 'all'::text])),
  constraint application_group_id_fkey FOREIGN KEY (group_id) REFERENCES identity."group"(id) ON DELETE CASCADE,
  constraint application_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity."user"(id) ON DELETE CASCADE
);
CREATE INDEX application_group ON identity.application USING btree (group_id);
CREATE INDEX application_status ON identity.application USING btree (status);
CREATE INDEX application_type ON identity.application USING btree (type);
CREATE INDEX application_user ON identity.application USING btree (user_id);
CREATE TRIGGER touch BEFORE UPDATE ON identity.application FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table identity.application enable row level security, force row level security;
create policy owner on identity.application as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy read on identity.application as permissive for select to crosstie_app
  using (((user_id = ( SELECT identity.caller_id() AS caller_id)) OR (group_id = ANY (( SELECT identity.caller_groups(3) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy sign_in on identity.application as permissive for all to crosstie_auth
  using (true)
  with check (true);
create policy write on identity.application as permissive for all to crosstie_app
  using (((user_id = ( SELECT identity.caller_id() AS caller_id)) OR (group_id = ANY (( SELECT identity.caller_groups(3) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)))
  with check (((user_id = ( SELECT identity.caller_id() AS caller_id)) OR (group_id = ANY (( SELECT identity.caller_groups(3) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
grant delete, insert, select on identity.application to crosstie_app;
grant select on identity.application to crosstie_auth;
grant update (name, secret_hash, type, status, description, scopes, expires_at, updated_at) on identity.application to crosstie_app;
grant update (used_at, updated_at) on identity.application to crosstie_auth;
comment on table identity.application is 'A client with its own secret, of a user or of a group; a group''s acts as the group''s system user.';

create table identity.audit (
  id bigint generated always as identity not null,
  group_id bigint,
  actor_id bigint,
  actor_name text not null,
  action text not null,
  object_id text,
  object_name text,
  details jsonb default '{}'::jsonb not null,
  address text,
  request_id text,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint audit_pkey PRIMARY KEY (id),
  constraint audit_action_check CHECK (action ~ '^[a-z_]+\.[a-z_]+$'::text)
);
CREATE INDEX audit_actor ON identity.audit USING btree (actor_id, id DESC);
CREATE INDEX audit_created ON identity.audit USING btree (created_at);
CREATE INDEX audit_group ON identity.audit USING btree (group_id, id DESC);
alter table identity.audit enable row level security, force row level security;
create policy add on identity.audit as permissive for insert to crosstie_app
  with check ((NOT (actor_id IS DISTINCT FROM ( SELECT identity.caller_id() AS caller_id))));
create policy owner on identity.audit as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy read on identity.audit as permissive for select to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(3) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy sign_in on identity.audit as permissive for insert to crosstie_auth
  with check (true);
grant insert, select on identity.audit to crosstie_app;
grant insert on identity.audit to crosstie_auth;
comment on column identity.audit.actor_id is 'Null for an operator''s command; actor_name then says who ran it.';

create table identity."group" (
  id bigint generated always as identity not null,
  uuid uuid default gen_random_uuid() not null,
  name character varying(256) not null,
  description character varying(512) default ''::character varying not null,
  owner_id bigint not null,
  system_user_id bigint,
  slug character varying(63) not null,
  personal boolean default false not null,
  search_vector tsvector generated always as (((to_tsvector('russian'::regconfig, (name)::text) || to_tsvector('simple'::regconfig, (name)::text)) || to_tsvector('simple'::regconfig, translate((name)::text, './-_:\'::text, '      '::text)))) stored not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint group_pkey PRIMARY KEY (id),
  constraint group_slug_key UNIQUE (slug),
  constraint group_uuid_key UNIQUE (uuid),
  constraint group_slug_check CHECK (slug::text ~ '^[a-z0-9][a-z0-9._-]{0,62}$'::text),
  constraint group_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES identity."user"(id) ON DELETE CASCADE,
  constraint group_system_user_id_fkey FOREIGN KEY (system_user_id) REFERENCES identity."user"(id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX group_name ON identity."group" USING btree (name) WHERE (NOT personal);
CREATE INDEX group_owner ON identity."group" USING btree (owner_id);
CREATE UNIQUE INDEX group_personal ON identity."group" USING btree (owner_id) WHERE personal;
CREATE INDEX group_search ON identity."group" USING gin (search_vector);
CREATE INDEX group_system_user ON identity."group" USING btree (system_user_id);
CREATE TRIGGER complete BEFORE INSERT ON identity."group" FOR EACH ROW EXECUTE FUNCTION identity.complete_group();
CREATE TRIGGER keep BEFORE UPDATE ON identity."group" FOR EACH ROW EXECUTE FUNCTION identity.keep_group();
CREATE TRIGGER system_member AFTER INSERT ON identity."group" FOR EACH ROW EXECUTE FUNCTION identity.make_system_user();
CREATE TRIGGER touch BEFORE UPDATE ON identity."group" FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table identity."group" enable row level security, force row level security;
create policy add on identity."group" as permissive for insert to crosstie_app
  with check (((NOT personal) AND ((owner_id = ( SELECT identity.caller_id() AS caller_id)) OR ( SELECT identity.is_superuser() AS is_superuser))));
create policy change on identity."group" as permissive for update to crosstie_app
  using (((id = ANY (( SELECT identity.caller_groups(4) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)))
  with check (((id = ANY (( SELECT identity.caller_groups(4) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy owner on identity."group" as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy read on identity."group" as permissive for select to crosstie_app
  using (((id = ANY (( SELECT identity.caller_groups(1) AS caller_groups)::bigint[])) OR (owner_id = ( SELECT identity.caller_id() AS caller_id)) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy remove on identity."group" as permissive for delete to crosstie_app
  using (((NOT personal) AND ( SELECT identity.is_superuser() AS is_superuser)));
create policy sign_in on identity."group" as permissive for select to crosstie_auth
  using (true);
grant delete, insert, select, update on identity."group" to crosstie_app;
grant select on identity."group" to crosstie_auth;
comment on table identity."group" is 'The tenant. Each signing-in user has a personal one; its name stands outside the uniqueness of names.';

create table identity.imported (
  source text not null,
  kind text not null,
  foreign_id text not null,
  foreign_created_at timestamp with time zone,
  local_id bigint not null,
  made boolean not null,
  row_updated_at timestamp with time zone,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint imported_pkey PRIMARY KEY (source, kind, foreign_id),
  constraint imported_kind_check CHECK (kind = ANY (ARRAY['user'::text, 'group'::text, 'member'::text, 'connection'::text, 'queue'::text, 'transfer'::text, 'run'::text])),
  constraint imported_source_check CHECK (source ~ '^[a-z0-9][a-z0-9._-]{0,62}$'::text)
);
CREATE INDEX imported_local ON identity.imported USING btree (kind, local_id);
CREATE TRIGGER touch BEFORE UPDATE ON identity.imported FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table identity.imported enable row level security, force row level security;
create policy owner on identity.imported as permissive for all to crosstie_owner
  using (true)
  with check (true);
comment on table identity.imported is 'What `crosstie import` took over: the other system''s ids and ours. Operators'' commands only.';

create table identity.oidc_account (
  issuer character varying(512) not null,
  subject character varying(255) not null,
  user_id bigint not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint oidc_account_pkey PRIMARY KEY (issuer, subject),
  constraint oidc_account_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity."user"(id) ON DELETE CASCADE
);
CREATE INDEX oidc_account_user ON identity.oidc_account USING btree (user_id);
CREATE TRIGGER touch BEFORE UPDATE ON identity.oidc_account FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table identity.oidc_account enable row level security, force row level security;
create policy owner on identity.oidc_account as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy sign_in on identity.oidc_account as permissive for all to crosstie_auth
  using (true)
  with check (true);
grant delete, insert, select on identity.oidc_account to crosstie_auth;
comment on table identity.oidc_account is 'A closed user keeps its account: the same person is refused at the next sign-in, not made anew.';

create table identity.oidc_session (
  session_id bigint not null,
  value text not null,
  fresh_until timestamp with time zone not null,
  refreshing_until timestamp with time zone,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint oidc_session_pkey PRIMARY KEY (session_id),
  constraint oidc_session_session_id_fkey FOREIGN KEY (session_id) REFERENCES identity.session(id) ON DELETE CASCADE
);
CREATE TRIGGER touch BEFORE UPDATE ON identity.oidc_session FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table identity.oidc_session enable row level security, force row level security;
create policy owner on identity.oidc_session as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy sign_in on identity.oidc_session as permissive for all to crosstie_auth
  using (true)
  with check (true);
grant delete, insert, select, update on identity.oidc_session to crosstie_auth;
comment on column identity.oidc_session.value is 'Compact JWE of the provider''s refresh and ID token; the access token is not kept.';
comment on column identity.oidc_session.fresh_until is 'When the access token expires; from then on the provider is asked before the session counts.';
comment on column identity.oidc_session.refreshing_until is 'One hub refreshes at a time, for a refresh token is often good once only; a hub that dies leaves this to lapse.';

create table identity.one_time_link (
  token_hash bytea not null,
  purpose text not null,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint one_time_link_pkey PRIMARY KEY (token_hash),
  constraint one_time_link_purpose_check CHECK (purpose = 'first_superuser'::text)
);
alter table identity.one_time_link enable row level security, force row level security;
create policy owner on identity.one_time_link as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy sign_in on identity.one_time_link as permissive for all to crosstie_auth
  using (true)
  with check (true);
grant delete, insert, select, update on identity.one_time_link to crosstie_auth;

create table identity.password (
  user_id bigint not null,
  hash text not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint password_pkey PRIMARY KEY (user_id),
  constraint password_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity."user"(id) ON DELETE CASCADE
);
CREATE TRIGGER touch BEFORE UPDATE ON identity.password FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table identity.password enable row level security, force row level security;
create policy owner on identity.password as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy sign_in on identity.password as permissive for all to crosstie_auth
  using (true)
  with check (true);
grant delete, insert, select, update on identity.password to crosstie_auth;

create table identity.session (
  id bigint generated always as identity not null,
  user_id bigint not null,
  token_hash bytea not null,
  address text,
  agent character varying(256),
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint session_pkey PRIMARY KEY (id),
  constraint session_token_hash_key UNIQUE (token_hash),
  constraint session_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity."user"(id) ON DELETE CASCADE
);
CREATE INDEX session_expires ON identity.session USING btree (expires_at);
CREATE INDEX session_of_user ON identity.session USING btree (user_id);
CREATE TRIGGER touch BEFORE UPDATE ON identity.session FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table identity.session enable row level security, force row level security;
create policy owner on identity.session as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy sign_in on identity.session as permissive for all to crosstie_auth
  using (true)
  with check (true);
grant delete, insert, select, update on identity.session to crosstie_auth;

create table identity.sign_in_try (
  key bytea not null,
  count integer not null,
  ends_at timestamp with time zone not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint sign_in_try_pkey PRIMARY KEY (key)
);
CREATE INDEX sign_in_try_ends ON identity.sign_in_try USING btree (ends_at);
CREATE TRIGGER touch BEFORE UPDATE ON identity.sign_in_try FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table identity.sign_in_try enable row level security, force row level security;
create policy owner on identity.sign_in_try as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy sign_in on identity.sign_in_try as permissive for all to crosstie_auth
  using (true)
  with check (true);
grant delete, insert, select, update on identity.sign_in_try to crosstie_auth;
comment on table identity.sign_in_try is 'Tries of the window that is running, per address and per name. Keys are hashes: what was typed as a name may have been a password.';

create table identity."user" (
  id bigint generated always as identity not null,
  uuid uuid default gen_random_uuid() not null,
  kind smallint default 0 not null,
  username character varying(256),
  display_name character varying(256) default ''::character varying not null,
  email character varying(256),
  first_name character varying(256),
  last_name character varying(256),
  middle_name character varying(256),
  is_superuser boolean default false not null,
  status text default 'active'::text not null,
  is_active boolean generated always as ((status = 'active'::text)) stored not null,
  home_group_id bigint,
  sessions_valid_from timestamp with time zone,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint user_pkey PRIMARY KEY (id),
  constraint user_username_key UNIQUE (username),
  constraint user_uuid_key UNIQUE (uuid),
  constraint superuser_signs_in CHECK (NOT is_superuser OR username IS NOT NULL),
  constraint user_kind_check CHECK (kind = ANY (ARRAY[0, 1, 2])),
  constraint user_signs_in_or_has_home CHECK ((username IS NULL) = (home_group_id IS NOT NULL)),
  constraint user_status_check CHECK (status = ANY (ARRAY['pending'::text, 'active'::text, 'forbidden'::text])),
  constraint user_username_check CHECK (username::text <> ''::text),
  constraint user_home_group_id_fkey FOREIGN KEY (home_group_id) REFERENCES identity."group"(id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX user_display_name ON identity."user" USING btree (home_group_id, display_name) WHERE ((home_group_id IS NOT NULL) AND (kind <> 2));
CREATE INDEX user_email ON identity."user" USING btree (email);
CREATE INDEX user_home_group ON identity."user" USING btree (home_group_id, display_name) WHERE (home_group_id IS NOT NULL);
CREATE INDEX user_username_trgm ON identity."user" USING gin (username public.gin_trgm_ops);
CREATE TRIGGER guard BEFORE UPDATE ON identity."user" FOR EACH ROW EXECUTE FUNCTION identity.guard_user();
CREATE TRIGGER personal_group AFTER INSERT ON identity."user" FOR EACH ROW WHEN ((new.username IS NOT NULL)) EXECUTE FUNCTION identity.make_personal_group();
CREATE TRIGGER reassign_authors BEFORE DELETE ON identity."user" FOR EACH ROW EXECUTE FUNCTION connect.reassign_authors();
CREATE TRIGGER touch BEFORE UPDATE ON identity."user" FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table identity."user" enable row level security, force row level security;
create policy add on identity."user" as permissive for insert to crosstie_app
  with check ((( SELECT identity.is_superuser() AS is_superuser) OR (home_group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[]))));
create policy change on identity."user" as permissive for update to crosstie_app
  using ((( SELECT identity.is_superuser() AS is_superuser) OR (id = ( SELECT identity.caller_id() AS caller_id)) OR (home_group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[]))))
  with check ((( SELECT identity.is_superuser() AS is_superuser) OR (id = ( SELECT identity.caller_id() AS caller_id)) OR (home_group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[]))));
create policy owner on identity."user" as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy read on identity."user" as permissive for select to crosstie_app
  using ((((home_group_id IS NULL) AND (( SELECT identity.caller_id() AS caller_id) IS NOT NULL)) OR (home_group_id = ANY (( SELECT identity.caller_groups(1) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy remove on identity."user" as permissive for delete to crosstie_app
  using (((home_group_id = ANY (( SELECT identity.caller_groups(3) AS caller_groups)::bigint[])) AND (kind <> 2)));
create policy sign_in on identity."user" as permissive for all to crosstie_auth
  using (true)
  with check (true);
grant delete, insert, select, update on identity."user" to crosstie_app;
grant insert, select on identity."user" to crosstie_auth;
comment on table identity."user" is 'A person (kind 0), a group of recipients (1) or a system (2).';
comment on column identity."user".home_group_id is 'Set for those that only receive or act for a group: they show to that group alone.';
comment on column identity."user".sessions_valid_from is 'Every token and session issued before it is refused; null until used.';

create table identity.user_group (
  id bigint generated always as identity not null,
  user_id bigint not null,
  group_id bigint not null,
  role_id character varying(255) not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint user_group_pkey PRIMARY KEY (user_id, group_id),
  constraint user_group_id_key UNIQUE (id),
  constraint user_group_role_id_check CHECK (role_id::text = ANY (ARRAY['guest'::character varying, 'developer'::character varying, 'maintainer'::character varying]::text[])),
  constraint user_group_group_id_fkey FOREIGN KEY (group_id) REFERENCES identity."group"(id) ON DELETE CASCADE,
  constraint user_group_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity."user"(id) ON DELETE CASCADE
);
CREATE INDEX user_group_group ON identity.user_group USING btree (group_id, user_id);
CREATE TRIGGER keep BEFORE INSERT OR UPDATE ON identity.user_group FOR EACH ROW EXECUTE FUNCTION identity.keep_membership();
CREATE TRIGGER touch BEFORE UPDATE ON identity.user_group FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table identity.user_group enable row level security, force row level security;
create policy add on identity.user_group as permissive for insert to crosstie_app
  with check (((group_id = ANY (( SELECT identity.caller_groups(4) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy change on identity.user_group as permissive for update to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(4) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)))
  with check (((group_id = ANY (( SELECT identity.caller_groups(4) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy owner on identity.user_group as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy read on identity.user_group as permissive for select to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(1) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy remove on identity.user_group as permissive for delete to crosstie_app
  using (((user_id = ( SELECT identity.caller_id() AS caller_id)) OR (group_id = ANY (( SELECT identity.caller_groups(4) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy sign_in on identity.user_group as permissive for select to crosstie_auth
  using (true);
grant delete, insert, select on identity.user_group to crosstie_app;
grant select on identity.user_group to crosstie_auth;
grant update (role_id, updated_at) on identity.user_group to crosstie_app;
comment on table identity.user_group is 'Members. The owner stands in group.owner_id alone.';

create table notify.account (
  id bigint generated always as identity not null,
  group_id bigint not null,
  connection_id bigint not null,
  user_id bigint not null,
  account character varying(512) not null,
  status text default 'active'::text not null,
  error text,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint account_pkey PRIMARY KEY (id),
  constraint account_connection_id_user_id_account_key UNIQUE (connection_id, user_id, account),
  constraint account_group_id_id_key UNIQUE (group_id, id),
  constraint account_account_check CHECK (account::text <> ''::text),
  constraint account_status_check CHECK (status = ANY (ARRAY['active'::text, 'broken'::text])),
  constraint account_group_id_connection_id_fkey FOREIGN KEY (group_id, connection_id) REFERENCES connect.connection(group_id, id) ON DELETE CASCADE,
  constraint account_group_id_fkey FOREIGN KEY (group_id) REFERENCES identity."group"(id) ON DELETE CASCADE,
  constraint account_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity."user"(id) ON DELETE CASCADE
);
CREATE INDEX account_connection ON notify.account USING btree (group_id, connection_id);
CREATE INDEX account_user ON notify.account USING btree (user_id);
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OF user_id ON notify.account FOR EACH ROW EXECUTE FUNCTION notify.guard_user();
CREATE TRIGGER touch BEFORE UPDATE ON notify.account FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table notify.account enable row level security, force row level security;
create policy add on notify.account as permissive for insert to crosstie_app
  with check (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy change on notify.account as permissive for update to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)))
  with check (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy owner on notify.account as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy read on notify.account as permissive for select to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(1) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy remove on notify.account as permissive for delete to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(3) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
grant delete, insert, select on notify.account to crosstie_app;
grant update (account, status, error, updated_at) on notify.account to crosstie_app;
comment on table notify.account is 'What a user of the group is called at another system: where messages for this user go there.';
comment on column notify.account.status is 'broken: the other system refused it for good; nothing is sent there until somebody mends it.';

create table notify.inbox (
  id bigint generated always as identity not null,
  group_id bigint not null,
  user_id bigint not null,
  task_id bigint,
  title text default ''::text not null,
  content text not null,
  format text default 'markdown'::text not null,
  level text default 'info'::text not null,
  read_at timestamp with time zone,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint inbox_pkey PRIMARY KEY (id),
  constraint inbox_format_check CHECK (format = ANY (ARRAY['markdown'::text, 'plain'::text])),
  constraint inbox_group_id_fkey FOREIGN KEY (group_id) REFERENCES identity."group"(id) ON DELETE CASCADE,
  constraint inbox_group_id_task_id_fkey FOREIGN KEY (group_id, task_id) REFERENCES notify.task(group_id, id) ON DELETE SET NULL (task_id),
  constraint inbox_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity."user"(id) ON DELETE CASCADE
);
CREATE INDEX inbox_created ON notify.inbox USING btree (created_at);
CREATE INDEX inbox_task ON notify.inbox USING btree (group_id, task_id);
CREATE INDEX inbox_unread ON notify.inbox USING btree (user_id) WHERE (read_at IS NULL);
CREATE INDEX inbox_user ON notify.inbox USING btree (user_id, id DESC);
CREATE TRIGGER guard BEFORE INSERT ON notify.inbox FOR EACH ROW EXECUTE FUNCTION notify.guard_user();
CREATE TRIGGER touch BEFORE UPDATE ON notify.inbox FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table notify.inbox enable row level security, force row level security;
create policy add on notify.inbox as permissive for insert to crosstie_app
  with check (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy change on notify.inbox as permissive for update to crosstie_app
  using ((user_id = ( SELECT identity.caller_id() AS caller_id)))
  with check ((user_id = ( SELECT identity.caller_id() AS caller_id)));
create policy owner on notify.inbox as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy read on notify.inbox as permissive for select to crosstie_app
  using (((user_id = ( SELECT identity.caller_id() AS caller_id)) AND ((group_id = ANY (( SELECT identity.caller_groups(1) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser))));
grant insert, select on notify.inbox to crosstie_app;
grant update (read_at, updated_at) on notify.inbox to crosstie_app;
comment on table notify.inbox is 'What the hub itself tells a user: private to that user.';

create table notify.message (
  id bigint generated always as identity not null,
  group_id bigint not null,
  template_id bigint,
  argument jsonb default '{}'::jsonb not null,
  title text default ''::text not null,
  content text not null,
  format text default 'markdown'::text not null,
  level text default 'info'::text not null,
  idempotency_key character varying(255),
  request_hash bytea,
  created_by bigint,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint message_pkey PRIMARY KEY (id),
  constraint message_group_id_id_key UNIQUE (group_id, id),
  constraint message_group_id_idempotency_key_key UNIQUE (group_id, idempotency_key),
  constraint message_format_check CHECK (format = ANY (ARRAY['markdown'::text, 'plain'::text])),
  constraint message_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity."user"(id) ON DELETE SET NULL,
  constraint message_group_id_fkey FOREIGN KEY (group_id) REFERENCES identity."group"(id) ON DELETE CASCADE,
  constraint message_group_id_template_id_fkey FOREIGN KEY (group_id, template_id) REFERENCES notify.template(group_id, id) ON DELETE SET NULL (template_id)
);
CREATE INDEX message_created ON notify.message USING btree (created_at);
CREATE INDEX message_created_by ON notify.message USING btree (created_by);
CREATE INDEX message_template ON notify.message USING btree (group_id, template_id) WHERE (template_id IS NOT NULL);
CREATE TRIGGER touch BEFORE UPDATE ON notify.message FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table notify.message enable row level security, force row level security;
create policy add on notify.message as permissive for insert to crosstie_app
  with check (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy owner on notify.message as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy read on notify.message as permissive for select to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
grant insert, select on notify.message to crosstie_app;
comment on table notify.message is 'What was asked to be sent, as it was rendered. The same idempotency key is the same message.';

create table notify.pace (
  group_id bigint not null,
  connection_id bigint not null,
  target text not null,
  next_at timestamp with time zone not null,
  blocked_until timestamp with time zone,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint pace_pkey PRIMARY KEY (connection_id, target),
  constraint pace_group_id_connection_id_fkey FOREIGN KEY (group_id, connection_id) REFERENCES connect.connection(group_id, id) ON DELETE CASCADE,
  constraint pace_group_id_fkey FOREIGN KEY (group_id) REFERENCES identity."group"(id) ON DELETE CASCADE
);
CREATE INDEX pace_group ON notify.pace USING btree (group_id, connection_id);
CREATE INDEX pace_next ON notify.pace USING btree (next_at);
CREATE TRIGGER touch BEFORE UPDATE ON notify.pace FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table notify.pace enable row level security, force row level security;
create policy owner on notify.pace as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy pace on notify.pace as permissive for all to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)))
  with check (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
grant insert, select on notify.pace to crosstie_app;
grant update (next_at, blocked_until, updated_at) on notify.pace to crosstie_app;
comment on table notify.pace is 'How far ahead the turns under a rate limit are given away, per connection and per address.';

create table notify.task (
  id bigint generated always as identity not null,
  group_id bigint not null,
  message_id bigint not null,
  client_id bigint,
  connection_id bigint,
  user_id bigint,
  account_id bigint,
  template_id bigint,
  address text,
  status smallint default 0 not null,
  priority smallint default 1 not null,
  send_at timestamp with time zone,
  due_at timestamp with time zone default now(),
  paced_at timestamp with time zone,
  lease_owner uuid,
  lease_until timestamp with time zone,
  attempts integer default 0 not null,
  parts_sent integer default 0 not null,
  dedup uuid default gen_random_uuid() not null,
  receipt text,
  answer text,
  error jsonb,
  done_at timestamp with time zone,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint task_pkey PRIMARY KEY (id),
  constraint task_group_id_id_key UNIQUE (group_id, id),
  constraint task_priority_check CHECK (priority = ANY (ARRAY[0, 1, 2, 3])),
  constraint task_status_check CHECK (status = ANY (ARRAY[0, 1, 2, 3])),
  constraint task_group_id_account_id_fkey FOREIGN KEY (group_id, account_id) REFERENCES notify.account(group_id, id) ON DELETE SET NULL (account_id),
  constraint task_group_id_connection_id_fkey FOREIGN KEY (group_id, connection_id) REFERENCES connect.connection(group_id, id) ON DELETE CASCADE,
  constraint task_group_id_fkey FOREIGN KEY (group_id) REFERENCES identity."group"(id) ON DELETE CASCADE,
  constraint task_group_id_message_id_fkey FOREIGN KEY (group_id, message_id) REFERENCES notify.message(group_id, id) ON DELETE CASCADE,
  constraint task_group_id_template_id_fkey FOREIGN KEY (group_id, template_id) REFERENCES notify.template(group_id, id) ON DELETE SET NULL (template_id),
  constraint task_user_id_fkey FOREIGN KEY (user_id) REFERENCES identity."user"(id) ON DELETE CASCADE
);
CREATE INDEX task_account ON notify.task USING btree (group_id, account_id) WHERE (account_id IS NOT NULL);
CREATE INDEX task_batch ON notify.task USING btree (connection_id, client_id, template_id);
CREATE INDEX task_claim ON notify.task USING btree (priority DESC, due_at, id) WHERE (due_at IS NOT NULL);
CREATE INDEX task_connection ON notify.task USING btree (group_id, connection_id);
CREATE INDEX task_due ON notify.task USING btree (due_at) WHERE (due_at IS NOT NULL);
CREATE INDEX task_failed ON notify.task USING btree (group_id, id) WHERE (status = 3);
CREATE INDEX task_leased ON notify.task USING btree (lease_until) WHERE (lease_until IS NOT NULL);
CREATE INDEX task_message ON notify.task USING btree (group_id, message_id);
CREATE INDEX task_template ON notify.task USING btree (group_id, template_id) WHERE (template_id IS NOT NULL);
CREATE INDEX task_user ON notify.task USING btree (user_id);
CREATE TRIGGER follow_lease BEFORE UPDATE ON notify.task FOR EACH ROW WHEN ((new.lease_owner IS DISTINCT FROM old.lease_owner)) EXECUTE FUNCTION notify.follow_lease();
CREATE TRIGGER touch BEFORE UPDATE ON notify.task FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table notify.task enable row level security, force row level security;
create policy add on notify.task as permissive for insert to crosstie_app
  with check (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy change on notify.task as permissive for update to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)))
  with check (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy owner on notify.task as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy read on notify.task as permissive for select to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(1) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy worker on notify.task as permissive for all to crosstie_worker
  using (true)
  with check (true);
grant insert, select on notify.task to crosstie_app;
grant update (status, due_at, paced_at, lease_owner, lease_until, attempts, parts_sent, dedup, receipt, answer, error, done_at, updated_at) on notify.task to crosstie_app;
grant select (id, group_id, status, priority, due_at, lease_owner, lease_until, attempts, updated_at) on notify.task to crosstie_worker;
grant update (lease_owner, lease_until, attempts, updated_at) on notify.task to crosstie_worker;
comment on table notify.task is 'One message to one place: the queue, and the book of what became of it.';
comment on column notify.task.client_id is 'The application that sent it; no key, for what was sent stays readable when that is gone.';
comment on column notify.task.connection_id is 'Null: the inbox of the hub.';
comment on column notify.task.address is 'Where it goes, when no account says it.';
comment on column notify.task.status is '0 pending, 1 processing, 2 done, 3 failed.';
comment on column notify.task.priority is '0 low, 1 normal, 2 high, 3 critical.';
comment on column notify.task.due_at is 'When it is tried next; null: it is over.';
comment on column notify.task.paced_at is 'It has waited for its turn under a rate limit, and need not ask again.';
comment on column notify.task.dedup is 'The same over retries, for providers that leave out what they have seen.';
comment on column notify.task.error is '{code, message, blame}: why it failed, or why it is tried again.';

create table notify.template (
  id bigint generated always as identity not null,
  group_id bigint not null,
  name character varying(255) not null,
  title character varying(512) default ''::character varying not null,
  content text not null,
  arguments jsonb default '{}'::jsonb not null,
  syntax text not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint template_pkey PRIMARY KEY (id),
  constraint template_group_id_id_key UNIQUE (group_id, id),
  constraint template_group_id_name_key UNIQUE (group_id, name),
  constraint template_arguments_check CHECK (jsonb_typeof(arguments) = 'object'::text),
  constraint template_name_check CHECK (name::text <> ''::text),
  constraint template_syntax_check CHECK (syntax = ANY (ARRAY['foreseen'::text, 'liquid'::text])),
  constraint template_group_id_fkey FOREIGN KEY (group_id) REFERENCES identity."group"(id) ON DELETE CASCADE
);
CREATE TRIGGER touch BEFORE UPDATE ON notify.template FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table notify.template enable row level security, force row level security;
create policy add on notify.template as permissive for insert to crosstie_app
  with check (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy change on notify.template as permissive for update to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)))
  with check (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy owner on notify.template as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy read on notify.template as permissive for select to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(1) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy remove on notify.template as permissive for delete to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(3) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
grant delete, insert, select on notify.template to crosstie_app;
grant update (name, title, content, arguments, syntax, updated_at) on notify.template to crosstie_app;
comment on table notify.template is 'What is said, with places for arguments.';
comment on column notify.template.arguments is 'Defaults of the arguments, and samples for the preview.';

create table platform.event (
  id bigint generated always as identity not null,
  uuid uuid default gen_random_uuid() not null,
  group_id bigint,
  kind text not null,
  key text,
  payload jsonb default '{}'::jsonb not null,
  handled_at timestamp with time zone,
  failed_at timestamp with time zone,
  error text,
  lease_owner uuid,
  lease_until timestamp with time zone,
  attempts integer default 0 not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint event_pkey PRIMARY KEY (id),
  constraint event_kind_key_key UNIQUE (kind, key),
  constraint event_kind_check CHECK (kind ~ '^[a-z_]+\.[a-z_]+$'::text)
);
CREATE INDEX event_claim ON platform.event USING btree (kind, id) WHERE ((handled_at IS NULL) AND (failed_at IS NULL));
CREATE INDEX event_group ON platform.event USING btree (group_id, kind, id);
CREATE INDEX event_leased ON platform.event USING btree (lease_until) WHERE (lease_until IS NOT NULL);
CREATE TRIGGER touch BEFORE UPDATE ON platform.event FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table platform.event enable row level security, force row level security;
create policy add on platform.event as permissive for insert to crosstie_app
  with check (((group_id IS NULL) OR (group_id = ANY (( SELECT identity.caller_groups(1) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy owner on platform.event as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy read on platform.event as permissive for select to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(3) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy worker on platform.event as permissive for all to crosstie_worker
  using (true)
  with check (true);
grant insert, select on platform.event to crosstie_app;
grant delete, select, update on platform.event to crosstie_worker;
comment on table platform.event is 'What happened, for rules and handlers; a handler is done once by (kind, key).';

create table platform.migration (
  id text not null,
  room text not null,
  checksum text not null,
  release text not null,
  applied_at timestamp with time zone default now() not null,
  constraint migration_pkey PRIMARY KEY (id)
);
alter table platform.migration disable row level security;

create table platform.timer (
  id bigint generated always as identity not null,
  kind text not null,
  key text not null,
  due_at timestamp with time zone not null,
  payload jsonb default '{}'::jsonb not null,
  error text,
  lease_owner uuid,
  lease_until timestamp with time zone,
  attempts integer default 0 not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint timer_pkey PRIMARY KEY (id),
  constraint timer_kind_key_key UNIQUE (kind, key)
);
CREATE INDEX timer_due ON platform.timer USING btree (due_at);
CREATE TRIGGER touch BEFORE UPDATE ON platform.timer FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table platform.timer enable row level security, force row level security;
create policy app_timer on platform.timer as permissive for all to crosstie_app
  using (true)
  with check (true);
create policy owner on platform.timer as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy worker on platform.timer as permissive for all to crosstie_worker
  using (true)
  with check (true);
grant delete, insert, select, update on platform.timer to crosstie_app;
grant delete, insert, select, update on platform.timer to crosstie_worker;
comment on table platform.timer is 'What is due when: schedules, expiry, reminders, retention.';
comment on policy app_timer on platform.timer is 'Timers hold keys and times, no tenant''s data; a room sets them in the transaction that changes what they are for.';

create table public.integration_connectors (
  id uuid default gen_random_uuid() not null,
  company_id uuid not null,
  provider character varying(50) not null,
  connector_type character varying(30) not null,
  status character varying(20) default 'inactive'::character varying not null,
  config jsonb default '{}'::jsonb not null,
  schedule jsonb default '{}'::jsonb not null,
  last_synced_at timestamp with time zone,
  created_by uuid not null,
  updated_by uuid,
  created_at timestamp with time zone default CURRENT_TIMESTAMP not null,
  updated_at timestamp with time zone default CURRENT_TIMESTAMP not null,
  constraint integration_connectors_pkey PRIMARY KEY (id),
  constraint integration_connectors_company_id_fkey FOREIGN KEY (company_id) REFERENCES identity."group"(uuid) ON DELETE CASCADE,
  constraint integration_connectors_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity."user"(uuid),
  constraint integration_connectors_updated_by_fkey FOREIGN KEY (updated_by) REFERENCES identity."user"(uuid)
);
CREATE INDEX idx_integration_connectors_company_id ON public.integration_connectors USING btree (company_id);
CREATE INDEX integration_connectors_created_by ON public.integration_connectors USING btree (created_by);
CREATE INDEX integration_connectors_updated_by ON public.integration_connectors USING btree (updated_by);
CREATE TRIGGER companion AFTER INSERT ON public.integration_connectors FOR EACH ROW EXECUTE FUNCTION connect.make_companion();
CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON public.integration_connectors FOR EACH ROW EXECUTE FUNCTION connect.guard_authors();
CREATE TRIGGER keep BEFORE UPDATE ON public.integration_connectors FOR EACH ROW EXECUTE FUNCTION connect.keep_connector();
CREATE TRIGGER plan_changed AFTER UPDATE ON public.integration_connectors FOR EACH ROW WHEN ((new.schedule IS DISTINCT FROM old.schedule)) EXECUTE FUNCTION connect.plan_sync();
CREATE TRIGGER plan_made AFTER INSERT ON public.integration_connectors FOR EACH ROW WHEN ((new.schedule <> '{}'::jsonb)) EXECUTE FUNCTION connect.plan_sync();
CREATE TRIGGER publish_delete AFTER DELETE ON public.integration_connectors REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION realtime.publish_connector();
CREATE TRIGGER publish_insert AFTER INSERT ON public.integration_connectors REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION realtime.publish_connector();
CREATE TRIGGER publish_update AFTER UPDATE ON public.integration_connectors REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION realtime.publish_connector();
CREATE TRIGGER refuse_secrets BEFORE INSERT OR UPDATE OF provider, config ON public.integration_connectors FOR EACH ROW EXECUTE FUNCTION connect.refuse_secrets();
CREATE TRIGGER touch BEFORE UPDATE ON public.integration_connectors FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table public.integration_connectors enable row level security, force row level security;
create policy "Connectors manageable by admins" on public.integration_connectors as permissive for all to anon, authenticated
  using (((company_id = ( SELECT public.current_company_id() AS current_company_id)) AND ( SELECT public.has_role('Vibot.admin'::text) AS has_role)))
  with check (((company_id = ( SELECT public.current_company_id() AS current_company_id)) AND ( SELECT public.has_role('Vibot.admin'::text) AS has_role)));
create policy "Connectors readable within company" on public.integration_connectors as permissive for select to anon, authenticated
  using ((company_id = ( SELECT public.current_company_id() AS current_company_id)));
create policy add on public.integration_connectors as permissive for insert to crosstie_app
  with check (((company_id = ANY (( SELECT connect.caller_companies(2) AS caller_companies)::uuid[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy change on public.integration_connectors as permissive for update to crosstie_app
  using (((company_id = ANY (( SELECT connect.caller_companies(2) AS caller_companies)::uuid[])) OR ( SELECT identity.is_superuser() AS is_superuser)))
  with check (((company_id = ANY (( SELECT connect.caller_companies(2) AS caller_companies)::uuid[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy owner on public.integration_connectors as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy read on public.integration_connectors as permissive for select to crosstie_app
  using (((company_id = ANY (( SELECT connect.caller_companies(1) AS caller_companies)::uuid[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy remove on public.integration_connectors as permissive for delete to crosstie_app
  using (((company_id = ANY (( SELECT connect.caller_companies(3) AS caller_companies)::uuid[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy service on public.integration_connectors as permissive for all to service_role
  using (COALESCE((company_id = ( SELECT public.current_company_id() AS current_company_id)), (( SELECT public.current_company_id() AS current_company_id) IS NULL)))
  with check (COALESCE((company_id = ( SELECT public.current_company_id() AS current_company_id)), (( SELECT public.current_company_id() AS current_company_id) IS NULL)));
grant delete, insert, select, update on public.integration_connectors to anon;
grant delete, insert, select, update on public.integration_connectors to authenticated;
grant delete, insert, select, update on public.integration_connectors to crosstie_app;
grant delete, insert, select, update on public.integration_connectors to service_role;
comment on table public.integration_connectors is '连接器定义';
comment on column public.integration_connectors.id is '连接器唯一标识';
comment on column public.integration_connectors.company_id is '所属公司';
comment on column public.integration_connectors.provider is '服务商（dingtalk、mysql 等）';
comment on column public.integration_connectors.connector_type is '模式（webhook、database、file 等）';
comment on column public.integration_connectors.status is '状态';
comment on column public.integration_connectors.config is '非敏感配置';
comment on column public.integration_connectors.schedule is '调度设置';
comment on column public.integration_connectors.last_synced_at is '最近同步时间';
comment on column public.integration_connectors.created_by is '创建人';
comment on column public.integration_connectors.updated_by is '更新人';
comment on column public.integration_connectors.created_at is '创建时间';
comment on column public.integration_connectors.updated_at is '更新时间';

create table realtime.change (
  id bigint generated always as identity not null,
  company_id uuid not null,
  schema_name text not null,
  table_name text not null,
  type text not null,
  record jsonb,
  old_record jsonb default '{}'::jsonb not null,
  errors text[],
  xid xid8 default pg_current_xact_id() not null,
  created_at timestamp with time zone default clock_timestamp() not null,
  updated_at timestamp with time zone default clock_timestamp() not null,
  constraint change_pkey PRIMARY KEY (id),
  constraint change_type_check CHECK (type = ANY (ARRAY['INSERT'::text, 'UPDATE'::text, 'DELETE'::text]))
);
CREATE INDEX change_company ON realtime.change USING btree (company_id, id);
CREATE INDEX change_created ON realtime.change USING btree (created_at);
CREATE INDEX change_xid ON realtime.change USING btree (xid);
CREATE TRIGGER cut BEFORE INSERT ON realtime.change FOR EACH ROW EXECUTE FUNCTION realtime.cut_record();
CREATE TRIGGER tell AFTER INSERT ON realtime.change REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION realtime.tell();
alter table realtime.change enable row level security, force row level security;
create policy document on realtime.change as permissive for select to anon, authenticated
  using (((schema_name = 'public'::text) AND (table_name = 'integration_connectors'::text) AND (company_id = ( SELECT public.current_company_id() AS current_company_id))));
create policy member on realtime.change as permissive for select to crosstie_app
  using (((company_id = ANY (( SELECT connect.caller_companies(1) AS caller_companies)::uuid[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy owner on realtime.change as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy service on realtime.change as permissive for select to service_role
  using (((schema_name = 'public'::text) AND (table_name = 'integration_connectors'::text) AND COALESCE((company_id = ( SELECT public.current_company_id() AS current_company_id)), (( SELECT public.current_company_id() AS current_company_id) IS NULL))));
grant select on realtime.change to anon;
grant select on realtime.change to authenticated;
grant select on realtime.change to crosstie_app;
grant select on realtime.change to service_role;
comment on table realtime.change is 'What changed in the tables that are open to realtime, as its readers may see it. The tenant stands in the row, so that a delete is judged, too.';
comment on column realtime.change.old_record is 'The key alone: what a row held before is nobody''s to read any more.';
comment on column realtime.change.xid is 'The transaction: with a snapshot it tells what came since, also from a transaction that began early and ended late.';

create table transfer.mark (
  transfer_id bigint not null,
  group_id bigint not null,
  name character varying(512) not null,
  value text not null,
  run_id bigint,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint mark_pkey PRIMARY KEY (transfer_id),
  constraint mark_group_id_transfer_id_fkey FOREIGN KEY (group_id, transfer_id) REFERENCES transfer.transfer(group_id, id) ON DELETE CASCADE
);
CREATE INDEX mark_group ON transfer.mark USING btree (group_id, transfer_id);
CREATE TRIGGER keep BEFORE UPDATE ON transfer.mark FOR EACH ROW EXECUTE FUNCTION transfer.keep_group();
CREATE TRIGGER touch BEFORE UPDATE ON transfer.mark FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table transfer.mark enable row level security, force row level security;
create policy owner on transfer.mark as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy read on transfer.mark as permissive for select to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(1) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy write on transfer.mark as permissive for all to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)))
  with check (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
grant delete, insert, select, update on transfer.mark to crosstie_app;

create table transfer.queue (
  id bigint generated always as identity not null,
  group_id bigint not null,
  name character varying(128) not null,
  slug character varying(256) not null,
  description character varying(512) default ''::character varying not null,
  search_vector tsvector generated always as (((to_tsvector('russian'::regconfig, (name)::text) || to_tsvector('simple'::regconfig, (name)::text)) || to_tsvector('simple'::regconfig, translate((name)::text, './-_:\'::text, '      '::text)))) stored not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint queue_pkey PRIMARY KEY (id),
  constraint queue_group_id_id_key UNIQUE (group_id, id),
  constraint queue_slug_key UNIQUE (slug),
  constraint queue_group_id_fkey FOREIGN KEY (group_id) REFERENCES identity."group"(id) ON DELETE CASCADE
);
CREATE INDEX queue_search ON transfer.queue USING gin (search_vector);
CREATE TRIGGER keep BEFORE UPDATE ON transfer.queue FOR EACH ROW EXECUTE FUNCTION transfer.keep_group();
CREATE TRIGGER touch BEFORE UPDATE ON transfer.queue FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table transfer.queue enable row level security, force row level security;
create policy owner on transfer.queue as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy read on transfer.queue as permissive for select to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(1) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy write on transfer.queue as permissive for all to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(3) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)))
  with check (((group_id = ANY (( SELECT identity.caller_groups(3) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
grant delete, insert, select, update on transfer.queue to crosstie_app;

create table transfer.run (
  id bigint generated always as identity not null,
  transfer_id bigint not null,
  group_id bigint not null,
  started_at timestamp with time zone,
  ended_at timestamp with time zone,
  status character varying(255) default 'CREATED'::character varying not null,
  type character varying(64) default 'MANUAL'::character varying not null,
  log_url character varying(512),
  transfer_dump jsonb default '{}'::jsonb not null,
  queue_slug character varying(256),
  queued_at timestamp with time zone,
  lease_owner uuid,
  lease_until timestamp with time zone,
  attempts integer default 0 not null,
  engine text,
  progress jsonb,
  prepared jsonb,
  scheduled_for timestamp with time zone,
  error text,
  correlation_id text,
  created_by bigint,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint run_pkey PRIMARY KEY (id),
  constraint run_group_id_id_key UNIQUE (group_id, id),
  constraint run_engine_check CHECK (engine = ANY (ARRAY['copy'::text, 'embedded'::text, 'spark'::text])),
  constraint run_status_check CHECK (status::text = ANY (ARRAY['CREATED'::character varying, 'STARTED'::character varying, 'FAILED'::character varying, 'SEND_STOP_SIGNAL'::character varying, 'STOPPED'::character varying, 'FINISHED'::character varying]::text[])),
  constraint run_type_check CHECK (type::text = ANY (ARRAY['MANUAL'::character varying, 'SCHEDULED'::character varying]::text[])),
  constraint run_created_by_fkey FOREIGN KEY (created_by) REFERENCES identity."user"(id) ON DELETE SET NULL,
  constraint run_group_id_transfer_id_fkey FOREIGN KEY (group_id, transfer_id) REFERENCES transfer.transfer(group_id, id) ON DELETE CASCADE
);
CREATE INDEX run_created_by ON transfer.run USING btree (created_by);
CREATE INDEX run_open ON transfer.run USING btree (group_id, transfer_id, id) WHERE ((queued_at IS NOT NULL) AND ((status)::text = ANY ((ARRAY['CREATED'::character varying, 'STARTED'::character varying, 'SEND_STOP_SIGNAL'::character varying])::text[])));
CREATE INDEX run_recent ON transfer.run USING btree (group_id, created_at DESC, id DESC);
CREATE UNIQUE INDEX run_scheduled ON transfer.run USING btree (group_id, transfer_id, scheduled_for) WHERE (scheduled_for IS NOT NULL);
CREATE INDEX run_transfer ON transfer.run USING btree (group_id, transfer_id, created_at DESC, id DESC);
CREATE INDEX run_waiting ON transfer.run USING btree (queue_slug, queued_at, id) WHERE ((queued_at IS NOT NULL) AND ((status)::text = ANY ((ARRAY['CREATED'::character varying, 'STARTED'::character varying, 'SEND_STOP_SIGNAL'::character varying])::text[])));
CREATE TRIGGER keep BEFORE UPDATE ON transfer.run FOR EACH ROW EXECUTE FUNCTION transfer.keep_group();
CREATE TRIGGER publish_delete AFTER DELETE ON transfer.run REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION realtime.publish_run();
CREATE TRIGGER publish_insert AFTER INSERT ON transfer.run REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION realtime.publish_run();
CREATE TRIGGER publish_update AFTER UPDATE ON transfer.run REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION realtime.publish_run();
CREATE TRIGGER touch BEFORE UPDATE ON transfer.run FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table transfer.run enable row level security, force row level security;
create policy add on transfer.run as permissive for insert to crosstie_app
  with check (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy change on transfer.run as permissive for update to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)))
  with check (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy owner on transfer.run as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy read on transfer.run as permissive for select to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(1) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy worker on transfer.run as permissive for all to crosstie_worker
  using (true)
  with check (true);
grant insert, select, update on transfer.run to crosstie_app;
grant select (id, transfer_id, group_id, started_at, status, queue_slug, queued_at, lease_owner, lease_until, attempts, updated_at) on transfer.run to crosstie_worker;
grant update (lease_owner, lease_until, attempts, updated_at) on transfer.run to crosstie_worker;
comment on column transfer.run.queued_at is 'Set with queue_slug when the run is meant to be worked; a row without it is nobody''s work.';
comment on column transfer.run.prepared is 'What the job said just before it committed: whoever finds it dead asks the witness by it.';
comment on column transfer.run.scheduled_for is 'The time of the schedule that this run is for, so that it is started once.';

create table transfer.run_log (
  run_id bigint not null,
  seq bigint not null,
  group_id bigint not null,
  at timestamp with time zone default now() not null,
  level text not null,
  message text not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint run_log_pkey PRIMARY KEY (run_id, seq),
  constraint run_log_level_check CHECK (level = ANY (ARRAY['info'::text, 'warning'::text, 'error'::text])),
  constraint run_log_group_id_run_id_fkey FOREIGN KEY (group_id, run_id) REFERENCES transfer.run(group_id, id) ON DELETE CASCADE
);
CREATE INDEX run_log_group ON transfer.run_log USING btree (group_id, run_id);
alter table transfer.run_log enable row level security, force row level security;
create policy add on transfer.run_log as permissive for insert to crosstie_app
  with check ((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])));
create policy owner on transfer.run_log as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy read on transfer.run_log as permissive for select to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(1) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
grant insert, select on transfer.run_log to crosstie_app;

create table transfer.skipped (
  transfer_id bigint not null,
  group_id bigint not null,
  scheduled_for timestamp with time zone not null,
  reason text not null,
  times integer default 1 not null,
  message text not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint skipped_pkey PRIMARY KEY (group_id, transfer_id, scheduled_for),
  constraint skipped_reason_check CHECK (reason = ANY (ARRAY['missed'::text, 'overlap'::text, 'queue_full'::text, 'connection_inactive'::text, 'refused'::text])),
  constraint skipped_group_id_transfer_id_fkey FOREIGN KEY (group_id, transfer_id) REFERENCES transfer.transfer(group_id, id) ON DELETE CASCADE
);
CREATE TRIGGER keep BEFORE UPDATE ON transfer.skipped FOR EACH ROW EXECUTE FUNCTION transfer.keep_group();
CREATE TRIGGER touch BEFORE UPDATE ON transfer.skipped FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table transfer.skipped enable row level security, force row level security;
create policy owner on transfer.skipped as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy read on transfer.skipped as permissive for select to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(1) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy write on transfer.skipped as permissive for all to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)))
  with check (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
grant delete, insert, select on transfer.skipped to crosstie_app;
comment on table transfer.skipped is 'Due times that had no run of their own, the newest few of each transfer.';

create table transfer.transfer (
  id bigint generated always as identity not null,
  group_id bigint not null,
  name character varying(128) not null,
  description character varying(512) default ''::character varying not null,
  source_connection_id bigint not null,
  target_connection_id bigint not null,
  queue_id bigint not null,
  source_params jsonb not null,
  target_params jsonb not null,
  strategy_params jsonb default '{"type": "full"}'::jsonb not null,
  transformations jsonb default '[]'::jsonb not null,
  resources jsonb default '{}'::jsonb not null,
  is_scheduled boolean default false not null,
  schedule character varying(32) default ''::character varying not null,
  timezone character varying(64) default 'UTC'::character varying not null,
  search_vector tsvector generated always as (((((((((((to_tsvector('russian'::regconfig, (name)::text) || to_tsvector('simple'::regconfig, (name)::text)) || to_tsvector('simple'::regconfig, translate((name)::text, './-_:\'::text, '      '::text))) || to_tsvector('simple'::regconfig, COALESCE((source_params ->> 'table_name'::text), ''::text))) || to_tsvector('simple'::regconfig, translate(COALESCE((source_params ->> 'table_name'::text), ''::text), './-_:\'::text, '      '::text))) || to_tsvector('simple'::regconfig, COALESCE((source_params ->> 'directory_path'::text), ''::text))) || to_tsvector('simple'::regconfig, translate(COALESCE((source_params ->> 'directory_path'::text), ''::text), './-_:\'::text, '      '::text))) || to_tsvector('simple'::regconfig, COALESCE((target_params ->> 'table_name'::text), ''::text))) || to_tsvector('simple'::regconfig, translate(COALESCE((target_params ->> 'table_name'::text), ''::text), './-_:\'::text, '      '::text))) || to_tsvector('simple'::regconfig, COALESCE((target_params ->> 'directory_path'::text), ''::text))) || to_tsvector('simple'::regconfig, translate(COALESCE((target_params ->> 'directory_path'::text), ''::text), './-_:\'::text, '      '::text)))) stored not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  missed_runs text default 'one'::text not null,
  overlap text default 'skip'::text not null,
  constraint transfer_pkey PRIMARY KEY (id),
  constraint transfer_group_id_id_key UNIQUE (group_id, id),
  constraint transfer_group_id_name_key UNIQUE (group_id, name),
  constraint transfer_missed_runs_check CHECK (missed_runs = ANY (ARRAY['one'::text, 'skip'::text])),
  constraint transfer_overlap_check CHECK (overlap = ANY (ARRAY['skip'::text, 'queue'::text])),
  constraint transfer_group_id_fkey FOREIGN KEY (group_id) REFERENCES identity."group"(id) ON DELETE CASCADE,
  constraint transfer_group_id_queue_id_fkey FOREIGN KEY (group_id, queue_id) REFERENCES transfer.queue(group_id, id),
  constraint transfer_group_id_source_connection_id_fkey FOREIGN KEY (group_id, source_connection_id) REFERENCES connect.connection(group_id, id),
  constraint transfer_group_id_target_connection_id_fkey FOREIGN KEY (group_id, target_connection_id) REFERENCES connect.connection(group_id, id)
);
CREATE INDEX transfer_queue ON transfer.transfer USING btree (group_id, queue_id);
CREATE INDEX transfer_search ON transfer.transfer USING gin (search_vector);
CREATE INDEX transfer_source ON transfer.transfer USING btree (group_id, source_connection_id);
CREATE INDEX transfer_target ON transfer.transfer USING btree (group_id, target_connection_id);
CREATE TRIGGER keep BEFORE UPDATE ON transfer.transfer FOR EACH ROW EXECUTE FUNCTION transfer.keep_group();
CREATE TRIGGER schedule_changed AFTER UPDATE ON transfer.transfer FOR EACH ROW WHEN ((((new.is_scheduled IS DISTINCT FROM old.is_scheduled) OR ((new.schedule)::text IS DISTINCT FROM (old.schedule)::text)) OR ((new.timezone)::text IS DISTINCT FROM (old.timezone)::text))) EXECUTE FUNCTION transfer.look_at_schedule();
CREATE TRIGGER schedule_gone AFTER DELETE ON transfer.transfer FOR EACH ROW EXECUTE FUNCTION transfer.look_at_schedule();
CREATE TRIGGER schedule_made AFTER INSERT ON transfer.transfer FOR EACH ROW WHEN (new.is_scheduled) EXECUTE FUNCTION transfer.look_at_schedule();
CREATE TRIGGER touch BEFORE UPDATE ON transfer.transfer FOR EACH ROW EXECUTE FUNCTION platform.touch_updated_at();
alter table transfer.transfer enable row level security, force row level security;
create policy add on transfer.transfer as permissive for insert to crosstie_app
  with check (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy change on transfer.transfer as permissive for update to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)))
  with check (((group_id = ANY (( SELECT identity.caller_groups(2) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy owner on transfer.transfer as permissive for all to crosstie_owner
  using (true)
  with check (true);
create policy read on transfer.transfer as permissive for select to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(1) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
create policy remove on transfer.transfer as permissive for delete to crosstie_app
  using (((group_id = ANY (( SELECT identity.caller_groups(3) AS caller_groups)::bigint[])) OR ( SELECT identity.is_superuser() AS is_superuser)));
grant delete, insert, select, update on transfer.transfer to crosstie_app;
comment on column transfer.transfer.missed_runs is 'After a time without a worker: one run for all that was missed, or none.';
comment on column transfer.transfer.overlap is 'When it is due and its last run is not over: no run this time, or one that waits.';

create view foreseen.accounts with (security_invoker=true) as
 SELECT id,
    connection_id AS integration,
    user_id,
    account,
    foreseen.milliseconds(created_at) AS created_at,
    foreseen.milliseconds(updated_at) AS updated_at
   FROM notify.account;
grant select on foreseen.accounts to crosstie_app;

create view foreseen.clients with (security_invoker=true) as
 SELECT id,
    name,
    NULL::text AS secret,
    foreseen.milliseconds(created_at) AS created_at,
    foreseen.milliseconds(updated_at) AS updated_at
   FROM identity.application;
grant select on foreseen.clients to crosstie_app;
comment on column foreseen.clients.secret is 'Always null: secrets are not read back.';

create view foreseen.integrations with (security_invoker=true) as
 SELECT id,
    name,
    NULL::text AS secret1,
    NULL::text AS secret2,
    NULL::text AS secret3,
    NULL::text AS secret4,
    foreseen.milliseconds(created_at) AS created_at,
    foreseen.milliseconds(updated_at) AS updated_at
   FROM connect.connection;
grant select on foreseen.integrations to crosstie_app;

create view foreseen.tasks with (security_invoker=true) as
 SELECT t.id,
    t.connection_id AS integration_id,
    t.user_id,
    t.client_id,
    t.account_id,
    t.template_id,
    m.argument::text AS argument,
    t.status::integer AS status,
    foreseen.milliseconds(t.created_at) AS created_at,
    foreseen.milliseconds(t.updated_at) AS updated_at
   FROM notify.task t
     LEFT JOIN notify.message m ON m.group_id = t.group_id AND m.id = t.message_id;
grant select on foreseen.tasks to crosstie_app;
comment on column foreseen.tasks.argument is 'Null for who may see that something was sent, and not what.';

create view foreseen.templates with (security_invoker=true) as
 SELECT id,
    name,
    content,
    arguments::text AS arguments,
    foreseen.milliseconds(created_at) AS created_at,
    foreseen.milliseconds(updated_at) AS updated_at
   FROM notify.template;
grant select on foreseen.templates to crosstie_app;

create view foreseen.users with (security_invoker=true) as
 SELECT id,
    kind::integer AS type,
    COALESCE(username, display_name) AS name,
    foreseen.milliseconds(created_at) AS created_at,
    foreseen.milliseconds(updated_at) AS updated_at
   FROM identity."user";
grant select on foreseen.users to crosstie_app;

create view hub.connections with (security_invoker=true) as
 SELECT c.id,
    i.id AS uuid,
    c.group_id,
    i.company_id,
    c.name,
    c.description,
    i.provider AS type,
    i.connector_type,
    i.status,
    i.last_synced_at,
    c.created_at,
    GREATEST(c.updated_at, i.updated_at) AS updated_at
   FROM connect.connection c
     JOIN public.integration_connectors i ON i.id = c.connector_id;
grant select on hub.connections to crosstie_app;
comment on view hub.connections is 'Connections as a list shows them; open to realtime.';

create view hub.runs with (security_invoker=true) as
 SELECT r.id,
    r.group_id,
    g.uuid AS company_id,
    r.transfer_id,
    t.name AS transfer_name,
    r.status,
    r.type,
    r.started_at,
    r.ended_at,
    r.queued_at,
    r.engine,
    r.progress,
    r.error,
    r.attempts,
    r.created_by,
    r.created_at,
    r.updated_at
   FROM transfer.run r
     JOIN transfer.transfer t ON t.group_id = r.group_id AND t.id = r.transfer_id
     JOIN identity."group" g ON g.id = r.group_id;
grant select on hub.runs to crosstie_app;
comment on view hub.runs is 'Runs as a list shows them, with their progress; open to realtime.';

create view syncmaster.auth_data with (security_invoker=true) as
 SELECT connection_id,
    NULL::text AS value,
    created_at,
    updated_at
   FROM connect.auth_data;
grant select on syncmaster.auth_data to crosstie_app;
comment on column syncmaster.auth_data.value is 'Always null: secrets are not read back.';

create view syncmaster.connection with (security_invoker=true) as
 SELECT c.id,
    c.group_id,
    i.provider AS type,
    c.name,
    c.description,
    i.config AS data,
    c.created_at,
    c.updated_at,
    c.search_vector
   FROM connect.connection c
     JOIN public.integration_connectors i ON i.id = c.connector_id;
grant select on syncmaster.connection to crosstie_app;

create view syncmaster."group" with (security_invoker=true) as
 SELECT id,
    name,
    description,
    owner_id,
    created_at,
    updated_at,
    search_vector
   FROM identity."group";
grant select on syncmaster."group" to crosstie_app;
comment on view syncmaster."group" is 'All groups, personal ones too: what is in them refers to them.';

create view syncmaster.queue with (security_invoker=true) as
 SELECT id,
    name,
    slug,
    group_id,
    description,
    created_at,
    updated_at
   FROM transfer.queue;
grant select on syncmaster.queue to crosstie_app;

create view syncmaster.run with (security_invoker=true) as
 SELECT id,
    transfer_id,
    started_at,
    ended_at,
    status,
    type,
    log_url,
    transfer_dump,
    created_at,
    updated_at
   FROM transfer.run;
grant select on syncmaster.run to crosstie_app;

create view syncmaster.transfer with (security_invoker=true) as
 SELECT id,
    group_id,
    name,
    source_connection_id,
    target_connection_id,
    strategy_params,
    target_params,
    transformations,
    resources,
    is_scheduled,
    schedule,
    queue_id,
    created_at,
    updated_at
   FROM transfer.transfer;
grant select on syncmaster.transfer to crosstie_app;

create view syncmaster."user" with (security_invoker=true) as
 SELECT id,
    username,
    email,
    first_name,
    last_name,
    middle_name,
    is_superuser,
    is_active,
    created_at,
    updated_at
   FROM identity."user"
  WHERE username IS NOT NULL;
grant select on syncmaster."user" to crosstie_app;
comment on view syncmaster."user" is 'Users who can sign in.';

create view syncmaster.user_group with (security_invoker=true) as
 SELECT user_id,
    group_id,
    initcap(role_id::text)::character varying(255) AS role_id
   FROM identity.user_group;
grant select on syncmaster.user_group to crosstie_app;
comment on view syncmaster.user_group is 'Members: Guest, Developer, Maintainer. The owner stands in group.owner_id alone.';

CREATE OR REPLACE FUNCTION connect.caller_companies(least_level integer)
 RETURNS uuid[]
 LANGUAGE sql
 STABLE
RETURN ARRAY(SELECT (jsonb_each_text.key)::uuid AS key FROM jsonb_each_text(COALESCE((platform.claims() -> 'companies'::text), '{}'::jsonb)) jsonb_each_text(key, value) WHERE ((jsonb_each_text.value)::integer >= caller_companies.least_level));
grant execute on function connect.caller_companies(integer) to public;

CREATE OR REPLACE FUNCTION connect.guard_authors()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  named uuid;
  acting text := current_setting('role', true);
begin
  if acting not in ('crosstie_app', 'anon', 'authenticated', 'service_role') then return new; end if;
  -- A row of another company is refused by policy, whomever it names: else one could ask who is a member there.
  if (case acting
    when 'crosstie_app' then
      not (new.company_id = any (connect.caller_companies(1)) or identity.is_superuser())
    when 'service_role' then new.company_id <> public.current_company_id()
    else new.company_id is distinct from public.current_company_id()
  end) then
    return new;
  end if;
  if new.created_by is null and acting <> 'crosstie_app' then
    new.created_by := (platform.claims() ->> 'sub')::uuid;
  end if;
  foreach named in array array[
    case when tg_op = 'INSERT' or new.created_by is distinct from old.created_by then new.created_by end,
    case when tg_op = 'INSERT' or new.updated_by is distinct from old.updated_by then new.updated_by end
  ] loop
    continue when named is null;
    if not exists (
      select from identity."user" u join identity."group" g on g.uuid = new.company_id
      where u.uuid = named and (
        u.id in (g.owner_id, g.system_user_id) or u.id = identity.caller_id()
        or exists (select from identity.user_group m where m.group_id = g.id and m.user_id = u.id)
      )
    ) then
      raise foreign_key_violation using
        message = 'created_by and updated_by must be users of the company',
        schema = 'public', table = 'integration_connectors';
    end if;
  end loop;
  return new;
end
$function$;
grant execute on function connect.guard_authors() to public;

CREATE OR REPLACE FUNCTION connect.hook_target(connector uuid)
 RETURNS TABLE(connection_id bigint, group_id bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select c.id, c.group_id from connect.connection c where c.connector_id = connector
$function$;
grant execute on function connect.hook_target(uuid) to crosstie_worker;

CREATE OR REPLACE FUNCTION connect.keep_connection()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if (new.group_id, new.connector_id) is distinct from (old.group_id, old.connector_id) then
    raise check_violation using message = 'a connection never changes its group';
  end if;
  if new.name is distinct from old.name then
    new.search_vector := (
      select connect.search_text(new.name, i.config)
      from public.integration_connectors i where i.id = new.connector_id
    );
  end if;
  return new;
end
$function$;
grant execute on function connect.keep_connection() to public;

CREATE OR REPLACE FUNCTION connect.keep_connector()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if (new.id, new.company_id) is distinct from (old.id, old.company_id) then
    raise check_violation using message = 'a connector never changes its company';
  end if;
  if new.config is distinct from old.config then
    update connect.connection c set search_vector = connect.search_text(c.name, new.config)
    where c.connector_id = new.id;
  end if;
  return new;
end
$function$;
grant execute on function connect.keep_connector() to public;

CREATE OR REPLACE FUNCTION connect.make_companion()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  insert into connect.connection (connector_id, group_id, name, search_vector)
  select new.id, g.id, made, connect.search_text(made, new.config)
  from identity."group" g, concat(new.provider, '-', left(new.id::text, 8)) as made
  where g.uuid = new.company_id;
  return null;
end
$function$;
grant execute on function connect.make_companion() to public;

CREATE OR REPLACE FUNCTION connect.make_health()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  insert into connect.health (connection_id, group_id, due_at) values (new.id, new.group_id, now() + interval '1 minute');
  return null;
end
$function$;
grant execute on function connect.make_health() to public;

CREATE OR REPLACE FUNCTION connect.plain_name(name text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
RETURN regexp_replace(lower(name), '[^a-z0-9]'::text, ''::text, 'g'::text);
grant execute on function connect.plain_name(text) to public;

CREATE OR REPLACE FUNCTION connect.plan_sync()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$;
grant execute on function connect.plan_sync() to public;

CREATE OR REPLACE FUNCTION connect.reassign_authors()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  update public.integration_connectors i set created_by = s.uuid
  from identity."group" g join identity."user" s on s.id = g.system_user_id
  where i.created_by = old.uuid and g.uuid = i.company_id and s.id <> old.id;
  update public.integration_connectors set updated_by = null where updated_by = old.uuid;
  -- What remains belongs to groups that go with the user.
  delete from public.integration_connectors where created_by = old.uuid;
  return old;
end
$function$;
grant execute on function connect.reassign_authors() to public;

CREATE OR REPLACE FUNCTION connect.refuse_secrets()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  named text;
begin
  if tg_op = 'UPDATE' and (new.provider, new.config) is not distinct from (old.provider, old.config) then
    return new;
  end if;
  named := connect.secret_in(new.provider, new.config);
  if named is not null then
    raise check_violation using
      message = format('The settings of a connector hold no secrets, and "%s" is one.', named),
      hint = 'Leave it out here and put it into auth_data by PUT or POST /v1/connections, which seals it.',
      constraint = 'integration_connectors_config_without_secrets';
  end if;
  return new;
end
$function$;
grant execute on function connect.refuse_secrets() to public;

CREATE OR REPLACE FUNCTION connect.search_text(name text, config jsonb)
 RETURNS tsvector
 LANGUAGE sql
 IMMUTABLE
RETURN ((((to_tsvector('russian'::regconfig, name) || to_tsvector('simple'::regconfig, name)) || to_tsvector('simple'::regconfig, translate(name, './-_:\'::text, '      '::text))) || to_tsvector('simple'::regconfig, COALESCE((config ->> 'host'::text), ''::text))) || to_tsvector('simple'::regconfig, translate(COALESCE((config ->> 'host'::text), ''::text), './-_:\'::text, '      '::text)));
grant execute on function connect.search_text(text,jsonb) to public;

CREATE OR REPLACE FUNCTION connect.secret_in(provider text, config jsonb)
 RETURNS text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select found.name
  from (
    select e.entry ->> 'key' as name, connect.plain_name(e.entry ->> 'key') as plain, e.entry -> 'value' as value
    from jsonb_path_query(config, '$.** ? (@.type() == "object").keyvalue()') as e (entry)
  ) found
  where jsonb_typeof(found.value) not in ('null', 'boolean') and found.value not in ('""', '{}', '[]')
    and (
      found.plain like 'secret%'
      or found.plain in (
        select connect.plain_name(f.field) from connect.secret_field f where f.provider in ('*', secret_in.provider)
      )
    )
  order by found.name
  limit 1
$function$;

CREATE OR REPLACE FUNCTION connect.take_connector()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  delete from public.integration_connectors where id = old.connector_id;
  return null;
end
$function$;
grant execute on function connect.take_connector() to public;

CREATE OR REPLACE FUNCTION foreseen.milliseconds(at timestamp with time zone)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE
RETURN (floor((EXTRACT(epoch FROM at) * (1000)::numeric)))::bigint;
grant execute on function foreseen.milliseconds(timestamp with time zone) to public;

CREATE OR REPLACE FUNCTION identity.caller_groups(least_level integer)
 RETURNS bigint[]
 LANGUAGE sql
 STABLE
RETURN ARRAY(SELECT (jsonb_each_text.key)::bigint AS key FROM jsonb_each_text(COALESCE((platform.claims() -> 'groups'::text), '{}'::jsonb)) jsonb_each_text(key, value) WHERE ((jsonb_each_text.value)::integer >= caller_groups.least_level));
grant execute on function identity.caller_groups(integer) to public;

CREATE OR REPLACE FUNCTION identity.caller_id()
 RETURNS bigint
 LANGUAGE sql
 STABLE
RETURN ((platform.claims() ->> 'user_id'::text))::bigint;
grant execute on function identity.caller_id() to public;

CREATE OR REPLACE FUNCTION identity.complete_group()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if new.slug is null then
    new.slug := identity.derive_slug(new.name, 'g-' || new.id);
  end if;
  return new;
end
$function$;
grant execute on function identity.complete_group() to public;

CREATE OR REPLACE FUNCTION identity.derive_slug(name text, fallback text)
 RETURNS text
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  stem text := trim(both '-' from left(regexp_replace(regexp_replace(lower(name), '[^a-z0-9._-]+', '-', 'g'), '^[^a-z0-9]+', ''), 63));
  candidate text;
  n integer := 1;
begin
  if stem = '' then stem := fallback; end if;
  candidate := stem;
  -- Two at once with one name: the second waits, then sees the first.
  perform pg_advisory_xact_lock(hashtext('identity.slug'), hashtext(stem) & 255);
  while candidate in ('v1', 'npm', 'composer', 'generic', 'hooks', 'yapkg', 'foreseen', 'rest', 'realtime', 'system')
    or exists (select from identity."group" g where g.slug = candidate)
  loop
    n := n + 1;
    candidate := left(stem, 63 - length('-' || n)) || '-' || n;
  end loop;
  return candidate;
end
$function$;
grant execute on function identity.derive_slug(text,text) to public;

CREATE OR REPLACE FUNCTION identity.guard_user()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
$function$;
grant execute on function identity.guard_user() to public;

CREATE OR REPLACE FUNCTION identity.is_superuser()
 RETURNS boolean
 LANGUAGE sql
 STABLE
RETURN COALESCE(((platform.claims() ->> 'superuser'::text))::boolean, false);
grant execute on function identity.is_superuser() to public;

CREATE OR REPLACE FUNCTION identity.keep_group()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if (new.slug, new.personal, new.uuid) is distinct from (old.slug, old.personal, old.uuid) then
    raise check_violation using message = 'slug, uuid and personal of a group never change';
  end if;
  return new;
end
$function$;
grant execute on function identity.keep_group() to public;

CREATE OR REPLACE FUNCTION identity.keep_membership()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if exists (select from identity."group" g where g.id = new.group_id and (g.owner_id = new.user_id or g.personal)) then
    raise check_violation using message = 'the owner of a group is not its member, and a personal group has none';
  end if;
  return new;
end
$function$;
grant execute on function identity.keep_membership() to public;

CREATE OR REPLACE FUNCTION identity.make_personal_group()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  insert into identity."group" (name, owner_id, personal) values (new.username, new.id, true);
  return null;
end
$function$;
grant execute on function identity.make_personal_group() to public;

CREATE OR REPLACE FUNCTION identity.make_system_user()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare made bigint;
begin
  insert into identity."user" (kind, display_name, home_group_id)
  values (2, 'system of ' || new.slug, new.id)
  returning id into made;
  update identity."group" set system_user_id = made, updated_at = new.updated_at where id = new.id;
  return null;
end
$function$;
grant execute on function identity.make_system_user() to public;

CREATE OR REPLACE FUNCTION notify.follow_lease()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if new.status = 0 and new.lease_owner is not null then
    new.status := 1;
  elsif new.status = 1 and new.lease_owner is null then
    new.status := 0;
  end if;
  return new;
end
$function$;
grant execute on function notify.follow_lease() to public;

CREATE OR REPLACE FUNCTION notify.guard_user()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if current_setting('role', true) = 'crosstie_app' and not notify.is_of_group(new.user_id, new.group_id) then
    raise foreign_key_violation using message = 'the user is not of this group', constraint = 'notify_user_of_group';
  end if;
  return new;
end
$function$;
grant execute on function notify.guard_user() to public;

CREATE OR REPLACE FUNCTION notify.is_of_group(person bigint, tenant bigint)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select exists (select from identity."user" u where u.id = person and u.home_group_id = tenant)
    or exists (select from identity.user_group m where m.group_id = tenant and m.user_id = person)
    or exists (select from identity."group" g where g.id = tenant and g.owner_id = person)
$function$;

CREATE OR REPLACE FUNCTION platform.claims()
 RETURNS jsonb
 LANGUAGE sql
 STABLE
RETURN (COALESCE(NULLIF(current_setting('request.jwt.claims'::text, true), ''::text), '{}'::text))::jsonb;
grant execute on function platform.claims() to public;
comment on function platform.claims() is 'Who the transaction acts for. Policies call it as (select …), so that it is read once per statement.';

CREATE OR REPLACE FUNCTION platform.touch_updated_at()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  -- A view's or an importer's own time is kept when it was set on purpose.
  if new.updated_at is not distinct from old.updated_at then
    new.updated_at := now();
  end if;
  return new;
end
$function$;
grant execute on function platform.touch_updated_at() to public;

CREATE OR REPLACE FUNCTION public.current_company_id()
 RETURNS uuid
 LANGUAGE sql
 STABLE
RETURN ((platform.claims() ->> 'company_id'::text))::uuid;
grant execute on function public.current_company_id() to public;
comment on function public.current_company_id() is 'The company of the token, by its claim company_id.';

CREATE OR REPLACE FUNCTION public.has_role(role_key text)
 RETURNS boolean
 LANGUAGE sql
 STABLE
RETURN COALESCE((((platform.claims() -> 'app_metadata'::text) -> 'role_keys'::text) ? role_key), false);
grant execute on function public.has_role(text) to public;
comment on function public.has_role(text) is 'Whether the token''s app_metadata.role_keys holds the key.';

CREATE OR REPLACE FUNCTION realtime.cut_record()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  -- As Supabase does it: the short values stay, and the change says that it was cut.
  if octet_length(new.record::text) > 1048576 then
    new.record := (
      select jsonb_object_agg(key, value) from jsonb_each(new.record) where octet_length(value::text) <= 64
    );
    new.errors := array['Error 413: Payload Too Large'];
  end if;
  return new;
end
$function$;
grant execute on function realtime.cut_record() to public;

CREATE OR REPLACE FUNCTION realtime.publish_connection()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if tg_op = 'DELETE' then
    -- Where the group itself goes there is nobody left to tell.
    insert into realtime.change (company_id, schema_name, table_name, type, old_record)
    select g.uuid, 'hub', 'connections', tg_op, jsonb_build_object('id', r.id)
    from removed r join identity."group" g on g.id = r.group_id;
    return null;
  end if;
  insert into realtime.change (company_id, schema_name, table_name, type, record, old_record)
  select v.company_id, 'hub', 'connections', tg_op, to_jsonb(v),
    case tg_op when 'UPDATE' then jsonb_build_object('id', v.id) else '{}' end
  from hub.connections v join added a on a.id = v.id;
  return null;
end
$function$;
grant execute on function realtime.publish_connection() to public;

CREATE OR REPLACE FUNCTION realtime.publish_connector()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if tg_op = 'DELETE' then
    insert into realtime.change (company_id, schema_name, table_name, type, old_record)
    select company_id, 'public', 'integration_connectors', tg_op, jsonb_build_object('id', id) from removed;
    return null;
  end if;
  insert into realtime.change (company_id, schema_name, table_name, type, record, old_record)
  select a.company_id, 'public', 'integration_connectors', tg_op, to_jsonb(a),
    case tg_op when 'UPDATE' then jsonb_build_object('id', a.id) else '{}' end
  from added a;
  if tg_op = 'UPDATE' then
    -- Its companion's view shows parts of it.
    insert into realtime.change (company_id, schema_name, table_name, type, record, old_record)
    select v.company_id, 'hub', 'connections', tg_op, to_jsonb(v), jsonb_build_object('id', v.id)
    from hub.connections v join added a on a.id = v.uuid join removed o on o.id = a.id
    where (a.provider, a.connector_type, a.status, a.last_synced_at)
      is distinct from (o.provider, o.connector_type, o.status, o.last_synced_at);
  end if;
  return null;
end
$function$;
grant execute on function realtime.publish_connector() to public;

CREATE OR REPLACE FUNCTION realtime.publish_run()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if tg_op = 'INSERT' then
    insert into realtime.change (company_id, schema_name, table_name, type, record)
    select v.company_id, 'hub', 'runs', tg_op, to_jsonb(v) from hub.runs v join added a on a.id = v.id;
  elsif tg_op = 'UPDATE' then
    -- Leases are renewed all the time and are nobody's news.
    insert into realtime.change (company_id, schema_name, table_name, type, record, old_record)
    select v.company_id, 'hub', 'runs', tg_op, to_jsonb(v), jsonb_build_object('id', v.id)
    from hub.runs v join added a on a.id = v.id join removed o on o.id = a.id
    where (a.status, a.started_at, a.ended_at, a.queued_at, a.engine, a.progress, a.error)
      is distinct from (o.status, o.started_at, o.ended_at, o.queued_at, o.engine, o.progress, o.error);
  -- A transfer with its history, or a year of old runs, goes as one: a list is read anew then.
  elsif (select count(*) from (select from removed limit 1001) r) <= 1000 then
    insert into realtime.change (company_id, schema_name, table_name, type, old_record)
    select g.uuid, 'hub', 'runs', tg_op, jsonb_build_object('id', r.id)
    from removed r join identity."group" g on g.id = r.group_id;
  end if;
  return null;
end
$function$;
grant execute on function realtime.publish_run() to public;

CREATE OR REPLACE FUNCTION realtime.tell()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform pg_notify('realtime.change', company_id || ' ' || string_agg(id::text, ',' order by id))
  from (
    select company_id, id, (row_number() over (partition by company_id order by id) - 1) / 200 as part from added
  ) numbered
  group by company_id, part
  order by min(id);
  return null;
end
$function$;
grant execute on function realtime.tell() to public;

CREATE OR REPLACE FUNCTION transfer.keep_group()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if new.group_id is distinct from old.group_id then
    raise check_violation using message = 'a row never changes its group';
  end if;
  return new;
end
$function$;
grant execute on function transfer.keep_group() to public;

CREATE OR REPLACE FUNCTION transfer.look_at_schedule()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if tg_op = 'DELETE' then
    delete from platform.timer where kind = 'transfer.schedule' and key = old.id::text;
  elsif new.is_scheduled then
    insert into platform.timer (kind, key, due_at, payload)
    values ('transfer.schedule', new.id::text, now(), jsonb_build_object('group_id', new.group_id, 'look', true))
    on conflict (kind, key) do update set due_at = excluded.due_at, payload = excluded.payload,
      error = null, attempts = 0, lease_owner = null, lease_until = null;
  else
    delete from platform.timer where kind = 'transfer.schedule' and key = new.id::text;
  end if;
  return null;
end
$function$;
grant execute on function transfer.look_at_schedule() to public;
