-- The two roles everything runs as. Roles belong to the cluster, not to the database, so they may exist already.
do $$
begin
  if not exists (select from pg_roles where rolname = 'my21_app') then
    create role my21_app nologin nobypassrls;
  end if;
  if not exists (select from pg_roles where rolname = 'my21_system') then
    create role my21_system nologin nobypassrls;
  end if;
  -- A superuser may take any role. Anybody else is made a member, even whoever created the roles a line above: since Postgres 16 that
  -- membership comes without the right to `set role`.
  if not (select rolsuper from pg_roles where rolname = current_user) then
    begin
      execute format('grant my21_app, my21_system to %I', current_user);
    exception when insufficient_privilege then
      -- An administrator made roles and memberships beforehand (docs/DEPLOY.md), and only an administrator may add to them.
      if not (pg_has_role(current_user, 'my21_app', 'member') and pg_has_role(current_user, 'my21_system', 'member')) then
        raise;
      end if;
    end;
  end if;
  -- The readiness check compares what was applied with what the program brings.
  if to_regclass('public._sqlx_migrations') is not null then
    grant select on public._sqlx_migrations to my21_system;
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
