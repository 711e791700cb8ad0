//! A conversation as it looked at a minute (F213): what had come and been written by then, in the words of then, with the ticks of then.
//!
//! Nothing is kept for this alone. Messages are only ever added; edits, deletions and reports about delivery have times of their own, and what people did with the
//! conversation stands in its lines. What has no time is shown as it is now: names, labels, and who reacted before the reaction that stands.

use super::{reading, views};
use crate::{
    error::AppError,
    ids::{ContactId, ConversationId, WorkspaceId},
    inbox::{model::*, server::masking},
    server::{clock::from_millis, scope::Scope, state::App},
    time::Millis,
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// How far ahead what waits for its time is looked for.
const AHEAD: chrono::Duration = chrono::Duration::days(60);
/// What waited then, at most.
const WAITING: i64 = 20;

/// Lines that say in which state a conversation is from then on, who answers it, how urgent it is, and that something was undone.
const STATES: [&str; 8] = ["closed", "reopened", "reopened_by_customer", "snoozed", "woken", "woken_by_customer", "woke_up", "undone"];
const HANDS: [&str; 9] = [
    "took_over",
    "handed_back",
    "ari_handed_over",
    "ari_failed",
    "assigned",
    "unassigned",
    "auto_assigned",
    // Whoever answered before does not any more.
    "reopened_by_customer",
    "undone",
];
const URGENCY: [&str; 4] = ["priority_raised", "priority_lowered", "raised_when_late", "undone"];

/// What there was.
pub struct Past {
    pub conversation: ConversationView,
    pub contact: ContactView,
    /// Oldest first.
    pub messages: Vec<MessageView>,
    /// Where older ones continue.
    pub older: Option<ListCursor>,
    /// The newest line of each kind that says how the conversation stood. What was undone says nothing.
    pub stood: Vec<MessageView>,
    /// When the window that the customer's last message had opened would close.
    pub window_closes: Option<Millis>,
    /// When something was said before and after that minute, nearest to it.
    pub previous: Option<Millis>,
    pub next: Option<Millis>,
    /// What was said elsewhere then became part of it later, and is left out.
    pub grew: bool,
}

/// The page of a conversation as it looked right before `end`; the newest messages of then unless `before` says where to go on. `begin` is where the minute begins.
///
/// # Errors
/// `NotFound` for a conversation out of sight.
pub async fn page(
    app: &App,
    scope: &Scope,
    id: ConversationId,
    begin: DateTime<Utc>,
    end: DateTime<Utc>,
    before: Option<ListCursor>,
) -> Result<Past, AppError> {
    let mut tx = app.db.snapshot(scope).await?;
    let conversation = reading::visible(&mut tx, scope, id).await?;
    let workspace = scope.workspace;
    let mut contact = views::contact(&mut tx, workspace, conversation.contact_id).await?.ok_or(AppError::NotFound)?;
    let came_later = came_later(&mut tx, workspace, conversation.contact_id, end).await?;
    let (before_at, before_id) = before.map(|cursor| (from_millis(cursor.at), cursor.id)).unzip();
    let found = sqlx::query!(
        r#"
        select id, sent_at from message
        where workspace_id = $1 and conversation_id = $2 and sent_at < $3 and created_at < $3 and status is distinct from 'cancelled'
            and ($4::timestamptz is null or (sent_at, id) < ($4, $5)) and id <> all($6)
        order by sent_at desc, id desc limit $7
        "#,
        workspace.0,
        id.0,
        end,
        before_at,
        before_id,
        &came_later,
        THREAD_PAGE + 1
    )
    .fetch_all(&mut *tx)
    .await?;
    let more = found.len() as i64 > THREAD_PAGE;
    let shown = &found[..found.len().min(THREAD_PAGE as usize)];
    let older = shown.last().filter(|_| more).map(|row| ListCursor { at: row.sent_at.timestamp_millis(), id: row.id });
    let mut ids: Vec<Uuid> = shown.iter().map(|row| row.id).collect();
    if before.is_none() {
        // Written by then and not said yet.
        let waiting = sqlx::query_scalar!(
            r#"
            select id from message
            where workspace_id = $1 and conversation_id = $2 and sent_at >= $3 and sent_at < $4 and coalesce(written_at, created_at) < $3 and direction = 'outbound'
                and status is distinct from 'cancelled' and id <> all($5)
            order by sent_at, id limit $6
            "#,
            workspace.0,
            id.0,
            end,
            end + AHEAD,
            &came_later,
            WAITING
        );
        ids.extend(waiting.fetch_all(&mut *tx).await?);
    }
    let mut messages = then(&mut tx, workspace, &ids, end).await?;
    quotes(&mut tx, workspace, &mut messages, end).await?;
    messages.sort_by_key(MessageView::cursor);
    let mut stood = stood(&mut tx, workspace, id, end, &came_later).await?;
    let last = sqlx::query!(
        r#"
        select max(sent_at) filter (where direction = 'inbound' and came < $4) as inbound, max(came) filter (where came < $3) as previous,
            min(came) filter (where came >= $4) as next
        from (
            -- What came late was not there before; what waits for its time is said then.
            select direction, sent_at, case when direction = 'outbound' then sent_at else greatest(sent_at, created_at) end as came
            from message where workspace_id = $1 and conversation_id = $2 and status is distinct from 'cancelled' and id <> all($5)
        ) said
        "#,
        workspace.0,
        id.0,
        begin,
        end,
        &came_later
    )
    .fetch_one(&mut *tx)
    .await?;
    if let Some(mask) = masking::for_conversations(&mut tx, scope, &[id.0]).await? {
        masking::contact(&mask, scope, &mut contact);
        messages.iter_mut().chain(&mut stood).for_each(|message| masking::message(&mask, message));
    }
    let millis = |at: Option<DateTime<Utc>>| at.map(|at| at.timestamp_millis());
    Ok(Past {
        window_closes: window_closes(millis(last.inbound)),
        previous: millis(last.previous),
        next: millis(last.next).filter(|at| *at <= app.clock.millis()),
        grew: !came_later.is_empty(),
        conversation,
        contact,
        messages,
        older,
        stood,
    })
}

/// What was said in conversations that became part of this contact's at `end` or later.
async fn came_later(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    contact: ContactId,
    end: DateTime<Utc>,
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        r#"
        select distinct said as "said!" from contact_merge k
        join merged_conversation w on w.workspace_id = k.workspace_id and w.merge_id = k.id
        cross join unnest(w.messages) said
        where k.workspace_id = $1 and k.kept_id = $2 and k.merged_at >= $3
        "#,
        workspace.0,
        contact.0,
        end
    )
    .fetch_all(connection)
    .await
}

