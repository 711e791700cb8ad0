//! The rules of the schema, read from the catalogue of a migrated database, and the wall between tenants, tried out on every table.
//!
//! A rule that cannot fail proves nothing: the last tests break each rule on purpose and expect to be told.

use crate::support::*;
use my21staff::server::{db::MIGRATOR, health};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::collections::BTreeSet;

/// Tables that belong to no workspace, with the reason.
const GLOBAL: [(&str, &str); 19] = [
    ("person", "a person may belong to several workspaces"),
    ("session", "somebody is signed in before a workspace is chosen"),
    ("workspace", "is the tenant itself: its id is what others call workspace_id, and it has the wall all the same"),
    ("rate_limit", "counts calls of addresses and accounts, which belong to no workspace; holds hashes and numbers only"),
    ("sign_up", "nobody yet: somebody who has not shown that an address is theirs"),
    ("password_reset", "is about a person"),
    ("challenge", "is about a browser, before or while it signs in"),
    ("totp", "is about a person"),
    ("recovery_code", "is about a person"),
    ("passkey", "is about a person"),
    ("clerk_user", "mirrors the identity provider, which knows no workspaces"),
    ("clerk_organization", "becomes a workspace; known before it is one"),
    ("clerk_membership", "as clerk_organization"),
    ("clerk_invitation", "as clerk_organization"),
    ("clerk_session_end", "somebody is signed in before a workspace is chosen"),
    ("clerk_delivery", "the record of webhooks, whatever they are about"),
    ("push_key", "push services know the installation, not its workspaces"),
    ("push_device", "a browser of a person, who may belong to several workspaces"),
    ("_sqlx_migrations", "the migrator's own record"),
];

/// Tables that name a workspace and are the system role's alone, with the reason.
const SYSTEM_ONLY: [(&str, &str); 3] = [
    ("delivery", "kept before its workspace is known, and also when it never becomes known"),
    ("number_route", "is how a delivery finds its workspace"),
    ("push_cursor", "how far it was looked who must be called, which no person asks"),
];

/// Indexes that lead with something else than workspace_id, with the reason.
const OTHERWISE_LED: [(&str, &str); 11] = [
    ("job_due", "the dispatcher serves all workspaces, by time"),
    ("job_running", "leases that ran out are looked for in all workspaces"),
    ("conversation_answer_due", "what is overdue is looked for in all workspaces, by time"),
    ("conversation_resolve_due", "as conversation_answer_due"),
    ("membership_person", "whoever can be called is looked for in all of their workspaces"),
    ("delivery_pkey", "see SYSTEM_ONLY"),
    ("delivery_open", "deliveries to be tried again, by time"),
    ("number_route_pkey", "see SYSTEM_ONLY"),
    ("invitation_waiting", "who signs in for the first time is looked for by address"),
    ("message_words_found", "an index of words, in which the workspace is a word that every search asks for"),
    ("contact_words", "as message_words_found"),
];

/// Tables whose rows are added and never changed, with the reason.
const APPEND_ONLY: [(&str, &str); 1] = [("audit_entry", "what somebody did stays done")];

/// Functions that run with their owner's rights, with the reason.
const DOORS: [(&str, &str); 4] = [
    ("workspaces_of", "sign-in must find a person's workspaces before one is set"),
    ("invitations_to", "an invitation is found by its address before its workspace is set"),
    ("claim_number", "a workspace may take a number that nobody has; whose the others are stays the system's"),
    ("release_number", "a workspace may give its own number back"),
];

/// Columns that are a day and no moment, with the reason.
const DAYS: [(&str, &str); 1] = [("holiday.day", "a day of the calendar, which begins by each workspace's own clock")];

/// A list of names as SQL.
fn sql(list: &[(&str, &str)]) -> String {
    let quoted: Vec<String> = list.iter().map(|(name, _)| format!("'{name}'")).collect();
    format!("array[{}]::text[]", quoted.join(", "))
}

