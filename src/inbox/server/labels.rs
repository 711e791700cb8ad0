//! What can be said of contacts in a workspace: its stages (F101) and its tags (F103). Who arranges them is a permission; what is said of whom is in
//! [`labelling`](super::labelling).
//!
//! Whatever changes here is an event for the whole workspace, so that every open screen calls things by their names.

use super::{
    plain,
    record::{self, Happened, NewEvent},
};
use crate::{
    error::{AppError, Conflict, Rule},
    ids::WorkspaceId,
    inbox::labels::{Labels, MAX_LABEL, Stage, TEMPERATURES, Tag},
    server::{
        audit::{self, Entry},
        crypto::new_id,
        db::constraint,
        scope::Scope,
        state::App,
        whatsapp::mask::Mask,
    },
    workspace::Permission,
};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

/// Tags that a workspace may have: screens hold them all.
pub const MOST_TAGS: i64 = 200;
/// Stages that a workspace may have.
pub const MOST_STAGES: i64 = 20;
/// With fewer there is nothing to move between.
pub const FEWEST_STAGES: i64 = 2;
/// The stages with which a workspace begins, and what their dots say (as in migration 0035).
const FIRST_STAGES: [(&str, Option<&str>); 5] =
    [("Baru", None), ("Tertarik", Some("warm")), ("Panas", Some("hot")), ("Klien", Some("won")), ("Tidak jadi", Some("cold"))];

/// Stages or tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Stage,
    Tag,
}

impl Kind {
    /// As forms say it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stage => "stage",
            Self::Tag => "tag",
        }
    }

    /// The inverse of [`Self::as_str`].
    pub fn parse(text: &str) -> Result<Self, AppError> {
        [Self::Stage, Self::Tag].into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| AppError::invalid("kind", Rule::Malformed))
    }
}

/// A text without breaks and without more spaces than there must be.
pub(super) fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A name as it is kept: in one line.
///
/// # Errors
/// `Invalid` for one that is empty, longer than [`MAX_LABEL`], or has a phone number in it: everybody sees what a label is called.
pub fn clean(name: &str) -> Result<String, AppError> {
    let name = one_line(name);
    match name.chars().count() {
        0 => Err(AppError::invalid("name", Rule::Missing)),
        _ if Mask::default().hidden(&name, false).is_some() => Err(AppError::invalid("digits", Rule::Malformed)),
        1..=MAX_LABEL => Ok(name),
        _ => Err(AppError::invalid("name", Rule::TooLong(MAX_LABEL as u32))),
    }
}

/// All of the caller's workspace.
pub async fn list(connection: &mut PgConnection, scope: &Scope) -> sqlx::Result<Labels> {
    all(connection, scope.workspace).await
}

