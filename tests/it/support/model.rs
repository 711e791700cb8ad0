//! A language model that does what a test wants and remembers what it was asked. Speaks xAI's and Ollama's wire.

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

/// A clone is the same model. Its server ends with the test's runtime.
#[derive(Clone)]
pub struct FakeModel {
    pub base: String,
    state: Arc<Mutex<Orders>>,
    _task: Arc<JoinHandle<()>>,
}

struct Orders {
    requests: Vec<Value>,
    reply: String,
    delay: Duration,
    failing: Option<StatusCode>,
    /// Whether calls are kept waiting.
    holding: watch::Sender<bool>,
}

type Shared = Arc<Mutex<Orders>>;

impl FakeModel {
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let orders = Orders {
            requests: Vec::new(),
            reply: "Baik, Kak.".into(),
            delay: Duration::ZERO,
            failing: None,
            holding: watch::Sender::new(false),
        };
        let state = Arc::new(Mutex::new(orders));
        let router = Router::new().route("/v1/chat/completions", post(grok)).route("/api/chat", post(ollama)).with_state(state.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("the model serves") });
        Self { base, state, _task: Arc::new(task) }
    }

    /// Makes it the configured Grok.
    pub fn as_grok(&self, env: &mut HashMap<String, String>) {
        env.insert("GROK_BASE_URL".into(), format!("{}/v1", self.base));
    }

    /// Makes it the configured Ollama.
    pub fn as_ollama(&self, env: &mut HashMap<String, String>) {
        env.insert("OLLAMA_BASE_URL".into(), self.base.clone());
    }

    /// What every answer says.
    pub fn replies(&self, text: &str) {
        self.orders().reply = text.to_owned();
    }

    /// How long it thinks. A call waits as long as was set when it came.
    pub fn thinks(&self, delay: Duration) {
        self.orders().delay = delay;
    }

    /// Calls wait until [`FakeModel::lets_go`].
    pub fn holds(&self) {
        self.orders().holding.send_replace(true);
    }

    /// Calls that wait are answered, and later ones at once.
    pub fn lets_go(&self) {
        self.orders().holding.send_replace(false);
    }

    /// Every call is refused with this status; None ends that.
    pub fn fails(&self, with: Option<u16>) {
        self.orders().failing = with.map(|status| StatusCode::from_u16(status).expect("a status"));
    }

    /// The bodies of all calls so far.
    pub fn requests(&self) -> Vec<Value> {
        self.orders().requests.clone()
    }

    fn orders(&self) -> MutexGuard<'_, Orders> {
        lock(&self.state)
    }
}

fn lock(state: &Mutex<Orders>) -> MutexGuard<'_, Orders> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notes the call; gives the reply, or the refusal.
async fn take(state: &Shared, request: Value) -> Result<String, Response> {
    let (reply, delay, failing, mut holding) = {
        let mut orders = lock(state);
        orders.requests.push(request);
        (orders.reply.clone(), orders.delay, orders.failing, orders.holding.subscribe())
    };
    // An error means that the model is gone, and then nobody waits.
    let _ = holding.wait_for(|holding| !*holding).await;
    tokio::time::sleep(delay).await;
    match failing {
        Some(status) => Err((status, Json(json!({ "error": "out of order" }))).into_response()),
        None => Ok(reply),
    }
}

async fn grok(State(state): State<Shared>, Json(request): Json<Value>) -> Response {
    match take(&state, request).await {
        Ok(reply) => Json(json!({
            "id": "1", "object": "chat.completion", "model": "grok-test",
            "choices": [{ "index": 0, "message": { "role": "assistant", "content": reply }, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": 110, "completion_tokens": 7, "total_tokens": 117, "cost_in_usd_ticks": 158_500 },
        }))
        .into_response(),
        Err(refusal) => refusal,
    }
}

async fn ollama(State(state): State<Shared>, Json(request): Json<Value>) -> Response {
    match take(&state, request).await {
        Ok(reply) => Json(json!({
            "model": "sea-lion", "message": { "role": "assistant", "content": reply }, "done": true, "done_reason": "stop",
            "prompt_eval_count": 90, "eval_count": 5,
        }))
        .into_response(),
        Err(refusal) => refusal,
    }
}