/// Every rule that the schema breaks, in words.
async fn violations(connection: &mut PgConnection) -> BTreeSet<String> {
    let (global, system_only, otherwise_led, doors) = (sql(&GLOBAL), sql(&SYSTEM_ONLY), sql(&OTHERWISE_LED), sql(&DOORS));
    let days = sql(&DAYS);
    let has_workspace_id = |table: &str| {
        format!("exists (select from pg_attribute w where w.attrelid = {table}.oid and w.attname = 'workspace_id' and not w.attisdropped)")
    };
    let named = has_workspace_id("c");
    let tables = "from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')";
    // `workspace` is a tenant table with another name for its key.
    let tenant = format!("{tables} and (c.relname = 'workspace' or {named}) and c.relname <> all({system_only})");
    let key = "case c.relname when 'workspace' then 'id' else 'workspace_id' end";
    let lacks_policy = |wanted: &str| {
        format!(
            "select c.relname::text {tenant} and not exists (
               select from pg_policies p where p.schemaname = 'public' and p.tablename = c.relname and p.permissive = 'PERMISSIVE' and p.cmd = 'ALL' and {wanted})"
        )
    };
    let rules = [
        (
            "has no workspace_id and is not in the list of global tables",
            format!("select c.relname::text {tables} and not {named} and c.relname <> all({global})"),
        ),
        (
            "is in the list of global tables, but is none",
            format!("select g from unnest({global}) g where not exists (select {tables} and c.relname = g and not {named})"),
        ),
        (
            "row-level security is not enabled and forced",
            format!("select c.relname::text {tenant} and not (c.relrowsecurity and c.relforcerowsecurity)"),
        ),
        (
            "the policy `tenant` is missing or lets my21_app see more than the transaction's workspace",
            lacks_policy(&format!(
                "p.policyname = 'tenant' and p.roles = '{{my21_app}}' and p.qual = p.with_check
                 and p.qual = format('(%s = ( SELECT current_workspace() AS current_workspace))', {key})"
            )),
        ),
        (
            "the policy `system` is missing",
            lacks_policy("p.policyname = 'system' and p.roles = '{my21_system}' and p.qual = 'true' and p.with_check = 'true'"),
        ),
        (
            "is a policy beside `tenant` and `system`",
            "select tablename || '.' || policyname from pg_policies where schemaname = 'public' and policyname not in ('tenant', 'system')".into(),
        ),
        (
            "workspace_id may be null",
            format!(
                "select c.relname::text {tables} and c.relname <> all({system_only}) and exists (
                   select from pg_attribute w where w.attrelid = c.oid and w.attname = 'workspace_id' and not w.attisdropped and not w.attnotnull)"
            ),
        ),
        (
            "workspace_id does not lead this key or index",
            format!(
                "select c.relname || '.' || i.relname from pg_index x
                 join pg_class i on i.oid = x.indexrelid
                 join pg_class c on c.oid = x.indrelid and c.relnamespace = 'public'::regnamespace
                 left join pg_attribute a on a.attrelid = c.oid and a.attnum = x.indkey[0]
                 where {named} and a.attname is distinct from 'workspace_id' and i.relname <> all({otherwise_led})"
            ),
        ),
        (
            "is in the list of indexes led otherwise, but there is none of that name",
            format!("select g from unnest({otherwise_led}) g where to_regclass('public.' || g) is null"),
        ),
        (
            "workspace_id does not lead this foreign key to a tenant's table",
            format!(
                "select c.relname || '.' || k.conname from pg_constraint k
                 join pg_class c on c.oid = k.conrelid
                 join pg_class t on t.oid = k.confrelid
                 join pg_attribute mine on mine.attrelid = c.oid and mine.attnum = k.conkey[1]
                 join pg_attribute theirs on theirs.attrelid = t.oid and theirs.attnum = k.confkey[1]
                 where k.contype = 'f' and {named} and (t.relname = 'workspace' or {})
                   and not (mine.attname = 'workspace_id' and theirs.attname = case t.relname when 'workspace' then 'id' else 'workspace_id' end)",
                has_workspace_id("t")
            ),
        ),
        (
            "is for the system role alone, but my21_app has rights on it",
            format!(
                "select c.relname::text {tables} and c.relname = any({system_only}) and (
                   has_table_privilege('my21_app', c.oid, 'select, insert, update, delete, truncate, references, trigger')
                   or has_any_column_privilege('my21_app', c.oid, 'select, insert, update, references'))"
            ),
        ),
        (
            "may truncate, which asks no policy, or put triggers on it",
            format!(
                "select c.relname || ' by ' || r {} and has_table_privilege(r, c.oid, 'truncate, references, trigger')",
                tables.replace("where", "cross join unnest(array['my21_app', 'my21_system']) r where")
            ),
        ),
        (
            "belongs to a role that requests run as",
            format!("select c.relname::text {tables} and pg_get_userbyid(c.relowner) in ('my21_app', 'my21_system')"),
        ),
        (
            "is a view that runs with its owner's rights",
            "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('v', 'm')
               and not coalesce('security_invoker=true' = any(reloptions), false)"
                .into(),
        ),
        (
            "runs with its owner's rights and is not in the list of doors, or has a search path of the caller's",
            format!(
                "select proname::text from pg_proc where pronamespace = 'public'::regnamespace and prosecdef
                   and (proname <> all({doors}) or not coalesce('search_path=public' = any(proconfig), false))"
            ),
        ),
        (
            "has a type that depends on a session's zone or on rounding",
            format!(
                "select table_name || '.' || column_name || ' ' || data_type from information_schema.columns
                 where table_schema = 'public' and table_name <> '_sqlx_migrations' and data_type in
                   ('timestamp without time zone', 'time without time zone', 'date', 'real', 'double precision', 'numeric', 'money')
                   and table_name || '.' || column_name <> all({days})"
            ),
        ),
        (
            "is a trigger that notifies: NOTIFY inside a writing transaction serialises all commits",
            "select t.tgname::text from pg_trigger t join pg_proc p on p.oid = t.tgfoid where not t.tgisinternal and p.prosrc ilike '%notify%'".into(),
        ),
        (
            "is a role that may do more than its grants",
            "select rolname::text from pg_roles where rolname in ('my21_app', 'my21_system')
               and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)"
                .into(),
        ),
        (
            "is a member of another role",
            "select pg_get_userbyid(member)::text from pg_auth_members where pg_get_userbyid(member) in ('my21_app', 'my21_system')".into(),
        ),
    ];
    let mut found = BTreeSet::new();
    for (words, query) in rules {
        let rows: sqlx::Result<Vec<String>> = sqlx::query_scalar(AssertSqlSafe(query.clone())).fetch_all(&mut *connection).await;
        let rows = rows.unwrap_or_else(|error| panic!("{error} in {query}"));
        found.extend(rows.into_iter().map(|row| format!("{row}: {words}")));
    }
    found
}

