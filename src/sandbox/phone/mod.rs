//! The customer's phone: a page on which one plays the customer. Plain forms do everything; a small script makes it live.

mod bubble;
mod events;
mod inbound;
mod page;
mod texts;

use super::{
    control::is_foreign,
    state::Sandbox,
    wire::is_number,
    world::{Chat, Progress},
};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
pub use bubble::escape;
use inbound::Inbound;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;
use texts::Texts;

/// How long a form waits for the webhook's fate before it shows the page again, and how long a program does.
const FORM_WAITS: Duration = Duration::from_secs(2);
const PROGRAM_WAITS: Duration = Duration::from_secs(11);

/// The invented people one can be: number and name. Anybody else can be had through the address.
const CUSTOMERS: [(&str, &str); 4] = [
    ("6281234567890", "Dewi Anjani"),
    ("6281398765432", "Bayu Pratama"),
    ("6285611122233", "Siti Marlina"),
    ("61491570156", "Olivia Hart"),
];

pub fn router() -> Router<Sandbox> {
    Router::new()
        .route("/sandbox", get(show))
        .route("/sandbox/phone", get(show))
        .route("/sandbox/phone/messages", post(write))
        .route("/sandbox/phone/events", get(events::stream))
        .route("/sandbox/phone/media/{id}", get(media))
        .route("/sandbox/phone.css", get(async || asset("text/css; charset=utf-8", include_str!("phone.css"))))
        .route("/sandbox/phone.js", get(async || asset("text/javascript; charset=utf-8", include_str!("phone.js"))))
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], text).into_response()
}

/// Who writes to whom, in which language: the page's address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Place {
    /// Digits of the customer's number.
    #[serde(rename = "as")]
    customer: String,
    name: String,
    /// The business's phone number id.
    number: String,
    lang: String,
}

/// A [`Place`] with everything missing or impossible replaced by the default.
#[derive(Clone, Debug)]
pub struct Setting {
    pub chat: Chat,
    pub name: String,
    pub texts: &'static Texts,
}

impl Place {
    fn settle(&self, sandbox: &Sandbox, headers: &HeaderMap) -> Setting {
        let businesses = &sandbox.config().businesses;
        let known = businesses.iter().find(|business| business.phone_number_id == self.number).or(businesses.first());
        let digits = self.customer.trim().trim_start_matches('+');
        let customer = if is_number(digits) && (8..=15).contains(&digits.len()) { digits } else { CUSTOMERS[0].0 };
        let given = self.name.trim();
        let listed = CUSTOMERS.iter().find(|(number, _)| *number == customer).map(|(_, name)| *name);
        let name = if given.is_empty() { listed.unwrap_or(customer) } else { given };
        Setting {
            chat: Chat {
                phone_number_id: known.map(|business| business.phone_number_id.clone()).unwrap_or_default(),
                customer: customer.to_owned(),
            },
            name: name.chars().take(80).collect(),
            texts: texts::choose(&self.lang, headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok())),
        }
    }
}

impl Setting {
    /// The query that leads back here.
    fn query(&self) -> String {
        let number = &self.chat.phone_number_id;
        let pairs = [("as", &*self.chat.customer), ("name", &*self.name), ("number", &**number), ("lang", self.texts.lang)];
        let url = reqwest::Url::parse_with_params("http://sandbox/", pairs);
        url.ok().and_then(|url| url.query().map(str::to_owned)).unwrap_or_default()
    }
}

