-- Views of the list that somebody gave a name: their own, or everybody's of the workspace. `view` is the list's address as the program writes it; what an
-- older program wrote and a newer one does not understand counts as not given, as in any address.
create table saved_view (
  workspace_id uuid not null references workspace on delete cascade,
  id           uuid not null,
  -- Whose it is; nobody's alone if the workspace shares it.
  owner_id     uuid,
  name         text not null check (char_length(name) between 1 and 60),
  view         text not null check (char_length(view) <= 2500),
  created_by   uuid,
  created_at   timestamptz not null,
  updated_at   timestamptz not null,
  primary key (workspace_id, id),
  foreign key (workspace_id, owner_id) references membership (workspace_id, person_id) on delete cascade,
  -- What is shared stays when whoever made it leaves.
  foreign key (workspace_id, created_by) references membership (workspace_id, person_id) on delete set null (created_by)
);
-- Two of a name in one menu could not be told apart.
create unique index saved_view_name on saved_view (workspace_id, owner_id, lower(name)) nulls not distinct;
create index saved_view_author on saved_view (workspace_id, created_by);
call protect('saved_view');

-- What is urgent, in the list's order: few among many, and first in the list that puts it first.
create index conversation_urgent on conversation (workspace_id, last_message_at desc, id desc) where priority > 0;
