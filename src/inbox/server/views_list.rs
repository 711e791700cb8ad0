//! Pages of the conversation list in each of its views, and how many conversations each view has.

use super::{
    labels, masking, reading, saved_views, tasks, views,
    views_order::ACTIVE,
    views_walk::{self, Walked},
};
use crate::{
    error::AppError,
    ids::ConversationId,
    inbox::{
        list_view::{COUNTED, ListView, Totals},
        model::*,
    },
    server::{request, scope::Scope, state::App},
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// One page of a view's conversations, as far as the caller may see them; the first unless `before` is the last row already shown.
pub async fn list(app: &App, scope: &Scope, view: &ListView, before: Option<ListCursor>) -> Result<ConversationPage, AppError> {
    let now = app.clock.now();
    let mut tx = app.db.snapshot(scope).await?;
    let Walked { ids, next } = views_walk::page(&mut tx, scope, view, before, now).await?;
    let ids = &ids[..];
    let mut views: HashMap<Uuid, _> =
        views::conversations(&mut tx, scope.workspace, ids).await?.into_iter().map(|view| (view.id.0, view)).collect();
    if let Some(mask) = masking::for_conversations(&mut tx, scope, ids).await? {
        views.values_mut().for_each(|view| masking::conversation(&mask, view));
    }
    let rows: Vec<_> = ids.iter().filter_map(|id| views.remove(id)).collect();
    let totals = count(&mut tx, scope, now).await?;
    let filter = saved_views::in_words(&mut tx, scope, &view.filter, request::preferences().locale).await?;
    let labels = Some(labels::list(&mut tx, scope).await?);
    let (unread_total, seq) = (totals.unread, totals.seq);
    Ok(ConversationPage { rows, next, unread_total, totals, filter, labels, seq })
}

/// After a form without script: back to the conversation, beside the list in which it was opened.
pub fn back(workspace: &str, conversation: ConversationId, more: &str) {
    let view = ListView::parse(&request::query_before().unwrap_or_default());
    request::back_to_page_without_script(&view.address(&format!("/{workspace}/inbox/{conversation}"), more));
}

/// How many active conversations each view has, and how many messages are unread.
pub async fn totals(app: &App, scope: &Scope) -> Result<Totals, AppError> {
    let mut tx = app.db.snapshot(scope).await?;
    Ok(count(&mut tx, scope, app.clock.now()).await?)
}

async fn count(connection: &mut PgConnection, scope: &Scope, now: DateTime<Utc>) -> sqlx::Result<Totals> {
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
    let (tasks, next_task) = tasks::due(connection, scope, now, COUNTED).await?;
    let next_task = next_task.map(|at| at.timestamp_millis());
    let saved = saved_views::counted(connection, scope, now).await?;
    // Each in the order of an index, and no further than is told.
    let mine = of_people(connection, scope, &[scope.person.0]).await?;
    if let Some(people) = scope.only_assigned_to() {
        let all = if *people == [scope.person.0] { mine } else { of_people(connection, scope, people).await? };
        return Ok(Totals { mine, unassigned: 0, all, mentions, tasks, next_task, unread, saved, seq });
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
    Ok(Totals { mine, unassigned: row.unassigned, all: row.all, mentions, tasks, next_task, unread, saved, seq })
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
