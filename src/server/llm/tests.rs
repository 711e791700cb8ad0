//! The models' recorded answers and failures, over HTTP.

use super::*;
use crate::server::{
    fake_upstream::{Upstream, closed, hanging_up_after, silent},
    http::http_client,
};

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/ai/", $name, ".json"))
    };
}

const KEY: &str = "xai-test-key";

fn model(provider: Provider, base: &str) -> Model {
    let name = match provider {
        Provider::Grok => "grok-4-1-fast-reasoning",
        Provider::SeaLion => "aisingapore/Gemma-SEA-LION-v4-27B-IT",
        Provider::Ollama => "llama3.2",
    };
    let key = (provider != Provider::Ollama).then(|| KEY.to_owned());
    Model::new(provider, http_client(), base, key, name, Duration::from_secs(10))
}

async fn ask(provider: Provider, status: u16, body: &'static str) -> Result<Answer, ModelError> {
    let upstream = Upstream::answering(status, &[], body).await;
    let result = model(provider, &upstream.base).chat(&[ChatMessage::new(Role::User, "Hello")], 100).await;
    if let Err(error) = &result {
        assert!(!error.reason.contains(KEY) && error.reason.chars().count() <= 300, "{error}");
    }
    result
}

fn text_of(content: &str) -> Result<String, String> {
    let reply = Reply { text: content.into(), model: None, finish: "stop".into(), usage: Usage::default() };
    model(Provider::Grok, "").judge(reply).map(|answer| answer.text).map_err(|error| error.reason)
}

macro_rules! answers {
    ($($test:ident: $provider:ident $file:literal => $text:literal, $tokens:expr, $finish:literal;)*) => {$(
        #[tokio::test]
        async fn $test() {
            let answer = ask(Provider::$provider, 200, fixture!($file)).await.expect("an answer");
            assert_eq!((answer.text.as_str(), answer.finish.as_str()), ($text, $finish));
            assert_eq!((answer.prompt_tokens, answer.completion_tokens, answer.cost_micro_usd), $tokens);
            assert!(!answer.model.is_empty());
        }
    )*};
}

answers! {
    // 9 tokens of answer and 104 of reasoning; 158500 ticks
    grok_answers: Grok "xai/chat.response" => "Yes, breakfast is included.", (41, 113, 16), "stop";
    groks_reasoning_is_not_the_answer:
        Grok "xai/chat-with-reasoning-content.response" => "Yes, breakfast is included.", (41, 113, 16), "stop";
    a_cut_answer_says_so: Grok "xai/chat-length.response" => "Yes, breakf", (41, 113, 16), "length";
    structured_output_is_text: Grok "xai/chat-json-schema.response" => "{\"name\":\"Ayu\",\"date\":\"2026-12-01\"}", (41, 113, 16), "stop";
    sea_lion_answers: SeaLion "sealion/chat.response" => "Ya, sarapan termasuk.", (17, 8, 0), "stop";
    the_compatible_door_of_ollama_is_understood: SeaLion "ollama/v1-chat.response" => "Hello!", (26, 3, 0), "stop";
    ollama_answers: Ollama "ollama/chat.response" => "Hello! How are you today?", (26, 298, 0), "stop";
    ollamas_thinking_is_not_the_answer: Ollama "ollama/chat-thinking.response" => "Hello!", (26, 298, 0), "stop";
}

macro_rules! failures {
    ($($test:ident: $provider:ident $status:literal $file:literal => $retryable:literal, $words:literal;)*) => {$(
        #[tokio::test]
        async fn $test() {
            let error = ask(Provider::$provider, $status, fixture!($file)).await.expect_err("no answer");
            assert_eq!(error.retryable, $retryable, "{error}");
            assert!(error.reason.contains($words), "{error}");
        }
    )*};
}

