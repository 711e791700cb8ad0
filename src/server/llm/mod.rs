//! The language models that ARI speaks through: Grok (xAI), Sea-Lion (AI Singapore) and whatever an Ollama host serves.
//!
//! [`Models`] asks them in the configured order until one answers. Whatever goes wrong is a [`ModelError`] in words that may be
//! stored; an empty answer is a failure too, so that no customer ever gets an empty message.

mod models;
mod ollama;
mod openai;
#[cfg(test)]
mod tests;

use crate::{
    inbox::model::MAX_TEXT,
    server::http::{Broken, read_body, scrub},
};
pub use models::{Attempt, Models, Outcome};
use reqwest::Client;
use serde_json::Value;
use std::{fmt, time::Duration};

/// The longest answers are a few kilobytes; reasoning may come along.
const MAX_BODY: usize = 4 << 20;
/// Low, so that answers keep to what the prompt says.
const TEMPERATURE: f64 = 0.3;

/// Who serves a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    Grok,
    SeaLion,
    Ollama,
}

impl Provider {
    /// As stored in `model_call`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Grok => "grok",
            Self::SeaLion => "sealion",
            Self::Ollama => "ollama",
        }
    }
}

/// Who says a line of the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The instructions.
    System,
    /// The customer.
    User,
    /// The model itself, earlier.
    Assistant,
}

impl Role {
    fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// One line of the conversation that a model continues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatMessage {
    pub role: Role,
    pub content: String,
}

impl ChatMessage {
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self { role, content: content.into() }
    }
}

/// What a call consumed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub prompt_tokens: i32,
    /// All that was written, reasoning included.
    pub completion_tokens: i32,
    /// Millionths of a US dollar, rounded up, as the provider reports it. Only xAI does; Sea-Lion's API and one's own Ollama have no price,
    /// so theirs is 0.
    pub cost_micro_usd: i64,
}

/// What a model said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Never empty, without the model's thoughts, at most 4096 characters.
    pub text: String,
    pub prompt_tokens: i32,
    pub completion_tokens: i32,
    pub cost_micro_usd: i64,
    /// As the provider names it.
    pub model: String,
    /// `stop`, or `length` when the text was cut by `max_tokens`.
    pub finish: String,
}

/// Why a model did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelError {
    /// The same question may succeed later.
    pub retryable: bool,
    /// The provider's words or ours, at most 300 characters, without keys and telephone numbers.
    pub reason: String,
    /// What it cost nevertheless: an answer may be useless and still be charged.
    pub usage: Usage,
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for ModelError {}

/// One model at one provider. Cheap to clone.
#[derive(Clone)]
pub struct Model {
    provider: Provider,
    http: Client,
    base: String,
    key: Option<String>,
    model: String,
    timeout: Duration,
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model")
            .field("provider", &self.provider)
            .field("base", &self.base)
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

/// What a provider's answer says, before it is judged.
struct Reply {
    text: String,
    model: Option<String>,
    finish: String,
    usage: Usage,
}

impl Model {
    /// `base` is `https://api.x.ai/v1`, `https://api.sea-lion.ai/v1` or `http://host:11434`; `timeout` is for a whole call (reasoning takes
    /// its time: 60 s is a good limit).
    pub fn new(
        provider: Provider,
        http: Client,
        base: impl Into<String>,
        key: Option<String>,
        model: impl Into<String>,
        timeout: Duration,
    ) -> Self {
        Self { provider, http, base: base.into(), key, model: model.into(), timeout }
    }

    pub fn provider(&self) -> Provider {
        self.provider
    }

    /// The name that is asked for.
    pub fn name(&self) -> &str {
        &self.model
    }

    /// What the model says next, in at most `max_tokens` tokens.
    pub async fn chat(&self, messages: &[ChatMessage], max_tokens: u32) -> Result<Answer, ModelError> {
        let (url, body) = match self.provider {
            Provider::Ollama => ollama::request(&self.base, &self.model, messages, max_tokens),
            Provider::Grok | Provider::SeaLion => openai::request(self.provider, &self.base, &self.model, messages, max_tokens),
        };
        let mut request = self.http.post(url).json(&body).timeout(self.timeout);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        let response = request.send().await.map_err(|error| self.broken(Broken::of(&error)))?;
        let status = response.status().as_u16();
        let body = read_body(response, MAX_BODY).await;
        if !(200..300).contains(&status) {
            // The status alone says enough when the rest of the answer was lost.
            return Err(self.refused(status, &body.unwrap_or_default()));
        }
        let body = body.map_err(|broken| self.broken(broken))?;
        let answer: Value = serde_json::from_slice(&body).map_err(|_| self.failed(true, "the answer is not JSON", Usage::default()))?;
        if let Some(error) = error_text(&answer) {
            return Err(self.failed(!is_spent(&error), &error, Usage::default()));
        }
        let reply = match self.provider {
            Provider::Ollama => ollama::reply(&answer),
            Provider::Grok | Provider::SeaLion => openai::reply(&answer),
        };
        self.judge(reply.ok_or_else(|| self.failed(true, "the answer holds no message", Usage::default()))?)
    }

