-- Connectors as their document has them, each with a companion row that /v1 knows it by, and its sealed secrets.

create schema connect;
grant usage on schema connect to crosstie_app, crosstie_worker;

create function public.current_company_id() returns uuid
  language sql stable
  return (platform.claims() ->> 'company_id')::uuid;

create function public.has_role(role_key text) returns boolean
  language sql stable
  return coalesce(platform.claims() -> 'app_metadata' -> 'role_keys' ? role_key, false);

comment on function public.current_company_id() is 'The company of the token, by its claim company_id.';
comment on function public.has_role(text) is 'Whether the token''s app_metadata.role_keys holds the key.';

-- The claims of /v1 hold the groups' uuids too: {companies: {"<group uuid>": level}}.
create function connect.caller_companies(least_level integer) returns uuid[]
  language sql stable
  return array(
    select key::uuid from jsonb_each_text(coalesce(platform.claims() -> 'companies', '{}'))
    where value::integer >= least_level
  );

create table public.integration_connectors (
  id uuid primary key default gen_random_uuid(),
  company_id uuid not null references identity."group" (uuid) on delete cascade,
  provider varchar(50) not null,
  connector_type varchar(30) not null,
  status varchar(20) not null default 'inactive',
  config jsonb not null default '{}'::jsonb,
  schedule jsonb not null default '{}'::jsonb,
  last_synced_at timestamptz null,
  created_by uuid not null references identity."user" (uuid),
  updated_by uuid null references identity."user" (uuid),
  created_at timestamptz not null default current_timestamp,
  updated_at timestamptz not null default current_timestamp
);

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

create index if not exists idx_integration_connectors_company_id on public.integration_connectors (company_id);
create index integration_connectors_created_by on public.integration_connectors (created_by);
create index integration_connectors_updated_by on public.integration_connectors (updated_by);

create table connect.connection (
  id bigint generated always as identity primary key,
  connector_id uuid not null unique references public.integration_connectors (id) on delete cascade,
  group_id bigint not null references identity."group" (id) on delete cascade,
  name varchar(128) not null,
  description varchar(512) not null default '',
  auth_shown jsonb,
  search_vector tsvector not null default '',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (group_id, name),
  unique (group_id, id)
);

comment on table connect.connection is 'The companion of a connector: its number, name and description for /v1.';
comment on column connect.connection.auth_shown is
  'What of auth_data may be read back (its type, the user); null when there are no credentials.';
create index connection_search on connect.connection using gin (search_vector);

create table connect.auth_data (
  connection_id bigint primary key,
  group_id bigint not null,
  value text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  foreign key (group_id, connection_id) references connect.connection (group_id, id) on delete cascade
);

comment on column connect.auth_data.value is 'A compact JWE over the JSON object of the credentials.';
create index auth_data_group on connect.auth_data (group_id, connection_id);

create trigger touch before update on public.integration_connectors for each row execute function platform.touch_updated_at();
create trigger touch before update on connect.connection for each row execute function platform.touch_updated_at();
create trigger touch before update on connect.auth_data for each row execute function platform.touch_updated_at();

