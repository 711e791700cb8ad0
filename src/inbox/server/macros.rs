//! Macros: what is often done together with a conversation, under a name (F198). A reply, a colleague, a priority and an end, all of it or nothing. Everybody of
//! the workspace who may do each of it uses them; who manages them is the permission of quick replies.

use super::{
    deeds::Deed,
    holding,
    outbound::{Leaving, Outbound},
    reading, record, replying, working,
};
use crate::{
    error::{AppError, Conflict, Rule},
    ids::{ConversationId, PersonId},
    inbox::{
        model::*,
        quick_replies::filled,
        working::{MAX_REASON, SnoozeUntil},
    },
    server::{
        audit::{self, Entry},
        crypto::new_id,
        db::constraint,
        limits,
        scope::Scope,
        state::App,
    },
    workspace::Permission,
};
use serde_json::json;
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// As many as a menu shows.
pub const MOST: i64 = 30;
/// Two who add one at the same time may make one more.
const LISTED: i64 = MOST + 10;
/// The longest name, in characters.
pub const MAX_NAME: usize = 50;

/// Who has the conversation afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assign {
    /// Whoever uses the macro.
    Me,
    Nobody,
    Person(PersonId),
}

/// What becomes of it at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Close,
    Snooze(SnoozeUntil),
}

/// A macro as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Macro {
    pub id: Uuid,
    pub name: String,
    /// The reply, with the variables of quick replies; may be empty.
    pub text: String,
    pub assign: Option<Assign>,
    pub high: Option<bool>,
    /// The stage that the contact is moved to, and a tag that they get.
    pub stage: Option<Uuid>,
    pub tag: Option<Uuid>,
    pub ending: Option<Ending>,
    /// Why it is closed.
    pub reason: String,
}

/// What a form says.
#[derive(Clone, Debug, Default)]
pub struct Written {
    pub name: String,
    pub text: String,
    /// Empty, `me`, `nobody` or somebody's id.
    pub assign: String,
    /// Empty, `high` or `normal`.
    pub priority: String,
    /// Empty, or an id.
    pub stage: String,
    pub tag: String,
    /// Empty, `close`, or a preset of snoozing.
    pub ending: String,
    pub reason: String,
}

impl Written {
    /// What the form of a macro shows.
    pub fn of(made: &Macro) -> Self {
        let assign = match made.assign {
            None => String::new(),
            Some(Assign::Person(person)) => person.to_string(),
            Some(other) => other.key().into(),
        };
        let priority = match made.high {
            None => "",
            Some(true) => "high",
            Some(false) => "normal",
        };
        let ending = made.ending.map_or("", Ending::as_str).into();
        let id = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
        Self {
            name: made.name.clone(),
            text: made.text.clone(),
            assign,
            priority: priority.into(),
            stage: id(made.stage),
            tag: id(made.tag),
            ending,
            reason: made.reason.clone(),
        }
    }

    /// As an address carries it back to the page, where it was refused; `id` of the macro that was to be changed.
    pub fn query(&self, id: Option<Uuid>) -> String {
        let short = |text: &str, most: usize| text.chars().take(most).collect::<String>();
        let id = id.map(|id| id.to_string()).unwrap_or_default();
        super::plain::query(&[
            ("id", &id),
            ("name", &short(&self.name, 2 * MAX_NAME)),
            ("text", &short(&self.text, MAX_QUICK_REPLY + 200)),
            ("assign", &short(&self.assign, 36)),
            ("priority", &short(&self.priority, 10)),
            ("stage", &short(&self.stage, 36)),
            ("tag", &short(&self.tag, 36)),
            ("ending", &short(&self.ending, 20)),
            ("reason", &short(&self.reason, 2 * MAX_REASON)),
        ])
    }

    /// What [`Self::query`] carried to the page being answered.
    pub fn read() -> Self {
        let said = |name: &str| super::plain::written(name).unwrap_or_default();
        Self {
            name: said("name"),
            text: said("text"),
            assign: said("assign"),
            priority: said("priority"),
            stage: said("stage"),
            tag: said("tag"),
            ending: said("ending"),
            reason: said("reason"),
        }
    }
}

impl Assign {
    fn parse(text: &str) -> Result<Option<Self>, AppError> {
        Ok(match text {
            "" => None,
            "me" => Some(Self::Me),
            "nobody" => Some(Self::Nobody),
            id => Some(Self::Person(id.parse().map_err(|_| AppError::invalid("assign", Rule::Malformed))?)),
        })
    }

