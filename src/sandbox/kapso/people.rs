//! Conversations, contacts, templates and numbers: the gateway's smaller lists.

use super::{
    super::{
        errors::Refusal,
        state::Sandbox,
        templates, wire,
        world::{Chat, Conversation},
    },
    paging::{self, Filters, Place},
};
use axum::{
    Json,
    body::Bytes,
    extract::{OriginalUri, Path, Query, State},
};
use serde_json::{Value, json};

type Answer = Result<Json<Value>, Refusal>;

/// `GET /{phone number}/conversations`, last active first. Filters: `status`, `phone_number`.
pub async fn conversations(
    State(sandbox): State<Sandbox>,
    Path((_, number)): Path<(String, String)>,
    Query(filters): Query<Filters>,
    OriginalUri(uri): OriginalUri,
) -> Answer {
    let wanted = |chat: &Chat, conversation: &Conversation| {
        filters.get("status").is_none_or(|status| (status == "ended") == conversation.ended)
            && filters.get("phone_number").is_none_or(|number| number.trim_start_matches('+') == chat.customer)
    };
    list(&sandbox, &number, wanted, |conversation| conversation.last, &filters, &uri, wire::conversation)
}

/// `GET /{phone number}/contacts`, newest first. Filter: `wa_id`.
pub async fn contacts(
    State(sandbox): State<Sandbox>,
    Path((_, number)): Path<(String, String)>,
    Query(filters): Query<Filters>,
    OriginalUri(uri): OriginalUri,
) -> Answer {
    let wanted = |chat: &Chat, _: &Conversation| filters.get("wa_id").is_none_or(|customer| *customer == chat.customer);
    list(
        &sandbox,
        &number,
        wanted,
        |conversation| conversation.first,
        &filters,
        &uri,
        |_, chat, conversation| wire::contact(chat, conversation),
    )
}

fn list(
    sandbox: &Sandbox,
    number: &str,
    wanted: impl Fn(&Chat, &Conversation) -> bool,
    ord: impl Fn(&Conversation) -> u64,
    filters: &Filters,
    uri: &axum::http::Uri,
    render: impl Fn(&super::super::world::World, &Chat, &Conversation) -> Value,
) -> Answer {
    if sandbox.business(number).is_none() {
        return Err(Refusal::unknown_object(number));
    }
    sandbox
        .world(|world| {
            let chats = world.chats.iter().filter(|(chat, conversation)| chat.phone_number_id == number && wanted(chat, conversation));
            let mut rows: Vec<_> =
                chats.map(|row| (Place { at: row.1.last_inbound_at.unwrap_or(row.1.created_at), ord: ord(row.1) }, row)).collect();
            rows.sort_by_key(|(place, _)| std::cmp::Reverse(place.ord));
            paging::page(rows, filters, &sandbox.config().base_url, uri, |(chat, conversation)| render(world, chat, conversation))
        })
        .map(Json)
}

/// `GET /conversations/{id}`.
pub async fn conversation(State(sandbox): State<Sandbox>, Path((_, id)): Path<(String, String)>) -> Answer {
    show_conversation(&sandbox, &id, |_| {})
}

/// `GET /{phone number}/conversations/{id}`.
pub async fn conversation_of_number(State(sandbox): State<Sandbox>, Path((_, _, id)): Path<(String, String, String)>) -> Answer {
    show_conversation(&sandbox, &id, |_| {})
}

/// `PATCH /conversations/{id}` with `{"status": "active" | "ended"}`.
pub async fn set_conversation_status(State(sandbox): State<Sandbox>, Path((_, id)): Path<(String, String)>, body: Bytes) -> Answer {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let ended = match body["status"].as_str() {
        Some("ended") => true,
        Some("active") => false,
        _ => return Err(Refusal::graph(100, "status: active or ended")),
    };
    show_conversation(&sandbox, &id, |conversation| conversation.ended = ended)
}

fn show_conversation(sandbox: &Sandbox, id: &str, change: impl FnOnce(&mut Conversation)) -> Answer {
    sandbox
        .world(|world| {
            let (chat, conversation) = world.chats.iter_mut().find(|(chat, _)| chat.id().to_string() == id)?;
            change(conversation);
            let (chat, conversation) = (chat.clone(), conversation.clone());
            Some(Json(json!({ "data": wire::conversation(world, &chat, &conversation) })))
        })
        .ok_or_else(|| Refusal::not_found("Conversation"))
}

/// `GET /{phone number}/contacts/{number}`.
pub async fn contact(State(sandbox): State<Sandbox>, Path((_, number, customer)): Path<(String, String, String)>) -> Answer {
    let chat = Chat { phone_number_id: number, customer };
    let found = sandbox.world(|world| world.chats.get(&chat).map(|conversation| wire::contact(&chat, conversation)));
    found.map(|contact| Json(json!({ "data": contact }))).ok_or_else(|| Refusal::not_found("Contact"))
}

/// `GET /{account}/message_templates`. Filters: `name`, `status`, `category`, `language`.
pub async fn templates(
    State(sandbox): State<Sandbox>,
    Path((_, account)): Path<(String, String)>,
    Query(filters): Query<Filters>,
) -> Answer {
    if !sandbox.config().businesses.iter().any(|business| business.business_account_id == account) {
        return Err(Refusal::unknown_object(&account));
    }
    let data = templates::list(&account, |filter| filters.get(filter).cloned());
    Ok(Json(json!({ "data": data, "paging": { "cursors": { "before": "MAZDZD", "after": "MAZDZD" } } })))
}

/// `GET /platform/v1/whatsapp/phone_numbers`.
pub async fn phone_numbers(State(sandbox): State<Sandbox>) -> Json<Value> {
    let now = sandbox.now();
    let data: Vec<Value> = sandbox.config().businesses.iter().map(|business| wire::phone_number(business, now)).collect();
    let meta = json!({ "page": 1, "per_page": 20, "total_pages": 1, "total_count": data.len() });
    Json(json!({ "data": data, "meta": meta }))
}

/// `GET /platform/v1/whatsapp/phone_numbers/{id}`.
pub async fn phone_number(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Answer {
    let business = sandbox.business(&id).ok_or_else(|| Refusal::not_found("Phone number"))?;
    Ok(Json(json!({ "data": wire::phone_number(business, sandbox.now()) })))
}
