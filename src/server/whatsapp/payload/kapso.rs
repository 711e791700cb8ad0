//! Kapso's payloads v2 and v1, and the messages of its REST list, which look like v2.

use super::{
    Direction, MAX_BODY, Origin, Parsed, Sender, What, WireChange, WireIdentity, WireMedia, WireMessage, WireReaction, WireStatus,
    content::{self, Content},
    json, status,
};
use crate::time::Millis;
use serde_json::Value;

/// Events that are acknowledged and change nothing here.
const WITHOUT_ACTION: [&str; 7] =
    ["whatsapp.conversation.", "whatsapp.phone_number.", "whatsapp.account.", "whatsapp.config.", "workflow.", "kapso_agent.", "project."];

/// One event, out of its batch and wrappers.
pub fn event(event: Option<&str>, body: &Value, parsed: &mut Parsed) {
    if body["message"].is_object() {
        message(event, body, parsed);
    } else if body["contact"].is_object() {
        contact(event, body, parsed);
    } else {
        match event.and_then(json::word) {
            Some(event) if WITHOUT_ACTION.iter().any(|known| event.starts_with(known)) => {
                parsed.note(format!("event {event} needs no action"))
            }
            Some(event) => parsed.note(format!("event {event} is not understood")),
            None => parsed.note("payload is not understood"),
        }
    }
}

/// One element of `GET /{phone_number_id}/messages`, for catching up on what no webhook told.
pub fn parse_listed(phone_number_id: &str, message: &Value) -> Parsed {
    let mut parsed = Parsed::default();
    self::message(None, &serde_json::json!({ "message": message, "phone_number_id": phone_number_id }), &mut parsed);
    parsed
}

fn message(event: Option<&str>, body: &Value, parsed: &mut Parsed) {
    let (message, conversation) = (&body["message"], &body["conversation"]);
    // v1 has no `kapso` object; the same fields stand in the message itself, whose `id` is then Kapso's own.
    let legacy = !message["kapso"].is_object();
    let kapso = if legacy { message } else { &message["kapso"] };
    let number = [
        &body["phone_number_id"],
        &conversation["phone_number_id"],
        &kapso["phone_number_id"],
        &body["whatsapp_config"]["phone_number_id"],
    ];
    let Some(number) = number.into_iter().find_map(json::id) else { return parsed.note("message without phone_number_id") };
    let wamid = if legacy && message["message_type"].is_string() { &message["whatsapp_message_id"] } else { &message["id"] };
    let Some(provider_id) = json::id(wamid) else { return parsed.note("message without id") };
    if content::in_group(message) || content::in_group(kapso) || content::in_group(conversation) {
        return parsed.note("group message left out");
    }

    let outcome = event.and_then(|event| event.strip_prefix("whatsapp.message.")).map(Value::from).unwrap_or_default();
    let direction = match kapso["direction"].as_str() {
        Some("inbound") => Direction::Inbound,
        Some("outbound") => Direction::Outbound,
        _ if outcome == "received" => Direction::Inbound,
        _ if status::name(&outcome).is_some() => Direction::Outbound,
        _ if message["to"].is_string() && !message["from"].is_string() => Direction::Outbound,
        _ => Direction::Inbound,
    };
    let inbound = direction == Direction::Inbound;
    let person = customer(message, kapso, conversation, inbound);
    if !person.known() {
        return parsed.note("message of nobody: neither phone nor user id");
    }
    let own_at = json::millis(&message["timestamp"]).or_else(|| json::millis(&message["created_at"]));
    let kind = content::kind(message);
    if kind == "system" {
        return parsed.note("system message needs no action");
    }
    if kind == "reaction" {
        let Some((target, emoji)) = content::reaction(message) else { return parsed.note("reaction without target") };
        let at = own_at.unwrap_or_default();
        let statuses = if inbound { vec![] } else { statuses(&provider_id, message, kapso, &outcome, own_at, parsed) };
        // Of a reaction that did not get there only that is told.
        if let Some(failed) = statuses.iter().find(|status| status.status == "failed") {
            return parsed.push(&number, What::Status(failed.clone()));
        }
        let callback_data = callback_data(message, kapso, &statuses);
        let reaction = WireReaction { target, emoji, at, by_contact: inbound, contact: person, provider_id, callback_data };
        return parsed.push(&number, What::Reaction(reaction));
    }

    if let Some((target, change)) = content::change(message) {
        let statuses = if inbound { vec![] } else { statuses(&provider_id, message, kapso, &outcome, own_at, parsed) };
        if statuses.iter().any(|status| status.status == "failed") {
            return parsed.note("a change of a message that did not get there");
        }
        // Events about delivery are stamped with their own moment.
        let at = own_at.into_iter().chain(statuses.iter().map(|status| status.at).filter(|at| *at > 0)).min().unwrap_or_default();
        let change = WireChange { provider_id, target, by_contact: inbound, contact: person, change, at };
        return parsed.push(&number, What::Change(change));
    }

    let Content { kind, body, mut detail, reply_to, media } = content::content(message);
    for (key, value) in [("transcript", &kapso["transcript"]["text"]), ("flow_name", &kapso["flow_name"])] {
        if value.is_string() {
            detail.insert(key.to_owned(), json::shape(value));
        }
    }
    let statuses = if inbound { vec![] } else { statuses(&provider_id, message, kapso, &outcome, own_at, parsed) };
    // Events about delivery are stamped with their own moment; the message itself is as old as the oldest of them.
    let at = own_at.into_iter().chain(statuses.iter().map(|status| status.at).filter(|at| *at > 0)).min().unwrap_or_default();
    let message = WireMessage {
        provider_id,
        direction,
        sender: if inbound { Sender::Contact } else { Sender::Phone },
        contact: person,
        body: body.or_else(|| generated(&kind, kapso)),
        detail: (!detail.is_empty()).then_some(Value::Object(detail)),
        reply_to,
        at,
        media: stored(media, kapso),
        origin: match kapso["origin"].as_str() {
            Some("business_app") => Origin::BusinessApp,
            Some("history_sync") => Origin::HistorySync,
            _ => Origin::CloudApi,
        },
        callback_data: callback_data(message, kapso, &statuses),
        statuses,
        kind,
    };
    parsed.push(&number, What::Message(Box::new(message)));
}

