//! A database per test, copied from a migrated template that is made once per schema.

use my21staff::server::db::{Db, MIGRATOR};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, postgres::PgConnectOptions};
use std::str::FromStr;

fn cluster() -> String {
    std::env::var("TEST_DATABASE_URL").expect("TEST_DATABASE_URL names a Postgres where databases may be created: run `make test`")
}

fn url(database: &str) -> String {
    let cluster = cluster();
    let (server, _) = cluster.rsplit_once('/').expect("a database URL ends in /name");
    format!("{server}/{database}")
}

/// A connection that may do anything, for looking and for breaking things.
pub async fn admin(database: &str) -> PgConnection {
    connect(&url(database)).await
}

/// As [`admin`], by URL.
pub async fn connect(url: &str) -> PgConnection {
    let options = PgConnectOptions::from_str(url).expect("a database URL");
    PgConnection::connect_with(&options).await.expect("the test cluster answers")
}

/// Creates a database of its own for a test; gives its name and URL.
pub async fn fresh() -> (String, String) {
    let mut server = admin("postgres").await;
    let template = template(&mut server).await;
    let name = format!("my21_test_{}", uuid::Uuid::new_v4().simple());
    server.execute(AssertSqlSafe(format!("create database {name} template {template}"))).await.expect("a copy of the template");
    let url = url(&name);
    (name, url)
}

/// The migrated database, named by the migrations' checksums. Tests run in many processes: the first one makes it, under a lock.
async fn template(server: &mut PgConnection) -> String {
    let checksum = MIGRATOR.iter().fold(0u64, |sum, migration| {
        migration.checksum.iter().fold(sum, |sum, byte| sum.wrapping_mul(1_099_511_628_211).wrapping_add(u64::from(*byte)))
    });
    let name = format!("my21_template_{checksum:016x}");
    sqlx::query("select pg_advisory_lock(21210)").execute(&mut *server).await.expect("the lock");
    let known: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(&name)
        .fetch_one(&mut *server)
        .await
        .expect("the catalogue");
    if !known {
        let building = format!("{name}_building");
        server.execute(AssertSqlSafe(format!("drop database if exists {building}"))).await.expect("no leftovers");
        server.execute(AssertSqlSafe(format!("create database {building}"))).await.expect("a new database");
        let db = Db::connect(&url(&building), 1).expect("a database URL");
        db.migrate().await.expect("the migrations run");
        server.execute(AssertSqlSafe(format!("alter database {building} rename to {name}"))).await.expect("the finished template");
    }
    sqlx::query("select pg_advisory_unlock(21210)").execute(server).await.expect("the lock is given back");
    name
}

/// Removes a database that a test has made for itself.
pub async fn remove(database: &str) {
    let mut server = admin("postgres").await;
    server.execute(AssertSqlSafe(format!("drop database if exists {database} with (force)"))).await.expect("the database can go");
}
