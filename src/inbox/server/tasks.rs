//! Tasks (F79): notes with a time by which something is to be done about them. Whose it is: the first one whom the note names, else the one who wrote it.
//! Whoever says that it is done says what came of it, in a note of its own.

use super::{
    holding::{self, Locked},
    notes, outbound, reading, record,
    record::{Happened, NewEvent},
    replying,
    search::{self, FoundMessage},
    unsent, working,
};
use crate::{
    error::AppError,
    ids::{ConversationId, MessageId},
    inbox::{model::*, working::SnoozeUntil},
    server::{limits, scope::Scope, state::App},
    workspace::Permission,
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// Tasks on a page.
pub const PAGE: usize = 50;
/// In place of a time: it is to be done by when it was, and again.
pub const AGAIN: &str = "again";
/// Characters of a note in the line that says that it is done.
const EXCERPT: usize = 80;

/// Whose tasks a page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    Mine,
    All,
}

/// The tasks that are not done and that the caller may see, what is due first; from `after` on. With the place where they go on.
pub async fn list(
    app: &App,
    scope: &Scope,
    whose: Whose,
    after: Option<ListCursor>,
) -> Result<(Vec<FoundMessage>, Option<ListCursor>), AppError> {
    let after = after.unwrap_or(ListCursor { at: 0, id: Uuid::nil() });
    let mut tx = app.db.snapshot(scope).await?;
    let rows = sqlx::query!(
        r#"
        select t.message_id, t.due_at
        from task t
        join message m on m.workspace_id = t.workspace_id and m.id = t.message_id
        join conversation c on c.workspace_id = m.workspace_id and c.id = m.conversation_id
        where t.workspace_id = $1 and t.done_at is null and (t.due_at, t.message_id) > ($2, $3)
            and ($4::uuid is null or t.assignee_id = $4) and ($5::uuid[] is null or c.assignee_id = any($5))
        order by t.due_at, t.message_id
        limit $6
        "#,
        scope.workspace.0,
        crate::server::clock::from_millis(after.at),
        after.id,
        (whose == Whose::Mine).then_some(scope.person.0),
        scope.only_assigned_to() as Option<&[Uuid]>,
        PAGE as i64 + 1
    )
    .fetch_all(&mut *tx)
    .await?;
    let more = rows.len() > PAGE;
    let page: Vec<(Uuid, DateTime<Utc>)> = rows.into_iter().take(PAGE).map(|row| (row.message_id, row.due_at)).collect();
    let next = page.last().filter(|_| more).map(|(id, at)| ListCursor { at: at.timestamp_millis(), id: *id });
    Ok((search::seen_all(&mut tx, scope, &page).await?, next))
}

/// A note, a task or not, if the caller may see it.
pub async fn note(app: &App, scope: &Scope, id: MessageId) -> Result<Option<FoundMessage>, AppError> {
    let mut tx = app.db.snapshot(scope).await?;
    let found = search::seen_all(&mut tx, scope, &[(id.0, app.clock.now())]).await?;
    Ok(found.into_iter().find(|found| found.message.is_note()))
}

/// How many of the caller's tasks are due at `now`, at most `most`, and when the next one will be.
pub async fn due(
    connection: &mut PgConnection,
    scope: &Scope,
    now: DateTime<Utc>,
    most: i64,
) -> sqlx::Result<(i64, Option<DateTime<Utc>>)> {
    let row = sqlx::query!(
        r#"
        select count(*) filter (where due_at <= $4) as "due!", min(due_at) filter (where due_at > $4) as next
        from (
            select t.due_at from task t
            where t.workspace_id = $1 and t.assignee_id = $3 and t.done_at is null
                and ($2::uuid[] is null or exists (
                    select from message m join conversation c on c.workspace_id = m.workspace_id and c.id = m.conversation_id
                    where m.workspace_id = t.workspace_id and m.id = t.message_id and c.assignee_id = any($2)))
            order by t.due_at limit $5
        ) first
        "#,
        scope.workspace.0,
        scope.only_assigned_to() as Option<&[Uuid]>,
        scope.person.0,
        now,
        most
    )
    .fetch_one(connection)
    .await?;
    Ok((row.due, row.next))
}

