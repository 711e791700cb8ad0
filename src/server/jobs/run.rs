//! Taking jobs and running them.

use super::Work;
use crate::{
    assistant,
    ids::WorkspaceId,
    inbox, push,
    server::{
        crypto::{new_id, random_bytes},
        db, error, mail,
        state::App,
    },
};
use chrono::{DateTime, Utc};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{Notify, Semaphore},
    task::JoinSet,
};
use uuid::Uuid;

/// How long a job may run before another process may take it.
const LEASE: Duration = Duration::from_secs(120);
/// How often the queue is looked at without a wake-up: jobs of other processes, due times.
const POLL: Duration = Duration::from_millis(500);
/// Jobs running at once in this process.
const WORKERS: usize = 16;
/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);

/// This process's place in the queue.
#[derive(Clone)]
pub struct Queue {
    /// Rung when there may be something to do.
    pub bell: Arc<Notify>,
    me: Uuid,
}

impl Default for Queue {
    fn default() -> Self {
        Self { bell: Arc::new(Notify::new()), me: new_id() }
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// Try again; after this pause if given, else by the usual back-off. The text must not hold personal data.
    Retry(String, Option<Duration>),
    /// Not an attempt: put off without counting.
    Postpone(Duration),
    /// Never going to work.
    Dead(String),
}

struct Taken {
    workspace: WorkspaceId,
    id: Uuid,
    work: Work,
    attempts: i32,
}

/// Runs jobs until the process stops; then waits for those that run.
pub async fn dispatch(app: Arc<App>) {
    let workers = Arc::new(Semaphore::new(WORKERS));
    let mut running = JoinSet::new();
    loop {
        let free = workers.available_permits();
        let taken = match free {
            0 => Vec::new(),
            _ => take(&app, free as i64).await.unwrap_or_else(|error| {
                tracing::warn!(error = error::kind(&error), "the queue cannot be read");
                Vec::new()
            }),
        };
        app.health.queue_looked_at();
        let full = taken.len() == free && free > 0;
        for job in taken {
            let Ok(permit) = workers.clone().acquire_owned().await else { return };
            let app = app.clone();
            running.spawn(async move {
                run(&app, job).await;
                drop(permit);
                app.jobs.bell.notify_one();
            });
        }
        while running.try_join_next().is_some() {}
        if app.stopping.is_cancelled() {
            break;
        }
        if !full {
            tokio::select! {
                () = app.jobs.bell.notified() => {}
                () = tokio::time::sleep(POLL) => {}
                () = app.stopping.cancelled() => break,
            }
        }
    }
    while running.join_next().await.is_some() {}
}

/// Takes due jobs whose lane is free. A job whose lease ran out is due again.
async fn take(app: &App, limit: i64) -> sqlx::Result<Vec<Taken>> {
    let now = app.clock.now();
    let rows = sqlx::query!(
        r#"
        update job set state = 'running', locked_by = $1, locked_until = $2, attempts = attempts + 1
        where (workspace_id, id) in (
            select j.workspace_id, j.id from job j
            where ((j.state = 'waiting' and j.run_at <= $3) or (j.state = 'running' and j.locked_until < $3))
              and (j.lane is null or not exists (
                  select from job e
                  where e.workspace_id = j.workspace_id and e.lane = j.lane and e.id < j.id and e.state <> 'dead'))
              -- Of a suspended workspace everything is kept and nothing sent.
              and not (j.kind in ('send_message', 'send_reaction', 'ari_reply', 'handover_card')
                  and exists (select from workspace w where w.id = j.workspace_id and w.status = 'suspended'))
            order by j.run_at, j.id
            limit $4
            for update skip locked)
        returning workspace_id, id, payload, attempts
        "#,
        app.jobs.me,
        now + LEASE,
        now,
        limit
    )
    .fetch_all(&app.db.system)
    .await?;
    let mut taken = Vec::with_capacity(rows.len());
    for row in rows {
        match serde_json::from_value(row.payload) {
            Ok(work) => taken.push(Taken { workspace: WorkspaceId(row.workspace_id), id: row.id, work, attempts: row.attempts }),
            // Put by a newer version of the product: it will take it when we do not.
            Err(error) => tracing::error!(job = %row.id, %error, "a job this version does not know"),
        }
    }
    Ok(taken)
}

async fn run(app: &Arc<App>, job: Taken) {
    let outcome = match &job.work {
        Work::SendMessage { message } => inbox::server::send::run(app, job.workspace, *message, job.attempts).await,
        Work::SendReaction { message } => inbox::server::send_reaction::run(app, job.workspace, *message).await,
        Work::AriReply { conversation } => assistant::server::run(app, job.workspace, *conversation, job.attempts).await,
        Work::HandoverCard { conversation } => assistant::server::card::run(app, job.workspace, *conversation, job.attempts).await,
        Work::FetchMedia { media } => inbox::server::media::run(app, job.workspace, *media).await,
        Work::Reconcile { number } => inbox::server::reconcile::run(app, job.workspace, *number).await,
        Work::DeliverMail { mail } => mail::run(app, job.workspace, *mail).await,
        Work::WakeConversation { conversation } => inbox::server::working::run(app, job.workspace, *conversation).await,
        Work::ReleaseMessage { message } => inbox::server::later::run(app, job.workspace, *message).await,
        Work::SettleWaiting { conversation } => inbox::server::promises::settle(app, job.workspace, *conversation).await,
        Work::CountMarks { conversation } => inbox::server::scoring::run(app, job.workspace, *conversation).await,
        Work::Push { call } => push::server::run(app, job.workspace, *call).await,
        Work::PromiseAnew { after } => inbox::server::promises::promise_anew(app, job.workspace, *after).await,
    };
    let outcome = outcome.unwrap_or_else(|error| Outcome::Retry(error::kind(&error), None));
    if let Err(error) = settle(app, &job, outcome).await {
        // The lease runs out and somebody repeats the job.
        tracing::warn!(job = %job.id, error = error::kind(&error), "a job's outcome could not be stored");
    }
}

async fn settle(app: &App, job: &Taken, outcome: Outcome) -> sqlx::Result<()> {
    let name = job.work.name();
    let (reason, pause, counted) = match outcome {
        Outcome::Done => {
            sqlx::query!("delete from job where workspace_id = $1 and id = $2", job.workspace.0, job.id).execute(&app.db.system).await?;
            return Ok(());
        }
        Outcome::Retry(reason, pause) if job.attempts < job.work.max_attempts() => {
            (reason, pause.unwrap_or_else(|| back_off(job.attempts)), 0)
        }
        Outcome::Postpone(pause) => (String::new(), pause, 1),
        Outcome::Retry(reason, _) | Outcome::Dead(reason) => {
            if !still_ours(app, job).await? {
                return Ok(());
            }
            tracing::error!(job = %job.id, kind = name, attempts = job.attempts, reason, "job is dead");
            match &job.work {
                Work::SendMessage { message } => inbox::server::send::give_up(app, job.workspace, *message, &reason).await?,
                Work::SendReaction { message } => inbox::server::send_reaction::give_up(app, job.workspace, *message, &reason).await?,
                Work::DeliverMail { mail } => mail::give_up(app, job.workspace, *mail, &reason).await?,
                Work::ReleaseMessage { message } => inbox::server::later::give_up(app, job.workspace, *message).await?,
                _ => {}
            }
            sqlx::query!(
                "update job set state = 'dead', last_error = $3, locked_until = null, locked_by = null where workspace_id = $1 and id = $2",
                job.workspace.0,
                job.id,
                reason
            )
            .execute(&app.db.system)
            .await?;
            return Ok(());
        }
    };
    if !reason.is_empty() {
        tracing::info!(job = %job.id, kind = name, attempts = job.attempts, reason, pause_ms = pause.as_millis() as u64, "job will be tried again");
    }
    // Another job for the same thing may begin to wait between our look and our word; the second look finds it.
    let mut result = wait_again(app, job, app.clock.now() + pause, &reason, counted).await;
    for _ in 0..2 {
        if !matches!(&result, Err(sqlx::Error::Database(error)) if error.constraint() == Some("job_dedupe")) {
            break;
        }
        result = wait_again(app, job, app.clock.now() + pause, &reason, counted).await;
    }
    result
}

/// Puts a running job back to wait until `run_at`; `uncounted` attempts are taken back. One that another waiting job for the same thing
/// makes superfluous goes.
async fn wait_again(app: &App, job: &Taken, run_at: DateTime<Utc>, reason: &str, uncounted: i32) -> sqlx::Result<()> {
    let mut tx = db::begin(&app.db.system).await?;
    let superseded = sqlx::query!(
        r#"
        delete from job j
        where j.workspace_id = $1 and j.id = $2 and j.state = 'running' and j.attempts = $3 and j.dedupe_key is not null and exists (
            select from job o where o.workspace_id = $1 and o.kind = j.kind and o.dedupe_key = j.dedupe_key and o.state = 'waiting')
        "#,
        job.workspace.0,
        job.id,
        job.attempts
    )
    .execute(&mut *tx)
    .await?;
    if superseded.rows_affected() == 0 {
        sqlx::query!(
            r#"
            update job set state = 'waiting', run_at = $3, last_error = $4, attempts = attempts - $5, locked_until = null, locked_by = null
            where workspace_id = $1 and id = $2 and state = 'running' and attempts = $6
            "#,
            job.workspace.0,
            job.id,
            run_at,
            reason,
            uncounted,
            job.attempts
        )
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await
}

/// Whether nobody else took the job because our lease ran out. Every taking counts an attempt, which makes the count the mark of who has it.
async fn still_ours(app: &App, job: &Taken) -> sqlx::Result<bool> {
    let attempts =
        sqlx::query_scalar!("select attempts from job where workspace_id = $1 and id = $2 and state = 'running'", job.workspace.0, job.id)
            .fetch_optional(&app.db.system)
            .await?;
    Ok(attempts == Some(job.attempts))
}

/// Gives back what this process holds, so that nobody waits for a lease; for shutdown.
pub async fn release(app: &App) -> sqlx::Result<u64> {
    let released = sqlx::query!(
        "update job set state = 'waiting', locked_until = null, locked_by = null where state = 'running' and locked_by = $1",
        app.jobs.me
    )
    .execute(&app.db.system)
    .await?;
    Ok(released.rows_affected())
}

/// 1, 2, 4 … seconds, each with up to a quarter more, so that what failed together does not come back together.
fn back_off(attempts: i32) -> Duration {
    let base = Duration::from_secs(1 << (attempts - 1).clamp(0, 10)).min(LONGEST_PAUSE);
    base + base.mul_f64(f64::from(random_bytes::<1>()[0]) / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_stay_bounded() {
        for (attempts, seconds) in [(1, 1), (2, 2), (5, 16), (11, 900), (1000, 900)] {
            let pause = back_off(attempts);
            assert!(pause >= Duration::from_secs(seconds) && pause <= Duration::from_secs(seconds).mul_f64(1.25), "{attempts}: {pause:?}");
        }
    }
}