/// All of a workspace.
pub async fn all(connection: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<Labels> {
    let stages = sqlx::query!(
        r#"select id, name, coalesce(temperature, '') as "temperature!" from stage where workspace_id = $1 order by place, id limit $2"#,
        workspace.0,
        MOST_STAGES
    )
    .fetch_all(&mut *connection)
    .await?;
    let tags = sqlx::query!("select id, name from tag where workspace_id = $1 order by lower(name), id limit $2", workspace.0, MOST_TAGS)
        .fetch_all(&mut *connection)
        .await?;
    let fields = sqlx::query_scalar!(
        r#"select id as "id!" from contact_field where workspace_id = $1 union all select id from field_choice where workspace_id = $1 order by 1"#,
        workspace.0
    )
    .fetch_all(connection)
    .await?;
    Ok(Labels {
        fields: Some(fields),
        stages: stages.into_iter().map(|row| Stage { id: row.id, name: row.name, temperature: row.temperature }).collect(),
        tags: tags.into_iter().map(|row| Tag { id: row.id, name: row.name }).collect(),
    })
}

/// Gives a new workspace the stages with which it begins. `connection` is inside the transaction that makes it.
pub async fn begin(connection: &mut PgConnection, workspace: WorkspaceId, now: DateTime<Utc>) -> sqlx::Result<()> {
    for (place, (name, temperature)) in (1..).zip(FIRST_STAGES) {
        sqlx::query!(
            "insert into stage (workspace_id, id, name, temperature, place, created_at) values ($1, $2, $3, $4, $5, $6)",
            workspace.0,
            new_id(),
            name,
            temperature,
            place,
            now
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// How many contacts have each stage and each tag, by id; up to a bound, so that it costs the same however many there are.
pub async fn used(connection: &mut PgConnection, scope: &Scope) -> sqlx::Result<std::collections::HashMap<Uuid, i64>> {
    let rows = sqlx::query!(
        r#"
        select s.id as "id!", (
            select count(*) from (select from contact k where k.workspace_id = $1 and k.stage_id = s.id limit $2) used
        ) as "used!" from stage s where s.workspace_id = $1
        union all
        select t.id, (
            select count(*) from (select from contact_tag c where c.workspace_id = $1 and c.tag_id = t.id limit $2) used
        ) from tag t where t.workspace_id = $1
        "#,
        scope.workspace.0,
        crate::inbox::list_view::COUNTED
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.used)).collect())
}

/// What shall be saved.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub kind: Kind,
    /// The one that is changed; none for a new one.
    pub id: Option<Uuid>,
    pub name: String,
    /// Of a stage: one of [`TEMPERATURES`].
    pub temperature: String,
}

/// Makes a stage or a tag, or changes the one with this id.
///
/// # Errors
/// `Invalid` with the field; `NotFound` for an id that is not this workspace's; `Conflict` when another has the name or there are too many.
pub async fn save(app: &App, scope: &Scope, wanted: &Wanted) -> Result<Uuid, AppError> {
    scope.require(Permission::ManageLabels)?;
    let name = clean(&wanted.name)?;
    if !TEMPERATURES.contains(&wanted.temperature.as_str()) {
        return Err(AppError::invalid("temperature", Rule::Malformed));
    }
    let now = app.clock.now();
    let mut tx = app.db.begin(scope).await?;
    let id = match wanted.id {
        None => made(&mut tx, scope, wanted.kind, &name, &wanted.temperature, now).await?,
        Some(id) => {
            let (workspace, temperature) = (scope.workspace.0, Some(wanted.temperature.as_str()).filter(|said| !said.is_empty()));
            let changed = match wanted.kind {
                Kind::Stage => {
                    sqlx::query!(
                        "update stage set name = $3, temperature = $4 where workspace_id = $1 and id = $2",
                        workspace,
                        id,
                        name,
                        temperature
                    )
                    .execute(&mut *tx)
                    .await
                }
                Kind::Tag => {
                    sqlx::query!("update tag set name = $3 where workspace_id = $1 and id = $2", workspace, id, name)
                        .execute(&mut *tx)
                        .await
                }
            };
            if changed.map_err(taken)?.rows_affected() == 0 {
                return Err(AppError::NotFound);
            }
            let action = if wanted.kind == Kind::Stage { "stage.changed" } else { "tag.changed" };
            told(&mut tx, scope, action, (wanted.kind, id), &name, now).await?;
            id
        }
    };
    record::record(&mut tx, now, &[changed(scope)]).await?;
    tx.commit().await?;
    app.wake.workspaces([scope.workspace]);
    Ok(id)
}

/// The page of the settings with all that a refused form said.
pub fn refused_page(workspace: &str, kind: &str, id: Option<Uuid>, name: &str, temperature: &str) -> String {
    let id = id.map(|id| id.to_string()).unwrap_or_default();
    let said = [("kind", kind), ("id", id.as_str()), ("name", name), ("temperature", temperature)];
    format!("/{workspace}/settings/labels?{}", plain::query(&said))
}

/// Whoever makes something of this kind in a workspace does so alone, until the transaction ends. A lock that nothing else takes: rows are others' concern.
pub(super) async fn one_after_the_other(tx: &mut PgConnection, scope: &Scope) -> sqlx::Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('labels ' || $1::uuid::text, 0))", scope.workspace.0).execute(tx).await?;
    Ok(())
}

