//! Meta's own format: entries, each with changes, each about one business number. One body may hold several numbers (so several
//! workspaces), and messages mixed with statuses.

use super::{Direction, Origin, Parsed, Sender, What, WireChange, WireIdentity, WireMessage, WireReaction, content, json, status};
use serde_json::Value;

/// Fields that are acknowledged and change nothing here.
const WITHOUT_ACTION: [&str; 14] = [
    "account_alerts",
    "account_review_update",
    "account_update",
    "business_capability_update",
    "history",
    "message_template_components_update",
    "message_template_quality_update",
    "message_template_status_update",
    "partner_solutions",
    "phone_number_name_update",
    "phone_number_quality_update",
    "security",
    "smb_app_state_sync",
    "template_category_update",
];

pub fn entries(body: &Value, parsed: &mut Parsed) {
    for entry in elements(&body["entry"]) {
        if !entry["changes"].is_array() {
            parsed.note("entry without changes");
        }
        for change in elements(&entry["changes"]) {
            changed(change, parsed);
        }
    }
}

fn elements(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn changed(change: &Value, parsed: &mut Parsed) {
    let value = &change["value"];
    let field = change["field"].as_str().and_then(json::word).unwrap_or("messages");
    match field {
        "messages" | "smb_message_echoes" | "message_echoes" | "user_preferences" => {}
        known if WITHOUT_ACTION.contains(&known) => {
            let event = value["event"].as_str().and_then(json::word).map(|event| format!(" ({event})")).unwrap_or_default();
            return parsed.note(format!("field {known}{event} needs no action"));
        }
        unknown => return parsed.note(format!("field {unknown} is not understood")),
    }
    let Some(number) = json::id(&value["metadata"]["phone_number_id"]) else {
        return parsed.note(format!("field {field} without phone_number_id"));
    };
    for error in elements(&value["errors"]) {
        parsed.note(format!("the number reports error {}", json::integer(&error["code"]).unwrap_or_default()));
    }
    let messages = || elements(&value["messages"]);
    // "wa_id may differ from `from`": a lone profile belongs to a lone sender even then.
    let lone = value["contacts"].as_array().is_some_and(|contacts| contacts.len() == 1)
        && messages().all(|message| Some(&message["from"]) == messages().next().map(|first| &first["from"]));
    for message in messages() {
        let person = person(value, [&message["from"], &message["from_user_id"]], lone);
        self::message(&number, message, Direction::Inbound, person, parsed);
    }
    for message in elements(&value["message_echoes"]) {
        let person = person(value, [&message["to"], &message["to_user_id"]], false);
        self::message(&number, message, Direction::Outbound, person, parsed);
    }
    for report in elements(&value["statuses"]) {
        if content::in_group(report) {
            parsed.note("status of a group message left out");
            continue;
        }
        let person = person(value, [&report["recipient_id"], &report["recipient_user_id"]], false);
        match status::status(report, None, Some(person).filter(WireIdentity::known)) {
            Some(status) => parsed.push(&number, What::Status(status)),
            None => parsed.note("status is not understood"),
        }
    }
    for preference in elements(&value["user_preferences"]) {
        preferred(&number, value, preference, parsed);
    }
}

fn message(number: &str, message: &Value, direction: Direction, person: WireIdentity, parsed: &mut Parsed) {
    let inbound = direction == Direction::Inbound;
    let kind = content::kind(message);
    if content::in_group(message) {
        return parsed.note("group message left out");
    }
    if kind == "system" {
        // `user_changed_number` names the new number only in `system`; whoever writes from it next is found by the user id.
        let what = message["system"]["type"].as_str().and_then(json::word).unwrap_or("without type");
        return parsed.note(format!("system message ({what}) needs no action"));
    }
    let Some(provider_id) = json::id(&message["id"]) else { return parsed.note("message without id") };
    if !person.known() {
        return parsed.note("message of nobody: neither phone nor user id");
    }
    let at = json::millis(&message["timestamp"]).unwrap_or_default();
    if kind == "reaction" {
        let Some((target, emoji)) = content::reaction(message) else { return parsed.note("reaction without target") };
        let callback_data = status::callback_data(message);
        let reaction = WireReaction { target, emoji, at, by_contact: inbound, contact: person, provider_id, callback_data };
        return parsed.push(number, What::Reaction(reaction));
    }
    if let Some((target, change)) = content::change(message) {
        return parsed.push(number, What::Change(WireChange { provider_id, target, by_contact: inbound, contact: person, change, at }));
    }
    let content = content::content(message);
    let message = WireMessage {
        provider_id,
        direction,
        sender: if inbound { Sender::Contact } else { Sender::Phone },
        contact: person,
        kind: content.kind,
        body: content.body,
        detail: (!content.detail.is_empty()).then_some(Value::Object(content.detail)),
        reply_to: content.reply_to,
        at,
        media: content.media,
        origin: if inbound { Origin::CloudApi } else { Origin::BusinessApp },
        statuses: vec![],
        callback_data: status::callback_data(message),
    };
    parsed.push(number, What::Message(Box::new(message)));
}

/// The customer with one of `addresses`, with the profile that the change gives along. `lone`: its only profile is this person's.
fn person(value: &Value, addresses: [&Value; 2], lone: bool) -> WireIdentity {
    let same = |profile: &Value| {
        let named = |address: &Value| address.as_str().is_some_and(|address| !address.is_empty());
        addresses.iter().any(|address| named(address) && (profile["wa_id"] == **address || profile["user_id"] == **address))
    };
    let contacts = || elements(&value["contacts"]);
    let profile = contacts().find(|profile| same(profile)).or_else(|| contacts().next().filter(|_| lone)).unwrap_or(&Value::Null);
    content::identity(
        [addresses[0], addresses[1], &profile["wa_id"], &profile["user_id"]],
        [&profile["profile"]["username"]],
        [&profile["profile"]["name"]],
    )
}

/// A customer stopped or resumed marketing messages. Nothing is sent unasked yet, so only the profile is of use.
fn preferred(number: &str, value: &Value, preference: &Value, parsed: &mut Parsed) {
    if let Some(choice @ ("stop" | "resume")) = preference["value"].as_str() {
        parsed.note(format!("marketing preference of a contact: {choice}"));
    }
    let identity = person(value, [&preference["wa_id"], &preference["user_id"]], false);
    if let Some(name) = identity.profile_name.clone().filter(|_| identity.known()) {
        let at = json::millis(&preference["timestamp"]).unwrap_or_default();
        parsed.push(number, What::ProfileName { identity, name, at });
    }
}
