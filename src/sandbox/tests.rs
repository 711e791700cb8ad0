//! The sandbox as its two neighbours see it: a product that calls it and is called back, and a person with a phone.

use super::{Clock, SandboxConfig, router};
use axum::{Router, body::Bytes, extract::State, http::HeaderMap, http::StatusCode, routing::post};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::watch;

const NUMBER: &str = "123456789012345";
const CUSTOMER: &str = "6281234567890";
const SECRET: &str = "kapso_test_secret_0001";
const START: i64 = 1_795_184_701_000;

/// A webhook endpoint that notes what it gets and answers as told, 200 by default.
#[derive(Clone, Default)]
struct Receiver {
    got: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
    /// After so many webhooks it keeps the next ones waiting for their answer.
    holding: watch::Sender<Option<usize>>,
}

impl Receiver {
    async fn take(State(receiver): State<Self>, headers: HeaderMap, body: Bytes) -> StatusCode {
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(&body);
        let signature = hex::decode(headers["x-webhook-signature"].as_bytes()).unwrap();
        mac.verify_slice(&signature).unwrap();
        let count = {
            let mut got = receiver.got.lock().unwrap();
            got.push((headers, body));
            got.len()
        };
        receiver.holding.subscribe().wait_for(|after| after.is_none_or(|after| count <= after)).await.unwrap();
        let answer = receiver.answers.lock().unwrap().pop_front().unwrap_or(200);
        StatusCode::from_u16(answer).unwrap()
    }

    fn holds_after(&self, count: usize) {
        self.holding.send_replace(Some(count));
    }

    fn lets_go(&self) {
        self.holding.send_replace(None);
    }

    fn got(&self) -> Vec<(String, String, Value)> {
        let text = |headers: &HeaderMap, name: &str| headers[name].to_str().unwrap().to_owned();
        let got = self.got.lock().unwrap();
        got.iter()
            .map(|(headers, body)| {
                (text(headers, "x-webhook-event"), text(headers, "x-idempotency-key"), serde_json::from_slice(body).unwrap())
            })
            .collect()
    }

    fn events(&self) -> Vec<String> {
        self.got().into_iter().map(|(event, _, _)| event.trim_start_matches("whatsapp.message.").to_owned()).collect()
    }
}

struct Demo {
    base: String,
    http: reqwest::Client,
    clock: Clock,
    receiver: Receiver,
}

impl Demo {
    async fn start() -> Self {
        Self::retrying_after(30).await
    }

