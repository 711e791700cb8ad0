//! How messages, conversations and contacts look in Kapso's JSON.

use super::{
    Business,
    world::{Chat, Conversation, Direction, Message, Millis, Progress, World},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::DateTime;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// Which of Kapso's additions a reader asked for with `fields=kapso(…)`.
pub enum Fields {
    Default,
    All,
    Only(Vec<String>),
}

impl Fields {
    /// `kapso(default)`, `kapso(*)`, `kapso(a,b)`, `kapso()`; absent or anything else means the default set.
    pub fn parse(query: Option<&str>) -> Self {
        match query.and_then(|query| query.strip_prefix("kapso(")?.strip_suffix(')')) {
            Some("*") => Self::All,
            Some("default") | None => Self::Default,
            Some(names) => Self::Only(names.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()),
        }
    }

    fn keep(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Default => name != "statuses",
            Self::Only(names) => names.iter().any(|wanted| wanted == name),
        }
    }
}

/// Unix seconds as text, the form of message timestamps.
pub fn seconds(at: Millis) -> String {
    at.div_euclid(1000).to_string()
}

/// ISO 8601 in UTC, the form of all other times.
pub fn iso(at: Millis) -> String {
    DateTime::from_timestamp_millis(at).unwrap_or_default().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A message id as Meta builds them: the other side's number and a random token between fixed bytes, in base64.
pub fn new_wamid(customer: &str, direction: Direction) -> String {
    let (marker, token_length) = if direction == Direction::Inbound { (0x12, 20) } else { (0x11, 18) };
    let mut bytes = vec![0x1c, 0x18, customer.len().min(255) as u8];
    bytes.extend(customer.bytes().take(255));
    bytes.extend([0x15, 0x02, 0x00, marker, 0x18, token_length as u8]);
    bytes.extend(&Uuid::new_v4().simple().to_string().to_uppercase().into_bytes()[..token_length]);
    bytes.push(0);
    format!("wamid.{}", STANDARD.encode(bytes))
}

/// Whether a customer is known by number; otherwise by a business-scoped user id.
pub fn is_number(customer: &str) -> bool {
    !customer.is_empty() && customer.bytes().all(|byte| byte.is_ascii_digit())
}

/// A message with Kapso's additions. `base_url` starts the links to files.
pub fn message(world: &World, message: &Message, base_url: &str, fields: &Fields) -> Value {
    let mut body = Map::new();
    body.insert("id".into(), message.id.clone().into());
    body.insert("timestamp".into(), seconds(message.at).into());
    body.insert("type".into(), message.kind.clone().into());
    body.insert(message.kind.clone(), message.content.clone());
    let side = if message.direction == Direction::Inbound { "from" } else { "to" };
    if is_number(&message.chat.customer) {
        body.insert(side.into(), message.chat.customer.clone().into());
    } else {
        body.insert(format!("{side}_user_id"), message.chat.customer.clone().into());
    }
    if let Some(context) = &message.context {
        body.insert("context".into(), context.clone());
    }
    let mut kapso = kapso_of_message(world, message, base_url);
    kapso.retain(|name, _| fields.keep(name));
    if !kapso.is_empty() {
        body.insert("kapso".into(), kapso.into());
    }
    body.into()
}

fn kapso_of_message(world: &World, message: &Message, base_url: &str) -> Map<String, Value> {
    let inbound = message.direction == Direction::Inbound;
    let mut kapso = Map::new();
    kapso.insert("direction".into(), if inbound { "inbound" } else { "outbound" }.into());
    kapso.insert("status".into(), status(message).into());
    kapso.insert("processing_status".into(), if inbound { "pending" } else { "completed" }.into());
    kapso.insert("origin".into(), "cloud_api".into());
    kapso.insert("has_media".into(), message.media.is_some().into());
    kapso.insert("content".into(), message.text.clone().into());
    kapso.insert("whatsapp_conversation_id".into(), message.chat.id().to_string().into());
    kapso.insert("phone_number_id".into(), message.chat.phone_number_id.clone().into());
    if is_number(&message.chat.customer) {
        kapso.insert("phone_number".into(), format!("+{}", message.chat.customer).into());
    }
    if let Some(name) = world.chats.get(&message.chat).and_then(|conversation| conversation.contact_name.clone()) {
        kapso.insert("contact_name".into(), name.into());
    }
    if !inbound {
        kapso.insert("statuses".into(), message.statuses.clone().into());
    }
    if let Some(transcript) = &message.transcript {
        kapso.insert("transcript".into(), json!({ "text": transcript }));
    }
    if let Some((id, media)) = message.media.as_ref().and_then(|id| Some((id, world.media.get(id)?))) {
        let url = format!("{base_url}/sandbox/kapso/media/{id}/{}", media.filename);
        kapso.insert("media_url".into(), url.clone().into());
        kapso.insert(
            "media_data".into(),
            json!({ "url": url, "filename": media.filename, "content_type": media.mime, "byte_size": media.bytes.len() }),
        );
        let data = ["caption", "filename"].into_iter().filter_map(|name| Some((name.to_owned(), message.content.get(name)?.clone())));
        kapso.insert("message_type_data".into(), data.collect::<Map<_, _>>().into());
    }
    kapso
}

fn status(message: &Message) -> &'static str {
    match (message.direction, message.progress) {
        (Direction::Inbound, _) => "received",
        (_, Progress::Delivered) => "delivered",
        (_, Progress::Read) => "read",
        (_, Progress::Failed) => "failed",
        _ => "sent",
    }
}

