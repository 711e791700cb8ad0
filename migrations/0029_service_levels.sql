-- Who waits for an answer since when, and by when it is promised (F226). Targets are minutes of working time.
alter table conversation
  -- The oldest thing the customer said that nobody answered; after ARI handed over at the latest since then. What is closed waits for nothing.
  add column waiting_since timestamptz,
  -- When it was opened last; null for what never was closed: created_at.
  add column opened_at timestamptz,
  -- The first answer of a person since then.
  add column first_answered_at timestamptz,
  -- Both kept by trigger, below.
  add column answer_due_at timestamptz,
  add column resolve_due_at timestamptz,
  -- Which of those times was told to have passed, so that each is told once.
  add column answer_told timestamptz,
  add column resolve_told timestamptz;
-- Few wait at any time, and the one that waits longest is first. What is overdue is looked for in all workspaces.
create index conversation_waiting on conversation (workspace_id, waiting_since, id) where waiting_since is not null;
create index conversation_answer_due on conversation (answer_due_at)
  where answer_due_at is not null and answer_due_at is distinct from answer_told;
create index conversation_resolve_due on conversation (resolve_due_at)
  where resolve_due_at is not null and resolve_due_at is distinct from resolve_told;

-- What a workspace promises. No row, or nothing in a column: no promise.
create table service_level (
  workspace_id uuid not null references workspace on delete cascade,
  -- Minutes until a person's first answer to a conversation that was opened, until each later one, and until it is closed.
  first_answer integer check (first_answer between 1 and 60000),
  next_answer  integer check (next_answer between 1 and 60000),
  resolution   integer check (resolution between 1 and 600000),
  primary key (workspace_id)
);
call protect('service_level');

-- When somebody is there, by the workspace's clock; in minutes of the day. None at all: day and night.
create table working_period (
  workspace_id uuid not null references workspace on delete cascade,
  -- Monday is 1.
  weekday      smallint not null check (weekday between 1 and 7),
  begins       smallint not null check (begins >= 0),
  ends         smallint not null check (ends > begins and ends <= 1440),
  primary key (workspace_id, weekday, begins)
);
call protect('working_period');

create table holiday (
  workspace_id uuid not null references workspace on delete cascade,
  day          date not null,
  name         text not null check (char_length(name) between 1 and 80),
  primary key (workspace_id, day)
);
call protect('holiday');

-- Promises that were not kept, each once.
create table service_breach (
  workspace_id    uuid not null,
  conversation_id uuid not null,
  kind            text not null check (kind in ('answer', 'resolution')),
  due_at          timestamptz not null,
  noticed_at      timestamptz not null,
  -- Whose it was then.
  assignee_id     uuid,
  primary key (workspace_id, conversation_id, kind, due_at),
  foreign key (workspace_id, conversation_id) references conversation (workspace_id, id) on delete cascade,
  foreign key (workspace_id, assignee_id) references membership (workspace_id, person_id) on delete set null (assignee_id)
);
create index service_breach_assignee on service_breach (workspace_id, assignee_id);
call protect('service_breach');

-- The moment at which so many minutes of working time have gone by since then. None where there is not as much within some thirteen months.
create function due_after(workspace uuid, since timestamptz, minutes integer) returns timestamptz
language plpgsql stable
as $$
declare
  wanted interval := make_interval(mins => minutes);
  zone text;
  horizon integer;
  due timestamptz;
begin
  if since is null or minutes is null then return null; end if;
  if not exists (select from working_period p where p.workspace_id = workspace) then return since + wanted; end if;
  select w.time_zone into zone from workspace w where w.id = workspace;
  -- Most promises end within days.
  foreach horizon in array array[10, 70, 400] loop
    with day as (
      select (since at time zone zone)::date + nth as day from generate_series(0, horizon) nth
    ), period as (
      select greatest((day.day + make_interval(mins => p.begins)) at time zone zone, since) as begins_at,
        (day.day + make_interval(mins => p.ends)) at time zone zone as ends_at
      from day join working_period p on p.workspace_id = workspace and p.weekday = extract(isodow from day.day)
      where not exists (select from holiday h where h.workspace_id = workspace and h.day = day.day)
    ), counted as (
      select begins_at, ends_at, sum(ends_at - begins_at) over (order by begins_at) as by_then from period where ends_at > begins_at
    )
    select ends_at - (by_then - wanted) into due from counted where by_then >= wanted order by begins_at limit 1;
    if due is not null then return due; end if;
  end loop;
  return null;