/// The instant that a field for a local time means; none where it is empty.
///
/// # Errors
/// `Invalid` for a time that is over, more than a year ahead, or none.
pub(super) async fn when(
    tx: &mut PgConnection,
    scope: &Scope,
    due: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, AppError> {
    match due.map(str::trim).filter(|due| !due.is_empty()) {
        None => Ok(None),
        Some(due) => working::instant(tx, scope, SnoozeUntil::Own, due, now).await.map(Some),
    }
}

/// Makes a note a task, or another one of it than it was: it is to be done by then, and is not done.
pub(super) async fn put(tx: &mut PgConnection, scope: &Scope, note: MessageId, due: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into task (workspace_id, message_id, due_at, assignee_id)
        select $1, $2, $3, coalesce((
            select n.person_id from mention n where n.workspace_id = $1 and n.message_id = $2
            order by position('@' || lower(n.label) in lower(m.body)), length(n.label) desc, n.person_id limit 1
        ), (select s.person_id from membership s where s.workspace_id = $1 and s.person_id = m.sender_id))
        from message m where m.workspace_id = $1 and m.id = $2
        on conflict (workspace_id, message_id) do update
            set due_at = excluded.due_at, done_at = null, done_by = null, assignee_id = coalesce(task.assignee_id, excluded.assignee_id)
        "#,
        scope.workspace.0,
        note.0,
        due
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Gives a note another time by which something is to be done about it (`2026-11-26T08:00`, by the workspace's clocks; [`AGAIN`]), or none any
/// more. What was done is to be done again.
///
/// # Errors
/// `Forbidden`; `NotFound` for what is no note of a conversation in sight; `Invalid` for a time that cannot be.
pub async fn set(app: &App, scope: &Scope, note: MessageId, due: Option<&str>) -> Result<MessageView, AppError> {
    scope.require(Permission::Reply)?;
    let now = app.clock.now();
    let mut tx = app.db.begin(scope).await?;
    let (locked, excerpt) = lock(&mut tx, scope, note).await?;
    let mut events = Vec::new();
    // What others gave a time is not taken from them, or asked of them again, without a word.
    let line = if due == Some(AGAIN) {
        let again = sqlx::query!(
            "update task set done_at = null, done_by = null where workspace_id = $1 and message_id = $2 and done_at is not null",
            scope.workspace.0,
            note.0
        )
        .execute(&mut *tx)
        .await?;
        (again.rows_affected() > 0).then_some("task_reopened")
    } else if let Some(due) = when(&mut tx, scope, due, now).await? {
        let was_done = sqlx::query_scalar!(
            r#"select done_at is not null as "done!" from task where workspace_id = $1 and message_id = $2"#,
            scope.workspace.0,
            note.0
        )
        .fetch_optional(&mut *tx)
        .await?;
        put(&mut tx, scope, note, due).await?;
        (was_done == Some(true)).then_some("task_reopened")
    } else {
        let dropped = sqlx::query!("delete from task where workspace_id = $1 and message_id = $2", scope.workspace.0, note.0)
            .execute(&mut *tx)
            .await?;
        (dropped.rows_affected() > 0).then_some("task_dropped")
    };
    if let Some(kind) = line {
        holding::system_line(&mut tx, &locked, kind, Some(scope.person.0), &excerpt, now, &mut events).await?;
    }
    events.push(NewEvent::new(scope.workspace, Happened::MessageChanged, locked.id).message(note));
    record::record(&mut tx, now, &events).await?;
    let view = outbound::view(&mut tx, scope, note).await?;
    tx.commit().await?;
    app.wake.workspaces([scope.workspace]);
    Ok(view)
}

/// Says that a task is done, and in a note what came of it. Where a colleague was faster the note is kept all the same. The same `client_id` again does
/// nothing more.
///
/// # Errors
/// `Forbidden`; `NotFound` for what is no task of a conversation in sight; `Invalid` for an empty or too long text; `Conflict` when the client id was used
/// for something else.
pub async fn finish(app: &App, scope: &Scope, task: MessageId, client_id: Uuid, text: &str) -> Result<MessageView, AppError> {
    scope.require(Permission::Reply)?;
    let text = replying::clean(text)?;
    limits::take(app, &limits::SEND, &scope.person.to_string()).await?;
    let now = app.clock.now();
    let mut tx = app.db.begin(scope).await?;
    let (locked, excerpt) = lock(&mut tx, scope, task).await?;
    let conversation = locked.id;
    let is_task = sqlx::query_scalar!("select 1 from task where workspace_id = $1 and message_id = $2", scope.workspace.0, task.0)
        .fetch_optional(&mut *tx);
    is_task.await?.ok_or(AppError::NotFound)?;
    if notes::stored(&mut tx, scope, conversation, client_id, &text).await?.is_some() {
        return outbound::view(&mut tx, scope, task).await;
    }
    let done = sqlx::query!(
        "update task set done_at = $3, done_by = $4 where workspace_id = $1 and message_id = $2 and done_at is null",
        scope.workspace.0,
        task.0,
        now,
        scope.person.0
    )
    .execute(&mut *tx)
    .await?;
    let mut events = Vec::new();
    if done.rows_affected() > 0 {
        holding::system_line(&mut tx, &locked, "task_done", Some(scope.person.0), &excerpt, now, &mut events).await?;
        events.push(NewEvent::new(scope.workspace, Happened::MessageChanged, conversation).message(task));
    }
    let note = notes::insert(&mut tx, scope, conversation, client_id, &text, now).await?;
    events.push(NewEvent::new(scope.workspace, Happened::MessageSent, conversation).message(note));
    if unsent::kept_in(&mut tx, scope, conversation, unsent::Kind::Task).await?.is_some_and(|kept| kept_of(&kept, task).is_some()) {
        unsent::forget(&mut tx, scope, conversation, unsent::Kind::Task).await?;
    }
    record::record(&mut tx, now, &events).await?;
    let view = outbound::view(&mut tx, scope, task).await?;
    tx.commit().await?;
    app.wake.workspaces([scope.workspace]);
    Ok(view)
}

/// What was written of a task, as it is kept: with the task before it, for a conversation may have several.
pub fn to_keep(task: MessageId, text: &str) -> String {
    format!("{task}\n{text}")
}

/// The inverse of [`to_keep`], if it was written of this task.
pub fn kept_of(kept: &str, task: MessageId) -> Option<&str> {
    kept.split_once('\n').filter(|(of, _)| *of == task.to_string()).map(|(_, text)| text)
}

/// The conversation in which a note stands now, whatever it was when somebody's page was made, if the caller may see it.
pub async fn conversation_of(connection: &mut PgConnection, scope: &Scope, note: MessageId) -> Result<ConversationId, AppError> {
    let id = sqlx::query_scalar!(
        "select conversation_id from message where workspace_id = $1 and id = $2 and kind = $3 and direction = 'system'",
        scope.workspace.0,
        note.0,
        NOTE
    )
    .fetch_optional(&mut *connection)
    .await?;
    let id = ConversationId(id.ok_or(AppError::NotFound)?);
    reading::visible(connection, scope, id).await?;
    Ok(id)
}

/// Locks the conversation of a note. Gives it, and how the note begins.
async fn lock(tx: &mut PgConnection, scope: &Scope, note: MessageId) -> Result<(Locked, String), AppError> {
    let conversation = conversation_of(tx, scope, note).await?;
    let locked = holding::lock(tx, scope.workspace, conversation).await?.ok_or(AppError::NotFound)?;
    let text = sqlx::query_scalar!(
        r#"select coalesce(body, '') as "body!" from message where workspace_id = $1 and conversation_id = $2 and id = $3"#,
        scope.workspace.0,
        conversation.0,
        note.0
    )
    .fetch_optional(tx)
    .await?;
    // Moved while we waited for the lock: whoever asks again finds it.
    Ok((locked, excerpt(&text.ok_or(AppError::NotFound)?)))
}

fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= EXCERPT {
        return line;
    }
    let begin: String = line.chars().take(EXCERPT - 1).collect();
    // A number that is cut ends in its digits: so it is known for one where numbers are masked.
    format!("{}…", begin.trim_end_matches(|c: char| !c.is_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn a_long_note_is_cut_at_a_letter_or_a_digit() {
        assert_eq!(excerpt("  dua\n baris "), "dua baris");
        let cut = excerpt(&format!("{} 0812-3456-7890", "x".repeat(68)));
        assert!(cut.ends_with("0812-3456…"), "{cut}");
        assert_eq!(excerpt(&"a".repeat(80)).chars().count(), 80);
    }
}
