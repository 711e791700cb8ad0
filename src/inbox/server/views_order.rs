//! The orders in which a list is read, each from an index (migrations 0018, 0028 and 0029), so that a page costs the same whatever else is there. That takes a
//! statement for each: an order by a condition that may or may not hold is no index's.

use crate::{
    inbox::{
        list_view::{ListView, Which, Whose},
        model::ListCursor,
    },
    server::{clock::from_millis, scope::Scope},
    time::WINDOW,
};
use chrono::{DateTime, Duration, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// The state of what is somebody's work now: see [`crate::inbox::list_view::is_active`].
pub(super) const ACTIVE: &str = "open";

/// An order that is read from an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Newest,
    Oldest,
    /// What is urgent, newest first.
    Urgent,
    /// Whose window is open, the first to close first.
    Window,
    /// Who waits for an answer, the longest first.
    Waiting,
}

/// Which part of a list.
pub(super) struct Part {
    pub order: Order,
    /// The place after which it begins: a time of what the order goes by.
    pub after: ListCursor,
    pub limit: i64,
    /// By which clock windows are open.
    pub now: DateTime<Utc>,
}

/// Where a page goes on, and which of the conversations it has.
struct Page<'a> {
    scope: &'a Scope,
    after_at: DateTime<Utc>,
    after_id: Uuid,
    limit: i64,
    /// The state asked for; none for every state.
    state: Option<&'static str>,
}