/// The tables behind the wall, with the column that says whose a row is.
async fn walled(connection: &mut PgConnection) -> Vec<(String, &'static str)> {
    let tables: Vec<String> = sqlx::query_scalar("select relname::text from pg_class where relrowsecurity order by relname")
        .fetch_all(connection)
        .await
        .expect("the catalogue");
    tables
        .into_iter()
        .map(|table| {
            let key = if table == "workspace" { "id" } else { "workspace_id" };
            (table, key)
        })
        .collect()
}

/// Two workspaces with at least one row in each tenant table.
const ROWS: &str = "
    insert into workspace (id, slug, name, created_at) select gen_random_uuid(), slug, slug, now() from unnest(array['demo', 'other']) slug;
    insert into person (id, email, name, created_at) values (gen_random_uuid(), 'a@both.test', 'A', now());
    insert into membership select w.id, p.id, 'owner', now() from workspace w, person p;
    insert into workspace_sequence select id, 1 from workspace;
    insert into role select id, gen_random_uuid(), 'Gudang', '{}', now() from workspace;
    insert into team select id, id, 'Toko', now() from workspace;
    insert into team_member select workspace_id, workspace_id, person_id from membership;
    insert into invitation (workspace_id, id, email, name, role, token_hash, created_at, sent_at, expires_at)
        select id, gen_random_uuid(), 'b@both.test', 'B', 'member', '\\x00', now(), now(), now() from workspace;
    insert into whatsapp_number (workspace_id, id, phone_number_id, created_at) select id, gen_random_uuid(), slug, now() from workspace;
    create function any_id(w uuid, what text) returns uuid language sql as $$ select md5(w::text || what)::uuid $$;
    insert into contact (workspace_id, id, created_at) select id, any_id(id, 'contact'), now() from workspace;
    insert into identity select id, 'phone', '+6281234567890', any_id(id, 'contact'), now() from workspace;
    insert into conversation (workspace_id, id, contact_id, number_id, last_message_at, created_at)
        select n.workspace_id, any_id(n.workspace_id, 'conversation'), any_id(n.workspace_id, 'contact'), n.id, now(), now() from whatsapp_number n;
    insert into message (workspace_id, id, conversation_id, direction, sender, kind, body, sent_at, created_at)
        select id, any_id(id, 'message'), any_id(id, 'conversation'), 'inbound', 'contact', 'text', 'halo', now(), now() from workspace;
    insert into mention select w.id, any_id(w.id, 'message'), m.person_id, 'A', now() from workspace w join membership m on m.workspace_id = w.id;
    insert into task select id, any_id(id, 'message'), now(), null, null, null from workspace;
    insert into unsent select w.id, any_id(w.id, 'conversation'), m.person_id, 'reply', 'halo', now()
        from workspace w join membership m on m.workspace_id = w.id;
    insert into draft select w.id, m.person_id, any_id(w.id, 'conversation'), 'reply', 'halo', null, 1, null, 0, now()
        from workspace w join membership m on m.workspace_id = w.id;
    insert into bulk_undo select w.id, m.person_id, any_id(w.id, 'action'), any_id(w.id, 'conversation'), 1, null, false, 'open', null, 'team', null,
        0, 0, now(), false, null, null, null from workspace w join membership m on m.workspace_id = w.id;
    insert into quick_reply select id, any_id(id, 'quick'), 'harga', 'Harga paket', null, now(), now() from workspace;
    insert into stage select id, any_id(id, 'stage'), 'Tahap', 'hot', 1, now() from workspace;
    insert into tag select id, any_id(id, 'tag'), 'VIP', now() from workspace;
    insert into contact_tag select id, any_id(id, 'contact'), any_id(id, 'tag'), null, now() from workspace;
    insert into contact_field select id, any_id(id, 'field'), 'Kota', 'choice', 1, now() from workspace;
    insert into field_choice select id, any_id(id, 'choice'), any_id(id, 'field'), 'Bandung', 1 from workspace;
    insert into contact_value select id, any_id(id, 'contact'), any_id(id, 'field'), null, any_id(id, 'choice') from workspace;
    insert into contact_merge select id, any_id(id, 'merge'), any_id(id, 'contact'), any_id(id, 'gone'), null, now(), '{}', '{}', null from workspace;
    insert into merged_conversation select id, any_id(id, 'merge'), any_id(id, 'conversation'), '{}', null, '[]', '{}' from workspace;
    insert into macro select id, any_id(id, 'macro'), 'Selesai', 'Terima kasih', null, null, null, 'close', '', null, now(), now(), null, null from workspace;
    insert into saved_view select id, any_id(id, 'view'), null, 'Prioritas', 'filter=priority:high', null, now(), now() from workspace;
    insert into service_level select id, 15, 60, 480, true from workspace;
    insert into assignment_rule select id, 'round_robin', false, 10, id from workspace;
    insert into availability select workspace_id, person_id, true, 3 from membership;
    insert into notice_rule select workspace_id, person_id, 3, 1260, 420, 480, 'id', null from membership;
    insert into working_period select id, 1, 480, 1020 from workspace;
    insert into holiday select id, '2026-12-25', 'Natal' from workspace;
    insert into service_breach select id, any_id(id, 'conversation'), 'answer', now(), now(), null from workspace;
    insert into handover_line select id, any_id(id, 'conversation'), 0, 'wants', 'kelas piano', any_id(id, 'message'), now() from workspace;
    insert into message_status select id, 'wamid.1', 'read', now() from workspace;
    insert into reaction select id, 'wamid.1', true, '👍', now() from workspace;
    insert into message_change select id, 'wamid.2', 'wamid.1', true, 'edit', 'lain', now(), now() from workspace;
    insert into reaction_wish select id, any_id(id, 'message'), any_id(id, 'wish'), '👍', id from workspace;
    insert into media (workspace_id, id, message_id) select id, any_id(id, 'media'), any_id(id, 'message') from workspace;
    insert into event (workspace_id, seq, kind, at) select id, 1000, 'message_received', now() from workspace;
    insert into job (workspace_id, id, kind, payload, run_at, state, created_at)
        select id, any_id(id, 'job'), 'send_message', '{}', now(), 'dead', now() from workspace;
    insert into mail (workspace_id, id, template, recipient, locale, subject, state, created_at)
        select id, any_id(id, 'mail'), 'invitation', 'a@both.test', 'id', 'x', 'sent', now() from workspace;
    insert into audit_entry select id, any_id(id, 'audit'), now(), null, 'member.removed', null, null, '{}' from workspace;
    insert into model_call select id, any_id(id, 'call'), null, 'grok', 'grok-3', 1, 1, 1, 1, 'answered', null, now() from workspace;
