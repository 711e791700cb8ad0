//! The statement that stores: deliveries as they came, messages that are new, what they do to their conversations, and customers' names.

use super::{
    Batch, Delivery, Route,
    echoes::message_named,
    find::{ConversationKey, Found, Rest},
    newest,
};
use crate::{
    ids::{ConversationId, MessageId, WorkspaceId},
    inbox::{
        model::{Direction, Sender},
        server::{
            people::{contact_of, recognised_by},
            record::{Happened, NewEvent},
            scoring,
        },
    },
    server::{
        clock::from_millis,
        crypto::new_id,
        whatsapp::payload::{Origin, WireMessage},
    },
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use std::collections::{BTreeSet, HashMap, HashSet};
use uuid::Uuid;

/// A message that was not there before.
pub struct Stored<'a> {
    pub route: Route,
    pub key: ConversationKey,
    pub conversation: ConversationId,
    pub id: MessageId,
    /// From somebody whom the team does not want to hear from: it is kept, and that is all.
    pub quiet: bool,
    pub wire: &'a WireMessage,
}

impl Stored<'_> {
    /// Whether it is news from the customer: counted as unread, opening the window, worth an answer.
    pub fn counts(&self) -> bool {
        self.wire.direction == Direction::Inbound && self.wire.origin != Origin::HistorySync && !self.quiet
    }

    /// Under which of the customer's addresses it was written, by either side.
    fn address(&self) -> Option<String> {
        recognised_by(&self.wire.contact).next().map(|(_, value)| value.to_owned())
    }

    /// What it adds to the conversation's chat score.
    fn marks(&self) -> i64 {
        scoring::marks(self.wire.direction, &self.wire.kind, self.wire.body.as_deref(), self.wire.detail.as_ref(), self.wire.at)
    }

    /// Whether a person of the team wrote it in the WhatsApp app.
    pub fn typed_on_phone(&self) -> bool {
        self.wire.sender == Sender::Phone && self.wire.origin == Origin::BusinessApp
    }
}

/// What became of a batch's messages.
pub struct Written<'a> {
    pub new: Vec<Stored<'a>>,
    /// Those that were there already.
    pub known: Vec<Stored<'a>>,
    /// Those that somebody is known to have changed, by workspace and the provider's id.
    pub changed: BTreeSet<(Uuid, String)>,
}

/// The batch's messages, each once. What is one of `ours` already has its row, under whichever attempt it went out.
fn candidates<'a>(batch: &Batch<'a>, found: &Found, ours: &HashSet<(Uuid, Uuid)>) -> Vec<Stored<'a>> {
    let mut seen = HashSet::new();
    batch
        .messages
        .iter()
        .filter(|(route, wire)| message_named(wire.callback_data.as_deref()).is_none_or(|id| !ours.contains(&(route.workspace.0, id))))
        .filter_map(|(route, wire)| {
            let key = (route.workspace.0, contact_of(&found.contacts, route.workspace, &wire.contact)?);
            let open = found.open.get(&key)?;
            let (conversation, quiet) = (open.id, open.rest == Rest::Blocked);
            seen.insert((route.workspace, wire.provider_id.as_str())).then(|| Stored {
                route: *route,
                key,
                conversation,
                id: MessageId(new_id()),
                quiet,
                wire,
            })
        })
        .collect()
}

/// A conversation that the customer's next message brings back, with the line that says so.
struct Resting {
    workspace: Uuid,
    conversation: ConversationId,
    line_id: MessageId,
    line: &'static str,
    /// Who answers from then on; none: who did before.
    holder: Option<&'static str>,
}

/// Those of the batch that rest. Called before the messages get their ids, so that the lines stand above them.
fn resting(found: &Found) -> Vec<Resting> {
    let resting = |(key, open): (&ConversationKey, &super::find::Open)| {
        let (line, holder) = match open.rest {
            Rest::None | Rest::Blocked => return None,
            Rest::Snoozed => ("woken_by_customer", None),
            Rest::Closed => ("reopened_by_customer", Some(if open.ari_enabled { "ari" } else { "team" })),
        };
        Some(Resting { workspace: key.0, conversation: open.id, line_id: MessageId(new_id()), line, holder })
    };
    found.open.iter().filter_map(resting).collect()
}

/// What is kept of a delivery beside its bytes.
struct Fate {
    workspace: Option<Uuid>,
    outcome: &'static str,
    reason: Option<String>,
}

