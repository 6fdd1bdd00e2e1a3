-- Schedules that people can trust: what becomes of missed times and of overlaps, and why a due time had no run.

alter table transfer.transfer
  add column missed_runs text not null default 'one' check (missed_runs in ('one', 'skip')),
  add column overlap text not null default 'skip' check (overlap in ('skip', 'queue'));
comment on column transfer.transfer.missed_runs is 'After a time without a worker: one run for all that was missed, or none.';
comment on column transfer.transfer.overlap is 'When it is due and its last run is not over: no run this time, or one that waits.';

create table transfer.skipped (
  transfer_id bigint not null,
  group_id bigint not null,
  scheduled_for timestamptz not null,
  reason text not null check (reason in ('missed', 'overlap', 'queue_full', 'connection_inactive', 'refused')),
  times integer not null default 1,
  message text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (group_id, transfer_id, scheduled_for),
  foreign key (group_id, transfer_id) references transfer.transfer (group_id, id) on delete cascade
);
comment on table transfer.skipped is 'Due times that had no run of their own, the newest few of each transfer.';
create trigger touch before update on transfer.skipped for each row execute function platform.touch_updated_at();
create trigger keep before update on transfer.skipped for each row execute function transfer.keep_group();

alter table transfer.skipped enable row level security;
alter table transfer.skipped force row level security;
create policy owner on transfer.skipped to crosstie_owner using (true) with check (true);
create policy read on transfer.skipped for select to crosstie_app using (
  group_id = any ((select identity.caller_groups(1))::bigint[]) or (select identity.is_superuser())
);
create policy write on transfer.skipped to crosstie_app
  using (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()))
  with check (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()));
grant select, insert, delete on transfer.skipped to crosstie_app;

-- A transfer that comes in or is changed by SQL has a timer too: due at once, so that a worker looks at the schedule and
-- sets the true time. Whoever changes a transfer over /v1 sets that time in the same transaction.
create function transfer.look_at_schedule() returns trigger
  language plpgsql security definer set search_path = ''
as $$
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
$$;

create trigger schedule_made after insert on transfer.transfer for each row
  when (new.is_scheduled) execute function transfer.look_at_schedule();
create trigger schedule_changed after update on transfer.transfer for each row
  when ((new.is_scheduled, new.schedule, new.timezone) is distinct from (old.is_scheduled, old.schedule, old.timezone))
  execute function transfer.look_at_schedule();
create trigger schedule_gone after delete on transfer.transfer for each row
  execute function transfer.look_at_schedule();

-- One run of a transfer at a time: what else of it is open is asked for each run that waits.
create index run_open on transfer.run (group_id, transfer_id, id)
  where queued_at is not null and status in ('CREATED', 'STARTED', 'SEND_STOP_SIGNAL');
grant select (started_at) on transfer.run to crosstie_worker;
