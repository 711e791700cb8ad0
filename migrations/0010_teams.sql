-- The workspace's own roles, its teams, invitations, and whether it may work at all.

-- A role made of single permissions (their keys). Who has one is a `member` with exactly these.
create table role (
  workspace_id uuid not null references workspace on delete cascade,
  id           uuid not null,
  name         text not null check (length(name) between 1 and 50),
  permissions  text[] not null,
  created_at   timestamptz not null,
  primary key (workspace_id, id)
);
create unique index role_name on role (workspace_id, lower(name));
call protect('role');

alter table membership
  add column custom_role_id uuid,
  add constraint membership_custom_role foreign key (workspace_id, custom_role_id) references role (workspace_id, id),
  add constraint membership_custom_is_member check (custom_role_id is null or role = 'member');
create index membership_custom_role on membership (workspace_id, custom_role_id) where custom_role_id is not null;

create table team (
  workspace_id uuid not null references workspace on delete cascade,
  id           uuid not null,
  name         text not null check (length(name) between 1 and 50),
  created_at   timestamptz not null,
  primary key (workspace_id, id)
);
create unique index team_name on team (workspace_id, lower(name));
call protect('team');

create table team_member (
  workspace_id uuid not null,
  team_id      uuid not null,
  person_id    uuid not null,
  primary key (workspace_id, team_id, person_id),
  foreign key (workspace_id, team_id) references team (workspace_id, id) on delete cascade,
  foreign key (workspace_id, person_id) references membership (workspace_id, person_id) on delete cascade
);
create index team_member_person on team_member (workspace_id, person_id, team_id);
call protect('team_member');

-- The link carries the workspace's id and 32 random bytes; only the hash of the whole is stored.
create table invitation (
  workspace_id   uuid not null references workspace on delete cascade,
  id             uuid not null,
  email          text not null check (email = lower(email)),
  name           text not null check (length(name) between 1 and 100),
  role           text not null check (role in ('admin', 'member')),
  custom_role_id uuid,
  token_hash     bytea not null,
  state          text not null default 'pending' check (state in ('pending', 'accepted', 'cancelled', 'replaced')),
  invited_by     uuid,
  created_at     timestamptz not null,
  sent_at        timestamptz not null,
  expires_at     timestamptz not null,
  settled_at     timestamptz,
  primary key (workspace_id, id),
  constraint invitation_token_key unique (workspace_id, token_hash),
  foreign key (workspace_id, custom_role_id) references role (workspace_id, id) on delete cascade,
  check (custom_role_id is null or role = 'member')
);
create unique index invitation_one_pending on invitation (workspace_id, email) where state = 'pending';
-- Leads with the address: somebody who signs in for the first time belongs to no workspace yet (see the list in tests/it/schema.rs).
create index invitation_waiting on invitation (email) where state = 'pending';
call protect('invitation');

alter table person add column super_admin boolean not null default false;
-- `rights_version` moves whenever somebody's rights in the workspace may have changed; open streams are checked when it does.
alter table workspace
  add column status text not null default 'active' check (status in ('active', 'suspended')),
  add column suspended_at timestamptz,
  add column suspended_by uuid references person on delete set null,
  add column suspended_reason text,
  add column rights_version bigint not null default 0;

create function rights_changed() returns trigger language plpgsql as $$
begin
  update workspace set rights_version = rights_version + 1 where id = case tg_op when 'DELETE' then old.workspace_id else new.workspace_id end;
  return null;
end $$;
create trigger rights_changed after insert or update or delete on membership for each row execute function rights_changed();
create trigger rights_changed after update on role for each row execute function rights_changed();
create trigger rights_changed after insert or delete on team_member for each row execute function rights_changed();

create function status_changed() returns trigger language plpgsql as $$
begin
  new.rights_version := old.rights_version + 1;
  return new;
end $$;
create trigger status_changed before update of status on workspace for each row execute function status_changed();

-- Who shares a team with somebody, that person included; null without a team.
create function teammates(workspace uuid, person uuid) returns uuid[]
language sql stable
as $$
  select array_agg(distinct other.person_id order by other.person_id)
  from team_member mine
  join team_member other on other.workspace_id = mine.workspace_id and other.team_id = mine.team_id
  where mine.workspace_id = workspace and mine.person_id = person
$$;

-- Everything that decides what somebody may do and see in a workspace, as one value to compare; null who does not belong to it.
create function rights_of(workspace uuid, person uuid) returns text
language sql stable
as $$
  select md5(concat_ws('|', m.role, m.custom_role_id, array_to_string(r.permissions, ','), array_to_string(teammates(m.workspace_id, m.person_id), ','), w.status))
  from membership m
  join workspace w on w.id = m.workspace_id
  left join role r on r.workspace_id = m.workspace_id and r.id = m.custom_role_id
  where m.workspace_id = workspace and m.person_id = person
$$;

drop function workspaces_of(uuid);
create function workspaces_of(person uuid)
returns table (
  workspace_id uuid, slug text, name text, time_zone text, role text, custom_role text, permissions text[], teammates uuid[], status text, rights text)
language sql stable security definer set search_path = public
as $$
  select w.id, w.slug, w.name, w.time_zone, m.role, r.name, r.permissions, teammates(w.id, person), w.status, rights_of(w.id, person)
  from membership m
  join workspace w on w.id = m.workspace_id
  left join role r on r.workspace_id = m.workspace_id and r.id = m.custom_role_id
  where m.person_id = person
  order by w.name, w.id
$$;

-- The invitations that wait for an address, before its owner belongs to any workspace.
create function invitations_to(address text)
returns table (workspace_id uuid, id uuid)
language sql stable security definer set search_path = public
as $$
  select i.workspace_id, i.id from invitation i join workspace w on w.id = i.workspace_id
  where i.email = address and i.state = 'pending' and w.status = 'active'
  order by i.created_at
$$;