    fn key(self) -> &'static str {
        match self {
            Self::Me => "me",
            Self::Nobody => "nobody",
            Self::Person(_) => "person",
        }
    }
}

impl Ending {
    fn parse(text: &str) -> Result<Option<Self>, AppError> {
        let preset = SnoozeUntil::PRESETS.into_iter().find(|preset| preset.as_str() == text);
        match (text, preset) {
            ("", _) => Ok(None),
            ("close", _) => Ok(Some(Self::Close)),
            (_, Some(preset)) => Ok(Some(Self::Snooze(preset))),
            _ => Err(AppError::invalid("ending", Rule::Malformed)),
        }
    }

    /// As it is stored and sent by forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Close => "close",
            Self::Snooze(until) => until.as_str(),
        }
    }
}

struct Row {
    id: Uuid,
    name: String,
    text: String,
    assign: Option<String>,
    assignee_id: Option<Uuid>,
    high: Option<bool>,
    stage_id: Option<Uuid>,
    tag_id: Option<Uuid>,
    ending: Option<String>,
    reason: String,
}

impl Row {
    fn read(self) -> Macro {
        let assign = match (self.assign.as_deref(), self.assignee_id) {
            (Some("me"), _) => Some(Assign::Me),
            (Some("nobody"), _) => Some(Assign::Nobody),
            (_, Some(person)) => Some(Assign::Person(PersonId(person))),
            _ => None,
        };
        let ending = self.ending.and_then(|ending| Ending::parse(&ending).ok().flatten());
        Macro {
            id: self.id,
            name: self.name,
            text: self.text,
            assign,
            high: self.high,
            stage: self.stage_id,
            tag: self.tag_id,
            ending,
            reason: self.reason,
        }
    }
}

/// All of the workspace, by name.
pub async fn list(connection: &mut PgConnection, scope: &Scope) -> sqlx::Result<Vec<Macro>> {
    let rows = sqlx::query_as!(
        Row,
        "select id, name, text, assign, assignee_id, high, stage_id, tag_id, ending, reason from macro where workspace_id = $1 order by lower(name) limit $2",
        scope.workspace.0,
        LISTED
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Row::read).collect())
}

/// Makes one, or changes the one with this id.
///
/// # Errors
/// `Invalid` with the field, and with `macro` where it would do nothing; `NotFound` for an id or a person that is not this workspace's; `Conflict` when another
/// has the name or there are too many.
pub async fn save(app: &App, scope: &Scope, id: Option<Uuid>, written: &Written) -> Result<(), AppError> {
    scope.require(Permission::ManageQuickReplies)?;
    let name = line("name", MAX_NAME, &written.name)?;
    if name.is_empty() {
        return Err(AppError::invalid("name", Rule::Missing));
    }
    let text = replying::trimmed(&written.text);
    if text.chars().count() > MAX_QUICK_REPLY {
        return Err(AppError::invalid("text", Rule::TooLong(MAX_QUICK_REPLY as u32)));
    }
    let (assign, ending) = (Assign::parse(written.assign.trim())?, Ending::parse(written.ending.trim())?);
    let high = match written.priority.trim() {
        "" => None,
        "high" => Some(true),
        "normal" => Some(false),
        _ => return Err(AppError::invalid("priority", Rule::Malformed)),
    };
    let reason = if ending == Some(Ending::Close) { line("reason", MAX_REASON, &written.reason)? } else { String::new() };
    let (stage, tag) = (label("stage", &written.stage)?, label("tag", &written.tag)?);
    if text.is_empty() && assign.is_none() && high.is_none() && stage.is_none() && tag.is_none() && ending.is_none() {
        return Err(AppError::invalid("macro", Rule::Missing));
    }
    let now = app.clock.now();
    let mut tx = app.db.begin(scope).await?;
    let person = match assign {
        Some(Assign::Person(person)) => {
            let known = sqlx::query_scalar!(
                r#"select exists (select from membership where workspace_id = $1 and person_id = $2) as "known!""#,
                scope.workspace.0,
                person.0
            )
            .fetch_one(&mut *tx)
            .await?;
            if !known {
                return Err(AppError::NotFound);
            }
            Some(person.0)
        }
        _ => None,
    };
    let (assign, ending) = (assign.map(Assign::key), ending.map(Ending::as_str));
    let saved = match id {
        None => {
            let count = sqlx::query_scalar!(r#"select count(*) as "count!" from macro where workspace_id = $1"#, scope.workspace.0)
                .fetch_one(&mut *tx)
                .await?;
            if count >= MOST {
                return Err(AppError::Conflict(Conflict::Refused("too_many_macros".into())));
            }
            let id = new_id();
            sqlx::query!(
                r#"
                insert into macro (workspace_id, id, name, text, assign, assignee_id, high, ending, reason, created_by, created_at, updated_at,
                    stage_id, tag_id)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12, $13)
                "#,
                scope.workspace.0,
                id,
                name,
                text,
                assign,
                person,
                high,
                ending,
                reason,
                scope.person.0,
                now,
                stage,
                tag
            )
            .execute(&mut *tx)
            .await
            .map(|_| ("macro.created", Some(id)))
        }
        Some(id) => sqlx::query!(
            r#"
            update macro set name = $3, text = $4, assign = $5, assignee_id = $6, high = $7, ending = $8, reason = $9, updated_at = $10,
                stage_id = $11, tag_id = $12
            where workspace_id = $1 and id = $2
            "#,
            scope.workspace.0,
            id,
            name,
            text,
            assign,
            person,
            high,
            ending,
            reason,
            now,
            stage,
            tag
        )
        .execute(&mut *tx)
        .await
        .map(|done| ("macro.changed", (done.rows_affected() > 0).then_some(id))),
    };
    let (action, id) = match saved {
        Err(error) if constraint(&error) == Some("macro_name") => {
            return Err(AppError::Conflict(Conflict::Refused("macro_taken".into())));
        }
        Err(error) if matches!(constraint(&error), Some("macro_workspace_id_stage_id_fkey" | "macro_workspace_id_tag_id_fkey")) => {
            return Err(AppError::NotFound);
        }
        saved => saved?,
    };
    let id = id.ok_or(AppError::NotFound)?;
    audit::record(&mut tx, now, scope, Entry { action, target: Some(("macro", id)), detail: json!({ "name": name }) }).await?;
    tx.commit().await?;
    Ok(())
}

