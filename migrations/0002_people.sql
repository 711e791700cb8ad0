-- People and who they are signed in as. A person may belong to several workspaces, so these tables have no tenant.
create table person (
  id            uuid primary key,
  email         text not null check (email = lower(email)),
  name          text not null check (length(name) between 1 and 100),
  password_hash text,
  locale        text check (locale in ('id', 'en')),
  theme         text check (theme in ('light', 'dark', 'system')),
  created_at    timestamptz not null,
  constraint person_email_key unique (email)
);

-- The cookie holds 32 random bytes; only their SHA-256 is stored.
create table session (
  token_hash bytea primary key,
  person_id  uuid not null references person on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index session_person on session (person_id);
create index session_expiry on session (expires_at);

grant select, insert, update, delete on person, session to my21_app, my21_system;
