//! Orders from tests: faults, the model's next answer, a closed window; and the record of what was accepted.

use super::{
    state::Sandbox,
    world::{Chat, Millis, World},
};
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

pub fn router() -> Router<Sandbox> {
    Router::new().route("/sandbox/control", post(control)).route("/sandbox/log", get(log)).route("/sandbox/reset", post(reset))
}

/// Which call of the gateway a fault waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// A message is sent.
    #[default]
    Send,
    /// A message is marked read.
    Read,
    /// The history is listed.
    List,
    /// A file is uploaded, looked up or downloaded.
    Media,
}

/// What shall happen to one call. The empty fault is no fault.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fault {
    pub on: Route,
    /// Sends only: waits for one to this customer. Without it the next call takes it, whoever it is about.
    pub to: Option<String>,
    /// HTTP status of the refusal. Absent or 2xx: the call is taken.
    pub status: Option<u16>,
    /// The refusal's body; a string is sent as an HTML page. Without it the documented body for `code`, or else for `status`. With a 2xx
    /// status (sends only): taken, and answered with this instead of what is documented.
    pub body: Option<Value>,
    /// A Meta error code, e.g. 131056.
    pub code: Option<i64>,
    /// Seconds.
    pub retry_after: Option<u64>,
    /// Before the answer. A call that is taken is taken at once, and answered late.
    pub delay_ms: Option<u64>,
    /// Sends only: taken, but the connection breaks before the answer is complete.
    pub drop_after_accept: bool,
    /// Sends only: taken, but after `sent` a `failed` status with this Meta code follows instead of `delivered`.
    pub fail_later: Option<i64>,
}

/// How the fake model shall behave until told otherwise.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelOrders {
    /// So many calls fail.
    pub fail_next: u32,
    /// With this HTTP status; 503 unless told.
    pub status: Option<u16>,
    /// The answer to every call that succeeds; the empty answer ends with `finish_reason: "length"`.
    pub reply: Option<String>,
    /// Before each answer.
    pub delay_ms: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Orders {
    /// Added to the faults still waiting.
    fail_next: Vec<Fault>,
    /// Replaces the model's orders.
    model: Option<ModelOrders>,
    windows: Vec<Window>,
    /// Ends the delays of calls that are waiting now.
    let_go: bool,
    /// Sends webhooks elsewhere; null for the configured endpoint.
    #[serde(deserialize_with = "given")]
    endpoint: Option<Option<Endpoint>>,
}

/// When a customer last wrote, in place of what the sandbox saw.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Window {
    number: String,
    customer: String,
    /// Unix milliseconds; null closes the window.
    last_inbound_at: Option<Millis>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Endpoint {
    url: String,
    secret: String,
}

/// Tells a null from an absent field.
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Endpoint>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// `POST /sandbox/control`. Takes JSON only, so that no foreign page can give orders through a form.
async fn control(State(sandbox): State<Sandbox>, Json(orders): Json<Orders>) -> Result<StatusCode, (StatusCode, &'static str)> {
    if let Some(Some(endpoint)) = &orders.endpoint
        && !is_loopback(&endpoint.url)
    {
        return Err((StatusCode::BAD_REQUEST, "endpoint: the sandbox delivers to this machine only"));
    }
    sandbox.world(|world| {
        world.faults.extend(orders.fail_next);
        if let Some(model) = orders.model {
            world.model = model;
        }
        for window in orders.windows {
            world.set_window(window);
        }
        if let Some(endpoint) = orders.endpoint {
            world.endpoint = endpoint.map(|endpoint| (endpoint.url, endpoint.secret));
        }
    });
    if orders.let_go {
        sandbox.let_go();
    }
    Ok(StatusCode::NO_CONTENT)
}

fn is_loopback(url: &str) -> bool {
    reqwest::Url::parse(url).is_ok_and(|url| matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]")))
}

impl World {
    /// The next fault ordered for this kind of call, and for this customer if it is a send.
    pub fn take_fault(&mut self, on: Route, to: Option<&str>) -> Option<Fault> {
        let place = self.faults.iter().position(|fault| fault.on == on && (fault.to.is_none() || fault.to.as_deref() == to))?;
        Some(self.faults.remove(place))
    }

    fn set_window(&mut self, window: Window) {
        let chat = Chat { phone_number_id: window.number, customer: window.customer };
        match (window.last_inbound_at, self.chats.get_mut(&chat)) {
            (Some(at), Some(conversation)) => {
                conversation.last_inbound_at = Some(at);
                self.shut.remove(&chat);
            }
            // Without a conversation the window is open anyway.
            (Some(_), None) => drop(self.shut.remove(&chat)),
            (None, _) => drop(self.shut.insert(chat)),
        }
    }
}

/// `GET /sandbox/log`: accepted sends, webhook attempts, and how many faults still wait.
async fn log(State(sandbox): State<Sandbox>) -> Json<Value> {
    Json(sandbox.world(|world| json!({ "sends": world.sends, "deliveries": world.deliveries, "faults_waiting": world.faults.len() })))
}

/// `POST /sandbox/reset`: forgets everything, orders included.
async fn reset(State(sandbox): State<Sandbox>, headers: HeaderMap) -> StatusCode {
    if is_foreign(&headers) {
        return StatusCode::FORBIDDEN;
    }
    sandbox.world(World::reset);
    StatusCode::NO_CONTENT
}

/// Whether a browser says that another site's page caused the request.
pub fn is_foreign(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none")
}