/// Deletes one.
pub async fn delete(app: &App, scope: &Scope, id: Uuid) -> Result<(), AppError> {
    scope.require(Permission::ManageQuickReplies)?;
    let now = app.clock.now();
    let mut tx = app.db.begin(scope).await?;
    let name = sqlx::query_scalar!("delete from macro where workspace_id = $1 and id = $2 returning name", scope.workspace.0, id)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(AppError::NotFound)?;
    audit::record(&mut tx, now, scope, Entry { action: "macro.deleted", target: Some(("macro", id)), detail: json!({ "name": name }) })
        .await?;
    tx.commit().await?;
    Ok(())
}

/// The id of a stage or a tag, as a form says it.
fn label(field: &str, text: &str) -> Result<Option<Uuid>, AppError> {
    match text.trim() {
        "" => Ok(None),
        id => id.parse().map(Some).map_err(|_| AppError::invalid(field, Rule::Malformed)),
    }
}

fn line(field: &str, most: usize, text: &str) -> Result<String, AppError> {
    let text = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if text.chars().count() > most { Err(AppError::invalid(field, Rule::TooLong(most as u32))) } else { Ok(text) }
}

/// How somebody uses one.
#[derive(Clone, Copy, Debug)]
pub struct Use {
    pub id: Uuid,
    pub conversation: ConversationId,
    /// Names the reply, where there is one: however often it is asked for, all of it is done once. Without one all is as it was the second time.
    pub client_id: Uuid,
    /// The event up to which the caller had seen the thread.
    pub seen: i64,
    /// The reply leaves after a moment in which it can be taken back.
    pub undo: bool,
}