/// The ids of a page of one order: $1 workspace, $2 $3 the place after which it begins, $4 rows, $5 the state, used or null as `$state` says.
macro_rules! ids {
    // Everybody's, or nobody's: by the order alone.
    (from $whose:literal, $state:literal, $beyond:literal, $direction:literal, $connection:expr, $page:expr) => {
        ids!($connection, $page, [], "select id from conversation where workspace_id = $1 and " + $whose + " and " + $state
            + " and (last_message_at, id) " + $beyond + " ($2, $3) order by last_message_at " + $direction + ", id " + $direction + " limit $4")
    };
    // Those of some people: a page of each of them by the index, then the first of those. What is read does not grow with what is there.
    (of $people:expr, $state:literal, $beyond:literal, $direction:literal, $connection:expr, $page:expr) => {
        ids!($connection, $page, [$people], "select first.id as \"id!\" from unnest($6::uuid[]) person(id) cross join lateral (
                select id, last_message_at from conversation where workspace_id = $1 and assignee_id = person.id and " + $state
            + " and (last_message_at, id) " + $beyond + " ($2, $3) order by last_message_at " + $direction + ", id " + $direction
            + " limit $4
            ) first order by first.last_message_at " + $direction + ", first.id " + $direction + " limit $4")
    };
    // What is unread is little; of it, what was asked for.
    (unread $people:expr, $nobodys:expr, $beyond:literal, $direction:literal, $connection:expr, $page:expr) => {
        ids!($connection, $page, [$people as Option<&[Uuid]>, $nobodys], "select id from conversation where workspace_id = $1 and unread_count > 0
                and ($5::text is null or state = $5) and ($6::uuid[] is null or assignee_id = any($6)) and (not $7 or assignee_id is null)
                and (last_message_at, id) " + $beyond + " ($2, $3) order by last_message_at " + $direction + ", id " + $direction + " limit $4")
    };
    // What is urgent is little too.
    (urgent $people:expr, $nobodys:expr, $unread:expr, $connection:expr, $page:expr) => {
        ids!($connection, $page, [$people as Option<&[Uuid]>, $nobodys, $unread], "select id from conversation where workspace_id = $1 and priority > 0
                and ($5::text is null or state = $5) and ($6::uuid[] is null or assignee_id = any($6)) and (not $7 or assignee_id is null)
                and (not $8 or unread_count > 0)
                and (last_message_at, id) < ($2, $3) order by last_message_at desc, id desc limit $4")
    };
    // A window is open for a day: of what was said in it, those in which the customer said something.
    (window $since:expr, $people:expr, $nobodys:expr, $unread:expr, $connection:expr, $page:expr) => {
        ids!($connection, $page, [$people as Option<&[Uuid]>, $nobodys, $unread, $since], "select id from conversation where workspace_id = $1
                and last_message_at > $9 and last_inbound_at > $9
                and ($5::text is null or state = $5) and ($6::uuid[] is null or assignee_id = any($6)) and (not $7 or assignee_id is null)
                and (not $8 or unread_count > 0)
                and (last_inbound_at, id) > ($2, $3) order by last_inbound_at, id limit $4")
    };
    // Few wait for an answer at any time.
    (waiting $people:expr, $nobodys:expr, $unread:expr, $connection:expr, $page:expr) => {
        ids!($connection, $page, [$people as Option<&[Uuid]>, $nobodys, $unread], "select id from conversation where workspace_id = $1
                and waiting_since is not null
                and ($5::text is null or state = $5) and ($6::uuid[] is null or assignee_id = any($6)) and (not $7 or assignee_id is null)
                and (not $8 or unread_count > 0)
                and (waiting_since, id) > ($2, $3) order by waiting_since, id limit $4")
    };
    ($connection:expr, $page:expr, [$($more:expr),*], $($sql:tt)+) => {
        sqlx::query_scalar!(
            $($sql)+,
            $page.scope.workspace.0,
            $page.after_at,
            $page.after_id,
            $page.limit,
            $page.state
            $(, $more)*
        )
        .fetch_all($connection)
        .await
    };
}

/// The ids of a part of a list, in its order. Its filter is not asked.
pub(super) async fn ids(connection: &mut PgConnection, scope: &Scope, view: &ListView, part: &Part) -> sqlx::Result<Vec<Uuid>> {
    let me = [scope.person.0];
    let sees = scope.only_assigned_to();
    let people: Option<&[Uuid]> = match view.whose {
        Whose::Mine => Some(&me),
        // Whoever sees only what is assigned to somebody sees none of nobody's.
        Whose::Unassigned if sees.is_some() => return Ok(Vec::new()),
        Whose::Unassigned => None,
        Whose::All => sees,
    };
    let nobodys = view.whose == Whose::Unassigned;
    let state = match view.which {
        Which::Active => Some(ACTIVE),
        Which::Snoozed => Some("snoozed"),
        Which::Closed => Some("closed"),
        Which::All => None,
    };
    let page = Page { scope, after_at: from_millis(part.after.at), after_id: part.after.id, limit: part.limit, state };
    let oldest_first = match part.order {
        Order::Urgent => return ids!(urgent people, nobodys, view.unread_only, connection, page),
        Order::Window => {
            let since = part.now - Duration::milliseconds(WINDOW);
            return ids!(window since, people, nobodys, view.unread_only, connection, page);
        }
        Order::Waiting => return ids!(waiting people, nobodys, view.unread_only, connection, page),
        Order::Newest => false,
        Order::Oldest => true,
    };
    if view.unread_only {
        return match oldest_first {
            false => ids!(unread people, nobodys, "<", "desc", connection, page),
            true => ids!(unread people, nobodys, ">", "asc", connection, page),
        };
    }
    match (people, nobodys, state.is_some(), oldest_first) {
        (Some(people), _, true, false) => ids!(of people, "state = $5", "<", "desc", connection, page),
        (Some(people), _, true, true) => ids!(of people, "state = $5", ">", "asc", connection, page),
        (Some(people), _, false, false) => ids!(of people, "$5::text is null", "<", "desc", connection, page),
        (Some(people), _, false, true) => ids!(of people, "$5::text is null", ">", "asc", connection, page),
        (None, true, true, false) => ids!(from "assignee_id is null", "state = $5", "<", "desc", connection, page),
        (None, true, true, true) => ids!(from "assignee_id is null", "state = $5", ">", "asc", connection, page),
        (None, true, false, false) => ids!(from "assignee_id is null", "$5::text is null", "<", "desc", connection, page),
        (None, true, false, true) => ids!(from "assignee_id is null", "$5::text is null", ">", "asc", connection, page),
        (None, false, true, false) => ids!(from "true", "state = $5", "<", "desc", connection, page),
        (None, false, true, true) => ids!(from "true", "state = $5", ">", "asc", connection, page),
        (None, false, false, false) => ids!(from "true", "$5::text is null", "<", "desc", connection, page),
        (None, false, false, true) => ids!(from "true", "$5::text is null", ">", "asc", connection, page),
    }
}
