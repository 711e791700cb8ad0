//! The job that carries a message to the provider.
//!
//! Before the call the message is marked `sending` and committed; so whenever a run finds it in `sending` or `unknown`, an earlier run may have got
//! through, and the provider is asked before anything is sent again. Each send carries the message's id as callback data, by which
//! it is found again in the provider's list and in its webhooks.

use super::{
    apply, holding,
    reach::reach,
    record::{self, Happened, NewEvent},
    templates::SENT,
};
use crate::{
    ids::{ConversationId, MediaId, MessageId, WorkspaceId},
    inbox::{files::FileKind, model::*},
    server::{
        config::Secret,
        crypto::Place,
        db,
        jobs::Outcome,
        state::App,
        whatsapp::{
            choices::OFFERED,
            client::{Accepted, Content, Kapso, ListedDirection, Recipient, SendError},
            payload::{self, Origin, What, WireIdentity, WireMessage},
        },
    },
};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// How long a run waits for the number's pace before it gives its worker to somebody else.
pub(super) const PACE_PATIENCE: Duration = Duration::from_secs(2);
/// The provider's list lags behind its sends: how often an unknown send is looked for before it is sent again.
const ASKS: i32 = 3;
const ASK_AGAIN: Duration = Duration::from_secs(3);
/// How long before the message's creation the provider's clock may have stamped it.
const CLOCK_SKEW_MS: i64 = 60_000;

/// What a run needs to know.
struct Due {
    conversation: ConversationId,
    number: Uuid,
    phone_number_id: String,
    kapso: Kapso,
    recipient: Recipient,
    kind: String,
    body: String,
    /// Of a template: what is sent in place of the text.
    template: Option<serde_json::Value>,
    /// Of a text with choices under it: both.
    interactive: Option<serde_json::Value>,
    file: Option<OwnFile>,
    reply_to: Option<String>,
    created_ms: i64,
    /// An earlier run may have sent it.
    ask_first: bool,
    /// ARI's, from before a person took over: it may have been sent by an earlier run, but not by this one.
    stale: bool,
}

/// A file that a message carries.
struct OwnFile {
    id: MediaId,
    kind: FileKind,
    mime: String,
    name: String,
    /// It goes as a voice message.
    voice: bool,
    /// Where the provider has it, since an earlier run.
    provider_id: Option<String>,
}

/// One run of the job.
pub async fn run(app: &App, workspace: WorkspaceId, id: MessageId, attempts: i32) -> sqlx::Result<Outcome> {
    // Before the message is marked, so that nothing lies between the last look at who holds the conversation and the call.
    if let Some(number) = number_of(app, workspace, id).await?
        && let Err(wait) = app.pace.wait(number, PACE_PATIENCE).await
    {
        return Ok(Outcome::Postpone(wait));
    }
    let Some(due) = begin(app, workspace, id).await? else { return Ok(Outcome::Done) };
    if due.ask_first {
        match asked(app, workspace, &due, id).await? {
            Ok(Some(provider_id)) => return accepted(app, workspace, &due, id, &provider_id).await,
            Ok(None) if attempts <= ASKS => {
                set_status(app, workspace, &due, id, Status::Unknown).await?;
                return Ok(Outcome::Retry("not in the provider's list yet".into(), Some(ASK_AGAIN)));
            }
            Ok(None) if due.stale => {
                withdraw(app, workspace, due.conversation, id).await?;
                return Ok(Outcome::Done);
            }
            Ok(None) => {}
            Err(error) => {
                set_status(app, workspace, &due, id, Status::Unknown).await?;
                return Ok(Outcome::Retry(format!("cannot ask the provider: {}", reason(&error)), None));
            }
        }
    }
    match handed_over(app, workspace, &due, id).await? {
        Ok(answer) => accepted(app, workspace, &due, id, &answer.provider_id).await,
        Err(SendError::Final { code, reason }) => {
            failed(app, workspace, due.conversation, id, code, &reason).await?;
            Ok(Outcome::Done)
        }
        Err(SendError::Retry { after, code, reason, pause_number }) => {
            if pause_number {
                app.pace.pause(due.number, after.unwrap_or(Duration::from_secs(5)));
            }
            // The provider answered that it did not take it.
            set_status(app, workspace, &due, id, Status::Pending).await?;
            Ok(Outcome::Retry(format!("{code} {reason}"), after))
        }
        Err(SendError::Unknown { reason }) => {
            set_status(app, workspace, &due, id, Status::Unknown).await?;
            Ok(Outcome::Retry(format!("outcome unknown: {reason}"), Some(Duration::from_secs(1))))
        }
    }
}

