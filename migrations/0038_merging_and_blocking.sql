-- Two contacts become one by hand, and two again (F80, F81, F215). Whom the team does not want to hear from stays quiet (F217).

-- All conversations of a blocked contact are closed, and what they write opens none. Who blocked them is a person, perhaps of the past.
alter table contact
  add column blocked_at timestamptz,
  add column blocked_by uuid,
  add constraint contact_blocked_by check (blocked_at is not null or blocked_by is null);
create index contact_blocked on contact (workspace_id, blocked_at desc, id desc) where blocked_at is not null;

-- Under which of the contact's addresses they wrote last: replies go there, for the window is open there. Empty is what was stored before, or a contact who never
-- wrote; then a number comes first.
alter table conversation add column address text;

-- A merge by hand, as long as it can be undone. What both contacts were is kept as it was, in the columns of that day; a contact that is gone meanwhile is not looked for,
-- so there are no foreign keys: a merge of one who was merged away in turn waits here until that is undone.
create table contact_merge (
  workspace_id uuid not null references workspace on delete cascade,
  id           uuid not null,
  kept_id      uuid not null,
  gone_id      uuid not null,
  merged_by    uuid,
  merged_at    timestamptz not null,
  -- What `contact_as_json` gave of each before, and of the one that stayed after it.
  kept         jsonb not null,
  gone         jsonb not null,
  made         jsonb,
  primary key (workspace_id, id)
);
create index contact_merge_kept on contact_merge (workspace_id, kept_id, merged_at desc);
call protect('contact_merge');

-- The conversations of both, and of those that became part of another one the messages that were in them.
create table merged_conversation (
  workspace_id uuid not null,
  merge_id     uuid not null,
  id           uuid not null,
  was          jsonb not null,
  -- What the merge made of it, for the one that is left.
  made         jsonb,
  -- What was being written in it.
  drafts       jsonb not null default '[]',
  messages     uuid[] not null,
  primary key (workspace_id, merge_id, id),
  foreign key (workspace_id, merge_id) references contact_merge (workspace_id, id) on delete cascade
);
create index merged_conversation_id on merged_conversation (workspace_id, id);
call protect('merged_conversation');

-- A contact with what it is recognised by, its tags and what stands in its fields.
create function contact_as_json(workspace uuid, contact uuid) returns jsonb
language sql stable
as $$
  select jsonb_build_object(
    'contact', to_jsonb(k),
    'identities', (select coalesce(jsonb_agg(to_jsonb(i)), '[]') from identity i where i.workspace_id = workspace and i.contact_id = k.id),
    'tags', (select coalesce(jsonb_agg(to_jsonb(t)), '[]') from contact_tag t where t.workspace_id = workspace and t.contact_id = k.id),
    'fields', (select coalesce(jsonb_agg(to_jsonb(v)), '[]') from contact_value v where v.workspace_id = workspace and v.contact_id = k.id))
  from contact k where k.workspace_id = workspace and k.id = contact
$$;
