//! The first statement of a batch: whose numbers these are, whom it is about, and their open conversations, locked.

use super::{Batch, Delivery, Route};
use crate::{
    ids::{ConversationId, WorkspaceId},
    inbox::server::people::{self, Contacts, contact_of, recognised_by},
    server::{
        clock::from_millis,
        crypto::new_id,
        whatsapp::payload::{What, WireIdentity},
    },
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// What the database knows of a batch's numbers and people.
#[derive(Default)]
pub struct Found {
    /// By the provider's id of the number.
    pub routes: HashMap<String, Route>,
    pub contacts: Contacts,
    pub open: BTreeMap<ConversationKey, Open>,
}

/// Workspace and contact: at most one conversation of theirs is not closed. Where all are, the newest of them stands here.
pub type ConversationKey = (Uuid, Uuid);

/// A conversation of the batch, locked.
pub struct Open {
    pub id: ConversationId,
    pub holder_is_ari: bool,
    pub ari_enabled: bool,
    pub last_inbound_at: Option<DateTime<Utc>>,
    pub rest: Rest,
}

/// What the customer's next message ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    None,
    Snoozed,
    Closed,
    /// Closed, and what the customer writes ends nothing: the team does not want to hear from them.
    Blocked,
}

impl Rest {
    fn of(state: &str) -> Self {
        match state {
            "snoozed" => Self::Snoozed,
            "closed" => Self::Closed,
            _ => Self::None,
        }
    }
}

/// A person whom an item is about. Reports and reactions are about messages.
fn person(what: &What) -> Option<&WireIdentity> {
    match what {
        What::Message(message) => Some(&message.contact),
        What::ProfileName { identity, .. } => Some(identity),
        // Whoever stores what it is about holds that person's conversation, and is waited for.
        What::Change(change) => Some(&change.contact),
        What::Status(_) | What::Reaction(_) => None,
    }
}

