-- What somebody writes and has not sent, so that it follows them to another device (F197). It is the writer's own: no colleague reads it.
--
-- Pages of several devices write it, and requests come late. `revision` orders what was written (milliseconds, and always more than before); `page` and
-- `number` say which open page wrote it, and as its how manyth. An empty one was sent or emptied and stays for a day, so that nothing late brings it back;
-- `sent` is then what was sent, by which a device that slept knows its own words again.
create table draft (
  workspace_id    uuid not null references workspace on delete cascade,
  person_id       uuid not null,
  conversation_id uuid not null,
  kind            text not null check (kind in ('reply', 'note')),
  body            text not null,
  sent            text,
  revision        bigint not null,
  page            uuid,
  number          bigint not null default 0,
  updated_at      timestamptz not null,
  primary key (workspace_id, person_id, conversation_id, kind),
  foreign key (workspace_id, person_id) references membership (workspace_id, person_id) on delete cascade,
  foreign key (workspace_id, conversation_id) references conversation (workspace_id, id) on delete cascade
);
call protect('draft');
-- For what goes with a conversation.
create index draft_of_conversation on draft (workspace_id, conversation_id);