fn fate(delivery: &Delivery, routes: &HashMap<String, Route>) -> Fate {
    let numbers: BTreeSet<&str> = delivery.parsed.items.iter().map(|item| item.phone_number_id.as_str()).collect();
    let known = delivery.parsed.items.iter().find_map(|item| routes.get(item.phone_number_id.as_str()));
    let unknown: Vec<&str> = numbers.into_iter().filter(|number| !routes.contains_key(*number)).collect();
    let mut notes = delivery.parsed.notes.clone();
    for number in &unknown {
        tracing::warn!(phone_number_id = number, delivery = %delivery.id, "No workspace for phone_number_id");
        notes.push(format!("No workspace for phone_number_id {number}"));
    }
    Fate {
        workspace: known.map(|route| route.workspace.0),
        outcome: match (known, unknown.is_empty()) {
            (_, false) => "unknown_number",
            (Some(_), true) => "applied",
            (None, true) => "ignored",
        },
        reason: (!notes.is_empty()).then(|| notes.join("; ")),
    }
}

/// Stores it all in one statement.
///
/// * Every delivery in its own bytes with what became of it.
/// * The newest profile name by the provider's time; given names are not touched (F38).
/// * Messages, once each by the provider's id. Those that are new bring their conversations up to date: unread, last message, window, number,
///   and who answers, for somebody who writes on the phone has taken over. The conversations are locked since [`super::find::find`].
/// * Since when the customer waits for an answer, and that the one typed on the phone is one.
/// * What rested comes back when the customer writes, with a line that says so: snoozed as it was, closed as a new question, which ARI answers first.
pub async fn write<'a>(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    deliveries: &[Delivery],
    batch: &Batch<'a>,
    found: &Found,
    ours: &HashSet<(Uuid, Uuid)>,
    events: &mut Vec<NewEvent>,
) -> sqlx::Result<Written<'a>> {
    let fates: Vec<Fate> = deliveries.iter().map(|delivery| fate(delivery, &found.routes)).collect();
    let names = newest(batch, &found.contacts, |seen| seen.name);
    let resting = resting(found);
    let said = candidates(batch, found, ours);
    let rows = sqlx::query!(
        r#"
        with kept as (
            insert into delivery (id, workspace_id, received_at, event_name, idempotency_key, body, outcome, reason)
            select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::bytea[], $7::text[], $8::text[])
        ), renamed as (
            update contact k set profile_name = n.name, profile_name_at = n.at
            from unnest($9::uuid[], $10::uuid[], $11::text[], $12::timestamptz[]) n(workspace_id, id, name, at)
            where k.workspace_id = n.workspace_id and k.id = n.id
              and (k.profile_name_at is null or (n.at, n.name) > (k.profile_name_at, k.profile_name))
            returning k.workspace_id, k.id, n.name,
                (select old.profile_name from contact old where old.workspace_id = k.workspace_id and old.id = k.id) as old_name
        ), said as (
            select *
            from unnest($13::uuid[], $14::uuid[], $15::uuid[], $16::uuid[], $17::text[], $18::text[], $19::text[], $20::text[], $21::jsonb[],
                    $22::text[], $23::text[], $24::timestamptz[], $25::bool[], $26::bool[], $33::text[], $34::bigint[])
                m(workspace_id, id, conversation_id, number_id, direction, sender, kind, body, detail,
                    provider_message_id, reply_to, sent_at, counts, typed_on_phone, address, marks)
        ), new as (
            insert into message
                (workspace_id, id, conversation_id, direction, sender, kind, body, detail, provider_message_id, reply_to, sent_at, created_at, status)
            select m.workspace_id, m.id, m.conversation_id, m.direction, m.sender, m.kind, m.body, m.detail, m.provider_message_id, m.reply_to,
                m.sent_at, $27, case when m.direction = 'outbound' then 'sent' end
            from said m
            on conflict (workspace_id, provider_message_id) do nothing
            returning workspace_id, id
        ), arrived as (
            select m.*, max(m.sent_at) filter (where m.direction = 'outbound') over (partition by m.workspace_id, m.conversation_id) as answered_at
            from said m join new on new.workspace_id = m.workspace_id and new.id = m.id
        ), news as (
            select m.workspace_id, m.conversation_id,
                count(*) filter (where m.counts)::int as unread,
                max(m.sent_at) as last_at,
                (array_agg(m.id order by m.sent_at desc, m.id desc))[1] as last_id,
                max(m.sent_at) filter (where m.counts) as inbound_at,
                min(m.sent_at) filter (where m.counts) as first_inbound_at,
                max(m.answered_at) as answered_at,
                min(m.sent_at) filter (where m.counts and (m.answered_at is null or m.sent_at > m.answered_at)) as unanswered_at,
                (array_agg(m.number_id order by m.sent_at desc, m.id) filter (where m.counts))[1] as number_id,
                (array_agg(m.address order by m.sent_at desc, m.id) filter (where m.counts))[1] as address,
                bool_or(m.typed_on_phone) as typed_on_phone,
                bit_or(m.marks) as marks,
                min(m.sent_at) filter (where m.typed_on_phone) as typed_at,
                max(m.sent_at) filter (where m.typed_on_phone) as typed_last_at
            from arrived m
            group by m.workspace_id, m.conversation_id
        ), resting as (
            select * from unnest($28::uuid[], $29::uuid[], $30::uuid[], $31::text[], $32::text[]) r(workspace_id, conversation_id, line_id, line, holder)
        ), lines as (
            insert into message (workspace_id, id, conversation_id, direction, sender, kind, body, sent_at, created_at)
            select n.workspace_id, r.line_id, n.conversation_id, 'system', 'system', r.line, '', n.first_inbound_at, $27
            from news n join resting r on r.workspace_id = n.workspace_id and r.conversation_id = n.conversation_id
            where n.unread > 0
            returning workspace_id, id
        ), advanced as (
            update conversation c set
                unread_count = c.unread_count + n.unread,
                last_message_id = case when c.last_message_id is null or (n.last_at, n.last_id) > (c.last_message_at, c.last_message_id)
                    then n.last_id else c.last_message_id end,
                last_message_at = case when c.last_message_id is null or (n.last_at, n.last_id) > (c.last_message_at, c.last_message_id)
                    then n.last_at else c.last_message_at end,
                number_id = case when n.number_id is not null and (c.last_inbound_at is null or n.inbound_at > c.last_inbound_at)
                    then n.number_id else c.number_id end,
                address = case when n.address is not null and (c.last_inbound_at is null or n.inbound_at >= c.last_inbound_at)
                    then n.address else c.address end,
                last_inbound_at = greatest(c.last_inbound_at, n.inbound_at),
                chat_marks = c.chat_marks | n.marks,
                -- From the first word after the newest answer. An answer from before the wait ends none.
                waiting_since = case
                    when n.answered_at is null or n.answered_at < c.waiting_since then coalesce(c.waiting_since, n.unanswered_at)
                    else n.unanswered_at end,
                opened_at = case when n.unread > 0 and c.state = 'closed' then n.first_inbound_at else c.opened_at end,
                first_answered_at = case
                    when n.unread = 0 or c.state <> 'closed' then coalesce(c.first_answered_at, n.typed_at)
                    when n.typed_last_at >= n.first_inbound_at then n.typed_last_at end,
                let_go_by = case when n.unread = 0 or c.state <> 'closed' then c.let_go_by end,
                state = case when n.unread > 0 then 'open' else c.state end,
                snoozed_until = case when n.unread > 0 then null else c.snoozed_until end,
                holder = case when n.typed_on_phone then 'team' when n.unread > 0 then coalesce(r.holder, c.holder) else c.holder end,
                turn = c.turn + case when (n.typed_on_phone and c.holder = 'ari') or (n.unread > 0 and r.holder is not null) then 1 else 0 end,
                apologised = c.apologised and (n.unread = 0 or r.holder is null)
            from news n left join resting r on r.workspace_id = n.workspace_id and r.conversation_id = n.conversation_id
            where c.workspace_id = n.workspace_id and c.id = n.conversation_id
        )
        select 'message' as "what!", workspace_id as "workspace_id!", id as "id!" from new
        union all
        select 'changed', m.workspace_id, m.id from said m
        where exists (select from message_change x where x.workspace_id = m.workspace_id and x.target = m.provider_message_id)
        union all
        select 'line', workspace_id, id from lines
        union all
        select 'name', workspace_id, id from renamed where old_name <> name
        union all
        -- Who wrote is another contact by now: two were made of one while their conversation was waited for.
        select 'stray', m.workspace_id, m.id from said m
        join conversation c on c.workspace_id = m.workspace_id and c.id = m.conversation_id
        where m.address is not null and not exists (
            select from identity i
            where i.workspace_id = m.workspace_id and i.kind = case when m.address like '+%' then 'phone' else 'bsuid' end
                and i.value = m.address and i.contact_id = c.contact_id)
        "#,
        &deliveries.iter().map(|d| d.id).collect::<Vec<_>>(),
        &fates.iter().map(|fate| fate.workspace).collect::<Vec<_>>() as &[Option<Uuid>],
        &deliveries.iter().map(|d| d.received_at).collect::<Vec<_>>(),
        &deliveries.iter().map(|d| d.event_name.clone()).collect::<Vec<_>>() as &[Option<String>],
        &deliveries.iter().map(|d| d.idempotency_key.clone()).collect::<Vec<_>>() as &[Option<String>],
        &deliveries.iter().map(|d| d.body.to_vec()).collect::<Vec<_>>(),
        &fates.iter().map(|fate| fate.outcome.to_owned()).collect::<Vec<_>>(),
        &fates.iter().map(|fate| fate.reason.clone()).collect::<Vec<_>>() as &[Option<String>],
        &names.keys().map(|key| key.0).collect::<Vec<_>>(),
        &names.keys().map(|key| key.1).collect::<Vec<_>>(),
        &names.values().map(|value| value.1.to_owned()).collect::<Vec<_>>(),
        &names.values().map(|value| from_millis(value.0)).collect::<Vec<_>>(),
        &said.iter().map(|m| m.route.workspace.0).collect::<Vec<_>>(),
        &said.iter().map(|m| m.id.0).collect::<Vec<_>>(),
        &said.iter().map(|m| m.conversation.0).collect::<Vec<_>>(),
        &said.iter().map(|m| m.route.number).collect::<Vec<_>>(),
        &said.iter().map(|m| m.wire.direction.as_str().to_owned()).collect::<Vec<_>>(),
        &said.iter().map(|m| m.wire.sender.as_str().to_owned()).collect::<Vec<_>>(),
        &said.iter().map(|m| m.wire.kind.clone()).collect::<Vec<_>>(),
        &said.iter().map(|m| m.wire.body.clone()).collect::<Vec<_>>() as &[Option<String>],
        &said.iter().map(|m| m.wire.detail.clone()).collect::<Vec<_>>() as &[Option<serde_json::Value>],
        &said.iter().map(|m| m.wire.provider_id.clone()).collect::<Vec<_>>(),
        &said.iter().map(|m| m.wire.reply_to.clone()).collect::<Vec<_>>() as &[Option<String>],
        &said.iter().map(|m| from_millis(m.wire.at)).collect::<Vec<_>>(),
        &said.iter().map(Stored::counts).collect::<Vec<_>>(),
        &said.iter().map(Stored::typed_on_phone).collect::<Vec<_>>(),
        now,
        &resting.iter().map(|r| r.workspace).collect::<Vec<_>>(),
        &resting.iter().map(|r| r.conversation.0).collect::<Vec<_>>(),
        &resting.iter().map(|r| r.line_id.0).collect::<Vec<_>>(),
        &resting.iter().map(|r| r.line.to_owned()).collect::<Vec<_>>(),
        &resting.iter().map(|r| r.holder.map(str::to_owned)).collect::<Vec<_>>() as &[Option<String>],
        &said.iter().map(Stored::address).collect::<Vec<_>>() as &[Option<String>],
        &said.iter().map(Stored::marks).collect::<Vec<_>>()
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut new = HashSet::new();
    let mut renamed: Vec<ConversationKey> = Vec::new();
    let mut lines = HashSet::new();
    let mut changed = BTreeSet::new();
    for row in rows {
        match row.what.as_str() {
            "message" => {
                new.insert(row.id);
            }
            "line" => {
                lines.insert(row.id);
            }
            "changed" => {
                let named = said.iter().find(|message| message.id.0 == row.id);
                changed.extend(named.map(|message| (row.workspace_id, message.wire.provider_id.clone())));
            }
            "stray" => return Err(sqlx::Error::RowNotFound),
            _ => renamed.push((row.workspace_id, row.id)),
        }
    }
    show_names(connection, &renamed, events).await?;
    events.extend(
        resting
            .iter()
            .filter(|r| lines.contains(&r.line_id.0))
            .map(|r| NewEvent::new(WorkspaceId(r.workspace), Happened::MessageSent, r.conversation).message(r.line_id)),
    );
    let (new, known) = said.into_iter().partition(|candidate| new.contains(&candidate.id.0));
    Ok(Written { new, known, changed })
}

