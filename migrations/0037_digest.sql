-- A mail a day with what waits for somebody, for whoever wants one (F233).
alter table notice_rule
  -- The minute of the day by the workspace's clocks from which it is sent; null: none.
  add column digest_at     smallint check (digest_at between 0 and 1439),
  -- In the language in which it was asked for.
  add column digest_locale text,
  -- The day by the same clocks, counted from 1970, for which it was sent or there was nothing to send.
  add column digested_on   integer;
create index notice_rule_digest on notice_rule (workspace_id, person_id) where digest_at is not null;
