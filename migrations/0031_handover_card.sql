-- What whoever takes over from ARI should know (F214), made by a model from the conversation; each line says in which message it stands.
create table handover_line (
  workspace_id    uuid not null,
  conversation_id uuid not null,
  place           smallint not null check (place between 0 and 11),
  field           text not null check (field in ('wants', 'promised', 'missing', 'price')),
  body            text not null check (char_length(body) between 1 and 200),
  message_id      uuid not null,
  made_at         timestamptz not null,
  primary key (workspace_id, conversation_id, place),
  foreign key (workspace_id, conversation_id) references conversation (workspace_id, id) on delete cascade,
  foreign key (workspace_id, message_id) references message (workspace_id, id) on delete cascade
);
create index handover_line_message on handover_line (workspace_id, message_id);
call protect('handover_line');