";

/// A migrated database without a row.
async fn empty() -> PgConnection {
    let (name, _) = fresh_database().await;
    admin_connection(&name).await
}

/// A migrated database with [`ROWS`].
async fn filled() -> PgConnection {
    let mut connection = empty().await;
    connection.execute(ROWS).await.expect("rows of every table");
    connection
}

async fn workspace(connection: &mut PgConnection, slug: &str) -> uuid::Uuid {
    sqlx::query_scalar("select id from workspace where slug = $1").bind(slug).fetch_one(connection).await.expect("a workspace")
}

#[tokio::test]
async fn the_schema_keeps_its_rules() {
    let mut connection = empty().await;
    assert_eq!(violations(&mut connection).await, BTreeSet::new());
}

#[tokio::test]
async fn each_rule_is_broken_on_purpose_and_reported() {
    let mut connection = empty().await;
    let breaks = [
        ("create table bare (id uuid primary key)", "bare: has no workspace_id"),
        ("create table open (workspace_id uuid primary key)", "open: row-level security is not enabled"),
        ("create table open (workspace_id uuid primary key)", "open: the policy `tenant` is missing"),
        ("create table open (workspace_id uuid primary key)", "open: the policy `system` is missing"),
        ("alter table event no force row level security", "event: row-level security is not enabled and forced"),
        ("drop policy system on event", "event: the policy `system` is missing"),
        (
            "drop policy tenant on event; create policy tenant on event to my21_app using (true) with check (true)",
            "event: the policy `tenant` is missing or lets",
        ),
        (
            "drop policy tenant on event; create policy tenant on event to my21_app using (workspace_id = (select current_workspace())) with check (true)",
            "event: the policy `tenant` is missing or lets",
        ),
        ("create policy more on event to my21_app using (true)", "event.more: is a policy beside"),
        (
            "alter table event drop constraint event_pkey; alter table event alter workspace_id drop not null",
            "event: workspace_id may be null",
        ),
        ("create index message_late on message (sent_at)", "message.message_late: workspace_id does not lead"),
        ("create index message_low on message (lower(body), workspace_id)", "message.message_low: workspace_id does not lead"),
        ("alter table contact add unique (id)", "contact.contact_id_key: workspace_id does not lead"),
        ("drop index job_due", "job_due: is in the list of indexes led otherwise"),
        (
            "alter table contact add unique (id); alter table media add constraint loose foreign key (id) references contact (id)",
            "media.loose: workspace_id does not lead this foreign key",
        ),
        ("grant select on delivery to my21_app", "delivery: is for the system role alone"),
        ("grant select (workspace_id) on number_route to my21_app", "number_route: is for the system role alone"),
        ("grant truncate on contact to my21_app", "contact by my21_app: may truncate"),
        ("alter table contact owner to my21_app", "contact: belongs to a role that requests run as"),
        ("create view all_contacts as select * from contact", "all_contacts: is a view that runs with its owner's rights"),
        (
            "create function peep() returns bigint language sql security definer as 'select count(*) from contact'",
            "peep: runs with its owner's",
        ),
        ("alter function workspaces_of reset search_path", "workspaces_of: runs with its owner's rights"),
        ("alter table contact add seen timestamp", "contact.seen timestamp without time zone: has a type"),
        ("alter table model_call add cost numeric", "model_call.cost numeric: has a type"),
        (
            "create function tell() returns trigger language plpgsql as $$ begin perform pg_notify('a', ''); return new; end $$;
             create trigger told after insert on contact for each row execute function tell()",
            "told: is a trigger that notifies",
        ),
    ];
    for (statement, wanted) in breaks {
        let mut tx = connection.begin().await.expect("a transaction");
        tx.execute(statement).await.expect(statement);
        let found = violations(&mut tx).await;
        assert!(found.iter().any(|violation| violation.starts_with(wanted)), "{statement}\nwanted: {wanted}\nfound: {found:#?}");
        tx.rollback().await.expect("rolled back");
    }
}