/// What we gave along when sending; in some events it comes with the statuses only.
fn callback_data(message: &Value, kapso: &Value, statuses: &[WireStatus]) -> Option<String> {
    let own = [message, kapso].into_iter().find_map(status::callback_data);
    own.or_else(|| statuses.iter().find_map(|status| status.callback_data.clone()))
}

/// The customer of a message: its other end, and what the conversation knows about it.
fn customer(message: &Value, kapso: &Value, conversation: &Value, inbound: bool) -> WireIdentity {
    let (address, user_id) = if inbound { ("from", "from_user_id") } else { ("to", "to_user_id") };
    // On what went out, `username` would be the business's.
    let username = if inbound { &message["username"] } else { &Value::Null };
    content::identity(
        [
            &message[address],
            &message[user_id],
            &conversation["phone_number"],
            &kapso["phone_number"],
            &conversation["business_scoped_user_id"],
        ],
        [username, &conversation["username"]],
        [&conversation["contact_name"], &conversation["kapso"]["contact_name"], &kapso["contact_name"]],
    )
}

/// `kapso.content` where it repeats what the customer reads. For files it describes them, for templates it may be a mere marker.
fn generated(kind: &str, kapso: &Value) -> Option<String> {
    let content = json::text(&kapso["content"], MAX_BODY);
    match kind {
        "text" | "button" | "interactive" => content,
        "template" => content.filter(|content| !content.starts_with('[')),
        "order" => json::text(&kapso["order_text"], MAX_BODY),
        "image" | "video" | "audio" | "document" => json::text(&kapso["message_type_data"]["caption"], MAX_BODY),
        _ => None,
    }
}

/// The file as Kapso keeps it: its address needs no token of Meta's and lasts longer.
fn stored(media: Option<WireMedia>, kapso: &Value) -> Option<WireMedia> {
    let data = &kapso["media_data"];
    let Some(url) = content::url(&data["url"]).or_else(|| content::url(&kapso["media_url"])) else { return media };
    let media = media.unwrap_or_default();
    Some(WireMedia {
        url: Some(url),
        mime: media.mime.or_else(|| json::text(&data["content_type"], 256)),
        file_name: media.file_name.or_else(|| content::file_name(&data["filename"])),
        byte_size: media.byte_size.or_else(|| json::integer(&data["byte_size"]).filter(|size| *size >= 0)),
        ..media
    })
}

/// The history in `statuses`, then what the message and its event say themselves where the history lacks it.
fn statuses(id: &str, message: &Value, kapso: &Value, outcome: &Value, at: Option<Millis>, parsed: &mut Parsed) -> Vec<WireStatus> {
    let mut statuses: Vec<WireStatus> = vec![];
    for value in kapso["statuses"].as_array().into_iter().flatten() {
        let contact = Some(content::identity([&value["recipient_id"], &value["recipient_user_id"]], [], [])).filter(WireIdentity::known);
        match status::status(value, Some(id), contact) {
            Some(status) if statuses.iter().all(|known| known.status != status.status) => statuses.push(status),
            Some(_) => {}
            None => parsed.note("status of a message is not understood"),
        }
    }
    for name in [&kapso["status"], outcome].into_iter().filter_map(status::name) {
        if statuses.iter().all(|known| known.status != name) {
            let failure =
                if name == "failed" { status::failure(&message["errors"]).or_else(|| status::failure(&kapso["errors"])) } else { None };
            statuses.push(WireStatus {
                provider_id: id.to_owned(),
                status: name.to_owned(),
                at: at.unwrap_or_default(),
                failure,
                callback_data: None,
                contact: None,
            });
        }
    }
    statuses
}

/// `whatsapp.contact.*`: the profile as it is now, and the identities that belong together.
fn contact(event: Option<&str>, body: &Value, parsed: &mut Parsed) {
    let contact = &body["contact"];
    if let Some(preference @ ("stopped" | "resumed")) = body["marketing_preference"]["status"].as_str() {
        parsed.note(format!("marketing preference of a contact: {preference}"));
    }
    let Some(number) = json::id(&body["phone_number_id"]) else { return parsed.note("contact without phone_number_id") };
    let addresses = [&contact["wa_id"], &contact["phone_number"], &contact["business_scoped_user_id"]];
    // `display_name` is what somebody called the contact inside Kapso.
    let identity = content::identity(addresses, [&contact["username"]], [&contact["profile_name"], &contact["profile"]["name"]]);
    let Some(name) = identity.profile_name.clone().filter(|_| identity.known()) else {
        let event = event.and_then(json::word).unwrap_or("about a contact");
        return parsed.note(format!("event {event} brings no name or nobody"));
    };
    let at = json::millis(&contact["updated_at"]).unwrap_or_default();
    parsed.push(&number, What::ProfileName { identity, name, at });
}
