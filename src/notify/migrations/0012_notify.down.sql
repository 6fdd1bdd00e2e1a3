drop schema foreseen cascade;
drop index platform.event_claim, platform.event_leased;
create index event_waiting on platform.event (id) where handled_at is null and failed_at is null;
drop schema notify cascade;
