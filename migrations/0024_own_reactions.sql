-- Reactions from our side. `reaction` goes on saying what stands at WhatsApp, one of each side; who of the team put ours there is for us to know.
alter table reaction
  -- None: put there in the WhatsApp app.
  add column person_id           uuid,
  -- What WhatsApp calls the message that carried it: a report of its failure names this.
  add column provider_message_id text,
  -- What stood there before: true again if it turns out not to have got there.
  add column replaced            text;
create index reaction_carried on reaction (workspace_id, provider_message_id) where provider_message_id is not null;

-- What somebody wants to stand there instead, until it does or was refused: one for a message, so that only the newest wish is carried.
create table reaction_wish (
  workspace_id   uuid not null,
  message_id     uuid not null,
  -- Another one with each change of mind: an answer to an earlier one says nothing about this.
  id             uuid not null,
  -- Null takes back.
  emoji          text,
  person_id      uuid not null,
  -- A call was begun of which it is not known that it was refused: what stands may be another than we know.
  may_have_left  boolean not null default false,
  -- The provider's number, 0 when it had none; set once it is given up.
  failure_code   integer,
  failure_reason text,
  primary key (workspace_id, message_id),
  foreign key (workspace_id, message_id) references message (workspace_id, id) on delete cascade
);
call protect('reaction_wish');
