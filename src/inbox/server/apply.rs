//! What one ingest transaction does with its deliveries.
//!
//! Everything is keyed by what was signed (the provider's message id, the status, the identity), never by when or how often it arrived, so that any
//! interleaving and repetition of the same deliveries leads to the same tables. Statements work on whole batches through `unnest`, and a batch of
//! texts from known customers takes three of them ([`find`], [`write`], `record`); the others are sent only where a batch has what they are for. Rows are
//! locked in one order (conversations by id, messages' turns, sequence counters last). People who write for the first time are claimed after the
//! conversations of the others are locked, so two processes that both meet the same newcomers can collide; Postgres ends one of them and it is repeated.

mod changes;
mod echoes;
mod find;
mod reactions;
mod statuses;
mod write;

pub use changes::bring_up_to_date;
pub use reactions::undone;
pub use statuses::{move_on, take_turns};
pub use write::keep;

use super::{
    people::{self, Contacts, contact_of},
    record::{self, Happened, NewEvent},
};
use crate::{
    ids::WorkspaceId,
    inbox::model::Direction,
    server::{
        clock::from_millis,
        crypto::new_id,
        jobs::{self, NewJob},
        whatsapp::payload::{self, Origin, Parsed, What, WireChange, WireIdentity, WireMessage, WireReaction, WireStatus},
    },
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use find::{ConversationKey, Found, Rest};
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;
use write::{Stored, Written};

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
                What::Change(change) => set(&mut change.at),
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
    let mut found = find::find(connection, deliveries).await?;
    let mut batch = Batch::default();
    for item in deliveries.iter().flat_map(|delivery| &delivery.parsed.items) {
        if let Some(route) = found.routes.get(item.phone_number_id.as_str()) {
            batch.sort(*route, &item.what);
        }
    }
    let mut events = Vec::new();
    let seen: Vec<_> = batch.seen.iter().map(|seen| (seen.workspace, seen.who)).collect();
    if people::contacts(connection, now, &seen, &mut found.contacts, &mut events).await? {
        // Conversations of theirs were merged, too: read again.
        found.open.clear();
    }
    usernames(connection, &batch, &found.contacts).await?;
    find::open_missing(connection, now, &batch, &found.contacts, &mut found.open).await?;
    let outbound = batch.messages.iter().filter(|(_, message)| message.direction == Direction::Outbound);
    let outbound = outbound.map(|(route, message)| (route.workspace.0, message.provider_id.as_str()));
    let reported = batch.statuses.iter().map(|(route, status)| (route.workspace.0, status.provider_id.as_str()));
    let changed = batch.changes.iter().map(|(route, change)| (route.workspace.0, change.target.as_str()));
    take_turns(connection, outbound.chain(reported).chain(changed).collect()).await?;
    let echoes::Adopted { ours, revived, named } = echoes::adopt_echoes(connection, &batch, &found.contacts, &found.open).await?;
    let Written { new, known, mut changed } = write::write(connection, now, deliveries, &batch, &found, &ours, &mut events).await?;
    // Who waits in these is looked up once their conversations can be locked first.
    let mut unsettled: BTreeSet<_> = echoes::sent_earlier(connection, &known, &mut events).await?.into_iter().chain(revived).collect();
    unsettled.extend(
        new.iter().filter(|message| answers_earlier(message, &found)).map(|message| (message.route.workspace, message.conversation)),
    );
    changed.extend(named);
    let mut jobs = media(connection, &new).await?;
    reactions::reactions(connection, now, &batch, &mut events).await?;
    jobs.extend(changes::changes(connection, now, &batch, changed, &mut events).await?);
    jobs.extend(answers(&mut found, &new, &mut events));
    unsettled.extend(statuses::statuses(connection, &batch, &new, &mut events).await?);
    jobs.extend(unsettled.into_iter().map(|(workspace, conversation)| NewJob::settle_waiting(workspace, conversation)));
    reactions::failed(connection, &batch, &mut events).await?;
    let wakes_workers = !jobs.is_empty();
    jobs::put_all(connection, now, jobs).await?;
    record::record(connection, now, &events).await?;
    Ok(Applied { workspaces: events.iter().map(|event| event.workspace).collect(), jobs: wakes_workers })
}