/// Makes one inside a transaction, whose events it leaves to the caller.
///
/// # Errors
/// `Conflict` when another has the name or there are too many.
pub(super) async fn made(
    tx: &mut PgConnection,
    scope: &Scope,
    kind: Kind,
    name: &str,
    temperature: &str,
    now: DateTime<Utc>,
) -> Result<Uuid, AppError> {
    let workspace = scope.workspace.0;
    // Two who make one at once are counted one after the other.
    one_after_the_other(tx, scope).await?;
    let (there, most, too_many) = match kind {
        Kind::Stage => {
            let there = sqlx::query_scalar!(r#"select count(*) as "there!" from stage where workspace_id = $1"#, workspace);
            (there.fetch_one(&mut *tx).await?, MOST_STAGES, "too_many_stages")
        }
        Kind::Tag => {
            let there = sqlx::query_scalar!(r#"select count(*) as "there!" from tag where workspace_id = $1"#, workspace);
            (there.fetch_one(&mut *tx).await?, MOST_TAGS, "too_many_tags")
        }
    };
    if there >= most {
        return Err(refused(too_many));
    }
    let id = new_id();
    let inserted = match kind {
        Kind::Stage => {
            sqlx::query!(
                r#"
                insert into stage (workspace_id, id, name, temperature, place, created_at)
                select $1, $2, $3, nullif($4, ''), coalesce(max(place), 0) + 1, $5 from stage where workspace_id = $1
                "#,
                workspace,
                id,
                name,
                temperature,
                now
            )
            .execute(&mut *tx)
            .await
        }
        Kind::Tag => {
            sqlx::query!("insert into tag (workspace_id, id, name, created_at) values ($1, $2, $3, $4)", workspace, id, name, now)
                .execute(&mut *tx)
                .await
        }
    };
    inserted.map_err(taken)?;
    let action = if kind == Kind::Stage { "stage.created" } else { "tag.created" };
    told(tx, scope, action, (kind, id), name, now).await?;
    Ok(id)
}

/// Deletes a stage or a tag, also from the contacts that have it.
///
/// # Errors
/// `NotFound`; `Conflict` for a stage when only two are left.
pub async fn delete(app: &App, scope: &Scope, kind: Kind, id: Uuid) -> Result<(), AppError> {
    scope.require(Permission::ManageLabels)?;
    let now = app.clock.now();
    let workspace = scope.workspace.0;
    let mut tx = app.db.begin(scope).await?;
    let (name, action) = match kind {
        Kind::Stage => {
            // Locked, so that two who delete one each at once do not leave one.
            let stages = sqlx::query_scalar!("select id from stage where workspace_id = $1 order by id for update", workspace)
                .fetch_all(&mut *tx)
                .await?;
            if stages.contains(&id) && stages.len() as i64 <= FEWEST_STAGES {
                return Err(refused("too_few_stages"));
            }
            let gone = sqlx::query_scalar!("delete from stage where workspace_id = $1 and id = $2 returning name", workspace, id);
            (gone.fetch_optional(&mut *tx).await?, "stage.deleted")
        }
        Kind::Tag => {
            let gone = sqlx::query_scalar!("delete from tag where workspace_id = $1 and id = $2 returning name", workspace, id);
            (gone.fetch_optional(&mut *tx).await?, "tag.deleted")
        }
    };
    let name = name.ok_or(AppError::NotFound)?;
    told(&mut tx, scope, action, (kind, id), &name, now).await?;
    record::record(&mut tx, now, &[changed(scope)]).await?;
    tx.commit().await?;
    app.wake.workspaces([scope.workspace]);
    Ok(())
}

/// Moves a stage one place towards the first (`up`) or the last. At the end it stays where it is.
pub async fn order(app: &App, scope: &Scope, id: Uuid, up: bool) -> Result<(), AppError> {
    scope.require(Permission::ManageLabels)?;
    let now = app.clock.now();
    let mut tx = app.db.begin(scope).await?;
    // Locked in the order in which deleting locks them; read as they are then.
    sqlx::query!("select id from stage where workspace_id = $1 order by id for update", scope.workspace.0).fetch_all(&mut *tx).await?;
    let mut stages = sqlx::query_scalar!("select id from stage where workspace_id = $1 order by place, id", scope.workspace.0)
        .fetch_all(&mut *tx)
        .await?;
    let at = stages.iter().position(|known| *known == id).ok_or(AppError::NotFound)?;
    let to = if up { at.saturating_sub(1) } else { (at + 1).min(stages.len() - 1) };
    if at == to {
        return Ok(());
    }
    stages.swap(at, to);
    sqlx::query!(
        r#"
        update stage s set place = o.place
        from unnest($2::uuid[]) with ordinality o(id, place)
        where s.workspace_id = $1 and s.id = o.id
        "#,
        scope.workspace.0,
        &stages
    )
    .execute(&mut *tx)
    .await?;
    let name = sqlx::query_scalar!("select name from stage where workspace_id = $1 and id = $2", scope.workspace.0, id)
        .fetch_one(&mut *tx)
        .await?;
    told(&mut tx, scope, "stage.changed", (Kind::Stage, id), &name, now).await?;
    record::record(&mut tx, now, &[changed(scope)]).await?;
    tx.commit().await?;
    app.wake.workspaces([scope.workspace]);
    Ok(())
}

/// The event that says that something is different here.
pub(super) fn changed(scope: &Scope) -> NewEvent {
    NewEvent::for_all(scope.workspace, Happened::LabelsChanged)
}

async fn told(
    tx: &mut PgConnection,
    scope: &Scope,
    action: &'static str,
    (kind, id): (Kind, Uuid),
    name: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    audit::record(tx, now, scope, Entry { action, target: Some((kind.as_str(), id)), detail: json!({ "name": name }) }).await
}

fn taken(error: sqlx::Error) -> AppError {
    match constraint(&error) {
        Some("stage_name") => refused("stage_taken"),
        Some("tag_name") => refused("tag_taken"),
        _ => error.into(),
    }
}

fn refused(key: &str) -> AppError {
    AppError::Conflict(Conflict::Refused(key.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_and_not_too_long() {
        assert_eq!(clean("  Beasiswa \n\u{0} S2 ").as_deref(), Ok("Beasiswa S2"));
        assert_eq!(clean(" \t "), Err(AppError::invalid("name", Rule::Missing)));
        for fine in ["Angkatan 2026/2027", "Rp 50.000.000", "2026-09-01"] {
            assert_eq!(clean(fine).as_deref(), Ok(fine));
        }
        for number in ["Bu Ayu 0812-3456-789", "0812/3456/7890", "+62 812 3456 7890"] {
            assert_eq!(clean(number), Err(AppError::invalid("digits", Rule::Malformed)), "{number}");
        }
        assert!(clean(&"é".repeat(MAX_LABEL)).is_ok() && clean(&"é".repeat(MAX_LABEL + 1)).is_err());
    }
}
