//! Connections, roles and migrations.

use crate::{ids::WorkspaceId, server::scope::Scope};
use sqlx::{
    Connection, Executor, PgConnection, PgPool, Postgres, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{str::FromStr, time::Duration};

/// Both pools. `app` serves people's requests and is held inside one workspace by row-level security; `system` serves ingest, the job
/// dispatcher and the live feed.
#[derive(Clone, Debug)]
pub struct Db {
    pub app: PgPool,
    pub system: PgPool,
    /// For the one connection that LISTENs.
    pub options: PgConnectOptions,
}

/// The schema this binary was built with.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// After this long without use a connection is tried before it is used.
const RESTED: Duration = Duration::from_secs(1);

impl Db {
    /// Opens both pools; connections are made when first needed. `size` is per pool.
    pub fn connect(url: &str, size: u32) -> sqlx::Result<Self> {
        let options = PgConnectOptions::from_str(url)?.application_name("my21staff");
        Ok(Self { app: pool(&options, "my21_app", size), system: pool(&options, "my21_system", size), options })
    }

    /// Brings the schema up to this binary's version. Runs as the login itself, which owns the tables.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        let mut connection = PgConnection::connect_with(&self.options).await?;
        MIGRATOR.run(&mut connection).await?;
        Ok(())
    }

    /// A transaction that sees the scope's workspace and no other.
    pub async fn begin(&self, scope: &Scope) -> sqlx::Result<Transaction<'static, Postgres>> {
        let mut tx = begin(&self.app).await?;
        enter(&mut tx, scope.workspace).await?;
        Ok(tx)
    }

    /// As [`Db::begin`], with every statement seeing the same moment: for pages made of several queries.
    pub async fn snapshot(&self, scope: &Scope) -> sqlx::Result<Transaction<'static, Postgres>> {
        let mut tx = begin_with(&self.app, "begin isolation level repeatable read read only").await?;
        enter(&mut tx, scope.workspace).await?;
        Ok(tx)
    }
}

/// A transaction on `pool`.
///
/// `Pool::begin` may not be used (clippy refuses it): when its future is dropped while `BEGIN` is on its way (a browser that went away, the
/// other half of a `try_join!` that failed), sqlx 0.9 gives the connection back *inside* the transaction, and whatever the next users write
/// outside of one is never committed. Here the beginning belongs to a task of its own, so it always ends, and what nobody waits for any
/// more is rolled back as every dropped transaction.
pub async fn begin(pool: &PgPool) -> sqlx::Result<Transaction<'static, Postgres>> {
    begin_with(pool, "begin").await
}

#[expect(clippy::disallowed_methods, reason = "the one place that begins")]
async fn begin_with(pool: &PgPool, statement: &'static str) -> sqlx::Result<Transaction<'static, Postgres>> {
    let pool = pool.clone();
    // A task that cannot end (a panic, a runtime that shuts down) took its connection with it.
    tokio::spawn(async move { pool.begin_with(statement).await }).await.map_err(|_| sqlx::Error::WorkerCrashed)?
}

async fn enter(tx: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<()> {
    sqlx::query("select set_config('app.workspace_id', $1, true)").bind(workspace.0.to_string()).execute(tx).await?;
    Ok(())
}

fn pool(options: &PgConnectOptions, role: &'static str, size: u32) -> PgPool {
    PgPoolOptions::new()
        .max_connections(size)
        .min_connections(0)
        .acquire_timeout(Duration::from_secs(8))
        .idle_timeout(Duration::from_secs(300))
        // A connection that was in use a moment ago is not asked whether it lives: that would be one more trip for every transaction. One that
        // rested is, so that a restarted database costs nobody's request.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > RESTED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        // The role is a constant of this file, never input.
        .after_connect(move |connection, _| {
            Box::pin(async move {
                // The system's statements work on whole batches by their keys: one plan fits all, and planning the ingest's each time
                // takes longer than running them.
                let take_role =
                    if role == "my21_app" { "set role my21_app" } else { "set role my21_system; set plan_cache_mode = force_generic_plan" };
                connection.execute(take_role).await?;
                Ok(())
            })
        })
        .connect_lazy_with(options.clone())
}

/// The violated constraint's name, for turning a unique violation into words at the call site.
pub fn constraint(error: &sqlx::Error) -> Option<&str> {
    error.as_database_error().and_then(|error| error.constraint())
}