/// Screens that show one of these contacts are told.
async fn show_names(connection: &mut PgConnection, renamed: &[ConversationKey], events: &mut Vec<NewEvent>) -> sqlx::Result<()> {
    if renamed.is_empty() {
        return Ok(());
    }
    let shown = sqlx::query!(
        r#"
        select c.workspace_id, c.id from unnest($1::uuid[], $2::uuid[]) n(workspace_id, contact_id)
        join conversation c on c.workspace_id = n.workspace_id and c.contact_id = n.contact_id
        "#,
        &renamed.iter().map(|key| key.0).collect::<Vec<_>>(),
        &renamed.iter().map(|key| key.1).collect::<Vec<_>>()
    )
    .fetch_all(connection)
    .await?;
    events.extend(
        shown.into_iter().map(|row| NewEvent::new(WorkspaceId(row.workspace_id), Happened::ConversationChanged, ConversationId(row.id))),
    );
    Ok(())
}

/// Stores one delivery that could not be applied.
pub async fn keep(
    connection: &mut PgConnection,
    delivery: &Delivery,
    workspace: Option<WorkspaceId>,
    outcome: &str,
    reason: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into delivery (id, workspace_id, received_at, event_name, idempotency_key, body, outcome, reason)
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (id) do nothing
        "#,
        delivery.id,
        workspace.map(|id| id.0),
        delivery.received_at,
        delivery.event_name,
        delivery.idempotency_key,
        &delivery.body[..],
        outcome,
        reason
    )
    .execute(connection)
    .await?;
    Ok(())
}
