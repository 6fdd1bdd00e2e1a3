revoke select (started_at) on transfer.run from crosstie_worker;
drop index transfer.run_open;
drop trigger schedule_gone on transfer.transfer;
drop trigger schedule_changed on transfer.transfer;
drop trigger schedule_made on transfer.transfer;
drop function transfer.look_at_schedule();
drop table transfer.skipped;
alter table transfer.transfer drop column missed_runs, drop column overlap;
