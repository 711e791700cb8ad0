-- When the user name was last told, so that the newest one stays whatever order the deliveries come in.
alter table contact add column username_at timestamptz;