/// Does all that a macro says, in one transaction.
///
/// A reply can be taken back for a moment only where nothing else comes after it that would stay: else it leaves at once.
///
/// # Errors
/// `NotFound` for a macro or a conversation out of sight, and for an assignee who is not there any more; `Forbidden` where one of its parts is; those of a reply and
/// of each part. Nothing is done then.
pub async fn run(app: &App, scope: &Scope, what: Use) -> Result<ConversationView, AppError> {
    let Use { id, conversation, client_id, seen, undo } = what;
    let mut tx = app.db.snapshot(scope).await?;
    let view = reading::visible(&mut tx, scope, conversation).await?;
    let made = sqlx::query_as!(
        Row,
        "select id, name, text, assign, assignee_id, high, stage_id, tag_id, ending, reason from macro where workspace_id = $1 and id = $2",
        scope.workspace.0,
        id
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(AppError::NotFound)?
    .read();
    let me = sqlx::query_scalar!("select name from person where id = $1", scope.person.0).fetch_one(&mut *tx).await?;
    drop(tx);
    let text = match made.text.is_empty() {
        true => None,
        false => {
            scope.require(Permission::Reply)?;
            // Before anything is held: it asks on a connection of its own.
            limits::take(app, &limits::SEND, &scope.person.to_string()).await?;
            Some(replying::clean(&filled(&made.text, &view.name, &me))?)
        }
    };
    let mut tx = app.db.begin(scope).await?;
    let mut locked = holding::lock(&mut tx, scope.workspace, conversation).await?.ok_or(AppError::NotFound)?;
    if !working::sees(scope, locked.assignee) {
        return Err(AppError::NotFound);
    }
    // Under the lock: what came before is before, and what follows after.
    let now = app.clock.now();
    let reply =
        text.as_deref().map(|text| Outbound { client_id, kind: "text", text, detail: None, file: None, quoted: None, written_in: None });
    if let Some(reply) = &reply
        && reply.repeated(&mut tx, scope, conversation).await?.is_some()
    {
        return Ok(view);
    }
    let deeds = deeds(&mut tx, scope, &made, now).await?;
    if reply.is_none() && deeds.is_empty() {
        // All that it said is not there any more.
        return Err(AppError::NotFound);
    }
    for deed in &deeds {
        deed.allowed(scope)?;
    }
    let mut events = Vec::new();
    if let Some(reply) = reply {
        replying::open_for_text(&locked, now)?;
        replying::nothing_unseen(&mut tx, scope, conversation, seen).await?;
        let undone_alone = made.ending.is_none() && made.assign.is_none();
        let delay = if undo && undone_alone { Duration::from_millis(UNDO.unsigned_abs()) } else { Duration::ZERO };
        events.extend(reply.put(&mut tx, scope, &locked, Leaving::In(delay), now).await?.events);
    }
    for deed in deeds {
        // As what came before left it.
        locked = holding::lock(&mut tx, scope.workspace, conversation).await?.ok_or(AppError::NotFound)?;
        events.extend(deed.done(&mut tx, scope, &locked, Some(seen), now).await?);
    }
    record::record(&mut tx, now, &events).await?;
    let after = match reading::visible(&mut tx, scope, locked.id).await {
        // It is out of sight by now: it is answered as it was.
        Err(AppError::NotFound) => view,
        after => after?,
    };
    tx.commit().await?;
    app.wake.workspaces([scope.workspace]);
    app.wake.jobs();
    Ok(after)
}

async fn deeds(tx: &mut PgConnection, scope: &Scope, made: &Macro, now: chrono::DateTime<chrono::Utc>) -> Result<Vec<Deed>, AppError> {
    let mut deeds = Vec::new();
    deeds.extend(made.high.map(Deed::Prioritise));
    deeds.extend(made.stage.map(|stage| Deed::Stage(Some(stage))));
    deeds.extend(made.tag.map(Deed::Tag));
    deeds.extend(made.assign.map(|assign| {
        Deed::Assign(match assign {
            Assign::Me => Some(scope.person),
            Assign::Nobody => None,
            Assign::Person(person) => Some(person),
        })
    }));
    match made.ending {
        None => {}
        Some(Ending::Close) => deeds.push(Deed::close(&made.reason)?),
        Some(Ending::Snooze(until)) => {
            let at = match working::instant(tx, scope, until, "", now).await {
                // Late in the day "later today" is tomorrow.
                Err(AppError::Invalid { .. }) if until == SnoozeUntil::LaterToday => {
                    working::instant(tx, scope, SnoozeUntil::Tomorrow, "", now).await?
                }
                at => at?,
            };
            deeds.push(Deed::Snooze(at));
        }
    }
    Ok(deeds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_forms_say_is_read() {
        let person = PersonId(Uuid::from_u128(7));
        assert_eq!(Assign::parse(""), Ok(None));
        assert_eq!(Assign::parse(&person.to_string()), Ok(Some(Assign::Person(person))));
        assert_eq!(Assign::parse("somebody"), Err(AppError::invalid("assign", Rule::Malformed)));
        assert_eq!(Ending::parse("tomorrow"), Ok(Some(Ending::Snooze(SnoozeUntil::Tomorrow))));
        // A macro knows no hour of its own.
        assert_eq!(Ending::parse("own"), Err(AppError::invalid("ending", Rule::Malformed)));
        for ending in [Ending::Close, Ending::Snooze(SnoozeUntil::Monday)] {
            assert_eq!(Ending::parse(ending.as_str()), Ok(Some(ending)));
        }
    }
}