/// Looks everything up in one go, because every further statement is a further trip to the database that the customer waits for.
/// Conversations are locked in the order of their ids.
pub async fn find(connection: &mut PgConnection, deliveries: &[Delivery]) -> sqlx::Result<Found> {
    let mut asked: BTreeSet<(&str, Option<(&'static str, &str)>)> = BTreeSet::new();
    for item in deliveries.iter().flat_map(|delivery| &delivery.parsed.items) {
        let number = item.phone_number_id.as_str();
        asked.insert((number, None));
        asked.extend(person(&item.what).into_iter().flat_map(recognised_by).map(|key| (number, Some(key))));
    }
    if asked.is_empty() {
        return Ok(Found::default());
    }
    let rows = sqlx::query!(
        r#"
        with named as materialized (
            select r.phone_number_id, r.workspace_id, r.number_id, w.ari_enabled, n.kind, n.value, i.contact_id
            from unnest($1::text[], $2::text[], $3::text[]) n(phone_number_id, kind, value)
            join number_route r on r.phone_number_id = n.phone_number_id
            join workspace w on w.id = r.workspace_id
            left join identity i on i.workspace_id = r.workspace_id and i.kind = n.kind and i.value = n.value
        ), open as materialized (
            select c.workspace_id, c.contact_id, c.id, c.state, c.holder, c.last_inbound_at
            from (select distinct workspace_id, contact_id from named where contact_id is not null) n
            join conversation c on c.workspace_id = n.workspace_id and c.contact_id = n.contact_id and c.state <> 'closed'
            order by c.id
            for update of c
        )
        select n.phone_number_id as "phone_number_id!", n.workspace_id as "workspace_id!", n.number_id as "number_id!",
            n.ari_enabled as "ari_enabled!", n.kind, n.value, n.contact_id as "contact_id?",
            o.id as "conversation_id?", o.state as "state?", o.holder as "holder?", o.last_inbound_at as "last_inbound_at?"
        from named n left join open o on o.workspace_id = n.workspace_id and o.contact_id = n.contact_id
        "#,
        &asked.iter().map(|(number, _)| (*number).to_owned()).collect::<Vec<_>>(),
        &asked.iter().map(|(_, key)| key.map(|key| key.0.to_owned())).collect::<Vec<_>>() as &[Option<String>],
        &asked.iter().map(|(_, key)| key.map(|key| key.1.to_owned())).collect::<Vec<_>>() as &[Option<String>]
    )
    .fetch_all(connection)
    .await?;
    let mut found = Found::default();
    for row in rows {
        found.routes.insert(row.phone_number_id, Route { workspace: WorkspaceId(row.workspace_id), number: row.number_id });
        let (Some(kind), Some(value), Some(contact)) = (row.kind, row.value, row.contact_id) else { continue };
        found.contacts.insert((row.workspace_id, people::kind_key(&kind), value), contact);
        if let (Some(id), Some(state), Some(holder)) = (row.conversation_id, row.state, row.holder) {
            let open = Open {
                id: ConversationId(id),
                holder_is_ari: holder == "ari",
                ari_enabled: row.ari_enabled,
                last_inbound_at: row.last_inbound_at,
                rest: Rest::of(&state),
            };
            found.open.insert((row.workspace_id, contact), open);
        }
    }
    Ok(found)
}

/// Opens a conversation for every contact who wrote and never had one; of the others whose conversations are all closed, finds the newest. Locks them.
/// Whether a closed one is open again is decided where it is known what is new: a delivery that comes twice reopens nothing.
pub async fn open_missing(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    batch: &Batch<'_>,
    contacts: &Contacts,
    open: &mut BTreeMap<ConversationKey, Open>,
) -> sqlx::Result<()> {
    let mut wanted: BTreeMap<ConversationKey, (Uuid, i64)> = BTreeMap::new();
    for (route, message) in &batch.messages {
        if let Some(contact) = contact_of(contacts, route.workspace, &message.contact) {
            let first = wanted.entry((route.workspace.0, contact)).or_insert((route.number, message.at));
            first.1 = first.1.min(message.at);
        }
    }
    wanted.retain(|key, _| !open.contains_key(key));
    if wanted.is_empty() {
        return Ok(());
    }
    let workspaces: Vec<Uuid> = wanted.keys().map(|key| key.0).collect();
    let people: Vec<Uuid> = wanted.keys().map(|key| key.1).collect();
    sqlx::query!(
        r#"
        insert into conversation (workspace_id, id, contact_id, number_id, holder, last_message_at, created_at, chat_marks)
        select n.workspace_id, n.id, n.contact_id, n.number_id, case when w.ari_enabled then 'ari' else 'team' end, n.at, $6, 0
        from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[]) n(workspace_id, id, contact_id, number_id, at)
        join workspace w on w.id = n.workspace_id
        where not exists (select from conversation c where c.workspace_id = n.workspace_id and c.contact_id = n.contact_id)
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
        with theirs as materialized (
            select n.workspace_id, c.id
            from unnest($1::uuid[], $2::uuid[]) n(workspace_id, contact_id)
            cross join lateral (
                select c.id from conversation c
                where c.workspace_id = n.workspace_id and c.contact_id = n.contact_id
                order by c.state <> 'closed' desc, c.last_message_at desc, c.id desc
                limit 1
            ) c
        )
        select c.workspace_id, c.id, c.contact_id, c.state, c.holder, c.last_inbound_at, w.ari_enabled
        from theirs t
        join conversation c on c.workspace_id = t.workspace_id and c.id = t.id
        join workspace w on w.id = c.workspace_id
        order by c.id
        for update of c
        "#,
        &workspaces,
        &people
    )
    .fetch_all(&mut *connection)
    .await?;
    if rows.len() < wanted.len() {
        // Merged away between the two statements: from the start again.
        return Err(sqlx::Error::RowNotFound);
    }
    // All conversations of who is blocked are closed, so none of theirs was found before. Asked once they are locked, for whoever blocks locks them, too.
    let closed = rows.iter().filter(|row| row.state == "closed");
    let blocked = blocked(connection, closed.map(|row| (row.workspace_id, row.contact_id)).unzip()).await?;
    open.extend(rows.into_iter().map(|row| {
        let open = Open {
            id: ConversationId(row.id),
            holder_is_ari: row.holder == "ari",
            ari_enabled: row.ari_enabled,
            last_inbound_at: row.last_inbound_at,
            rest: if blocked.contains(&(row.workspace_id, row.contact_id)) { Rest::Blocked } else { Rest::of(&row.state) },
        };
        ((row.workspace_id, row.contact_id), open)
    }));
    Ok(())
}

/// Those of these contacts that are blocked.
async fn blocked(connection: &mut PgConnection, (workspaces, contacts): (Vec<Uuid>, Vec<Uuid>)) -> sqlx::Result<BTreeSet<ConversationKey>> {
    if contacts.is_empty() {
        return Ok(BTreeSet::new());
    }
    let rows = sqlx::query!(
        r#"
        select k.workspace_id, k.id from unnest($1::uuid[], $2::uuid[]) n(workspace_id, id)
        join contact k on k.workspace_id = n.workspace_id and k.id = n.id and k.blocked_at is not null
        "#,
        &workspaces,
        &contacts
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.workspace_id, row.id)).collect())
}
