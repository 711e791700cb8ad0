//! Who belongs to the workspace, with which role, and who no longer does.

use super::guard::{self, refused};
use crate::{
    auth::server::end_all_of,
    error::AppError,
    ids::{ConversationId, MessageId, PersonId},
    inbox::server::record::{self, Happened, NewEvent},
    server::{
        audit::{self, Entry},
        mail::{self, NewMail, Template},
        scope::Scope,
        state::App,
    },
    words::Locale,
    workspace::{Permission, Permissions, Role},
};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

/// Somebody who belongs to the workspace.
#[derive(Clone, Debug)]
pub struct Member {
    pub person: PersonId,
    pub name: String,
    pub email: String,
    pub role: Role,
    /// The workspace's own role that stands in for `role`.
    pub custom: Option<(Uuid, String)>,
    pub permissions: Permissions,
    pub locale: Option<Locale>,
    pub joined: DateTime<Utc>,
}

impl Member {
    /// The key of the built-in role, or the own role's name.
    fn role_name(&self) -> &str {
        self.custom.as_ref().map_or(self.role.as_str(), |(_, name)| name)
    }
}

/// Everybody, owners first.
pub async fn list(app: &App, scope: &Scope) -> Result<Vec<Member>, AppError> {
    let mut tx = app.db.snapshot(scope).await?;
    Ok(some(&mut tx, scope, None).await?)
}

async fn some(connection: &mut PgConnection, scope: &Scope, only: Option<PersonId>) -> sqlx::Result<Vec<Member>> {
    let rows = sqlx::query!(
        r#"
        select m.person_id, p.name, coalesce(p.email, '') as "email!", p.locale, m.role, m.custom_role_id, r.name as "custom_name?", r.permissions as "permissions?", m.created_at
        from membership m
        join person p on p.id = m.person_id
        left join role r on r.workspace_id = m.workspace_id and r.id = m.custom_role_id
        where m.workspace_id = $1 and ($2::uuid is null or m.person_id = $2)
        order by m.role <> 'owner', m.role <> 'admin', lower(p.name), m.person_id
        "#,
        scope.workspace.0,
        only.map(|person| person.0)
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let role = Role::parse(&row.role).unwrap_or(Role::Member);
            Member {
                person: PersonId(row.person_id),
                name: row.name,
                email: row.email,
                role,
                custom: row.custom_role_id.zip(row.custom_name),
                permissions: row
                    .permissions
                    .map_or_else(|| Permissions::of(role), |keys| Permissions::from_keys(keys.iter().map(String::as_str))),
                locale: row.locale.as_deref().and_then(Locale::parse),
                joined: row.created_at,
            }
        })
        .collect())
}

async fn one(connection: &mut PgConnection, scope: &Scope, person: PersonId) -> Result<Member, AppError> {
    some(connection, scope, Some(person)).await?.pop().ok_or(AppError::NotFound)
}

/// Whether Clerk decides who belongs to the scope's workspace.
pub async fn at_clerk(app: &App, scope: &Scope) -> Result<bool, AppError> {
    let mut tx = app.db.begin(scope).await?;
    Ok(guard::is_at_clerk(&mut tx, scope.workspace).await?)
}

/// Gives somebody another role (F16). The same role again changes nothing and sends nothing.
pub async fn change_role(app: &App, scope: &Scope, person: PersonId, role: &str, locale: Locale) -> Result<(), AppError> {
    let now = app.clock.now();
    let mut tx = guard::alone(app, scope, Permission::ChangeRole).await?;
    let member = one(&mut tx, scope, person).await?;
    if member.role == Role::Owner {
        return Err(refused("owner_role"));
    }
    if !member.permissions.within(scope.permissions) {
        return Err(refused("more_than_own"));
    }
    let given = guard::given(&mut tx, scope, role).await?;
    if (given.role, given.custom) == (member.role, member.custom.as_ref().map(|(id, _)| *id)) {
        return Ok(());
    }
    // An own role is a member's at Clerk, too.
    if (given.role, member.role) != (Role::Member, Role::Member) {
        guard::decided_here(&mut tx, scope.workspace).await?;
    }
    sqlx::query!(
        "update membership set role = $3, custom_role_id = $4 where workspace_id = $1 and person_id = $2",
        scope.workspace.0,
        person.0,
        given.role.as_str(),
        given.custom
    )
    .execute(&mut *tx)
    .await?;
    let names = about(&mut tx, scope).await?;
    let template = Template::RoleChanged { name: &member.name, workspace: &names.workspace, role: &given.name, by: &names.by };
    let mail = NewMail { workspace: Some(scope.workspace), to: &member.email, locale: member.locale.unwrap_or(locale), template };
    mail::put(&mut tx, now, mail).await?;
    let detail = json!({ "role": [member.role_name(), given.name] });
    audit::record(&mut tx, now, scope, Entry { action: "member.role_changed", target: Some(("person", person.0)), detail }).await?;
    tx.commit().await?;
    app.wake.jobs();
    Ok(())
}

