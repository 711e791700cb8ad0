//! What a message says: the part that Meta's format and Kapso's share.

use super::{Change, MAX_BODY, MAX_NAME, WireIdentity, WireMedia, json};
use crate::server::whatsapp::phone;
use serde_json::{Map, Value};

const MAX_URL: usize = 4_096;
const MAX_EMOJI: usize = 64;

/// The content of one message, apart from who, when and where.
pub struct Content {
    pub kind: String,
    pub body: Option<String>,
    pub detail: Map<String, Value>,
    pub reply_to: Option<String>,
    pub media: Option<WireMedia>,
}

/// WhatsApp's type of a message (v1 of Kapso calls it `message_type`).
pub fn kind(message: &Value) -> String {
    let kind = message["type"].as_str().or_else(|| message["message_type"].as_str());
    kind.and_then(json::word).unwrap_or("unknown").to_ascii_lowercase()
}

/// Whether the message was written in, or to, a group. Groups are not conversations with a customer.
pub fn in_group(message: &Value) -> bool {
    message["group_id"].is_string() || message["recipient_type"] == "group"
}

/// Target and emoji of a reaction; no emoji means it was taken back.
pub fn reaction(message: &Value) -> Option<(String, Option<String>)> {
    let reaction = &message["reaction"];
    Some((json::id(&reaction["message_id"])?, json::text(&reaction["emoji"], MAX_EMOJI)))
}

/// What a message does to an earlier one, and to which: of its type `edit` or `revoke`
/// (<https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/edit>, `…/revoke`). Only of texts and captions can people
/// change the words; a file stays what it was.
pub fn change(message: &Value) -> Option<(String, Change)> {
    let kind = kind(message);
    let own = &message[kind.as_str()];
    let change = match kind.as_str() {
        "revoke" => Change::Revoked,
        "edit" => {
            let made = content(&own["message"]);
            match (made.kind.as_str(), made.body) {
                ("text", None) => return None,
                ("text" | "image" | "video" | "document", body) => Change::Edited(body),
                _ => return None,
            }
        }
        _ => return None,
    };
    Some((json::id(&own["original_message_id"])?, change))
}

pub fn content(message: &Value) -> Content {
    let kind = kind(message);
    let own = &message[kind.as_str()];
    let body = |value: &Value| json::text(value, MAX_BODY);
    let mut detail = Map::new();
    let mut keep = |key: &str, value: &Value| {
        if !matches!(value, Value::Null | Value::Bool(false)) {
            detail.insert(key.to_owned(), json::shape(value));
        }
    };
    let body = match kind.as_str() {
        "text" => body(&own["body"]),
        "image" | "video" | "audio" | "document" | "sticker" => {
            keep("voice", &own["voice"]);
            keep("animated", &own["animated"]);
            body(&own["caption"])
        }
        _ => {
            keep(&kind, own);
            match kind.as_str() {
                "button" => body(&own["text"]).or_else(|| body(&own["payload"])),
                "interactive" => {
                    [&own["button_reply"]["title"], &own["list_reply"]["title"], &own["nfm_reply"]["body"], &own["body"]["text"]]
                        .into_iter()
                        .find_map(body)
                }
                // Shown from the detail.
                "location" | "contacts" | "template" | "unsupported" => None,
                _ => ["caption", "body", "text"].iter().find_map(|key| body(&own[key])),
            }
        }
    };
    keep("referral", &message["referral"]);
    keep("errors", &message["errors"]);
    if let Some(context) = message["context"].as_object() {
        // The answered message has a field of its own; what is left says "forwarded" or names a product.
        let rest: Map<_, _> =
            context.iter().filter(|(key, _)| !matches!(key.as_str(), "id" | "from")).map(|(k, v)| (k.clone(), v.clone())).collect();
        if !rest.is_empty() {
            keep("context", &Value::Object(rest));
        }
    }
    Content { reply_to: json::id(&message["context"]["id"]), media: media(own), kind, body, detail }
}

/// The file that a type's object describes, if it can be fetched.
fn media(own: &Value) -> Option<WireMedia> {
    let url = url(&own["url"]).or_else(|| url(&own["link"]));
    let mime = json::text(&own["mime_type"], MAX_NAME);
    let provider_media_id = json::id(&own["id"]);
    // A tapped button has an id and a place has an address; only files have a MIME type. What went out by link has not even that.
    let fetchable = mime.is_some() && (provider_media_id.is_some() || url.is_some()) || own["link"].is_string() && url.is_some();
    fetchable.then(|| WireMedia {
        provider_media_id,
        url,
        mime,
        file_name: file_name(&own["filename"]),
        byte_size: json::integer(&own["file_size"]).filter(|size| *size >= 0),
        sha256: json::text(&own["sha256"], 128),
    })
}

/// A web address, as given.
pub fn url(value: &Value) -> Option<String> {
    let url = value.as_str().filter(|url| url.len() <= MAX_URL && !url.chars().any(|c| c.is_control() || c.is_whitespace()))?;
    (url.starts_with("https://") || url.starts_with("http://")).then(|| url.to_owned())
}

/// A file's name without folders and control characters.
pub fn file_name(value: &Value) -> Option<String> {
    let name: String = value.as_str()?.chars().filter(|c| !c.is_control()).map(|c| if matches!(c, '/' | '\\') { '_' } else { c }).collect();
    let name = json::clean(name.trim(), 240);
    (!name.is_empty()).then_some(name)
}

/// Puts what was found about a person together. `addresses` are phone numbers in any form or user ids, the first of each kind counts.
pub fn identity<'a>(
    addresses: impl IntoIterator<Item = &'a Value>,
    usernames: impl IntoIterator<Item = &'a Value>,
    names: impl IntoIterator<Item = &'a Value>,
) -> WireIdentity {
    let mut identity = WireIdentity::default();
    for address in addresses {
        let Some(text) = json::id(address).or_else(|| json::text(address, MAX_NAME)) else { continue };
        if let Some(phone) = phone::e164(&text) {
            identity.phone.get_or_insert(phone);
        } else if is_bsuid(&text) {
            identity.bsuid.get_or_insert(text);
        }
    }
    let filled = |value: &Value| json::text(value, MAX_NAME).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    identity.username = usernames.into_iter().find_map(filled);
    // Kapso fills a missing name with the number.
    identity.profile_name =
        names.into_iter().find_map(filled).filter(|name| identity.phone.is_none() || phone::e164(name) != identity.phone);
    identity
}

/// A business-scoped user id: country, dot, letters and digits ("US.13491208655302741918", "US.ENT.1181…").
fn is_bsuid(text: &str) -> bool {
    let Some((country, rest)) = text.split_once('.') else { return false };
    country.len() == 2
        && country.bytes().all(|b| b.is_ascii_uppercase())
        && (1..=250).contains(&rest.len())
        && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.')
}
