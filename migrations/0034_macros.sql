-- Macros: several things that are often done together with a conversation, under a name (F198).
create table macro (
  workspace_id uuid not null references workspace on delete cascade,
  id           uuid not null,
  name         text not null check (length(name) between 1 and 50),
  -- The reply that is sent first; empty: none.
  text         text not null check (length(text) <= 1000),
  -- Who has the conversation then; null: whoever has it.
  assign       text check (assign in ('me', 'nobody', 'person')),
  -- May have left the workspace since.
  assignee_id  uuid,
  high         boolean,
  -- What becomes of it at the end; null: it stays open.
  ending       text check (ending in ('close', 'later_today', 'tomorrow', 'monday')),
  reason       text not null check (length(reason) <= 200),
  created_by   uuid,
  created_at   timestamptz not null,
  updated_at   timestamptz not null,
  primary key (workspace_id, id),
  check ((assign is not distinct from 'person') = (assignee_id is not null))
);
create unique index macro_name on macro (workspace_id, lower(name));
call protect('macro');