end $$;

-- Since when the customer waits, by the messages: from the first one after the last answer that went out, or from when ARI handed over to a team that has said
-- nothing since; and not from before the conversation was opened. For what happens seldom; else it is kept as it changes.
create function unanswered_since(workspace uuid, conversation uuid) returns timestamptz
language sql stable
as $$
  with opened as (
    select coalesce(c.opened_at, '-infinity') as at from conversation c where c.workspace_id = workspace and c.id = conversation
  ), answered as (
    select max(a.sent_at) as at, max(a.sent_at) filter (where a.sender <> 'assistant') as by_people
    from message a
    where a.workspace_id = workspace and a.conversation_id = conversation and a.direction = 'outbound'
      and a.status not in ('failed', 'cancelled', 'scheduled', 'held')
      -- That nobody can answer now is said in the moment of the hand-over, and is no answer.
      and not (a.sender = 'assistant' and exists (
        select from message l
        where l.workspace_id = workspace and l.conversation_id = conversation and l.direction = 'system' and l.kind = 'ari_failed'
          and l.sent_at = a.sent_at))
  ), handed_over as (
    select max(l.sent_at) as at from message l
    where l.workspace_id = workspace and l.conversation_id = conversation and l.direction = 'system'
      and l.kind in ('ari_handed_over', 'ari_failed')
  ), asked as (
    select min(m.sent_at) as at from message m, answered
    where m.workspace_id = workspace and m.conversation_id = conversation and m.direction = 'inbound'
      and m.sent_at > coalesce(answered.at, '-infinity')
      -- What was said long before it came here was copied from the phone's history: nobody waits.
      and m.sent_at > m.created_at - interval '2 days'
  )
  -- The least and the greatest leave out what is null.
  select least(
    case when asked.at is not null then greatest(asked.at, opened.at) end,
    case when handed_over.at >= opened.at and (answered.by_people is null or answered.by_people < handed_over.at) then handed_over.at end)
  from opened, answered, handed_over, asked
$$;

-- The first answer of a person since the conversation was opened.
create function first_answered(workspace uuid, conversation uuid) returns timestamptz
language sql stable
as $$
  select min(m.sent_at) from message m join conversation c on c.workspace_id = m.workspace_id and c.id = m.conversation_id
  where m.workspace_id = workspace and m.conversation_id = conversation and m.direction = 'outbound' and m.sender in ('teammate', 'phone')
    and m.status not in ('failed', 'cancelled', 'scheduled', 'held') and m.sent_at >= coalesce(c.opened_at, '-infinity')
    and m.sent_at > m.created_at - interval '2 days'
$$;

-- By trigger and not by whoever changes a conversation: they are many, and where nothing is promised it is one look by the key.
create function note_dues() returns trigger
language plpgsql
as $$
declare
  level service_level;
begin
  select * into level from service_level l where l.workspace_id = new.workspace_id;
  if not found then
    new.answer_due_at := null;
    new.resolve_due_at := null;
    return new;
  end if;
  new.answer_due_at := due_after(new.workspace_id, new.waiting_since,
    case when new.first_answered_at is null then level.first_answer else level.next_answer end);
  if tg_op = 'INSERT' or new.opened_at is distinct from old.opened_at or (new.state = 'closed') <> (old.state = 'closed') then
    new.resolve_due_at := case when new.state <> 'closed'
      then due_after(new.workspace_id, coalesce(new.opened_at, new.created_at), level.resolution) end;
  end if;
  return new;
end $$;
create trigger conversation_due_anew before insert on conversation for each row execute function note_dues();
create trigger conversation_due before update on conversation for each row
  when (new.waiting_since is distinct from old.waiting_since or new.first_answered_at is distinct from old.first_answered_at
    or new.opened_at is distinct from old.opened_at or (new.state = 'closed') <> (old.state = 'closed'))
  execute function note_dues();

-- What is open waits already. Read and written as the role that sees all, as in 0018.
do $$
declare
  who text := current_user;
begin
  set local role my21_system;
  update conversation c set opened_at = (
    select max(m.sent_at) from message m
    where m.workspace_id = c.workspace_id and m.conversation_id = c.id and m.direction = 'system' and m.kind in ('reopened', 'reopened_by_customer'))
  where c.state <> 'closed';
  update conversation c set waiting_since = unanswered_since(c.workspace_id, c.id), first_answered_at = first_answered(c.workspace_id, c.id)
  where c.state <> 'closed';
  execute format('set local role %I', who);
end $$;
