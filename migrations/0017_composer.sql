-- What is written beside messages to customers: notes among the team, whom they name, and texts kept ready.

-- A note is a line of the thread that goes nowhere: `direction` system, `sender` teammate, `kind` note. That nothing without a way out is ever handed to
-- the provider is a rule of the table and not of the code alone: what is `system` has neither a status to send by nor a provider's id.
alter table message add constraint message_system_stays check (direction <> 'system' or (status is null and provider_message_id is null));

-- Whom a note names, for the view of one's mentions. Who may see the conversation is asked when that view is read: it changes.
create table mention (
  workspace_id uuid not null,
  message_id   uuid not null,
  person_id    uuid not null,
  -- As it stands in the text, without the @.
  label        text not null,
  created_at   timestamptz not null,
  primary key (workspace_id, message_id, person_id),
  foreign key (workspace_id, message_id) references message (workspace_id, id) on delete cascade,
  foreign key (workspace_id, person_id) references membership (workspace_id, person_id) on delete cascade
);
create index mention_of_person on mention (workspace_id, person_id, created_at desc, message_id desc);
call protect('mention');

-- Texts kept ready, found in the composer by their shortcut.
create table quick_reply (
  workspace_id uuid not null references workspace on delete cascade,
  id           uuid not null,
  shortcut     text not null check (length(shortcut) between 1 and 50),
  text         text not null check (length(text) between 1 and 1000),
  created_by   uuid,
  created_at   timestamptz not null,
  updated_at   timestamptz not null,
  primary key (workspace_id, id)
);
create unique index quick_reply_shortcut on quick_reply (workspace_id, lower(shortcut));
call protect('quick_reply');
