//! Invitations: a mailed link, valid seven days, that makes its addressee a member (F12–F15).
//!
//! The token is the workspace's id and 32 random bytes; the database has its hash. The id in front says behind which wall to look.

use super::{
    guard::{self, refused},
    members::about,
};
use crate::{
    auth::server::SignedIn,
    error::AppError,
    ids::WorkspaceId,
    server::{
        audit::{self, Entry},
        crypto::{new_id, random_bytes, token_hash},
        db, limits,
        mail::{self, NewMail, Template},
        scope::Scope,
        state::App,
    },
    words::Locale,
    workspace::Permission,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

/// Days that a link works.
pub const DAYS: i64 = 7;
/// How many of the settled ones are listed.
const SHOWN: i64 = 50;

/// What became of an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Pending,
    Expired,
    Accepted,
    Cancelled,
    Replaced,
}

impl State {
    fn of(stored: &str, expires: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        match stored {
            "accepted" => Self::Accepted,
            "cancelled" => Self::Cancelled,
            "replaced" => Self::Replaced,
            _ if expires <= now => Self::Expired,
            _ => Self::Pending,
        }
    }
}

/// As the team sees it.
#[derive(Clone, Debug)]
pub struct Invitation {
    pub id: Uuid,
    pub email: String,
    pub name: String,
    /// The key of a built-in role, or the own role's name.
    pub role: String,
    pub state: State,
    pub sent: DateTime<Utc>,
    pub expires: DateTime<Utc>,
}

/// As the addressee sees it before accepting.
#[derive(Clone, Debug)]
pub struct Offer {
    pub workspace: String,
    pub slug: String,
    pub inviter: Option<String>,
    pub role: String,
    pub email: String,
}

/// Open ones first, then what became of the latest others.
pub async fn list(app: &App, scope: &Scope) -> Result<Vec<Invitation>, AppError> {
    scope.require(Permission::InviteTeam)?;
    let now = app.clock.now();
    let mut tx = app.db.snapshot(scope).await?;
    let rows = sqlx::query!(
        r#"
        select i.id, i.email, i.name, coalesce(r.name, i.role) as "role!", i.state, i.sent_at, i.expires_at
        from invitation i left join role r on r.workspace_id = i.workspace_id and r.id = i.custom_role_id
        where i.workspace_id = $1
        order by i.state <> 'pending', i.sent_at desc, i.id desc
        limit $2
        "#,
        scope.workspace.0,
        SHOWN
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Invitation {
            id: row.id,
            email: row.email,
            name: row.name,
            role: row.role,
            state: State::of(&row.state, row.expires_at, now),
            sent: row.sent_at,
            expires: row.expires_at,
        })
        .collect())
}

/// Invites somebody; an open invitation to the same address is replaced.
pub async fn invite(app: &App, scope: &Scope, name: &str, email: &str, role: &str, locale: Locale) -> Result<(), AppError> {
    scope.require(Permission::InviteTeam)?;
    let (name, email) = (guard::name(name, "name", 100)?, guard::email(email)?);
    limits::take(app, &limits::INVITE, &scope.workspace.to_string()).await?;
    let now = app.clock.now();
    let mut tx = guard::alone(app, scope, Permission::InviteTeam).await?;
    guard::decided_here(&mut tx, scope.workspace).await?;
    let given = guard::given(&mut tx, scope, role).await?;
    let known = sqlx::query_scalar!(
        r#"select exists (select from membership m join person p on p.id = m.person_id where m.workspace_id = $1 and p.email = $2) as "known!""#,
        scope.workspace.0,
        email
    )
    .fetch_one(&mut *tx)
    .await?;
    if known {
        return Err(refused("already_member"));
    }
    let replaced = sqlx::query!(
        "update invitation set state = 'replaced', settled_at = $3 where workspace_id = $1 and email = $2 and state = 'pending'",
        scope.workspace.0,
        email,
        now
    )
    .execute(&mut *tx)
    .await?;
    let (id, token) = (new_id(), new_token(scope.workspace));
    sqlx::query!(
        r#"
        insert into invitation
            (workspace_id, id, email, name, role, custom_role_id, token_hash, invited_by, created_at, sent_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)
        "#,
        scope.workspace.0,
        id,
        email,
        name,
        given.role.as_str(),
        given.custom,
        &token_hash(&token)[..],
        scope.person.0,
        now,
        now + Duration::days(DAYS)
    )
    .execute(&mut *tx)
    .await?;
    post(&mut tx, app, scope, now, &email, &given.name, &token, locale).await?;
    let detail = json!({ "email": email, "role": given.name, "replaced": replaced.rows_affected() > 0 });
    audit::record(&mut tx, now, scope, Entry { action: "invitation.sent", target: Some(("invitation", id)), detail }).await?;
    tx.commit().await?;
    app.wake.jobs();
    Ok(())
}

