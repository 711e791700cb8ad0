//! Fields of its own that a workspace keeps of contacts (F216): which there are, and what stands in them. Who arranges them is a permission; whoever answers
//! customers fills them in.

use super::{
    labels, masking, numbers, plain,
    record::{self, Happened, NewEvent},
    unsent, working,
};
use crate::{
    error::{AppError, Conflict, Rule},
    ids::{ConversationId, WorkspaceId},
    inbox::{labels::MAX_LABEL, model::FieldView},
    server::{
        audit::{self, Entry},
        crypto::new_id,
        db::constraint,
        scope::Scope,
        state::App,
        whatsapp::mask::{HIDDEN, Mask},
    },
    words::{Locale, Words},
    workspace::Permission,
};
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgConnection;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// Fields that a workspace may have: a contact's pane shows them all.
pub const MOST: i64 = 30;
/// Choices of one field.
pub const MOST_CHOICES: usize = 50;
/// Longest text in a field, in characters.
pub const MAX_VALUE: usize = 500;
/// Longest given name of a contact, in characters.
pub const MAX_NAME: usize = 100;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    Date,
    Choice,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Text, Self::Number, Self::Date, Self::Choice];

    /// As stored and as forms say it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Date => "date",
            Self::Choice => "choice",
        }
    }

    /// The inverse of [`Self::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub id: Uuid,
    pub name: String,
    pub kind: Kind,
    /// What can be chosen, in its order; only of a choice.
    pub choices: Vec<(Uuid, String)>,
}

/// What stands in a field: a text in the form of its kind, or what was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Text(String),
    Choice(Uuid),
}