failures! {
    an_empty_answer_is_a_failure: Grok 200 "xai/chat-empty-content.response" => false, "the answer is empty (finished by: length)";
    a_tool_call_is_no_answer: Grok 200 "xai/chat-tools.response" => true, "finished by: tool_calls";
    a_broken_tool_call_is_no_answer: Grok 200 "xai/chat-tools-bad-arguments.response" => true, "finished by: tool_calls";
    ollamas_tool_call_is_no_answer: Ollama 200 "ollama/chat-tools.response" => true, "the answer is empty";
    a_wrong_key_at_xai_is_400: Grok 400 "xai/error-400-invalid-api-key.response" => false, "HTTP 400: Incorrect API key provided";
    bad_content_is_final: Grok 400 "xai/error-400-empty-message.response" => false, "single `text` element";
    a_missing_key_is_final: Grok 401 "xai/error-401-missing-header.response" => false, "No authorization header";
    no_credits_are_final: Grok 403 "xai/error-403-no-credits.response" => false, "doesn't have any credits yet";
    a_retired_model_is_named: Grok 404 "xai/error-404-model.response" => false, "grok-beta was deprecated on 2025-09-15";
    a_malformed_request_is_final: Grok 422 "xai/error-422-validation.response" => false, "missing field `messages`";
    lack_of_capacity_passes: Grok 429 "xai/error-429-capacity.response" => true, "temporarily at capacity";
    a_spending_limit_does_not_pass: Grok 429 "xai/error-429-spending-limit.response" => false, "monthly spending limit";
    an_openai_error_is_understood: Grok 401 "xai/error-openai-style-401.response" => false, "Incorrect API key provided";
    sea_lions_wrong_key_is_final: SeaLion 401 "sealion/error-401.response" => false, "Authentication Error";
    sea_lions_rate_limit_passes: SeaLion 429 "sealion/error-429.response" => true, "Rate limit exceeded";
    ollamas_bad_request_is_final: Ollama 400 "ollama/error-400.response" => false, "missing request body";
    ollamas_missing_model_is_named: Ollama 404 "ollama/error-404-model.response" => false, "model 'llama9' not found";
    ollamas_crash_passes: Ollama 500 "ollama/error-500.response" => true, "llama runner process has terminated";
    ollamas_compatible_error_is_understood: SeaLion 404 "ollama/v1-error-404.response" => false, "model 'llama9' not found";
    an_error_under_200_is_an_error: Ollama 200 "ollama/error-500.response" => true, "llama runner process has terminated";
}

#[tokio::test]
async fn an_empty_answer_still_costs() {
    let error = ask(Provider::Grok, 200, fixture!("xai/chat-empty-content.response")).await.expect_err("no answer");
    assert_eq!(error.usage, Usage { prompt_tokens: 41, completion_tokens: 113, cost_micro_usd: 16 });
}

