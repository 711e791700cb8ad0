//! The real program as a process of its own, which can be killed.

use super::app::{WEBHOOK_SECRET, http_client};
use std::{
    fs::File,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// A port that is free now.
pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).expect("a free port").port()
}

/// `my21staff serve` in demo mode. It keeps its port and folder over restarts, and is killed when dropped.
pub struct Server {
    pub base: String,
    port: u16,
    database_url: String,
    data_dir: PathBuf,
    child: Child,
}

impl Server {
    /// Starts the program and waits until it is ready.
    pub async fn start(database_url: &str) -> Self {
        let port = free_port();
        let data_dir = std::env::temp_dir().join(format!("my21_server_{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir_all(&data_dir).expect("a folder");
        let child = spawn(port, database_url, &data_dir);
        let mut server = Self { base: format!("http://127.0.0.1:{port}"), port, database_url: database_url.to_owned(), data_dir, child };
        server.wait_until_ready().await;
        server
    }

    /// SIGKILL: nothing is finished, nothing is said.
    pub fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it is gone");
    }

    /// SIGTERM, and waits for the end.
    pub async fn terminate(&mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().expect("kill runs");
        assert!(asked.success());
        for _ in 0..1500 {
            if self.child.try_wait().expect("a state").is_some() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the server did not stop in 30 s: {}", self.log());
    }

    /// Starts it again, on the same port.
    pub async fn restart(&mut self) {
        self.child = spawn(self.port, &self.database_url, &self.data_dir);
        self.wait_until_ready().await;
    }

    async fn wait_until_ready(&mut self) {
        let http = http_client();
        let mut said = String::new();
        for _ in 0..1000 {
            match http.get(format!("{}/readyz", self.base)).send().await {
                Ok(answer) if answer.status().is_success() => return,
                Ok(answer) => said = answer.text().await.unwrap_or_default(),
                Err(_) => {}
            }
            if let Some(status) = self.child.try_wait().expect("a state") {
                panic!("the server ended with {status}: {}", self.log());
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        panic!("the server is not ready after 30 s: {said}\n{}", self.log());
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.data_dir.join("server.log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be dead already, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.data_dir);
    }
}

fn spawn(port: u16, database_url: &str, data_dir: &std::path::Path) -> Child {
    let log = File::options().append(true).create(true).open(data_dir.join("server.log")).expect("a log");
    Command::new(env!("CARGO_BIN_EXE_my21staff"))
        .env_clear()
        .env("DEV_MODE", "true")
        .env("LEPTOS_SITE_ADDR", format!("127.0.0.1:{port}"))
        .env("LEPTOS_OUTPUT_NAME", "my21staff")
        .env("DATABASE_URL", database_url)
        .env("DATABASE_POOL_SIZE", "6")
        .env("DATA_DIR", data_dir)
        .env("KAPSO_WEBHOOK_SECRET", WEBHOOK_SECRET)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("the program starts")
}
