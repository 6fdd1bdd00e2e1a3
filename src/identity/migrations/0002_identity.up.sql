-- Users, groups, roles, sign-in, applications, audit.

create extension if not exists pg_trgm with schema public;
create schema identity;
grant usage on schema identity to crosstie_app, crosstie_auth, crosstie_worker, anon, authenticated, service_role;

-- The caller, as the claims say: {user_id, superuser, groups: {"<group id>": level}}.
-- Levels: 1 guest, 2 developer, 3 maintainer, 4 owner.

create function identity.caller_id() returns bigint
  language sql stable
  return (platform.claims() ->> 'user_id')::bigint;

create function identity.is_superuser() returns boolean
  language sql stable
  return coalesce((platform.claims() ->> 'superuser')::boolean, false);

create function identity.caller_groups(least_level integer) returns bigint[]
  language sql stable
  return array(
    select key::bigint from jsonb_each_text(coalesce(platform.claims() -> 'groups', '{}'))
    where value::integer >= least_level
  );

create table identity."user" (
  id bigint generated always as identity primary key,
  uuid uuid not null default gen_random_uuid() unique,
  kind smallint not null default 0 check (kind in (0, 1, 2)),
  username varchar(256) unique check (username <> ''),
  display_name varchar(256) not null default '',
  email varchar(256),
  first_name varchar(256),
  last_name varchar(256),
  middle_name varchar(256),
  is_superuser boolean not null default false,
  status text not null default 'active' check (status in ('pending', 'active', 'forbidden')),
  is_active boolean not null generated always as (status = 'active') stored,
  home_group_id bigint,
  sessions_valid_from timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint user_signs_in_or_has_home check ((username is null) = (home_group_id is not null)),
  constraint superuser_signs_in check (not is_superuser or username is not null)
);

comment on table identity."user" is 'A person (kind 0), a group of recipients (1) or a system (2).';
comment on column identity."user".home_group_id is 'Set for those that only receive or act for a group: they show to that group alone.';
comment on column identity."user".sessions_valid_from is 'Every token and session issued before it is refused; null until used.';
create index user_username_trgm on identity."user" using gin (username public.gin_trgm_ops);
create index user_email on identity."user" (email);

