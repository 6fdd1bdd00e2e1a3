-- What every room stands on: claims for policies, timestamps, events and timers.

grant usage on schema platform to crosstie_app, crosstie_auth, crosstie_worker;

create function platform.claims() returns jsonb
  language sql stable
  return coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb;

comment on function platform.claims() is
  'Who the transaction acts for. Policies call it as (select …), so that it is read once per statement.';

create function platform.touch_updated_at() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  -- A view's or an importer's own time is kept when it was set on purpose.
  if new.updated_at is not distinct from old.updated_at then
    new.updated_at := now();
  end if;
  return new;
end
$$;

-- The outbox: a row in the same transaction as what happened.
create table platform.event (
  id bigint generated always as identity primary key,
  uuid uuid not null default gen_random_uuid(),
  group_id bigint,
  kind text not null check (kind ~ '^[a-z_]+\.[a-z_]+$'),
  key text,
  payload jsonb not null default '{}',
  handled_at timestamptz,
  failed_at timestamptz,
  error text,
  lease_owner uuid,
  lease_until timestamptz,
  attempts integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (kind, key)
);

comment on table platform.event is 'What happened, for rules and handlers; a handler is done once by (kind, key).';
create index event_waiting on platform.event (id) where handled_at is null and failed_at is null;
create index event_group on platform.event (group_id, kind, id);
create trigger touch before update on platform.event for each row execute function platform.touch_updated_at();

create table platform.timer (
  id bigint generated always as identity primary key,
  kind text not null,
  key text not null,
  due_at timestamptz not null,
  payload jsonb not null default '{}',
  error text,
  lease_owner uuid,
  lease_until timestamptz,
  attempts integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (kind, key)
);

comment on table platform.timer is 'What is due when: schedules, expiry, reminders, retention.';
create index timer_due on platform.timer (due_at);
create trigger touch before update on platform.timer for each row execute function platform.touch_updated_at();

alter table platform.event enable row level security;
alter table platform.event force row level security;
alter table platform.timer enable row level security;
alter table platform.timer force row level security;

create policy owner on platform.event to crosstie_owner using (true) with check (true);
create policy owner on platform.timer to crosstie_owner using (true) with check (true);
create policy worker on platform.event to crosstie_worker using (true) with check (true);
create policy worker on platform.timer to crosstie_worker using (true) with check (true);
create policy app_timer on platform.timer to crosstie_app using (true) with check (true);

comment on policy app_timer on platform.timer is
  'Timers hold keys and times, no tenant''s data; a room sets them in the transaction that changes what they are for.';

grant select, insert, update, delete on platform.timer to crosstie_app, crosstie_worker;
grant select, update, delete on platform.event to crosstie_worker;
grant select, insert on platform.event to crosstie_app;
