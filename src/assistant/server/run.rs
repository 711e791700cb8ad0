//! One answer of ARI's, from the job to the message that will be sent.
//!
//! The model is asked without holding anything. Afterwards, under the conversation's lock, the answer is stored only if nobody took over meanwhile (the
//! turn is the same) and the customer said nothing more (else a newer job answers all of it). Whoever takes the lock first wins; there is
//! no third outcome.

use super::{prompt, wishes};
use crate::{
    ids::{ConversationId, MessageId, WorkspaceId},
    inbox::{
        model::*,
        server::{
            holding::{self, Locked},
            record::{self, Happened, NewEvent},
            views,
        },
    },
    server::{
        crypto::new_id,
        db,
        jobs::{self, NewJob, Outcome},
        llm::{Answer, Attempt},
        state::App,
    },
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// The longest answer, in the model's tokens.
const MAX_TOKENS: u32 = 500;
/// Said once per conversation when no model answers (F135).
const APOLOGY: &str = "Terima kasih pesannya. Saya belum bisa menjawab sekarang, tim kami akan segera membalas di sini.";

/// What ARI was asked.
struct Question {
    turn: i64,
    /// The newest inbound message.
    newest: Uuid,
    /// When the customer last did something to what they had written.
    edited: Option<DateTime<Utc>>,
    workspace_name: String,
    history: Vec<MessageView>,
}

/// One run of the job.
pub async fn run(app: &App, workspace: WorkspaceId, conversation: ConversationId, attempts: i32) -> sqlx::Result<Outcome> {
    let Some(question) = ask(app, workspace, conversation).await? else { return Ok(Outcome::Done) };
    let (tried, answer) = app.models.answer(&prompt::messages(&question.workspace_name, &question.history), MAX_TOKENS).await;
    let retry_pays = answer.is_none() && attempts < 2 && tried.iter().any(|attempt| attempt.retryable);
    let outcome = store(app, workspace, conversation, &question, &tried, answer, retry_pays).await?;
    Ok(outcome)
}

/// Whether ARI is to answer, and what; hands over at once when a person was asked for.
async fn ask(app: &App, workspace: WorkspaceId, conversation: ConversationId) -> sqlx::Result<Option<Question>> {
    let now = app.clock.now();
    let mut tx = db::begin(&app.db.system).await?;
    let Some(locked) = holding::lock(&mut tx, workspace, conversation).await? else { return Ok(None) };
    if !may_speak(&locked, now) {
        return Ok(None);
    }
    let place = sqlx::query!("select name, ari_enabled from workspace where id = $1", workspace.0).fetch_one(&mut *tx).await?;
    if !place.ari_enabled {
        return Ok(None);
    }
    let Some((newest, edited)) = newest_inbound(&mut tx, workspace, conversation).await? else { return Ok(None) };
    // Without the team's notes, what was done about them, what was never sent, and what was taken back: they are not for the model, and no answer to what the customer asked.
    let ids = sqlx::query_scalar!(
        r#"
        select id from message
        where workspace_id = $1 and conversation_id = $2
            and not (direction = 'system' and kind in ('note', 'task_done', 'task_reopened', 'task_dropped'))
            and coalesce(status, '') not in ('scheduled', 'held', 'cancelled') and revoked_at is null
        order by sent_at desc, id desc limit $3
        "#,
        workspace.0,
        conversation.0,
        prompt::HISTORY
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut history = views::messages(&mut tx, workspace, &ids).await?;
    // The provider's clock has whole seconds and ours has not: within a second, what came first was first.
    history.sort_by_key(|message| (message.at.div_euclid(1000), message.id));
    // All that nobody has answered counts, not the newest alone: the wish may stand before an "ok?".
    let answered = history.iter().filter(|message| message.direction != Direction::Inbound).map(|message| message.id).max();
    let mut unanswered = history.iter().filter(|message| message.direction == Direction::Inbound && Some(message.id) > answered);
    let asked = unanswered.any(|message| wishes::wants_a_human(&message.text));
    if asked {
        let mut events = Vec::new();
        holding::hand_over(&mut tx, &locked, "ari_handed_over", "asked_for_human", now, &mut events).await?;
        record::record(&mut tx, now, &events).await?;
        tx.commit().await?;
        app.wake.workspaces([workspace]);
        app.wake.jobs();
        return Ok(None);
    }
    // What they asked was taken back, and what stands was answered long ago. By when we heard of it: the provider's clock and ours are two.
    let said = |direction| history.iter().filter(move |message| message.direction == direction).map(|message| message.id).max();
    if edited.is_some() && said(Direction::Outbound) > said(Direction::Inbound) {
        return Ok(None);
    }
    Ok(Some(Question { turn: locked.turn, newest, edited, workspace_name: place.name, history }))
}

fn may_speak(locked: &Locked, now: DateTime<Utc>) -> bool {
    let closes = window_closes(locked.last_inbound_at.map(|at| at.timestamp_millis()));
    locked.is_with_ari() && window_open(closes, now.timestamp_millis())
}

/// The newest message that the customer lets stand, and when they last wrote one anew or took one back. WhatsApp allows that for two days.
async fn newest_inbound(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    conversation: ConversationId,
) -> sqlx::Result<Option<(Uuid, Option<DateTime<Utc>>)>> {
    let newest = sqlx::query!(
        r#"
        select id, (
            select max(greatest(e.edited_at, e.revoked_at)) from message e
            where e.workspace_id = $1 and e.conversation_id = $2 and e.direction = 'inbound' and e.sent_at > m.sent_at - interval '3 days'
        ) as edited_at
        from message m
        where workspace_id = $1 and conversation_id = $2 and direction = 'inbound' and revoked_at is null
        order by sent_at desc, id desc limit 1
        "#,
        workspace.0,
        conversation.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(newest.map(|row| (row.id, row.edited_at)))
}

/// Stores what came of it, with what it cost.
async fn store(
    app: &App,
    workspace: WorkspaceId,
    conversation: ConversationId,
    question: &Question,
    tried: &[Attempt],
    answer: Option<Answer>,
    retry_pays: bool,
) -> sqlx::Result<Outcome> {
    let now = app.clock.now();
    let mut tx = db::begin(&app.db.system).await?;
    let Some(locked) = holding::lock(&mut tx, workspace, conversation).await? else { return Ok(Outcome::Done) };
    let place = sqlx::query!("select ari_enabled from workspace where id = $1", workspace.0).fetch_one(&mut *tx).await?;
    let overtaken = locked.turn != question.turn || !may_speak(&locked, now) || !place.ari_enabled;
    let newer = newest_inbound(&mut tx, workspace, conversation).await? != Some((question.newest, question.edited));
    let use_it = answer.is_some() && !overtaken && !newer;
    for attempt in tried {
        keep_cost(&mut tx, workspace, conversation, attempt, use_it, now).await?;
    }
    if overtaken || newer || (answer.is_none() && retry_pays) {
        tx.commit().await?;
        return Ok(match (overtaken, newer) {
            // The newer message put a job of its own, unless it arrived while this job was waiting: look again.
            (false, true) => Outcome::Retry("the customer wrote again".into(), Some(Duration::ZERO)),
            (false, false) => Outcome::Retry("no model answered".into(), Some(Duration::from_secs(2))),
            (true, _) => Outcome::Done,
        });
    }
    let mut events = Vec::new();
    match answer {
        Some(answer) => say(&mut tx, &locked, question.newest, &answer.text, now, &mut events).await?,
        None => {
            if !locked.apologised {
                say(&mut tx, &locked, question.newest, APOLOGY, now, &mut events).await?;
                sqlx::query!("update conversation set apologised = true where workspace_id = $1 and id = $2", workspace.0, conversation.0)
                    .execute(&mut *tx)
                    .await?;
            }
            // The apology is part of the old turn and must still go out; the hand-over itself must not withdraw it.
            give_to_people(&mut tx, &locked, now, &mut events).await?;
        }
    }
    record::record(&mut tx, now, &events).await?;
    tx.commit().await?;
    app.wake.workspaces([workspace]);
    app.wake.jobs();
    Ok(Outcome::Done)
}

/// Stores ARI's words as a message and the job that sends it. Repeated for the same question, nothing happens.
async fn say(
    connection: &mut PgConnection,
    locked: &Locked,
    question: Uuid,
    text: &str,
    now: DateTime<Utc>,
    events: &mut Vec<NewEvent>,
) -> sqlx::Result<()> {
    let id = MessageId(new_id());
    // One answer per question and turn, however often the job runs.
    let client_id = Uuid::new_v5(&question, &locked.turn.to_be_bytes());
    let stored = sqlx::query!(
        r#"
        insert into message (workspace_id, id, conversation_id, direction, sender, kind, body, client_id, sent_at, created_at, status, turn)
        values ($1, $2, $3, 'outbound', 'assistant', 'text', $4, $5, $6, $6, 'pending', $7)
        on conflict (workspace_id, client_id) do nothing
        "#,
        locked.workspace.0,
        id.0,
        locked.id.0,
        text,
        client_id,
        now,
        locked.turn
    )
    .execute(&mut *connection)
    .await?;
    if stored.rows_affected() == 0 {
        return Ok(());
    }
    match text {
        // That nobody can answer now is no answer.
        APOLOGY => holding::set_last_message(connection, locked.workspace, locked.id, id, now).await?,
        _ => holding::answered(connection, locked.workspace, locked.id, id, Sender::Assistant, now).await?,
    }
    jobs::put(connection, now, NewJob::send(locked.workspace, locked.id, id)).await?;
    events.push(NewEvent::new(locked.workspace, Happened::MessageSent, locked.id).message(id));
    Ok(())
}

async fn give_to_people(
    connection: &mut PgConnection,
    locked: &Locked,
    now: DateTime<Utc>,
    events: &mut Vec<NewEvent>,
) -> sqlx::Result<()> {
    holding::hand_over(connection, locked, "ari_failed", "no_model", now, events).await?;
    // What ARI said in this turn moves on into the next: its own hand-over withdraws nothing, a person's still does.
    sqlx::query!(
        "update message set turn = turn + 1 where workspace_id = $1 and conversation_id = $2 and status = 'pending' and turn = $3",
        locked.workspace.0,
        locked.id.0,
        locked.turn
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn keep_cost(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    conversation: ConversationId,
    attempt: &Attempt,
    used: bool,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let outcome = match (attempt.failure.is_none(), used) {
        (true, true) => "answered",
        (true, false) => "discarded",
        (false, _) => "failed",
    };
    sqlx::query!(
        r#"
        insert into model_call
            (workspace_id, id, conversation_id, provider, model, prompt_tokens, completion_tokens, cost_micro_usd, duration_ms, outcome, failure, at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        "#,
        workspace.0,
        new_id(),
        conversation.0,
        attempt.provider.as_str(),
        attempt.model,
        attempt.usage.prompt_tokens,
        attempt.usage.completion_tokens,
        attempt.usage.cost_micro_usd,
        attempt.duration_ms,
        outcome,
        attempt.failure,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}
