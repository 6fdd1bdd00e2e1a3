-- What SyncMaster's documented structure is here, for SQL clients and BI: its tables, columns and spellings, read only, over
-- the tables of the rooms. Each view sees what its reader may see, and no secret.

create schema syncmaster;
grant usage on schema syncmaster to crosstie_app;
comment on schema syncmaster is 'SyncMaster''s tables as views, for SQL clients and BI.';

create view syncmaster."user" with (security_invoker = true) as
select id, username, email, first_name, last_name, middle_name, is_superuser, is_active, created_at, updated_at
from identity."user"
where username is not null;
comment on view syncmaster."user" is 'Users who can sign in.';

create view syncmaster."group" with (security_invoker = true) as
select id, name, description, owner_id, created_at, updated_at, search_vector
from identity."group";
comment on view syncmaster."group" is 'All groups, personal ones too: what is in them refers to them.';

create view syncmaster.user_group with (security_invoker = true) as
select user_id, group_id, initcap(role_id)::varchar(255) as role_id
from identity.user_group;
comment on view syncmaster.user_group is 'Members: Guest, Developer, Maintainer. The owner stands in group.owner_id alone.';

create view syncmaster.connection with (security_invoker = true) as
select c.id, c.group_id, i.provider as type, c.name, c.description, i.config as data, c.created_at, c.updated_at,
  c.search_vector
from connect.connection c
join public.integration_connectors i on i.id = c.connector_id;

create view syncmaster.auth_data with (security_invoker = true) as
select connection_id, null::text as value, created_at, updated_at
from connect.auth_data;
comment on column syncmaster.auth_data.value is 'Always null: secrets are not read back.';

create view syncmaster.queue with (security_invoker = true) as
select id, name, slug, group_id, description, created_at, updated_at
from transfer.queue;

create view syncmaster.transfer with (security_invoker = true) as
select id, group_id, name, source_connection_id, target_connection_id, strategy_params, target_params, transformations,
  resources, is_scheduled, schedule, queue_id, created_at, updated_at
from transfer.transfer;

create view syncmaster.run with (security_invoker = true) as
select id, transfer_id, started_at, ended_at, status, type, log_url, transfer_dump, created_at, updated_at
from transfer.run;

grant select on all tables in schema syncmaster to crosstie_app;
