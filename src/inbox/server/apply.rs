//! What one ingest transaction does with its deliveries.
//!
//! Everything is keyed by what was signed (the provider's message id, the status, the identity), never by when or how often it arrived, so that any
//! interleaving and repetition of the same deliveries leads to the same tables. Statements work on whole batches through `unnest`;
//! rows are locked in one order (identities, conversations by id, messages' turns, sequence counters last), so concurrent batches cannot deadlock on
//! each other.

use super::{
    people::{self, Contacts, contact_of},
    record::{self, Happened, NewEvent},
};
use crate::{
    ids::{ConversationId, MessageId, WorkspaceId},
    inbox::model::{Direction, Sender},
    server::{
        clock::from_millis,
        crypto::new_id,
        jobs::{self, NewJob},
        whatsapp::payload::{self, Item, Origin, Parsed, What, WireIdentity, WireMessage, WireReaction, WireStatus},
    },
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use uuid::Uuid;

/// The event name under which elements of the provider's list are kept.
const LISTED: &str = "listed";

/// One signed request, parsed.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub id: Uuid,
    pub received_at: DateTime<Utc>,
    pub event_name: Option<String>,
    pub idempotency_key: Option<String>,
    pub body: Bytes,
    parsed: Parsed,
}

impl Delivery {
    pub fn new(id: Uuid, received_at: DateTime<Utc>, event_name: Option<String>, idempotency_key: Option<String>, body: Bytes) -> Self {
        let parsed = payload::parse(event_name.as_deref(), &body);
        Self { id, received_at, event_name, idempotency_key, body, parsed }.timed()
    }

    /// One element of the provider's message list, as a delivery of its own.
    pub fn listed(id: Uuid, received_at: DateTime<Utc>, phone_number_id: &str, message: &serde_json::Value) -> Self {
        let parsed = payload::parse_listed(phone_number_id, message);
        // Wrapped like a webhook, so that it can be applied again from its bytes alone.
        let body = serde_json::json!({ "message": message, "phone_number_id": phone_number_id }).to_string().into();
        Self { id, received_at, event_name: Some(LISTED.into()), idempotency_key: None, body, parsed }.timed()
    }

    /// The provider's ids of the numbers that it is about.
    pub fn numbers(&self) -> std::collections::BTreeSet<&str> {
        self.parsed.items.iter().map(|item| item.phone_number_id.as_str()).collect()
    }

    /// Where the provider gave no usable time (0), the time of receipt counts.
    fn timed(mut self) -> Self {
        let received = self.received_at.timestamp_millis();
        let set = |at: &mut i64| {
            if *at == 0 {
                *at = received;
            }
        };
        for item in &mut self.parsed.items {
            match &mut item.what {
                What::Message(message) => {
                    set(&mut message.at);
                    message.statuses.iter_mut().for_each(|status| set(&mut status.at));
                }
                What::Status(status) => set(&mut status.at),
                What::Reaction(reaction) => set(&mut reaction.at),
                What::ProfileName { at, .. } => set(at),
            }
        }
        self
    }
}

/// What a batch touched.
#[derive(Debug, Default)]
pub struct Applied {
    pub workspaces: BTreeSet<WorkspaceId>,
    pub jobs: bool,
}

/// Where a phone number id leads.
#[derive(Clone, Copy)]
struct Route {
    workspace: WorkspaceId,
    number: Uuid,
}

/// Applies a batch inside the caller's transaction.
pub async fn apply(connection: &mut PgConnection, now: DateTime<Utc>, deliveries: &[Delivery]) -> sqlx::Result<Applied> {
    let routes = routes(connection, deliveries).await?;
    keep_all(connection, deliveries, &routes).await?;
    let mut batch = Batch::default();
    for item in deliveries.iter().flat_map(|delivery| &delivery.parsed.items) {
        if let Some(route) = routes.get(item.phone_number_id.as_str()) {
            batch.sort(*route, &item.what);
        }
    }
    if batch.is_empty() {
        return Ok(Applied::default());
    }
    let mut events = Vec::new();
    let seen: Vec<_> = batch.seen.iter().map(|seen| (seen.workspace, seen.who)).collect();
    let contacts = people::contacts(connection, now, &seen, &mut events).await?;
    profile_names(connection, &batch, &contacts, &mut events).await?;
    usernames(connection, &batch, &contacts).await?;
    let mut conversations = conversations(connection, now, &batch, &contacts).await?;
    let outbound = batch.messages.iter().filter(|(_, message)| message.direction == Direction::Outbound);
    let outbound = outbound.map(|(route, message)| (route.workspace.0, message.provider_id.as_str()));
    let reported = batch.statuses.iter().map(|(route, status)| (route.workspace.0, status.provider_id.as_str()));
    take_turns(connection, outbound.chain(reported).collect()).await?;
    let ours = adopt_echoes(connection, &batch, &contacts, &conversations).await?;
    let stored = messages(connection, now, &batch, &contacts, &conversations, &ours, &mut events).await?;
    media(connection, now, &stored).await?;
    reactions(connection, &batch, &mut events).await?;
    let wants_ari = advance(connection, &mut conversations, &stored, &mut events).await?;
    statuses(connection, &batch, &stored, &mut events).await?;
    let jobs = put_jobs(connection, now, &stored, &wants_ari).await?;
    record::record(connection, now, &events).await?;
    Ok(Applied { workspaces: events.iter().map(|event| event.workspace).collect(), jobs })
}

