//! The operator's view of all workspaces (F21, F22): who is a client, since when, how busy; founding one; closing and opening one.
//!
//! Behind no wall, since it is about all of them: everything here starts with [`require`], and reads numbers and names, never conversations.

use super::{founding, guard, guard::refused, people::memberships};
use crate::{
    auth::server::{self as auth, SignedIn},
    error::{AppError, Rule},
    ids::{PersonId, WorkspaceId},
    server::{
        audit::{self, Entry},
        crypto::{new_id, random_bytes},
        db,
        state::App,
    },
};
use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

/// Workspaces of a page.
pub const PAGE: i64 = 50;
/// Letters of a temporary password: none that are mistaken for another. 32 of them, so that a byte chooses evenly.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A client.
#[derive(Clone, Debug)]
pub struct Client {
    pub id: Uuid,
    pub slug: String,
    pub name: String,
    pub owners: Vec<String>,
    pub members: i64,
    pub contacts: i64,
    pub last_activity: Option<DateTime<Utc>>,
    pub created: DateTime<Utc>,
    /// Why it is closed; none: it is open.
    pub suspended: Option<String>,
}

/// The first page of those that the search finds, and the totals over all.
pub struct Clients {
    pub rows: Vec<Client>,
    pub more: bool,
    pub workspaces: i64,
    pub members: i64,
    pub contacts: i64,
}

/// Refuses everybody but super-admins. For others these pages do not exist.
pub async fn require(app: &App, somebody: &SignedIn) -> Result<(), AppError> {
    if is_super_admin(app, somebody.person).await? { Ok(()) } else { Err(AppError::NotFound) }
}

/// Whether somebody is one.
pub async fn is_super_admin(app: &App, person: PersonId) -> Result<bool, AppError> {
    let found = sqlx::query_scalar!("select super_admin from person where id = $1", person.0).fetch_optional(&app.db.app).await?;
    Ok(found.unwrap_or(false))
}

/// Makes the person with this address a super-admin; by hand, on the server. Whether there is one.
pub async fn appoint(app: &App, email: &str) -> sqlx::Result<bool> {
    let changed = sqlx::query!("update person set super_admin = true where email = $1", email).execute(&app.db.system).await?;
    Ok(changed.rows_affected() > 0)
}

/// All clients, or those whose name, slug or people match.
pub async fn clients(app: &App, somebody: &SignedIn, search: &str, page: i64) -> Result<Clients, AppError> {
    require(app, somebody).await?;
    let search = search.trim().to_lowercase();
    let rows = sqlx::query!(
        r#"
        select w.id, w.slug, w.name, w.created_at, w.status, w.suspended_reason,
            array(select coalesce(p.email, p.name) from membership m join person p on p.id = m.person_id
                  where m.workspace_id = w.id and m.role = 'owner' order by 1) as "owners!",
            (select count(*) from membership m where m.workspace_id = w.id) as "members!",
            (select count(*) from contact k where k.workspace_id = w.id) as "contacts!",
            (select max(last_message_at) from conversation c where c.workspace_id = w.id) as last_activity
        from workspace w
        where $1 = '' or position($1 in lower(w.name)) > 0 or position($1 in w.slug) > 0 or exists (
            select from membership m join person p on p.id = m.person_id
            where m.workspace_id = w.id and (position($1 in p.email) > 0 or position($1 in lower(p.name)) > 0))
        order by w.created_at desc, w.id
        limit $2 offset $3
        "#,
        search,
        PAGE + 1,
        page.clamp(0, 10_000) * PAGE
    )
    .fetch_all(&app.db.system)
    .await?;
    let totals = sqlx::query!(
        r#"
        select (select count(*) from workspace) as "workspaces!", (select count(distinct person_id) from membership) as "members!",
            (select count(*) from contact) as "contacts!"
        "#
    )
    .fetch_one(&app.db.system)
    .await?;
    let more = rows.len() as i64 > PAGE;
    let rows = rows
        .into_iter()
        .take(PAGE as usize)
        .map(|row| Client {
            id: row.id,
            slug: row.slug,
            name: row.name,
            owners: row.owners,
            members: row.members,
            contacts: row.contacts,
            last_activity: row.last_activity,
            created: row.created_at,
            suspended: (row.status == "suspended").then(|| row.suspended_reason.unwrap_or_default()),
        })
        .collect();
    Ok(Clients { rows, more, workspaces: totals.workspaces, members: totals.members, contacts: totals.contacts })
}

