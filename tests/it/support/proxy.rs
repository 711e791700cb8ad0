//! A wire between the server and Postgres (or anything else) that can hold things back at a chosen moment.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinHandle,
};

/// What the wire keeps to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    Nothing,
    /// COMMIT does not reach Postgres.
    Commit,
    /// COMMIT reaches Postgres, the answer to it never comes back.
    CommitAnswer,
    /// The NOTIFY that tells other processes of a change does not reach Postgres.
    WakeUp,
}

/// Listens on a port of its own until dropped.
pub struct Proxy {
    pub port: u16,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    hold: Mutex<Hold>,
    held: AtomicUsize,
}

impl Proxy {
    pub async fn start(to: SocketAddr) -> Self {
        Self::listening(TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port"), to)
    }

    /// On a port of the caller's.
    pub fn listening(listener: TcpListener, to: SocketAddr) -> Self {
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::new(Shared { hold: Mutex::new(Hold::Nothing), held: AtomicUsize::new(0) });
        let task = tokio::spawn(accept(listener, to, shared.clone()));
        Self { port, shared, task }
    }

    /// From now on, on every connection.
    pub fn hold(&self, what: Hold) {
        self.shared.held.store(0, Ordering::SeqCst);
        *self.shared.hold.lock().unwrap_or_else(PoisonError::into_inner) = what;
    }

    /// How often something was held back since [`Proxy::hold`].
    pub fn held(&self) -> usize {
        self.shared.held.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, to: SocketAddr, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        let shared = shared.clone();
        tokio::spawn(async move {
            let Ok(server) = TcpStream::connect(to).await else { return };
            let _ = client.set_nodelay(true);
            let _ = server.set_nodelay(true);
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            let mute = AtomicBool::new(false);
            // When either side ends, both connections are closed.
            tokio::select! {
                () = forth(from_client, to_server, &shared, &mute) => {}
                () = back(from_server, to_client, &mute) => {}
            }
        });
    }
}

async fn forth(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, shared: &Shared, mute: &AtomicBool) {
    let mut buffer = vec![0; 65_536];
    let mut deaf = false;
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let bytes = &buffer[..length];
        let says = |word: &[u8]| bytes.windows(word.len()).any(|window| window == word);
        let hold = *shared.hold.lock().unwrap_or_else(PoisonError::into_inner);
        let caught = match hold {
            Hold::Nothing => false,
            Hold::Commit | Hold::CommitAnswer => says(b"COMMIT"),
            Hold::WakeUp => says(b"my21_wake"),
        };
        if caught {
            deaf = hold != Hold::CommitAnswer;
            mute.store(hold == Hold::CommitAnswer, Ordering::SeqCst);
            shared.held.fetch_add(1, Ordering::SeqCst);
        }
        // What is held back stays so; reading goes on, to notice the end.
        if !deaf && to.write_all(bytes).await.is_err() {
            return;
        }
    }
}

async fn back(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mute: &AtomicBool) {
    let mut buffer = vec![0; 65_536];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        if !mute.load(Ordering::SeqCst) && to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
