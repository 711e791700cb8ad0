//! The product under test: the release binary in a process of its own, in demo mode on a database of its own.

use super::wire::{self, Connection};
use anyhow::{Context, Result, bail};
use sqlx::{AssertSqlSafe, Connection as _, Executor, PgConnection, postgres::PgConnectOptions};
use std::{
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    str::FromStr,
    time::Duration,
};

pub const WEBHOOK_SECRET: &str = "secret of the benchmark";

/// A database of the cluster that `DATABASE_URL` names.
pub struct Database {
    pub url: String,
}

impl Database {
    pub async fn create(name: &str) -> Result<Self> {
        let cluster = std::env::var("DATABASE_URL").context("DATABASE_URL names the cluster: run scripts/bench")?;
        let (server, default) = cluster.rsplit_once('/').context("a database URL ends in /name")?;
        let mut admin = connect(&format!("{server}/{default}")).await?;
        admin.execute(AssertSqlSafe(format!("drop database if exists {name} with (force)"))).await?;
        admin.execute(AssertSqlSafe(format!("create database {name}"))).await?;
        Ok(Self { url: format!("{server}/{name}") })
    }

    /// A connection of the owner, past all policies.
    pub async fn admin(&self) -> Result<PgConnection> {
        connect(&self.url).await
    }

    /// A connection in the role of the product's requests.
    pub async fn app(&self) -> Result<PgConnection> {
        let mut connection = self.admin().await?;
        connection.execute("set role my21_app").await?;
        Ok(connection)
    }
}

async fn connect(url: &str) -> Result<PgConnection> {
    Ok(PgConnection::connect_with(&PgConnectOptions::from_str(url)?).await?)
}

/// Killed when dropped.
pub struct Server {
    process: Child,
    pub address: SocketAddr,
    data: PathBuf,
}

impl Server {
    /// Starts `SERVER` (default `target/dist/my21staff`) and waits until it is ready. ARI is off: the budgets are about people's messages.
    pub async fn start(database: &Database) -> Result<Self> {
        let binary = std::env::var("SERVER").unwrap_or_else(|_| "target/dist/my21staff".into());
        let site = std::env::var("SITE").unwrap_or_else(|_| "target/dist/site".into());
        let address = std::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?.local_addr()?;
        let data = std::env::temp_dir().join(format!("my21-bench-{}", address.port()));
        let log = std::fs::File::create(std::env::temp_dir().join("my21-bench-server.log"))?;
        let process = Command::new(&binary)
            .arg("serve")
            .envs([("DEV_MODE", "true"), ("KAPSO_WEBHOOK_SECRET", WEBHOOK_SECRET), ("DATABASE_URL", database.url.as_str())])
            .env("LEPTOS_SITE_ADDR", address.to_string())
            .env("LEPTOS_SITE_ROOT", site)
            .env("PUBLIC_URL", format!("http://{address}"))
            .env("DATA_DIR", &data)
            .stdout(Stdio::from(log.try_clone()?))
            .stderr(log)
            .spawn()
            .with_context(|| format!("{binary} cannot be started: run scripts/build"))?;
        let mut server = Self { process, address, data };
        for _ in 0..600 {
            if let Ok(mut connection) = Connection::open(address).await
                && matches!(connection.exchange(&wire::get("/readyz", "")).await, Ok((200, _)))
            {
                database.admin().await?.execute("update workspace set ari_enabled = false").await?;
                return Ok(server);
            }
            if let Some(status) = server.process.try_wait()? {
                bail!("the server ended with {status}; its log is my21-bench-server.log in the folder for temporary files");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("the server did not become ready in a minute")
    }

    pub async fn connect(&self) -> Result<Connection> {
        Ok(Connection::open(self.address).await?)
    }

    /// Signs somebody of the demo in; gives the cookie.
    pub async fn sign_in(&self, email: &str) -> Result<String> {
        let form = wire::post("/api/dev/sign-in", "application/x-www-form-urlencoded", "", &format!("email={}", email.replace('@', "%40")));
        let mut connection = self.connect().await?;
        let (_, answer) = connection.exchange(&form).await?;
        let head = String::from_utf8_lossy(answer).into_owned();
        let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next());
        Ok(cookie.context("a session cookie")?.to_owned())
    }

    /// Memory that is really the process's, in bytes: resident pages as the kernel counts them.
    pub fn resident(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS in /proc")?;
        Ok(line.trim().trim_end_matches("kB").trim().parse::<u64>()? * 1024)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.data);
    }
}
