-- How often somebody did something lately, counted for all processes together. Nothing here outlives its window by more than a minute or is
-- missed after a crash, so it is not logged. The key is a hash: it stands for an address, an account or a person, and says which to nobody.
create unlogged table rate_limit (
  key     bytea primary key check (length(key) = 32),
  count   integer not null,
  ends_at timestamptz not null
) with (fillfactor = 50);
grant select, insert, update, delete on rate_limit to my21_app, my21_system;
