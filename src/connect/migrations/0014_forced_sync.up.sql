-- A sync that may close many people at once, because somebody said so.

alter table connect.sync add column forced boolean not null default false;
comment on column connect.sync.forced is 'Whoever asked for it has said that a listing without most of the people is right.';