/// The batch's items by what has to be done with them.
#[derive(Default)]
struct Batch<'a> {
    messages: Vec<(Route, &'a WireMessage)>,
    statuses: Vec<(Route, &'a WireStatus)>,
    reactions: Vec<(Route, &'a WireReaction)>,
    seen: Vec<Seen<'a>>,
}

/// Somebody as one item describes them.
struct Seen<'a> {
    workspace: WorkspaceId,
    who: &'a WireIdentity,
    name: Option<&'a str>,
    /// Unix milliseconds by the provider's clock.
    at: i64,
}

impl<'a> Batch<'a> {
    fn sort(&mut self, route: Route, what: &'a What) {
        match what {
            What::Message(message) => {
                self.statuses.extend(message.statuses.iter().map(|status| (route, status)));
                self.messages.push((route, message));
                let who = &message.contact;
                self.seen.push(Seen { workspace: route.workspace, who, name: who.profile_name.as_deref(), at: message.at });
            }
            What::Status(status) => self.statuses.push((route, status)),
            What::Reaction(reaction) => self.reactions.push((route, reaction)),
            What::ProfileName { identity, name, at } => {
                self.seen.push(Seen { workspace: route.workspace, who: identity, name: Some(name), at: *at });
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.seen.is_empty() && self.statuses.is_empty() && self.reactions.is_empty()
    }
}

async fn routes(connection: &mut PgConnection, deliveries: &[Delivery]) -> sqlx::Result<HashMap<String, Route>> {
    let numbers: BTreeSet<&str> =
        deliveries.iter().flat_map(|d| &d.parsed.items).map(|item: &Item| item.phone_number_id.as_str()).collect();
    if numbers.is_empty() {
        return Ok(HashMap::new());
    }
    let numbers: Vec<String> = numbers.into_iter().map(str::to_owned).collect();
    let rows = sqlx::query!("select phone_number_id, workspace_id, number_id from number_route where phone_number_id = any($1)", &numbers)
        .fetch_all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.phone_number_id, Route { workspace: WorkspaceId(row.workspace_id), number: row.number_id }))
        .collect())
}

/// Stores every delivery in its own bytes with what became of it.
async fn keep_all(connection: &mut PgConnection, deliveries: &[Delivery], routes: &HashMap<String, Route>) -> sqlx::Result<()> {
    let count = deliveries.len();
    let (mut workspaces, mut outcomes, mut reasons) = (Vec::with_capacity(count), Vec::with_capacity(count), Vec::with_capacity(count));
    for delivery in deliveries {
        let known = delivery.parsed.items.iter().find_map(|item| routes.get(item.phone_number_id.as_str()));
        let unknown: BTreeSet<&str> =
            delivery.parsed.items.iter().map(|item| item.phone_number_id.as_str()).filter(|id| !routes.contains_key(*id)).collect();
        let mut notes = delivery.parsed.notes.clone();
        for number in &unknown {
            tracing::warn!(phone_number_id = number, delivery = %delivery.id, "No workspace for phone_number_id");
            notes.push(format!("No workspace for phone_number_id {number}"));
        }
        workspaces.push(known.map(|route| route.workspace.0));
        outcomes.push(match (known, unknown.is_empty()) {
            (_, false) => "unknown_number",
            (Some(_), true) => "applied",
            (None, true) => "ignored",
        });
        reasons.push((!notes.is_empty()).then(|| notes.join("; ")));
    }
    sqlx::query!(
        r#"
        insert into delivery (id, workspace_id, received_at, event_name, idempotency_key, body, outcome, reason)
        select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::bytea[], $7::text[], $8::text[])
        "#,
        &deliveries.iter().map(|d| d.id).collect::<Vec<_>>(),
        &workspaces as &[Option<Uuid>],
        &deliveries.iter().map(|d| d.received_at).collect::<Vec<_>>(),
        &deliveries.iter().map(|d| d.event_name.clone()).collect::<Vec<_>>() as &[Option<String>],
        &deliveries.iter().map(|d| d.idempotency_key.clone()).collect::<Vec<_>>() as &[Option<String>],
        &deliveries.iter().map(|d| d.body.to_vec()).collect::<Vec<_>>(),
        &outcomes.iter().map(|o| o.to_string()).collect::<Vec<_>>(),
        &reasons as &[Option<String>]
    )
    .execute(connection)
    .await?;
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

