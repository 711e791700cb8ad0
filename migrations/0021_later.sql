-- Messages that wait for their time (F210). They are messages from the beginning, so that they stand in the thread on every screen; `sent_at` is when they
-- are to go. `held`: the time came and something stood against it, of which `failure_reason` keeps the key.
alter table message drop constraint message_status_check;
alter table message add constraint message_status_check
  check (status in ('scheduled', 'held', 'pending', 'sending', 'unknown', 'sent', 'delivered', 'read', 'failed', 'cancelled'));
-- The event up to which the writer of a waiting message had seen the thread.
alter table message add column seen_seq bigint;

create or replace function status_rank(status text) returns integer
language sql immutable parallel safe
as $$ select array_position(
  array['scheduled', 'held', 'pending', 'sending', 'unknown', 'sent', 'delivered', 'read', 'failed', 'cancelled'], status) $$;
