//! What changes of people and roles have in common: one at a time per workspace, by somebody who still may, with words that fit.

use super::founding::ZONES;
use crate::{
    error::{AppError, Conflict, Rule},
    ids::WorkspaceId,
    server::{scope::Scope, state::App},
    workspace::{Permission, Permissions, Role},
};
use sqlx::{PgConnection, Postgres, Transaction};
use uuid::Uuid;

/// A rule stands against it; plain pages have the sentence for each key.
pub fn refused(key: &str) -> AppError {
    AppError::Conflict(Conflict::Refused(key.into()))
}

/// Puts a transaction into a workspace, for those whose right to be there is proven otherwise than by a [`Scope`]: the token of an invitation, the
/// founding itself, a super-admin.
pub async fn enter(connection: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<()> {
    sqlx::query!("select set_config('app.workspace_id', $1, true)", workspace.0.to_string()).fetch_one(connection).await?;
    Ok(())
}

/// A transaction in which nobody else changes people, roles or settings of the workspace, and in which the caller still has the rights that the
/// request began with.
pub async fn alone(app: &App, scope: &Scope, permission: Permission) -> Result<Transaction<'static, Postgres>, AppError> {
    scope.require(permission)?;
    let mut tx = app.db.begin(scope).await?;
    lock(&mut tx, scope.workspace).await?;
    let rights = sqlx::query_scalar!("select rights_of($1, $2)", scope.workspace.0, scope.person.0).fetch_one(&mut *tx).await?;
    if rights.as_deref() != Some(scope.rights.as_str()) {
        return Err(refused("rights_moved"));
    }
    Ok(tx)
}

/// Waits for other changes of the workspace's people and holds further ones back until the transaction ends.
pub async fn lock(connection: &mut PgConnection, workspace: WorkspaceId) -> Result<(), AppError> {
    sqlx::query!(r#"select 1 as "one!" from workspace where id = $1 for no key update"#, workspace.0)
        .fetch_optional(connection)
        .await?
        .ok_or(AppError::NotFound)?;
    Ok(())
}

/// Refuses what Clerk decides: who belongs to an organisation of Clerk's and which of its roles they have. Changed here, it would hold until
/// Clerk's next word about it.
pub async fn decided_here(connection: &mut PgConnection, workspace: WorkspaceId) -> Result<(), AppError> {
    if is_at_clerk(connection, workspace).await? { Err(refused("at_clerk")) } else { Ok(()) }
}

/// Whether the workspace is an organisation of Clerk's.
pub async fn is_at_clerk(connection: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<bool> {
    let there = sqlx::query_scalar!(r#"select clerk_organization_id is not null as "there!" from workspace where id = $1"#, workspace.0)
        .fetch_optional(connection)
        .await?;
    Ok(there.unwrap_or(false))
}

/// A role that is to be given: a built-in one or one of the workspace's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    pub role: Role,
    pub custom: Option<Uuid>,
    pub permissions: Permissions,
    /// For mails and the audit log: the key of a built-in role, or the own role's name.
    pub name: String,
}

/// The role that a form names (`admin`, `member`, the id of an own role). Nobody may give what he lacks, and ownership is not given but handed over.
pub async fn given(connection: &mut PgConnection, scope: &Scope, text: &str) -> Result<Given, AppError> {
    let given = match Role::parse(text) {
        Some(Role::Owner) => return Err(AppError::invalid("role", Rule::Malformed)),
        Some(role) => Given { role, custom: None, permissions: Permissions::of(role), name: role.as_str().into() },
        None => {
            let id: Uuid = text.parse().map_err(|_| AppError::invalid("role", Rule::Malformed))?;
            let row = sqlx::query!("select name, permissions from role where workspace_id = $1 and id = $2", scope.workspace.0, id)
                .fetch_optional(connection)
                .await?
                .ok_or(AppError::NotFound)?;
            let permissions = Permissions::from_keys(row.permissions.iter().map(String::as_str));
            Given { role: Role::Member, custom: Some(id), permissions, name: row.name }
        }
    };
    if !given.permissions.within(scope.permissions) {
        return Err(refused("more_than_own"));
    }
    Ok(given)
}

/// A name as people write it: trimmed, not empty, on one line, at most `longest` characters.
pub fn name(text: &str, field: &str, longest: u32) -> Result<String, AppError> {
    let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match name.chars().count() {
        0 => Err(AppError::invalid(field, Rule::Missing)),
        count if count > longest as usize => Err(AppError::invalid(field, Rule::TooLong(longest))),
        _ if name.chars().any(char::is_control) => Err(AppError::invalid(field, Rule::Malformed)),
        _ => Ok(name),
    }
}

/// An address as stored: lower case, one @, nothing that could leave a header.
pub fn email(text: &str) -> Result<String, AppError> {
    let email = text.trim().to_lowercase();
    let (user, host) = email.split_once('@').unwrap_or_default();
    let odd = |c: char| c.is_whitespace() || c.is_control() || "<>()[],;:\\\"@".contains(c);
    match email.is_empty() {
        true => Err(AppError::invalid("email", Rule::Missing)),
        _ if user.is_empty() || !host.contains('.') || host.starts_with('.') || host.ends_with('.') => {
            Err(AppError::invalid("email", Rule::Malformed))
        }
        _ if user.contains(odd) || host.contains(odd) || email.len() > 254 => Err(AppError::invalid("email", Rule::Malformed)),
        _ => Ok(email),
    }
}

/// One of Indonesia's zones.
pub fn zone(text: &str) -> Result<&'static str, AppError> {
    ZONES.iter().map(|(zone, _)| *zone).find(|zone| *zone == text).ok_or_else(|| AppError::invalid("time_zone", Rule::Malformed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_cleaned_or_refused() {
        assert_eq!(name("  Sekar \n Ayu ", "name", 100).unwrap(), "Sekar Ayu");
        assert!(name(" ", "name", 100).is_err() && name("abc", "name", 2).is_err() && name("a\u{7}", "name", 9).is_err());
        assert_eq!(email(" Sekar@Toko.Test ").unwrap(), "sekar@toko.test");
        for odd in ["", "a", "a@", "@b.id", "a@b", "a@b.", "a b@c.id", "a@b@c.id", "a@c.id\r\nBcc: x@y.z", "<a@c.id>", "a,b@c.id"] {
            assert!(email(odd).is_err(), "{odd:?}");
        }
        assert!(zone("Asia/Makassar").is_ok() && zone("Europe/Berlin").is_err());
    }
}
