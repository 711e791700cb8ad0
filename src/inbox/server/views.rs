//! Rows as screens see them. Callers have checked who may see them; every query still names the workspace.

use super::{field_terms, masking::PREVIEW, scoring};
use crate::{
    ids::*,
    inbox::model::*,
    server::whatsapp::{detail::detail_view, phone},
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// What decides who sees a conversation.
pub trait Audience {
    fn assignee(&self) -> Option<Uuid>;
}

impl Audience for ConversationView {
    fn assignee(&self) -> Option<Uuid> {
        self.assignee.as_ref().map(|person| person.id.0)
    }
}

struct ConversationRow {
    id: Uuid,
    contact_id: Uuid,
    number_id: Uuid,
    state: String,
    blocked: bool,
    holder: String,
    snoozed_until: Option<DateTime<Utc>>,
    priority: i16,
    unread_count: i32,
    last_inbound_at: Option<DateTime<Utc>>,
    last_message_at: DateTime<Utc>,
    waiting_since: Option<DateTime<Utc>>,
    answer_due_at: Option<DateTime<Utc>>,
    resolve_due_at: Option<DateTime<Utc>>,
    chat_marks: Option<i64>,
    stage_id: Option<Uuid>,
    tags: Vec<Uuid>,
    values: Vec<String>,
    given_name: Option<String>,
    profile_name: Option<String>,
    username: Option<String>,
    phone: Option<String>,
    assignee_id: Option<Uuid>,
    assignee_name: Option<String>,
    sender: Option<String>,
    sender_id: Option<Uuid>,
    sender_name: Option<String>,
    kind: Option<String>,
    text: Option<String>,
    status: Option<String>,
}

impl From<ConversationRow> for ConversationView {
    fn from(row: ConversationRow) -> Self {
        let pretty = row.phone.as_deref().map(phone::pretty);
        let last = row.kind.map(|kind| Preview {
            sender: row.sender.as_deref().and_then(Sender::parse).unwrap_or(Sender::System),
            sender_id: row.sender_id.map(PersonId),
            sender_name: row.sender_name,
            kind,
            text: row.text.unwrap_or_default().chars().take(PREVIEW).collect(),
            status: row.status.as_deref().and_then(Status::parse),
        });
        Self {
            id: ConversationId(row.id),
            contact_id: ContactId(row.contact_id),
            name: display_name(row.given_name.as_deref(), row.profile_name.as_deref(), pretty.as_deref(), row.username.as_deref()),
            holder: Holder::parse(&row.holder).unwrap_or(Holder::Team),
            assignee: row.assignee_id.zip(row.assignee_name).map(|(id, name)| PersonRef { id: PersonId(id), name }),
            closed: row.state == "closed",
            blocked: row.blocked,
            snoozed_until: row.snoozed_until.map(|at| at.timestamp_millis()),
            high_priority: row.priority > 0,
            unread: row.unread_count,
            last_at: row.last_message_at.timestamp_millis(),
            window_closes: window_closes(row.last_inbound_at.map(|at| at.timestamp_millis())),
            number: Some(row.number_id),
            stage: row.stage_id,
            tags: row.tags,
            values: field_terms::compared(row.values),
            waiting_since: row.waiting_since.map(|at| at.timestamp_millis()),
            answer_due: row.answer_due_at.map(|at| at.timestamp_millis()),
            resolve_due: row.resolve_due_at.map(|at| at.timestamp_millis()),
            chat_score: row.chat_marks.map(scoring::score),
            last,
        }
    }
}

/// These conversations, in no order.
pub async fn conversations(connection: &mut PgConnection, workspace: WorkspaceId, ids: &[Uuid]) -> sqlx::Result<Vec<ConversationView>> {
    let rows = sqlx::query_as!(
        ConversationRow,
        r#"
        select
            c.id, c.contact_id, c.number_id, c.state, c.snoozed_until, c.priority, c.holder, c.unread_count, c.last_inbound_at, c.last_message_at,
            c.waiting_since, c.answer_due_at, c.resolve_due_at, c.chat_marks, s.id as "stage_id?", array(
                select t.tag_id from contact_tag t where t.workspace_id = c.workspace_id and t.contact_id = c.contact_id order by t.tag_id
            ) as "tags!", array(
                select v.field_id::text || ':' || coalesce('=' || h.id::text, '~' || v.value)
                from contact_value v
                join contact_field f on f.workspace_id = v.workspace_id and f.id = v.field_id
                left join field_choice h on h.workspace_id = v.workspace_id and h.id = v.choice_id
                where v.workspace_id = c.workspace_id and v.contact_id = c.contact_id and (v.choice_id is null or h.id is not null)
                order by v.field_id
            ) as "values!", k.blocked_at is not null as "blocked!", k.name as given_name, k.profile_name, k.username, i.value as "phone?",
            c.assignee_id, assignee.name as "assignee_name?",
            m.sender as "sender?", m.sender_id as "sender_id?", author.name as "sender_name?",
            case when m.revoked_at is null then m.kind else 'revoked' end as "kind?", left(m.body, 200) as text, m.status as "status?"
        from conversation c
        join contact k on k.workspace_id = c.workspace_id and k.id = c.contact_id
        left join stage s on s.workspace_id = k.workspace_id and s.id = k.stage_id
        left join lateral (
            select value from identity i
            where i.workspace_id = c.workspace_id and i.contact_id = c.contact_id and i.kind = 'phone'
            order by value limit 1
        ) i on true
        left join person assignee on assignee.id = c.assignee_id
        left join message m on m.workspace_id = c.workspace_id and m.id = c.last_message_id
        left join person author on author.id = m.sender_id
        where c.workspace_id = $1 and c.id = any($2)
        "#,
        workspace.0,
        ids
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// One contact, if it is this workspace's.
pub async fn contact(connection: &mut PgConnection, workspace: WorkspaceId, id: ContactId) -> sqlx::Result<Option<ContactView>> {
    let row = sqlx::query!(
        r#"
        select k.name, k.profile_name, k.username, k.source, k.created_at,
            array(select value from identity i
             where i.workspace_id = k.workspace_id and i.contact_id = k.id and i.kind = 'phone'
             order by value) as "phones!"
        from contact k
        where k.workspace_id = $1 and k.id = $2
        "#,
        workspace.0,
        id.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| {
        let mut phones = row.phones.iter().map(|number| phone::pretty(number));
        let pretty = phones.next();
        ContactView {
            id,
            display_name: display_name(row.name.as_deref(), row.profile_name.as_deref(), pretty.as_deref(), row.username.as_deref()),
            given_name: row.name,
            profile_name: row.profile_name,
            phone: pretty,
            more_phones: phones.collect(),
            username: row.username,
            source: row.source,
            may_reveal: false,
            fields: Vec::new(),
            since: row.created_at.timestamp_millis(),
        }
    }))
}

struct MessageRow {
    id: Uuid,
    conversation_id: Uuid,
    client_id: Option<Uuid>,
    direction: String,
    sender: String,
    sender_id: Option<Uuid>,
    sender_name: Option<String>,
    kind: String,
    body: Option<String>,
    detail: Option<serde_json::Value>,
    reply_to: Option<String>,
    sent_at: DateTime<Utc>,
    status: Option<String>,
    failure_code: Option<i32>,
    failure_reason: Option<String>,
    media_id: Option<Uuid>,
    media_state: Option<String>,
    media_mime: Option<String>,
    media_name: Option<String>,
    media_size: Option<i64>,
    their_reaction: Option<String>,
    our_reaction: Option<String>,
    reactor_id: Option<Uuid>,
    reactor_name: Option<String>,
    wish_id: Option<Uuid>,
    wish: Option<String>,
    wish_failure: Option<i32>,
    wish_reason: Option<String>,
    mentions: Vec<String>,
    first_body: Option<String>,
    edited_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
}

/// These messages with what belongs to them (file, quote, reactions), in no order.
pub async fn messages(connection: &mut PgConnection, workspace: WorkspaceId, ids: &[Uuid]) -> sqlx::Result<Vec<MessageView>> {
    let rows = sqlx::query_as!(
        MessageRow,
        r#"
        select
            m.id, m.conversation_id, m.client_id, m.direction, m.sender, m.sender_id, author.name as "sender_name?", m.kind, m.body, m.detail,
            m.reply_to, m.sent_at, m.status, m.failure_code, m.failure_reason, m.first_body, m.edited_at, m.revoked_at,
            f.id as "media_id?", f.state as "media_state?", f.mime as "media_mime?", f.file_name as "media_name?", f.byte_size as "media_size?",
            theirs.emoji as their_reaction, ours.emoji as our_reaction, reactor.id as "reactor_id?", reactor.name as "reactor_name?",
            wish.id as "wish_id?", wish.emoji as wish, wish.failure_code as wish_failure, wish.failure_reason as wish_reason,
            -- Only a note is looked after for names: this is read for every message that comes in.
            case when m.kind = 'note' and m.direction = 'system' then array(
                select n.label from mention n where n.workspace_id = m.workspace_id and n.message_id = m.id order by n.label
            ) else '{}'::text[] end as "mentions!"
        from message m
        left join media f on f.workspace_id = m.workspace_id and f.message_id = m.id
        left join person author on author.id = m.sender_id
        left join reaction theirs on theirs.workspace_id = m.workspace_id and theirs.target = m.provider_message_id and theirs.by_contact
        left join reaction ours on ours.workspace_id = m.workspace_id and ours.target = m.provider_message_id and not ours.by_contact
        left join reaction_wish wish on wish.workspace_id = m.workspace_id and wish.message_id = m.id
        left join person reactor on reactor.id =
            case when wish.id is null or wish.failure_code is not null then ours.person_id else wish.person_id end
        where m.workspace_id = $1 and m.id = any($2)
        "#,
        workspace.0,
        ids
    )
    .fetch_all(&mut *connection)
    .await?;
    let quotes = quotes(connection, workspace, &rows).await?;
    let mut tasks = tasks(connection, workspace, &rows).await?;
    let mut earlier = earlier(connection, workspace, &rows).await?;
    Ok(rows
        .into_iter()
        .map(|mut row| {
            let own = own_reaction(&mut row);
            let of_ours = own.as_ref().map(|own| own.emoji.clone()).filter(|emoji| !emoji.is_empty());
            let quote = row.reply_to.as_ref().map(|target| {
                quotes.get(target).cloned().unwrap_or(Quote {
                    id: None,
                    sender: Sender::Contact,
                    sender_name: None,
                    kind: "unknown".into(),
                    text: String::new(),
                })
            });
            let failure = matches!(row.status.as_deref(), Some("failed" | "held"))
                .then(|| Failure { code: row.failure_code.unwrap_or(0), reason: row.failure_reason.unwrap_or_default() });
            let media = row.media_id.map(|id| MediaView {
                id: MediaId(id),
                state: row.media_state.as_deref().and_then(MediaState::parse).unwrap_or(MediaState::Waiting),
                mime: row.media_mime.unwrap_or_default(),
                file_name: row.media_name,
                size: row.media_size,
            });
            MessageView {
                id: MessageId(row.id),
                conversation_id: ConversationId(row.conversation_id),
                client_id: row.client_id,
                direction: Direction::parse(&row.direction).unwrap_or(Direction::System),
                sender: Sender::parse(&row.sender).unwrap_or(Sender::System),
                sender_id: row.sender_id.map(PersonId),
                sender_name: row.sender_name,
                detail: detail_view(&row.kind, row.detail.as_ref()),
                kind: row.kind,
                text: row.body.unwrap_or_default(),
                media,
                quote,
                reactions: row.their_reaction.into_iter().chain(of_ours).collect(),
                own_reaction: own,
                mentions: row.mentions,
                task: tasks.remove(&row.id),
                at: row.sent_at.timestamp_millis(),
                status: row.status.as_deref().and_then(Status::parse),
                failure,
                earlier: earlier.remove(&row.id).unwrap_or_default(),
                revoked: row.revoked_at.map(|at| at.timestamp_millis()),
            }
        })
        .collect())
}

/// What those that were written anew said before, oldest first.
async fn earlier(connection: &mut PgConnection, workspace: WorkspaceId, rows: &[MessageRow]) -> sqlx::Result<HashMap<Uuid, Vec<Earlier>>> {
    let edited: Vec<&MessageRow> = rows.iter().filter(|row| row.edited_at.is_some()).collect();
    if edited.is_empty() {
        return Ok(HashMap::new());
    }
    let edits = sqlx::query!(
        r#"
        select m.id, c.at, coalesce(c.body, '') as "body!"
        from message m
        join message_change c on c.workspace_id = m.workspace_id and c.target = m.provider_message_id and c.kind = 'edit'
            and c.by_contact = (m.direction = 'inbound')
        where m.workspace_id = $1 and m.id = any($2)
        order by m.id, c.at, c.provider_message_id
        "#,
        workspace.0,
        &edited.iter().map(|row| row.id).collect::<Vec<_>>()
    )
    .fetch_all(connection)
    .await?;
    let of = |row: &MessageRow| {
        let mut text = row.first_body.clone().unwrap_or_default();
        let replaced = edits.iter().filter(|edit| edit.id == row.id);
        // The provider's list may have it as it reads by now, where it was not heard of before.
        let another = replaced.filter_map(|edit| {
            let was = std::mem::replace(&mut text, edit.body.clone());
            (was != edit.body).then(|| Earlier { text: was, until: edit.at.timestamp_millis() })
        });
        another.collect()
    };
    Ok(edited.into_iter().map(|row| (row.id, of(row))).collect())
}

/// What our side put to a message, with what somebody wants to put there instead.
fn own_reaction(row: &mut MessageRow) -> Option<OwnReaction> {
    let by = row.reactor_id.take().zip(row.reactor_name.take()).map(|(id, name)| PersonRef { id: PersonId(id), name });
    let stands = row.our_reaction.take();
    let wish = row.wish.take().unwrap_or_default();
    match (row.wish_id, row.wish_failure) {
        (None, _) => stands.map(|emoji| OwnReaction { emoji, by, waits: false, failed: String::new(), failure: None }),
        (Some(_), None) => Some(OwnReaction { emoji: wish, by, waits: true, failed: String::new(), failure: None }),
        (Some(_), Some(code)) => {
            let failure = Some(Failure { code, reason: row.wish_reason.take().unwrap_or_default() });
            Some(OwnReaction { emoji: stands.unwrap_or_default(), by, waits: false, failed: wish, failure })
        }
    }
}

/// What is to be done about those that are notes.
async fn tasks(connection: &mut PgConnection, workspace: WorkspaceId, rows: &[MessageRow]) -> sqlx::Result<HashMap<Uuid, Task>> {
    let notes: Vec<Uuid> = rows.iter().filter(|row| row.kind == NOTE).map(|row| row.id).collect();
    if notes.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query!(
        r#"
        select t.message_id, t.due_at, t.done_at, p.id as "person_id?", p.name as "person_name?"
        from task t left join person p on p.id = t.assignee_id
        where t.workspace_id = $1 and t.message_id = any($2)
        "#,
        workspace.0,
        &notes
    )
    .fetch_all(&mut *connection)
    .await?;
    let task = |due: DateTime<Utc>, done: Option<DateTime<Utc>>, assignee| Task {
        due: due.timestamp_millis(),
        assignee,
        done: done.map(|at| at.timestamp_millis()),
    };
    Ok(rows
        .into_iter()
        .map(|row| {
            let assignee = row.person_id.zip(row.person_name).map(|(id, name)| PersonRef { id: PersonId(id), name });
            (row.message_id, task(row.due_at, row.done_at, assignee))
        })
        .collect())
}

async fn quotes(connection: &mut PgConnection, workspace: WorkspaceId, rows: &[MessageRow]) -> sqlx::Result<HashMap<String, Quote>> {
    let targets: Vec<String> = rows.iter().filter_map(|row| row.reply_to.clone()).collect();
    if targets.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query!(
        r#"
        select m.id, m.provider_message_id as "provider_message_id!", m.sender,
            case when m.revoked_at is null then m.kind else 'revoked' end as "kind!", left(m.body, 200) as text, author.name as "sender_name?"
        from message m
        left join person author on author.id = m.sender_id
        where m.workspace_id = $1 and m.provider_message_id = any($2)
        "#,
        workspace.0,
        &targets
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let quote = Quote {
                id: Some(MessageId(row.id)),
                sender: Sender::parse(&row.sender).unwrap_or(Sender::System),
                sender_name: row.sender_name,
                kind: row.kind,
                text: row.text.unwrap_or_default(),
            };
            (row.provider_message_id, quote)
        })
        .collect())
}
