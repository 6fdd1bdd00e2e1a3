drop schema syncmaster cascade;
