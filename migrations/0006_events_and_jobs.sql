-- What changed, in commit order. `seq` is allotted from workspace_sequence as the last statement of each writing transaction: the row
-- lock makes commit order equal seq order, so a reader that has seen n can never be overtaken by n - 1.
create table workspace_sequence (
  workspace_id uuid primary key references workspace on delete cascade,
  last_seq     bigint not null default 0
);
call protect('workspace_sequence');

create table event (
  workspace_id    uuid not null references workspace on delete cascade,
  seq             bigint not null,
  kind            text not null,
  conversation_id uuid,
  message_id      uuid,
  -- Who held the conversation before, when that changed: the person who must be told that it left.
  was_assignee_id uuid,
  -- How the unread total moved, so that a badge over all conversations stays right without counting again.
  unread_delta    integer not null default 0,
  at              timestamptz not null,
  primary key (workspace_id, seq)
);
call protect('event');

-- Every signed delivery, in its own bytes, whatever became of it. Arrives before a tenant is known, so the system role's alone.
create table delivery (
  id              uuid primary key,
  workspace_id    uuid references workspace on delete cascade,
  received_at     timestamptz not null,
  event_name      text,
  idempotency_key text,
  body            bytea not null,
  outcome         text not null check (outcome in ('applied', 'ignored', 'unknown_number', 'quarantined')),
  reason          text,
  attempts        integer not null default 0
);
create index delivery_open on delivery (received_at) where outcome in ('quarantined', 'unknown_number');
grant select, insert, update, delete on delivery to my21_system;

-- The queue. Jobs of one lane run one at a time in id order (a conversation's sends); jobs without a lane run freely.
-- Dispatching looks across tenants, so the table is the system role's; people's requests only put jobs in, for their own workspace.
create table job (
  workspace_id uuid not null references workspace on delete cascade,
  id           uuid not null,
  kind         text not null,
  lane         uuid,
  -- At most one waiting job per key: a second one moves the first.
  dedupe_key   text,
  payload      jsonb not null,
  run_at       timestamptz not null,
  attempts     integer not null default 0,
  state        text not null default 'waiting' check (state in ('waiting', 'running', 'dead')),
  locked_until timestamptz,
  locked_by    uuid,
  last_error   text,
  created_at   timestamptz not null,
  primary key (workspace_id, id)
);
call protect('job');
create unique index job_dedupe on job (workspace_id, kind, dedupe_key) where state = 'waiting' and dedupe_key is not null;
-- Leads with run_at, not with the tenant: the dispatcher serves all of them (see the list in tests/it/schema.rs).
create index job_due on job (run_at, id) where state = 'waiting';
create index job_running on job (locked_until) where state = 'running';
create index job_lane on job (workspace_id, lane, id) where lane is not null;

create table model_call (
  workspace_id      uuid not null references workspace on delete cascade,
  id                uuid not null,
  conversation_id   uuid,
  provider          text not null,
  model             text not null,
  prompt_tokens     integer not null,
  completion_tokens integer not null,
  -- millionths of a US dollar
  cost_micro_usd    bigint not null,
  duration_ms       integer not null,
  outcome           text not null check (outcome in ('answered', 'failed', 'discarded')),
  failure           text,
  at                timestamptz not null,
  primary key (workspace_id, id)
);
create index model_call_time on model_call (workspace_id, at);
call protect('model_call');
