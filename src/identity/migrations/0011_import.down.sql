drop table identity.imported;

create or replace function identity.derive_slug(name text, fallback text) returns text
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
