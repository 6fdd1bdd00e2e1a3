-- What was taken over from other systems, so that it is taken over once and can be undone.

create table identity.imported (
  source text not null check (source ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  kind text not null check (kind in ('user', 'group', 'member', 'connection', 'queue', 'transfer', 'run')),
  foreign_id text not null,
  -- When it was made there: another database under the same name is noticed by it.
  foreign_created_at timestamptz,
  local_id bigint not null,
  -- False where it was here before: undoing leaves it.
  made boolean not null,
  -- The row's own time when it was taken over; another one now means that it was changed since.
  row_updated_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (source, kind, foreign_id)
);
create index imported_local on identity.imported (kind, local_id);
create trigger touch before update on identity.imported for each row execute function platform.touch_updated_at();
alter table identity.imported enable row level security, force row level security;
create policy owner on identity.imported to crosstie_owner using (true) with check (true);
comment on table identity.imported is 'What `crosstie import` took over: the other system''s ids and ours. Operators'' commands only.';

-- A thousand slugs in one transaction take at most 256 locks of the server's few thousand.
create or replace function identity.derive_slug(name text, fallback text) returns text
language plpgsql set search_path = '' as $$
declare
  stem text := trim(both '-' from left(regexp_replace(regexp_replace(lower(name), '[^a-z0-9._-]+', '-', 'g'), '^[^a-z0-9]+', ''), 63));
  candidate text;
  n integer := 1;
begin
  if stem = '' then stem := fallback; end if;
  candidate := stem;
  -- Two at once with one name: the second waits, then sees the first.
  perform pg_advisory_xact_lock(hashtext('identity.slug'), hashtext(stem) & 255);
  while candidate in ('v1', 'npm', 'composer', 'generic', 'hooks', 'yapkg', 'foreseen', 'rest', 'realtime', 'system')
    or exists (select from identity."group" g where g.slug = candidate)
  loop
    n := n + 1;
    candidate := left(stem, 63 - length('-' || n)) || '-' || n;
  end loop;
  return candidate;
end
$$;
