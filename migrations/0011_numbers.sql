-- What a workspace says about its numbers in its settings. Secrets are sealed; null means that the process's one counts.
alter table whatsapp_number
  add column name text check (length(name) between 1 and 50),
  add column webhook_secret_sealed bytea,
  -- Taken out of use by the team: keeps its conversations, receives and sends nothing.
  add column disconnected_at timestamptz,
  add column tested_at timestamptz,
  -- The key of what the last test found wrong; null: nothing.
  add column test_problem text;

-- Which number belongs to which workspace is a table of the system role alone. These two doors let a workspace take a number that nobody has, and
-- give back its own: neither tells whose a number is.
create function claim_number(wanted text, number uuid) returns boolean
language plpgsql security definer set search_path = public
as $$
begin
  insert into number_route (phone_number_id, workspace_id, number_id) values (wanted, current_workspace(), number) on conflict do nothing;
  return exists (select from number_route r where r.phone_number_id = wanted and r.workspace_id = current_workspace() and r.number_id = number);
end $$;

create function release_number(given text) returns boolean
language sql security definer set search_path = public
as $$ delete from number_route where phone_number_id = given and workspace_id = current_workspace() returning true $$;