#[tokio::test]
async fn other_shapes_of_error_are_understood() {
    let reason = async |status, body| ask(Provider::SeaLion, status, body).await.expect_err("no answer").reason;
    assert_eq!(reason(422, r#"{"detail":[{"loc":["body"],"msg":"field required"}]}"#).await, "HTTP 422: field required");
    assert_eq!(reason(404, r#"{"detail":"Not Found"}"#).await, "HTTP 404: Not Found");
    assert_eq!(reason(500, "Internal Server Error\n").await, "HTTP 500: Internal Server Error");
    assert_eq!(reason(502, "<html>Bad gateway</html>").await, "HTTP 502");
    assert_eq!(reason(503, "").await, "HTTP 503");
    assert_eq!(reason(401, r#"{"error":{"message":"bad key xai-test-key of 6281234567890"}}"#).await, "HTTP 401: bad key … of …");
    for garbage in ["", "hello", "{}", r#"{"choices":[]}"#, r#"{"choices":[{"index":0}]}"#, r#"{"message":"x"}"#] {
        assert!(ask(Provider::Grok, 200, garbage).await.expect_err(garbage).retryable, "{garbage}");
    }
    let refusal = r#"{"choices":[{"message":{"content":null,"refusal":"I cannot"},"finish_reason":"content_filter"}]}"#;
    assert!(!ask(Provider::Grok, 200, refusal).await.expect_err("a refusal").retryable);
}

#[tokio::test]
async fn silence_and_broken_lines_pass() {
    let ask = async |base: String| {
        let mut model = model(Provider::Ollama, &base);
        model.timeout = Duration::from_millis(100);
        model.chat(&[ChatMessage::new(Role::User, "Hello")], 100).await.expect_err("no answer")
    };
    for (base, words) in
        [(silent().await, Broken::TimedOut), (closed().await, Broken::NotConnected), (hanging_up_after(b"HTTP/1.1").await, Broken::Lost)]
    {
        let error = ask(base).await;
        assert_eq!((error.retryable, error.reason.as_str()), (true, words.words()));
    }
    let error = ask("no url".into()).await;
    assert_eq!((error.retryable, error.reason.as_str()), (false, Broken::Malformed.words()));
}

#[tokio::test]
async fn requests_are_as_documented() {
    let expected = |text: &str| serde_json::from_str::<Value>(text).unwrap();

    let upstream = Upstream::answering(200, &[], fixture!("xai/chat.response")).await;
    let grok = model(Provider::Grok, &format!("{}/v1/", upstream.base));
    let messages =
        [ChatMessage::new(Role::System, "You answer guests of a small hotel."), ChatMessage::new(Role::User, "Is breakfast included?")];
    grok.chat(&messages, 400).await.unwrap();
    let seen = upstream.only();
    assert_eq!((seen.method.as_str(), seen.uri.path()), ("POST", "/v1/chat/completions"));
    assert_eq!(seen.header("authorization"), Some("Bearer xai-test-key"));
    assert_eq!(seen.json(), expected(fixture!("xai/chat.request")));
    assert!(!format!("{grok:?}").contains(KEY));

    let upstream = Upstream::answering(200, &[], fixture!("sealion/chat.response")).await;
    let mut sea_lion = model(Provider::SeaLion, &upstream.base);
    let messages = [ChatMessage::new(Role::User, "Selamat pagi! Apakah sarapan termasuk?")];
    sea_lion.chat(&messages, 300).await.unwrap();
    assert_eq!(upstream.only().json(), expected(fixture!("sealion/chat.request")));
    sea_lion.model = "aisingapore/Llama-SEA-LION-v3.5-70B-R".into();
    sea_lion.chat(&messages, 300).await.unwrap();
    let reasoning = expected(fixture!("sealion/chat-reasoning.request"));
    assert_eq!(upstream.seen()[1].json()["chat_template_kwargs"], reasoning["chat_template_kwargs"]);

    let upstream = Upstream::answering(200, &[], fixture!("ollama/chat.response")).await;
    let messages = [ChatMessage::new(Role::System, "Be brief."), ChatMessage::new(Role::User, "Hello")];
    for base in [upstream.base.clone(), format!("{}/v1", upstream.base)] {
        model(Provider::Ollama, &base).chat(&messages, 200).await.unwrap();
    }
    for seen in upstream.seen() {
        assert_eq!((seen.uri.path(), seen.header("authorization")), ("/api/chat", None));
        assert_eq!(seen.json(), expected(fixture!("ollama/chat.request")));
    }
}

#[test]
fn thoughts_are_not_said() {
    assert_eq!(text_of("<think>Greet.\n</think>\n\nHalo!").as_deref(), Ok("Halo!"));
    assert_eq!(text_of("Greet.</think>Halo!").as_deref(), Ok("Halo!"));
    assert_eq!(text_of("Ha<think>a<think>b</think>lo!<think>never closed").as_deref(), Ok("Halo!"));
    assert_eq!(text_of("1 < 2 and </thing>").as_deref(), Ok("1 < 2 and </thing>"));
    for nothing in ["", " \n", "<think>only this", "<think></think> "] {
        assert!(text_of(nothing).is_err(), "{nothing}");
    }
}

#[test]
fn answers_fit_into_a_whatsapp_message() {
    assert_eq!(text_of(&"é".repeat(5_000)).unwrap().chars().count(), 4_096);
    assert_eq!(text_of(&format!("{} b", "a".repeat(4_095))).unwrap().len(), 4_095);
}

#[tokio::test]
async fn the_next_model_answers_when_one_fails() {
    let grok = Upstream::answering(429, &[], fixture!("xai/error-429-spending-limit.response")).await;
    let ollama = Upstream::answering(200, &[], fixture!("ollama/chat.response")).await;
    let never = Upstream::answering(200, &[], fixture!("sealion/chat.response")).await;
    let models =
        Models(vec![model(Provider::Grok, &grok.base), model(Provider::Ollama, &ollama.base), model(Provider::SeaLion, &never.base)]);
    let (attempts, answer) = models.answer(&[ChatMessage::new(Role::User, "Hello")], 100).await;
    assert_eq!(answer.map(|answer| answer.text).as_deref(), Some("Hello! How are you today?"));
    assert_eq!(attempts.len(), 2);
    assert_eq!((attempts[0].provider.as_str(), attempts[0].outcome.as_str(), attempts[0].retryable), ("grok", "failed", false));
    assert_eq!(attempts[0].model, "grok-4-1-fast-reasoning");
    assert!(attempts[0].failure.as_deref().is_some_and(|failure| failure.contains("spending limit")));
    assert_eq!((attempts[1].provider.as_str(), attempts[1].outcome.as_str(), attempts[1].failure.as_deref()), ("ollama", "answered", None));
    assert_eq!(attempts[1].usage.completion_tokens, 298);
    assert!(never.seen().is_empty());
}

#[tokio::test]
async fn without_models_nobody_answers() {
    assert_eq!(Models::default().answer(&[], 100).await, (vec![], None));
    let models = Models(vec![model(Provider::Ollama, &closed().await)]);
    let (attempts, answer) = models.answer(&[], 100).await;
    assert_eq!((attempts.len(), attempts[0].retryable, answer), (1, true, None));
}
