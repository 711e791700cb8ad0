//! The workspace's own roles and its teams (F238).

use super::guard::{self, refused};
use crate::{
    error::{AppError, Rule},
    server::{
        audit::{self, Entry},
        crypto::new_id,
        db::constraint,
        scope::Scope,
        state::App,
    },
    workspace::{Permission, Permissions},
};
use serde_json::json;
use uuid::Uuid;

/// A role made of single permissions.
#[derive(Clone, Debug)]
pub struct OwnRole {
    pub id: Uuid,
    pub name: String,
    pub permissions: Permissions,
    /// How many have it.
    pub members: i64,
}

/// People who see each other's conversations, where their role says so.
#[derive(Clone, Debug)]
pub struct Team {
    pub id: Uuid,
    pub name: String,
    pub people: Vec<Uuid>,
}

/// The roles, by name.
pub async fn list(app: &App, scope: &Scope) -> Result<Vec<OwnRole>, AppError> {
    let mut tx = app.db.snapshot(scope).await?;
    let rows = sqlx::query!(
        r#"
        select r.id, r.name, r.permissions,
            (select count(*) from membership m where m.workspace_id = r.workspace_id and m.custom_role_id = r.id) as "members!"
        from role r where r.workspace_id = $1 order by lower(r.name)
        "#,
        scope.workspace.0
    )
    .fetch_all(&mut *tx)
    .await?;
    let role = |keys: &[String]| Permissions::from_keys(keys.iter().map(String::as_str));
    Ok(rows
        .into_iter()
        .map(|row| OwnRole { id: row.id, name: row.name, permissions: role(&row.permissions), members: row.members })
        .collect())
}

/// Makes a role, or changes one. Nobody may put into a role, or take out of it, what he lacks.
pub async fn save(app: &App, scope: &Scope, id: Option<Uuid>, name: &str, keys: &[String]) -> Result<(), AppError> {
    scope.require(Permission::ManageRoles)?;
    let name = guard::name(name, "name", 50)?;
    let mut permissions = Permissions::NONE;
    for key in keys {
        permissions = permissions.with(Permission::parse(key).ok_or_else(|| AppError::invalid("permissions", Rule::Malformed))?);
    }
    let stored: Vec<String> = permissions.iter().map(|permission| permission.key().to_owned()).collect();
    let now = app.clock.now();
    let mut tx = guard::alone(app, scope, Permission::ManageRoles).await?;
    if !permissions.within(scope.permissions) {
        return Err(refused("more_than_own"));
    }
    let (id, action, before) = match id {
        None => (new_id(), "role.created", None),
        Some(id) => {
            let row = sqlx::query!("select name, permissions from role where workspace_id = $1 and id = $2", scope.workspace.0, id)
                .fetch_optional(&mut *tx)
                .await?
                .ok_or(AppError::NotFound)?;
            if !Permissions::from_keys(row.permissions.iter().map(String::as_str)).within(scope.permissions) {
                return Err(refused("more_than_own"));
            }
            (id, "role.changed", Some((row.name, row.permissions)))
        }
    };
    let saved = sqlx::query!(
        r#"
        insert into role (workspace_id, id, name, permissions, created_at) values ($1, $2, $3, $4, $5)
        on conflict (workspace_id, id) do update set name = excluded.name, permissions = excluded.permissions
        "#,
        scope.workspace.0,
        id,
        name,
        &stored,
        now
    )
    .execute(&mut *tx)
    .await;
    name_free(saved, "role_name")?;
    let detail = match before {
        None => json!({ "name": name, "permissions": stored }),
        Some((old_name, old)) => json!({ "name": [old_name, name], "permissions": [old, stored] }),
    };
    audit::record(&mut tx, now, scope, Entry { action, target: Some(("role", id)), detail }).await?;
    tx.commit().await?;
    Ok(())
}

/// Deletes a role that nobody has and no open invitation promises.
pub async fn delete(app: &App, scope: &Scope, id: Uuid) -> Result<(), AppError> {
    let now = app.clock.now();
    let mut tx = guard::alone(app, scope, Permission::ManageRoles).await?;
    let used = sqlx::query_scalar!(
        r#"
        select exists (select from membership where workspace_id = $1 and custom_role_id = $2)
            or exists (select from invitation where workspace_id = $1 and custom_role_id = $2 and state = 'pending' and expires_at > $3) as "used!"
        "#,
        scope.workspace.0,
        id,
        now
    )
    .fetch_one(&mut *tx)
    .await?;
    if used {
        return Err(refused("role_in_use"));
    }
    let name = sqlx::query_scalar!("delete from role where workspace_id = $1 and id = $2 returning name", scope.workspace.0, id)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(AppError::NotFound)?;
    let entry = Entry { action: "role.deleted", target: Some(("role", id)), detail: json!({ "name": name }) };
    audit::record(&mut tx, now, scope, entry).await?;
    tx.commit().await?;
    Ok(())
}

