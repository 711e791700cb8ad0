//! A chat model on the xAI/OpenAI wire: short, polite, always the same answer to the same words.

mod answers;

use super::{control::ModelOrders, state::Sandbox};
use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
    routing::{get, post},
};
use futures::stream;
use serde_json::{Value, json};
use std::{convert::Infallible, time::Duration};
use uuid::Uuid;

const FINGERPRINT: &str = "fp_sandbox";
/// US dollars are counted in ticks of 1e-10: 0.20 and 0.50 per million tokens.
const TICKS_PER_PROMPT_TOKEN: usize = 2000;
const TICKS_PER_COMPLETION_TOKEN: usize = 5000;

pub fn router() -> Router<Sandbox> {
    Router::new().route("/sandbox/model/v1/chat/completions", post(complete)).route("/sandbox/model/v1/models", get(models))
}

async fn models(headers: HeaderMap) -> Response {
    if !has_key(&headers) {
        return refusal(StatusCode::UNAUTHORIZED);
    }
    let model = |id: &str| json!({ "id": id, "object": "model", "created": 1_763_424_000, "owned_by": "sandbox" });
    Json(json!({ "object": "list", "data": [model("grok-4-1-fast-reasoning"), model("grok-3")] })).into_response()
}

async fn complete(State(sandbox): State<Sandbox>, headers: HeaderMap, body: Bytes) -> Response {
    if !has_key(&headers) {
        return refusal(StatusCode::UNAUTHORIZED);
    }
    let (orders, fails) = sandbox.world(|world| {
        let fails = world.model.fail_next > 0;
        world.model.fail_next = world.model.fail_next.saturating_sub(1);
        (world.model.clone(), fails)
    });
    sandbox.stall(Duration::from_millis(orders.delay_ms)).await;
    if fails {
        return refusal(orders.status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::SERVICE_UNAVAILABLE));
    }
    let Some(request) = serde_json::from_slice::<Value>(&body).ok().filter(|request| request["messages"].is_array()) else {
        return refusal(StatusCode::UNPROCESSABLE_ENTITY);
    };
    let Some(question) = last_question(&request) else {
        return refusal(StatusCode::BAD_REQUEST);
    };
    let answer = Answer::new(&request, &question, &orders, sandbox.now() / 1000);
    if request["stream"] == true { answer.streamed() } else { Json(answer.whole()).into_response() }
}

fn has_key(headers: &HeaderMap) -> bool {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| value.strip_prefix("Bearer "));
    bearer.is_some_and(|key| !key.trim().is_empty())
}

/// xAI's error form: two sentences, the first of a fixed set.
fn refusal(status: StatusCode) -> Response {
    let (code, error) = match status.as_u16() {
        401 => (
            "The request does not have valid authentication credentials",
            "No authorization header or an invalid authorization token is provided.",
        ),
        403 => (
            "The caller does not have permission to execute the specified operation",
            "Your newly created teams doesn't have any credits yet. You can purchase credits on https://console.x.ai",
        ),
        404 => ("Some requested entity was not found", "The model does not exist or is no longer accessible via the API."),
        422 => {
            ("Client specified an invalid argument", "Failed to deserialize the JSON body into the target type: missing field `messages`")
        }
        429 => ("Some resource has been exhausted", "The service is temporarily at capacity. Please retry your request shortly."),
        500.. => ("The service is currently unavailable", "The service is temporarily unavailable. Please retry your request shortly."),
        _ => ("Client specified an invalid argument", "The model expects a single `text` element per message."),
    };
    (status, Json(json!({ "code": code, "error": error }))).into_response()
}

/// The text of the last message a person wrote; None when there is none.
fn last_question(request: &Value) -> Option<String> {
    let message = request["messages"].as_array()?.iter().rev().find(|message| message["role"] == "user")?;
    Some(text_of(&message["content"])).filter(|text| !text.trim().is_empty())
}

fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join(" "),
        _ => String::new(),
    }
}

struct Answer {
    id: String,
    created: i64,
    model: String,
    text: String,
    prompt_tokens: usize,
}

impl Answer {
    fn new(request: &Value, question: &str, orders: &ModelOrders, created: i64) -> Self {
        let text = orders.reply.clone().unwrap_or_else(|| match request["response_format"]["type"].as_str() {
            Some("json_schema") => answers::shaped(&request["response_format"]["json_schema"]["schema"], question).to_string(),
            Some("json_object") => json!({ "reply": answers::answer(question) }).to_string(),
            _ => answers::reworded(&text_of(&request["messages"][0]["content"]), question)
                .or_else(|| answers::summary(question))
                .unwrap_or_else(|| answers::answer(question).to_owned()),
        });
        let prompt: usize = request["messages"].as_array().into_iter().flatten().map(|message| tokens(&text_of(&message["content"]))).sum();
        Self {
            id: Uuid::new_v4().to_string(),
            created,
            model: request["model"].as_str().unwrap_or("grok-4-1-fast-reasoning").to_owned(),
            text,
            prompt_tokens: prompt,
        }
    }

    fn finish_reason(&self) -> &'static str {
        if self.text.is_empty() { "length" } else { "stop" }
    }

    fn usage(&self, completion_tokens: usize) -> Value {
        json!({
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": self.prompt_tokens + completion_tokens,
            "prompt_tokens_details": { "text_tokens": self.prompt_tokens, "audio_tokens": 0, "image_tokens": 0, "cached_tokens": 0 },
            "completion_tokens_details": {
                "reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
            },
            "num_sources_used": 0,
            "cost_in_usd_ticks": self.prompt_tokens * TICKS_PER_PROMPT_TOKEN + completion_tokens * TICKS_PER_COMPLETION_TOKEN,
        })
    }

    fn whole(&self) -> Value {
        json!({
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "choices": [{
                "index": 0,
                "message": { "role": "assistant", "content": self.text, "refusal": null },
                "finish_reason": self.finish_reason(),
            }],
            "usage": self.usage(tokens(&self.text)),
            "system_fingerprint": FINGERPRINT,
        })
    }

    /// As xAI streams: the role in every piece, usage so far beside it, `[DONE]` at the end.
    fn streamed(&self) -> Response {
        let piece = |delta: Value, finish_reason: Option<&str>, said: usize| {
            json!({
                "id": self.id,
                "object": "chat.completion.chunk",
                "created": self.created,
                "model": self.model,
                "choices": [{ "index": 0, "delta": delta, "finish_reason": finish_reason }],
                "usage": self.usage(said),
                "system_fingerprint": FINGERPRINT,
            })
        };
        let mut said = String::new();
        let mut pieces: Vec<String> = Vec::new();
        for word in self.text.split_inclusive(' ') {
            said.push_str(word);
            pieces.push(piece(json!({ "role": "assistant", "content": word }), None, tokens(&said)).to_string());
        }
        pieces.push(piece(json!({ "role": "assistant", "content": "" }), Some(self.finish_reason()), tokens(&said)).to_string());
        pieces.push("[DONE]".into());
        Sse::new(stream::iter(pieces.into_iter().map(|piece| Ok::<_, Infallible>(Event::default().data(piece))))).into_response()
    }
}

/// About four characters each, as a rule of thumb.
fn tokens(text: &str) -> usize {
    text.chars().count().div_ceil(4)
}
