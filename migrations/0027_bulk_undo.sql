-- How conversations were before somebody worked on many of them at once, so that they can take it back for a while. One row a conversation and
-- action; the action's id comes from the screen, so that a request that is repeated does nothing twice.

create table bulk_undo (
  workspace_id    uuid not null references workspace on delete cascade,
  person_id       uuid not null references person on delete cascade,
  action_id       uuid not null,
  conversation_id uuid not null,
  -- The last event of what was done: what happened to the conversation after it stands against taking it back.
  seq             bigint not null,
  -- The right that it took, if it took one.
  asks            text,
  -- What was done is only about what was read.
  is_mark         boolean not null,
  state           text not null,
  snoozed_until   timestamptz,
  holder          text not null,
  assignee_id     uuid,
  priority        smallint not null,
  unread_count    integer not null,
  done_at         timestamptz not null,
  undone          boolean not null default false,
  primary key (workspace_id, person_id, action_id, conversation_id),
  foreign key (workspace_id, conversation_id) references conversation (workspace_id, id) on delete cascade,
  -- Whoever left cannot be given it back.
  foreign key (workspace_id, assignee_id) references membership (workspace_id, person_id) on delete cascade
);
create index bulk_undo_conversation on bulk_undo (workspace_id, conversation_id);
create index bulk_undo_assignee on bulk_undo (workspace_id, assignee_id);
call protect('bulk_undo');
