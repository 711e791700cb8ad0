//! Several models, one after the other, and what each attempt cost.

use super::{Answer, ChatMessage, Model, Provider, Usage};
use tokio::time::Instant;

/// How asking one model ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Answered,
    Failed,
}

impl Outcome {
    /// As stored in `model_call`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Failed => "failed",
        }
    }
}

/// One model asked, for the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub provider: Provider,
    pub model: String,
    pub duration_ms: i32,
    pub outcome: Outcome,
    /// Why it failed.
    pub failure: Option<String>,
    /// Whether asking the same again may succeed; false when it answered.
    pub retryable: bool,
    pub usage: Usage,
}

/// The models in the order in which they are asked; none if none is configured.
#[derive(Clone, Debug, Default)]
pub struct Models(pub Vec<Model>);

impl Models {
    /// Asks one after the other until one answers. Gives every attempt, the successful one last, and the answer if there is one.
    pub async fn answer(&self, messages: &[ChatMessage], max_tokens: u32) -> (Vec<Attempt>, Option<Answer>) {
        let mut attempts = Vec::with_capacity(self.0.len());
        for model in &self.0 {
            let started = Instant::now();
            let result = model.chat(messages, max_tokens).await;
            let attempt = |name: &str, outcome, failure: Option<String>, retryable, usage| Attempt {
                provider: model.provider,
                model: name.to_owned(),
                duration_ms: i32::try_from(started.elapsed().as_millis()).unwrap_or(i32::MAX),
                outcome,
                failure,
                retryable,
                usage,
            };
            match result {
                Ok(answer) => {
                    let Answer { prompt_tokens, completion_tokens, cost_micro_usd, .. } = answer;
                    let usage = Usage { prompt_tokens, completion_tokens, cost_micro_usd };
                    attempts.push(attempt(&answer.model, Outcome::Answered, None, false, usage));
                    return (attempts, Some(answer));
                }
                Err(error) => attempts.push(attempt(&model.model, Outcome::Failed, Some(error.reason), error.retryable, error.usage)),
            }
        }
        (attempts, None)
    }
}