#[tokio::test]
async fn without_a_workspace_every_tenant_table_is_empty() {
    let mut connection = filled().await;
    let tables = walled(&mut connection).await;
    assert!(tables.len() >= 14, "{tables:?}");
    let demo = workspace(&mut connection, "demo").await;
    for (table, key) in tables {
        let count = |filter: &str| AssertSqlSafe(format!("select count(*) from {table} {filter}"));
        let (all, own): (i64, i64) = (
            sqlx::query_scalar(count("")).fetch_one(&mut connection).await.unwrap(),
            sqlx::query_scalar(count(&format!("where {key} = '{demo}'"))).fetch_one(&mut connection).await.unwrap(),
        );
        assert!(own > 0 && own < all, "{table} has rows of both workspaces: {own} of {all}");
        for (workspace, seen) in
            [(None, 0), (Some(String::new()), 0), (Some(uuid::Uuid::new_v4().to_string()), 0), (Some(demo.to_string()), own)]
        {
            let mut tx = connection.begin().await.unwrap();
            tx.execute("set local role my21_app").await.unwrap();
            if let Some(workspace) = &workspace {
                sqlx::query("select set_config('app.workspace_id', $1, true)").bind(workspace).execute(&mut *tx).await.unwrap();
            }
            let found: i64 = sqlx::query_scalar(count("")).fetch_one(&mut *tx).await.unwrap();
            assert_eq!(found, seen, "{table} with workspace {workspace:?}");
            tx.rollback().await.unwrap();
        }
    }
}

