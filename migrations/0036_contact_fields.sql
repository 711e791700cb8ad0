-- What a workspace keeps of its contacts beside what WhatsApp tells: fields of its own, by type (F216).

create table contact_field (
  workspace_id uuid not null references workspace on delete cascade,
  id           uuid not null,
  name         text not null check (length(name) between 1 and 50),
  kind         text not null check (kind in ('text', 'number', 'date', 'choice')),
  place        integer not null,
  created_at   timestamptz not null,
  primary key (workspace_id, id)
);
create unique index contact_field_name on contact_field (workspace_id, lower(name));
call protect('contact_field');

-- What can be chosen in a field of that kind.
create table field_choice (
  workspace_id uuid not null,
  id           uuid not null,
  field_id     uuid not null,
  name         text not null check (length(name) between 1 and 50),
  place        integer not null,
  primary key (workspace_id, id),
  foreign key (workspace_id, field_id) references contact_field (workspace_id, id) on delete cascade
);
create unique index field_choice_name on field_choice (workspace_id, field_id, lower(name));
call protect('field_choice');

-- A field and a choice are not held by foreign keys, as a contact's stage is not: what is deleted is not there for whoever joins it, and what stood in it is swept out.
-- What stands in a contact's field: a text in the form of its kind (a number with a point, a date as 2026-11-30), or what was chosen.
create table contact_value (
  workspace_id uuid not null,
  contact_id   uuid not null,
  field_id     uuid not null,
  value        text check (length(value) between 1 and 500),
  choice_id    uuid,
  primary key (workspace_id, contact_id, field_id),
  check ((value is null) <> (choice_id is null)),
  foreign key (workspace_id, contact_id) references contact (workspace_id, id) on delete cascade
);
create index contact_value_field on contact_value (workspace_id, field_id);
create index contact_value_choice on contact_value (workspace_id, choice_id) where choice_id is not null;
call protect('contact_value');

-- What was filled in and could not be saved stays for the page that says so.
alter table unsent drop constraint unsent_kind_check;
alter table unsent add constraint unsent_kind_check check (kind in ('reply', 'note', 'template', 'choices', 'contact'));

-- A view may name many tags.
alter table saved_view drop constraint saved_view_view_check;
alter table saved_view add constraint saved_view_view_check check (char_length(view) <= 8500);