    fn judge(&self, reply: Reply) -> Result<Answer, ModelError> {
        let text: String = without_thoughts(&reply.text).trim().chars().take(MAX_TEXT).collect();
        let text = text.trim_end();
        if text.is_empty() {
            // Out of tokens or out of bounds: the same question ends the same way.
            let retryable = !matches!(reply.finish.as_str(), "length" | "content_filter");
            return Err(self.failed(retryable, &format!("the answer is empty (finished by: {})", reply.finish), reply.usage));
        }
        let Usage { prompt_tokens, completion_tokens, cost_micro_usd } = reply.usage;
        Ok(Answer {
            text: text.to_owned(),
            prompt_tokens,
            completion_tokens,
            cost_micro_usd,
            model: reply.model.unwrap_or_else(|| self.model.clone()),
            finish: reply.finish,
        })
    }

    fn refused(&self, status: u16, body: &[u8]) -> ModelError {
        let text = match serde_json::from_slice(body) {
            Ok(answer) => error_text(&answer).unwrap_or_default(),
            // Plain text is worth quoting, a gateway's page is not.
            Err(_) => {
                Some(String::from_utf8_lossy(body)).filter(|text| !text.trim_start().starts_with('<')).unwrap_or_default().into_owned()
            }
        };
        let retryable = matches!(status, 408 | 425 | 429 | 500..) && !is_spent(&text);
        self.failed(retryable, format!("HTTP {status}: {text}").trim_end_matches([':', ' ']), Usage::default())
    }

    fn broken(&self, broken: Broken) -> ModelError {
        self.failed(broken != Broken::Malformed, broken.words(), Usage::default())
    }

    fn failed(&self, retryable: bool, reason: &str, usage: Usage) -> ModelError {
        ModelError { retryable, reason: scrub(reason, self.key.as_deref()), usage }
    }
}

/// The error that an answer holds, in any of the shapes seen: `{error:{message}}`, `{error:"…"}`, `{detail:"…"}`, `{detail:[{msg}]}`.
fn error_text(answer: &Value) -> Option<String> {
    let error = answer.get("error").or_else(|| answer.get("detail")).filter(|error| !error.is_null())?;
    let text = error.as_str().or_else(|| error.get("message")?.as_str()).or_else(|| error.pointer("/0/msg")?.as_str());
    Some(text.map_or_else(|| error.to_string(), str::to_owned))
}

/// Whether money or a quota has run out, which waiting does not mend although the status is 429.
fn is_spent(error: &str) -> bool {
    let error = error.to_ascii_lowercase();
    ["spending limit", "available credits", "insufficient_quota", "exceeded your current quota"].iter().any(|words| error.contains(words))
}

/// The text without `<think>…</think>`, which reasoning models put in front. A block that never closes is thought to its end, one that
/// only closes was opened by the prompt's template.
fn without_thoughts(text: &str) -> String {
    const OPEN: &str = "<think>";
    const CLOSE: &str = "</think>";
    let mut said = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        match (rest.find(OPEN), rest.find(CLOSE)) {
            (Some(open), Some(close)) if open < close => {
                said.push_str(&rest[..open]);
                rest = &rest[close + CLOSE.len()..];
            }
            (_, Some(close)) => {
                said.clear();
                rest = &rest[close + CLOSE.len()..];
            }
            (Some(open), None) => {
                said.push_str(&rest[..open]);
                return said;
            }
            (None, None) => {
                said.push_str(rest);
                return said;
            }
        }
    }
}

/// A count from JSON; absent or absurd ones become 0 or the largest.
fn count(value: Option<&Value>) -> i32 {
    value.and_then(Value::as_u64).map_or(0, |count| i32::try_from(count).unwrap_or(i32::MAX))
}
