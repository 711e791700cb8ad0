//! The OpenAI-compatible wire of xAI (<https://docs.x.ai/docs/api-reference>) and Sea-Lion
//! (<https://docs.sea-lion.ai/guides/inferencing/api>).

use super::{ChatMessage, Provider, Reply, TEMPERATURE, Usage, count};
use serde_json::{Value, json};

/// xAI's `cost_in_usd_ticks` are 1e-10 US dollars.
const TICKS_PER_MICRO_USD: u64 = 10_000;

pub(super) fn request(provider: Provider, base: &str, model: &str, messages: &[ChatMessage], max_tokens: u32) -> (String, Value) {
    let messages: Vec<_> = messages.iter().map(|message| json!({ "role": message.role.as_str(), "content": message.content })).collect();
    let mut body = json!({ "model": model, "messages": messages, "temperature": TEMPERATURE });
    match provider {
        Provider::SeaLion => {
            body["max_completion_tokens"] = max_tokens.into();
            // Their reasoning models, named …-R, think aloud unless told not to, and use up the tokens.
            if model.ends_with("-R") {
                body["chat_template_kwargs"] = json!({ "thinking_mode": "off" });
            }
        }
        Provider::Grok | Provider::Ollama => {
            body["max_tokens"] = max_tokens.into();
            body["stream"] = false.into();
        }
    }
    (format!("{}/chat/completions", base.trim_end_matches('/')), body)
}

/// None when the answer is not a completion.
pub(super) fn reply(answer: &Value) -> Option<Reply> {
    let choice = answer.get("choices")?.get(0)?;
    let message = choice.get("message")?;
    Some(Reply {
        text: message.get("content").and_then(Value::as_str).unwrap_or_default().to_owned(),
        model: answer.get("model").and_then(Value::as_str).map(str::to_owned),
        finish: choice.get("finish_reason").and_then(Value::as_str).unwrap_or("unknown").to_owned(),
        usage: answer.get("usage").map(usage).unwrap_or_default(),
    })
}

fn usage(usage: &Value) -> Usage {
    let prompt_tokens = count(usage.get("prompt_tokens"));
    // xAI counts reasoning beside the completion, OpenAI inside it; both have it in the total, and both charge for it.
    let completion_tokens = count(usage.get("completion_tokens")).max(count(usage.get("total_tokens")).saturating_sub(prompt_tokens));
    let ticks = usage.get("cost_in_usd_ticks").and_then(Value::as_u64).unwrap_or(0);
    Usage { prompt_tokens, completion_tokens, cost_micro_usd: i64::try_from(ticks.div_ceil(TICKS_PER_MICRO_USD)).unwrap_or(i64::MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_whole_millionths_of_a_dollar_rounded_up() {
        let cost = |ticks: u64| usage(&json!({ "cost_in_usd_ticks": ticks })).cost_micro_usd;
        assert_eq!([cost(0), cost(1), cost(10_000), cost(10_001), cost(158_500)], [0, 1, 1, 2, 16]);
        assert_eq!(cost(u64::MAX), 1_844_674_407_370_956);
        assert_eq!(usage(&json!({ "prompt_tokens": -1, "completion_tokens": 1e30 })), Usage::default());
    }
}
