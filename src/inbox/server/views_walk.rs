//! A page of the list. What has a filter, or an order that no one index has, is walked in an order that an index has, and each conversation asked by the very
//! rule by which the browser asks ([`ListView::lets`]): so the two cannot differ.
//!
//! A walk ends at a bound. Where few conversations pass, a page may then be short or empty and yet have a next one, which goes on where this one ended.

use super::{
    field_terms, masking,
    views_order::{self, Order, Part},
};
use crate::{
    ids::PersonId,
    inbox::{
        filter::{Asker, Facts, Filter},
        list_view::{ListView, Sort, URGENT},
        model::*,
    },
    server::{clock, scope::Scope},
    time::WINDOW,
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// Conversations that one page may look at.
const WALKED: usize = 20_000;
/// Conversations read at a time: more each time, up to this many.
const STRIDE: usize = 4_000;
/// One more than a page, which tells whether there is another.
const WANTED: usize = LIST_PAGE as usize + 1;

/// A page.
pub(super) struct Walked {
    pub ids: Vec<Uuid>,
    /// The place after which the next page begins, if there may be one.
    pub next: Option<ListCursor>,
}

impl Walked {
    /// The page out of what was found, one more than a page at most; `walked_to` if not everything was looked at.
    fn new(mut found: Vec<(Uuid, ListCursor)>, walked_to: Option<ListCursor>) -> Self {
        let more = found.len() >= WANTED;
        found.truncate(WANTED - 1);
        let next = if more { found.last().map(|(_, place)| *place) } else { walked_to };
        Self { ids: found.into_iter().map(|(id, _)| id).collect(), next }
    }
}

/// The page of a list that begins after `before`.
pub(super) async fn page(
    connection: &mut PgConnection,
    scope: &Scope,
    view: &ListView,
    before: Option<ListCursor>,
    now: DateTime<Utc>,
) -> sqlx::Result<Walked> {
    let place = before.unwrap_or(view.beginning());
    let order = match view.sort {
        Sort::Newest => Order::Newest,
        Sort::Oldest => Order::Oldest,
        Sort::Waiting if view.filter.is_empty() => Order::Waiting,
        Sort::Priority | Sort::Window | Sort::Waiting => return walk(connection, scope, view, place, now).await,
    };
    if !view.filter.is_empty() {
        return walk(connection, scope, view, place, now).await;
    }
    // All of it belongs to the page, and only the last one's place is asked for.
    let part = Part { order, after: place, limit: WANTED as i64, now };
    let ids = views_order::ids(connection, scope, view, &part).await?;
    let last = ids.get(..WANTED - 1).filter(|_| ids.len() >= WANTED).and_then(<[_]>::last).copied();
    let known = facts(connection, scope, last.as_slice(), Asks::default()).await?;
    let next = last.and_then(|id| known.get(&id).map(|facts| place_of(order, id, facts)));
    Ok(Walked { ids: ids.into_iter().take(WANTED - 1).collect(), next })
}

async fn walk(
    connection: &mut PgConnection,
    scope: &Scope,
    view: &ListView,
    mut place: ListCursor,
    now: DateTime<Utc>,
) -> sqlx::Result<Walked> {
    let orders: &[Order] = match view.sort {
        Sort::Newest => &[Order::Newest],
        Sort::Oldest => &[Order::Oldest],
        Sort::Priority if place.at < URGENT => &[Order::Newest],
        Sort::Priority => &[Order::Urgent, Order::Newest],
        Sort::Window => &[Order::Window],
        Sort::Waiting => &[Order::Waiting],
    };
    let by = asker(connection, scope, view.filter.asks_days(), now).await?;
    let (mut found, mut walked) = (Vec::new(), 0);
    for &order in orders {
        if order == Order::Newest {
            // After what is urgent everything else begins.
            place = place.min(ListCursor { at: URGENT - 1, id: Uuid::max() });
        }
        let mut stride = WANTED;
        loop {
            let part = Part { order, after: by_order(order, place), limit: stride as i64, now };
            let ids = views_order::ids(connection, scope, view, &part).await?;
            let facts = facts(connection, scope, &ids, Asks::of(&view.filter)).await?;
            // Read in one snapshot: each id has its facts.
            for (id, facts) in ids.iter().filter_map(|id| facts.get(id).map(|facts| (*id, facts))) {
                place = place_of(order, id, facts);
                let urgent_before = view.sort == Sort::Priority && order == Order::Newest && facts.high_priority;
                if !urgent_before && view.lets(facts, by) {
                    found.push((id, place));
                }
                if found.len() == WANTED {
                    return Ok(Walked::new(found, None));
                }
            }
            if ids.len() < stride {
                break;
            }
            walked += ids.len();
            if walked >= WALKED {
                return Ok(Walked::new(found, Some(place)));
            }
            stride = (stride * 4).min(STRIDE);
        }
    }
    Ok(Walked::new(found, None))
}

/// The caller, as somebody who looks at a list. The workspace's zone is looked up only where `days` count.
pub(super) async fn asker(connection: &mut PgConnection, scope: &Scope, days: bool, now: DateTime<Utc>) -> sqlx::Result<Asker> {
    let mut by = Asker { me: scope.person, now: now.timestamp_millis(), offset_minutes: 0 };
    if days {
        let zone = sqlx::query_scalar!("select time_zone from workspace where id = $1", scope.workspace.0).fetch_one(connection).await?;
        by.offset_minutes = clock::offset_minutes(&zone, now);
    }
    Ok(by)
}

/// A place as the order's index has it.
fn by_order(order: Order, place: ListCursor) -> ListCursor {
    let at = match order {
        Order::Newest | Order::Oldest | Order::Waiting => place.at,
        Order::Urgent => place.at - URGENT,
        Order::Window => place.at - WINDOW,
    };
    ListCursor { at, id: place.id }
}

/// The place of a conversation: [`ListView::place`].
fn place_of(order: Order, id: Uuid, facts: &Facts) -> ListCursor {
    let at = match order {
        Order::Newest | Order::Oldest => facts.last_at,
        Order::Urgent => facts.last_at + URGENT,
        Order::Window => facts.window_closes.unwrap_or(0),
        Order::Waiting => facts.waiting_since.unwrap_or(0),
    };
    ListCursor { at, id }
}

/// What is read of the contact, because a filter asks for it.
#[derive(Clone, Debug, Default)]
pub(super) struct Asks {
    /// Stage and tags.
    pub labels: bool,
    /// What stands in these fields.
    pub fields: Vec<Uuid>,
    pub blocked: bool,
}

impl Asks {
    pub fn of(filter: &Filter) -> Self {
        Self { labels: filter.asks_labels(), fields: filter.own_fields().collect(), blocked: filter.asks_blocked() }
    }
}

/// What filters ask of these conversations; what is the contact's only where it is asked for.
pub(super) async fn facts(connection: &mut PgConnection, scope: &Scope, ids: &[Uuid], asks: Asks) -> sqlx::Result<HashMap<Uuid, Facts>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query!(
        r#"
        select id, state, assignee_id, priority, unread_count, last_inbound_at, holder, number_id, last_message_at, waiting_since,
            least(answer_due_at, resolve_due_at) as due_at,
            -- Of one that is not closed the contact is not blocked.
            $4 and state = 'closed' and exists (
                select from contact k where k.workspace_id = c.workspace_id and k.id = c.contact_id and k.blocked_at is not null
            ) as "blocked!",
            case when $3 then (
                select s.id from contact k join stage s on s.workspace_id = k.workspace_id and s.id = k.stage_id
                where k.workspace_id = c.workspace_id and k.id = c.contact_id
            ) end as stage_id,
            case when $3 then array(
                select t.tag_id from contact_tag t where t.workspace_id = c.workspace_id and t.contact_id = c.contact_id
            ) else '{}' end as "tags!",
            case when cardinality($5::uuid[]) > 0 then array(
                select v.field_id::text || ':' || coalesce('=' || h.id::text, '~' || v.value)
                from contact_value v
                join contact_field f on f.workspace_id = v.workspace_id and f.id = v.field_id
                left join field_choice h on h.workspace_id = v.workspace_id and h.id = v.choice_id
                where v.workspace_id = c.workspace_id and v.contact_id = c.contact_id and v.field_id = any($5) and (v.choice_id is null or h.id is not null)
                order by v.field_id
            ) else '{}' end as "values!"
        from conversation c where workspace_id = $1 and id = any($2)
        "#,
        scope.workspace.0,
        ids,
        asks.labels,
        asks.blocked,
        &asks.fields
    )
    .fetch_all(&mut *connection)
    .await?;
    let holds_values = rows.iter().any(|row| !row.values.is_empty());
    let mask = if holds_values { masking::for_conversations(connection, scope, ids).await? } else { None };
    Ok(rows
        .into_iter()
        .map(|row| {
            let mut facts = Facts {
                state: match row.state.as_str() {
                    "open" => "open",
                    "closed" => "closed",
                    _ => "snoozed",
                },
                assignee: row.assignee_id.map(PersonId),
                high_priority: row.priority > 0,
                unread: row.unread_count > 0,
                window_closes: window_closes(row.last_inbound_at.map(|at| at.timestamp_millis())),
                holder: Holder::parse(&row.holder).unwrap_or(Holder::Team),
                number: Some(row.number_id),
                stage: row.stage_id,
                tags: row.tags,
                values: field_terms::compared(row.values),
                blocked: row.blocked,
                last_at: row.last_message_at.timestamp_millis(),
                waiting_since: row.waiting_since.map(|at| at.timestamp_millis()),
                due: row.due_at.map(|at| at.timestamp_millis()),
            };
            if let Some(mask) = &mask {
                masking::values(mask, &mut facts.values);
            }
            (row.id, facts)
        })
        .collect())
}
