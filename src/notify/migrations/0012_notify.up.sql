-- Notify: templates, accounts, tasks and the inbox, as their document has them and beyond; and what the event's handlers need.

create schema notify;
grant usage on schema notify to crosstie_app, crosstie_worker;

create table notify.template (
  id bigint generated always as identity primary key,
  group_id bigint not null references identity."group" (id) on delete cascade,
  name varchar(255) not null check (name <> ''),
  title varchar(512) not null default '',
  content text not null,
  arguments jsonb not null default '{}' check (jsonb_typeof(arguments) = 'object'),
  syntax text not null check (syntax in ('foreseen', 'liquid')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (group_id, name),
  unique (group_id, id)
);

comment on table notify.template is 'What is said, with places for arguments.';
comment on column notify.template.arguments is 'Defaults of the arguments, and samples for the preview.';

create table notify.account (
  id bigint generated always as identity primary key,
  group_id bigint not null references identity."group" (id) on delete cascade,
  connection_id bigint not null,
  user_id bigint not null references identity."user" (id) on delete cascade,
  account varchar(512) not null check (account <> ''),
  status text not null default 'active' check (status in ('active', 'broken')),
  error text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (connection_id, user_id, account),
  unique (group_id, id),
  foreign key (group_id, connection_id) references connect.connection (group_id, id) on delete cascade
);

comment on table notify.account is 'What a user of the group is called at another system: where messages for this user go there.';
comment on column notify.account.status is 'broken: the other system refused it for good; nothing is sent there until somebody mends it.';
create index account_connection on notify.account (group_id, connection_id);
create index account_user on notify.account (user_id);

-- What was asked to be sent, once; its tasks are to whom. Apart from the tasks, for who may see that something was sent
-- need not be one who may read it.
create table notify.message (
  id bigint generated always as identity primary key,
  group_id bigint not null references identity."group" (id) on delete cascade,
  template_id bigint,
  argument jsonb not null default '{}',
  title text not null default '',
  content text not null,
  format text not null default 'markdown' check (format in ('markdown', 'plain')),
  level text not null default 'info',
  idempotency_key varchar(255),
  request_hash bytea,
  created_by bigint references identity."user" (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (group_id, idempotency_key),
  unique (group_id, id),
  foreign key (group_id, template_id) references notify.template (group_id, id) on delete set null (template_id)
);

comment on table notify.message is 'What was asked to be sent, as it was rendered. The same idempotency key is the same message.';
create index message_template on notify.message (group_id, template_id) where template_id is not null;
create index message_created_by on notify.message (created_by);
create index message_created on notify.message (created_at);

create table notify.task (
  id bigint generated always as identity primary key,
  group_id bigint not null references identity."group" (id) on delete cascade,
  message_id bigint not null,
  client_id bigint,
  connection_id bigint,
  user_id bigint references identity."user" (id) on delete cascade,
  account_id bigint,
  template_id bigint,
  address text,
  status smallint not null default 0 check (status in (0, 1, 2, 3)),
  priority smallint not null default 1 check (priority in (0, 1, 2, 3)),
  send_at timestamptz,
  due_at timestamptz default now(),
  paced_at timestamptz,
  lease_owner uuid,
  lease_until timestamptz,
  attempts integer not null default 0,
  parts_sent integer not null default 0,
  dedup uuid not null default gen_random_uuid(),
  receipt text,
  answer text,
  error jsonb,
  done_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (group_id, id),
  foreign key (group_id, message_id) references notify.message (group_id, id) on delete cascade,
  foreign key (group_id, connection_id) references connect.connection (group_id, id) on delete cascade,
  foreign key (group_id, account_id) references notify.account (group_id, id) on delete set null (account_id),
  foreign key (group_id, template_id) references notify.template (group_id, id) on delete set null (template_id)
);

comment on table notify.task is 'One message to one place: the queue, and the book of what became of it.';
comment on column notify.task.status is '0 pending, 1 processing, 2 done, 3 failed.';
comment on column notify.task.client_id is 'The application that sent it; no key, for what was sent stays readable when that is gone.';
comment on column notify.task.connection_id is 'Null: the inbox of the hub.';
comment on column notify.task.address is 'Where it goes, when no account says it.';
comment on column notify.task.priority is '0 low, 1 normal, 2 high, 3 critical.';
comment on column notify.task.due_at is 'When it is tried next; null: it is over.';
comment on column notify.task.paced_at is 'It has waited for its turn under a rate limit, and need not ask again.';
comment on column notify.task.dedup is 'The same over retries, for providers that leave out what they have seen.';
comment on column notify.task.error is '{code, message, blame}: why it failed, or why it is tried again.';
create index task_claim on notify.task (priority desc, due_at, id) where due_at is not null;
create index task_due on notify.task (due_at) where due_at is not null;
create index task_leased on notify.task (lease_until) where lease_until is not null;
create index task_batch on notify.task (connection_id, client_id, template_id);
create index task_connection on notify.task (group_id, connection_id);
create index task_message on notify.task (group_id, message_id);
create index task_user on notify.task (user_id);
create index task_account on notify.task (group_id, account_id) where account_id is not null;
create index task_template on notify.task (group_id, template_id) where template_id is not null;
create index task_failed on notify.task (group_id, id) where status = 3;

create table notify.inbox (
  id bigint generated always as identity primary key,
  group_id bigint not null references identity."group" (id) on delete cascade,
  user_id bigint not null references identity."user" (id) on delete cascade,
  task_id bigint,
  title text not null default '',
  content text not null,
  format text not null default 'markdown' check (format in ('markdown', 'plain')),
  level text not null default 'info',
  read_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  foreign key (group_id, task_id) references notify.task (group_id, id) on delete set null (task_id)
);

comment on table notify.inbox is 'What the hub itself tells a user: private to that user.';
create index inbox_task on notify.inbox (group_id, task_id);
create index inbox_user on notify.inbox (user_id, id desc);
create index inbox_unread on notify.inbox (user_id) where read_at is null;
create index inbox_created on notify.inbox (created_at);

-- Rate limits, as the time at which the next message would be just in time (GCRA): one number, whatever the limit.
create table notify.pace (
  group_id bigint not null references identity."group" (id) on delete cascade,
  connection_id bigint not null,
  -- A digest of the address; empty for the connection as a whole.
  target text not null,
  next_at timestamptz not null,
  -- The provider said itself how long to wait.
  blocked_until timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (connection_id, target),
  foreign key (group_id, connection_id) references connect.connection (group_id, id) on delete cascade
);

comment on table notify.pace is 'How far ahead the turns under a rate limit are given away, per connection and per address.';
create index pace_group on notify.pace (group_id, connection_id);
create index pace_next on notify.pace (next_at);

create trigger touch before update on notify.template for each row execute function platform.touch_updated_at();
create trigger touch before update on notify.account for each row execute function platform.touch_updated_at();
create trigger touch before update on notify.message for each row execute function platform.touch_updated_at();
create trigger touch before update on notify.inbox for each row execute function platform.touch_updated_at();
create trigger touch before update on notify.pace for each row execute function platform.touch_updated_at();
create trigger touch before update on notify.task for each row execute function platform.touch_updated_at();

-- A lease is all that the worker may write: what is leased is being worked on.
create function notify.follow_lease() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if new.status = 0 and new.lease_owner is not null then
    new.status := 1;
  elsif new.status = 1 and new.lease_owner is null then
    new.status := 0;
  end if;
  return new;
end
$$;
create trigger follow_lease before update on notify.task
  for each row when (new.lease_owner is distinct from old.lease_owner) execute function notify.follow_lease();

-- A key to users reaches over tenants: whom an account or a message in the inbox is for is checked here.
create function notify.is_of_group(person bigint, tenant bigint) returns boolean
  language sql stable security definer set search_path = ''
as $$
  select exists (select from identity."user" u where u.id = person and u.home_group_id = tenant)
    or exists (select from identity.user_group m where m.group_id = tenant and m.user_id = person)
    or exists (select from identity."group" g where g.id = tenant and g.owner_id = person)
$$;
revoke all on function notify.is_of_group(bigint, bigint) from public;

create function notify.guard_user() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if current_setting('role', true) = 'crosstie_app' and not notify.is_of_group(new.user_id, new.group_id) then
    raise foreign_key_violation using message = 'the user is not of this group', constraint = 'notify_user_of_group';
  end if;
  return new;
end
$$;
create trigger guard before insert or update of user_id on notify.account
  for each row execute function notify.guard_user();
create trigger guard before insert on notify.inbox for each row execute function notify.guard_user();

alter table notify.template enable row level security, force row level security;
alter table notify.account enable row level security, force row level security;
alter table notify.message enable row level security, force row level security;
alter table notify.task enable row level security, force row level security;
alter table notify.inbox enable row level security, force row level security;
alter table notify.pace enable row level security, force row level security;

create policy owner on notify.template to crosstie_owner using (true) with check (true);
create policy owner on notify.account to crosstie_owner using (true) with check (true);
create policy owner on notify.message to crosstie_owner using (true) with check (true);
create policy owner on notify.task to crosstie_owner using (true) with check (true);
create policy owner on notify.inbox to crosstie_owner using (true) with check (true);
create policy owner on notify.pace to crosstie_owner using (true) with check (true);
create policy worker on notify.task to crosstie_worker using (true) with check (true);

create policy read on notify.template for select to crosstie_app using (
  group_id = any ((select identity.caller_groups(1))::bigint[]) or (select identity.is_superuser())
);
create policy add on notify.template for insert to crosstie_app with check (
  group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser())
);
create policy change on notify.template for update to crosstie_app
  using (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()))
  with check (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()));