/// Sends an open invitation again, with a new link and seven new days; the old link works no more.
pub async fn resend(app: &App, scope: &Scope, id: Uuid, locale: Locale) -> Result<(), AppError> {
    scope.require(Permission::InviteTeam)?;
    limits::take(app, &limits::INVITE, &scope.workspace.to_string()).await?;
    let now = app.clock.now();
    let mut tx = guard::alone(app, scope, Permission::InviteTeam).await?;
    let row = sqlx::query!(
        r#"
        select i.email, i.state, i.role, i.custom_role_id from invitation i
        where i.workspace_id = $1 and i.id = $2
        "#,
        scope.workspace.0,
        id
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(AppError::NotFound)?;
    if row.state != "pending" {
        return Err(refused("invitation_settled"));
    }
    guard::decided_here(&mut tx, scope.workspace).await?;
    // Sending it again promises its role again.
    let given = guard::given(&mut tx, scope, &row.custom_role_id.map_or(row.role, |id| id.to_string())).await?;
    let token = new_token(scope.workspace);
    sqlx::query!(
        "update invitation set token_hash = $3, sent_at = $4, expires_at = $5 where workspace_id = $1 and id = $2",
        scope.workspace.0,
        id,
        &token_hash(&token)[..],
        now,
        now + Duration::days(DAYS)
    )
    .execute(&mut *tx)
    .await?;
    post(&mut tx, app, scope, now, &row.email, &given.name, &token, locale).await?;
    let entry = Entry { action: "invitation.resent", target: Some(("invitation", id)), detail: json!({ "email": row.email }) };
    audit::record(&mut tx, now, scope, entry).await?;
    tx.commit().await?;
    app.wake.jobs();
    Ok(())
}

/// Withdraws an open invitation.
pub async fn cancel(app: &App, scope: &Scope, id: Uuid) -> Result<(), AppError> {
    let now = app.clock.now();
    let mut tx = guard::alone(app, scope, Permission::InviteTeam).await?;
    let row = sqlx::query!("select email, state from invitation where workspace_id = $1 and id = $2", scope.workspace.0, id)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(AppError::NotFound)?;
    if row.state != "pending" {
        return Err(refused("invitation_settled"));
    }
    sqlx::query!(
        "update invitation set state = 'cancelled', settled_at = $3 where workspace_id = $1 and id = $2",
        scope.workspace.0,
        id,
        now
    )
    .execute(&mut *tx)
    .await?;
    let entry = Entry { action: "invitation.cancelled", target: Some(("invitation", id)), detail: json!({ "email": row.email }) };
    audit::record(&mut tx, now, scope, entry).await?;
    tx.commit().await?;
    Ok(())
}

/// What a link offers, or why it offers nothing.
pub async fn look(app: &App, token: &str) -> Result<Offer, AppError> {
    let (workspace, bytes) = parse(token)?;
    let mut tx = db::begin(&app.db.app).await?;
    guard::enter(&mut tx, workspace).await?;
    let found = find(&mut tx, workspace, &bytes, app.clock.now()).await?;
    Ok(found.offer)
}

/// Makes the caller a member. Gives the workspace's slug. What stands against it is told apart: `invalid_token`, `invitation_not_found`,
/// `already_accepted`, `invitation_cancelled`, `invitation_expired`, `email_mismatch`.
pub async fn accept(app: &App, somebody: &SignedIn, token: &str) -> Result<String, AppError> {
    let (workspace, bytes) = parse(token)?;
    let now = app.clock.now();
    let mut tx = db::begin(&app.db.app).await?;
    guard::enter(&mut tx, workspace).await?;
    guard::lock(&mut tx, workspace).await.map_err(|_| refused("invitation_not_found"))?;
    let found = find(&mut tx, workspace, &bytes, now).await?;
    if somebody.email.is_empty() || found.offer.email != somebody.email {
        return Err(refused("email_mismatch"));
    }
    join(&mut tx, workspace, found.id, somebody, now).await?;
    tx.commit().await?;
    Ok(found.offer.slug)
}

/// Somebody with a verified address signed in: whatever open invitation waits for that address is accepted (F15). Gives how many.
pub async fn join_waiting(app: &App, somebody: &SignedIn) -> Result<usize, AppError> {
    // Somebody whose address nobody has verified (yet) waits for none.
    if somebody.email.is_empty() {
        return Ok(0);
    }
    let waiting = sqlx::query!(r#"select workspace_id as "workspace!", id as "id!" from invitations_to($1)"#, somebody.email)
        .fetch_all(&app.db.app)
        .await?;
    let now = app.clock.now();
    let mut joined = 0;
    for row in waiting {
        let workspace = WorkspaceId(row.workspace);
        let mut tx = db::begin(&app.db.app).await?;
        guard::enter(&mut tx, workspace).await?;
        guard::lock(&mut tx, workspace).await?;
        let open = sqlx::query!(
            r#"select 1 as "one!" from invitation where workspace_id = $1 and id = $2 and state = 'pending' and expires_at > $3 and email = $4"#,
            workspace.0,
            row.id,
            now,
            somebody.email
        )
        .fetch_optional(&mut *tx)
        .await?;
        if open.is_some() {
            join(&mut tx, workspace, row.id, somebody, now).await?;
            tx.commit().await?;
            joined += 1;
        }
    }
    Ok(joined)
}

struct Found {
    id: Uuid,
    offer: Offer,
}

/// The open invitation of a token.
async fn find(connection: &mut PgConnection, workspace: WorkspaceId, token: &[u8], now: DateTime<Utc>) -> Result<Found, AppError> {
    let row = sqlx::query!(
        r#"
        select i.id, i.email, i.state, i.expires_at, coalesce(r.name, i.role) as "role!", w.name as workspace, w.slug, w.status,
            p.name as "inviter?"
        from invitation i
        join workspace w on w.id = i.workspace_id
        left join role r on r.workspace_id = i.workspace_id and r.id = i.custom_role_id
        left join person p on p.id = i.invited_by
        where i.workspace_id = $1 and i.token_hash = $2
        "#,
        workspace.0,
        &token_hash(token)[..]
    )
    .fetch_optional(connection)
    .await?
    .ok_or_else(|| refused("invitation_not_found"))?;
    match State::of(&row.state, row.expires_at, now) {
        State::Pending if row.status == "suspended" => Err(AppError::Suspended),
        State::Pending => Ok(Found {
            id: row.id,
            offer: Offer { workspace: row.workspace, slug: row.slug, inviter: row.inviter, role: row.role, email: row.email },
        }),
        State::Accepted => Err(refused("already_accepted")),
        State::Expired => Err(refused("invitation_expired")),
        State::Cancelled | State::Replaced => Err(refused("invitation_cancelled")),
    }
}

/// Turns an open invitation into a membership. Who is a member already stays what he is.
async fn join(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    id: Uuid,
    somebody: &SignedIn,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    sqlx::query!(
        r#"
        insert into membership (workspace_id, person_id, role, custom_role_id, created_at)
        select workspace_id, $3, role, custom_role_id, $4 from invitation where workspace_id = $1 and id = $2
        on conflict do nothing
        "#,
        workspace.0,
        id,
        somebody.person.0,
        now
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!("update invitation set state = 'accepted', settled_at = $3 where workspace_id = $1 and id = $2", workspace.0, id, now)
        .execute(&mut *connection)
        .await?;
    let entry = Entry { action: "member.joined", target: Some(("person", somebody.person.0)), detail: json!({ "invitation": id }) };
    audit::record_as(connection, now, workspace.0, Some(somebody.person.0), entry).await?;
    Ok(())
}

fn new_token(workspace: WorkspaceId) -> Vec<u8> {
    [&workspace.0.as_bytes()[..], &random_bytes::<32>()].concat()
}

fn parse(token: &str) -> Result<(WorkspaceId, Vec<u8>), AppError> {
    let bytes = URL_SAFE_NO_PAD.decode(token.trim()).ok().filter(|bytes| bytes.len() == 48).ok_or_else(|| refused("invalid_token"))?;
    let workspace = Uuid::from_slice(&bytes[..16]).map_err(|_| refused("invalid_token"))?;
    Ok((WorkspaceId(workspace), bytes))
}

#[allow(clippy::too_many_arguments)]
async fn post(
    connection: &mut PgConnection,
    app: &App,
    scope: &Scope,
    now: DateTime<Utc>,
    email: &str,
    role: &str,
    token: &[u8],
    locale: Locale,
) -> Result<(), AppError> {
    let names = about(connection, scope).await?;
    let link = format!("{}/invitation?token={}", app.config.public_url, URL_SAFE_NO_PAD.encode(token));
    let template = Template::Invitation { inviter: &names.by, workspace: &names.workspace, role, link: &link, days: DAYS };
    mail::put(connection, now, NewMail { workspace: Some(scope.workspace), to: email, locale, template }).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_where_to_look_and_nothing_else_is_one() {
        let workspace = WorkspaceId(Uuid::from_u128(7));
        let token = new_token(workspace);
        assert_eq!(parse(&URL_SAFE_NO_PAD.encode(&token)).unwrap(), (workspace, token.clone()));
        assert_ne!(token, new_token(workspace));
        for odd in ["", "x", "????", &URL_SAFE_NO_PAD.encode([1; 47]), &URL_SAFE_NO_PAD.encode([1; 49])] {
            assert!(parse(odd).is_err(), "{odd}");
        }
    }
}
