//! Webhook bodies as Kapso sends them (payload v2), built around what a test is about.

use serde_json::{Value, json};

/// A message id no other message has.
pub fn wamid() -> String {
    format!("wamid.{}", uuid::Uuid::new_v4().simple())
}

/// A customer's text. `phone` in digits, `at` in Unix milliseconds (the wire has seconds).
pub fn inbound_text(number: &str, phone: &str, id: &str, text: &str, at: i64) -> String {
    inbound(number, phone, id, at, json!({ "type": "text", "text": { "body": text } })).to_string()
}

/// A customer writes an earlier message of theirs anew, or takes it back where there is no text.
pub fn change_of(phone: &str, id: &str, text: Option<&str>, at: i64) -> String {
    let own = match text {
        Some(text) => {
            let message = json!({ "type": "text", "text": { "body": text } });
            json!({ "type": "edit", "edit": { "original_message_id": id, "message": message } })
        }
        None => json!({ "type": "revoke", "revoke": { "original_message_id": id } }),
    };
    inbound(super::NUMBER, phone, &wamid(), at, own).to_string()
}

/// A customer's message of any type; `content` has `type` and the object named after it.
pub fn inbound(number: &str, phone: &str, id: &str, at: i64, content: Value) -> Value {
    let mut message = json!({
        "id": id,
        "timestamp": (at / 1000).to_string(),
        "from": phone,
        "kapso": { "direction": "inbound", "status": "received", "processing_status": "pending", "origin": "cloud_api", "has_media": false },
    });
    merge(&mut message, content);
    json!({
        "message": message,
        "conversation": {
            "id": "5f0d8c1e-3b7a-4c52-9a61-7d2e4f8b1c33", "contact_name": format!("Customer {phone}"), "phone_number": phone,
            "status": "active", "phone_number_id": number,
        },
        "is_new_conversation": false,
        "phone_number_id": number,
    })
}

/// A message that went out, with the statuses it reached: `(status, at)`.
pub fn outbound(number: &str, phone: &str, id: &str, text: &str, origin: &str, statuses: &[(&str, i64)]) -> String {
    let list: Vec<Value> = statuses
        .iter()
        .map(|(status, at)| json!({ "id": id, "status": status, "timestamp": (at / 1000).to_string(), "recipient_id": phone }))
        .collect();
    let (last, at) = statuses.last().copied().unwrap_or(("sent", 0));
    json!({
        "message": {
            "id": id, "timestamp": (at / 1000).to_string(), "type": "text", "to": phone, "text": { "body": text },
            "kapso": { "direction": "outbound", "status": last, "processing_status": "completed", "origin": origin, "has_media": false, "statuses": list },
        },
        "conversation": { "id": "5f0d8c1e-3b7a-4c52-9a61-7d2e4f8b1c33", "phone_number": phone, "status": "active", "phone_number_id": number },
        "is_new_conversation": false,
        "phone_number_id": number,
    })
    .to_string()
}

/// Several deliveries as one batch.
pub fn batch(bodies: &[String]) -> String {
    let data: Vec<Value> = bodies.iter().map(|body| serde_json::from_str(body).expect("JSON")).collect();
    json!({ "type": "whatsapp.message.received", "batch": true, "data": data, "batch_info": { "size": data.len(), "window_ms": 5000 } })
        .to_string()
}

fn merge(into: &mut Value, from: Value) {
    if let (Some(into), Value::Object(from)) = (into.as_object_mut(), from) {
        into.extend(from);
    }
}
