//! What happens is followed, and whoever is concerned gets a job. By reading the event table after a cursor, as streams do: nothing that changes a conversation has
//! to think of it, nothing is forgotten when a process dies, and nobody waits for it.

use super::call::{Call, LASTS};
use crate::{
    ids::{ConversationId, PersonId, WorkspaceId},
    inbox::{
        concerns::{Cause, Deaf, Listener},
        model::LiveFrame,
    },
    live::server::frames,
    server::{
        db, error,
        jobs::{self, NewJob},
        request,
        state::App,
    },
    words::Locale,
};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::time::MissedTickBehavior;

/// How often it is looked. A page that shows something to the same person is quicker, and may say that it was read.
const PAUSE: Duration = Duration::from_secs(2);
/// Events looked at in one go.
const AT_A_TIME: i64 = 256;
/// One that is further behind begins here: what lies before is old.
const FURTHEST: i64 = 512;
/// Conversations that somebody is called for in one go; whoever is given two hundred at once learns that from five.
const MOST: usize = 5;

/// Follows until the process stops. Any number of processes may do it at once.
pub async fn follow_all(app: Arc<App>) {
    let mut looks = tokio::time::interval(PAUSE);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = app.stopping.cancelled() => return,
            _ = looks.tick() => {}
        }
        if let Err(error) = follow(&app).await {
            tracing::warn!(error = error::kind(&error), "it could not be looked who must be called; it comes round again");
        }
    }
}

/// Looks at what is new in every workspace in which somebody can be called.
async fn follow(app: &App) -> sqlx::Result<()> {
    let behind = sqlx::query_scalar!(
        r#"
        select s.workspace_id
        from (
            select distinct m.workspace_id from push_device d join membership m on m.person_id = d.person_id where d.stopped_at is null
        ) w
        join workspace_sequence s on s.workspace_id = w.workspace_id
        left join push_cursor c on c.workspace_id = s.workspace_id
        where c.seq is distinct from s.last_seq
        "#
    )
    .fetch_all(&app.db.system)
    .await?;
    for workspace in behind {
        // Whatever is wrong in one does not hold up the others.
        if let Err(error) = in_workspace(app, WorkspaceId(workspace)).await {
            tracing::warn!(error = error::kind(&error), "nobody could be called; it comes round again");
        }
    }
    Ok(())
}

async fn in_workspace(app: &App, workspace: WorkspaceId) -> sqlx::Result<()> {
    loop {
        let mut tx = db::begin(&app.db.system).await?;
        let cursor = sqlx::query!(
            r#"
            select c.seq, s.last_seq from push_cursor c join workspace_sequence s on s.workspace_id = c.workspace_id
            where c.workspace_id = $1 for update of c skip locked
            "#,
            workspace.0
        )
        .fetch_optional(&mut *tx)
        .await?;
        // None: another process is at it, or somebody who was called elsewhere has just joined.
        let Some(cursor) = cursor else { return begin(app, workspace).await };
        if cursor.seq == cursor.last_seq {
            return Ok(());
        }
        let after = cursor.seq.max(cursor.last_seq - FURTHEST);
        let frames = frames::load(&app.db.system, workspace, after, AT_A_TIME).await?;
        let all = (frames.len() as i64) < AT_A_TIME;
        let new: Vec<LiveFrame> =
            frames::for_viewer(&frames, None).iter().filter_map(|(_, json)| serde_json::from_str(json).ok()).collect();
        let calls = calls(app, workspace, &new).await?;
        let called = !calls.is_empty();
        jobs::put_all(&mut tx, app.clock.now(), calls).await?;
        let seen = new.last().map_or(cursor.last_seq, |frame| frame.seq);
        sqlx::query!("update push_cursor set seq = $2 where workspace_id = $1", workspace.0, seen).execute(&mut *tx).await?;
        tx.commit().await?;
        if called {
            app.wake.jobs();
        }
        if all {
            return Ok(());
        }
    }
}

/// What happened before is not told.
async fn begin(app: &App, workspace: WorkspaceId) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into push_cursor (workspace_id, seq) select workspace_id, last_seq from workspace_sequence where workspace_id = $1
        on conflict do nothing
        "#,
        workspace.0
    )
    .execute(&app.db.system)
    .await?;
    Ok(())
}

/// A job for each person whom one of these concerns, for the newest of each conversation. Whether they have read it is looked at when it runs.
async fn calls(app: &App, workspace: WorkspaceId, frames: &[LiveFrame]) -> sqlx::Result<Vec<NewJob>> {
    let people = sqlx::query!(
        r#"
        select p.id, p.name, coalesce(r.deaf, 0::smallint) as "deaf!"
        from membership m join person p on p.id = m.person_id
        left join notice_rule r on r.workspace_id = m.workspace_id and r.person_id = m.person_id
        where m.workspace_id = $1 and exists (select from push_device d where d.person_id = p.id and d.stopped_at is null)
        order by p.id
        "#,
        workspace.0
    )
    .fetch_all(&app.db.system)
    .await?;
    let now = app.clock.millis();
    let since = now - LASTS;
    let mut jobs = Vec::new();
    for person in &people {
        let id = PersonId(person.id);
        let listener = Listener { id, name: &person.name, words: Locale::default().words(), deaf: Deaf(person.deaf), since };
        let mut newest: HashMap<(ConversationId, bool), Call> = HashMap::new();
        let mut sight = None;
        for frame in frames {
            let Some(alert) = listener.alert_of(frame) else { continue };
            let scope = match &sight {
                Some(scope) => scope,
                None => sight.insert(request::scope_of_person(app, id, workspace).await.ok()),
            };
            let assignee = frame.conversation.as_ref().and_then(|row| row.assignee.as_ref()).map(|person| person.id.0);
            let sees = scope
                .as_ref()
                .is_some_and(|scope| scope.only_assigned_to().is_none_or(|only| assignee.is_some_and(|assignee| only.contains(&assignee))));
            if sees {
                let customer = matches!(alert.cause, Cause::Mine | Cause::Nobodys);
                let call = Call { person: id, device: None, conversation: alert.conversation, event: frame.seq, customer, at: now };
                newest.insert((alert.conversation, customer), call);
            }
        }
        let mut newest: Vec<Call> = newest.into_values().collect();
        // Customers first.
        newest.sort_unstable_by_key(|call| (!call.customer, std::cmp::Reverse(call.event)));
        jobs.extend(newest.into_iter().take(MOST).map(|call| NewJob::push(workspace, call)));
    }
    Ok(jobs)
}
