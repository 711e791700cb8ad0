//! Deliveries come in, many to a transaction.
//!
//! Handlers hand their delivery to one task and wait. The task takes whatever is waiting, writes it in one transaction and lets all of them
//! answer: under load batches grow by themselves and one commit pays for many; on a quiet day a delivery does not wait for anybody. A batch that
//! fails is taken apart and tried one by one, so that one poisoned delivery is quarantined (kept with its error and tried again later)
//! and its neighbours are not harmed.

use super::apply::{self, Delivery};
use crate::{
    ids::WorkspaceId,
    live::server::Wake,
    server::{clock::Clock, db, error},
};
use sqlx::PgPool;
use std::{collections::BTreeSet, time::Duration};
use tokio::sync::{mpsc, oneshot};

/// The most deliveries in one transaction.
const BATCH: usize = 100;
/// Deliveries waiting to be taken; past this, handlers wait, which is the provider's cue to slow down.
const QUEUE: usize = 4096;
/// How long a delivery may wait for an unreachable database. The provider gives up on us after 10 s.
const PATIENCE: Duration = Duration::from_secs(8);
/// So many collisions in a row are no accident any more.
const COLLISIONS: u32 = 6;

/// A signed request, ready for [`Ingest::deliver`].
pub fn delivery(
    id: uuid::Uuid,
    received_at: chrono::DateTime<chrono::Utc>,
    event_name: Option<String>,
    idempotency_key: Option<String>,
    body: bytes::Bytes,
) -> Delivery {
    Delivery::new(id, received_at, event_name, idempotency_key, body)
}

/// The delivery could not be stored: tell the provider to send it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotStored;

/// The way in. Cheap to clone.
#[derive(Clone)]
pub struct Ingest {
    queue: mpsc::Sender<Waiting>,
}

struct Waiting {
    delivery: Delivery,
    done: oneshot::Sender<Result<(), NotStored>>,
}

impl Ingest {
    /// Starts the ingest task. It ends when the last `Ingest` is dropped and everything taken is written.
    pub fn start(pool: PgPool, clock: Clock, wake: Wake) -> Self {
        let (queue, inbox) = mpsc::channel(QUEUE);
        tokio::spawn(run(inbox, pool, clock, wake));
        Self { queue }
    }

    /// Returns once the delivery is durable (or quarantined, which is durable too).
    ///
    /// # Errors
    /// [`NotStored`] when the database could not be reached in time; nothing was kept.
    pub async fn deliver(&self, delivery: Delivery) -> Result<(), NotStored> {
        let (done, answer) = oneshot::channel();
        self.queue.send(Waiting { delivery, done }).await.map_err(|_| NotStored)?;
        answer.await.map_err(|_| NotStored)?
    }
}

async fn run(mut inbox: mpsc::Receiver<Waiting>, pool: PgPool, clock: Clock, wake: Wake) {
    let mut batch = Vec::with_capacity(BATCH);
    while inbox.recv_many(&mut batch, BATCH).await > 0 {
        let (deliveries, answers): (Vec<_>, Vec<_>) = batch.drain(..).map(|waiting| (waiting.delivery, waiting.done)).unzip();
        let outcomes = write(&pool, &clock, &wake, &deliveries).await;
        for (done, outcome) in answers.into_iter().zip(outcomes) {
            // A handler that is gone (client hung up) needs no answer; its delivery is stored all the same.
            let _ = done.send(outcome);
        }
    }
}

/// Writes a batch; one outcome per delivery, in order.
async fn write(pool: &PgPool, clock: &Clock, wake: &Wake, deliveries: &[Delivery]) -> Vec<Result<(), NotStored>> {
    match persist(pool, clock, wake, deliveries).await {
        Ok(()) => vec![Ok(()); deliveries.len()],
        Err(Trouble::Unreachable) => vec![Err(NotStored); deliveries.len()],
        Err(Trouble::Refused(_)) if deliveries.len() > 1 => {
            let mut outcomes = Vec::with_capacity(deliveries.len());
            for delivery in deliveries {
                outcomes.push(alone(pool, clock, wake, delivery).await);
            }
            outcomes
        }
        Err(Trouble::Refused(reason)) => vec![quarantine(pool, &deliveries[0], &reason).await],
    }
}

async fn alone(pool: &PgPool, clock: &Clock, wake: &Wake, delivery: &Delivery) -> Result<(), NotStored> {
    match persist(pool, clock, wake, std::slice::from_ref(delivery)).await {
        Ok(()) => Ok(()),
        Err(Trouble::Unreachable) => Err(NotStored),
        Err(Trouble::Refused(reason)) => quarantine(pool, delivery, &reason).await,
    }
}

