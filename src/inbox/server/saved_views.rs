//! Views of the list that have a name (F193): everybody's own, and those that the workspace shares.

use super::{
    contact_fields::{self, Field},
    labels,
    views_order::{self, Order, Part},
    views_walk,
};
use crate::{
    error::{AppError, Conflict, Rule},
    inbox::{
        filter::Filter,
        list_view::{COUNTED, ListView, SavedView, Which},
    },
    server::{
        audit::{self, Entry},
        crypto::new_id,
        db::constraint,
        scope::Scope,
        state::App,
    },
    words::Locale,
    workspace::Permission,
};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

/// Views that one person may have, and as many that a workspace may share.
pub const MOST: i64 = 50;
/// Longest name, in characters.
pub const MAX_NAME: usize = 60;
/// Who arranges what everybody's list looks like: whoever gives work to others.
pub const SHARING: Permission = Permission::Assign;

/// What shall be saved.
pub struct Wanted {
    /// The one that is changed; none for a new one.
    pub id: Option<Uuid>,
    pub name: String,
    pub view: ListView,
    pub shared: bool,
}

/// The caller's views and those that are shared, by name.
pub async fn list(connection: &mut PgConnection, scope: &Scope) -> sqlx::Result<Vec<SavedView>> {
    let rows = sqlx::query!(
        r#"
        select id, name, view, owner_id is null as "shared!" from saved_view
        where workspace_id = $1 and (owner_id = $2 or owner_id is null)
        order by lower(name), id limit $3
        "#,
        scope.workspace.0,
        scope.person.0,
        2 * MOST
    )
    .fetch_all(connection)
    .await?;
    let view = |row: &str| ListView::parse(row).to_string();
    Ok(rows.into_iter().map(|row| SavedView { id: row.id, view: view(&row.view), name: row.name, shared: row.shared, unread: 0 }).collect())
}

/// As [`list`], with how many conversations with something unread each has. Those are few: each is asked by the rule of the list itself.
pub(super) async fn counted(connection: &mut PgConnection, scope: &Scope, now: DateTime<Utc>) -> sqlx::Result<Vec<SavedView>> {
    let mut saved = list(connection, scope).await?;
    if saved.is_empty() {
        return Ok(saved);
    }
    let unread = ListView { which: Which::All, unread_only: true, ..ListView::default() };
    let part = Part { order: Order::Newest, after: unread.beginning(), limit: COUNTED, now };
    let ids = views_order::ids(connection, scope, &unread, &part).await?;
    let any = |asks: fn(&Filter) -> bool| saved.iter().any(|saved| asks(&ListView::parse(&saved.view).filter));
    let (labels, days) = (any(Filter::asks_labels), any(Filter::asks_days));
    let fields = saved.iter().flat_map(|saved| ListView::parse(&saved.view).filter.own_fields().collect::<Vec<_>>()).collect();
    // Nobody who is blocked has something unread.
    let asks = views_walk::Asks { labels, fields, blocked: false };
    let facts = views_walk::facts(connection, scope, &ids, asks).await?;
    let by = views_walk::asker(connection, scope, days, now).await?;
    for saved in &mut saved {
        let view = ListView::parse(&saved.view);
        let there = facts.values().filter(|facts| view.lets(facts, by)).count();
        saved.unread = i64::try_from(there).unwrap_or(COUNTED);
    }
    Ok(saved)
}

/// What that which filters may name is called, by id.
pub struct Names {
    pub people: Vec<(String, String)>,
    pub numbers: Vec<(String, String)>,
    pub stages: Vec<(String, String)>,
    pub tags: Vec<(String, String)>,
    /// The workspace's own fields.
    pub fields: Vec<Field>,
}

impl Names {
    /// What this id is called.
    pub fn of(&self, id: &str) -> Option<String> {
        let mut all = self.people.iter().chain(&self.numbers).chain(&self.stages).chain(&self.tags);
        let own = || {
            let id: Uuid = id.parse().ok()?;
            let choices = || self.fields.iter().flat_map(|field| &field.choices);
            let field = self.fields.iter().find(|field| field.id == id).map(|field| field.name.clone());
            field.or_else(|| choices().find(|(choice, _)| *choice == id).map(|(_, name)| name.clone()))
        };
        all.find(|(known, _)| known == id).map(|(_, name)| name.clone()).or_else(own)
    }
}

/// The members, numbers, stages and tags of the workspace.
pub async fn names(connection: &mut PgConnection, scope: &Scope) -> sqlx::Result<Names> {
    let people = sqlx::query!(
        "select p.id, p.name from membership m join person p on p.id = m.person_id where m.workspace_id = $1 order by lower(p.name), p.id",
        scope.workspace.0
    )
    .fetch_all(&mut *connection)
    .await?;
    let numbers = sqlx::query!(
        r#"select id, coalesce(name, phone_number_id) as "name!" from whatsapp_number where workspace_id = $1 order by 2, id"#,
        scope.workspace.0
    )
    .fetch_all(&mut *connection)
    .await?;
    let labels = labels::list(&mut *connection, scope).await?;
    let fields = contact_fields::list(connection, scope.workspace).await?;
    Ok(Names {
        people: people.into_iter().map(|row| (row.id.to_string(), row.name)).collect(),
        numbers: numbers.into_iter().map(|row| (row.id.to_string(), row.name)).collect(),
        stages: labels.stages.into_iter().map(|stage| (stage.id.to_string(), stage.name)).collect(),
        tags: labels.tags.into_iter().map(|tag| (tag.id.to_string(), tag.name)).collect(),
        fields,
    })
}