/// Founds a workspace for a client. Gives the temporary password, to be shown once; none when the address has an account already, which is the
/// owner then and keeps its own.
pub async fn create_client(app: &App, somebody: &SignedIn, name: &str, email: &str, business: &str) -> Result<Option<String>, AppError> {
    require(app, somebody).await?;
    if app.clerk.is_some() {
        // Nobody could sign in with the password that this gives.
        return Err(refused("at_clerk"));
    }
    let (name, email, business) = (guard::name(name, "name", 100)?, guard::email(email)?, guard::name(business, "business", 100)?);
    let password = temporary_password();
    let hash = auth::hash(password.clone()).await?;
    let now = app.clock.now();
    let mut tx = db::begin(&app.db.app).await?;
    let made = sqlx::query_scalar!(
        r#"
        insert into person (id, email, name, password_hash, must_change_password, created_at) values ($1, $2, $3, $4, true, $5)
        on conflict (email) do nothing returning id
        "#,
        new_id(),
        email,
        name,
        hash,
        now
    )
    .fetch_optional(&mut *tx)
    .await?;
    let owner = match made {
        Some(id) => id,
        None => sqlx::query_scalar!("select id from person where email = $1", email)
            .fetch_optional(&mut *tx)
            .await?
            .ok_or(AppError::NotFound)?,
    };
    founding::found(&mut tx, now, PersonId(owner), somebody.person, &business, "Asia/Jakarta").await?;
    tx.commit().await?;
    Ok(made.map(|_| password))
}

/// Closes a workspace: nobody works in it, what arrives is kept, nothing is sent.
pub async fn suspend(app: &App, somebody: &SignedIn, workspace: &str, reason: &str) -> Result<(), AppError> {
    require(app, somebody).await?;
    let workspace = workspace_id(workspace)?;
    let reason = guard::name(reason, "reason", 200)?;
    change(app, somebody, workspace, Some(&reason)).await
}

/// Opens it again; what waits is sent.
pub async fn resume(app: &App, somebody: &SignedIn, workspace: &str) -> Result<(), AppError> {
    require(app, somebody).await?;
    let workspace = workspace_id(workspace)?;
    change(app, somebody, workspace, None).await
}

async fn change(app: &App, somebody: &SignedIn, workspace: WorkspaceId, reason: Option<&str>) -> Result<(), AppError> {
    // An operator who closes what he works in himself would be left outside.
    if reason.is_some() && memberships(app, somebody.person).await?.iter().any(|membership| membership.workspace == workspace) {
        return Err(refused("own_workspace"));
    }
    let now = app.clock.now();
    let mut tx = db::begin(&app.db.system).await?;
    let status = if reason.is_some() { "suspended" } else { "active" };
    let changed = sqlx::query!(
        r#"
        update workspace set status = $2, suspended_at = $3, suspended_by = $4, suspended_reason = $5
        where id = $1 and status <> $2
        "#,
        workspace.0,
        status,
        reason.map(|_| now),
        reason.map(|_| somebody.person.0),
        reason
    )
    .execute(&mut *tx)
    .await?;
    if changed.rows_affected() == 0 {
        return Ok(());
    }
    let action = if reason.is_some() { "workspace.suspended" } else { "workspace.resumed" };
    let entry = Entry { action, target: None, detail: json!({ "reason": reason }) };
    audit::record_as(&mut tx, now, workspace.0, Some(somebody.person.0), entry).await?;
    tx.commit().await?;
    app.wake.jobs();
    Ok(())
}

/// 16 letters, 80 bits: long enough to be guessed by nobody before it is replaced.
fn temporary_password() -> String {
    random_bytes::<16>().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).iter().collect()
}

/// The id of a workspace as a form carries it.
fn workspace_id(text: &str) -> Result<WorkspaceId, AppError> {
    text.parse().map_err(|_| AppError::invalid("workspace", Rule::Malformed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_passwords_are_long_and_differ() {
        let (one, two) = (temporary_password(), temporary_password());
        assert_ne!(one, two);
        assert!(one.len() == 16 && one.bytes().all(|letter| LETTERS.contains(&letter)));
    }
}
