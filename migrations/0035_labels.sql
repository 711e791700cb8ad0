-- What a team says of a contact, so that lists can be filtered by it: the stage on the way to becoming a client (F101), of which there is one at a time, and
-- tags (F103), of which there are many.

create table stage (
  workspace_id uuid not null references workspace on delete cascade,
  id           uuid not null,
  name         text not null check (length(name) between 1 and 50),
  -- What its dot says; null: nothing yet.
  temperature  text check (temperature in ('cold', 'warm', 'hot', 'won')),
  -- Its place among the others, from the first to the last.
  place        integer not null,
  created_at   timestamptz not null,
  primary key (workspace_id, id)
);
create unique index stage_name on stage (workspace_id, lower(name));
call protect('stage');

create table tag (
  workspace_id uuid not null references workspace on delete cascade,
  id           uuid not null,
  name         text not null check (length(name) between 1 and 50),
  created_at   timestamptz not null,
  primary key (workspace_id, id)
);
create unique index tag_name on tag (workspace_id, lower(name));
call protect('tag');

create table contact_tag (
  workspace_id uuid not null,
  contact_id   uuid not null,
  tag_id       uuid not null,
  -- May have left the workspace since.
  added_by     uuid,
  added_at     timestamptz not null,
  primary key (workspace_id, contact_id, tag_id),
  foreign key (workspace_id, contact_id) references contact (workspace_id, id) on delete cascade,
  foreign key (workspace_id, tag_id) references tag (workspace_id, id) on delete cascade
);
create index contact_tag_tag on contact_tag (workspace_id, tag_id);
call protect('contact_tag');

-- Not held by a foreign key: deleting a stage would change all contacts in it at once, and customers who write meanwhile would wait for that. Whoever reads it joins
-- the stage; one that is not there any more is none. Ids do not come back.
alter table contact add column stage_id uuid;
create index contact_stage on contact (workspace_id, stage_id) where stage_id is not null;

-- What of it many conversations at once were given can be taken back, too.
alter table bulk_undo
  add column label    text check (label in ('stage', 'tag')),
  -- The stage before, or the tag in question and whether it was there.
  add column label_id uuid,
  add column tagged   boolean;

-- A macro may say something of the contact, too.
alter table macro
  add column stage_id uuid,
  add column tag_id   uuid,
  add foreign key (workspace_id, stage_id) references stage (workspace_id, id) on delete set null (stage_id),
  add foreign key (workspace_id, tag_id) references tag (workspace_id, id) on delete set null (tag_id);
create index macro_stage on macro (workspace_id, stage_id);
create index macro_tag on macro (workspace_id, tag_id);

-- The stages with which a workspace begins. New ones get them when they are made.
insert into stage (workspace_id, id, name, temperature, place, created_at)
select w.id, gen_random_uuid(), s.name, s.temperature, s.place, now()
from workspace w
cross join (values (1, 'Baru', null), (2, 'Tertarik', 'warm'), (3, 'Panas', 'hot'), (4, 'Klien', 'won'), (5, 'Tidak jadi', 'cold')) s(place, name, temperature);