/// A filter as it is said above the list; none where there is none.
pub(super) async fn in_words(
    connection: &mut PgConnection,
    scope: &Scope,
    filter: &Filter,
    locale: Locale,
) -> sqlx::Result<Option<String>> {
    if filter.is_empty() {
        return Ok(None);
    }
    let names = names(connection, scope).await?;
    Ok(Some(locale.views().filter(filter, |id| names.of(id))))
}

/// Saves a view.
///
/// # Errors
/// `Invalid` for a name that is none; `Forbidden` where it is, or shall be, everybody's and the caller may not arrange those; `NotFound` for an id that is
/// neither the caller's nor shared; `Conflict` when another has the name or there are too many.
pub async fn save(app: &App, scope: &Scope, wanted: Wanted) -> Result<Uuid, AppError> {
    if wanted.shared {
        scope.require(SHARING)?;
    }
    let name = wanted.name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return Err(AppError::invalid("name", Rule::Missing));
    }
    if name.chars().count() > MAX_NAME {
        return Err(AppError::invalid("name", Rule::TooLong(MAX_NAME as u32)));
    }
    if name.chars().any(char::is_control) {
        return Err(AppError::invalid("name", Rule::Malformed));
    }
    let now = app.clock.now();
    let mut tx = app.db.begin(scope).await?;
    let was_shared = match wanted.id {
        Some(id) => Some(is_shared(&mut tx, scope, id).await?),
        None => None,
    };
    if was_shared == Some(true) {
        scope.require(SHARING)?;
    }
    let owner = (!wanted.shared).then_some(scope.person.0);
    if was_shared != Some(wanted.shared) {
        let there = sqlx::query_scalar!(
            r#"select count(*) as "there!" from saved_view where workspace_id = $1 and owner_id is not distinct from $2"#,
            scope.workspace.0,
            owner
        )
        .fetch_one(&mut *tx)
        .await?;
        if there >= MOST {
            return Err(refused("too_many_views"));
        }
    }
    let id = wanted.id.unwrap_or_else(new_id);
    let saved = sqlx::query!(
        r#"
        insert into saved_view (workspace_id, id, owner_id, name, view, created_by, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $7)
        on conflict (workspace_id, id) do update set owner_id = $3, name = $4, view = $5, updated_at = $7
        "#,
        scope.workspace.0,
        id,
        owner,
        name,
        wanted.view.to_string(),
        scope.person.0,
        now
    )
    .execute(&mut *tx)
    .await;
    match saved {
        Err(error) if constraint(&error) == Some("saved_view_name") => return Err(refused("view_name_taken")),
        saved => saved?,
    };
    if wanted.shared || was_shared == Some(true) {
        let action = if was_shared == Some(true) { "view.changed" } else { "view.created" };
        audit::record(&mut tx, now, scope, Entry { action, target: Some(("view", id)), detail: json!({ "name": name }) }).await?;
    }
    tx.commit().await?;
    Ok(id)
}

/// Deletes a view. Answers what it was.
///
/// # Errors
/// As [`save`].
pub async fn delete(app: &App, scope: &Scope, id: Uuid) -> Result<SavedView, AppError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(scope).await?;
    let shared = is_shared(&mut tx, scope, id).await?;
    if shared {
        scope.require(SHARING)?;
    }
    let gone = sqlx::query!("delete from saved_view where workspace_id = $1 and id = $2 returning name, view", scope.workspace.0, id)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(AppError::NotFound)?;
    if shared {
        let entry = Entry { action: "view.deleted", target: Some(("view", id)), detail: json!({ "name": gone.name }) };
        audit::record(&mut tx, now, scope, entry).await?;
    }
    tx.commit().await?;
    Ok(SavedView { id, name: gone.name, view: gone.view, shared, unread: 0 })
}

/// Whether a view that the caller knows is everybody's. Nobody else changes it meanwhile.
async fn is_shared(connection: &mut PgConnection, scope: &Scope, id: Uuid) -> Result<bool, AppError> {
    let owner =
        sqlx::query_scalar!("select owner_id from saved_view where workspace_id = $1 and id = $2 for update", scope.workspace.0, id)
            .fetch_optional(connection)
            .await?
            .ok_or(AppError::NotFound)?;
    match owner {
        Some(owner) if owner != scope.person.0 => Err(AppError::NotFound),
        owner => Ok(owner.is_none()),
    }
}

fn refused(key: &str) -> AppError {
    AppError::Conflict(Conflict::Refused(key.into()))
}