create function connect.search_text(name text, config jsonb) returns tsvector
  language sql immutable
  return to_tsvector('russian', name) || to_tsvector('simple', name)
    || to_tsvector('simple', translate(name, './-_:\', '      '))
    || to_tsvector('simple', coalesce(config ->> 'host', ''))
    || to_tsvector('simple', translate(coalesce(config ->> 'host', ''), './-_:\', '      '));

-- A connector that came in by SQL or through the Supabase door gets its companion; /v1 then names it.
create function connect.make_companion() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  insert into connect.connection (connector_id, group_id, name, search_vector)
  select new.id, g.id, made, connect.search_text(made, new.config)
  from identity."group" g, concat(new.provider, '-', left(new.id::text, 8)) as made
  where g.uuid = new.company_id;
  return null;
end
$$;

create function connect.keep_connector() returns trigger
  language plpgsql security definer set search_path = ''
as $$
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
$$;

create function connect.keep_connection() returns trigger
  language plpgsql security definer set search_path = ''
as $$
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
$$;

create trigger companion after insert on public.integration_connectors
  for each row execute function connect.make_companion();
create trigger keep before update on public.integration_connectors
  for each row execute function connect.keep_connector();
create trigger keep before update on connect.connection
  for each row execute function connect.keep_connection();

-- Who made a connector is kept as long as that user is; then the group's system user stands in.
create function connect.reassign_authors() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  update public.integration_connectors i set created_by = s.uuid
  from identity."group" g join identity."user" s on s.id = g.system_user_id
  where i.created_by = old.uuid and g.uuid = i.company_id and s.id <> old.id;
  update public.integration_connectors set updated_by = null where updated_by = old.uuid;
  -- What remains belongs to groups that go with the user.
  delete from public.integration_connectors where created_by = old.uuid;
  return old;
end
$$;

create trigger reassign_authors before delete on identity."user"
  for each row execute function connect.reassign_authors();

alter table public.integration_connectors enable row level security;
alter table public.integration_connectors force row level security;
alter table connect.connection enable row level security;
alter table connect.connection force row level security;
alter table connect.auth_data enable row level security;
alter table connect.auth_data force row level security;

create policy owner on public.integration_connectors to crosstie_owner using (true) with check (true);
create policy owner on connect.connection to crosstie_owner using (true) with check (true);
create policy owner on connect.auth_data to crosstie_owner using (true) with check (true);

-- The document's two, by name and meaning; the helpers are wrapped so that they are read once per statement.
create policy "Connectors readable within company" on public.integration_connectors
  for select to authenticated, anon
  using (company_id = (select public.current_company_id()));

create policy "Connectors manageable by admins" on public.integration_connectors
  for all to authenticated, anon
  using (company_id = (select public.current_company_id()) and (select public.has_role('Vibot.admin')))
  with check (company_id = (select public.current_company_id()) and (select public.has_role('Vibot.admin')));

create policy service on public.integration_connectors to service_role
  using (coalesce(company_id = (select public.current_company_id()), (select public.current_company_id()) is null))
  with check (coalesce(company_id = (select public.current_company_id()), (select public.current_company_id()) is null));

-- /v1's own: a developer may write, as SyncMaster says; a maintainer may delete.
create policy read on public.integration_connectors for select to crosstie_app using (
  company_id = any ((select connect.caller_companies(1))::uuid[]) or (select identity.is_superuser())
);
create policy add on public.integration_connectors for insert to crosstie_app with check (
  company_id = any ((select connect.caller_companies(2))::uuid[]) or (select identity.is_superuser())
);
create policy change on public.integration_connectors for update to crosstie_app
  using (company_id = any ((select connect.caller_companies(2))::uuid[]) or (select identity.is_superuser()))
  with check (company_id = any ((select connect.caller_companies(2))::uuid[]) or (select identity.is_superuser()));
create policy remove on public.integration_connectors for delete to crosstie_app using (
  company_id = any ((select connect.caller_companies(3))::uuid[]) or (select identity.is_superuser())
);

create policy read on connect.connection for select to crosstie_app using (
  group_id = any ((select identity.caller_groups(1))::bigint[]) or (select identity.is_superuser())
);
create policy change on connect.connection for update to crosstie_app
  using (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()))
  with check (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()));

-- The seal is for those who may use the connection; a guest sees only auth_shown.
create policy use on connect.auth_data to crosstie_app
  using (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()))
  with check (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()));

grant select, insert, update, delete on public.integration_connectors to crosstie_app, authenticated, anon, service_role;
grant usage on schema public to crosstie_app, authenticated, anon, service_role;
grant usage on schema platform to authenticated, anon, service_role;
grant select on connect.connection to crosstie_app;
grant update (name, description, auth_shown, updated_at) on connect.connection to crosstie_app;
grant select, insert, delete on connect.auth_data to crosstie_app;
grant update (value, updated_at) on connect.auth_data to crosstie_app;
