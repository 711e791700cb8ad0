//! Customers' messages as the gateway delivers them, signed and ready to be written to a socket.

use super::{server::WEBHOOK_SECRET, wire};
use std::sync::atomic::{AtomicU64, Ordering};

/// A customer's text (payload v2), complete with the conversation summary and name that real ones carry. `phone` in digits.
pub fn webhook(number: &str, phone: &str, id: &str, text: &str, at: i64) -> Vec<u8> {
    let body = format!(
        r#"{{"message":{{"id":"{id}","timestamp":"{at}","type":"text","from":"{phone}","text":{{"body":"{text}"}},"kapso":{{"direction":"inbound","status":"received","processing_status":"pending","origin":"cloud_api","has_media":false,"content":"{text}"}}}},"conversation":{{"id":"5f0d8c1e-3b7a-4c52-9a61-7d2e4f8b1c33","contact_name":"Pelanggan {phone}","phone_number":"{phone}","status":"active","last_active_at":"2026-11-22T03:00:00Z","created_at":"2026-01-04T03:00:00Z","updated_at":"2026-11-22T03:00:00Z","metadata":{{}},"phone_number_id":"{number}"}},"is_new_conversation":false,"phone_number_id":"{number}"}}"#
    );
    let signature = my21staff::server::whatsapp::signature::sign(WEBHOOK_SECRET.as_bytes(), body.as_bytes());
    let headers = format!("x-webhook-signature: {signature}\r\nx-webhook-event: whatsapp.message.received\r\nx-idempotency-key: {id}\r\n");
    wire::post("/api/webhook/kapso", "application/json", &headers, &body)
}

/// A number that no earlier call in this run gave.
pub fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
