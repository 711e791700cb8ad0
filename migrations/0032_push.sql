-- Calling people whose pages are closed (F233): Web Push (RFC 8030, 8291, 8292).

-- The pair of keys by which push services know this installation: one row. Browsers subscribe to the public one.
create table push_key (
  single         boolean primary key default true check (single),
  -- A point of P-256, uncompressed.
  public_key     bytea not null check (length(public_key) = 65),
  -- PKCS #8 in base64, sealed.
  private_sealed bytea not null
);

-- A browser that may be called. It belongs to whoever was signed in there last, as long as that session goes on.
create table push_device (
  id           uuid primary key,
  person_id    uuid not null references person on delete cascade,
  session_hash bytea not null,
  -- Whoever knows it can make the push service deliver something, though nothing that the browser would show without the keys below.
  endpoint     text not null unique check (length(endpoint) <= 2000),
  -- The browser's public key, and what it shares with us alone.
  p256dh       bytea not null check (length(p256dh) = 65),
  auth         bytea not null check (length(auth) = 16),
  -- In which language it is called.
  locale       text not null,
  -- As in a list of sessions: "Chrome · Android".
  label        text not null,
  created_at   timestamptz not null,
  -- When a page there last said that it may be called.
  seen_at      timestamptz not null,
  -- When its owner stopped it from elsewhere: until the browser's own box is ticked again it is not called, whatever its pages say.
  stopped_at   timestamptz,
  -- When the push service last took something for it.
  reached_at   timestamptz
);
create index push_device_person on push_device (person_id);
-- In which workspaces somebody can be called.
create index membership_person on membership (person_id);

-- The event up to which it was looked who must be called. Beside the sequence, whose row every writer locks.
create table push_cursor (
  workspace_id uuid primary key references workspace on delete cascade,
  seq          bigint not null
);

grant select, insert, update, delete on push_key, push_device, push_cursor to my21_system;

-- What somebody does not want to be called for, and when. No row: everything, always.
create table notice_rule (
  workspace_id uuid not null,
  person_id    uuid not null,
  -- A bit for each cause (inbox/concerns.rs).
  deaf         smallint not null default 0,
  -- Minutes of the day by the workspace's clocks between which no closed page is called; over midnight where the end comes first.
  quiet_from   smallint check (quiet_from between 0 and 1439),
  quiet_until  smallint check (quiet_until between 0 and 1439),
  primary key (workspace_id, person_id),
  foreign key (workspace_id, person_id) references membership (workspace_id, person_id) on delete cascade,
  constraint notice_rule_quiet check ((quiet_from is null) = (quiet_until is null) and quiet_from <> quiet_until)
);
call protect('notice_rule');
