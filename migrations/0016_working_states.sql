-- How a conversation is worked on: it rests until a time (snoozed), it is done (closed), it is more urgent than others.
-- That ARI holds it (pending) is what `holder` says of an open one, and is not stored twice.
alter table conversation
  drop constraint conversation_state_check,
  add constraint conversation_state_check check (state in ('open', 'snoozed', 'closed')),
  add column snoozed_until timestamptz,
  add constraint conversation_snoozed_until check ((state = 'snoozed') = (snoozed_until is not null)),
  -- 0 as usual, 1 high: numbers, so that lists sort by it.
  add column priority smallint not null default 0 check (priority between 0 and 1);