/// The newest profile name wins, by the provider's time; given names are not touched (F38).
async fn profile_names(
    connection: &mut PgConnection,
    batch: &Batch<'_>,
    contacts: &Contacts,
    events: &mut Vec<NewEvent>,
) -> sqlx::Result<()> {
    let newest = newest(batch, contacts, |seen| seen.name);
    if newest.is_empty() {
        return Ok(());
    }
    let changed = sqlx::query!(
        r#"
        update contact k set profile_name = n.name, profile_name_at = n.at
        from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[]) n(workspace_id, id, name, at)
        where k.workspace_id = n.workspace_id and k.id = n.id
          and (k.profile_name_at is null or (n.at, n.name) > (k.profile_name_at, k.profile_name))
        returning k.workspace_id, k.id, (select old.profile_name from contact old where old.workspace_id = k.workspace_id and old.id = k.id) as old_name,
            n.name as "name!"
        "#,
        &newest.keys().map(|key| key.0).collect::<Vec<_>>(),
        &newest.keys().map(|key| key.1).collect::<Vec<_>>(),
        &newest.values().map(|value| value.1.to_owned()).collect::<Vec<_>>(),
        &newest.values().map(|value| from_millis(value.0)).collect::<Vec<_>>()
    )
    .fetch_all(&mut *connection)
    .await?;
    let renamed: Vec<_> = changed.into_iter().filter(|row| row.old_name.as_ref().is_some_and(|old| *old != row.name)).collect();
    if renamed.is_empty() {
        return Ok(());
    }
    let shown = sqlx::query!(
        r#"
        select c.workspace_id, c.id from unnest($1::uuid[], $2::uuid[]) n(workspace_id, contact_id)
        join conversation c on c.workspace_id = n.workspace_id and c.contact_id = n.contact_id
        "#,
        &renamed.iter().map(|row| row.workspace_id).collect::<Vec<_>>(),
        &renamed.iter().map(|row| row.id).collect::<Vec<_>>()
    )
    .fetch_all(connection)
    .await?;
    events.extend(
        shown.into_iter().map(|row| NewEvent::new(WorkspaceId(row.workspace_id), Happened::ConversationChanged, ConversationId(row.id))),
    );
    Ok(())
}

/// What the newest item that says it says about each contact, with its time.
fn newest<'a>(
    batch: &Batch<'a>,
    contacts: &Contacts,
    pick: impl Fn(&Seen<'a>) -> Option<&'a str>,
) -> BTreeMap<(Uuid, Uuid), (i64, &'a str)> {
    let mut newest = BTreeMap::new();
    for seen in &batch.seen {
        let (Some(contact), Some(value)) = (contact_of(contacts, seen.workspace, seen.who), pick(seen)) else { continue };
        let candidate = (seen.at, value);
        let entry = newest.entry((seen.workspace.0, contact)).or_insert(candidate);
        *entry = candidate.max(*entry);
    }
    newest
}

/// The newest user name wins, like the profile name; an item without one says nothing about it.
async fn usernames(connection: &mut PgConnection, batch: &Batch<'_>, contacts: &Contacts) -> sqlx::Result<()> {
    let newest = newest(batch, contacts, |seen| seen.who.username.as_deref());
    if newest.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        r#"
        update contact k set username = n.username, username_at = n.at
        from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[]) n(workspace_id, id, username, at)
        where k.workspace_id = n.workspace_id and k.id = n.id
          and (k.username_at is null or (n.at, n.username) > (k.username_at, k.username))
        "#,
        &newest.keys().map(|key| key.0).collect::<Vec<_>>(),
        &newest.keys().map(|key| key.1).collect::<Vec<_>>(),
        &newest.values().map(|value| value.1.to_owned()).collect::<Vec<_>>(),
        &newest.values().map(|value| from_millis(value.0)).collect::<Vec<_>>()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A conversation of the batch, locked.
struct Open {
    id: ConversationId,
    holder_is_ari: bool,
    ari_enabled: bool,
    last_inbound_at: Option<DateTime<Utc>>,
}

type ConversationKey = (Uuid, Uuid);