/// Ends a membership, and with it all sessions and streams of that person (F17). What was assigned to them is nobody's then.
pub async fn remove(app: &App, scope: &Scope, person: PersonId, locale: Locale) -> Result<(), AppError> {
    let now = app.clock.now();
    let mut tx = guard::alone(app, scope, Permission::RemoveTeam).await?;
    let member = one(&mut tx, scope, person).await?;
    if member.role == Role::Owner {
        return Err(refused("owner_removed"));
    }
    if !member.permissions.within(scope.permissions) {
        return Err(refused("more_than_own"));
    }
    guard::decided_here(&mut tx, scope.workspace).await?;
    // In the order in which everybody locks them.
    sqlx::query!(
        "select id from conversation where workspace_id = $1 and assignee_id = $2 order by id for update",
        scope.workspace.0,
        person.0
    )
    .fetch_all(&mut *tx)
    .await?;
    let left = sqlx::query_scalar!(
        "update conversation set assignee_id = null, turn = turn + 1 where workspace_id = $1 and assignee_id = $2 returning id",
        scope.workspace.0,
        person.0
    )
    .fetch_all(&mut *tx)
    .await?;
    let tasks = sqlx::query!(
        r#"
        with left_to_nobody as (
            update task set assignee_id = null where workspace_id = $1 and assignee_id = $2 returning message_id, done_at
        )
        select m.conversation_id, m.id from left_to_nobody t join message m on m.workspace_id = $1 and m.id = t.message_id where t.done_at is null
        "#,
        scope.workspace.0,
        person.0
    )
    .fetch_all(&mut *tx)
    .await?;
    sqlx::query!("delete from membership where workspace_id = $1 and person_id = $2", scope.workspace.0, person.0)
        .execute(&mut *tx)
        .await?;
    let ended = end_all_of(&mut tx, person, None).await?;
    let names = about(&mut tx, scope).await?;
    let template = Template::Removed { name: &member.name, workspace: &names.workspace, by: &names.by };
    let mail = NewMail { workspace: Some(scope.workspace), to: &member.email, locale: member.locale.unwrap_or(locale), template };
    mail::put(&mut tx, now, mail).await?;
    let detail = json!({ "name": member.name, "role": member.role_name() });
    audit::record(&mut tx, now, scope, Entry { action: "member.removed", target: Some(("person", person.0)), detail }).await?;
    let changed = |id| NewEvent::new(scope.workspace, Happened::ConversationChanged, ConversationId(id)).was_assigned_to(Some(person.0));
    let mut events: Vec<NewEvent> = left.into_iter().map(changed).collect();
    let noted = |id, note| NewEvent::new(scope.workspace, Happened::MessageChanged, ConversationId(id)).message(MessageId(note));
    events.extend(tasks.into_iter().map(|task| noted(task.conversation_id, task.id)));
    record::record(&mut tx, now, &events).await?;
    tx.commit().await?;
    ended.announce(app);
    app.wake.workspaces([scope.workspace]);
    app.wake.jobs();
    Ok(())
}

/// Makes a member the owner, and the owner an admin. `confirmation` is the workspace's name, typed.
pub async fn hand_over(app: &App, scope: &Scope, person: PersonId, confirmation: &str, locale: Locale) -> Result<(), AppError> {
    let now = app.clock.now();
    let mut tx = guard::alone(app, scope, Permission::ChangeRole).await?;
    if scope.role != Role::Owner {
        return Err(AppError::Forbidden("workspace:owner".into()));
    }
    guard::decided_here(&mut tx, scope.workspace).await?;
    let names = about(&mut tx, scope).await?;
    if confirmation.trim() != names.workspace {
        return Err(refused("not_confirmed"));
    }
    let member = one(&mut tx, scope, person).await?;
    if member.role == Role::Owner {
        return Err(refused("owner_role"));
    }
    sqlx::query!(
        r#"
        update membership set role = case person_id when $2 then 'owner' else 'admin' end, custom_role_id = null
        where workspace_id = $1 and person_id in ($2, $3)
        "#,
        scope.workspace.0,
        person.0,
        scope.person.0
    )
    .execute(&mut *tx)
    .await?;
    let template = Template::OwnershipHanded { name: &member.name, workspace: &names.workspace, by: &names.by };
    let mail = NewMail { workspace: Some(scope.workspace), to: &member.email, locale: member.locale.unwrap_or(locale), template };
    mail::put(&mut tx, now, mail).await?;
    let detail = json!({ "to": member.name });
    audit::record(&mut tx, now, scope, Entry { action: "ownership.handed_over", target: Some(("person", person.0)), detail }).await?;
    tx.commit().await?;
    app.wake.jobs();
    Ok(())
}

/// Names for mails.
pub(super) struct About {
    pub workspace: String,
    pub by: String,
}

pub(super) async fn about(connection: &mut PgConnection, scope: &Scope) -> Result<About, AppError> {
    let row = sqlx::query!(
        "select w.name, p.name as by from workspace w join person p on p.id = $2 where w.id = $1",
        scope.workspace.0,
        scope.person.0
    )
    .fetch_optional(connection)
    .await?
    .ok_or(AppError::NotFound)?;
    Ok(About { workspace: row.name, by: row.by })
}