/// The teams, by name.
pub async fn teams(app: &App, scope: &Scope) -> Result<Vec<Team>, AppError> {
    let mut tx = app.db.snapshot(scope).await?;
    let rows = sqlx::query!(
        r#"
        select t.id, t.name, array_remove(array_agg(m.person_id), null) as "people!"
        from team t left join team_member m on m.workspace_id = t.workspace_id and m.team_id = t.id
        where t.workspace_id = $1 group by t.workspace_id, t.id order by lower(t.name)
        "#,
        scope.workspace.0
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(rows.into_iter().map(|row| Team { id: row.id, name: row.name, people: row.people }).collect())
}

/// Makes a team, or changes its name and people. Being in a team can show conversations, so only who sees all of them may decide it.
pub async fn save_team(app: &App, scope: &Scope, id: Option<Uuid>, name: &str, people: &[Uuid]) -> Result<(), AppError> {
    scope.require(Permission::ViewAll)?;
    scope.require(Permission::ChangeRole)?;
    let name = guard::name(name, "name", 50)?;
    let now = app.clock.now();
    let mut tx = guard::alone(app, scope, Permission::ChangeRole).await?;
    let (id, action) = match id {
        None => (new_id(), "team.created"),
        Some(id) => {
            sqlx::query!(r#"select 1 as "one!" from team where workspace_id = $1 and id = $2"#, scope.workspace.0, id)
                .fetch_optional(&mut *tx)
                .await?
                .ok_or(AppError::NotFound)?;
            (id, "team.changed")
        }
    };
    let saved = sqlx::query!(
        r#"
        insert into team (workspace_id, id, name, created_at) values ($1, $2, $3, $4)
        on conflict (workspace_id, id) do update set name = excluded.name
        "#,
        scope.workspace.0,
        id,
        name,
        now
    )
    .execute(&mut *tx)
    .await;
    name_free(saved, "team_name")?;
    sqlx::query!(
        "delete from team_member where workspace_id = $1 and team_id = $2 and person_id <> all($3)",
        scope.workspace.0,
        id,
        people
    )
    .execute(&mut *tx)
    .await?;
    // Who does not belong to the workspace is passed over: the list may be a moment old.
    sqlx::query!(
        r#"
        insert into team_member (workspace_id, team_id, person_id)
        select workspace_id, $2, person_id from membership where workspace_id = $1 and person_id = any($3)
        on conflict do nothing
        "#,
        scope.workspace.0,
        id,
        people
    )
    .execute(&mut *tx)
    .await?;
    // The trail names those the team has now, not the ids that were sent: they may be anybody's.
    let people = sqlx::query_scalar!(
        "select person_id from team_member where workspace_id = $1 and team_id = $2 order by person_id",
        scope.workspace.0,
        id
    )
    .fetch_all(&mut *tx)
    .await?;
    let entry = Entry { action, target: Some(("team", id)), detail: json!({ "name": name, "people": people }) };
    audit::record(&mut tx, now, scope, entry).await?;
    tx.commit().await?;
    Ok(())
}

/// Dissolves a team; its people stay.
pub async fn delete_team(app: &App, scope: &Scope, id: Uuid) -> Result<(), AppError> {
    scope.require(Permission::ViewAll)?;
    let now = app.clock.now();
    let mut tx = guard::alone(app, scope, Permission::ChangeRole).await?;
    let name = sqlx::query_scalar!("delete from team where workspace_id = $1 and id = $2 returning name", scope.workspace.0, id)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(AppError::NotFound)?;
    let entry = Entry { action: "team.deleted", target: Some(("team", id)), detail: json!({ "name": name }) };
    audit::record(&mut tx, now, scope, entry).await?;
    tx.commit().await?;
    Ok(())
}

fn name_free(saved: sqlx::Result<sqlx::postgres::PgQueryResult>, index: &str) -> Result<(), AppError> {
    match saved {
        Err(error) if constraint(&error) == Some(index) => Err(refused("name_taken")),
        saved => Ok(saved.map(|_| ())?),
    }
}