/// The newest lines of then that say how the conversation stood.
async fn stood(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    id: ConversationId,
    end: DateTime<Utc>,
    came_later: &[Uuid],
) -> sqlx::Result<Vec<MessageView>> {
    let mut ids = Vec::new();
    for kinds in [&STATES[..], &HANDS, &URGENCY] {
        let kinds: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let newest = sqlx::query!(
            r#"
            select id, kind from message
            where workspace_id = $1 and conversation_id = $2 and direction = 'system' and kind = any($3) and sent_at < $4 and created_at < $4
                and id <> all($5)
            order by sent_at desc, id desc limit 1
            "#,
            workspace.0,
            id.0,
            &kinds,
            end,
            came_later
        );
        let newest = newest.fetch_optional(&mut *connection).await?;
        // What it was before that is not written in it.
        ids.extend(newest.filter(|line| line.kind != "undone" && !ids.contains(&line.id)).map(|line| line.id));
    }
    let mut lines = views::messages(connection, workspace, &ids).await?;
    lines.sort_by_key(|line| ids.iter().position(|id| *id == line.id.0));
    Ok(lines)
}

/// What is known of a message with a time of its own.
struct Known {
    /// The furthest that was reported of it by then.
    status: Option<String>,
    failure: Option<Failure>,
    /// WhatsApp took it.
    left: bool,
    theirs: Option<String>,
    ours: Option<String>,
}

