alter table connect.sync drop column forced;