    async fn retrying_after(millis: u64) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let receiver = Receiver::default();
        let endpoint = serve(Router::new().route("/", post(Receiver::take)).with_state(receiver.clone())).await;
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let clock = Clock::fixed(START);
        let mut config = SandboxConfig::new(endpoint, SECRET.into(), "key".into(), clock.clone(), http.clone());
        config.status_delay = Duration::from_millis(5);
        config.retry_delays = [millis; 3].map(Duration::from_millis).to_vec();
        Self { base: serve(router(config)).await, http, clock, receiver }
    }

    async fn send(&self, mut body: Value) -> (u16, Value) {
        body["messaging_product"] = "whatsapp".into();
        body["to"] = CUSTOMER.into();
        let url = format!("{}/sandbox/kapso/meta/whatsapp/v24.0/{NUMBER}/messages", self.base);
        let answer = self.http.post(url).header("x-api-key", "key").json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn text(&self, body: &str) -> String {
        let (status, answer) = self.send(json!({ "text": { "body": body } })).await;
        assert_eq!(status, 200, "{answer}");
        answer["messages"][0]["id"].as_str().unwrap().to_owned()
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let url = format!("{}/sandbox/kapso/meta/whatsapp/v24.0/{path}", self.base);
        let answer = self.http.get(url).header("x-api-key", "key").send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let answer = self.http.post(format!("{}{path}", self.base)).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap_or_default()
    }

    async fn control(&self, orders: Value) {
        self.post("/sandbox/control", orders).await;
    }

    async fn customer_writes(&self, text: &str) -> Value {
        self.post("/sandbox/phone/messages", json!({ "as": CUSTOMER, "text": text })).await
    }

    async fn page(&self) -> String {
        let url = format!("{}/sandbox/phone?as={CUSTOMER}&lang=en", self.base);
        self.http.get(url).send().await.unwrap().text().await.unwrap()
    }

    /// The page, once it says this: what comes of a webhook's answer is settled after it.
    async fn page_that_says(&self, text: &str) -> String {
        for _ in 0..2_000 {
            let page = self.page().await;
            if page.contains(text) {
                return page;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the page never says {text}: {}", self.page().await);
    }

    async fn log(&self) -> Value {
        self.http.get(format!("{}/sandbox/log", self.base)).send().await.unwrap().json().await.unwrap()
    }

    async fn has_got(&self, count: usize) {
        for _ in 0..2_000 {
            if self.receiver.got().len() >= count {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits for so many webhooks, and a little longer for one too many.
    async fn webhooks(&self, count: usize) -> Vec<(String, String, Value)> {
        self.has_got(count).await;
        tokio::time::sleep(Duration::from_millis(40)).await;
        let got = self.receiver.got();
        assert_eq!(got.len(), count, "{:?}", self.receiver.events());
        got
    }
}

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}")
}

#[tokio::test]
async fn a_send_is_reported_sent_and_delivered_and_read_once_the_customer_looks() {
    let demo = Demo::start().await;
    let (_, answer) = demo.send(json!({ "text": { "body": "Halo" }, "biz_opaque_callback_data": "job-7" })).await;
    let id = answer["messages"][0]["id"].clone();
    assert_eq!(answer["contacts"][0], json!({ "input": CUSTOMER, "wa_id": CUSTOMER }));
    demo.webhooks(2).await;
    assert_eq!(demo.receiver.events(), ["sent", "delivered"]);
    assert!(demo.page().await.contains("<p>Halo</p>"));
    let read = &demo.webhooks(3).await[2].2;
    assert_eq!(read["message"]["id"], id);
    assert_eq!(read["message"]["kapso"]["status"], "read");
    let statuses = read["message"]["kapso"]["statuses"].as_array().unwrap();
    assert_eq!(statuses.iter().map(|status| status["status"].as_str().unwrap()).collect::<Vec<_>>(), ["sent", "delivered", "read"]);
    assert!(statuses.iter().all(|status| status["biz_opaque_callback_data"] == "job-7"));
    let sends = &demo.log().await["sends"];
    assert_eq!((&sends[0]["id"], &sends[0]["callback_data"], sends.as_array().unwrap().len()), (&id, &json!("job-7"), 1));
}

#[tokio::test]
async fn the_key_and_the_number_are_checked() {
    let demo = Demo::start().await;
    let url = format!("{}/sandbox/kapso/meta/whatsapp/v24.0/{NUMBER}/messages", demo.base);
    let missing = demo.http.get(&url).send().await.unwrap();
    assert_eq!(missing.status(), 401);
    assert_eq!(missing.json::<Value>().await.unwrap()["error"]["message"], "Missing X-API-Key header");
    let wrong = demo.http.get(&url).header("x-api-key", "other").send().await.unwrap();
    assert_eq!(wrong.status(), 401);
    assert_eq!(wrong.json::<Value>().await.unwrap()["error"], "Invalid API key");
    assert_eq!(demo.get("999/messages").await.0, 400);
    let version = format!("{}/sandbox/kapso/meta/whatsapp/latest/{NUMBER}/messages", demo.base);
    assert_eq!(demo.http.get(version).header("x-api-key", "key").send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn the_window_closes_a_day_after_the_customer_wrote_except_for_templates() {
    let demo = Demo::start().await;
    demo.customer_writes("Halo").await;
    demo.clock.set(START + 24 * 3_600_000 - 1);
    demo.text("in time").await;
    demo.clock.set(START + 24 * 3_600_000);
    let (status, refused) = demo.send(json!({ "text": { "body": "late" } })).await;
    assert_eq!((status, &refused["error"]["code"], &refused["error"]["type"]), (422, &json!(131_047), &json!("MessageError")));
    let parameters = json!([{ "type": "body", "parameters": [{ "type": "text", "text": "Dewi" }] }]);
    let template = json!({ "name": "lanjut_percakapan", "language": { "code": "id" }, "components": parameters });
    assert_eq!(demo.send(json!({ "type": "template", "template": template })).await.0, 200);
    demo.customer_writes("Halo lagi").await;
    demo.text("open again").await;
}

#[tokio::test]
async fn history_is_paged_and_filtered() {
    let demo = Demo::start().await;
    demo.customer_writes("one").await;
    for (second, text) in ["two", "three", "four"].iter().enumerate() {
        demo.clock.set(START + (second as i64 + 1) * 1000);
        demo.text(text).await;
    }
    let bodies = |page: &Value| -> Vec<String> {
        page["data"].as_array().unwrap().iter().map(|message| message["text"]["body"].as_str().unwrap().to_owned()).collect()
    };
    let (_, first) = demo.get(&format!("{NUMBER}/messages?limit=3")).await;
    assert_eq!(bodies(&first), ["four", "three", "two"]);
    assert_eq!(first["paging"]["previous"], Value::Null);
    let next = first["paging"]["next"].as_str().unwrap().rsplit_once("v24.0/").unwrap().1;
    let (_, second) = demo.get(next).await;
    assert_eq!(bodies(&second), ["one"]);
    assert_eq!(second["paging"]["next"], Value::Null);
    let before = second["paging"]["cursors"]["before"].as_str().unwrap().replace('=', "%3D").replace('+', "%2B");
    assert_eq!(bodies(&demo.get(&format!("{NUMBER}/messages?limit=2&before={before}")).await.1), ["three", "two"]);
    for (filter, expected) in [
        ("direction=inbound", vec!["one"]),
        ("since=1795184703", vec!["four", "three"]),
        ("until=2026-11-20T14:25:02Z", vec!["two", "one"]),
        ("status=received", vec!["one"]),
        ("conversation_id=none", vec![]),
    ] {
        assert_eq!(bodies(&demo.get(&format!("{NUMBER}/messages?{filter}")).await.1), expected, "{filter}");
    }
    assert_eq!(first["data"][0]["kapso"]["content"], "four");
    assert!(demo.get(&format!("{NUMBER}/messages?fields=kapso()")).await.1["data"][0].get("kapso").is_none());
    assert_eq!(demo.get(&format!("{NUMBER}/messages?limit=0")).await.0, 400);
    assert_eq!(demo.get(&format!("{NUMBER}/messages/wamid.none")).await.1["error"]["type"], "MessageError");
    assert_eq!(demo.get("123456789012399/messages").await.1["data"], json!([]));
}

#[tokio::test]
async fn files_are_kept_until_deleted_and_links_expire() {
    let demo = Demo::start().await;
    demo.post("/sandbox/phone/messages", json!({ "as": CUSTOMER, "kind": "image", "text": "lihat" })).await;
    let (_, _, payload) = demo.webhooks(1).await.remove(0);
    let image = &payload["message"]["image"];
    assert_eq!((&image["caption"], &image["mime_type"]), (&json!("lihat"), &json!("image/png")));
    let id = image["id"].as_str().unwrap();
    let (_, about) = demo.get(&format!("{id}?phone_number_id={NUMBER}")).await;
    assert_eq!(about["sha256"], image["sha256"]);
    // The links name the host the sandbox believes in, which in this test is the receiver's.
    let path = |link: &str| format!("{}/{}", demo.base, link.split_once("/sandbox").map(|(_, rest)| format!("sandbox{rest}")).unwrap());
    let download = path(about["download_url"].as_str().unwrap());
    let bytes = demo.http.get(&download).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(bytes.len().to_string(), about["file_size"].as_str().unwrap());
    assert_eq!(demo.http.get(path(about["url"].as_str().unwrap())).send().await.unwrap().status(), 401);
    demo.clock.set(START + 5 * 60_000);
    assert_eq!(demo.http.get(&download).send().await.unwrap().status(), 404);
    let delete = format!("{}/sandbox/kapso/meta/whatsapp/v24.0/{id}", demo.base);
    assert!(demo.http.delete(delete).header("x-api-key", "key").send().await.unwrap().status().is_success());
    assert_eq!(demo.get(&format!("{id}?phone_number_id={NUMBER}")).await.0, 400);
}

#[tokio::test]
async fn faults_come_in_order_and_say_honestly_what_was_accepted() {
    let demo = Demo::start().await;
    demo.control(json!({ "fail_next": [
        { "status": 429, "retry_after": 3 }, { "status": 400, "code": 131_056 }, { "status": 418, "body": { "error": "tea" } },
    ]}))
    .await;
    let hello = || json!({ "text": { "body": "Halo" } });
    assert_eq!(demo.send(hello()).await.1["error"], "Rate limit exceeded");
    assert_eq!(demo.send(hello()).await.1["error"]["code"], 131_056);
    assert_eq!(demo.send(hello()).await, (418, json!({ "error": "tea" })));
    assert_eq!(demo.log().await["sends"], json!([]));

    demo.control(json!({ "fail_next": [{ "drop_after_accept": true }] })).await;
    let url = format!("{}/sandbox/kapso/meta/whatsapp/v24.0/{NUMBER}/messages", demo.base);
    let body = json!({ "messaging_product": "whatsapp", "to": CUSTOMER, "text": { "body": "Halo" } });
    let broken = demo.http.post(url).header("x-api-key", "key").json(&body).send().await;
    assert!(match broken {
        Ok(answer) => answer.bytes().await.is_err(),
        Err(_) => true,
    });
    demo.webhooks(2).await;
    assert_eq!(demo.log().await["sends"].as_array().unwrap().len(), 1);

    demo.control(json!({ "fail_next": [{ "fail_later": 131_026 }] })).await;
    demo.text("Halo").await;
    let last = demo.webhooks(4).await.remove(3);
    assert_eq!(last.0, "whatsapp.message.failed");
    assert_eq!(last.2["message"]["kapso"]["statuses"][1]["errors"][0]["code"], 131_026);
}

#[tokio::test]
async fn a_fault_for_one_customer_is_not_taken_by_a_send_to_another() {
    let demo = Demo::start().await;
    demo.control(json!({ "fail_next": [{ "status": 429, "to": "6289900112233" }, { "status": 400, "code": 131_056, "to": CUSTOMER }] }))
        .await;
    let hello = || json!({ "text": { "body": "Halo" } });
    assert_eq!(demo.send(hello()).await.0, 400);
    assert_eq!(demo.send(hello()).await.0, 200);
    assert_eq!(demo.log().await["faults_waiting"], 1);
}

#[tokio::test]
async fn a_refused_message_is_retried_unchanged_and_the_phone_says_so() {
    let demo = Demo::start().await;
    demo.receiver.answers.lock().unwrap().extend([500, 202, 200]);
    demo.receiver.holds_after(1);
    let answer = demo.customer_writes("Halo").await;
    assert_eq!(answer["delivered"], false);
    assert!(demo.page().await.contains("Not delivered, retrying"));
    demo.receiver.lets_go();
    let got = demo.webhooks(3).await;
    assert!(got.windows(2).all(|pair| pair[0] == pair[1]), "key and body stay the same");
    let page = demo.page_that_says(r#"<span class="sr">delivered</span>"#).await;
    assert!(!page.contains("Not delivered"));
    let read = json!({ "messaging_product": "whatsapp", "status": "read", "message_id": answer["id"] });
    assert_eq!(demo.send(read).await, (200, json!({ "success": true })));
    assert!(demo.page().await.contains(r#"<span class="sr">read</span>"#));
}

#[tokio::test]
async fn what_nobody_takes_is_given_up() {
    let demo = Demo::start().await;
    demo.receiver.answers.lock().unwrap().extend([500; 4]);
    demo.customer_writes("Halo").await;
    demo.webhooks(4).await;
    demo.page_that_says("The server did not take this message").await;
}

#[tokio::test]
async fn messages_that_waited_leave_as_one_batch_and_singly_when_that_fails() {
    let demo = Demo::retrying_after(250).await;
    // The first is refused twice; meanwhile two more wait behind it. Their batch is refused for good.
    demo.receiver.answers.lock().unwrap().extend([500, 500, 200, 500, 500, 500, 500]);
    let one = demo.customer_writes("one").await;
    let (two, three) = tokio::join!(demo.customer_writes("two"), demo.customer_writes("three"));
    let ids = [&one["id"], &two["id"], &three["id"]].map(|id| id.as_str().unwrap().to_owned());
    let got = demo.webhooks(3 + 4 + 2).await;
    let batch = &got[3].2;
    assert_eq!((&batch["batch"], &batch["batch_info"]["size"]), (&json!(true), &json!(2)));
    assert_eq!(demo.receiver.got.lock().unwrap()[3].0["x-batch-size"], "2");
    let keys: std::collections::HashSet<&String> = got.iter().map(|(_, key, _)| key).collect();
    assert_eq!(keys.len(), 4, "one for each of the first, the batch and the two singles");
    let single = |place: usize| got[place].2["message"]["id"].as_str().unwrap().to_owned();
    let mut arrived = [single(2), single(7), single(8)];
    let mut sent = ids;
    arrived.sort();
    sent.sort();
    assert_eq!(arrived, sent);
}

#[tokio::test]
async fn what_people_write_is_escaped_and_the_page_works_without_script() {
    let demo = Demo::start().await;
    let url = format!("{}/sandbox/phone/messages", demo.base);
    let form = "as=6289900112233&name=%3Cb%3EEvil%22&lang=en&text=%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    let request = demo.http.post(&url).header("content-type", "application/x-www-form-urlencoded").body(form);
    let answer = request.try_clone().unwrap().send().await.unwrap();
    assert_eq!(answer.status(), 303);
    let back = answer.headers()["location"].to_str().unwrap().to_owned();
    let page = demo.http.get(format!("{}{back}", demo.base)).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>") && page.contains("&lt;b&gt;Evil&quot;"));
    assert!(!page.contains("<script>") && !page.contains(" style=") && !page.contains(" onclick"));
    let foreign = request.header("sec-fetch-site", "cross-site").send().await.unwrap();
    assert_eq!(foreign.status(), 403);
    assert_eq!(demo.webhooks(1).await[0].2["conversation"]["contact_name"], "<b>Evil\"");
}

#[tokio::test]
async fn the_customer_writes_a_message_anew_and_takes_it_back() {
    let demo = Demo::start().await;
    let id = demo.customer_writes("Untuk dua orang").await["id"].as_str().unwrap().to_owned();
    let change = |fields: Value| {
        let mut body = json!({ "as": CUSTOMER });
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        body
    };
    demo.post("/sandbox/phone/messages", change(json!({ "edit": id, "text": "Untuk tiga orang" }))).await;
    let page = demo.page_that_says("<p>Untuk tiga orang</p>").await;
    assert!(!page.contains("Untuk dua orang") && page.contains("edited"), "{page}");
    demo.post("/sandbox/phone/messages", change(json!({ "revoke": id }))).await;
    let page = demo.page_that_says("You deleted this message").await;
    assert!(!page.contains("tiga orang") && !page.contains("name=\"revoke\""), "nothing more can be done to it: {page}");
    let told: Vec<Value> = demo.webhooks(3).await.into_iter().map(|(.., body)| body["message"].clone()).collect();
    let message = json!({ "type": "text", "text": { "body": "Untuk tiga orang" } });
    assert_eq!((&told[1]["type"], &told[1]["edit"]), (&json!("edit"), &json!({ "original_message_id": id, "message": message })));
    assert_eq!((&told[2]["type"], &told[2]["revoke"]), (&json!("revoke"), &json!({ "original_message_id": id })));
    // What is gone, empty, or somebody else's stays as it is.
    for fields in [json!({ "edit": id, "text": "Lagi" }), json!({ "revoke": "wamid.none" }), json!({ "revoke": id, "as": "6281300000000" })]
    {
        let url = format!("{}/sandbox/phone/messages", demo.base);
        assert_eq!(demo.http.post(url).json(&change(fields)).send().await.unwrap().status(), 422);
    }
}

#[tokio::test]
async fn an_open_stream_hears_of_messages_and_reads_them() {
    let demo = Demo::start().await;
    let url = format!("{}/sandbox/phone/events?as={CUSTOMER}", demo.base);
    let mut stream = demo.http.get(url).send().await.unwrap();
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    demo.text("Halo <i>").await;
    let mut heard = String::new();
    while !heard.contains("&lt;i&gt;") {
        let chunk = tokio::time::timeout(Duration::from_secs(5), stream.chunk()).await.unwrap().unwrap().unwrap();
        heard.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    assert!(heard.contains("event: ready"));
    demo.webhooks(3).await;
    assert_eq!(demo.receiver.events(), ["sent", "delivered", "read"]);
}

#[tokio::test]
async fn a_reset_forgets_everything_and_stops_what_was_under_way() {
    let demo = Demo::start().await;
    demo.receiver.answers.lock().unwrap().extend([500; 4]);
    demo.receiver.holds_after(1);
    demo.customer_writes("Halo").await;
    // The second attempt is under way.
    demo.has_got(2).await;
    demo.post("/sandbox/reset", json!({})).await;
    demo.receiver.lets_go();
    demo.webhooks(2).await;
    assert_eq!(demo.log().await, json!({ "sends": [], "deliveries": [], "faults_waiting": 0 }));
    assert!(!demo.page().await.contains("<p>Halo</p>"));
}

#[tokio::test]
async fn the_model_answers_streams_and_fails_on_order() {
    let demo = Demo::start().await;
    let ask = async |body: Value| {
        let url = format!("{}/sandbox/model/v1/chat/completions", demo.base);
        demo.http.post(url).bearer_auth("xai-test").json(&body).send().await.unwrap()
    };
    let question = json!({ "model": "grok-3", "messages": [{ "role": "system", "content": "x" }, { "role": "user", "content": "Halo" }] });
    let whole: Value = ask(question.clone()).await.json().await.unwrap();
    let usage = &whole["usage"];
    let sum = usage["prompt_tokens"].as_u64().unwrap() + usage["completion_tokens"].as_u64().unwrap();
    assert_eq!(usage["total_tokens"], sum);
    let mut streaming = question.clone();
    streaming["stream"] = true.into();
    let frames = ask(streaming).await.text().await.unwrap();
    let frames: Vec<&str> = frames.split("\n\n").filter_map(|frame| frame.strip_prefix("data: ")).collect();
    assert_eq!(frames.last(), Some(&"[DONE]"));
    let streamed: String = frames[..frames.len() - 1]
        .iter()
        .map(|frame| serde_json::from_str::<Value>(frame).unwrap()["choices"][0]["delta"]["content"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(whole["choices"][0]["message"]["content"], streamed);

    demo.control(json!({ "model": { "fail_next": 1, "status": 429, "reply": "" } })).await;
    let failed = ask(question.clone()).await;
    assert_eq!(failed.status(), 429);
    assert_eq!(failed.json::<Value>().await.unwrap()["code"], "Some resource has been exhausted");
    let empty: Value = ask(question).await.json().await.unwrap();
    assert_eq!(empty["choices"][0]["finish_reason"], "length");
    assert_eq!(ask(json!({ "model": "grok-3" })).await.status(), 422);
    let anonymous = demo.http.get(format!("{}/sandbox/model/v1/models", demo.base)).send().await.unwrap();
    assert_eq!(anonymous.status(), 401);
}