/// Uploads the file, if there is one and the provider does not have it, and sends the message.
async fn handed_over(app: &App, workspace: WorkspaceId, due: &Due, id: MessageId) -> sqlx::Result<Result<Accepted, SendError>> {
    let uploaded = match &due.file {
        None => None,
        Some(file) => match uploaded(app, workspace, due, file).await? {
            Ok(provider_id) => Some((file, provider_id)),
            Err(error) => return Ok(Err(error)),
        },
    };
    let content = match (&uploaded, &due.template, &due.interactive) {
        (Some((file, provider_id)), ..) => {
            Content::File { kind: file.kind, id: provider_id, caption: Some(&due.body), name: Some(&file.name), voice: file.voice }
        }
        (None, Some(template), _) => Content::Template(template),
        (None, None, Some(interactive)) => Content::Interactive(interactive),
        (None, None, None) => Content::Text(&due.body),
    };
    Ok(due.kapso.send(&due.phone_number_id, &due.recipient, &content, due.reply_to.as_deref(), &id.to_string()).await)
}

/// What the provider calls the file.
async fn uploaded(app: &App, workspace: WorkspaceId, due: &Due, file: &OwnFile) -> sqlx::Result<Result<String, SendError>> {
    if let Some(id) = &file.provider_id {
        return Ok(Ok(id.clone()));
    }
    let bytes = match app.store.get(workspace, file.id).await {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Ok(Err(SendError::Final { code: 0, reason: "the file is not in the media store".into() })),
        Err(error) => return Ok(Err(SendError::again(&format!("media store: {error}")))),
    };
    let uploaded = due.kapso.upload(&due.phone_number_id, bytes, &file.mime, &file.name).await;
    if let Ok(provider_id) = &uploaded {
        sqlx::query!("update media set provider_media_id = $3 where workspace_id = $1 and id = $2", workspace.0, file.id.0, provider_id)
            .execute(&app.db.system)
            .await?;
    }
    Ok(uploaded)
}

/// The job is dead: the message failed, with what the last attempt said.
pub async fn give_up(app: &App, workspace: WorkspaceId, id: MessageId, reason: &str) -> sqlx::Result<()> {
    let conversation = sqlx::query_scalar!("select conversation_id from message where workspace_id = $1 and id = $2", workspace.0, id.0)
        .fetch_optional(&app.db.system)
        .await?;
    match conversation {
        Some(conversation) => failed(app, workspace, ConversationId(conversation), id, 0, reason).await,
        None => Ok(()),
    }
}