/// The fields of a workspace, in their order.
pub async fn list(connection: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<Vec<Field>> {
    let fields = sqlx::query!("select id, name, kind from contact_field where workspace_id = $1 order by place, id", workspace.0)
        .fetch_all(&mut *connection)
        .await?;
    if fields.is_empty() {
        return Ok(Vec::new());
    }
    let choices = sqlx::query!("select id, field_id, name from field_choice where workspace_id = $1 order by place, id", workspace.0)
        .fetch_all(connection)
        .await?;
    let of =
        |field: Uuid| choices.iter().filter(|choice| choice.field_id == field).map(|choice| (choice.id, choice.name.clone())).collect();
    let field = |row: &(Uuid, String, String)| Field {
        id: row.0,
        name: row.1.clone(),
        kind: Kind::parse(&row.2).unwrap_or(Kind::Text),
        choices: of(row.0),
    };
    Ok(fields.into_iter().map(|row| field(&(row.id, row.name, row.kind))).collect())
}

/// What stands in a contact's fields.
pub async fn values(connection: &mut PgConnection, workspace: WorkspaceId, contact: Uuid) -> sqlx::Result<HashMap<Uuid, Value>> {
    let rows = sqlx::query!(
        "select field_id, value, choice_id from contact_value where workspace_id = $1 and contact_id = $2",
        workspace.0,
        contact
    )
    .fetch_all(connection)
    .await?;
    let value = |value: Option<String>, choice: Option<Uuid>| match choice {
        Some(choice) => Some(Value::Choice(choice)),
        None => value.map(Value::Text),
    };
    Ok(rows.into_iter().filter_map(|row| Some((row.field_id, value(row.value, row.choice_id)?))).collect())
}

/// A contact's fields as their pane shows them: those in which something stands.
pub async fn shown(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    contact: Uuid,
    words: &'static Words,
) -> sqlx::Result<Vec<FieldView>> {
    let values = values(connection, workspace, contact).await?;
    if values.is_empty() {
        return Ok(Vec::new());
    }
    let fields = list(connection, workspace).await?;
    let view = |field: Field| {
        let text = match values.get(&field.id)? {
            Value::Choice(chosen) => field.choices.iter().find(|(id, _)| id == chosen)?.1.clone(),
            Value::Text(text) => in_words(field.kind, text, words),
        };
        Some(FieldView { name: field.name, text })
    };
    Ok(fields.into_iter().filter_map(view).collect())
}

/// A kept text as people read it.
pub(super) fn in_words(kind: Kind, text: &str, words: &'static Words) -> String {
    match kind {
        Kind::Date => {
            text.parse::<NaiveDate>().map_or_else(|_| text.to_owned(), |date| words.date_of(date.day(), date.month0(), date.year()))
        }
        Kind::Number => numbers::grouped(text, words.locale),
        Kind::Text | Kind::Choice => text.to_owned(),
    }
}

/// What a form says is in a field, as it is kept; none where nothing is.
fn read(field: &Field, written: &str) -> Result<Option<Value>, AppError> {
    let wrong = |rule| AppError::Invalid { field: field.name.clone(), rule };
    let text: String = written.split(|c: char| c.is_control()).collect::<Vec<_>>().join(" ").trim().to_owned();
    if text.is_empty() {
        return Ok(None);
    }
    if text.chars().count() > MAX_VALUE {
        return Err(wrong(Rule::TooLong(MAX_VALUE as u32)));
    }
    let value = match field.kind {
        Kind::Text => Some(Value::Text(text)),
        Kind::Number => numbers::read(&text).map(Value::Text),
        Kind::Date => {
            text.parse::<NaiveDate>().ok().filter(|date| (1900..=2199).contains(&date.year())).map(|date| Value::Text(date.to_string()))
        }
        Kind::Choice => text.parse().ok().filter(|chosen| field.choices.iter().any(|(id, _)| id == chosen)).map(Value::Choice),
    };
    value.map(Some).ok_or_else(|| wrong(Rule::Malformed))
}

/// What a field is called in a form. A key that begins with a digit would be read as a place in a list.
pub fn key(field: Uuid) -> String {
    format!("f-{field}")
}

/// The inverse of [`key`].
pub fn field_of(key: &str) -> Option<Uuid> {
    key.strip_prefix("f-")?.parse().ok()
}

/// What a form says of a contact: the name that the team gives them, and by the [`key`]s of fields what stands in those; and what the form showed of both when it
/// was made, so that whoever changes one thing does not undo what a colleague does to another.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Written {
    pub name: Option<String>,
    pub values: BTreeMap<String, String>,
    #[serde(default)]
    pub was_name: Option<String>,
    #[serde(default)]
    pub was: BTreeMap<String, String>,
}

/// What stands in a field as a form shows it to somebody, who may not see numbers.
pub fn in_form(field: &Field, value: Option<&Value>, mask: Option<&Mask>, locale: Locale) -> String {
    match value {
        None => String::new(),
        Some(Value::Choice(choice)) => field.choices.iter().find(|(id, _)| id == choice).map(|(id, _)| id.to_string()).unwrap_or_default(),
        Some(Value::Text(text)) => {
            let mut text = if field.kind == Kind::Number { numbers::grouped(text, locale) } else { text.clone() };
            if let Some(mask) = mask {
                masking::hide_in_field(mask, &mut text);
            }
            text
        }
    }
}

/// What is to be done about one thing of a form: nothing where it is as it was shown, or as it is now.
///
/// # Errors
/// `Conflict` where a colleague has changed it since it was shown, or where a number that the caller does not see would be lost.
fn wanted(written: &str, was: Option<&str>, shown: &str, whole: &str) -> Result<bool, AppError> {
    let (written, shown) = (written.trim(), shown.trim());
    if written == shown || was.is_some_and(|was| was.trim() == written) {
        return Ok(false);
    }
    if was.is_some_and(|was| was.trim() != shown) {
        return Err(refused("contact_moved"));
    }
    // What is hidden cannot be written again.
    if shown != whole.trim() && written.contains(HIDDEN) { Err(refused("number_hidden")) } else { Ok(true) }
}

