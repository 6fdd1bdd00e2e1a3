drop trigger plan_changed on public.integration_connectors;
drop trigger plan_made on public.integration_connectors;
drop trigger health on connect.connection;
drop function connect.plan_sync();
drop function connect.make_health();
drop function connect.hook_target(uuid);
delete from platform.timer where kind = 'connect.schedule';
alter table connect.connection drop column secrets_shown;
alter table connect.auth_data drop column refresh_owner, drop column refresh_until;
drop table connect.health, connect.directory_entry, connect.file_entry, connect.catalog_version, connect.sync_change, connect.sync;

create or replace function identity.guard_user() returns trigger
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
