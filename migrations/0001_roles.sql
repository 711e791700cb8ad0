-- The two roles everything runs as. Roles belong to the cluster, not to the database, so they may exist already.
do $$
begin
  if not exists (select from pg_roles where rolname = 'my21_app') then
    create role my21_app nologin nobypassrls;
  end if;
  if not exists (select from pg_roles where rolname = 'my21_system') then
    create role my21_system nologin nobypassrls;
  end if;
  if not pg_has_role(current_user, 'my21_app', 'member') or not exists (
    select from pg_auth_members m join pg_roles r on r.oid = m.roleid join pg_roles u on u.oid = m.member
    where r.rolname = 'my21_app' and u.rolname = current_user
  ) then
    execute format('grant my21_app, my21_system to %I', current_user);
  end if;
end $$;

grant usage on schema public to my21_app, my21_system;

-- The workspace of the running transaction; null when none was set, which makes every tenant table look empty.
create function current_workspace() returns uuid
language sql stable parallel safe
as $$ select nullif(current_setting('app.workspace_id', true), '')::uuid $$;

-- Puts the wall around one tenant table: both policies, enforced for the owner too.
create procedure protect(tenant_table regclass, key_column text default 'workspace_id')
language plpgsql
as $$
begin
  execute format('alter table %s enable row level security', tenant_table);
  execute format('alter table %s force row level security', tenant_table);
  execute format(
    'create policy tenant on %s to my21_app using (%I = (select current_workspace())) with check (%I = (select current_workspace()))',
    tenant_table, key_column, key_column);
  execute format('create policy system on %s to my21_system using (true) with check (true)', tenant_table);
  execute format('grant select, insert, update, delete on %s to my21_app, my21_system', tenant_table);
end $$;