/// These messages as they looked right before `end`, in no order.
async fn then(connection: &mut PgConnection, workspace: WorkspaceId, ids: &[Uuid], end: DateTime<Utc>) -> sqlx::Result<Vec<MessageView>> {
    let rows = sqlx::query!(
        r#"
        select m.id, m.provider_message_id is not null as "left!", s.status as "status?", s.failure_code, s.failure_reason,
            theirs.emoji as theirs, ours.emoji as ours
        from message m
        left join lateral (
            select s.status, s.failure_code, s.failure_reason from message_status s
            where s.workspace_id = m.workspace_id and s.provider_message_id = m.provider_message_id and s.at < $3
            order by status_rank(case when s.status = 'played' then 'read' else s.status end) desc limit 1
        ) s on true
        left join reaction theirs
            on theirs.workspace_id = m.workspace_id and theirs.target = m.provider_message_id and theirs.by_contact and theirs.at < $3
        left join reaction ours
            on ours.workspace_id = m.workspace_id and ours.target = m.provider_message_id and not ours.by_contact and ours.at < $3
        where m.workspace_id = $1 and m.id = any($2)
        "#,
        workspace.0,
        ids,
        end
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut known: HashMap<Uuid, Known> = rows
        .into_iter()
        .map(|row| {
            let failure = Failure { code: row.failure_code.unwrap_or(0), reason: row.failure_reason.unwrap_or_default() };
            let failed = row.status.as_deref() == Some("failed");
            (row.id, Known { status: row.status, failure: failed.then_some(failure), left: row.left, theirs: row.theirs, ours: row.ours })
        })
        .collect();
    let views = views::messages(connection, workspace, ids).await?;
    let end = end.timestamp_millis();
    Ok(views.into_iter().filter_map(|view| Some(as_of(known.remove(&view.id.0)?, view, end))).collect())
}

/// What is quoted said what it said then.
async fn quotes(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    messages: &mut [MessageView],
    end: DateTime<Utc>,
) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = messages.iter().filter_map(|message| Some(message.quote.as_ref()?.id?.0)).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let quoted: HashMap<_, _> = then(connection, workspace, &ids, end).await?.into_iter().map(|view| (view.id, view.as_quote())).collect();
    for quote in messages.iter_mut().filter_map(|message| message.quote.as_mut()) {
        if let Some(then) = quote.id.and_then(|id| quoted.get(&id)) {
            *quote = then.clone();
        }
    }
    Ok(())
}

fn as_of(known: Known, mut view: MessageView, end: Millis) -> MessageView {
    if let Some(at) = view.earlier.iter().position(|earlier| earlier.until >= end) {
        view.text = view.earlier[at].text.clone();
        view.earlier.truncate(at);
    }
    view.revoked = view.revoked.filter(|at| *at < end);
    view.reactions = known.theirs.into_iter().chain(known.ours.clone()).collect();
    // Only what stood there: what somebody wanted to stand there has no time.
    view.own_reaction = view.own_reaction.filter(|own| known.ours.is_some() && !own.waits);
    if let Some(own) = &mut view.own_reaction {
        (own.failed, own.failure) = (String::new(), None);
    }
    if let Some(task) = &mut view.task {
        task.done = task.done.filter(|at| *at < end);
    }
    let status = match (view.status, known.status.as_deref()) {
        (Some(_), _) if view.at >= end => Some(Status::Scheduled),
        (Some(Status::Sent | Status::Delivered | Status::Read | Status::Failed), Some("played")) => Some(Status::Read),
        (Some(Status::Sent | Status::Delivered | Status::Read | Status::Failed), Some(reported)) => Status::parse(reported),
        // WhatsApp takes a message within moments, and tells of it what comes after.
        (Some(Status::Delivered | Status::Read | Status::Failed), None) if known.left => Some(Status::Sent),
        (now, _) => now,
    };
    if view.status != status {
        (view.status, view.failure) = (status, known.failure);
    }
    view
}
