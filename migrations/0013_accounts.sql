-- Local accounts: signing up, forgotten passwords, sessions that age, second factors. All of it is about people, who may belong to several workspaces.

-- A temporary password, given by somebody else, opens one page only: the one that replaces it.
alter table person add must_change_password boolean not null default false;

-- `expires_at` moves with use (idle time) up to a fixed distance from `created_at`. Device and address are for the owner's list of sessions.
alter table session
  add id           uuid not null default gen_random_uuid(),
  add last_seen_at timestamptz,
  add device       text not null default '',
  add address      text not null default '';
create unique index session_id on session (id);

-- Somebody who gave a name, an address and a password, and has not shown yet that the address is theirs. No person exists until then, so an
-- address can be claimed by nobody who does not read its mail.
create table sign_up (
  token_hash    bytea primary key,
  -- The browser that signed up: from another one the password is asked again, so that a stranger's sign-up is not confirmed into a stranger's account.
  browser_hash  bytea not null,
  email         text not null check (email = lower(email)),
  name          text not null check (length(name) between 1 and 100),
  password_hash text not null,
  locale        text not null check (locale in ('id', 'en')),
  created_at    timestamptz not null,
  expires_at    timestamptz not null
);
create index sign_up_expiry on sign_up (expires_at);

-- Forgotten passwords: 32 random bytes, of which the hash is kept; deleted by use.
create table password_reset (
  token_hash bytea primary key,
  person_id  uuid not null references person on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index password_reset_person on password_reset (person_id);
create index password_reset_expiry on password_reset (expires_at);

-- Something begun in one request and finished in a later one of the same browser, which holds the token in a cookie.
create table challenge (
  token_hash bytea primary key,
  kind       text not null check (kind in ('second_step', 'passkey_sign_in', 'passkey_register', 'recovery_codes')),
  person_id  uuid references person on delete cascade,
  -- The passkey's challenge, or sealed recovery codes until they were seen.
  payload    bytea not null default '',
  attempts   integer not null default 0,
  expires_at timestamptz not null
);
create index challenge_expiry on challenge (expires_at);

-- A one-time password generator. Without `confirmed_at` it is being set up and asks nobody for anything.
create table totp (
  person_id     uuid primary key references person on delete cascade,
  secret_sealed bytea not null,
  confirmed_at  timestamptz,
  -- The last time step whose code was used: each works once.
  last_step     bigint not null default 0,
  created_at    timestamptz not null
);

create table recovery_code (
  person_id uuid not null references person on delete cascade,
  code_hash bytea not null,
  primary key (person_id, code_hash)
);

create table passkey (
  id            uuid primary key,
  person_id     uuid not null references person on delete cascade,
  credential_id bytea not null,
  -- COSE algorithm: -7 (ES256) or -257 (RS256).
  algorithm     integer not null check (algorithm in (-7, -257)),
  public_key    bytea not null,
  sign_count    bigint not null,
  name          text not null check (length(name) between 1 and 60),
  created_at    timestamptz not null,
  last_used_at  timestamptz,
  constraint passkey_credential unique (credential_id)
);
create index passkey_person on passkey (person_id);

grant select, insert, update, delete on sign_up, password_reset, challenge, totp, recovery_code, passkey to my21_app, my21_system;
