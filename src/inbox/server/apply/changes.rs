//! Messages that were written anew or taken back by whoever sent them (F201).

use super::{Batch, Route};
use crate::{
    ids::{ConversationId, MessageId, WorkspaceId},
    inbox::server::record::{Happened, NewEvent},
    server::{
        clock::from_millis,
        jobs::NewJob,
        whatsapp::payload::{Change, WireChange},
    },
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

impl WireChange {
    fn kind(&self) -> &'static str {
        match self.change {
            Change::Edited(_) => "edit",
            Change::Revoked => "revoke",
        }
    }

    fn body(&self) -> Option<String> {
        match &self.change {
            Change::Edited(body) => body.clone(),
            Change::Revoked => None,
        }
    }
}

/// Keeps the batch's changes, and brings messages up to date with all that is known to have happened to them: those that the batch is about, and of those
/// that came with it the `changed` ones, whose changes were here first. Which of two edits counts is decided by their own times. A change of a message that is not
/// here says that something was missed: gives the jobs that fetch it, and those that count chat scores anew.
pub async fn changes(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    batch: &Batch<'_>,
    changed: BTreeSet<(Uuid, String)>,
    events: &mut Vec<NewEvent>,
) -> sqlx::Result<Vec<NewJob>> {
    let all = &batch.changes;
    let mut fresh = BTreeSet::new();
    if !all.is_empty() {
        let rows = sqlx::query!(
            r#"
            insert into message_change (workspace_id, provider_message_id, target, by_contact, kind, body, at, created_at)
            select distinct on (workspace_id, provider_message_id) *, $8::timestamptz
            from unnest($1::uuid[], $2::text[], $3::text[], $4::bool[], $5::text[], $6::text[], $7::timestamptz[])
                c(workspace_id, provider_message_id, target, by_contact, kind, body, at)
            order by workspace_id, provider_message_id, at
            -- Of what is told more than once the earliest moment counts.
            on conflict (workspace_id, provider_message_id) do update set at = excluded.at where excluded.at < message_change.at
            returning workspace_id, provider_message_id
            "#,
            &all.iter().map(|(route, _)| route.workspace.0).collect::<Vec<_>>(),
            &all.iter().map(|(_, change)| change.provider_id.clone()).collect::<Vec<_>>(),
            &all.iter().map(|(_, change)| change.target.clone()).collect::<Vec<_>>(),
            &all.iter().map(|(_, change)| change.by_contact).collect::<Vec<_>>(),
            &all.iter().map(|(_, change)| change.kind().to_owned()).collect::<Vec<_>>(),
            &all.iter().map(|(_, change)| change.body()).collect::<Vec<_>>() as &[Option<String>],
            &all.iter().map(|(_, change)| from_millis(change.at)).collect::<Vec<_>>(),
            now
        )
        .fetch_all(&mut *connection)
        .await?;
        fresh = rows.into_iter().map(|row| (row.workspace_id, row.provider_message_id)).collect();
    }
    let named = |(route, change): &(Route, &WireChange)| (route.workspace.0, change.target.clone());
    let targets: BTreeSet<(Uuid, String)> = all.iter().map(named).chain(changed).collect();
    if targets.is_empty() {
        return Ok(Vec::new());
    }
    let (workspaces, targets): (Vec<Uuid>, Vec<String>) = targets.into_iter().unzip();
    let rows = sqlx::query!(
        r#"
        select t.workspace_id as "workspace_id!", t.target as "target!", m.id, m.conversation_id, m.direction = 'inbound' as "inbound!"
        from unnest($1::uuid[], $2::text[]) t(workspace_id, target)
        join message m on m.workspace_id = t.workspace_id and m.provider_message_id = t.target
        "#,
        &workspaces,
        &targets
    )
    .fetch_all(&mut *connection)
    .await?;
    let here: BTreeMap<(Uuid, String), _> =
        rows.into_iter().map(|row| ((row.workspace_id, row.target), (row.id, row.conversation_id, row.inbound))).collect();
    let news = || all.iter().filter(|(route, change)| fresh.contains(&(route.workspace.0, change.provider_id.clone())));
    // Once for each: the provider's list tells it again.
    let missed: BTreeSet<(Uuid, Uuid)> =
        news().filter(|one| !here.contains_key(&named(one))).map(|(route, _)| (route.workspace.0, route.number)).collect();
    // An edit that comes after a later one changes what the message said before.
    let mut told: BTreeSet<(Uuid, Uuid, Uuid)> = news()
        .filter_map(|one| Some((one.0.workspace.0, one.1.by_contact, here.get(&named(one))?)))
        .filter(|(_, by_contact, (.., inbound))| by_contact == inbound)
        .map(|(workspace, _, (id, conversation, _))| (workspace, *conversation, *id))
        .collect();
    let moved = bring_up_to_date(connection, &workspaces, &targets).await?;
    // What a customer took out of a message counts no more.
    let theirs: BTreeSet<Uuid> = here.values().filter(|(.., inbound)| *inbound).map(|(id, ..)| *id).collect();
    let counted: BTreeSet<_> =
        moved.iter().filter(|(.., id)| theirs.contains(id)).map(|(workspace, conversation, _)| (*workspace, *conversation)).collect();
    told.extend(moved);
    events.extend(told.into_iter().map(|(workspace, conversation, id)| {
        NewEvent::new(WorkspaceId(workspace), Happened::MessageEdited, ConversationId(conversation)).message(MessageId(id))
    }));
    let counted = counted.into_iter().map(|(workspace, id)| NewJob::count_marks(WorkspaceId(workspace), ConversationId(id)));
    Ok(missed.into_iter().map(|(workspace, number)| NewJob::reconcile(WorkspaceId(workspace), number)).chain(counted).collect())
}

