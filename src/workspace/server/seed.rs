//! Creating workspaces, and the two that demo mode starts with.

use crate::{
    ids::{PersonId, WorkspaceId},
    inbox::server::labels,
    server::{crypto::new_id, db, state::App},
    workspace::Role,
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// A workspace about to be created.
pub struct NewWorkspace<'a> {
    pub slug: &'a str,
    pub name: &'a str,
    pub phone_number_id: &'a str,
    pub people: &'a [(&'a str, &'a str, Role)],
}

/// The demo's workspaces: `demo`, and `other`, which must never see a byte of it.
const DEMO: [NewWorkspace<'static>; 2] = [
    NewWorkspace {
        slug: "demo",
        name: "Demo",
        phone_number_id: "123456789012345",
        people: &[
            ("owner@demo.test", "Rani Prameswari", Role::Owner),
            ("admin@demo.test", "Budi Hartono", Role::Admin),
            ("member@demo.test", "Sekar Ayu", Role::Member),
        ],
    },
    NewWorkspace {
        slug: "other",
        name: "Other",
        phone_number_id: "123456789012399",
        people: &[("owner@other.test", "Dimas Saputra", Role::Owner)],
    },
];

/// Creates the demo's workspaces where they are missing.
pub async fn demo(app: &App) -> sqlx::Result<()> {
    for workspace in &DEMO {
        let mut tx = db::begin(&app.db.system).await?;
        // Two processes starting at once seed one after the other.
        sqlx::query("select pg_advisory_xact_lock(2121)").execute(&mut *tx).await?;
        let known = sqlx::query_scalar!("select id from workspace where slug = $1", workspace.slug).fetch_optional(&mut *tx).await?;
        if known.is_none() {
            create(&mut tx, app.clock.now(), workspace).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// Creates a workspace whose people sign in with this password hash; somebody who has a password already keeps it.
pub async fn found(app: &App, new: &NewWorkspace<'_>, password_hash: &str) -> sqlx::Result<WorkspaceId> {
    let mut tx = db::begin(&app.db.system).await?;
    let workspace = create(&mut tx, app.clock.now(), new).await?;
    for (email, ..) in new.people {
        sqlx::query!("update person set password_hash = coalesce(password_hash, $2) where email = $1", *email, password_hash)
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    Ok(workspace)
}

/// Creates a workspace with its people (found by e-mail or created without a password), its number and its event counter.
pub async fn create(connection: &mut PgConnection, now: DateTime<Utc>, new: &NewWorkspace<'_>) -> sqlx::Result<WorkspaceId> {
    let workspace = new_id();
    sqlx::query!("insert into workspace (id, slug, name, created_at) values ($1, $2, $3, $4)", workspace, new.slug, new.name, now)
        .execute(&mut *connection)
        .await?;
    sqlx::query!("insert into workspace_sequence (workspace_id) values ($1)", workspace).execute(&mut *connection).await?;
    labels::begin(connection, WorkspaceId(workspace), now).await?;
    for (email, name, role) in new.people {
        let person = person(connection, now, email, name).await?;
        sqlx::query!(
            "insert into membership (workspace_id, person_id, role, created_at) values ($1, $2, $3, $4)",
            workspace,
            person.0,
            role.as_str(),
            now
        )
        .execute(&mut *connection)
        .await?;
    }
    let number = new_id();
    sqlx::query!(
        "insert into whatsapp_number (workspace_id, id, phone_number_id, created_at) values ($1, $2, $3, $4)",
        workspace,
        number,
        new.phone_number_id,
        now
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into number_route (phone_number_id, workspace_id, number_id) values ($1, $2, $3)",
        new.phone_number_id,
        workspace,
        number
    )
    .execute(&mut *connection)
    .await?;
    Ok(WorkspaceId(workspace))
}

async fn person(connection: &mut PgConnection, now: DateTime<Utc>, email: &str, name: &str) -> sqlx::Result<PersonId> {
    let id = sqlx::query_scalar!(
        r#"
        insert into person (id, email, name, created_at) values ($1, $2, $3, $4)
        on conflict (email) do update set email = excluded.email
        returning id
        "#,
        new_id(),
        email,
        name,
        now
    )
    .fetch_one(connection)
    .await?;
    Ok(PersonId(id))
}
