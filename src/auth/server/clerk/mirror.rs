//! Keeping what Clerk says: each event changes its row of the mirror if it is newer, and then what follows from the mirror is derived anew
//! ([`super::project`]).
//!
//! Because a row keeps the highest version and a tombstone for ever, and what follows is a function of the rows, events may come in any order, any
//! number of times. One transaction at a time does this, however many processes there are.

use super::{
    events::{Event, Invitation, Membership, Organization, User},
    project,
};
use crate::{live::server::Wake, push, server::clock::from_millis};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// What must be told after the commit.
#[derive(Debug, Default)]
pub struct Aftermath {
    /// Sessions that are over.
    pub ended: Vec<[u8; 32]>,
    /// Whether somebody left a workspace or has another role in it.
    pub seats: bool,
}

impl Aftermath {
    /// Ends the streams that must end, in every process.
    pub fn tell(self, wake: &Wake) {
        for session in self.ended {
            wake.session_ended(session);
        }
        if self.seats {
            wake.seats_changed();
        }
    }
}

/// Takes the turn among all transactions about the mirror; it is given back at the end of the transaction.
pub async fn take_turn(tx: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query_scalar!(r#"select pg_advisory_xact_lock(2122)::text as "turn""#).fetch_one(tx).await?;
    Ok(())
}

/// Applies one event. The caller has the turn.
pub async fn apply(tx: &mut PgConnection, now: DateTime<Utc>, event: &Event) -> sqlx::Result<Aftermath> {
    let mut after = Aftermath::default();
    match event {
        Event::User(user) => {
            let before = email_of(tx, &user.id).await?;
            put_user(tx, user).await?;
            project::user(tx, now, &user.id, &before, &mut after).await?;
        }
        Event::UserDeleted(id) => {
            let before = email_of(tx, id).await?;
            bury_user(tx, id).await?;
            project::user(tx, now, id, &before, &mut after).await?;
        }
        Event::Organization(organization) => {
            put_organization(tx, organization).await?;
            project::organization(tx, now, &organization.id, &mut after).await?;
        }
        Event::OrganizationDeleted(id) => {
            bury_organization(tx, id).await?;
            project::organization(tx, now, id, &mut after).await?;
        }
        Event::Membership(membership, organization) | Event::MembershipDeleted(membership, organization) => {
            put_organization(tx, organization).await?;
            put_membership(tx, membership, matches!(event, Event::MembershipDeleted(..))).await?;
            project::organization(tx, now, &membership.organization, &mut after).await?;
        }
        Event::Invitation(invitation) => put_invitation(tx, invitation).await?,
        Event::SessionEnded(id) => {
            sqlx::query!("insert into clerk_session_end (id, ended_at) values ($1, $2) on conflict do nothing", id, now)
                .execute(&mut *tx)
                .await?;
            end_session(tx, id, &mut after).await?;
        }
        Event::SessionPending(id) => end_session(tx, id, &mut after).await?,
        Event::Other => {}
    }
    Ok(after)
}

async fn email_of(tx: &mut PgConnection, user: &str) -> sqlx::Result<String> {
    let email = sqlx::query_scalar!("select email from clerk_user where id = $1", user).fetch_optional(tx).await?;
    Ok(email.unwrap_or_default())
}

async fn put_user(tx: &mut PgConnection, user: &User) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into clerk_user as known (id, version, email, name, banned) values ($1, $2, $3, $4, $5)
        on conflict (id) do update
        set version = excluded.version, email = excluded.email, name = excluded.name, banned = excluded.banned
        where not known.deleted
          and (known.version, known.email, known.name, known.banned) < (excluded.version, excluded.email, excluded.name, excluded.banned)
        "#,
        user.id,
        user.version,
        user.email,
        user.name,
        user.banned
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn bury_user(tx: &mut PgConnection, id: &str) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into clerk_user (id, version, deleted) values ($1, 0, true)
        on conflict (id) do update set version = 0, deleted = true, email = '', name = '', banned = false
        "#,
        id
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn put_organization(tx: &mut PgConnection, organization: &Organization) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into clerk_organization as known (id, version, name, slug, created_by) values ($1, $2, $3, $4, $5)
        on conflict (id) do update
        set version = excluded.version, name = excluded.name, slug = excluded.slug, created_by = excluded.created_by
        where not known.deleted
          and (known.version, known.name, known.slug, known.created_by) < (excluded.version, excluded.name, excluded.slug, excluded.created_by)
        "#,
        organization.id,
        organization.version,
        organization.name,
        organization.slug,
        organization.created_by
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn bury_organization(tx: &mut PgConnection, id: &str) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into clerk_organization (id, version, deleted) values ($1, 0, true)
        on conflict (id) do update set version = 0, deleted = true, name = '', slug = '', created_by = ''
        "#,
        id
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn put_membership(tx: &mut PgConnection, membership: &Membership, deleted: bool) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into clerk_membership as known (id, version, organization_id, user_id, role, user_name, created_ms, deleted)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (id) do update
        set version = greatest(known.version, excluded.version),
            role = case when (known.version, known.role) < (excluded.version, excluded.role) then excluded.role else known.role end,
            user_name = case when (known.version, known.user_name) < (excluded.version, excluded.user_name) then excluded.user_name else known.user_name end,
            deleted = known.deleted or excluded.deleted
        "#,
        membership.id,
        membership.version,
        membership.organization,
        membership.user,
        membership.role,
        membership.user_name,
        membership.created,
        deleted
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn put_invitation(tx: &mut PgConnection, invitation: &Invitation) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into clerk_invitation as known (id, version, organization_id, email, role, status, expires_at) values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (id) do update
        set version = excluded.version, email = excluded.email, role = excluded.role, status = excluded.status, expires_at = excluded.expires_at
        where (known.version, known.status, known.email, known.role) < (excluded.version, excluded.status, excluded.email, excluded.role)
        "#,
        invitation.id,
        invitation.version,
        invitation.organization,
        invitation.email,
        invitation.role,
        invitation.status,
        invitation.expires.map(from_millis)
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn end_session(tx: &mut PgConnection, id: &str, after: &mut Aftermath) -> sqlx::Result<()> {
    let hash = super::session::lease_key(id);
    sqlx::query!("delete from session where token_hash = $1", &hash[..]).execute(&mut *tx).await?;
    push::server::remove_of_session(tx, hash).await?;
    after.ended.push(hash);
    Ok(())
}