#[tokio::test]
async fn inside_one_workspace_nothing_of_another_can_be_written() {
    let mut connection = filled().await;
    let demo = workspace(&mut connection, "demo").await;
    let other = workspace(&mut connection, "other").await;
    for (table, key) in walled(&mut connection).await {
        let mut attempt = async |statement: String| {
            let mut tx = connection.begin().await.unwrap();
            tx.execute("set local role my21_app").await.unwrap();
            sqlx::query("select set_config('app.workspace_id', $1, true)").bind(demo.to_string()).execute(&mut *tx).await.unwrap();
            let outcome = tx.execute(AssertSqlSafe(statement)).await.map(|done| done.rows_affected());
            tx.rollback().await.unwrap();
            outcome.map_err(|error| error.as_database_error().and_then(|error| error.code().map(|code| code.into_owned())))
        };
        let insert = |workspace: uuid::Uuid| {
            format!(
                "insert into {table} select (jsonb_populate_record(x, jsonb_build_object('{key}', '{workspace}'))).* from {table} x limit 1 \
                 on conflict do nothing"
            )
        };
        let refused = Err(Some("42501".to_owned()));
        assert_eq!(attempt(insert(demo)).await, Ok(0), "{table}: the same statement is allowed for its own workspace");
        assert_eq!(attempt(insert(other)).await, refused, "{table}: insert");
        assert_eq!(attempt(format!("update {table} set {key} = '{other}'")).await, refused, "{table}: update of an own row");
        let unseen = if APPEND_ONLY.iter().any(|(name, _)| *name == table) { refused.clone() } else { Ok(0) };
        assert_eq!(
            attempt(format!("update {table} set {key} = {key} where {key} = '{other}'")).await,
            unseen,
            "{table}: update of a foreign row"
        );
        assert_eq!(attempt(format!("delete from {table} where {key} = '{other}'")).await, unseen, "{table}: delete of a foreign row");
    }
    for (table, _) in SYSTEM_ONLY {
        let mut tx = connection.begin().await.unwrap();
        tx.execute("set local role my21_app").await.unwrap();
        let refused = tx.execute(AssertSqlSafe(format!("select from {table}"))).await.unwrap_err();
        assert_eq!(refused.as_database_error().and_then(|error| error.code()).as_deref(), Some("42501"), "{table}");
        tx.rollback().await.unwrap();
    }
}

