-- Settings hold no secrets: a row that came past /v1 with one would show it to every member, listener and backup.

create table connect.secret_field (
  provider varchar(50) not null,
  field text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (provider, field)
);

comment on table connect.secret_field is
  'Names that no settings may hold: by provider as its manifest marks them, and under * for every provider. The hub adds what is missing when it starts.';

alter table connect.secret_field enable row level security;
alter table connect.secret_field force row level security;
create policy owner on connect.secret_field to crosstie_owner using (true) with check (true);
create trigger touch before update on connect.secret_field for each row execute function platform.touch_updated_at();

insert into connect.secret_field (provider, field) values
  ('*', 'access_token'), ('*', 'api_key'), ('*', 'client_secret'), ('*', 'password'), ('*', 'private_key'),
  ('*', 'refresh_token'), ('*', 'token'),
  ('clickhouse', 'password'), ('dingtalk', 'app_secret'), ('dingtalk', 'callback_aes_key'),
  ('dingtalk', 'callback_token'), ('ftp', 'password'), ('ftps', 'password'), ('hdfs', 'password'),
  ('hive', 'password'), ('http', 'client_secret'), ('http', 'password'), ('http', 'refresh_token'),
  ('http', 'token'), ('iceberg', 'rest_catalog_oauth2_client_secret'), ('iceberg', 'rest_catalog_token'),
  ('iceberg', 's3_secret_key'), ('mssql', 'password'), ('mysql', 'password'), ('oracle', 'password'),
  ('postgres', 'password'), ('s3', 'secret_key'), ('samba', 'password'), ('sftp', 'password'),
  ('webdav', 'password'), ('webhook', 'secret');

-- accessToken, access-token and ACCESS_TOKEN are one name.
create function connect.plain_name(name text) returns text
  language sql immutable
  return regexp_replace(lower(name), '[^a-z0-9]', '', 'g');

-- The first name in the settings, at any depth, that is a secret's; null when there is none. What is null, empty, true
-- or false gives nothing away.
create function connect.secret_in(provider text, config jsonb) returns text
  language sql stable security definer set search_path = ''
as $$
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
$$;
revoke execute on function connect.secret_in(text, jsonb) from public;

-- Rows that hold one already stay, and `crosstie doctor` names them; they can be changed in all else.
create function connect.refuse_secrets() returns trigger
  language plpgsql security definer set search_path = ''
as $$
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
$$;

create trigger refuse_secrets before insert or update of provider, config on public.integration_connectors
  for each row execute function connect.refuse_secrets();
