drop table platform.timer;
drop table platform.event;
drop function platform.touch_updated_at();
drop function platform.claims();