/// Production's login owns the tables and is no superuser (docs/DEPLOY.md), so every policy holds for it too.
#[tokio::test]
async fn the_schema_works_for_a_login_that_is_no_superuser() {
    let mut server = admin_connection("postgres").await;
    let _ = server.execute("create role my21_test_login nologin").await;
    server.execute("grant my21_app, my21_system to my21_test_login").await.expect("an administrator grants");
    let name = format!("my21_test_{}", uuid::Uuid::new_v4().simple());
    server.execute(AssertSqlSafe(format!("create database {name} owner my21_test_login"))).await.expect("a database");
    let mut connection = admin_connection(&name).await;
    connection.execute("set role my21_test_login").await.unwrap();
    MIGRATOR.run(&mut connection).await.expect("its owner can migrate it");
    assert_eq!(violations(&mut connection).await, BTreeSet::new());

    connection
        .execute(
            "set role my21_system;
             insert into workspace (id, slug, name, created_at) values (gen_random_uuid(), 'satu', 'Satu', now());
             insert into person (id, email, name, created_at) values (gen_random_uuid(), 'a@satu.test', 'A', now());
             insert into membership select w.id, p.id, 'owner', now() from workspace w, person p;
             set role my21_app",
        )
        .await
        .unwrap();
    let found: Vec<String> = sqlx::query_scalar("select slug from person p, workspaces_of(p.id)").fetch_all(&mut connection).await.unwrap();
    assert_eq!(found, ["satu"], "the door opens with the owner's rights, superuser or not");
    drop(connection);
    remove_database(&name).await;
}

#[tokio::test]
async fn readiness_can_read_what_it_needs_as_the_role_it_runs_as() {
    let app = TestApp::start().await;
    let readiness = eventually("ready", async || Some(health::check(&app.app).await).filter(|readiness| readiness.ready)).await;
    assert_eq!((readiness.database.as_str(), readiness.migrations.as_str()), ("ok", "ok"));
    assert_eq!(app.http.get(app.url("/readyz")).send().await.unwrap().status(), 200);
    app.sql("delete from _sqlx_migrations where version = (select max(version) from _sqlx_migrations)").await;
    let readiness = health::check(&app.app).await;
    assert!(!readiness.ready && readiness.migrations.contains("run my21staff migrate"), "{readiness:?}");
}
