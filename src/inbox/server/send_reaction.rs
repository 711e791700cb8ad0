//! The job that carries a reaction of ours to the provider. See [`super::reacting`].
//!
//! A reaction that arrives twice is one: WhatsApp keeps the last of each side. So when it is not known whether a call got through, the call is simply
//! repeated, and nobody needs to be asked first. Each call carries the id of its wish, by which it is known when it comes back.

use super::{
    apply, holding,
    reach::{Reach, reach},
    record::{self, Happened, NewEvent},
    send::{PACE_PATIENCE, number_of},
};
use crate::{
    ids::{ConversationId, MessageId, WorkspaceId},
    server::{
        db,
        jobs::Outcome,
        state::App,
        whatsapp::client::{Content, SendError},
    },
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// What stands before the wish's id in what comes back.
const CALLBACK: &str = "reaction:";

/// What is carried, and what is left in the thread by it.
struct Wish {
    id: Uuid,
    emoji: Option<String>,
    person: Uuid,
}

struct Due {
    conversation: ConversationId,
    number: Uuid,
    reach: Reach,
    /// What the provider calls the message.
    target: String,
    wish: Wish,
    /// An earlier call may have got through.
    may_have_left: bool,
}

/// The wish that a reaction was sent for, if it is one of ours.
pub fn wish_named(callback: &str) -> Option<Uuid> {
    Uuid::parse_str(callback.strip_prefix(CALLBACK)?).ok()
}

/// One run of the job.
pub async fn run(app: &App, workspace: WorkspaceId, message: MessageId) -> sqlx::Result<Outcome> {
    if let Some(number) = number_of(app, workspace, message).await?
        && let Err(wait) = app.pace.wait(number, PACE_PATIENCE).await
    {
        return Ok(Outcome::Postpone(wait));
    }
    let Some(due) = begin(app, workspace, message).await? else { return Ok(Outcome::Done) };
    let content = Content::Reaction { to: &due.target, emoji: due.wish.emoji.as_deref().unwrap_or_default() };
    let callback = format!("{CALLBACK}{}", due.wish.id);
    match due.reach.kapso.send(&due.reach.phone_number_id, &due.reach.recipient, &content, None, &callback).await {
        Ok(accepted) => {
            got_there(app, workspace, message, &due, &accepted.provider_id).await?;
            Ok(Outcome::Done)
        }
        Err(SendError::Final { code, reason }) => {
            failed(app, workspace, due.conversation, message, Some(due.wish.id), code, &reason).await?;
            Ok(Outcome::Done)
        }
        Err(SendError::Retry { after, code, reason, pause_number }) => {
            if pause_number {
                app.pace.pause(due.number, after.unwrap_or(Duration::from_secs(5)));
            }
            // The provider answered that it did not take it.
            sqlx::query!(
                "update reaction_wish set may_have_left = $3 where workspace_id = $1 and message_id = $2",
                workspace.0,
                message.0,
                due.may_have_left
            )
            .execute(&app.db.system)
            .await?;
            Ok(Outcome::Retry(format!("{code} {reason}"), after))
        }
        Err(SendError::Unknown { reason }) => Ok(Outcome::Retry(format!("outcome unknown: {reason}"), Some(Duration::from_secs(1)))),
    }
}

/// The job is dead: the reaction failed, with what the last attempt said.
pub async fn give_up(app: &App, workspace: WorkspaceId, message: MessageId, reason: &str) -> sqlx::Result<()> {
    let conversation =
        sqlx::query_scalar!("select conversation_id from message where workspace_id = $1 and id = $2", workspace.0, message.0)
            .fetch_optional(&app.db.system)
            .await?;
    match conversation {
        Some(conversation) => failed(app, workspace, ConversationId(conversation), message, None, 0, reason).await,
        None => Ok(()),
    }
}

/// Decides under the conversation's lock whether there is something to carry, and marks it. None: nobody wants it any more, or it stands there.
async fn begin(app: &App, workspace: WorkspaceId, message: MessageId) -> sqlx::Result<Option<Due>> {
    let mut tx = db::begin(&app.db.system).await?;
    let Some(target) = sqlx::query!(
        r#"select conversation_id, provider_message_id from message where workspace_id = $1 and id = $2"#,
        workspace.0,
        message.0
    )
    .fetch_optional(&mut *tx)
    .await?
    else {
        return Ok(None);
    };
    let conversation = ConversationId(target.conversation_id);
    // A conversation merged into another takes its messages along: this one is looked for again.
    let locked = holding::lock(&mut tx, workspace, conversation).await?.ok_or(sqlx::Error::RowNotFound)?;
    let wish = sqlx::query!(
        r#"
        select id, emoji, person_id, may_have_left from reaction_wish
        where workspace_id = $1 and message_id = $2 and failure_code is null for update
        "#,
        workspace.0,
        message.0
    )
    .fetch_optional(&mut *tx)
    .await?;
    let (Some(wish), Some(target)) = (wish, target.provider_message_id) else { return Ok(None) };
    let standing =
        sqlx::query_scalar!("select emoji from reaction where workspace_id = $1 and target = $2 and not by_contact", workspace.0, target)
            .fetch_optional(&mut *tx)
            .await?
            .flatten();
    if !wish.may_have_left && wish.emoji == standing {
        forget(&mut tx, workspace, message, wish.id).await?;
        changed(app, tx, workspace, conversation, message, app.clock.now()).await?;
        return Ok(None);
    }
    let reach = match reach(&mut tx, app, workspace, &locked).await? {
        Ok(reach) => reach,
        Err(refused) => {
            drop(tx);
            failed(app, workspace, conversation, message, Some(wish.id), 0, refused).await?;
            return Ok(None);
        }
    };
    sqlx::query!("update reaction_wish set may_have_left = true where workspace_id = $1 and message_id = $2", workspace.0, message.0)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(Some(Due {
        conversation,
        number: locked.number_id,
        reach,
        target,
        wish: Wish { id: wish.id, emoji: wish.emoji, person: wish.person_id },
        may_have_left: wish.may_have_left,
    }))
}

/// The provider has it.
async fn got_there(app: &App, workspace: WorkspaceId, message: MessageId, due: &Due, provider_id: &str) -> sqlx::Result<()> {
    let now = app.clock.now();
    let mut tx = db::begin(&app.db.system).await?;
    holding::lock(&mut tx, workspace, due.conversation).await?;
    apply::take_turns(&mut tx, [(workspace.0, provider_id)].into()).await?;
    forget(&mut tx, workspace, message, due.wish.id).await?;
    // What somebody wanted meanwhile is carried by a run of its own, from where this one led.
    sqlx::query!("update reaction_wish set may_have_left = false where workspace_id = $1 and message_id = $2", workspace.0, message.0)
        .execute(&mut *tx)
        .await?;
    stands(&mut tx, now, workspace, &due.target, &due.wish, provider_id).await?;
    // A report that was faster than the answer.
    apply::undone(&mut tx, workspace, provider_id).await?;
    changed(app, tx, workspace, due.conversation, message, now).await
}

/// A reaction of ours was delivered to us as what the number sent. Settles its wish, if the answer to the send has not: answers whether it did.
pub async fn came_back(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    workspace: WorkspaceId,
    wish: Uuid,
    target: &str,
    provider_id: &str,
) -> sqlx::Result<bool> {
    let settled = sqlx::query!(
        r#"
        delete from reaction_wish w using message m
        where m.workspace_id = $1 and m.provider_message_id = $2 and w.workspace_id = $1 and w.message_id = m.id and w.id = $3
        returning w.emoji, w.person_id
        "#,
        workspace.0,
        target,
        wish
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(settled) = settled else { return Ok(false) };
    let wish = Wish { id: wish, emoji: settled.emoji, person: settled.person_id };
    stands(connection, now, workspace, target, &wish, provider_id).await?;
    Ok(true)
}

/// What was wished stands at WhatsApp.
async fn stands(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    workspace: WorkspaceId,
    target: &str,
    wish: &Wish,
    provider_id: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into reaction (workspace_id, target, by_contact, emoji, at, person_id, provider_message_id) values ($1, $2, false, $3, $4, $5, $6)
        on conflict (workspace_id, target, by_contact) do update
        set emoji = excluded.emoji, at = greatest(excluded.at, reaction.at), person_id = excluded.person_id,
            provider_message_id = excluded.provider_message_id, replaced = reaction.emoji
        where reaction.provider_message_id is distinct from excluded.provider_message_id
        "#,
        workspace.0,
        target,
        wish.emoji,
        now,
        wish.person,
        provider_id
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A wish came true, or to nothing.
async fn forget(connection: &mut PgConnection, workspace: WorkspaceId, message: MessageId, wish: Uuid) -> sqlx::Result<()> {
    sqlx::query!("delete from reaction_wish where workspace_id = $1 and message_id = $2 and id = $3", workspace.0, message.0, wish)
        .execute(connection)
        .await?;
    Ok(())
}

/// It will not get there. `wish`: which one, unless whichever it is now. What stood there stands there still.
async fn failed(
    app: &App,
    workspace: WorkspaceId,
    conversation: ConversationId,
    message: MessageId,
    wish: Option<Uuid>,
    code: i32,
    reason: &str,
) -> sqlx::Result<()> {
    let mut tx = db::begin(&app.db.system).await?;
    holding::lock(&mut tx, workspace, conversation).await?;
    sqlx::query!(
        r#"
        update reaction_wish set may_have_left = false,
            failure_code = case when id = coalesce($3, id) then $4::int end,
            failure_reason = case when id = coalesce($3, id) then $5::text end
        where workspace_id = $1 and message_id = $2 and failure_code is null
        "#,
        workspace.0,
        message.0,
        wish,
        code,
        reason
    )
    .execute(&mut *tx)
    .await?;
    changed(app, tx, workspace, conversation, message, app.clock.now()).await
}

async fn changed(
    app: &App,
    mut tx: sqlx::Transaction<'static, sqlx::Postgres>,
    workspace: WorkspaceId,
    conversation: ConversationId,
    message: MessageId,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    record::record(&mut tx, now, &[NewEvent::new(workspace, Happened::MessageChanged, conversation).message(message)]).await?;
    tx.commit().await?;
    app.wake.workspaces([workspace]);
    Ok(())
}