/// Decides under the conversation's lock whether the message may still go, and marks it. None: it was sent, failed, withdrawn or is gone.
async fn begin(app: &App, workspace: WorkspaceId, id: MessageId) -> sqlx::Result<Option<Due>> {
    let mut tx = db::begin(&app.db.system).await?;
    let Some(conversation) =
        sqlx::query_scalar!("select conversation_id from message where workspace_id = $1 and id = $2", workspace.0, id.0)
            .fetch_optional(&mut *tx)
            .await?
    else {
        return Ok(None);
    };
    let conversation = ConversationId(conversation);
    // A conversation merged into another takes its messages along: this one is looked for again.
    let locked = holding::lock(&mut tx, workspace, conversation).await?.ok_or(sqlx::Error::RowNotFound)?;
    let message = sqlx::query!(
        r#"
        select m.status as "status!", m.kind, m.body, m.detail, m.reply_to, m.sender, m.turn, m.created_at, m.provider_message_id,
            f.id as "file_id?", f.mime, f.file_name, f.provider_media_id
        from message m left join media f on f.workspace_id = m.workspace_id and f.message_id = m.id
        where m.workspace_id = $1 and m.id = $2 and m.direction = 'outbound'
        "#,
        workspace.0,
        id.0
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(message) = message else { return Ok(None) };
    let status = Status::parse(&message.status).unwrap_or(Status::Failed);
    if !matches!(status, Status::Pending | Status::Sending | Status::Unknown) || message.provider_message_id.is_some() {
        return Ok(None);
    }
    let stale = message.sender == Sender::Assistant.as_str() && message.turn.is_some_and(|turn| turn != locked.turn);
    if stale && status == Status::Pending {
        // A person spoke first.
        drop(tx);
        withdraw(app, workspace, conversation, id).await?;
        return Ok(None);
    }
    let reach = reach(&mut tx, app, workspace, &locked).await?;
    mark(&mut tx, workspace, id, Status::Sending).await?;
    tx.commit().await?;
    let reach = match reach {
        Ok(reach) => reach,
        Err(refused) => {
            failed(app, workspace, conversation, id, 0, refused).await?;
            return Ok(None);
        }
    };
    // Where the provider has the file is stored before the message is sent: without that nothing was.
    let never_sent = message.file_id.is_some() && message.provider_media_id.is_none();
    let voice = message.detail.as_ref().is_some_and(|detail| detail["voice"] == true);
    let mut detail = message.detail;
    let mut kept = |key: &str| detail.as_mut().and_then(|detail| detail.get_mut(key)).map(serde_json::Value::take);
    Ok(Some(Due {
        conversation,
        number: locked.number_id,
        phone_number_id: reach.phone_number_id,
        kapso: reach.kapso,
        recipient: reach.recipient,
        file: message.file_id.map(|id| OwnFile {
            id: MediaId(id),
            kind: FileKind::of(message.mime.as_deref().unwrap_or_default()),
            mime: message.mime.unwrap_or_default(),
            name: message.file_name.unwrap_or_default(),
            voice,
            provider_id: message.provider_media_id,
        }),
        template: kept(SENT),
        interactive: kept(OFFERED),
        kind: message.kind,
        body: message.body.unwrap_or_default(),
        reply_to: message.reply_to,
        created_ms: message.created_at.timestamp_millis(),
        ask_first: status != Status::Pending && !never_sent,
        stale,
    }))
}

/// The number that a message will be sent from.
pub(super) async fn number_of(app: &App, workspace: WorkspaceId, id: MessageId) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        r#"
        select c.number_id from message m join conversation c on c.workspace_id = m.workspace_id and c.id = m.conversation_id
        where m.workspace_id = $1 and m.id = $2
        "#,
        workspace.0,
        id.0
    )
    .fetch_optional(&app.db.system)
    .await
}

/// The key that sends for a number: its own, else the process's.
pub fn number_key(app: &App, workspace: WorkspaceId, number: Uuid, sealed: Option<&[u8]>) -> Option<Secret> {
    match sealed {
        Some(sealed) => {
            app.sealer.open(Place { table: "whatsapp_number", column: "api_key_sealed", workspace: workspace.0, row: number }, sealed)
        }
        None => app.config.kapso.api_key.clone(),
    }
}

