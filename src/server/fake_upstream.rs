//! Servers that tests call instead of the real ones: on a free port of this machine, over real sockets.

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::IntoResponse,
};
use std::{
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }
}

/// A server that gives every request the same answer and remembers what it was asked.
#[derive(Clone)]
pub struct Upstream {
    /// `http://127.0.0.1:port`
    pub base: String,
    answer: Arc<(StatusCode, HeaderMap, Bytes)>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Upstream {
    pub async fn answering(status: u16, headers: &[(&'static str, &str)], body: impl Into<Bytes>) -> Self {
        let (listener, base) = listen().await;
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let answer = Arc::new((StatusCode::from_u16(status).unwrap(), headers, body.into()));
        let upstream = Self { base, answer, seen: Arc::default() };
        let router = Router::new().fallback(reply).with_state(upstream.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        upstream
    }

    /// The requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The only request so far.
    pub fn only(&self) -> Seen {
        let mut seen = self.seen();
        assert_eq!(seen.len(), 1, "exactly one request");
        seen.remove(0)
    }
}

async fn reply(State(upstream): State<Upstream>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    upstream.seen.lock().unwrap().push(Seen { method, uri, headers, body });
    (*upstream.answer).clone()
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    (listener, base)
}

/// A server that takes the request, writes these bytes and hangs up. Gives its base URL.
pub async fn hanging_up_after(bytes: &'static [u8]) -> String {
    let (listener, base) = listen().await;
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = [0; 65_536];
            let _ = socket.read(&mut request).await;
            let _ = socket.write_all(bytes).await;
        }
    });
    base
}

/// A server that answers the first request of each connection with these bytes and hangs up on the second, without a word. Gives its base
/// URL and how many requests came.
pub async fn hanging_up_on_the_second(bytes: &'static [u8]) -> (String, Arc<AtomicUsize>) {
    let (listener, base) = listen().await;
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = requests.clone();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = [0; 65_536];
            for answer in [bytes, b""] {
                if matches!(socket.read(&mut request).await, Ok(1..)) {
                    counter.fetch_add(1, Ordering::SeqCst);
                }
                let _ = socket.write_all(answer).await;
            }
        }
    });
    (base, requests)
}

/// A server that takes the request and never answers. Gives its base URL.
pub async fn silent() -> String {
    let (listener, base) = listen().await;
    let router = Router::new().fallback(|| async { pending::<()>().await });
    tokio::spawn(async move { axum::serve(listener, router).await });
    base
}

/// The base URL of a port on which nobody listens.
pub async fn closed() -> String {
    listen().await.1
}
