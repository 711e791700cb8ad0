-- What somebody wrote in a form without script and could not be sent: the page that says so has it in its box again. Addresses carry no texts,
-- and a cookie is too small.

create table unsent (
  workspace_id    uuid not null references workspace on delete cascade,
  conversation_id uuid not null,
  person_id       uuid not null references person on delete cascade,
  kind            text not null check (kind in ('reply', 'note')),
  body            text not null check (body <> ''),
  kept_at         timestamptz not null,
  primary key (workspace_id, conversation_id, person_id, kind),
  foreign key (workspace_id, conversation_id) references conversation (workspace_id, id) on delete cascade
);
call protect('unsent');
