drop trigger reassign_authors on identity."user";
drop table public.integration_connectors cascade;
drop schema connect cascade;
drop function public.current_company_id();
drop function public.has_role(text);
revoke usage on schema platform from authenticated, anon, service_role;
