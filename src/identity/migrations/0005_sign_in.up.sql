-- Sign-in by OpenID Connect: whose account at the provider is whose here, and what a session owes to the provider.
-- And the tries to sign in, counted for all hubs on this database together.

create table identity.oidc_account (
  issuer varchar(512) not null,
  subject varchar(255) not null,
  user_id bigint not null references identity."user" (id) on delete cascade,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (issuer, subject)
);
create index oidc_account_user on identity.oidc_account (user_id);

comment on table identity.oidc_account is 'A closed user keeps its account: the same person is refused at the next sign-in, not made anew.';

create table identity.oidc_session (
  session_id bigint primary key references identity.session (id) on delete cascade,
  value text not null,
  fresh_until timestamptz not null,
  refreshing_until timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

comment on column identity.oidc_session.value is 'Compact JWE of the provider''s refresh and ID token; the access token is not kept.';
comment on column identity.oidc_session.fresh_until is 'When the access token expires; from then on the provider is asked before the session counts.';
comment on column identity.oidc_session.refreshing_until is 'One hub refreshes at a time, for a refresh token is often good once only; a hub that dies leaves this to lapse.';

create table identity.sign_in_try (
  key bytea primary key,
  count integer not null,
  ends_at timestamptz not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index sign_in_try_ends on identity.sign_in_try (ends_at);

comment on table identity.sign_in_try is 'Tries of the window that is running, per address and per name. Keys are hashes: what was typed as a name may have been a password.';

create trigger touch before update on identity.oidc_account for each row execute function platform.touch_updated_at();
create trigger touch before update on identity.oidc_session for each row execute function platform.touch_updated_at();
create trigger touch before update on identity.sign_in_try for each row execute function platform.touch_updated_at();

alter table identity.oidc_account enable row level security;
alter table identity.oidc_account force row level security;
alter table identity.oidc_session enable row level security;
alter table identity.oidc_session force row level security;
alter table identity.sign_in_try enable row level security;
alter table identity.sign_in_try force row level security;

create policy owner on identity.oidc_account to crosstie_owner using (true) with check (true);
create policy owner on identity.oidc_session to crosstie_owner using (true) with check (true);
create policy owner on identity.sign_in_try to crosstie_owner using (true) with check (true);

create policy sign_in on identity.oidc_account to crosstie_auth using (true) with check (true);
create policy sign_in on identity.oidc_session to crosstie_auth using (true) with check (true);
create policy sign_in on identity.sign_in_try to crosstie_auth using (true) with check (true);
grant select, insert, delete on identity.oidc_account to crosstie_auth;
grant select, insert, update, delete on identity.oidc_session, identity.sign_in_try to crosstie_auth;