/// Lets these messages say what all that is known of them makes of them. Answers those that changed, by workspace, conversation and id. Of transactions about the
/// same message each sees what the one before it left: their callers take turns.
pub async fn bring_up_to_date(
    connection: &mut PgConnection,
    workspaces: &[Uuid],
    targets: &[String],
) -> sqlx::Result<Vec<(Uuid, Uuid, Uuid)>> {
    let moved = sqlx::query!(
        r#"
        with stands as (
            select m.workspace_id, m.id, e.at as edited_at, e.body, r.at as revoked_at
            from unnest($1::uuid[], $2::text[]) t(workspace_id, target)
            join message m on m.workspace_id = t.workspace_id and m.provider_message_id = t.target
            left join lateral (
                select c.at, c.body from message_change c
                where c.workspace_id = t.workspace_id and c.target = t.target and c.kind = 'edit' and c.by_contact = (m.direction = 'inbound')
                order by c.at desc, c.provider_message_id desc limit 1
            ) e on true
            left join lateral (
                select min(c.at) as at from message_change c
                where c.workspace_id = t.workspace_id and c.target = t.target and c.kind = 'revoke' and c.by_contact = (m.direction = 'inbound')
            ) r on true
        )
        update message m set
            first_body = case when m.edited_at is null and s.edited_at is not null then m.body else m.first_body end,
            body = case when s.edited_at is not null then s.body else m.body end,
            edited_at = s.edited_at,
            revoked_at = s.revoked_at
        from stands s
        where m.workspace_id = s.workspace_id and m.id = s.id
            and ((m.edited_at, m.revoked_at) is distinct from (s.edited_at, s.revoked_at) or s.edited_at is not null and m.body is distinct from s.body)
        returning m.workspace_id, m.id, m.conversation_id
        "#,
        workspaces,
        targets
    )
    .fetch_all(&mut *connection)
    .await?;
    if moved.is_empty() {
        return Ok(Vec::new());
    }
    // What is looked for is what it says now.
    let (workspaces, ids): (Vec<Uuid>, Vec<Uuid>) = moved.iter().map(|row| (row.workspace_id, row.id)).unzip();
    sqlx::query!(
        r#"
            delete from message_words w using unnest($1::uuid[], $2::uuid[]) t(workspace_id, id), message m
            where w.workspace_id = t.workspace_id and w.message_id = t.id and m.workspace_id = t.workspace_id and m.id = t.id
                and coalesce(m.body, '') = ''
            "#,
        &workspaces,
        &ids
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        r#"
            insert into message_words (workspace_id, message_id, sent_at, words)
            select m.workspace_id, m.id, m.sent_at, search_words(m.workspace_id, m.body)
            from unnest($1::uuid[], $2::uuid[]) t(workspace_id, id)
            join message m on m.workspace_id = t.workspace_id and m.id = t.id
            where m.body <> ''
            on conflict (workspace_id, message_id) do update set words = excluded.words
            "#,
        &workspaces,
        &ids
    )
    .execute(&mut *connection)
    .await?;
    Ok(moved.into_iter().map(|row| (row.workspace_id, row.conversation_id, row.id)).collect())
}