/// Whether a list filter on `status` lets the message through.
pub fn has_status(message: &Message, wanted: &str) -> bool {
    status(message) == wanted
}

/// A conversation, as webhooks and lists show it.
pub fn conversation(world: &World, chat: &Chat, conversation: &Conversation) -> Value {
    let last = world.messages.get(&conversation.last);
    let last_active = conversation.last_inbound_at.max(conversation.last_outbound_at).unwrap_or(conversation.created_at);
    let mut body = json!({
        "id": chat.id().to_string(),
        "contact_name": conversation.contact_name,
        "status": if conversation.ended { "ended" } else { "active" },
        "last_active_at": iso(last_active),
        "created_at": iso(conversation.created_at),
        "updated_at": iso(last_active),
        "metadata": {},
        "phone_number_id": chat.phone_number_id,
        "kapso": {
            "contact_name": conversation.contact_name,
            "messages_count": conversation.messages,
            "last_message_id": last.map(|message| &message.id),
            "last_message_type": last.map(|message| &message.kind),
            "last_message_timestamp": last.map(|message| iso(message.at)),
            "last_message_text": last.map(|message| &message.text),
            "last_inbound_at": conversation.last_inbound_at.map(iso),
            "last_outbound_at": conversation.last_outbound_at.map(iso),
        },
    });
    body[if is_number(&chat.customer) { "phone_number" } else { "business_scoped_user_id" }] = chat.customer.clone().into();
    body
}

/// A customer, as the contact list shows one.
pub fn contact(chat: &Chat, conversation: &Conversation) -> Value {
    json!({
        "id": Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("sandbox:contact:{}", chat.customer).as_bytes()).to_string(),
        "wa_id": chat.customer,
        "profile_name": conversation.contact_name,
        "display_name": conversation.contact_name,
        "metadata": {},
        "created_at": iso(conversation.created_at),
        "updated_at": iso(conversation.last_inbound_at.max(conversation.last_outbound_at).unwrap_or(conversation.created_at)),
    })
}

/// The v2 webhook payload about a filed message. None when it is not filed.
pub fn payload(world: &World, ord: u64, is_new_conversation: bool, base_url: &str) -> Option<Value> {
    let filed = world.messages.get(&ord)?;
    Some(json!({
        "message": message(world, filed, base_url, &Fields::All),
        "conversation": conversation(world, &filed.chat, world.chats.get(&filed.chat)?),
        "is_new_conversation": is_new_conversation,
        "phone_number_id": filed.chat.phone_number_id,
    }))
}

/// A row of the platform's list of numbers.
pub fn phone_number(business: &Business, at: Millis) -> Value {
    let digits: String = business.display_phone_number.chars().filter(char::is_ascii_digit).collect();
    let internal = Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("sandbox:number:{}", business.phone_number_id).as_bytes());
    json!({
        "id": business.phone_number_id,
        "internal_id": internal.to_string(),
        "phone_number_id": business.phone_number_id,
        "name": business.name,
        "business_account_id": business.business_account_id,
        "is_coexistence": false,
        "inbound_processing_enabled": true,
        "calls_enabled": false,
        "webhook_verified_at": iso(at),
        "created_at": iso(at),
        "updated_at": iso(at),
        "display_name": business.name,
        "display_phone_number": business.display_phone_number,
        "display_phone_number_normalized": digits,
        "verified_name": business.name,
        "quality_rating": "GREEN",
        "throughput_tier": "STANDARD",
        "whatsapp_business_manager_messaging_limit": "TIER_1K",
        "customer_id": null,
        "code_verification_status": "VERIFIED",
        "name_status": "APPROVED",
        "status": "CONNECTED",
        "is_official_business_account": false,
        "is_pin_enabled": true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_ids_have_metas_length_and_no_character_that_a_path_would_break_at() {
        let id = new_wamid("15551234567", Direction::Outbound);
        assert_eq!(id.len(), "wamid.HBgLMTU1NTEyMzQ1NjcVAgARGBIxQkVGQkMyNzQ0QzM2Mzc3QUEA".len());
        assert!(id.starts_with("wamid.HBgLMTU1NTEyMzQ1NjcVAgARGB"));
        assert!(new_wamid("15551234567", Direction::Inbound).starts_with("wamid.HBgLMTU1NTEyMzQ1NjcVAgASGB"));
        assert!(!id.contains(['/', '+']));
    }

    #[test]
    fn fields_choose_kapsos_additions() {
        assert!(matches!(Fields::parse(None), Fields::Default));
        assert!(matches!(Fields::parse(Some("kapso(*)")), Fields::All));
        assert!(!Fields::parse(Some("kapso()")).keep("content"));
        assert!(Fields::parse(Some("kapso(content, status)")).keep("status"));
    }
}
