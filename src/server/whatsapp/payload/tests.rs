//! Every recorded payload, each with all that must come of it, and what no recording shows.

use super::*;
use serde_json::json;

mod kapso;
mod meta;
mod odd;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/");
/// The business number of all fixtures.
const NUMBER: &str = "123456789012345";
/// When the customer's messages of the fixtures were written: 2026-11-20T14:25:01Z.
const AT: Millis = 1_795_184_701_000;
/// One of our own messages, quoted, reacted to and reported about.
const OURS: &str = "wamid.HBgLMTU1NTEyMzQ1NjcVAgARGBIxQkVGQkMyNzQ0QzM2Mzc3QUEA";

/// Makes one test per file, and the list of files that have one.
macro_rules! fixtures {
    ($folder:literal: $($test:ident $file:literal => [$($item:expr),* $(,)?] $(, $note:literal)*;)*) => {
        $(
            #[test]
            fn $test() {
                check(concat!($folder, $file, ".json"), vec![$($item),*], &[$($note),*]);
            }
        )*
        pub const FILES: &[&str] = &[$(concat!($folder, $file, ".json")),*];
    };
}
use fixtures;

fn read(path: &str) -> Vec<u8> {
    std::fs::read(format!("{FIXTURES}{path}")).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn value(path: &str) -> Value {
    serde_json::from_slice(&read(path)).unwrap()
}

/// The event header that belongs to a recorded delivery.
fn event_header(path: &str) -> Option<String> {
    let file = path.strip_prefix("kapso/")?;
    let index = value("kapso/INDEX.json");
    let row = index.as_array().unwrap().iter().find(|row| row["file"] == file).unwrap();
    row["event"].as_str().filter(|event| *event != "(none)").map(str::to_owned)
}

/// A recording says exactly `items` and `notes`, and says the same things to whoever does not see the unsigned header.
#[track_caller]
fn check(path: &str, mut items: Vec<Item>, notes: &[&str]) {
    let body = value(path);
    // Ids are long and read from where the recording has them; the builders leave them empty.
    let recorded = [
        "/message/id",
        "/message/whatsapp_message_id",
        "/entry/0/changes/0/value/messages/0/id",
        "/entry/0/changes/0/value/message_echoes/0/id",
    ];
    let first = recorded.iter().rev().find_map(|pointer| body.pointer(pointer)?.as_str()).unwrap_or(OURS);
    items.iter_mut().for_each(|item| fill(item, first));
    let parsed = parse(event_header(path).as_deref(), &read(path));
    assert_eq!(parsed.items, items, "{path}");
    assert_eq!(parsed.notes, notes, "{path}");
    assert_eq!(parse(None, &read(path)).items, items, "{path} without header");
}

fn fill(item: &mut Item, id: &str) {
    let set = |field: &mut String| {
        if field.is_empty() {
            *field = id.to_owned();
        }
    };
    match &mut item.what {
        What::Message(message) => {
            set(&mut message.provider_id);
            message.statuses.iter_mut().for_each(|status| set(&mut status.provider_id));
        }
        What::Reaction(reaction) => set(&mut reaction.provider_id),
        What::Change(change) => set(&mut change.provider_id),
        What::Status(status) => set(&mut status.provider_id),
        What::ProfileName { .. } => {}
    }
}

fn by_phone() -> WireIdentity {
    WireIdentity { phone: Some("+15551234567".into()), profile_name: Some("Ayu Example".into()), ..WireIdentity::default() }
}

fn by_phone_and_user_id() -> WireIdentity {
    WireIdentity { bsuid: Some("US.13491208655302741918".into()), ..by_phone() }
}

fn by_user_id() -> WireIdentity {
    WireIdentity { phone: None, username: Some("ayu.example".into()), ..by_phone_and_user_id() }
}

fn nameless() -> WireIdentity {
    WireIdentity { profile_name: None, ..by_phone() }
}

/// A message under construction: inbound, from Ayu's phone, at [`AT`], through the Cloud API, and nothing else.
fn inbound(kind: &str) -> WireMessage {
    WireMessage {
        provider_id: String::new(),
        direction: Direction::Inbound,
        sender: Sender::Contact,
        contact: by_phone(),
        kind: kind.into(),
        body: None,
        detail: None,
        reply_to: None,
        at: AT,
        media: None,
        origin: Origin::CloudApi,
        statuses: vec![],
        callback_data: None,
    }
}

fn outbound(kind: &str, at: Millis) -> WireMessage {
    WireMessage { direction: Direction::Outbound, sender: Sender::Phone, at, ..inbound(kind) }
}

impl WireMessage {
    fn id(self, id: &str) -> Self {
        Self { provider_id: id.into(), ..self }
    }
    fn of(self, contact: WireIdentity) -> Self {
        Self { contact, ..self }
    }
    fn at(self, at: Millis) -> Self {
        Self { at, ..self }
    }
    fn body(self, body: &str) -> Self {
        Self { body: Some(body.into()), ..self }
    }
    fn detail(self, detail: Value) -> Self {
        Self { detail: Some(detail), ..self }
    }
    fn reply_to(self, id: &str) -> Self {
        Self { reply_to: Some(id.into()), ..self }
    }
    fn origin(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }
    fn media(self, media: WireMedia) -> Self {
        Self { media: Some(media), ..self }
    }
    fn statuses(self, statuses: Vec<WireStatus>) -> Self {
        Self { statuses, ..self }
    }
}

impl From<WireMessage> for Item {
    fn from(message: WireMessage) -> Self {
        Self { phone_number_id: NUMBER.into(), what: What::Message(Box::new(message)) }
    }
}

/// A message as it stands in a list of expectations.
fn m(message: WireMessage) -> Item {
    message.into()
}

fn media(id: &str, mime: &str, sha256: &str) -> WireMedia {
    WireMedia { provider_media_id: Some(id.into()), mime: Some(mime.into()), sha256: Some(sha256.into()), ..WireMedia::default() }
}

impl WireMedia {
    /// As in Meta's format since November 2025.
    fn at_meta(self) -> Self {
        let id = self.provider_media_id.clone().unwrap();
        let url =
            format!("https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid={id}&source=webhook&ext=1795185001&hash=ATexample");
        Self { url: Some(url), ..self }
    }
    fn at_kapso(self, file: &str, bytes: i64) -> Self {
        let url = format!("https://api.kapso.ai/media/9c1f7a52-example/{file}");
        Self { url: Some(url), byte_size: Some(bytes), ..self.named(file) }
    }
    fn named(self, file: &str) -> Self {
        Self { file_name: Some(file.into()), ..self }
    }
}

fn status(name: &str, at: Millis) -> WireStatus {
    WireStatus { provider_id: String::new(), status: name.into(), at, failure: None, callback_data: None, contact: Some(nameless()) }
}

fn failed(at: Millis, code: i32, reason: &str) -> WireStatus {
    WireStatus { failure: Some((code, reason.into())), ..status("failed", at) }
}

fn s(status: WireStatus) -> Item {
    Item { phone_number_id: NUMBER.into(), what: What::Status(status) }
}

fn reaction(emoji: Option<&str>, contact: WireIdentity) -> Item {
    let reaction = WireReaction {
        target: OURS.into(),
        emoji: emoji.map(Into::into),
        at: AT,
        by_contact: true,
        contact,
        provider_id: String::new(),
        callback_data: None,
    };
    Item { phone_number_id: NUMBER.into(), what: What::Reaction(reaction) }
}

fn profile(identity: WireIdentity, at: Millis) -> Item {
    let name = identity.profile_name.clone().unwrap();
    Item { phone_number_id: NUMBER.into(), what: What::ProfileName { identity, name, at } }
}

#[test]
fn every_recording_has_its_test() {
    let tested: Vec<&str> = [kapso::FILES, meta::FILES].concat();
    let mut recorded = vec![];
    for folder in ["kapso/webhooks/", "whatsapp/inbound/", "whatsapp/statuses/", "whatsapp/templates/"] {
        for file in std::fs::read_dir(format!("{FIXTURES}{folder}")).unwrap() {
            recorded.push(format!("{folder}{}", file.unwrap().file_name().to_str().unwrap()));
        }
    }
    assert!(recorded.len() > 90, "only {} recordings found", recorded.len());
    let untested: Vec<_> = recorded.iter().filter(|file| !tested.contains(&file.as_str())).collect();
    assert!(untested.is_empty(), "recordings without a test: {untested:?}");
}
