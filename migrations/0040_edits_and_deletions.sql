-- What people do to messages after they sent them: they write them anew, or take them back for everybody (F201). WhatsApp tells both as messages of their own.

-- Every such message, by its own id, whatever order they come in and whether the one that they are about is here yet. Only its own side may change a message.
create table message_change (
  workspace_id        uuid not null references workspace on delete cascade,
  provider_message_id text not null,
  target              text not null,
  by_contact          boolean not null,
  kind                text not null check (kind in ('edit', 'revoke')),
  -- What an edit made of the text or caption; null is nothing.
  body                text,
  at                  timestamptz not null,
  -- When it was heard of first.
  created_at          timestamptz not null,
  primary key (workspace_id, provider_message_id),
  check (kind = 'edit' or body is null)
);
create index message_change_target on message_change (workspace_id, target, at);
call protect('message_change');

-- `body` is what it says now. What it said first stays here once it was edited; what it said between stands in the changes.
alter table message
  add column edited_at timestamptz,
  add column revoked_at timestamptz,
  add column first_body text;

-- When what waited for its time was written: `created_at` is that of its leaving then.
alter table message add column written_at timestamptz;
