//! How the gateway says no: Meta's envelope, Kapso's flat one, and pages that are not JSON at all.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use serde_json::{Value, json};
use uuid::Uuid;

/// An answer other than success.
#[derive(Debug)]
pub struct Refusal {
    pub status: StatusCode,
    /// A JSON string becomes an HTML page, as a proxy in between would send it.
    pub body: Value,
    /// Seconds.
    pub retry_after: Option<u64>,
}

impl Refusal {
    pub fn new(status: StatusCode, body: Value) -> Self {
        Self { status, body, retry_after: None }
    }

    /// Meta's envelope with the code's published title.
    pub fn graph(code: i64, details: &str) -> Self {
        let (status, title) = describe(code);
        let body = json!({ "error": {
            "message": format!("(#{code}) {title}"),
            "type": "OAuthException",
            "code": code,
            "error_data": { "messaging_product": "whatsapp", "details": details },
            "fbtrace_id": trace_id(),
        }});
        Self::new(status, body)
    }

    pub fn missing(parameter: &str) -> Self {
        Self::graph(131_008, &format!("The parameter {parameter} is required."))
    }

    pub fn invalid(details: &str) -> Self {
        Self::graph(131_009, details)
    }

    /// More than 24 hours since the customer wrote: Kapso decides this itself, before Meta is asked.
    pub fn window_closed() -> Self {
        let body = json!({ "error": {
            "message": "Cannot send non-template messages outside the 24-hour window.",
            "type": "MessageError",
            "code": 131_047,
            "error_subcode": 131_047,
            "fbtrace_id": trace_id(),
        }});
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, body)
    }

    pub fn missing_key() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, json!({ "error": { "message": "Missing X-API-Key header" } }))
    }

    pub fn wrong_key() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, json!({ "error": "Invalid API key" }))
    }

    pub fn message_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, json!({ "error": { "message": "Message not found", "type": "MessageError", "code": 404 } }))
    }

    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, json!({ "error": format!("{what} not found") }))
    }

    /// Meta's answer for an object id it does not know.
    pub fn unknown_object(id: &str) -> Self {
        let body = json!({ "error": {
            "message": format!("Unsupported request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation"),
            "type": "GraphMethodException",
            "code": 100,
            "error_subcode": 33,
            "fbtrace_id": trace_id(),
        }});
        Self::new(StatusCode::BAD_REQUEST, body)
    }

    /// The documented body for a Meta code or, without one, for a plain HTTP status.
    pub fn for_fault(status: StatusCode, code: Option<i64>) -> Self {
        let mut refusal = match (code, status.as_u16()) {
            (Some(131_047), _) | (None, 422) => Self::window_closed(),
            (Some(code), _) => Self::graph(code, describe(code).1),
            (None, 401) => Self::wrong_key(),
            (None, 402) => Self::new(
                status,
                json!({ "error": "Insufficient credits", "code": "insufficient_credits", "billing_url": "https://app.kapso.ai/billing" }),
            ),
            (None, 409) => Self::new(status, json!({ "error": "Another message is already in-flight for this conversation" })),
            (None, 429) => Self::new(
                status,
                json!({ "error": "Rate limit exceeded", "message": "You have exceeded the rate limit. Please try again later." }),
            ),
            (None, 502 | 503) => Self::new(status, "<html><head><title>Bad Gateway</title></head><body>Bad Gateway</body></html>".into()),
            (None, 504) => Self::new(status, json!({ "error": "Kapso proxy timeout" })),
            (None, 500..) => Self::graph(131_000, "Something went wrong"),
            (None, _) => Self::graph(100, "Parameter value is not valid"),
        };
        refusal.status = status;
        refusal
    }
}

/// HTTP status and title of a Meta error code.
pub fn describe(code: i64) -> (StatusCode, &'static str) {
    let bad = StatusCode::BAD_REQUEST;
    match code {
        190 => (StatusCode::UNAUTHORIZED, "Error validating access token"),
        130_429 => (bad, "Rate limit hit"),
        131_000 => (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong"),
        131_008 => (bad, "Required parameter is missing"),
        131_009 => (bad, "Parameter value is not valid"),
        131_016 => (StatusCode::SERVICE_UNAVAILABLE, "Service unavailable"),
        131_021 => (bad, "Recipient cannot be sender"),
        131_026 => (bad, "Message undeliverable"),
        131_031 => (StatusCode::FORBIDDEN, "Business Account locked"),
        131_047 => (bad, "Re-engagement message"),
        131_048 => (bad, "Spam rate limit hit"),
        131_049 => (bad, "This message was not delivered to maintain healthy ecosystem engagement"),
        131_051 => (bad, "Unsupported message type"),
        131_053 => (bad, "Media upload error"),
        131_056 => (bad, "(Business Account, Consumer Account) pair rate limit hit"),
        132_000 => (bad, "Number of parameters does not match the expected number of params"),
        132_001 => (StatusCode::NOT_FOUND, "Template name does not exist in the translation"),
        _ => (bad, "Invalid parameter"),
    }
}

fn trace_id() -> String {
    format!("A{}", &Uuid::new_v4().simple().to_string()[..12])
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = match self.body {
            Value::String(page) => (self.status, Html(page)).into_response(),
            body => (self.status, axum::Json(body)).into_response(),
        };
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