/// Looks for the message in the provider's list: by our callback data, else (it comes with the statuses only) by recipient, kind and text.
async fn asked(app: &App, workspace: WorkspaceId, due: &Due, id: MessageId) -> sqlx::Result<Result<Option<String>, SendError>> {
    let since = due.created_ms - CLOCK_SKEW_MS;
    let mut after: Option<String> = None;
    for _ in 0..5 {
        let outbound = Some(ListedDirection::Outbound);
        let page = match due.kapso.list_messages(&due.phone_number_id, Some(since), None, outbound, after.as_deref(), 100).await {
            Ok(page) => page,
            Err(error) => return Ok(Err(error)),
        };
        for raw in &page.items {
            for item in payload::parse_listed(&due.phone_number_id, raw).items {
                let What::Message(listed) = item.what else { continue };
                let callback =
                    listed.callback_data.clone().or_else(|| listed.statuses.iter().find_map(|status| status.callback_data.clone()));
                // An attempt that failed at the provider is over; what is asked about is the one after it.
                if listed.statuses.iter().any(|status| status.status == Status::Failed.as_str()) {
                    continue;
                }
                let ours = match callback {
                    Some(callback) => callback == id.to_string(),
                    None => {
                        listed.kind == due.kind
                            && listed.origin == Origin::CloudApi
                            && says(due, &listed)
                            && is_for(&due.recipient, &listed.contact)
                            && !is_of_another(app, workspace, id, &listed.provider_id).await?
                    }
                };
                if ours {
                    return Ok(Ok(Some(listed.provider_id)));
                }
            }
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(Ok(None))
}

/// Whether a provider's id belongs to another message of ours: the same words were said twice. An echo that nobody claimed does not count.
async fn is_of_another(app: &App, workspace: WorkspaceId, id: MessageId, provider_id: &str) -> sqlx::Result<bool> {
    let other = sqlx::query_scalar!(
        "select id from message where workspace_id = $1 and provider_message_id = $2 and id <> $3 and sender <> 'phone'",
        workspace.0,
        provider_id,
        id.0
    )
    .fetch_optional(&app.db.system)
    .await?;
    Ok(other.is_some())
}

/// Whether a listed message says what is being sent. Of a template the provider may keep no more than its name, of choices the text or less.
fn says(due: &Due, listed: &WireMessage) -> bool {
    match (&due.template, &due.interactive) {
        (None, None) => listed.body.as_deref().unwrap_or_default() == due.body,
        // It may be told with its choices, or as these alone.
        (None, Some(_)) => listed.body.as_deref().is_none_or(|body| body.starts_with(&due.body)),
        (Some(template), _) => {
            let name = listed.detail.as_ref().map(|detail| &detail["template"]["name"]).filter(|name| !name.is_null());
            name.is_none_or(|name| *name == template["name"])
        }
    }
}

fn is_for(recipient: &Recipient, contact: &WireIdentity) -> bool {
    match recipient {
        Recipient::Phone(phone) => contact.phone.as_ref() == Some(phone),
        Recipient::Bsuid(bsuid) => contact.bsuid.as_ref() == Some(bsuid),
    }
}

fn reason(error: &SendError) -> String {
    match error {
        SendError::Retry { code, reason, .. } | SendError::Final { code, reason } => format!("{code} {reason}"),
        SendError::Unknown { reason } => reason.clone(),
    }
}

/// The provider has it.
async fn accepted(app: &App, workspace: WorkspaceId, due: &Due, id: MessageId, provider_id: &str) -> sqlx::Result<Outcome> {
    let now = app.clock.now();
    let mut tx = db::begin(&app.db.system).await?;
    holding::lock(&mut tx, workspace, due.conversation).await?;
    apply::take_turns(&mut tx, [(workspace.0, provider_id)].into()).await?;
    // An echo that could not be matched to this message may have become one of its own; the answer to the send proves that it is this one.
    let twin = sqlx::query_scalar!(
        "select id from message where workspace_id = $1 and provider_message_id = $2 and id <> $3 and sender = 'phone'",
        workspace.0,
        provider_id,
        id.0
    )
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(twin) = twin {
        sqlx::query!(
            "update conversation set last_message_id = $3 where workspace_id = $1 and id = $2 and last_message_id = $4",
            workspace.0,
            due.conversation.0,
            id.0,
            twin
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!("delete from message where workspace_id = $1 and id = $2", workspace.0, twin).execute(&mut *tx).await?;
    }
    sqlx::query!(
        r#"
        update message m set provider_message_id = $3, status = case when status_rank(status) < status_rank('sent') then 'sent' else status end
        where m.workspace_id = $1 and m.id = $2
          -- Reports of its failure were faster than this answer, and somebody has asked for the next attempt already.
          and not (m.status = 'pending' and exists (
              select from message_status s where s.workspace_id = $1 and s.provider_message_id = $3 and s.status = 'failed'))
        "#,
        workspace.0,
        id.0,
        provider_id
    )
    .execute(&mut *tx)
    .await?;
    // Reports that were faster than the answer.
    let moved = apply::move_on(&mut tx, &[workspace.0], &[provider_id.to_owned()]).await?;
    if moved.iter().any(|moved| moved.failed) {
        holding::settle_waiting(&mut tx, workspace, due.conversation).await?;
    }
    // What somebody did to its twin on the phone.
    apply::bring_up_to_date(&mut tx, &[workspace.0], &[provider_id.to_owned()]).await?;
    let mut events = vec![NewEvent::new(workspace, Happened::MessageStatusChanged, due.conversation).message(id)];
    if twin.is_some() {
        events.push(NewEvent::new(workspace, Happened::ConversationChanged, due.conversation));
    }
    record::record(&mut tx, now, &events).await?;
    tx.commit().await?;
    app.wake.workspaces([workspace]);
    Ok(Outcome::Done)
}

/// ARI's answer is not sent, because a person spoke first.
async fn withdraw(app: &App, workspace: WorkspaceId, conversation: ConversationId, id: MessageId) -> sqlx::Result<()> {
    let now = app.clock.now();
    let mut tx = db::begin(&app.db.system).await?;
    holding::lock(&mut tx, workspace, conversation).await?;
    let withdrawn = sqlx::query!(
        r#"
        update message set status = 'cancelled'
        where workspace_id = $1 and id = $2 and status in ('pending', 'sending', 'unknown') and provider_message_id is null
        "#,
        workspace.0,
        id.0
    )
    .execute(&mut *tx)
    .await?;
    if withdrawn.rows_affected() > 0 {
        holding::settle_waiting(&mut tx, workspace, conversation).await?;
        record::record(&mut tx, now, &[NewEvent::new(workspace, Happened::MessageStatusChanged, conversation).message(id)]).await?;
    }
    tx.commit().await?;
    app.wake.workspaces([workspace]);
    Ok(())
}

async fn failed(
    app: &App,
    workspace: WorkspaceId,
    conversation: ConversationId,
    id: MessageId,
    code: i32,
    reason: &str,
) -> sqlx::Result<()> {
    let now = app.clock.now();
    let mut tx = db::begin(&app.db.system).await?;
    holding::lock(&mut tx, workspace, conversation).await?;
    sqlx::query!(
        r#"
        update message set status = 'failed', failure_code = $3, failure_reason = $4
        where workspace_id = $1 and id = $2 and status in ('pending', 'sending', 'unknown')
        "#,
        workspace.0,
        id.0,
        code,
        reason
    )
    .execute(&mut *tx)
    .await?;
    holding::settle_waiting(&mut tx, workspace, conversation).await?;
    record::record(&mut tx, now, &[NewEvent::new(workspace, Happened::MessageStatusChanged, conversation).message(id)]).await?;
    tx.commit().await?;
    app.wake.workspaces([workspace]);
    Ok(())
}

/// Between attempts. Shown only when it is `unknown`, which people must be told.
async fn set_status(app: &App, workspace: WorkspaceId, due: &Due, id: MessageId, status: Status) -> sqlx::Result<()> {
    let now = app.clock.now();
    let mut tx = db::begin(&app.db.system).await?;
    holding::lock(&mut tx, workspace, due.conversation).await?;
    let changed = sqlx::query!(
        "update message set status = $3 where workspace_id = $1 and id = $2 and status in ('pending', 'sending', 'unknown') and status <> $3",
        workspace.0,
        id.0,
        status.as_str()
    )
    .execute(&mut *tx)
    .await?;
    if changed.rows_affected() > 0 && status == Status::Unknown {
        record::record(&mut tx, now, &[NewEvent::new(workspace, Happened::MessageStatusChanged, due.conversation).message(id)]).await?;
    }
    tx.commit().await?;
    app.wake.workspaces([workspace]);
    Ok(())
}

async fn mark(connection: &mut PgConnection, workspace: WorkspaceId, id: MessageId, status: Status) -> sqlx::Result<()> {
    sqlx::query!("update message set status = $3 where workspace_id = $1 and id = $2", workspace.0, id.0, status.as_str())
        .execute(connection)
        .await?;
    Ok(())
}