create policy remove on notify.template for delete to crosstie_app using (
  group_id = any ((select identity.caller_groups(3))::bigint[]) or (select identity.is_superuser())
);

create policy read on notify.account for select to crosstie_app using (
  group_id = any ((select identity.caller_groups(1))::bigint[]) or (select identity.is_superuser())
);
create policy add on notify.account for insert to crosstie_app with check (
  group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser())
);
create policy change on notify.account for update to crosstie_app
  using (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()))
  with check (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()));
create policy remove on notify.account for delete to crosstie_app using (
  group_id = any ((select identity.caller_groups(3))::bigint[]) or (select identity.is_superuser())
);

-- Texts may hold what is for their receiver alone: a guest sees that something was sent, and not what.
create policy read on notify.message for select to crosstie_app using (
  group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser())
);
create policy add on notify.message for insert to crosstie_app with check (
  group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser())
);

create policy read on notify.task for select to crosstie_app using (
  group_id = any ((select identity.caller_groups(1))::bigint[]) or (select identity.is_superuser())
);
create policy add on notify.task for insert to crosstie_app with check (
  group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser())
);
create policy change on notify.task for update to crosstie_app
  using (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()))
  with check (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()));

create policy read on notify.inbox for select to crosstie_app using (
  user_id = (select identity.caller_id())
  and (group_id = any ((select identity.caller_groups(1))::bigint[]) or (select identity.is_superuser()))
);
create policy add on notify.inbox for insert to crosstie_app with check (
  group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser())
);
create policy change on notify.inbox for update to crosstie_app
  using (user_id = (select identity.caller_id())) with check (user_id = (select identity.caller_id()));