/// Saves what a form says of a conversation's contact. What it does not name, and what it says as it was shown, stays as it is.
///
/// # Errors
/// `Forbidden`; `NotFound` for a conversation out of sight; `Invalid` with the name of the field; `Conflict` where a colleague has changed the same meanwhile, or a
/// number that the caller does not see would be lost.
pub async fn fill(app: &App, scope: &Scope, id: ConversationId, written: &Written, locale: Locale) -> Result<(), AppError> {
    scope.require(Permission::Reply)?;
    let (mut tx, locked) = working::locked(app, scope, id).await?;
    unsent::forget(&mut tx, scope, id, unsent::Kind::Contact).await?;
    let now = app.clock.now();
    let contact = locked.contact_id;
    let known = sqlx::query!("select name from contact where workspace_id = $1 and id = $2 for no key update", scope.workspace.0, contact)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(AppError::NotFound)?;
    let mask = masking::for_conversations(&mut tx, scope, &[id.0]).await?;
    let mut changed: Vec<String> = Vec::new();
    if let Some(name) = &written.name {
        let name = labels::one_line(name);
        if name.chars().count() > MAX_NAME {
            return Err(AppError::invalid("name", Rule::TooLong(MAX_NAME as u32)));
        }
        let whole = known.name.unwrap_or_default();
        let mut shown = whole.clone();
        if let Some(mask) = &mask {
            mask.hide(&mut shown, None);
        }
        if wanted(&name, written.was_name.as_deref(), &shown, &whole)? {
            let name = Some(name).filter(|name| !name.is_empty());
            sqlx::query!("update contact set name = $3 where workspace_id = $1 and id = $2", scope.workspace.0, contact, name)
                .execute(&mut *tx)
                .await?;
            changed.push("name".into());
        }
    }
    let fields = list(&mut tx, scope.workspace).await?;
    let before = values(&mut tx, scope.workspace, contact).await?;
    for field in &fields {
        let key = key(field.id);
        let Some(text) = written.values.get(&key) else { continue };
        let stands = before.get(&field.id);
        let (shown, whole) = (in_form(field, stands, mask.as_ref(), locale), in_form(field, stands, None, locale));
        if !wanted(text, written.was.get(&key).map(String::as_str), &shown, &whole)? {
            continue;
        }
        let value = read(field, text)?;
        if value.as_ref() == stands {
            continue;
        }
        put(&mut tx, scope, contact, field.id, value.as_ref()).await?;
        changed.push(field.name.clone());
    }
    if changed.is_empty() {
        tx.commit().await?;
        return Ok(());
    }
    // What it was and is stands with the contact, not in the log.
    let entry = Entry { action: "contact.changed", target: Some(("contact", contact)), detail: json!({ "fields": changed }) };
    audit::record(&mut tx, now, scope, entry).await?;
    let of_contact = sqlx::query_scalar!(
        "select id from conversation where workspace_id = $1 and contact_id = $2 order by last_message_at desc, id desc limit $3",
        scope.workspace.0,
        contact,
        super::labelling::MOST_TOLD
    )
    .fetch_all(&mut *tx)
    .await?;
    let told = |id| NewEvent::new(scope.workspace, Happened::ContactChanged, ConversationId(id));
    record::record(&mut tx, now, &of_contact.into_iter().map(told).collect::<Vec<_>>()).await?;
    tx.commit().await?;
    app.wake.workspaces([scope.workspace]);
    Ok(())
}

