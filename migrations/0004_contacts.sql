create table contact (
  workspace_id    uuid not null references workspace on delete cascade,
  id              uuid not null,
  name            text check (length(name) <= 100),
  profile_name    text,
  profile_name_at timestamptz,
  -- WhatsApp user name, without the @. It can change hands, so it is shown but recognises nobody.
  username        text,
  source          text not null default 'whatsapp',
  created_at      timestamptz not null,
  primary key (workspace_id, id)
);
call protect('contact');

-- What a contact is recognised by: an E.164 phone number, a WhatsApp user id (BSUID).
create table identity (
  workspace_id uuid not null,
  kind         text not null check (kind in ('phone', 'bsuid')),
  value        text not null check (length(value) between 1 and 256),
  contact_id   uuid not null,
  created_at   timestamptz not null,
  primary key (workspace_id, kind, value),
  -- Deferred: ingest claims the identity first, which settles a race between processes, and inserts the contact only if it won.
  foreign key (workspace_id, contact_id) references contact (workspace_id, id) on delete cascade deferrable initially deferred
);
create index identity_contact on identity (workspace_id, contact_id);
call protect('identity');
