-- Each view of the list in the order of an index, however few conversations are in its state and however many in the others.
create index conversation_state on conversation (workspace_id, state, last_message_at desc, id desc);
create index conversation_state_assignee on conversation (workspace_id, assignee_id, state, last_message_at desc, id desc);
-- What is unread, in the list's order. Carries what the unread total adds up, so the index that did so goes.
create index conversation_unread_list on conversation (workspace_id, last_message_at desc, id desc) include (unread_count, assignee_id)
  where unread_count > 0;
drop index conversation_unread;

-- Words to look for: letters and digits, whatever stands between them. The workspace is a word too, so that one index serves all tenants and
-- looking in it costs what the tenant has, not what all have.
create function search_words(workspace uuid, said text) returns tsvector
language sql immutable parallel safe
as $$ select to_tsvector('simple'::regconfig, regexp_replace(said, '[^[:alnum:]]+', ' ', 'g')) || array_to_tsvector(array[workspace::text]) $$;

-- The words of messages. A table of its own: a message's row changes with every status, and each change would renew an index of its words.
create table message_words (
  workspace_id uuid not null,
  message_id   uuid not null,
  sent_at      timestamptz not null,
  words        tsvector not null,
  primary key (workspace_id, message_id),
  foreign key (workspace_id, message_id) references message (workspace_id, id) on delete cascade
);
-- Frequent words are met on the way back from the newest message, rare ones looked up: `search` tries the one before the other.
create index message_words_found on message_words using gin (words);
create index message_words_time on message_words (workspace_id, sent_at desc, message_id desc);
call protect('message_words');

-- By trigger and not by whoever writes messages: they are many, and ingest makes no further trip for it.
create function note_words() returns trigger
language plpgsql
as $$
begin
  insert into message_words (workspace_id, message_id, sent_at, words)
  select workspace_id, id, sent_at, search_words(workspace_id, body) from said
  where (direction <> 'system' or kind = 'note') and body <> '';
  return null;
end $$;
-- Statements without rows cost a call each and nothing more.
create trigger message_words_noted after insert on message referencing new table as said for each statement execute function note_words();

-- Who owns the tables has no policy: what is there already is read as the role that sees all.
do $$
declare
  who text := current_user;
begin
  set local role my21_system;
  insert into message_words (workspace_id, message_id, sent_at, words)
  select workspace_id, id, sent_at, search_words(workspace_id, body) from message
  where (direction <> 'system' or kind = 'note') and body <> '';
  execute format('set local role %I', who);
end $$;

-- The names of contacts. `search` asks for the same expression.
create index contact_words on contact using gin (
  search_words(workspace_id, coalesce(name, '') || ' ' || coalesce(profile_name, '') || ' ' || coalesce(username, '')));
-- Numbers by how they begin, in byte order whatever the database's language.
create index identity_phone on identity (workspace_id, value text_pattern_ops) where kind = 'phone';
