-- Who changed what. Append-only: the app may read and add, never change.
create table audit_entry (
  workspace_id uuid not null references workspace on delete cascade,
  id           uuid not null,
  at           timestamptz not null,
  -- Null: the product itself, through a webhook or a job. No foreign key: the entry outlives the person's account.
  actor_id     uuid,
  action       text not null,
  target_kind  text,
  target_id    uuid,
  detail       jsonb not null,
  primary key (workspace_id, id)
);
create index audit_entry_time on audit_entry (workspace_id, at desc, id desc);
call protect('audit_entry');
revoke update, delete on audit_entry from my21_app, my21_system;
