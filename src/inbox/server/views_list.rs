//! Pages of the conversation list in each of its views, and how many conversations each view has.
//!
//! Every order is read from an index (migration 0018), so a page costs the same whatever else is there. That takes a statement for each: an
//! order by a condition that may or may not hold is no index's.

use super::{masking, reading, views};
use crate::{
    error::AppError,
    ids::ConversationId,
    inbox::{
        list_view::{COUNTED, ListView, Totals, Which, Whose},
        model::*,
    },
    server::{clock::from_millis, request, scope::Scope, state::App},
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// The state of what is somebody's work now: see [`crate::inbox::list_view::is_active`].
const ACTIVE: &str = "open";

/// Where a page goes on, and which of the conversations it has.
struct Page<'a> {
    scope: &'a Scope,
    after_at: DateTime<Utc>,
    after_id: Uuid,
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
    ($connection:expr, $page:expr, [$($more:expr),*], $($sql:tt)+) => {
        sqlx::query_scalar!(
            $($sql)+,
            $page.scope.workspace.0,
            $page.after_at,
            $page.after_id,
            LIST_PAGE + 1,
            $page.state
            $(, $more)*
        )
        .fetch_all($connection)
        .await
    };
}

async fn ids(connection: &mut PgConnection, scope: &Scope, view: ListView, before: Option<ListCursor>) -> sqlx::Result<Vec<Uuid>> {
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
    let after = before.unwrap_or(view.beginning());
    let state = match view.which {
        Which::Active => Some(ACTIVE),
        Which::Snoozed => Some("snoozed"),
        Which::Closed => Some("closed"),
        Which::All => None,
    };
    let page = Page { scope, after_at: from_millis(after.at), after_id: after.id, state };
    if view.unread_only {
        return match view.oldest_first {
            false => ids!(unread people, nobodys, "<", "desc", connection, page),
            true => ids!(unread people, nobodys, ">", "asc", connection, page),
        };
    }
    match (people, nobodys, state.is_some(), view.oldest_first) {
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

/// One page of a view's conversations, as far as the caller may see them; the first unless `before` is the last row already shown.
pub async fn list(app: &App, scope: &Scope, view: ListView, before: Option<ListCursor>) -> Result<ConversationPage, AppError> {
    let mut tx = app.db.snapshot(scope).await?;
    let ids = ids(&mut tx, scope, view, before).await?;
    let more = ids.len() as i64 > LIST_PAGE;
    let ids = &ids[..ids.len().min(LIST_PAGE as usize)];
    let mut views: HashMap<Uuid, _> =
        views::conversations(&mut tx, scope.workspace, ids).await?.into_iter().map(|view| (view.id.0, view)).collect();
    if let Some(mask) = masking::for_conversations(&mut tx, scope, ids).await? {
        views.values_mut().for_each(|view| masking::conversation(&mask, view));
    }
    let rows: Vec<_> = ids.iter().filter_map(|id| views.remove(id)).collect();
    let totals = count(&mut tx, scope).await?;
    let next = rows.last().filter(|_| more).map(ConversationView::cursor);
    Ok(ConversationPage { rows, next, unread_total: totals.unread, totals, seq: totals.seq })
}

/// After a form without script: back to the conversation, beside the list in which it was opened.
pub fn back(workspace: &str, conversation: ConversationId, more: &str) {
    let view = ListView::parse(&request::query_before().unwrap_or_default());
    request::back_to_page_without_script(&view.address(&format!("/{workspace}/inbox/{conversation}"), more));
}

/// How many active conversations each view has, and how many messages are unread.
pub async fn totals(app: &App, scope: &Scope) -> Result<Totals, AppError> {
    let mut tx = app.db.snapshot(scope).await?;
    Ok(count(&mut tx, scope).await?)
}

async fn count(connection: &mut PgConnection, scope: &Scope) -> sqlx::Result<Totals> {
    let seq = reading::sequence(connection, scope.workspace).await?;
    let waiting = sqlx::query!(
        r#"
        select coalesce(sum(unread_count), 0)::bigint as "unread!", (
            select count(*) from (
                select from mention n
                where n.workspace_id = $1 and n.person_id = $3 and n.created_at > coalesce(
                        (select mentions_seen_at from membership where workspace_id = $1 and person_id = $3), '-infinity')
                    and ($2::uuid[] is null or exists (
                        select from message m join conversation c on c.workspace_id = m.workspace_id and c.id = m.conversation_id
                        where m.workspace_id = $1 and m.id = n.message_id and c.assignee_id = any($2)))
                limit $4
            ) named
        ) as "mentions!"
        from conversation
        where workspace_id = $1 and unread_count > 0 and ($2::uuid[] is null or assignee_id = any($2))
        "#,
        scope.workspace.0,
        scope.only_assigned_to() as Option<&[Uuid]>,
        scope.person.0,
        COUNTED
    )
    .fetch_one(&mut *connection)
    .await?;
    let (unread, mentions) = (waiting.unread, waiting.mentions);
    // Each in the order of an index, and no further than is told.
    let mine = of_people(connection, scope, &[scope.person.0]).await?;
    if let Some(people) = scope.only_assigned_to() {
        let all = if *people == [scope.person.0] { mine } else { of_people(connection, scope, people).await? };
        return Ok(Totals { mine, unassigned: 0, all, mentions, unread, seq });
    }
    let row = sqlx::query!(
        r#"
        select
            (select count(*) from (
                select from conversation where workspace_id = $1 and state = $3
                order by last_message_at desc, id desc limit $2
            ) every) as "all!",
            (select count(*) from (
                select from conversation where workspace_id = $1 and assignee_id is null and state = $3
                order by last_message_at desc, id desc limit $2
            ) nobodys) as "unassigned!"
        "#,
        scope.workspace.0,
        COUNTED,
        ACTIVE
    )
    .fetch_one(connection)
    .await?;
    Ok(Totals { mine, unassigned: row.unassigned, all: row.all, mentions, unread, seq })
}

async fn of_people(connection: &mut PgConnection, scope: &Scope, people: &[Uuid]) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "count!" from (
            select from unnest($3::uuid[]) person(id) cross join lateral (
                select from conversation c
                where c.workspace_id = $1 and c.assignee_id = person.id and c.state = $4
                order by c.last_message_at desc, c.id desc limit $2
            ) theirs limit $2
        ) counted
        "#,
        scope.workspace.0,
        COUNTED,
        people,
        ACTIVE
    )
    .fetch_one(connection)
    .await
}