/// The open conversation of every contact in the batch, created where there is none.
async fn conversations(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    batch: &Batch<'_>,
    contacts: &Contacts,
) -> sqlx::Result<BTreeMap<ConversationKey, Open>> {
    let mut wanted: BTreeMap<ConversationKey, (Uuid, i64)> = BTreeMap::new();
    for (route, message) in &batch.messages {
        if let Some(contact) = contact_of(contacts, route.workspace, &message.contact) {
            let first = wanted.entry((route.workspace.0, contact)).or_insert((route.number, message.at));
            first.1 = first.1.min(message.at);
        }
    }
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let workspaces: Vec<Uuid> = wanted.keys().map(|key| key.0).collect();
    let people: Vec<Uuid> = wanted.keys().map(|key| key.1).collect();
    sqlx::query!(
        r#"
        insert into conversation (workspace_id, id, contact_id, number_id, holder, last_message_at, created_at)
        select n.workspace_id, n.id, n.contact_id, n.number_id, case when w.ari_enabled then 'ari' else 'team' end, n.at, $6
        from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[]) n(workspace_id, id, contact_id, number_id, at)
        join workspace w on w.id = n.workspace_id
        where not exists (
            select from conversation c where c.workspace_id = n.workspace_id and c.contact_id = n.contact_id and c.state <> 'closed'
        )
        on conflict (workspace_id, contact_id) where state <> 'closed' do nothing
        "#,
        &workspaces,
        &wanted.iter().map(|_| new_id()).collect::<Vec<_>>(),
        &people,
        &wanted.values().map(|value| value.0).collect::<Vec<_>>(),
        &wanted.values().map(|value| from_millis(value.1)).collect::<Vec<_>>(),
        now
    )
    .execute(&mut *connection)
    .await?;
    let rows = sqlx::query!(
        r#"
        select c.workspace_id, c.id, c.contact_id, c.holder, c.last_inbound_at, w.ari_enabled
        from unnest($1::uuid[], $2::uuid[]) n(workspace_id, contact_id)
        join conversation c on c.workspace_id = n.workspace_id and c.contact_id = n.contact_id and c.state <> 'closed'
        join workspace w on w.id = c.workspace_id
        order by c.id
        for update of c
        "#,
        &workspaces,
        &people
    )
    .fetch_all(connection)
    .await?;
    if rows.len() < wanted.len() {
        // Closed or merged away between the two statements: from the start again.
        return Err(sqlx::Error::RowNotFound);
    }
    Ok(rows
        .into_iter()
        .map(|row| {
            let open = Open {
                id: ConversationId(row.id),
                holder_is_ari: row.holder == "ari",
                ari_enabled: row.ari_enabled,
                last_inbound_at: row.last_inbound_at,
            };
            ((row.workspace_id, row.contact_id), open)
        })
        .collect())
}

