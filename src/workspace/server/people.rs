//! Who belongs where, and with which rights.

use crate::{
    error::AppError,
    ids::{PersonId, WorkspaceId},
    server::state::App,
    workspace::{Permission, Permissions, Role},
};
use sqlx::PgPool;
use std::sync::Arc;
use uuid::Uuid;

/// A workspace that somebody belongs to.
#[derive(Clone, Debug)]
pub struct Membership {
    pub workspace: WorkspaceId,
    pub slug: String,
    pub name: String,
    pub role: Role,
    /// The name of the workspace's own role that stands in for `role`.
    pub custom_role: Option<String>,
    /// What may really be done: by the own role where there is one, else by `role`.
    pub permissions: Permissions,
    /// Whose conversations are seen; none: everybody's.
    pub sees: Option<Arc<[Uuid]>>,
    /// Nobody works in it for now.
    pub suspended: bool,
    /// Stands for all of this in comparisons.
    pub rights: String,
}

/// The workspaces of a person, by name; the suspended ones too.
pub async fn memberships(app: &App, person: PersonId) -> Result<Vec<Membership>, AppError> {
    Ok(memberships_of(&app.db.app, person).await?)
}

async fn memberships_of(pool: &PgPool, person: PersonId) -> sqlx::Result<Vec<Membership>> {
    let rows = sqlx::query!(
        r#"
        select workspace_id as "id!", slug as "slug!", name as "name!", role as "role!", custom_role, permissions, teammates, status as "status!",
            rights as "rights!"
        from workspaces_of($1)
        "#,
        person.0
    )
    .fetch_all(pool)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let role = Role::parse(&row.role)?;
            let permissions = match &row.permissions {
                Some(keys) => Permissions::from_keys(keys.iter().map(String::as_str)),
                None => Permissions::of(role),
            };
            Some(Membership {
                workspace: WorkspaceId(row.id),
                slug: row.slug,
                name: row.name,
                role,
                custom_role: row.custom_role,
                sees: seen(person, permissions, row.teammates.unwrap_or_default()),
                permissions,
                suspended: row.status == "suspended",
                rights: row.rights,
            })
        })
        .collect())
}

/// Whose conversations somebody sees.
fn seen(person: PersonId, permissions: Permissions, teammates: Vec<Uuid>) -> Option<Arc<[Uuid]>> {
    if permissions.has(Permission::ViewAll) {
        return None;
    }
    let mut people = if permissions.has(Permission::ViewTeam) { teammates } else { Vec::new() };
    if !people.contains(&person.0) {
        people.push(person.0);
    }
    Some(people.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sees_everybodys_or_ones_teams_or_ones_own() {
        let (me, mate) = (PersonId(Uuid::from_u128(1)), Uuid::from_u128(2));
        let see = |permissions: &[Permission], mates: &[Uuid]| seen(me, permissions.iter().copied().collect(), mates.to_vec());
        assert_eq!(see(&[Permission::ViewAll], &[me.0, mate]), None);
        assert_eq!(see(&[Permission::ViewAll, Permission::ViewTeam], &[mate]), None);
        assert_eq!(see(&[Permission::ViewTeam], &[me.0, mate]).as_deref(), Some(&[me.0, mate][..]));
        assert_eq!(see(&[Permission::ViewTeam], &[]).as_deref(), Some(&[me.0][..]), "without a team one's own");
        assert_eq!(see(&[Permission::Reply], &[me.0, mate]).as_deref(), Some(&[me.0][..]), "a team alone gives no sight");
    }
}
