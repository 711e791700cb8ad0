-- The mirror of Clerk: what its webhooks said last about each user, organisation, membership and invitation. From it the product's own
-- person, workspace and membership are derived. Rows are kept by version (the update's time, then the kind of event), and a deleted
-- thing stays as a tombstone, so that events may come in any order and any number of times.

-- Somebody who was just seen in a session token has no address until the webhook about them comes, and perhaps none at all.
alter table person alter column email drop not null;
alter table person add column clerk_id text constraint person_clerk_key unique;
-- Deleted or banned at the identity provider: the name stays beside what they wrote, but nobody signs in as them.
alter table person add column removed_at timestamptz;
alter table workspace add column clerk_organization_id text constraint workspace_clerk_key unique;

create table clerk_user (
  id      text primary key,
  version bigint not null,
  -- The verified primary address in lower case, or empty.
  email   text not null default '',
  name    text not null default '',
  banned  boolean not null default false,
  deleted boolean not null default false
);
create index clerk_user_email on clerk_user (email) where email <> '';

create table clerk_organization (
  id         text primary key,
  version    bigint not null,
  name       text not null default '',
  slug       text not null default '',
  created_by text not null default '',
  deleted    boolean not null default false
);

create table clerk_membership (
  id              text primary key,
  version         bigint not null,
  organization_id text not null,
  user_id         text not null,
  role            text not null,
  user_name       text not null default '',
  -- Unix milliseconds; the longest-standing administrator succeeds a creator who left.
  created_ms      bigint not null,
  deleted         boolean not null default false
);
create index clerk_membership_organization on clerk_membership (organization_id, user_id);
create index clerk_membership_user on clerk_membership (user_id);

create table clerk_invitation (
  id              text primary key,
  version         bigint not null,
  organization_id text not null,
  email           text not null,
  role            text not null,
  status          text not null check (status in ('pending', 'accepted', 'revoked', 'expired')),
  expires_at      timestamptz
);
create index clerk_invitation_organization on clerk_invitation (organization_id);

-- Sessions that are over although a token of theirs may be valid for another minute. Forgotten after a day.
create table clerk_session_end (
  id       text primary key,
  ended_at timestamptz not null
);
create index clerk_session_end_time on clerk_session_end (ended_at);

-- Every webhook of the identity provider and what became of it, without its content. The key is the delivery's id, which repeats are
-- recognised by; refused ones, whose id proves nothing, are counted by minute and reason.
create table clerk_delivery (
  id       text primary key,
  first_at timestamptz not null,
  last_at  timestamptz not null,
  attempts integer not null default 1,
  type     text not null,
  status   text not null check (status in ('applied', 'ignored', 'failed', 'signature_failed')),
  error    text
);
create index clerk_delivery_time on clerk_delivery (last_at);
create index clerk_delivery_wrong on clerk_delivery (last_at) where status in ('failed', 'signature_failed');

grant select, insert, update, delete
  on clerk_user, clerk_organization, clerk_membership, clerk_invitation, clerk_session_end, clerk_delivery
  to my21_system;
-- Each request asks whether its session is over.
grant select on clerk_session_end to my21_app;