/// Our own sends come back as `message.sent` events, sometimes before the answer to the send itself. They must meet the message they are about
/// instead of becoming a second one: by the callback data we sent along (the message's id), else by the same text in the same conversation.
/// Gives those of our messages that the batch names by callback data.
async fn adopt_echoes(
    connection: &mut PgConnection,
    batch: &Batch<'_>,
    contacts: &Contacts,
    conversations: &BTreeMap<ConversationKey, Open>,
) -> sqlx::Result<HashSet<(Uuid, Uuid)>> {
    let mut named: BTreeMap<(Uuid, Uuid), String> = BTreeMap::new();
    let reports = batch.statuses.iter().map(|(route, status)| (route, &status.provider_id, &status.callback_data));
    let echoes = batch.messages.iter().map(|(route, message)| (route, &message.provider_id, &message.callback_data));
    for (route, provider_id, callback) in reports.chain(echoes) {
        if let Some(id) = message_named(callback.as_deref()) {
            named.insert((route.workspace.0, id), provider_id.clone());
        }
    }
    let mut ours = HashSet::new();
    if !named.is_empty() {
        let (workspaces, ids): (Vec<Uuid>, Vec<Uuid>) = named.keys().copied().unzip();
        // A message that we gave up (failed, cancelled) was sent after all when the provider reports it. Except by a report about an attempt
        // that failed at the provider: that one was given up rightly, and what is in flight under the same message now is the next attempt.
        sqlx::query!(
            r#"
            update message m set
                provider_message_id = n.provider_message_id,
                status = case when m.status in ('failed', 'cancelled') then 'sent' else m.status end,
                failure_code = null, failure_reason = null
            from unnest($1::uuid[], $2::uuid[], $3::text[]) n(workspace_id, id, provider_message_id)
            where m.workspace_id = n.workspace_id and m.id = n.id and m.direction = 'outbound' and m.provider_message_id is null
              and not exists (
                  select from message o where o.workspace_id = n.workspace_id and o.provider_message_id = n.provider_message_id)
              and not exists (
                  select from message_status s
                  where s.workspace_id = n.workspace_id and s.provider_message_id = n.provider_message_id and s.status = 'failed')
            "#,
            &workspaces,
            &ids,
            &named.values().cloned().collect::<Vec<_>>()
        )
        .execute(&mut *connection)
        .await?;
        let rows = sqlx::query!(
            r#"
            select m.workspace_id, m.id from unnest($1::uuid[], $2::uuid[]) n(workspace_id, id)
            join message m on m.workspace_id = n.workspace_id and m.id = n.id and m.direction = 'outbound'
            "#,
            &workspaces,
            &ids
        )
        .fetch_all(&mut *connection)
        .await?;
        ours.extend(rows.into_iter().map(|row| (row.workspace_id, row.id)));
    }
    for (route, message) in &batch.messages {
        let anonymous = message_named(message.callback_data.as_deref()).is_none();
        let by_program = message.direction == Direction::Outbound && message.origin == Origin::CloudApi && anonymous;
        let (true, Some(contact)) = (by_program, contact_of(contacts, route.workspace, &message.contact)) else { continue };
        let Some(open) = conversations.get(&(route.workspace.0, contact)) else { continue };
        sqlx::query!(
            r#"
            update message m set provider_message_id = $4
            where m.workspace_id = $1 and m.id = (
                select f.id from message f
                where f.workspace_id = $1 and f.conversation_id = $2 and f.status in ('sending', 'unknown')
                  and f.provider_message_id is null and f.body = $3
                order by f.id limit 1)
              and not exists (select from message o where o.workspace_id = $1 and o.provider_message_id = $4)
            "#,
            route.workspace.0,
            open.id.0,
            message.body,
            message.provider_id
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(ours)
}

/// The message that callback data names, if they are ours.
fn message_named(callback: Option<&str>) -> Option<Uuid> {
    Uuid::parse_str(callback?).ok()
}

/// A message that was not there before.
struct Stored<'a> {
    route: Route,
    key: ConversationKey,
    conversation: ConversationId,
    id: MessageId,
    wire: &'a WireMessage,
}

/// Stores the messages that are new. What is one of `ours` already has its row, under whichever attempt it went out.
async fn messages<'a>(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    batch: &Batch<'a>,
    contacts: &Contacts,
    conversations: &BTreeMap<ConversationKey, Open>,
    ours: &HashSet<(Uuid, Uuid)>,
    events: &mut Vec<NewEvent>,
) -> sqlx::Result<Vec<Stored<'a>>> {
    let mut seen = HashSet::new();
    let candidates: Vec<Stored<'a>> = batch
        .messages
        .iter()
        .filter(|(route, wire)| message_named(wire.callback_data.as_deref()).is_none_or(|id| !ours.contains(&(route.workspace.0, id))))
        .filter_map(|(route, wire)| {
            let key = (route.workspace.0, contact_of(contacts, route.workspace, &wire.contact)?);
            let conversation = conversations.get(&key)?.id;
            seen.insert((route.workspace, wire.provider_id.as_str())).then(|| Stored {
                route: *route,
                key,
                conversation,
                id: MessageId(new_id()),
                wire,
            })
        })
        .collect();
    if candidates.is_empty() {
        return Ok(candidates);
    }
    let rows = sqlx::query_scalar!(
        r#"
        insert into message
            (workspace_id, id, conversation_id, direction, sender, kind, body, detail, provider_message_id, reply_to, sent_at, created_at, status)
        select m.workspace_id, m.id, m.conversation_id, m.direction, m.sender, m.kind, m.body, m.detail, m.provider_message_id, m.reply_to,
            m.sent_at, $12, case when m.direction = 'outbound' then 'sent' end
        from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::jsonb[], $9::text[], $10::text[], $11::timestamptz[])
            m(workspace_id, id, conversation_id, direction, sender, kind, body, detail, provider_message_id, reply_to, sent_at)
        on conflict (workspace_id, provider_message_id) do nothing
        returning id
        "#,
        &candidates.iter().map(|m| m.route.workspace.0).collect::<Vec<_>>(),
        &candidates.iter().map(|m| m.id.0).collect::<Vec<_>>(),
        &candidates.iter().map(|m| m.conversation.0).collect::<Vec<_>>(),
        &candidates.iter().map(|m| m.wire.direction.as_str().to_owned()).collect::<Vec<_>>(),
        &candidates.iter().map(|m| m.wire.sender.as_str().to_owned()).collect::<Vec<_>>(),
        &candidates.iter().map(|m| m.wire.kind.clone()).collect::<Vec<_>>(),
        &candidates.iter().map(|m| m.wire.body.clone()).collect::<Vec<_>>() as &[Option<String>],
        &candidates.iter().map(|m| m.wire.detail.clone()).collect::<Vec<_>>() as &[Option<serde_json::Value>],
        &candidates.iter().map(|m| m.wire.provider_id.clone()).collect::<Vec<_>>(),
        &candidates.iter().map(|m| m.wire.reply_to.clone()).collect::<Vec<_>>() as &[Option<String>],
        &candidates.iter().map(|m| from_millis(m.wire.at)).collect::<Vec<_>>(),
        now
    )
    .fetch_all(&mut *connection)
    .await?;
    let new: HashSet<Uuid> = rows.into_iter().collect();
    let (new, known): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|candidate| new.contains(&candidate.id.0));
    sent_earlier(connection, &known, events).await?;
    Ok(new)
}