create table identity."group" (
  id bigint generated always as identity primary key,
  uuid uuid not null default gen_random_uuid() unique,
  name varchar(256) not null,
  description varchar(512) not null default '',
  owner_id bigint not null references identity."user" (id) on delete cascade,
  system_user_id bigint references identity."user" (id) on delete set null,
  slug varchar(63) not null unique check (slug ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  personal boolean not null default false,
  search_vector tsvector not null generated always as (
    to_tsvector('russian', name) || to_tsvector('simple', name)
      || to_tsvector('simple', translate(name, './-_:\', '      '))
  ) stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

comment on table identity."group" is 'The tenant. Each signing-in user has a personal one; its name stands outside the uniqueness of names.';
create unique index group_name on identity."group" (name) where not personal;
create unique index group_personal on identity."group" (owner_id) where personal;
create index group_owner on identity."group" (owner_id);
create index group_system_user on identity."group" (system_user_id);
create index group_search on identity."group" using gin (search_vector);

alter table identity."user" add constraint user_home_group_id_fkey
  foreign key (home_group_id) references identity."group" (id) on delete cascade;
create index user_home_group on identity."user" (home_group_id, display_name) where home_group_id is not null;
create unique index user_display_name on identity."user" (home_group_id, display_name)
  where home_group_id is not null and kind <> 2;

create table identity.user_group (
  id bigint generated always as identity unique,
  user_id bigint not null references identity."user" (id) on delete cascade,
  group_id bigint not null references identity."group" (id) on delete cascade,
  role_id varchar(255) not null check (role_id in ('guest', 'developer', 'maintainer')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (user_id, group_id)
);

comment on table identity.user_group is 'Members. The owner stands in group.owner_id alone.';
create index user_group_group on identity.user_group (group_id, user_id);

create table identity.password (
  user_id bigint primary key references identity."user" (id) on delete cascade,
  hash text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table identity.session (
  id bigint generated always as identity primary key,
  user_id bigint not null references identity."user" (id) on delete cascade,
  token_hash bytea not null unique,
  address text,
  agent varchar(256),
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index session_of_user on identity.session (user_id);
create index session_expires on identity.session (expires_at);

create table identity.one_time_link (
  token_hash bytea primary key,
  purpose text not null check (purpose in ('first_superuser')),
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table identity.application (
  id bigint generated always as identity primary key,
  user_id bigint references identity."user" (id) on delete cascade,
  group_id bigint references identity."group" (id) on delete cascade,
  name varchar(128) not null,
  appid varchar(63) not null unique default replace(gen_random_uuid()::text, '-', ''),
  secret_hash bytea not null,
  type text not null check (type in ('read_only', 'publish', 'all')),
  status text not null default 'enabled' check (status in ('enabled', 'disabled')),
  description varchar(127) not null default '',
  scopes text[] not null default '{}',
  expires_at timestamptz,
  used_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint application_of_one check (num_nonnulls(user_id, group_id) = 1)
);

comment on table identity.application is 'A client with its own secret, of a user or of a group; a group''s acts as the group''s system user.';
create index application_user on identity.application (user_id);
create index application_group on identity.application (group_id);
create index application_type on identity.application (type);
create index application_status on identity.application (status);

-- No foreign keys: what happened stays readable when who did it or what it was about is gone.
create table identity.audit (
  id bigint generated always as identity primary key,
  group_id bigint,
  actor_id bigint,
  actor_name text not null,
  action text not null check (action ~ '^[a-z_]+\.[a-z_]+$'),
  object_id text,
  object_name text,
  details jsonb not null default '{}',
  address text,
  request_id text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index audit_group on identity.audit (group_id, id desc);
create index audit_actor on identity.audit (actor_id, id desc);
create index audit_created on identity.audit (created_at);

comment on column identity.audit.actor_id is 'Null for an operator''s command; actor_name then says who ran it.';

create trigger touch before update on identity."user" for each row execute function platform.touch_updated_at();
create trigger touch before update on identity."group" for each row execute function platform.touch_updated_at();
create trigger touch before update on identity.user_group for each row execute function platform.touch_updated_at();
create trigger touch before update on identity.password for each row execute function platform.touch_updated_at();
create trigger touch before update on identity.session for each row execute function platform.touch_updated_at();
create trigger touch before update on identity.application for each row execute function platform.touch_updated_at();

-- Rows that come in by SQL are whole: slug, system user and personal group are made here.

create function identity.derive_slug(name text, fallback text) returns text
  language plpgsql set search_path = ''
as $$
declare
  stem text := trim(both '-' from left(regexp_replace(regexp_replace(lower(name), '[^a-z0-9._-]+', '-', 'g'), '^[^a-z0-9]+', ''), 63));
  candidate text;
  n integer := 1;
begin
  if stem = '' then stem := fallback; end if;
  candidate := stem;
  -- Two at once with one name: the second waits, then sees the first.
  perform pg_advisory_xact_lock(hashtext('identity.slug'), hashtext(stem));
  while candidate in ('v1', 'npm', 'composer', 'generic', 'hooks', 'yapkg', 'foreseen', 'rest', 'realtime', 'system')
    or exists (select from identity."group" g where g.slug = candidate)
  loop
    n := n + 1;
    candidate := left(stem, 63 - length('-' || n)) || '-' || n;
  end loop;
  return candidate;
end
$$;

create function identity.complete_group() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if new.slug is null then
    new.slug := identity.derive_slug(new.name, 'g-' || new.id);
  end if;
  return new;
end
$$;

create function identity.make_system_user() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare made bigint;
begin
  insert into identity."user" (kind, display_name, home_group_id)
  values (2, 'system of ' || new.slug, new.id)
  returning id into made;
  update identity."group" set system_user_id = made, updated_at = new.updated_at where id = new.id;
  return null;
end
$$;

create function identity.make_personal_group() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  insert into identity."group" (name, owner_id, personal) values (new.username, new.id, true);
  return null;
end
$$;

-- What a user may not give oneself: the right of all rights, another name, another state.
create function identity.guard_user() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if current_user = 'crosstie_app' and not identity.is_superuser()
    and (new.is_superuser, new.status, new.username, new.kind, new.home_group_id)
      is distinct from (old.is_superuser, old.status, old.username, old.kind, old.home_group_id)
  then
    raise insufficient_privilege using message = 'only a superuser changes rights, state or name of a user';
  end if;
  return new;
end
$$;

create function identity.keep_group() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if (new.slug, new.personal, new.uuid) is distinct from (old.slug, old.personal, old.uuid) then
    raise check_violation using message = 'slug, uuid and personal of a group never change';
  end if;
  return new;
end
$$;

create function identity.keep_membership() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if exists (select from identity."group" g where g.id = new.group_id and (g.owner_id = new.user_id or g.personal)) then
    raise check_violation using message = 'the owner of a group is not its member, and a personal group has none';
  end if;
  return new;
end
$$;

create trigger complete before insert on identity."group" for each row execute function identity.complete_group();
create trigger system_member after insert on identity."group" for each row execute function identity.make_system_user();
create trigger keep before update on identity."group" for each row execute function identity.keep_group();
create trigger personal_group after insert on identity."user"
  for each row when (new.username is not null) execute function identity.make_personal_group();
create trigger guard before update on identity."user" for each row execute function identity.guard_user();
create trigger keep before insert or update on identity.user_group for each row execute function identity.keep_membership();

-- Who sees and changes what.

alter table identity."user" enable row level security;
alter table identity."user" force row level security;
alter table identity."group" enable row level security;
alter table identity."group" force row level security;
alter table identity.user_group enable row level security;
alter table identity.user_group force row level security;
alter table identity.password enable row level security;
alter table identity.password force row level security;
alter table identity.session enable row level security;
alter table identity.session force row level security;
alter table identity.one_time_link enable row level security;
alter table identity.one_time_link force row level security;
alter table identity.application enable row level security;
alter table identity.application force row level security;
alter table identity.audit enable row level security;
alter table identity.audit force row level security;

create policy owner on identity."user" to crosstie_owner using (true) with check (true);
create policy owner on identity."group" to crosstie_owner using (true) with check (true);
create policy owner on identity.user_group to crosstie_owner using (true) with check (true);
create policy owner on identity.password to crosstie_owner using (true) with check (true);
create policy owner on identity.session to crosstie_owner using (true) with check (true);
create policy owner on identity.one_time_link to crosstie_owner using (true) with check (true);
create policy owner on identity.application to crosstie_owner using (true) with check (true);
create policy owner on identity.audit to crosstie_owner using (true) with check (true);

-- Sign-in comes before there are claims: it looks up users, makes the first one, and keeps passwords, sessions and links.
create policy sign_in on identity."user" to crosstie_auth using (true) with check (true);
create policy sign_in on identity."group" for select to crosstie_auth using (true);
create policy sign_in on identity.user_group for select to crosstie_auth using (true);
create policy sign_in on identity.password to crosstie_auth using (true) with check (true);
create policy sign_in on identity.session to crosstie_auth using (true) with check (true);
create policy sign_in on identity.one_time_link to crosstie_auth using (true) with check (true);
create policy sign_in on identity.application to crosstie_auth using (true) with check (true);
create policy sign_in on identity.audit for insert to crosstie_auth with check (true);
grant select on identity."user", identity."group", identity.user_group, identity.application to crosstie_auth;
grant insert on identity."user" to crosstie_auth;
grant select, insert, update, delete on identity.password, identity.session, identity.one_time_link to crosstie_auth;
grant update (used_at, updated_at) on identity.application to crosstie_auth;
grant insert on identity.audit to crosstie_auth;

create policy read on identity."user" for select to crosstie_app using (
  (home_group_id is null and (select identity.caller_id()) is not null)
  or home_group_id = any ((select identity.caller_groups(1))::bigint[])
  or (select identity.is_superuser())
);
create policy add on identity."user" for insert to crosstie_app with check (
  (select identity.is_superuser())
  or home_group_id = any ((select identity.caller_groups(2))::bigint[])
);
create policy change on identity."user" for update to crosstie_app
  using (
    (select identity.is_superuser()) or id = (select identity.caller_id())
    or home_group_id = any ((select identity.caller_groups(2))::bigint[])
  )
  with check (
    (select identity.is_superuser()) or id = (select identity.caller_id())
    or home_group_id = any ((select identity.caller_groups(2))::bigint[])
  );
create policy remove on identity."user" for delete to crosstie_app using (
  home_group_id = any ((select identity.caller_groups(3))::bigint[]) and kind <> 2
);

create policy read on identity."group" for select to crosstie_app using (
  id = any ((select identity.caller_groups(1))::bigint[])
  or owner_id = (select identity.caller_id())
  or (select identity.is_superuser())
);
create policy add on identity."group" for insert to crosstie_app with check (
  not personal and (owner_id = (select identity.caller_id()) or (select identity.is_superuser()))
);
create policy change on identity."group" for update to crosstie_app
  using (id = any ((select identity.caller_groups(4))::bigint[]) or (select identity.is_superuser()))
  with check (id = any ((select identity.caller_groups(4))::bigint[]) or (select identity.is_superuser()));
create policy remove on identity."group" for delete to crosstie_app using (
  not personal and (select identity.is_superuser())
);

create policy read on identity.user_group for select to crosstie_app using (
  group_id = any ((select identity.caller_groups(1))::bigint[]) or (select identity.is_superuser())
);
create policy add on identity.user_group for insert to crosstie_app with check (
  group_id = any ((select identity.caller_groups(4))::bigint[]) or (select identity.is_superuser())
);
create policy change on identity.user_group for update to crosstie_app
  using (group_id = any ((select identity.caller_groups(4))::bigint[]) or (select identity.is_superuser()))
  with check (group_id = any ((select identity.caller_groups(4))::bigint[]) or (select identity.is_superuser()));
create policy remove on identity.user_group for delete to crosstie_app using (
  user_id = (select identity.caller_id())
  or group_id = any ((select identity.caller_groups(4))::bigint[])
  or (select identity.is_superuser())
);

create policy read on identity.application for select to crosstie_app using (
  user_id = (select identity.caller_id())
  or group_id = any ((select identity.caller_groups(3))::bigint[])
  or (select identity.is_superuser())
);
create policy write on identity.application to crosstie_app
  using (
    user_id = (select identity.caller_id())
    or group_id = any ((select identity.caller_groups(3))::bigint[])
    or (select identity.is_superuser())
  )
  with check (
    user_id = (select identity.caller_id())
    or group_id = any ((select identity.caller_groups(3))::bigint[])
    or (select identity.is_superuser())
  );

create policy read on identity.audit for select to crosstie_app using (
  group_id = any ((select identity.caller_groups(3))::bigint[]) or (select identity.is_superuser())
);
create policy add on identity.audit for insert to crosstie_app with check (
  actor_id is not distinct from (select identity.caller_id())
);

grant select, insert, update, delete on identity."user", identity."group" to crosstie_app;
grant select, insert, delete on identity.user_group to crosstie_app;
grant update (role_id, updated_at) on identity.user_group to crosstie_app;
grant select, insert, delete on identity.application to crosstie_app;
grant update (name, type, status, description, scopes, expires_at, secret_hash, updated_at) on identity.application to crosstie_app;
grant select, insert on identity.audit to crosstie_app;

-- The platform's outbox belongs to groups, whose members' rights are known only here.
create policy read on platform.event for select to crosstie_app using (
  group_id = any ((select identity.caller_groups(3))::bigint[]) or (select identity.is_superuser())
);
create policy add on platform.event for insert to crosstie_app with check (
  group_id is null or group_id = any ((select identity.caller_groups(1))::bigint[]) or (select identity.is_superuser())
);
