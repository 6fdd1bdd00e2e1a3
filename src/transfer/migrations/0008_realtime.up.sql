-- Realtime: an outbox of changes that carries the tenant, and the views that the page follows. It stands here, with the
-- last of the rooms whose tables it listens to.

create schema realtime;
grant usage on schema realtime to crosstie_app, anon, authenticated, service_role;

create table realtime.change (
  id bigint generated always as identity primary key,
  company_id uuid not null,
  schema_name text not null,
  table_name text not null,
  type text not null check (type in ('INSERT', 'UPDATE', 'DELETE')),
  record jsonb,
  old_record jsonb not null default '{}',
  errors text[],
  xid xid8 not null default pg_current_xact_id(),
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp()
);

comment on table realtime.change is
  'What changed in the tables that are open to realtime, as its readers may see it. The tenant stands in the row, so that a delete is judged, too.';
comment on column realtime.change.old_record is 'The key alone: what a row held before is nobody''s to read any more.';
comment on column realtime.change.xid is
  'The transaction: with a snapshot it tells what came since, also from a transaction that began early and ended late.';
create index change_company on realtime.change (company_id, id);
create index change_xid on realtime.change (xid);
create index change_created on realtime.change (created_at);

create function realtime.cut_record() returns trigger
  language plpgsql set search_path = ''
as $$
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
$$;

-- Listeners hear ids at the commit, in the order of commits; 200 of them stay well below the 8000 bytes of a NOTIFY.
create function realtime.tell() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  perform pg_notify('realtime.change', company_id || ' ' || string_agg(id::text, ',' order by id))
  from (
    select company_id, id, (row_number() over (partition by company_id order by id) - 1) / 200 as part from added
  ) numbered
  group by company_id, part
  order by min(id);
  return null;
end
$$;

create trigger cut before insert on realtime.change for each row execute function realtime.cut_record();
create trigger tell after insert on realtime.change
  referencing new table as added for each statement execute function realtime.tell();

alter table realtime.change enable row level security;
alter table realtime.change force row level security;
create policy owner on realtime.change to crosstie_owner using (true) with check (true);
create policy member on realtime.change for select to crosstie_app using (
  company_id = any ((select connect.caller_companies(1))::uuid[]) or (select identity.is_superuser())
);
-- Supabase's roles hear of the document's table, under the rule that the document gives for reading it.
create policy document on realtime.change for select to authenticated, anon using (
  schema_name = 'public' and table_name = 'integration_connectors'
  and company_id = (select public.current_company_id())
);
create policy service on realtime.change for select to service_role using (
  schema_name = 'public' and table_name = 'integration_connectors'
  and coalesce(company_id = (select public.current_company_id()), (select public.current_company_id()) is null)
);
grant select on realtime.change to crosstie_app, authenticated, anon, service_role;

-- What the page follows, without what it has no use for in a list.

create schema hub;
grant usage on schema hub to crosstie_app;

create view hub.connections with (security_invoker = true) as
  select c.id, i.id as uuid, c.group_id, i.company_id, c.name, c.description, i.provider as type, i.connector_type,
    i.status, i.last_synced_at, c.created_at, greatest(c.updated_at, i.updated_at) as updated_at
  from connect.connection c join public.integration_connectors i on i.id = c.connector_id;

create view hub.runs with (security_invoker = true) as
  select r.id, r.group_id, g.uuid as company_id, r.transfer_id, t.name as transfer_name, r.status, r.type,
    r.started_at, r.ended_at, r.queued_at, r.engine, r.progress, r.error, r.attempts, r.created_by, r.created_at,
    r.updated_at
  from transfer.run r
  join transfer.transfer t on t.group_id = r.group_id and t.id = r.transfer_id
  join identity."group" g on g.id = r.group_id;

comment on view hub.connections is 'Connections as a list shows them; open to realtime.';
comment on view hub.runs is 'Runs as a list shows them, with their progress; open to realtime.';
grant select on hub.connections, hub.runs to crosstie_app;

create function realtime.publish_connector() returns trigger
  language plpgsql security definer set search_path = ''
as $$
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
$$;

create function realtime.publish_connection() returns trigger
  language plpgsql security definer set search_path = ''
as $$
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
$$;

create function realtime.publish_run() returns trigger
  language plpgsql security definer set search_path = ''
as $$
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
$$;

create trigger publish_insert after insert on public.integration_connectors
  referencing new table as added for each statement execute function realtime.publish_connector();
create trigger publish_update after update on public.integration_connectors
  referencing old table as removed new table as added for each statement execute function realtime.publish_connector();
create trigger publish_delete after delete on public.integration_connectors
  referencing old table as removed for each statement execute function realtime.publish_connector();
create trigger publish_insert after insert on connect.connection
  referencing new table as added for each statement execute function realtime.publish_connection();
create trigger publish_update after update on connect.connection
  referencing old table as removed new table as added for each statement execute function realtime.publish_connection();
create trigger publish_delete after delete on connect.connection
  referencing old table as removed for each statement execute function realtime.publish_connection();
create trigger publish_insert after insert on transfer.run
  referencing new table as added for each statement execute function realtime.publish_run();
create trigger publish_update after update on transfer.run
  referencing old table as removed new table as added for each statement execute function realtime.publish_run();
create trigger publish_delete after delete on transfer.run
  referencing old table as removed for each statement execute function realtime.publish_run();

-- A key to users reaches over tenants, so whom a connector names is checked here: somebody of its company, or the
-- caller. A stranger and nobody get the same answer.

create function connect.guard_authors() returns trigger
  language plpgsql security definer set search_path = ''
as $$
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
$$;

create trigger guard before insert or update on public.integration_connectors
  for each row execute function connect.guard_authors();

-- The two are one thing: whichever goes takes the other along.
create function connect.take_connector() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  delete from public.integration_connectors where id = old.connector_id;
  return null;
end
$$;

create trigger take_connector after delete on connect.connection
  for each row execute function connect.take_connector();