create policy pace on notify.pace to crosstie_app
  using (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()))
  with check (group_id = any ((select identity.caller_groups(2))::bigint[]) or (select identity.is_superuser()));

grant select, insert, delete on notify.template, notify.account to crosstie_app;
grant update (name, title, content, arguments, syntax, updated_at) on notify.template to crosstie_app;
grant update (account, status, error, updated_at) on notify.account to crosstie_app;
grant select, insert on notify.message, notify.task, notify.inbox, notify.pace to crosstie_app;
grant update (status, due_at, paced_at, lease_owner, lease_until, attempts, parts_sent, dedup, receipt, answer, error, done_at, updated_at)
  on notify.task to crosstie_app;
grant update (read_at, updated_at) on notify.inbox to crosstie_app;
grant update (next_at, blocked_until, updated_at) on notify.pace to crosstie_app;
grant select (id, group_id, status, priority, due_at, lease_owner, lease_until, attempts, updated_at) on notify.task to crosstie_worker;
grant update (lease_owner, lease_until, attempts, updated_at) on notify.task to crosstie_worker;

-- Facts that nobody handles stay for weeks, and the claim must not read over them: by kind first it takes 0.1 ms over
-- 200,000 of them; by id alone the planner went through all, 80 ms.
drop index platform.event_waiting;
create index event_claim on platform.event (kind, id) where handled_at is null and failed_at is null;
create index event_leased on platform.event (lease_until) where lease_until is not null;

-- Foreseen's documented structure, for SQL clients and BI, read only: its times are in milliseconds, its secrets null.

create schema foreseen;
grant usage on schema foreseen to crosstie_app;
comment on schema foreseen is 'Foreseen''s tables as views, for SQL clients and BI.';

create function foreseen.milliseconds(at timestamptz) returns bigint
  language sql immutable
  return floor(extract(epoch from at) * 1000)::bigint;

create view foreseen.users with (security_invoker = true) as
select id, kind::integer as type, coalesce(username, display_name) as name,
  foreseen.milliseconds(created_at) as created_at, foreseen.milliseconds(updated_at) as updated_at
from identity."user";

create view foreseen.clients with (security_invoker = true) as
select id, name, null::text as secret,
  foreseen.milliseconds(created_at) as created_at, foreseen.milliseconds(updated_at) as updated_at
from identity.application;
comment on column foreseen.clients.secret is 'Always null: secrets are not read back.';

create view foreseen.integrations with (security_invoker = true) as
select id, name, null::text as secret1, null::text as secret2, null::text as secret3,
  null::text as secret4,
  foreseen.milliseconds(created_at) as created_at, foreseen.milliseconds(updated_at) as updated_at
from connect.connection;

create view foreseen.accounts with (security_invoker = true) as
select id, connection_id as integration, user_id, account,
  foreseen.milliseconds(created_at) as created_at, foreseen.milliseconds(updated_at) as updated_at
from notify.account;

create view foreseen.tasks with (security_invoker = true) as
select t.id, t.connection_id as integration_id, t.user_id, t.client_id, t.account_id, t.template_id,
  m.argument::text as argument, t.status::integer as status,
  foreseen.milliseconds(t.created_at) as created_at, foreseen.milliseconds(t.updated_at) as updated_at
from notify.task t
left join notify.message m on m.group_id = t.group_id and m.id = t.message_id;
comment on column foreseen.tasks.argument is 'Null for who may see that something was sent, and not what.';

create view foreseen.templates with (security_invoker = true) as
select id, name, content, arguments::text as arguments,
  foreseen.milliseconds(created_at) as created_at, foreseen.milliseconds(updated_at) as updated_at
from notify.template;

grant select on all tables in schema foreseen to crosstie_app;
