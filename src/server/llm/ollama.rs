//! Ollama's own wire (<https://github.com/ollama/ollama/blob/main/docs/api.md>).

use super::{ChatMessage, Reply, TEMPERATURE, Usage, count};
use serde_json::{Value, json};

pub(super) fn request(base: &str, model: &str, messages: &[ChatMessage], max_tokens: u32) -> (String, Value) {
    let messages: Vec<_> = messages.iter().map(|message| json!({ "role": message.role.as_str(), "content": message.content })).collect();
    let body = json!({
        "model": model,
        "messages": messages,
        "stream": false,
        "options": { "temperature": TEMPERATURE, "num_predict": max_tokens },
        "keep_alive": "5m",
    });
    // Some give the address of Ollama's OpenAI-compatible door.
    let base = base.trim_end_matches('/').trim_end_matches("/v1");
    (format!("{base}/api/chat"), body)
}

/// None when the answer is not a chat answer.
pub(super) fn reply(answer: &Value) -> Option<Reply> {
    let message = answer.get("message")?;
    Some(Reply {
        text: message.get("content").and_then(Value::as_str).unwrap_or_default().to_owned(),
        model: answer.get("model").and_then(Value::as_str).map(str::to_owned),
        finish: answer.get("done_reason").and_then(Value::as_str).unwrap_or("unknown").to_owned(),
        usage: Usage {
            // Absent when the whole prompt was cached.
            prompt_tokens: count(answer.get("prompt_eval_count")),
            completion_tokens: count(answer.get("eval_count")),
            cost_micro_usd: 0,
        },
    })
}
