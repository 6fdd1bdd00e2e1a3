drop schema foreseen cascade;
drop index platform.event_claim;
drop schema notify cascade;
