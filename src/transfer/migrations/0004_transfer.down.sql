drop schema transfer cascade;