/// `GET /sandbox/phone`. Whoever looks at the chat has read it.
async fn show(State(sandbox): State<Sandbox>, Query(place): Query<Place>, headers: HeaderMap) -> Response {
    let setting = place.settle(&sandbox, &headers);
    read(&sandbox, &setting.chat);
    let html = sandbox.world(|world| page::render(world, sandbox.config(), &setting));
    ([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response()
}

/// Marks what has arrived on the customer's phone as read.
fn read(sandbox: &Sandbox, chat: &Chat) {
    let (now, base_url) = (sandbox.now(), &sandbox.config().base_url);
    sandbox.world(|world| {
        for ord in world.unread_by_customer(chat) {
            world.advance(ord, Progress::Read, None, now, base_url);
        }
    });
}

/// What the customer writes: the place, and a text or one of the samples.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Written {
    #[serde(flatten)]
    place: Place,
    text: String,
    /// A ready sentence's button; it wins over `text`.
    quick: String,
    /// `text`, `image`, `voice` or `location`.
    kind: String,
    /// The id of a message and of one of its choices; wins over both.
    tap: String,
    /// The id of a message of theirs that shall say `text` instead.
    edit: String,
    /// The id of a message of theirs that is taken back; wins over all.
    revoke: String,
    /// The id of the message answered.
    reply_to: Option<String>,
}

/// `POST /sandbox/phone/messages`: a form (answered with the page again) or JSON (answered with `{id, delivered}`, where `delivered`
/// says whether the webhook endpoint took the message at the first attempt).
async fn write(State(sandbox): State<Sandbox>, headers: HeaderMap, body: Bytes) -> Response {
    if is_foreign(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_program = kind.starts_with("application/json");
    let written = if is_program { serde_json::from_slice(&body).ok() } else { from_form(&body) };
    let Some(written) = written else {
        return (StatusCode::BAD_REQUEST, "Not a message").into_response();
    };
    let setting = written.place.settle(&sandbox, &headers);
    let text = if written.quick.is_empty() { written.text } else { written.quick };
    let tapped = written.tap.split_once(' ');
    let reply_to = tapped.map(|(message, _)| message.to_owned()).or(written.reply_to);
    let changed = |id: &str, text: Option<&str>| sandbox.world(|world| Inbound::change(world.changeable(&setting.chat, id)?, text));
    let inbound = match (&*written.revoke, &*written.edit, tapped) {
        ("", "", Some((message, choice))) => sandbox.world(|world| Inbound::tap(world.message(message)?, choice)),
        ("", "", None) => Inbound::new(&written.kind, &text, setting.texts),
        ("", id, _) => changed(id, Some(&text)),
        (id, ..) => changed(id, None),
    };
    let Some(inbound) = inbound else {
        return if is_program { StatusCode::UNPROCESSABLE_ENTITY.into_response() } else { back(&setting) };
    };
    let (id, first_attempt) = inbound.send(&sandbox, &setting, reply_to.as_deref());
    let wait = if is_program { PROGRAM_WAITS } else { FORM_WAITS };
    let delivered = matches!(tokio::time::timeout(wait, first_attempt).await, Ok(Ok(true)));
    if is_program { Json(json!({ "id": id, "delivered": delivered })).into_response() } else { back(&setting) }
}

fn back(setting: &Setting) -> Response {
    Redirect::to(&format!("/sandbox/phone?{}#end", setting.query())).into_response()
}

fn from_form(body: &[u8]) -> Option<Written> {
    // A form is written as a query is; there is one reader for both.
    let uri: Uri = format!("/?{}", std::str::from_utf8(body).ok()?).parse().ok()?;
    Query::try_from_uri(&uri).ok().map(|Query(written)| written)
}

/// A file of the chat. Pictures and sounds are shown, everything else is only downloaded.
async fn media(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    let Some(media) = sandbox.world(|world| world.media.get(&id).cloned()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let shown = matches!(media.mime.as_str(), "image/png" | "image/jpeg" | "image/webp") || media.mime.starts_with("audio/");
    let mime = if shown { media.mime.as_str() } else { "application/octet-stream" };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_str(mime).unwrap_or(HeaderValue::from_static("application/octet-stream"))),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static(if shown { "inline" } else { "attachment" })),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600")),
    ];
    (headers, media.bytes).into_response()
}
