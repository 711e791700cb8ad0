//! What matches a question, as ids. Asked as the system role, by the words alone: under row-level security the planner may not ask an index of words,
//! because their operators could tell about rows before the wall has judged them. So every statement here names workspace and sight itself.
//!
//! How often a word occurs is not known beforehand, and the planner takes every beginning of a word for a fiftieth of everything. So what is newest is
//! walked first, up to a bound: a frequent word fills the page at once. One that does not is rare there, and is looked up in its index.

use super::{PAGE, asking::phrase};
use crate::{
    ids::WorkspaceId,
    inbox::model::ListCursor,
    server::{clock::from_millis, db, scope::Scope, state::App},
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Messages and contacts that are walked before the index is asked: some 20 ms of each.
const WALKED_MESSAGES: i64 = 20_000;
const WALKED_CONTACTS: i64 = 2_000;
/// One more than a page says that there are more.
pub(super) const WANTED: i64 = PAGE as i64 + 1;

/// All terms in this workspace, each as the beginning of a word or as a phrase. Terms are letters and digits: nothing in them can be an operator.
pub(super) fn tsquery(workspace: WorkspaceId, terms: &[String]) -> String {
    let one = |term: &String| match phrase(term) {
        None => format!("'{term}':*"),
        Some(words) => format!("({})", words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" <-> ")),
    };
    terms.iter().fold(format!("'{workspace}'"), |query, term| query + " & " + &one(term))
}

/// A transaction in which each question gets a plan of its own, by an index.
pub(super) async fn begin(app: &App) -> sqlx::Result<sqlx::Transaction<'static, sqlx::Postgres>> {
    let mut tx = db::begin(&app.db.system).await?;
    sqlx::query!(
        "select set_config('plan_cache_mode', 'force_custom_plan', true) as plans, set_config('enable_seqscan', 'off', true) as scans"
    )
    .fetch_one(&mut *tx)
    .await?;
    Ok(tx)
}

/// Messages that have all the terms, newest first: one more than a page.
pub(super) async fn messages(app: &App, scope: &Scope, terms: &[String], before: ListCursor) -> sqlx::Result<Vec<(Uuid, DateTime<Utc>)>> {
    let mut tx = begin(app).await?;
    let (query, at, people) = (tsquery(scope.workspace, terms), from_millis(before.at), scope.only_assigned_to());
    let walked = sqlx::query!(
        r#"
        select w.message_id, w.sent_at
        from (
            select message_id, sent_at, words from message_words
            where workspace_id = $1 and (sent_at, message_id) < ($3, $4)
            order by sent_at desc, message_id desc limit $7
        ) w
        where w.words @@ $2::text::tsquery and ($5::uuid[] is null or exists (
            select from message m join conversation c on c.workspace_id = m.workspace_id and c.id = m.conversation_id
            where m.workspace_id = $1 and m.id = w.message_id and c.assignee_id = any($5)
        ))
        order by w.sent_at desc, w.message_id desc limit $6
        "#,
        scope.workspace.0,
        query,
        at,
        before.id,
        people as Option<&[Uuid]>,
        WANTED,
        WALKED_MESSAGES
    )
    .fetch_all(&mut *tx)
    .await?;
    if walked.len() as i64 == WANTED {
        tx.commit().await?;
        return Ok(walked.into_iter().map(|row| (row.message_id, row.sent_at)).collect());
    }
    let found = sqlx::query!(
        r#"
        with w as materialized (select workspace_id, message_id, sent_at from message_words where words @@ $2::text::tsquery)
        select w.message_id, w.sent_at from w
        where w.workspace_id = $1 and (w.sent_at, w.message_id) < ($3, $4) and ($5::uuid[] is null or exists (
            select from message m join conversation c on c.workspace_id = m.workspace_id and c.id = m.conversation_id
            where m.workspace_id = $1 and m.id = w.message_id and c.assignee_id = any($5)
        ))
        order by w.sent_at desc, w.message_id desc limit $6
        "#,
        scope.workspace.0,
        query,
        at,
        before.id,
        people as Option<&[Uuid]>,
        WANTED
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(found.into_iter().map(|row| (row.message_id, row.sent_at)).collect())
}

/// Contacts that are called so or have a number that begins so, the youngest first, each with the newest of its conversations that the caller may see:
/// as many as are wanted.
pub(super) async fn contacts(
    app: &App,
    scope: &Scope,
    terms: &[String],
    numbers: &[String],
    before: Uuid,
    wanted: i64,
) -> sqlx::Result<Vec<(Uuid, Uuid)>> {
    let mut tx = begin(app).await?;
    let (query, people) = (tsquery(scope.workspace, terms), scope.only_assigned_to());
    // After the last digit comes the colon.
    let ends: Vec<String> = numbers.iter().map(|number| format!("{number}:")).collect();
    let walked = sqlx::query!(
        r#"
        select k.id, newest.id as conversation
        from (
            select workspace_id, id, name, profile_name, username from contact where workspace_id = $1 and id < $3 order by id desc limit $8
        ) k
        cross join lateral (
            select c.id from conversation c
            where c.workspace_id = $1 and c.contact_id = k.id and ($6::uuid[] is null or c.assignee_id = any($6))
            order by c.last_message_at desc, c.id desc limit 1
        ) newest
        where search_words(k.workspace_id, coalesce(k.name, '') || ' ' || coalesce(k.profile_name, '') || ' ' || coalesce(k.username, ''))
                @@ $2::text::tsquery
            or exists (
                select from identity i join unnest($4::text[], $5::text[]) asked(first, beyond) on i.value ~>=~ asked.first and i.value ~<~ asked.beyond
                where i.workspace_id = $1 and i.contact_id = k.id and i.kind = 'phone'
            )
        order by k.id desc limit $7
        "#,
        scope.workspace.0,
        query,
        before,
        numbers,
        &ends,
        people as Option<&[Uuid]>,
        wanted,
        WALKED_CONTACTS
    )
    .fetch_all(&mut *tx)
    .await?;
    if walked.len() as i64 == wanted {
        tx.commit().await?;
        return Ok(walked.into_iter().map(|row| (row.id, row.conversation)).collect());
    }
    let found = sqlx::query!(
        r#"
        with k as materialized (
            select id from contact
            where search_words(workspace_id, coalesce(name, '') || ' ' || coalesce(profile_name, '') || ' ' || coalesce(username, ''))
                @@ $2::text::tsquery
            union
            select i.contact_id from unnest($4::text[], $5::text[]) asked(first, beyond)
            join identity i on i.workspace_id = $1 and i.kind = 'phone' and i.value ~>=~ asked.first and i.value ~<~ asked.beyond
        )
        select k.id as "id!", newest.id as conversation
        from k
        cross join lateral (
            select c.id from conversation c
            where c.workspace_id = $1 and c.contact_id = k.id and ($6::uuid[] is null or c.assignee_id = any($6))
            order by c.last_message_at desc, c.id desc limit 1
        ) newest
        where k.id < $3
        order by k.id desc limit $7
        "#,
        scope.workspace.0,
        query,
        before,
        numbers,
        &ends,
        people as Option<&[Uuid]>,
        wanted
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(found.into_iter().map(|row| (row.id, row.conversation)).collect())
}
