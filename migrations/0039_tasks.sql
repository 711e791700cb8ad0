-- Notes with a time by which something is to be done about them, and whose it is. Which conversation it is about is the note's to say.
create table task (
  workspace_id uuid not null,
  message_id   uuid not null,
  due_at       timestamptz not null,
  -- Nobody's when they belong here no more.
  assignee_id  uuid,
  done_at      timestamptz,
  done_by      uuid references person on delete set null,
  primary key (workspace_id, message_id),
  check (done_by is null or done_at is not null),
  foreign key (workspace_id, message_id) references message (workspace_id, id) on delete cascade,
  foreign key (workspace_id, assignee_id) references membership (workspace_id, person_id) on delete set null (assignee_id)
);
create index task_open on task (workspace_id, due_at, message_id) where done_at is null;
create index task_of_person on task (workspace_id, assignee_id, due_at, message_id) where done_at is null;
create index task_assignee on task (workspace_id, assignee_id);
call protect('task');

-- What somebody wrote of a task that was done, and could not be kept.
alter table unsent drop constraint unsent_kind_check;
alter table unsent add constraint unsent_kind_check check (kind in ('reply', 'note', 'template', 'choices', 'contact', 'task'));
