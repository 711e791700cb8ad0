//! How far a message got, in the shape that Meta reports and Kapso passes on.

use super::{WireIdentity, WireStatus, json};
use serde_json::Value;

/// Bytes of a reason that are kept.
const MAX_REASON: usize = 1_024;
/// Bytes of what we gave along when sending; WhatsApp allows 512.
const MAX_CALLBACK: usize = 1_024;

/// The name of a status that is kept; others (`received`, `pending`) say nothing about delivery.
pub fn name(value: &Value) -> Option<&str> {
    value.as_str().filter(|name| matches!(*name, "sent" | "delivered" | "read" | "played" | "failed"))
}

/// One element of `statuses`. `message_id` stands in where the element has no id of its own.
pub fn status(value: &Value, message_id: Option<&str>, contact: Option<WireIdentity>) -> Option<WireStatus> {
    let status = name(&value["status"])?.to_owned();
    Some(WireStatus {
        provider_id: json::id(&value["id"]).or_else(|| message_id.map(str::to_owned))?,
        at: json::millis(&value["timestamp"]).unwrap_or_default(),
        failure: if status == "failed" { failure(&value["errors"]) } else { None },
        callback_data: callback_data(value),
        status,
        contact,
    })
}

/// The first of Meta's errors: its code and its most telling words.
pub fn failure(errors: &Value) -> Option<(i32, String)> {
    let error = errors.get(0)?;
    let code = json::integer(&error["code"]).and_then(|code| i32::try_from(code).ok()).unwrap_or_default();
    let reason =
        [&error["error_data"]["details"], &error["message"], &error["title"]].into_iter().find_map(|text| json::text(text, MAX_REASON));
    Some((code, reason.unwrap_or_default()))
}

pub fn callback_data(value: &Value) -> Option<String> {
    json::text(&value["biz_opaque_callback_data"], MAX_CALLBACK)
}