/// Writes what stands in a contact's field from now on.
pub(super) async fn put(tx: &mut PgConnection, scope: &Scope, contact: Uuid, field: Uuid, value: Option<&Value>) -> sqlx::Result<()> {
    let (text, choice) = match value {
        Some(Value::Text(text)) => (Some(text.as_str()), None),
        Some(Value::Choice(choice)) => (None, Some(*choice)),
        None => {
            sqlx::query!(
                "delete from contact_value where workspace_id = $1 and contact_id = $2 and field_id = $3",
                scope.workspace.0,
                contact,
                field
            )
            .execute(tx)
            .await?;
            return Ok(());
        }
    };
    sqlx::query!(
        r#"
        insert into contact_value (workspace_id, contact_id, field_id, value, choice_id) values ($1, $2, $3, $4, $5)
        on conflict (workspace_id, contact_id, field_id) do update set value = $4, choice_id = $5
        "#,
        scope.workspace.0,
        contact,
        field,
        text,
        choice
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// What shall be saved of a field.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The one that is changed; none for a new one.
    pub id: Option<Uuid>,
    pub name: String,
    /// One of [`Kind`]; what a field is it stays.
    pub kind: String,
    /// What else can be chosen, a line each.
    pub choices: String,
    /// What the choices that there are shall be called, by [`choice_key`]; one without a name goes, and one that is not named here stays as it is.
    pub names: BTreeMap<String, String>,
}

/// What a choice is called in a form.
pub fn choice_key(choice: Uuid) -> String {
    format!("c-{choice}")
}

/// The page of the settings with all that a refused form said.
pub fn refused_page(workspace: &str, wanted: &Wanted) -> String {
    let id = wanted.id.map(|id| id.to_string()).unwrap_or_default();
    let choices: String = wanted.choices.chars().take(MOST_CHOICES * (MAX_LABEL + 2)).collect();
    let mut said = vec![("id", id.as_str()), ("name", &wanted.name), ("kind", &wanted.kind), ("choices", &choices)];
    let names: Vec<(String, &String)> = wanted.names.iter().take(MOST_CHOICES).map(|(key, name)| (format!("names[{key}]"), name)).collect();
    said.extend(names.iter().map(|(key, name)| (key.as_str(), name.as_str())));
    format!("/{workspace}/settings/fields?{}", plain::query(&said))
}

/// Makes a field, or changes the one with this id.
///
/// # Errors
/// `Invalid` with the field; `NotFound`; `Conflict` when another has the name or there are too many.
pub async fn save(app: &App, scope: &Scope, wanted: &Wanted) -> Result<(), AppError> {
    scope.require(Permission::ManageLabels)?;
    let name = labels::clean(&wanted.name)?;
    let now = app.clock.now();
    let mut tx = app.db.begin(scope).await?;
    let kind = match wanted.id {
        Some(id) => {
            let kind =
                sqlx::query_scalar!("select kind from contact_field where workspace_id = $1 and id = $2 for update", scope.workspace.0, id);
            kind.fetch_optional(&mut *tx).await?.ok_or(AppError::NotFound)?
        }
        None => wanted.kind.clone(),
    };
    let kind = Kind::parse(&kind).ok_or_else(|| AppError::invalid("kind", Rule::Malformed))?;
    let more = if kind == Kind::Choice { choices(&wanted.choices)? } else { Vec::new() };
    let (id, action) = match wanted.id {
        Some(id) => (id, "contact_field.changed"),
        None => (new_id(), "contact_field.created"),
    };
    if wanted.id.is_none() {
        labels::one_after_the_other(&mut tx, scope).await?;
        let there = sqlx::query_scalar!(r#"select count(*) as "there!" from contact_field where workspace_id = $1"#, scope.workspace.0)
            .fetch_one(&mut *tx)
            .await?;
        if there >= MOST {
            return Err(refused("too_many_fields"));
        }
    }
    let saved = sqlx::query!(
        r#"
        insert into contact_field (workspace_id, id, name, kind, place, created_at)
        select $1, $2, $3, $4, coalesce(max(place), 0) + 1, $5 from contact_field where workspace_id = $1
        on conflict (workspace_id, id) do update set name = $3
        "#,
        scope.workspace.0,
        id,
        name,
        kind.as_str(),
        now
    )
    .execute(&mut *tx)
    .await;
    match saved {
        Err(error) if constraint(&error) == Some("contact_field_name") => return Err(refused("field_taken")),
        saved => saved?,
    };
    let gone = if kind == Kind::Choice { save_choices(&mut tx, scope, id, &more, &wanted.names).await? } else { Vec::new() };
    let entry = Entry { action, target: Some(("contact_field", id)), detail: json!({ "name": name }) };
    audit::record(&mut tx, now, scope, entry).await?;
    record::record(&mut tx, now, &[labels::changed(scope)]).await?;
    tx.commit().await?;
    app.wake.workspaces([scope.workspace]);
    sweep(app, scope, None, &gone).await;
    Ok(())
}

/// Deletes a field with what stands in it.
pub async fn delete(app: &App, scope: &Scope, id: Uuid) -> Result<(), AppError> {
    scope.require(Permission::ManageLabels)?;
    let now = app.clock.now();
    let mut tx = app.db.begin(scope).await?;
    let name = sqlx::query_scalar!("delete from contact_field where workspace_id = $1 and id = $2 returning name", scope.workspace.0, id)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(AppError::NotFound)?;
    let entry = Entry { action: "contact_field.deleted", target: Some(("contact_field", id)), detail: json!({ "name": name }) };
    audit::record(&mut tx, now, scope, entry).await?;
    record::record(&mut tx, now, &[labels::changed(scope)]).await?;
    tx.commit().await?;
    app.wake.workspaces([scope.workspace]);
    sweep(app, scope, Some(id), &[]).await;
    Ok(())
}

/// Calls the choices of a field what they shall be called, takes out those without a name, and adds more. Answers what is gone.
async fn save_choices(
    tx: &mut PgConnection,
    scope: &Scope,
    field: Uuid,
    more: &[String],
    names: &BTreeMap<String, String>,
) -> Result<Vec<Uuid>, AppError> {
    let known = sqlx::query!(
        "select id, name, place from field_choice where workspace_id = $1 and field_id = $2 order by place, id for update",
        scope.workspace.0,
        field
    )
    .fetch_all(&mut *tx)
    .await?;
    let (mut stay, mut gone) = (Vec::new(), Vec::new());
    for choice in &known {
        match names.get(&choice_key(choice.id)).map(|name| labels::one_line(name)) {
            None => stay.push(choice.name.clone()),
            Some(name) if name.is_empty() => gone.push(choice.id),
            Some(name) => {
                let name = labels::clean(&name).map_err(of_choices)?;
                if name != choice.name {
                    sqlx::query!(
                        "update field_choice set name = $3 where workspace_id = $1 and id = $2",
                        scope.workspace.0,
                        choice.id,
                        name
                    )
                    .execute(&mut *tx)
                    .await
                    .map_err(choice_taken)?;
                }
                stay.push(name);
            }
        }
    }
    sqlx::query!("delete from field_choice where workspace_id = $1 and id = any($2)", scope.workspace.0, &gone).execute(&mut *tx).await?;
    let same = |one: &str, other: &str| one.to_lowercase() == other.to_lowercase();
    let more: Vec<&String> = more.iter().filter(|choice| !stay.iter().any(|known| same(known, choice))).collect();
    match stay.len() + more.len() {
        0 => return Err(AppError::invalid("choices", Rule::Missing)),
        1..=MOST_CHOICES => {}
        _ => return Err(AppError::invalid("choices", Rule::TooMany(MOST_CHOICES as u32))),
    }
    let last = known.iter().map(|choice| choice.place).max().unwrap_or(0);
    for (place, choice) in (last + 1..).zip(more) {
        sqlx::query!(
            "insert into field_choice (workspace_id, id, field_id, name, place) values ($1, $2, $3, $4, $5)",
            scope.workspace.0,
            new_id(),
            field,
            choice,
            place
        )
        .execute(&mut *tx)
        .await
        .map_err(choice_taken)?;
    }
    Ok(gone)
}

fn choice_taken(error: sqlx::Error) -> AppError {
    match constraint(&error) {
        Some("field_choice_name") => refused("choice_taken"),
        _ => error.into(),
    }
}

/// Values swept out in one transaction.
const AT_A_TIME: i64 = 1_000;

/// Sweeps out what stood in a field, or was one of these choices, that is not there any more. Nobody sees it meanwhile, nor if it stays.
async fn sweep(app: &App, scope: &Scope, field: Option<Uuid>, choices: &[Uuid]) {
    loop {
        let swept = async {
            let mut tx = app.db.begin(scope).await?;
            let swept = sqlx::query!(
                r#"
                delete from contact_value where workspace_id = $1 and (contact_id, field_id) in (
                    select contact_id, field_id from contact_value where workspace_id = $1 and (field_id = $2 or choice_id = any($3)) limit $4)
                "#,
                scope.workspace.0,
                field,
                choices,
                AT_A_TIME
            )
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            sqlx::Result::Ok(swept.rows_affected())
        };
        match swept.await {
            Ok(swept) if swept < AT_A_TIME.unsigned_abs() => return,
            Ok(_) => {}
            Err(error) => {
                return tracing::warn!(error = crate::server::error::kind(&error), "what stood in a deleted field was not swept out");
            }
        }
    }
}

/// An error about a choice's name.
fn of_choices(error: AppError) -> AppError {
    match error {
        AppError::Invalid { field, rule } if field == "name" => AppError::Invalid { field: "choices".into(), rule },
        error => error,
    }
}

/// The lines of a form as choices, each once.
fn choices(lines: &str) -> Result<Vec<String>, AppError> {
    let mut choices: Vec<String> = Vec::new();
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        let choice = labels::clean(line).map_err(of_choices)?;
        if !choices.iter().any(|known| known.to_lowercase() == choice.to_lowercase()) {
            choices.push(choice);
        }
    }
    if choices.len() > MOST_CHOICES { Err(AppError::invalid("choices", Rule::TooMany(MOST_CHOICES as u32))) } else { Ok(choices) }
}

fn refused(key: &str) -> AppError {
    AppError::Conflict(Conflict::Refused(key.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_holds_what_is_of_its_kind() {
        let field = |kind| Field { id: Uuid::nil(), name: "Kota".into(), kind, choices: vec![(Uuid::from_u128(7), "Bandung".into())] };
        let text = |text: &str| Ok(Some(Value::Text(text.into())));
        assert_eq!(read(&field(Kind::Text), "  Bandung\r\n kota "), text("Bandung   kota"));
        assert_eq!(read(&field(Kind::Date), "2026-11-30"), text("2026-11-30"));
        assert_eq!(read(&field(Kind::Choice), &Uuid::from_u128(7).to_string()), Ok(Some(Value::Choice(Uuid::from_u128(7)))));
        for kind in Kind::ALL {
            assert_eq!(read(&field(kind), " \t "), Ok(None));
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
        }
        for (kind, wrong) in [(Kind::Date, "30/11/2026"), (Kind::Date, "0001-01-01"), (Kind::Number, "banyak"), (Kind::Choice, "Bandung")] {
            assert_eq!(read(&field(kind), wrong), Err(AppError::invalid("Kota", Rule::Malformed)), "{wrong}");
        }
        let long = "é".repeat(MAX_VALUE + 1);
        assert_eq!(read(&field(Kind::Text), &long), Err(AppError::invalid("Kota", Rule::TooLong(MAX_VALUE as u32))));
    }

    #[test]
    fn choices_are_lines_each_once() {
        assert_eq!(choices("Bandung\r\n\n jakarta \nBANDUNG\n"), Ok(vec!["Bandung".into(), "jakarta".into()]));
        assert_eq!(choices(" \n"), Ok(Vec::new()));
        assert_eq!(choices("Bandung\n0812-3456-7890"), Err(AppError::invalid("digits", Rule::Malformed)));
        assert!(choices(&(0..51).map(|nth| format!("Pilihan {nth}\n")).collect::<String>()).is_err());
    }
}
