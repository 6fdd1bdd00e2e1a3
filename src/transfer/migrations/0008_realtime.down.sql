drop trigger take_connector on connect.connection;
drop function connect.take_connector();

drop trigger guard on public.integration_connectors;
drop function connect.guard_authors();

drop trigger publish_insert on public.integration_connectors;
drop trigger publish_update on public.integration_connectors;
drop trigger publish_delete on public.integration_connectors;
drop trigger publish_insert on connect.connection;
drop trigger publish_update on connect.connection;
drop trigger publish_delete on connect.connection;
drop trigger publish_insert on transfer.run;
drop trigger publish_update on transfer.run;
drop trigger publish_delete on transfer.run;
drop schema realtime cascade;
drop schema hub cascade;
