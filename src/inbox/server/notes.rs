//! Notes: what the team says to itself in a thread. A note is no message to anybody: it has no status, no job and no way out, moves neither window nor
//! unread count, takes nothing over, and ARI is not shown it.

use super::{
    drafts, holding, outbound, reading, record,
    record::{Happened, NewEvent},
    replying, tasks, unsent,
};
use crate::{
    error::{AppError, Conflict},
    ids::{ConversationId, MessageId},
    inbox::model::*,
    server::{crypto::new_id, limits, scope::Scope, state::App},
    workspace::Permission,
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Stores a note with whom it names, and by when something is to be done about it, if that is given (`2026-11-26T08:00`, by the workspace's clocks). The same `client_id` again gives the note that is already there. A closed conversation can be noted upon, too.
///
/// # Errors
/// `Invalid` for an empty or too long text or a time that cannot be, `NotFound` for a conversation out of sight, `Conflict` when the client id was used for something else.
pub async fn add(
    app: &App,
    scope: &Scope,
    conversation: ConversationId,
    client_id: Uuid,
    text: String,
    due: Option<&str>,
) -> Result<MessageView, AppError> {
    scope.require(Permission::Reply)?;
    let text = replying::clean(&text)?;
    limits::take(app, &limits::SEND, &scope.person.to_string()).await?;
    let now = app.clock.now();
    let mut tx = app.db.begin(scope).await?;
    reading::visible(&mut tx, scope, conversation).await?;
    holding::lock(&mut tx, scope.workspace, conversation).await?.ok_or(AppError::NotFound)?;
    if let Some(stored) = stored(&mut tx, scope, conversation, client_id, &text).await? {
        let known = outbound::view(&mut tx, scope, stored).await?;
        // The note is there, whatever its time is by now.
        let Ok(Some(due)) = tasks::when(&mut tx, scope, due, now).await else { return Ok(known) };
        let same = |task: &Task| task.done.is_some() || task.due == due.timestamp_millis();
        if known.task.as_ref().is_some_and(same) {
            return Ok(known);
        }
        // It arrived before with another time, or none: whoever asks again means this one.
        tasks::put(&mut tx, scope, stored, due).await?;
        record::record(&mut tx, now, &[NewEvent::new(scope.workspace, Happened::MessageChanged, conversation).message(stored)]).await?;
        let view = outbound::view(&mut tx, scope, stored).await?;
        tx.commit().await?;
        app.wake.workspaces([scope.workspace]);
        return Ok(view);
    }
    let due = tasks::when(&mut tx, scope, due, now).await?;
    let note = insert(&mut tx, scope, conversation, client_id, &text, now).await?;
    if let Some(due) = due {
        tasks::put(&mut tx, scope, note, due).await?;
    }
    unsent::forget(&mut tx, scope, conversation, unsent::Kind::Note).await?;
    let emptied = drafts::sent(&mut tx, scope, conversation, unsent::Kind::Note, &text, now).await?;
    record::record(&mut tx, now, &[NewEvent::new(scope.workspace, Happened::MessageSent, conversation).message(note)]).await?;
    let view = outbound::view(&mut tx, scope, note).await?;
    tx.commit().await?;
    app.wake.workspaces([scope.workspace]);
    if let Some(emptied) = emptied {
        app.wake.drafted(emptied);
    }
    Ok(view)
}

/// The note that came under this id before.
///
/// # Errors
/// `Conflict` when the id was used for something else.
pub(super) async fn stored(
    tx: &mut PgConnection,
    scope: &Scope,
    conversation: ConversationId,
    client_id: Uuid,
    text: &str,
) -> Result<Option<MessageId>, AppError> {
    let stored = sqlx::query!(
        "select id, conversation_id, body, kind from message where workspace_id = $1 and client_id = $2",
        scope.workspace.0,
        client_id
    )
    .fetch_optional(tx)
    .await?;
    match stored {
        None => Ok(None),
        Some(stored) if stored.conversation_id == conversation.0 && stored.kind == NOTE && stored.body.as_deref() == Some(text) => {
            Ok(Some(MessageId(stored.id)))
        }
        Some(_) => Err(AppError::Conflict(Conflict::ClientIdReused)),
    }
}

/// Writes a note and whom it names. That it is there has to be recorded.
pub(super) async fn insert(
    tx: &mut PgConnection,
    scope: &Scope,
    conversation: ConversationId,
    client_id: Uuid,
    text: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<MessageId> {
    let note = MessageId(new_id());
    sqlx::query!(
        r#"
        insert into message (workspace_id, id, conversation_id, direction, sender, sender_id, kind, body, client_id, sent_at, created_at)
        values ($1, $2, $3, 'system', 'teammate', $4, $5, $6, $7, $8, $8)
        "#,
        scope.workspace.0,
        note.0,
        conversation.0,
        scope.person.0,
        NOTE,
        text,
        client_id,
        now
    )
    .execute(&mut *tx)
    .await?;
    let (people, labels): (Vec<Uuid>, Vec<String>) = named(&mut *tx, scope, text).await?.into_iter().unzip();
    if !people.is_empty() {
        sqlx::query!(
            r#"
            insert into mention (workspace_id, message_id, person_id, label, created_at)
            select $1, $2, person_id, label, $5 from unnest($3::uuid[], $4::text[]) named(person_id, label)
            "#,
            scope.workspace.0,
            note.0,
            &people,
            &labels,
            now
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(note)
}

/// The people of the workspace whom a text names by `@`, each once, with what stands there.
async fn named(connection: &mut PgConnection, scope: &Scope, text: &str) -> sqlx::Result<Vec<(Uuid, String)>> {
    if !text.contains('@') {
        return Ok(Vec::new());
    }
    let people = sqlx::query!(
        "select p.id, p.name from membership m join person p on p.id = m.person_id where m.workspace_id = $1 order by p.id",
        scope.workspace.0
    )
    .fetch_all(connection)
    .await?;
    Ok(resolve(text, &people.into_iter().map(|row| (row.id, row.name)).collect::<Vec<_>>()))
}

/// Finds `@Name` in a text: the whole name of somebody, or the first word of it where only one person has it; capitals do not matter.
fn resolve(text: &str, people: &[(Uuid, String)]) -> Vec<(Uuid, String)> {
    let mut names: HashMap<String, Option<Uuid>> = HashMap::new();
    let mut offer = |name: &str, person: Uuid| {
        if !name.is_empty() {
            // A name that two have names nobody.
            names.entry(name.to_lowercase()).and_modify(|known| *known = known.filter(|known| *known == person)).or_insert(Some(person));
        }
    };
    for (person, name) in people {
        let whole = name.split_whitespace().collect::<Vec<_>>().join(" ");
        offer(crate::words::first_word(&whole), *person);
        offer(&whole, *person);
    }
    let mut names: Vec<(String, Uuid)> = names.into_iter().filter_map(|(name, person)| Some((name, person?))).collect();
    // The longest that fits: "@Budi Hartono" is him and not another Budi.
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.chars().count()));
    let mut found: Vec<(Uuid, String)> = Vec::new();
    let mut seen = HashSet::new();
    for (at, _) in text.match_indices('@') {
        // In an address the @ stands after something.
        if text[..at].chars().next_back().is_some_and(char::is_alphanumeric) {
            continue;
        }
        let rest = &text[at + 1..];
        let fitting = names.iter().find_map(|(name, person)| {
            let length = name.chars().count();
            let label: String = rest.chars().take(length).collect();
            let ends = rest.chars().nth(length).is_none_or(|next| !next.is_alphanumeric());
            (ends && label.to_lowercase() == *name).then_some((*person, label))
        });
        if let Some((person, label)) = fitting
            && seen.insert(person)
        {
            found.push((person, label));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANI: Uuid = Uuid::from_u128(1);
    const BUDI: Uuid = Uuid::from_u128(2);
    const OTHER_BUDI: Uuid = Uuid::from_u128(3);

    fn found(text: &str) -> Vec<(Uuid, String)> {
        let people = [(RANI, "Rani Prameswari".to_owned()), (BUDI, "Budi Hartono".into()), (OTHER_BUDI, "Budi".into())];
        resolve(text, &people)
    }

    #[test]
    fn a_name_after_an_at_sign_is_found_as_written() {
        assert_eq!(found("@rani tolong cek"), [(RANI, "rani".to_owned())]);
        assert_eq!(found("cek, @Rani Prameswari."), [(RANI, "Rani Prameswari".into())]);
        assert_eq!(found("@Rani dan @RANI"), [(RANI, "Rani".into())], "once");
        assert_eq!(found("(@Budi Hartono)"), [(BUDI, "Budi Hartono".into())]);
    }

    #[test]
    fn what_only_looks_like_a_name_is_none() {
        for text in ["", "@", "@@", "Rani", "mail rani@rani.test", "@Ranissa", "@Sekar", "@ Rani", "@Budi", "@é"] {
            assert!(found(text).is_empty(), "{text:?}");
        }
    }
}