/// Each report about a message typed on the phone repeats the message with a time of its own; the earliest is when it was sent.
async fn sent_earlier(connection: &mut PgConnection, known: &[Stored<'_>], events: &mut Vec<NewEvent>) -> sqlx::Result<()> {
    let echoes: Vec<_> = known.iter().filter(|message| message.wire.direction == Direction::Outbound).collect();
    if echoes.is_empty() {
        return Ok(());
    }
    let moved = sqlx::query!(
        r#"
        update message m set sent_at = e.at
        from unnest($1::uuid[], $2::text[], $3::timestamptz[]) e(workspace_id, provider_message_id, at)
        where m.workspace_id = e.workspace_id and m.provider_message_id = e.provider_message_id and m.sender = 'phone' and e.at < m.sent_at
        returning m.workspace_id, m.conversation_id, m.id
        "#,
        &echoes.iter().map(|m| m.route.workspace.0).collect::<Vec<_>>(),
        &echoes.iter().map(|m| m.wire.provider_id.clone()).collect::<Vec<_>>(),
        &echoes.iter().map(|m| from_millis(m.wire.at)).collect::<Vec<_>>()
    )
    .fetch_all(&mut *connection)
    .await?;
    if moved.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        r#"
        update conversation c set last_message_id = l.id, last_message_at = l.sent_at
        from unnest($1::uuid[], $2::uuid[]) t(workspace_id, id), lateral (
            select m.id, m.sent_at from message m
            where m.workspace_id = t.workspace_id and m.conversation_id = t.id and m.direction <> 'system'
            order by m.sent_at desc, m.id desc limit 1
        ) l
        where c.workspace_id = t.workspace_id and c.id = t.id
        "#,
        &moved.iter().map(|row| row.workspace_id).collect::<Vec<_>>(),
        &moved.iter().map(|row| row.conversation_id).collect::<Vec<_>>()
    )
    .execute(connection)
    .await?;
    events.extend(moved.into_iter().map(|row| {
        let workspace = WorkspaceId(row.workspace_id);
        NewEvent::new(workspace, Happened::MessageChanged, ConversationId(row.conversation_id)).message(MessageId(row.id))
    }));
    Ok(())
}

