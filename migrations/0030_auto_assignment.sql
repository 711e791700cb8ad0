-- Who gets what nobody has (F73, F222). No row: nobody, until somebody takes it.
create table assignment_rule (
  workspace_id uuid not null references workspace on delete cascade,
  -- In turn, or whoever has fewest open conversations.
  mode         text not null check (mode in ('round_robin', 'least_busy')),
  -- Only who looks at the inbox right now.
  online_only  boolean not null,
  -- Whoever has so many open conversations gets no more; none: no limit.
  capacity     integer check (capacity between 1 and 10000),
  -- Only these; none: everybody who may answer. A team that is dissolved takes its rule along.
  team_id      uuid,
  primary key (workspace_id),
  constraint assignment_rule_of_team foreign key (workspace_id, team_id) references team (workspace_id, id) on delete cascade
);
create index assignment_rule_team on assignment_rule (workspace_id, team_id) where team_id is not null;
call protect('assignment_rule');

-- Beside the membership, whose every change is looked at for rights. No row: there, and never given anything.
create table availability (
  workspace_id uuid not null,
  person_id    uuid not null,
  -- Gets nothing given by the rule for now.
  away         boolean not null default false,
  -- Counts on with each that the rule gives: whose turn it is.
  given_nth    bigint,
  primary key (workspace_id, person_id),
  foreign key (workspace_id, person_id) references membership (workspace_id, person_id) on delete cascade
);
call protect('availability');

-- Who had it when it was taken off by hand, and when: the rule does not give it back to the same person, and leaves everybody a moment to think again.
alter table conversation add column let_go_by uuid, add column let_go_at timestamptz;
-- What can be given out, whatever else waits.
create index conversation_unowned on conversation (workspace_id, waiting_since, id)
  where waiting_since is not null and state = 'open' and holder = 'team' and assignee_id is null;

-- What is overdue becomes urgent.
alter table service_level add column raise_late boolean not null default false;
