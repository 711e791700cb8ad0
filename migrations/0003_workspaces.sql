create table workspace (
  id          uuid primary key,
  slug        text not null check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 50),
  name        text not null check (length(name) between 1 and 100),
  time_zone   text not null default 'Asia/Jakarta',
  ari_enabled boolean not null default true,
  created_at  timestamptz not null,
  constraint workspace_slug_key unique (slug)
);
call protect('workspace', 'id');

create table membership (
  workspace_id uuid not null references workspace on delete cascade,
  person_id    uuid not null references person on delete cascade,
  role         text not null check (role in ('owner', 'admin', 'member')),
  created_at   timestamptz not null,
  primary key (workspace_id, person_id)
);
call protect('membership');

-- Sign-in and routing must find workspaces before one is set. This function is that one door: the memberships of one person.
create function workspaces_of(person uuid)
returns table (workspace_id uuid, slug text, name text, time_zone text, role text)
language sql stable security definer set search_path = public
as $$
  select w.id, w.slug, w.name, w.time_zone, m.role
  from membership m join workspace w on w.id = m.workspace_id
  where m.person_id = person
  order by w.name, w.id
$$;

-- A WhatsApp number of a workspace. The API key is sealed (AES-256-GCM); null means the process-wide key.
create table whatsapp_number (
  workspace_id    uuid not null references workspace on delete cascade,
  id              uuid not null,
  phone_number_id text not null,
  display_phone   text,
  api_key_sealed  bytea,
  synced_until    timestamptz,
  created_at      timestamptz not null,
  primary key (workspace_id, id),
  constraint whatsapp_number_provider_key unique (workspace_id, phone_number_id)
);
call protect('whatsapp_number');

-- Which workspace a provider's number id belongs to: read before any workspace is known, so it is global and for the system role only.
create table number_route (
  phone_number_id text primary key,
  workspace_id    uuid not null references workspace on delete cascade,
  number_id       uuid not null
);
grant select, insert, update, delete on number_route to my21_system;