/// The batch's items by what has to be done with them.
#[derive(Default)]
pub struct Batch<'a> {
    messages: Vec<(Route, &'a WireMessage)>,
    statuses: Vec<(Route, &'a WireStatus)>,
    reactions: Vec<(Route, &'a WireReaction)>,
    changes: Vec<(Route, &'a WireChange)>,
    seen: Vec<Seen<'a>>,
}

/// Somebody as one item describes them.
pub struct Seen<'a> {
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
            What::Change(change) => {
                // As for a message: so whoever stores the one that it is about, of somebody new, is waited for.
                let who = &change.contact;
                self.seen.push(Seen { workspace: route.workspace, who, name: who.profile_name.as_deref(), at: change.at });
                self.changes.push((route, change));
            }
            What::ProfileName { identity, name, at } => {
                self.seen.push(Seen { workspace: route.workspace, who: identity, name: Some(name), at: *at });
            }
        }
    }
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

/// Metadata of files; the bytes are fetched by the jobs that this gives.
async fn media(connection: &mut PgConnection, new: &[Stored<'_>]) -> sqlx::Result<Vec<NewJob>> {
    let mut jobs = Vec::new();
    for message in new {
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
        jobs.push(NewJob::fetch_media(message.route.workspace, id));
    }
    Ok(jobs)
}

/// Whether it is an answer from before something that the customer said and that is stored already: what they wait for since then is not in this batch.
fn answers_earlier(message: &Stored<'_>, found: &Found) -> bool {
    let stored = found.open.get(&message.key).and_then(|open| open.last_inbound_at);
    message.wire.direction == Direction::Outbound
        && message.wire.origin != Origin::HistorySync
        && stored.is_some_and(|stored| from_millis(message.wire.at) < stored)
}

/// The events of new messages, and the jobs of the conversations that ARI should answer.
fn answers(found: &mut Found, new: &[Stored<'_>], events: &mut Vec<NewEvent>) -> Vec<NewJob> {
    #[derive(Default)]
    struct News {
        text: bool,
        inbound_at: Option<i64>,
        typed_on_phone: bool,
    }
    let mut news: BTreeMap<ConversationKey, News> = BTreeMap::new();
    for message in new {
        let entry = news.entry(message.key).or_default();
        if message.counts() {
            entry.text |= message.wire.kind == "text";
            entry.inbound_at = entry.inbound_at.max(Some(message.wire.at));
        }
        entry.typed_on_phone |= message.typed_on_phone();
        let inbound = message.wire.direction == Direction::Inbound;
        let happened = if inbound { Happened::MessageReceived } else { Happened::MessageSent };
        let delta = i32::from(message.counts());
        events.push(NewEvent::new(message.route.workspace, happened, message.conversation).message(message.id).unread(delta));
    }
    let mut jobs = Vec::new();
    for (key, news) in news {
        let Some(open) = found.open.get_mut(&key) else { continue };
        let workspace = WorkspaceId(key.0);
        if open.rest == Rest::Closed && news.inbound_at.is_some() {
            open.holder_is_ari = open.ari_enabled;
        }
        if news.typed_on_phone && open.holder_is_ari {
            open.holder_is_ari = false;
            events.push(NewEvent::new(workspace, Happened::ConversationChanged, open.id));
        }
        // The provider's clock has whole seconds: a second question may carry the time of the first.
        let newest = news.inbound_at.map(from_millis) >= open.last_inbound_at;
        if news.text && newest && open.holder_is_ari && open.ari_enabled {
            jobs.push(NewJob::ari_reply(workspace, open.id));
        }
    }
    jobs
}
