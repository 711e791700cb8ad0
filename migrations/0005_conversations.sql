create table conversation (
  workspace_id      uuid not null,
  id                uuid not null,
  contact_id        uuid not null,
  number_id         uuid not null,
  state             text not null default 'open' check (state in ('open', 'closed')),
  -- Who answers: ARI, or the team (then assignee_id says which person, null is nobody yet).
  holder            text not null default 'ari' check (holder in ('ari', 'team')),
  assignee_id       uuid,
  -- Raised whenever people and ARI change places; ARI's answer carries the value it started from and is dropped when it is stale.
  turn              bigint not null default 0,
  apologised        boolean not null default false,
  unread_count      integer not null default 0 check (unread_count >= 0),
  last_inbound_at   timestamptz,
  last_message_id   uuid,
  last_message_at   timestamptz not null,
  created_at        timestamptz not null,
  primary key (workspace_id, id),
  foreign key (workspace_id, contact_id) references contact (workspace_id, id) on delete cascade deferrable initially deferred,
  foreign key (workspace_id, number_id) references whatsapp_number (workspace_id, id),
  foreign key (workspace_id, assignee_id) references membership (workspace_id, person_id) on delete set null (assignee_id)
);
create unique index conversation_one_open on conversation (workspace_id, contact_id) where state <> 'closed';
create index conversation_list on conversation (workspace_id, last_message_at desc, id desc);
create index conversation_assignee on conversation (workspace_id, assignee_id, last_message_at desc, id desc);
create index conversation_unread on conversation (workspace_id) include (unread_count, assignee_id) where unread_count > 0;
call protect('conversation');

-- Append-only: what was said. Edits, deletions, reactions and statuses are rows of their own; `status` repeats the furthest of
-- message_status so that a thread is read from one table.
create table message (
  workspace_id         uuid not null,
  id                   uuid not null,
  conversation_id      uuid not null,
  direction            text not null check (direction in ('inbound', 'outbound', 'system')),
  -- contact, teammate (sender_id), assistant, phone (typed in the WhatsApp app), system
  sender               text not null check (sender in ('contact', 'teammate', 'assistant', 'phone', 'system')),
  sender_id            uuid,
  kind                 text not null,
  body                 text,
  -- What the kind needs beyond its text (location, contact cards, order, referral …), in the provider's shape.
  detail               jsonb,
  provider_message_id  text,
  client_id            uuid,
  reply_to             text,
  -- The provider's timestamp for what it delivers, ours for what we send. Threads are ordered by (sent_at, id).
  sent_at              timestamptz not null,
  created_at           timestamptz not null,
  status               text check (status in ('pending', 'sending', 'unknown', 'sent', 'delivered', 'read', 'failed', 'cancelled')),
  failure_code         integer,
  failure_reason       text,
  -- The conversation's turn when ARI wrote it; null for everybody else.
  turn                 bigint,
  primary key (workspace_id, id),
  foreign key (workspace_id, conversation_id) references conversation (workspace_id, id) on delete cascade,
  constraint message_provider_key unique (workspace_id, provider_message_id),
  constraint message_client_key unique (workspace_id, client_id)
);
create index message_thread on message (workspace_id, conversation_id, sent_at desc, id desc);
create index message_in_flight on message (workspace_id, conversation_id) where status in ('pending', 'sending', 'unknown');
call protect('message');

-- How far a status is. A message stands at the furthest it was ever reported at, whatever order the reports came in; failed beats all
-- of the provider's, and nothing follows what never left (cancelled).
create function status_rank(status text) returns integer
language sql immutable parallel safe
as $$ select array_position(array['pending', 'sending', 'unknown', 'sent', 'delivered', 'read', 'failed', 'cancelled'], status) $$;

create table message_status (
  workspace_id        uuid not null references workspace on delete cascade,
  provider_message_id text not null,
  status              text not null check (status in ('sent', 'delivered', 'read', 'played', 'failed')),
  at                  timestamptz not null,
  failure_code        integer,
  failure_reason      text,
  primary key (workspace_id, provider_message_id, status)
);
call protect('message_status');

-- The newest reaction of each side to a message; null emoji means it was taken back.
create table reaction (
  workspace_id   uuid not null references workspace on delete cascade,
  target         text not null,
  by_contact     boolean not null,
  emoji          text,
  at             timestamptz not null,
  primary key (workspace_id, target, by_contact)
);
call protect('reaction');

create table media (
  workspace_id      uuid not null,
  id                uuid not null,
  message_id        uuid not null,
  provider_media_id text,
  source_url        text,
  mime              text,
  file_name         text,
  byte_size         bigint,
  sha256            text,
  state             text not null default 'waiting' check (state in ('waiting', 'stored', 'failed')),
  failure           text,
  primary key (workspace_id, id),
  foreign key (workspace_id, message_id) references message (workspace_id, id) on delete cascade,
  constraint media_message_key unique (workspace_id, message_id)
);
call protect('media');
