//! What a webhook body says, in our own words.
//!
//! Three dialects arrive at the same address: Kapso's payload v2 (single or batched), its predecessor v1, and Meta's own format with
//! any number of entries, changes and business numbers in one body. [`parse`] recognises the dialect by what the signed body holds
//! (headers are hints) and gives one list of [`Item`]s. It never fails and drops nothing silently: what it does not understand, or
//! what needs no action, becomes a note in words without personal data. One odd item never costs its neighbours.

mod content;
mod json;
mod kapso;
mod meta;
mod status;
#[cfg(test)]
mod tests;

use crate::{
    inbox::model::{Direction, Sender},
    time::Millis,
};
use serde_json::Value;

pub use kapso::parse_listed;

/// Bytes of a message's text or caption that are kept. WhatsApp allows 4,096 characters.
pub const MAX_BODY: usize = 65_536;
/// Bytes of a person's name or user name that are kept.
pub const MAX_NAME: usize = 256;
/// Notes of one delivery that are kept.
const MAX_NOTES: usize = 50;
/// How often a body may be wrapped (`{event, data}`, batches) before it counts as not understood.
const MAX_WRAPPERS: usize = 3;

/// All that one delivery said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    /// In the order of the body.
    pub items: Vec<Item>,
    /// What was not understood or needs no action, in words without personal data.
    pub notes: Vec<String>,
}

/// One thing that happened on one business number.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Meta's id of the business number; it decides the workspace.
    pub phone_number_id: String,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq)]
pub enum What {
    Message(Box<WireMessage>),
    Status(WireStatus),
    Reaction(WireReaction),
    Change(WireChange),
    /// A customer's WhatsApp profile name, and identities that belong together, as of `at`.
    ProfileName {
        identity: WireIdentity,
        name: String,
        /// Unix milliseconds; 0 when the provider gave none.
        at: Millis,
    },
}

/// Who it is about. `phone` or `bsuid` is given, or both.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WireIdentity {
    /// E.164
    pub phone: Option<String>,
    /// The id WhatsApp gives a user towards one business ("US.1349…"), for people who hide their number.
    pub bsuid: Option<String>,
    /// Can change hands: to show, not to recognise.
    pub username: Option<String>,
    pub profile_name: Option<String>,
}

impl WireIdentity {
    /// Whether it recognises somebody.
    fn known(&self) -> bool {
        self.phone.is_some() || self.bsuid.is_some()
    }
}

/// Where a message entered WhatsApp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    CloudApi,
    /// Typed by a person in the WhatsApp Business app. Opens no service window.
    BusinessApp,
    /// Told afterwards, from before the number was connected. Opens no service window and starts no automation.
    HistorySync,
}

#[derive(Clone, Debug, PartialEq)]
pub struct WireMessage {
    /// The wamid.
    pub provider_id: String,
    pub direction: Direction,
    /// [`Sender::Contact`] for what came in. What went out was sent by [`Sender::Phone`] as far as the wire knows; whether it is one of
    /// ours, ingest finds out by `provider_id` and `callback_data`.
    pub sender: Sender,
    pub contact: WireIdentity,
    /// WhatsApp's type: `text`, `image`, `interactive`, `unsupported` …, `unknown` when it is missing.
    pub kind: String,
    /// Text, caption, title of a tapped button. Placeholders are made where it is shown.
    pub body: Option<String>,
    /// In the provider's shape, what the kind needs beyond its text: the object named like the kind, `referral`, `context` (forwarded,
    /// product), `errors`, `voice`, `animated`, `transcript`, `flow_name`.
    pub detail: Option<Value>,
    /// The wamid of the message that this one answers.
    pub reply_to: Option<String>,
    /// Unix milliseconds by the provider's clock; 0 when it gave none.
    pub at: Millis,
    pub media: Option<WireMedia>,
    pub origin: Origin,
    /// How far an outbound message is known to have got, oldest first.
    pub statuses: Vec<WireStatus>,
    /// What we gave along when sending (`biz_opaque_callback_data`).
    pub callback_data: Option<String>,
}

/// A file of a message, still at the provider.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WireMedia {
    pub provider_media_id: Option<String>,
    /// `http` or `https`, as the provider wrote it: whoever fetches it must check the host.
    pub url: Option<String>,
    pub mime: Option<String>,
    pub file_name: Option<String>,
    pub byte_size: Option<i64>,
    /// base64
    pub sha256: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct WireStatus {
    pub provider_id: String,
    /// `sent`, `delivered`, `read`, `played` (a voice message) or `failed`.
    pub status: String,
    /// Unix milliseconds; 0 when the provider gave none.
    pub at: Millis,
    /// Meta's error code (0 without one) and its words.
    pub failure: Option<(i32, String)>,
    pub callback_data: Option<String>,
    pub contact: Option<WireIdentity>,
}

/// What somebody did to a message that they had sent.
#[derive(Clone, Debug, PartialEq)]
pub struct WireChange {
    /// The wamid of the message that tells it.
    pub provider_id: String,
    /// The wamid of the one that it is about.
    pub target: String,
    pub by_contact: bool,
    pub contact: WireIdentity,
    pub change: Change,
    /// Unix milliseconds by the provider's clock; 0 when it gave none.
    pub at: Millis,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Text or caption say this now.
    Edited(Option<String>),
    /// Taken back for everybody.
    Revoked,
}

#[derive(Clone, Debug, PartialEq)]
pub struct WireReaction {
    /// The wamid reacted to.
    pub target: String,
    /// None: taken back.
    pub emoji: Option<String>,
    pub at: Millis,
    pub by_contact: bool,
    pub contact: WireIdentity,
    pub provider_id: String,
    /// What we gave along when sending.
    pub callback_data: Option<String>,
}

impl Parsed {
    fn note(&mut self, words: impl Into<String>) {
        if self.notes.len() < MAX_NOTES {
            self.notes.push(words.into());
        }
    }

    fn push(&mut self, phone_number_id: &str, what: What) {
        self.items.push(Item { phone_number_id: phone_number_id.to_owned(), what });
    }
}

/// Reads the raw body of a delivery. `event_header` is `X-Webhook-Event`, where Kapso's v2 bodies have their event's name; it is not
/// signed, so it only helps where the body says nothing itself.
pub fn parse(event_header: Option<&str>, body: &[u8]) -> Parsed {
    let mut parsed = Parsed::default();
    match json::read(body) {
        Some(body) => take(event_header, &body, MAX_WRAPPERS, &mut parsed),
        None => parsed.note("body is not JSON"),
    }
    parsed
}

fn take(event_hint: Option<&str>, body: &Value, wrappers: usize, parsed: &mut Parsed) {
    let event = body["event"].as_str().or_else(|| body["type"].as_str()).or(event_hint);
    let bare = ["message", "contact", "conversation"].iter().all(|key| !body[key].is_object());
    if body["entry"].is_array() {
        meta::entries(body, parsed);
    } else if let (Some(batch), true) = (body["data"].as_array(), wrappers > 0) {
        batch.iter().for_each(|body| take(event, body, wrappers - 1, parsed));
    } else if bare && body["data"].is_object() && wrappers > 0 {
        take(event, &body["data"], wrappers - 1, parsed);
    } else {
        kapso::event(event, body, parsed);
    }
}
