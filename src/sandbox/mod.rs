//! The demo's outside world, so that `make run` needs no account: a WhatsApp gateway, a language model and the customer's phone.
//!
//! Everything here speaks the real wire over HTTP. A message typed on the customer's phone reaches the product as a signed webhook on
//! its ordinary endpoint; a reply reaches the customer through the same REST call that would go to Kapso. The product therefore has no
//! demo branches, and what works here works with the real services. Nothing in this slice touches the database or another slice: it
//! must be able to disagree with the code it stands opposite to.
//!
//! * [`kapso`]: the gateway's REST API (send, history, media, people, numbers)
//! * [`delivery`]: its signed webhooks, in order and with retries
//! * [`model`]: an OpenAI-compatible chat endpoint with short rule-based answers
//! * [`phone`]: the page on which one plays the customer
//! * [`mail`]: a page of the mails that went out
//! * [`push`]: a push service, as the makers of browsers have them
//! * [`control`]: faults on demand and a record of what was accepted, for tests
//!
//! All state is in memory and ends with the process. Mounted in demo mode only.

mod control;
mod delivery;
mod errors;
mod kapso;
mod mail;
mod model;
mod phone;
mod push;
mod samples;
mod state;
mod templates;
#[cfg(test)]
mod tests;
mod wire;
mod world;

use crate::server::clock::Clock;
use axum::Router;
use std::time::Duration;

/// Where the sandbox delivers, whom it lets in and how fast its world moves.
#[derive(Clone, Debug)]
pub struct SandboxConfig {
    /// The product's webhook endpoint, e.g. `http://127.0.0.1:3000/api/webhook/kapso`.
    pub webhook_url: String,
    /// Signs the webhooks; the product must know the same one.
    pub webhook_secret: String,
    /// The only key the fake gateway accepts in `X-API-Key`.
    pub api_key: String,
    /// Scheme and authority under which this router is reached, without a trailing slash. Media and paging links start with it.
    pub base_url: String,
    pub clock: Clock,
    /// Where the product leaves its mails, if it leaves them in a folder.
    pub mail_folder: Option<std::path::PathBuf>,
    /// Open phone pages are let go when this is cancelled.
    pub stopping: tokio_util::sync::CancellationToken,
    pub http: reqwest::Client,
    /// Between sent and delivered, and between delivered and read.
    pub status_delay: Duration,
    /// Between one attempt to deliver a webhook and the next; after the last the delivery is given up.
    pub retry_delays: Vec<Duration>,
    /// The business numbers that exist; the first is the phone page's default. Never empty.
    pub businesses: Vec<Business>,
}

/// A WhatsApp number of the product's side, as the gateway knows it.
#[derive(Clone, Debug)]
pub struct Business {
    pub phone_number_id: String,
    /// The WhatsApp Business Account the number and its templates belong to.
    pub business_account_id: String,
    /// What the customer sees above the chat.
    pub name: String,
    /// E.164 with spaces or dashes.
    pub display_phone_number: String,
    /// Where the product shows this number's conversations; the phone page links there.
    pub inbox_path: String,
}

impl SandboxConfig {
    /// A configuration with Kapso's documented retry schedule (10, 40 and 90 s) and the demo's two numbers. The sandbox is taken to be
    /// served by the host that `webhook_url` names; set `base_url` where that is not so.
    pub fn new(webhook_url: String, webhook_secret: String, api_key: String, clock: Clock, http: reqwest::Client) -> Self {
        let stopping = tokio_util::sync::CancellationToken::new();
        Self {
            base_url: origin(&webhook_url),
            webhook_url,
            webhook_secret,
            api_key,
            clock,
            mail_folder: None,
            stopping,
            http,
            status_delay: Duration::from_millis(600),
            retry_delays: [10, 40, 90].map(Duration::from_secs).to_vec(),
            businesses: vec![
                Business {
                    phone_number_id: "123456789012345".into(),
                    business_account_id: "102290129340398".into(),
                    name: "Toko Larasati".into(),
                    display_phone_number: "+62 21-5550-0142".into(),
                    inbox_path: "/demo/inbox".into(),
                },
                Business {
                    phone_number_id: "123456789012399".into(),
                    business_account_id: "102290129340399".into(),
                    name: "Kopi Senja".into(),
                    display_phone_number: "+62 21-5550-0199".into(),
                    inbox_path: "/other/inbox".into(),
                },
            ],
        }
    }
}

fn origin(url: &str) -> String {
    reqwest::Url::parse(url).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}

/// All routes of the sandbox, each starting with `/sandbox`. Needs a running tokio runtime once requests come in.
pub fn router(config: SandboxConfig) -> Router {
    let (origin, clock) = (config.base_url.clone(), config.clock.clone());
    let sandbox = state::Sandbox::new(config);
    Router::new()
        .merge(kapso::router(&sandbox))
        .merge(model::router())
        .merge(phone::router())
        .merge(mail::router())
        .merge(control::router())
        .with_state(sandbox)
        .merge(push::router(origin, clock))
}