/// Metadata of files; the bytes are fetched by a job.
async fn media(connection: &mut PgConnection, now: DateTime<Utc>, stored: &[Stored<'_>]) -> sqlx::Result<()> {
    for message in stored {
        let Some(file) = &message.wire.media else { continue };
        let id = new_id();
        sqlx::query!(
            r#"
            insert into media (workspace_id, id, message_id, provider_media_id, source_url, mime, file_name, byte_size, sha256)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            "#,
            message.route.workspace.0,
            id,
            message.id.0,
            file.provider_media_id,
            file.url,
            file.mime,
            file.file_name,
            file.byte_size,
            file.sha256
        )
        .execute(&mut *connection)
        .await?;
        jobs::put(connection, now, NewJob::fetch_media(message.route.workspace, id)).await?;
    }
    Ok(())
}

/// The newest reaction of each side to a message.
async fn reactions(connection: &mut PgConnection, batch: &Batch<'_>, events: &mut Vec<NewEvent>) -> sqlx::Result<()> {
    for (route, reaction) in &batch.reactions {
        let changed = sqlx::query!(
            r#"
            insert into reaction (workspace_id, target, by_contact, emoji, at) values ($1, $2, $3, $4, $5)
            on conflict (workspace_id, target, by_contact) do update set emoji = excluded.emoji, at = excluded.at
            where (excluded.at, coalesce(excluded.emoji, '')) > (reaction.at, coalesce(reaction.emoji, ''))
            "#,
            route.workspace.0,
            reaction.target,
            reaction.by_contact,
            reaction.emoji,
            from_millis(reaction.at)
        )
        .execute(&mut *connection)
        .await?;
        if changed.rows_affected() == 0 {
            continue;
        }
        let target = sqlx::query!(
            "select id, conversation_id from message where workspace_id = $1 and provider_message_id = $2",
            route.workspace.0,
            reaction.target
        )
        .fetch_optional(&mut *connection)
        .await?;
        if let Some(target) = target {
            events.push(
                NewEvent::new(route.workspace, Happened::MessageChanged, ConversationId(target.conversation_id))
                    .message(MessageId(target.id)),
            );
        }
    }
    Ok(())
}

/// Brings conversations up to their new messages: unread, last message, window, and who holds them. Gives the conversations that ARI should
/// answer.
async fn advance(
    connection: &mut PgConnection,
    conversations: &mut BTreeMap<ConversationKey, Open>,
    stored: &[Stored<'_>],
    events: &mut Vec<NewEvent>,
) -> sqlx::Result<BTreeSet<ConversationKey>> {
    #[derive(Default)]
    struct News {
        unread: i32,
        last: Option<(i64, Uuid)>,
        inbound_at: Option<i64>,
        number: Option<Uuid>,
        text: bool,
        typed_on_phone: bool,
    }
    let mut news: BTreeMap<ConversationKey, News> = BTreeMap::new();
    for message in stored {
        let entry = news.entry(message.key).or_default();
        let wire = message.wire;
        let history = wire.origin == Origin::HistorySync;
        entry.last = entry.last.max(Some((wire.at, message.id.0)));
        let inbound = wire.direction == Direction::Inbound;
        if inbound && !history {
            entry.unread += 1;
            entry.text |= wire.kind == "text";
            if entry.inbound_at < Some(wire.at) {
                entry.inbound_at = Some(wire.at);
                entry.number = Some(message.route.number);
            }
        }
        entry.typed_on_phone |= wire.sender == Sender::Phone && wire.origin == Origin::BusinessApp;
        let happened = if inbound { Happened::MessageReceived } else { Happened::MessageSent };
        let delta = i32::from(inbound && !history);
        events.push(NewEvent::new(message.route.workspace, happened, message.conversation).message(message.id).unread(delta));
    }
    let mut wants_ari = BTreeSet::new();
    let open: Vec<(&ConversationKey, &News, &mut Open)> =
        conversations.iter_mut().filter_map(|(key, open)| news.get_key_value(key).map(|(key, news)| (key, news, open))).collect();
    if open.is_empty() {
        return Ok(wants_ari);
    }
    sqlx::query!(
        r#"
        update conversation c set
            unread_count = c.unread_count + n.unread,
            last_message_id = case when c.last_message_id is null or (n.last_at, n.last_id) > (c.last_message_at, c.last_message_id)
                then n.last_id else c.last_message_id end,
            last_message_at = case when c.last_message_id is null or (n.last_at, n.last_id) > (c.last_message_at, c.last_message_id)
                then n.last_at else c.last_message_at end,
            number_id = case when n.number_id is not null and (c.last_inbound_at is null or n.inbound_at > c.last_inbound_at)
                then n.number_id else c.number_id end,
            last_inbound_at = greatest(c.last_inbound_at, n.inbound_at),
            holder = case when n.typed_on_phone then 'team' else c.holder end,
            turn = c.turn + case when n.typed_on_phone and c.holder = 'ari' then 1 else 0 end
        from unnest($1::uuid[], $2::uuid[], $3::int[], $4::uuid[], $5::timestamptz[], $6::timestamptz[], $7::uuid[], $8::bool[])
            n(workspace_id, id, unread, last_id, last_at, inbound_at, number_id, typed_on_phone)
        where c.workspace_id = n.workspace_id and c.id = n.id
        "#,
        &open.iter().map(|(key, ..)| key.0).collect::<Vec<_>>(),
        &open.iter().map(|(_, _, open)| open.id.0).collect::<Vec<_>>(),
        &open.iter().map(|(_, news, _)| news.unread).collect::<Vec<_>>(),
        &open.iter().map(|(_, news, _)| news.last.map(|last| last.1)).collect::<Vec<_>>() as &[Option<Uuid>],
        &open.iter().map(|(_, news, _)| news.last.map(|last| from_millis(last.0))).collect::<Vec<_>>() as &[Option<DateTime<Utc>>],
        &open.iter().map(|(_, news, _)| news.inbound_at.map(from_millis)).collect::<Vec<_>>() as &[Option<DateTime<Utc>>],
        &open.iter().map(|(_, news, _)| news.number).collect::<Vec<_>>() as &[Option<Uuid>],
        &open.iter().map(|(_, news, _)| news.typed_on_phone).collect::<Vec<_>>()
    )
    .execute(connection)
    .await?;
    for (key, news, open) in open {
        if news.typed_on_phone && open.holder_is_ari {
            open.holder_is_ari = false;
            events.push(NewEvent::new(WorkspaceId(key.0), Happened::ConversationChanged, open.id));
        }
        // The provider's clock has whole seconds: a second question may carry the time of the first.
        let newest = news.inbound_at.map(from_millis) >= open.last_inbound_at;
        if news.text && newest && open.holder_is_ari && open.ari_enabled {
            wants_ari.insert(*key);
        }
    }
    Ok(wants_ari)
}

/// Delivery reports, kept even when they are ahead of their message, and the messages they move on.
async fn statuses(connection: &mut PgConnection, batch: &Batch<'_>, stored: &[Stored<'_>], events: &mut Vec<NewEvent>) -> sqlx::Result<()> {
    /// Earliest time, and the failure that came with it.
    type Report<'a> = (i64, Option<&'a (i32, String)>);
    let mut reports: BTreeMap<(Uuid, &str, &str), Report<'_>> = BTreeMap::new();
    for (route, status) in &batch.statuses {
        let report =
            reports.entry((route.workspace.0, &status.provider_id, &status.status)).or_insert((status.at, status.failure.as_ref()));
        if (status.at, status.failure.as_ref()) < *report {
            *report = (status.at, status.failure.as_ref());
        }
    }
    reports.retain(|(_, _, status), _| matches!(*status, "sent" | "delivered" | "read" | "played" | "failed"));
    if !reports.is_empty() {
        sqlx::query!(
            r#"
            insert into message_status (workspace_id, provider_message_id, status, at, failure_code, failure_reason)
            select * from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::int[], $6::text[])
            on conflict (workspace_id, provider_message_id, status) do update
                set at = excluded.at, failure_code = excluded.failure_code, failure_reason = excluded.failure_reason
                where (excluded.at, coalesce(excluded.failure_code, -1), coalesce(excluded.failure_reason, ''))
                    < (message_status.at, coalesce(message_status.failure_code, -1), coalesce(message_status.failure_reason, ''))
            "#,
            &reports.keys().map(|key| key.0).collect::<Vec<_>>(),
            &reports.keys().map(|key| key.1.to_owned()).collect::<Vec<_>>(),
            &reports.keys().map(|key| key.2.to_owned()).collect::<Vec<_>>(),
            &reports.values().map(|report| from_millis(report.0)).collect::<Vec<_>>(),
            &reports.values().map(|report| report.1.map(|failure| failure.0)).collect::<Vec<_>>() as &[Option<i32>],
            &reports.values().map(|report| report.1.map(|failure| failure.1.clone())).collect::<Vec<_>>() as &[Option<String>]
        )
        .execute(&mut *connection)
        .await?;
    }
    let mut touched: BTreeSet<(Uuid, &str)> = reports.keys().map(|key| (key.0, key.1)).collect();
    touched.extend(
        stored.iter().filter(|m| m.wire.direction == Direction::Outbound).map(|m| (m.route.workspace.0, m.wire.provider_id.as_str())),
    );
    if touched.is_empty() {
        return Ok(());
    }
    let (workspaces, ids): (Vec<Uuid>, Vec<String>) = touched.into_iter().map(|(workspace, id)| (workspace, id.to_owned())).unzip();
    let moved = move_on(connection, &workspaces, &ids).await?;
    let fresh: HashSet<MessageId> = stored.iter().map(|message| message.id).collect();
    events.extend(
        moved
            .into_iter()
            // A new message's own event already shows where it stands.
            .filter(|(_, _, message)| !fresh.contains(message))
            .map(|(workspace, conversation, message)| {
                NewEvent::new(workspace, Happened::MessageStatusChanged, conversation).message(message)
            }),
    );
    Ok(())
}

