drop policy read on platform.event;
drop policy add on platform.event;
drop schema identity cascade;
drop extension if exists pg_trgm;
