-- Queues, transfers, runs, their logs and marks.

create schema transfer;
grant usage on schema transfer to crosstie_app, crosstie_worker;

create table transfer.queue (
  id bigint generated always as identity primary key,
  group_id bigint not null references identity."group" (id) on delete cascade,
  name varchar(128) not null,
  slug varchar(256) not null unique,
  description varchar(512) not null default '',
  search_vector tsvector not null generated always as (
    to_tsvector('russian', name) || to_tsvector('simple', name)
      || to_tsvector('simple', translate(name, './-_:\', '      '))
  ) stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (group_id, id)
);
create index queue_search on transfer.queue using gin (search_vector);

create table transfer.transfer (
  id bigint generated always as identity primary key,
  group_id bigint not null references identity."group" (id) on delete cascade,
  name varchar(128) not null,
  description varchar(512) not null default '',
  source_connection_id bigint not null,
  target_connection_id bigint not null,
  queue_id bigint not null,
  source_params jsonb not null,
  target_params jsonb not null,
  strategy_params jsonb not null default '{"type": "full"}',
  transformations jsonb not null default '[]',
  resources jsonb not null default '{}',
  is_scheduled boolean not null default false,
  schedule varchar(32) not null default '',
  timezone varchar(64) not null default 'UTC',
  search_vector tsvector not null generated always as (
    to_tsvector('russian', name) || to_tsvector('simple', name)
      || to_tsvector('simple', translate(name, './-_:\', '      '))
      || to_tsvector('simple', coalesce(source_params ->> 'table_name', ''))
      || to_tsvector('simple', translate(coalesce(source_params ->> 'table_name', ''), './-_:\', '      '))
      || to_tsvector('simple', coalesce(source_params ->> 'directory_path', ''))
      || to_tsvector('simple', translate(coalesce(source_params ->> 'directory_path', ''), './-_:\', '      '))
      || to_tsvector('simple', coalesce(target_params ->> 'table_name', ''))
      || to_tsvector('simple', translate(coalesce(target_params ->> 'table_name', ''), './-_:\', '      '))
      || to_tsvector('simple', coalesce(target_params ->> 'directory_path', ''))
      || to_tsvector('simple', translate(coalesce(target_params ->> 'directory_path', ''), './-_:\', '      '))
  ) stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (group_id, name),
  unique (group_id, id),
  foreign key (group_id, source_connection_id) references connect.connection (group_id, id),
  foreign key (group_id, target_connection_id) references connect.connection (group_id, id),
  foreign key (group_id, queue_id) references transfer.queue (group_id, id)
);
create index transfer_source on transfer.transfer (group_id, source_connection_id);
create index transfer_target on transfer.transfer (group_id, target_connection_id);
create index transfer_queue on transfer.transfer (group_id, queue_id);
create index transfer_search on transfer.transfer using gin (search_vector);

create table transfer.run (
  id bigint generated always as identity primary key,
  transfer_id bigint not null,
  group_id bigint not null,
  started_at timestamptz,
  ended_at timestamptz,
  status varchar(255) not null default 'CREATED'
    check (status in ('CREATED', 'STARTED', 'FAILED', 'SEND_STOP_SIGNAL', 'STOPPED', 'FINISHED')),
  type varchar(64) not null default 'MANUAL' check (type in ('MANUAL', 'SCHEDULED')),
  log_url varchar(512),
  transfer_dump jsonb not null default '{}',
  queue_slug varchar(256),
  queued_at timestamptz,
  lease_owner uuid,
  lease_until timestamptz,
  attempts integer not null default 0,
  engine text check (engine in ('copy', 'embedded', 'spark')),
  progress jsonb,
  prepared jsonb,
  scheduled_for timestamptz,
  error text,
  correlation_id text,
  created_by bigint,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (group_id, id),
  foreign key (group_id, transfer_id) references transfer.transfer (group_id, id) on delete cascade,
  foreign key (created_by) references identity."user" (id) on delete set null
);

comment on column transfer.run.queued_at is 'Set with queue_slug when the run is meant to be worked; a row without it is nobody''s work.';
create index run_transfer on transfer.run (group_id, transfer_id, created_at desc, id desc);
create index run_recent on transfer.run (group_id, created_at desc, id desc);
create index run_waiting on transfer.run (queue_slug, queued_at, id)
  where queued_at is not null and status in ('CREATED', 'STARTED', 'SEND_STOP_SIGNAL');
create index run_created_by on transfer.run (created_by);
create unique index run_scheduled on transfer.run (group_id, transfer_id, scheduled_for) where scheduled_for is not null;
comment on column transfer.run.prepared is 'What the job said just before it committed: whoever finds it dead asks the witness by it.';
comment on column transfer.run.scheduled_for is 'The time of the schedule that this run is for, so that it is started once.';

create table transfer.run_log (
  run_id bigint not null,
  seq bigint not null,
  group_id bigint not null,
  at timestamptz not null default now(),
  level text not null check (level in ('info', 'warning', 'error')),
  message text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (run_id, seq),
  foreign key (group_id, run_id) references transfer.run (group_id, id) on delete cascade
);
create index run_log_group on transfer.run_log (group_id, run_id);

-- How far an incremental transfer has come.
create table transfer.mark (
  transfer_id bigint primary key,
  group_id bigint not null,
  name varchar(512) not null,
  value text not null,
  run_id bigint,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  foreign key (group_id, transfer_id) references transfer.transfer (group_id, id) on delete cascade
);
create index mark_group on transfer.mark (group_id, transfer_id);

create trigger touch before update on transfer.queue for each row execute function platform.touch_updated_at();
create trigger touch before update on transfer.transfer for each row execute function platform.touch_updated_at();
create trigger touch before update on transfer.run for each row execute function platform.touch_updated_at();
create trigger touch before update on transfer.mark for each row execute function platform.touch_updated_at();

create function transfer.keep_group() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if new.group_id is distinct from old.group_id then
    raise check_violation using message = 'a row never changes its group';
  end if;
  return new;
end
$$;

create trigger keep before update on transfer.queue for each row execute function transfer.keep_group();
create trigger keep before update on transfer.transfer for each row execute function transfer.keep_group();
create trigger keep before update on transfer.run for each row execute function transfer.keep_group();
create trigger keep before update on transfer.mark for each row execute function transfer.keep_group();

alter table transfer.queue enable row level security;
alter table transfer.queue force row level security;
alter table transfer.transfer enable row level security;
alter table transfer.transfer force row level security;
alter table transfer.run enable row level security;
alter table transfer.run force row level security;
alter table transfer.run_log enable row level security;
alter table transfer.run_log force row level security;
alter table transfer.mark enable row level security;
alter table transfer.mark force row level security;

create policy owner on transfer.queue to crosstie_owner using (true) with check (true);
create policy owner on transfer.transfer to crosstie_owner using (true) with check (true);
create policy owner on transfer.run to crosstie_owner using (true) with check (true);
create policy owner on transfer.run_log to crosstie_owner using (true) with check (true);
create policy owner on transfer.mark to crosstie_owner using (true) with check (true);

create policy read on transfer.queue for select to crosstie_app using (
  group_id = any ((select identity.caller_groups(1))::bigint[]) or (select identity.is_superuser())
);
create policy write on transfer.queue to crosstie_app
  using (group_id = any ((select identity.caller_groups(3))::bigint[]) or (select identity.is_superuser()))
  with check (group_id = any ((select identity.caller_groups(3))::bigint[]) or (select identity.is_superuser()));

create policy read on transfer.transfer for select to crosstie_app using (
  group_id = any ((select identity.caller_groups(1))::bigint[]) or (select identity.is_superuser())
);
create policy add on transfer.transfer for insert to crosstie_app with check (
  group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser())
);
create policy change on transfer.transfer for update to crosstie_app
  using (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()))
  with check (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()));
create policy remove on transfer.transfer for delete to crosstie_app using (
  group_id = any ((select identity.caller_groups(3))::bigint[]) or (select identity.is_superuser())
);

create policy read on transfer.run for select to crosstie_app using (
  group_id = any ((select identity.caller_groups(1))::bigint[]) or (select identity.is_superuser())
);
create policy add on transfer.run for insert to crosstie_app with check (
  group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser())
);
create policy change on transfer.run for update to crosstie_app
  using (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()))
  with check (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()));

create policy read on transfer.run_log for select to crosstie_app using (
  group_id = any ((select identity.caller_groups(1))::bigint[]) or (select identity.is_superuser())
);
create policy add on transfer.run_log for insert to crosstie_app with check (
  group_id = any ((select identity.caller_groups(2))::bigint[])
);

create policy read on transfer.mark for select to crosstie_app using (
  group_id = any ((select identity.caller_groups(1))::bigint[]) or (select identity.is_superuser())
);
create policy write on transfer.mark to crosstie_app
  using (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()))
  with check (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()));

-- The worker claims and renews rows of the queue; for what they mean it acts as the group's system user.
create policy worker on transfer.run to crosstie_worker using (true) with check (true);

grant select, insert, update, delete on transfer.queue, transfer.transfer, transfer.mark to crosstie_app;
grant select, insert, update on transfer.run to crosstie_app;
grant select, insert on transfer.run_log to crosstie_app;
grant select (id, group_id, transfer_id, status, queue_slug, queued_at, lease_owner, lease_until, attempts, updated_at) on transfer.run to crosstie_worker;
grant update (lease_owner, lease_until, attempts, updated_at) on transfer.run to crosstie_worker;