/// Makes transactions about the same outbound messages wait for each other. A report and its message may arrive at two processes at once; without
/// this, neither would see the other's rows, and the message would stay behind its report. The message itself cannot be locked: it may not be there.
pub async fn take_turns(connection: &mut PgConnection, messages: BTreeSet<(Uuid, &str)>) -> sqlx::Result<()> {
    if messages.is_empty() {
        return Ok(());
    }
    let (workspaces, ids): (Vec<Uuid>, Vec<String>) = messages.into_iter().map(|(workspace, id)| (workspace, id.to_owned())).unzip();
    // In the order of the locks, so that two batches cannot wait for each other in a circle.
    sqlx::query!(
        r#"
        select pg_advisory_xact_lock(t.lock) as locked from (
            select distinct hashtextextended(m.workspace_id::text || m.provider_message_id, 0) as lock
            from unnest($1::uuid[], $2::text[]) m(workspace_id, provider_message_id) order by 1
        ) t
        "#,
        &workspaces,
        &ids
    )
    .fetch_all(connection)
    .await?;
    Ok(())
}

/// Moves outbound messages to the furthest status reported for them. Gives those that moved.
pub async fn move_on(
    connection: &mut PgConnection,
    workspaces: &[Uuid],
    provider_ids: &[String],
) -> sqlx::Result<Vec<(WorkspaceId, ConversationId, MessageId)>> {
    let rows = sqlx::query!(
        r#"
        update message m set status = best.status, failure_code = best.failure_code, failure_reason = best.failure_reason
        from (
            select distinct on (s.workspace_id, s.provider_message_id)
                s.workspace_id, s.provider_message_id, case when s.status = 'played' then 'read' else s.status end as status,
                s.failure_code, s.failure_reason
            from unnest($1::uuid[], $2::text[]) t(workspace_id, provider_message_id)
            join message_status s on s.workspace_id = t.workspace_id and s.provider_message_id = t.provider_message_id
            order by s.workspace_id, s.provider_message_id, status_rank(case when s.status = 'played' then 'read' else s.status end) desc
        ) best
        where m.workspace_id = best.workspace_id and m.provider_message_id = best.provider_message_id and m.direction = 'outbound'
          and (status_rank(best.status) > status_rank(m.status)
              -- The first of two failures tells the reason.
              or best.status = 'failed' and m.status = 'failed'
                  and (best.failure_code, best.failure_reason) is distinct from (m.failure_code, m.failure_reason))
        returning m.workspace_id, m.conversation_id, m.id
        "#,
        workspaces,
        provider_ids
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (WorkspaceId(row.workspace_id), ConversationId(row.conversation_id), MessageId(row.id))).collect())
}

/// What has to happen because of the new messages. Files were put where they were stored.
async fn put_jobs(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    stored: &[Stored<'_>],
    wants_ari: &BTreeSet<ConversationKey>,
) -> sqlx::Result<bool> {
    let mut asked = BTreeSet::new();
    for message in stored.iter().filter(|message| wants_ari.contains(&message.key)) {
        if asked.insert(message.key) {
            jobs::put(connection, now, NewJob::ari_reply(message.route.workspace, message.conversation)).await?;
        }
    }
    Ok(!asked.is_empty() || stored.iter().any(|message| message.wire.media.is_some()))
}