enum Trouble {
    /// The database cannot be reached (or was cut off): nothing is wrong with the deliveries.
    Unreachable,
    /// The database answered and said no.
    Refused(String),
}

/// One transaction, repeated for as long as only the connection or a collision with another transaction is at fault.
async fn persist(pool: &PgPool, clock: &Clock, wake: &Wake, deliveries: &[Delivery]) -> Result<(), Trouble> {
    let until = tokio::time::Instant::now() + PATIENCE;
    let mut pause = Duration::from_millis(20);
    let mut collisions = 0;
    loop {
        let error = match attempt(pool, clock, deliveries).await {
            Ok(applied) => {
                wake.workspaces(applied.workspaces);
                if applied.jobs {
                    wake.jobs();
                }
                return Ok(());
            }
            Err(error) => error,
        };
        let reason = error::kind(&error);
        collisions += u32::from(collided(&error));
        let again = transient(&error) || (collided(&error) && collisions <= COLLISIONS);
        if !again {
            tracing::warn!(reason, deliveries = deliveries.len(), "ingest refused");
            return Err(Trouble::Refused(reason));
        }
        if tokio::time::Instant::now() + pause > until {
            tracing::error!(reason, deliveries = deliveries.len(), "database out of reach: deliveries were not accepted");
            return Err(Trouble::Unreachable);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(500));
    }
}

async fn attempt(pool: &PgPool, clock: &Clock, deliveries: &[Delivery]) -> sqlx::Result<apply::Applied> {
    let mut tx = db::begin(pool).await?;
    let applied = apply::apply(&mut tx, clock.now(), deliveries).await?;
    tx.commit().await?;
    Ok(applied)
}

/// Another transaction merged a contact, or closed or reopened a conversation that this one had already read. Read again, it finds the new one.
fn collided(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(database) => database.is_foreign_key_violation() || database.constraint() == Some("conversation_one_open"),
        sqlx::Error::RowNotFound => true,
        _ => false,
    }
}

/// Errors that say nothing about the data: connection lost, server starting or stopping, serialization failure, deadlock.
fn transient(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(database) => {
            let code = database.code().unwrap_or_default();
            // Classes 08 connection, 53 resources, 57P0x operator intervention, 40 rollback; 55P03 lock not available.
            ["08", "53", "40"].iter().any(|class| code.starts_with(class)) || code.starts_with("57P") || code == "55P03"
        }
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Protocol(_) => true,
        _ => false,
    }
}

/// Keeps what could not be applied; [`retry_kept`] tries it again.
async fn quarantine(pool: &PgPool, delivery: &Delivery, reason: &str) -> Result<(), NotStored> {
    let stored = async {
        let mut tx = db::begin(pool).await?;
        apply::keep(&mut tx, delivery, None, "quarantined", Some(reason)).await?;
        tx.commit().await
    };
    tracing::error!(delivery = %delivery.id, reason, "delivery quarantined");
    stored.await.map_err(|_| NotStored)
}

/// Tries the quarantined deliveries and those of numbers that meanwhile belong to a workspace again. Run every minute by `server::jobs`.
pub async fn retry_kept(pool: &PgPool, clock: &Clock, wake: &Wake) -> sqlx::Result<BTreeSet<WorkspaceId>> {
    let kept = sqlx::query!(
        r#"
        select d.id, d.event_name, d.idempotency_key, d.body, d.received_at
        from delivery d
        where (d.outcome = 'quarantined' and d.attempts < 10)
           or (d.outcome = 'unknown_number' and exists (select from number_route r where d.reason like '%' || r.phone_number_id || '%'))
        order by d.received_at, d.id
        limit 100
        "#
    )
    .fetch_all(pool)
    .await?;
    let mut touched = BTreeSet::new();
    for row in kept {
        let delivery = Delivery::new(row.id, row.received_at, row.event_name, row.idempotency_key, row.body.into());
        let mut tx = db::begin(pool).await?;
        sqlx::query!("delete from delivery where id = $1", row.id).execute(&mut *tx).await?;
        match apply::apply(&mut tx, clock.now(), std::slice::from_ref(&delivery)).await {
            Ok(applied) => {
                tx.commit().await?;
                touched.extend(applied.workspaces.iter().copied());
                wake.workspaces(applied.workspaces);
                wake.jobs();
            }
            Err(error) => {
                tx.rollback().await?;
                sqlx::query!("update delivery set attempts = attempts + 1, reason = $2 where id = $1", row.id, error::kind(&error))
                    .execute(pool)
                    .await?;
            }
        }
    }
    Ok(touched)
}
