drop trigger refuse_secrets on public.integration_connectors;
drop function connect.refuse_secrets();
drop function connect.secret_in(text, jsonb);
drop function connect.plain_name(text);
drop table connect.secret_field;
