//! Kapso's message history: what a product pages through after a gap.

use super::{
    super::{
        control::Route,
        errors::Refusal,
        state::Sandbox,
        wire::{self, Fields},
        world::{Direction, Message, Millis},
    },
    paging::{self, Filters, Place},
};
use axum::{
    Json,
    extract::{OriginalUri, Path, Query, State},
};
use chrono::DateTime;
use serde_json::Value;

/// `GET /{phone number}/messages`, newest first. Filters: `conversation_id`, `direction`, `status`, `since` and `until` (ISO 8601 or
/// Unix seconds, both inclusive).
pub async fn list(
    State(sandbox): State<Sandbox>,
    Path((_, number)): Path<(String, String)>,
    Query(filters): Query<Filters>,
    OriginalUri(uri): OriginalUri,
) -> Result<Json<Value>, Refusal> {
    if let Some(fault) = sandbox.world(|world| world.take_fault(Route::List, None)) {
        sandbox.stall(fault.delay()).await;
        if let Some(refusal) = fault.refusal() {
            return Err(refusal);
        }
    }
    if sandbox.business(&number).is_none() {
        return Err(Refusal::unknown_object(&number));
    }
    let since = moment(&filters, "since")?;
    let until = moment(&filters, "until")?;
    let passes = |message: &Message| {
        message.chat.phone_number_id == number
            && since.is_none_or(|since| message.at.div_euclid(1000) >= since.div_euclid(1000))
            && until.is_none_or(|until| message.at <= until)
            && filters.get("conversation_id").is_none_or(|id| message.chat.id().to_string() == *id)
            && filters.get("direction").is_none_or(|direction| (direction == "inbound") == (message.direction == Direction::Inbound))
            && filters.get("status").is_none_or(|status| wire::has_status(message, status))
    };
    let fields = Fields::parse(filters.get("fields").map(String::as_str));
    let base_url = &sandbox.config().base_url;
    sandbox
        .world(|world| {
            let rows = world.messages.values().rev().filter(|message| passes(message));
            let rows = rows.map(|message| (Place { at: message.at, ord: message.ord }, message)).collect();
            paging::page(rows, &filters, base_url, &uri, |message| wire::message(world, message, base_url, &fields))
        })
        .map(Json)
}

/// `GET /{phone number}/messages/{id}`.
pub async fn show(
    State(sandbox): State<Sandbox>,
    Path((_, number, id)): Path<(String, String, String)>,
    Query(filters): Query<Filters>,
) -> Result<Json<Value>, Refusal> {
    let fields = Fields::parse(filters.get("fields").map(String::as_str));
    sandbox
        .world(|world| {
            let message = world.message(&id).filter(|message| message.chat.phone_number_id == number)?;
            Some(Json(wire::message(world, message, &sandbox.config().base_url, &fields)))
        })
        .ok_or_else(Refusal::message_not_found)
}

fn moment(filters: &Filters, name: &str) -> Result<Option<Millis>, Refusal> {
    let Some(text) = filters.get(name) else { return Ok(None) };
    let seconds = text.parse::<i64>().ok().and_then(|seconds| seconds.checked_mul(1000));
    // A plus sign of an offset that was not encoded arrives as a space.
    let iso = || DateTime::parse_from_rfc3339(&text.replace(' ', "+")).ok().map(|at| at.timestamp_millis());
    seconds.or_else(iso).map(Some).ok_or_else(|| Refusal::graph(100, &format!("{name}: not a time")))
}
