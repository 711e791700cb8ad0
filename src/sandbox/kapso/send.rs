//! `POST /{phone number}/messages`: a message leaves, or one is marked read.

use super::{
    super::{
        control::{Fault, Route},
        delivery::Delivery,
        errors::{Refusal, describe},
        state::Sandbox,
        wire,
        world::{Chat, Direction, Fate, Message, Millis, Progress, SendRecord, World},
    },
    validate::{self, Outbound},
};
use axum::{
    Json,
    body::{Body, Bytes},
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use futures::stream;
use serde_json::{Value, json};
use std::time::Duration;

pub async fn send(State(sandbox): State<Sandbox>, Path((_, number)): Path<(String, String)>, body: Bytes) -> Response {
    if sandbox.business(&number).is_none() {
        return Refusal::unknown_object(&number).into_response();
    }
    let Ok(body) = serde_json::from_slice::<Value>(&body) else {
        return Refusal::graph(100, "The request body is not JSON").into_response();
    };
    if body["status"] == "read" {
        return mark_read(&sandbox, &number, &body).await;
    }
    let to = validate::recipient(&body).ok().map(|(_, customer)| customer);
    let fault = sandbox.world(|world| world.take_fault(Route::Send, to.as_deref())).unwrap_or_default();
    if let Some(refusal) = fault.refusal() {
        sandbox.stall(fault.delay()).await;
        return refusal.into_response();
    }
    let accepted = accept(&sandbox, &number, &body, fault.fail_later);
    sandbox.stall(fault.delay()).await;
    match accepted {
        Ok(_) if fault.drop_after_accept => broken_off(),
        Ok(_) if fault.body.is_some() => Refusal::new(StatusCode::OK, fault.body.unwrap_or_default()).into_response(),
        Ok(answer) => Json(answer).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

/// The line breaks after the message was taken: the caller cannot know whether it was.
fn broken_off() -> Response {
    let broken = stream::once(async { Err::<Bytes, _>(std::io::Error::other("dropped by order")) });
    (StatusCode::OK, Body::from_stream(broken)).into_response()
}

async fn mark_read(sandbox: &Sandbox, number: &str, body: &Value) -> Response {
    if let Some(fault) = sandbox.world(|world| world.take_fault(Route::Read, None)) {
        sandbox.stall(fault.delay()).await;
        if let Some(refusal) = fault.refusal() {
            return refusal.into_response();
        }
    }
    let Some(id) = body["message_id"].as_str().filter(|id| id.starts_with("wamid.")) else {
        return Refusal::invalid("message_id: not a message id").into_response();
    };
    sandbox.world(|world| {
        // An id from before the sandbox's start is as good as one that Meta has forgotten: it counts as read.
        let Some((chat, ord)) = world.message(id).map(|message| (message.chat.clone(), message.ord)) else { return };
        if chat.phone_number_id != number {
            return;
        }
        let earlier =
            |message: &&Message| message.direction == Direction::Inbound && message.ord <= ord && message.progress != Progress::Read;
        for ord in world.thread(&chat).filter(earlier).map(|message| message.ord).collect::<Vec<_>>() {
            world.amend(ord, |message| message.progress = Progress::Read);
        }
    });
    Json(json!({ "success": true })).into_response()
}

/// Takes a message if nothing speaks against it, and sets its statuses going. Answers as the gateway does.
fn accept(sandbox: &Sandbox, number: &str, body: &Value, fail_later: Option<i64>) -> Result<Value, Refusal> {
    let now = sandbox.now();
    let (outbound, id, ord, generation) = sandbox.world(|world| {
        let outbound = validate::outbound(world, body)?;
        let chat = Chat { phone_number_id: number.to_owned(), customer: outbound.customer.clone() };
        if outbound.kind != "template" && !world.window_open(&chat, now) {
            return Err(Refusal::window_closed());
        }
        let id = wire::new_wamid(&outbound.customer, Direction::Outbound);
        world.record_send(SendRecord {
            id: id.clone(),
            number: number.to_owned(),
            to: outbound.customer.clone(),
            kind: outbound.kind.clone(),
            body: outbound.text.clone(),
            interactive: (outbound.kind == "interactive").then(|| outbound.content.clone()),
            callback_data: outbound.callback_data.clone(),
            at: now,
        });
        let (ord, _) = world.file(filed(&outbound, chat, &id, now));
        Ok((outbound, id, ord, world.generation))
    })?;
    tokio::spawn(report(sandbox.clone(), ord, generation, fail_later));
    let known_as = if wire::is_number(&outbound.customer) { "wa_id" } else { "user_id" };
    let mut message = json!({ "id": id });
    if outbound.kind == "template" {
        message["message_status"] = "accepted".into();
    }
    Ok(json!({
        "messaging_product": "whatsapp",
        "contacts": [{ "input": outbound.input, known_as: outbound.customer }],
        "messages": [message],
    }))
}

fn filed(outbound: &Outbound, chat: Chat, id: &str, at: Millis) -> Message {
    Message {
        ord: 0,
        id: id.to_owned(),
        chat,
        direction: Direction::Outbound,
        at,
        kind: outbound.kind.clone(),
        content: outbound.content.clone(),
        context: outbound.context.as_ref().map(|id| json!({ "id": id })),
        text: outbound.text.clone(),
        media: outbound.media.clone(),
        transcript: None,
        callback_data: outbound.callback_data.clone(),
        progress: Progress::Accepted,
        fate: Fate::Stands,
        statuses: Vec::new(),
    }
}

/// What happens to an accepted message: sent, delivered and, while the customer has the chat open, read. With `fail_later` it fails
/// with that code instead of being delivered.
async fn report(sandbox: Sandbox, ord: u64, generation: u64, fail_later: Option<i64>) {
    let pause = sandbox.config().status_delay;
    // The answer to the send usually arrives before the first status.
    tokio::time::sleep(pause.min(Duration::from_millis(20))).await;
    advance(&sandbox, ord, generation, Progress::Sent, None);
    tokio::time::sleep(pause).await;
    if fail_later.is_some() {
        advance(&sandbox, ord, generation, Progress::Failed, fail_later);
        return;
    }
    // A reaction is sent and no more is heard of it.
    if sandbox.world(|world| world.messages.get(&ord).is_none_or(|message| message.kind == "reaction")) {
        return;
    }
    if advance(&sandbox, ord, generation, Progress::Delivered, None) {
        tokio::time::sleep(pause).await;
        advance(&sandbox, ord, generation, Progress::Read, None);
    }
}

/// One status further, with its webhook. True when the customer has the chat open.
pub fn advance(sandbox: &Sandbox, ord: u64, generation: u64, to: Progress, code: Option<i64>) -> bool {
    let now = sandbox.now();
    sandbox.world(|world| world.generation == generation && world.advance(ord, to, code, now, &sandbox.config().base_url))
}

impl World {
    /// See [`advance`]. A message that is already read stays so.
    pub fn advance(&mut self, ord: u64, to: Progress, code: Option<i64>, now: Millis, base_url: &str) -> bool {
        let (event, status) = match to {
            Progress::Sent => ("whatsapp.message.sent", "sent"),
            Progress::Delivered => ("whatsapp.message.delivered", "delivered"),
            Progress::Read => ("whatsapp.message.read", "read"),
            _ => ("whatsapp.message.failed", "failed"),
        };
        let Some(message) = self.messages.get(&ord).filter(|message| message.progress != Progress::Read) else { return false };
        let (chat, id) = (message.chat.clone(), message.id.clone());
        let status = status_object(message, status, code, now);
        self.amend(ord, |message| {
            message.progress = to;
            message.statuses.push(status);
        });
        if let Some(mut payload) = wire::payload(self, ord, false, base_url) {
            payload["message"]["timestamp"] = wire::seconds(now).into();
            self.queue(&chat, Delivery::status(event, &id, payload));
        }
        self.is_watched(&chat)
    }
}

fn status_object(message: &Message, status: &str, code: Option<i64>, now: Millis) -> Value {
    let template = message.kind == "template";
    let mut object = json!({
        "id": message.id,
        "status": status,
        "timestamp": wire::seconds(now),
        "recipient_id": message.chat.customer,
    });
    if let Some(data) = &message.callback_data {
        object["biz_opaque_callback_data"] = data.clone().into();
    }
    if let Some(code) = code {
        let (_, title) = describe(code);
        object["errors"] = json!([{
            "code": code,
            "title": title,
            "message": title,
            "error_data": { "details": title },
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
        }]);
    } else {
        object["pricing"] = json!({
            "billable": template,
            "pricing_model": "PMP",
            "category": if template { "utility" } else { "service" },
            "type": if template { "regular" } else { "free_customer_service" },
        });
    }
    object
}

impl Fault {
    /// The refusal this fault stands for; None when the request is to be taken.
    pub fn refusal(&self) -> Option<Refusal> {
        let status = self.status.and_then(|status| StatusCode::from_u16(status).ok()).filter(|status| !status.is_success())?;
        let mut refusal = match &self.body {
            Some(body) => Refusal::new(status, body.clone()),
            None => Refusal::for_fault(status, self.code),
        };
        refusal.retry_after = self.retry_after;
        Some(refusal)
    }

    pub fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms.unwrap_or_default())
    }
}
