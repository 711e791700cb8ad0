//! Calling people whose pages are closed: who is called, for what, when, and who never.

use crate::support::*;
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use my21staff::{
    inbox::api::{AssignConversation, BeHere},
    server::clock::Clock,
    workspace::api::{RemoveDevice, SaveNotices, TestNotice},
};
use reqwest::{Response, StatusCode, header};
use ring::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral},
    hkdf::{HKDF_SHA256, Salt},
    rand::SystemRandom,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

const PHONE: &str = "6281234567890";

/// A browser that subscribed at the sandbox's push service.
struct Browser {
    id: String,
    key: EphemeralPrivateKey,
    public: Vec<u8>,
    auth: [u8; 16],
}

struct Length(usize);

impl ring::hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

impl Browser {
    fn new() -> Self {
        let key = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()).expect("a key");
        let public = key.compute_public_key().expect("a point").as_ref().to_vec();
        Self { id: Uuid::new_v4().to_string(), key, public, auth: *Uuid::new_v4().as_bytes() }
    }

    fn subscription(&self, app: &TestApp) -> Value {
        let keys = json!({ "p256dh": URL_SAFE_NO_PAD.encode(&self.public), "auth": URL_SAFE_NO_PAD.encode(self.auth) });
        json!({ "endpoint": app.url(&format!("/sandbox/push/{}", self.id)), "expirationTime": null, "keys": keys })
    }

    /// The subscription as the page of somebody sends it.
    async fn of(app: &TestApp, actor: &Actor) -> Self {
        let browser = Self::new();
        browser.is_of(app, actor).await;
        browser
    }

    async fn is_of(&self, app: &TestApp, actor: &Actor) {
        assert_eq!(post(app, actor, "/api/push-devices", &self.subscription(app)).await.status(), StatusCode::NO_CONTENT);
    }

    /// What its push service took for it.
    async fn taken(&self, app: &TestApp) -> Vec<Value> {
        let url = app.url(&format!("/sandbox/push/{}", self.id));
        app.http.get(url).send().await.expect("an answer").json().await.expect("JSON")
    }

    async fn called(&self, app: &TestApp, times: usize) -> Vec<Value> {
        eventually_within(20, "the push service has it", async || {
            let taken = self.taken(app).await;
            (taken.len() >= times).then_some(taken)
        })
        .await
    }

    async fn orders(&self, app: &TestApp, orders: Value) {
        let url = app.url(&format!("/sandbox/push/{}/orders", self.id));
        assert!(app.http.post(url).json(&orders).send().await.expect("an answer").status().is_success());
    }

    /// What the browser reads, by RFC 8291 and 8188. Its key is good for one: exchanges are ephemeral here.
    fn reads(self, taken: &Value) -> Value {
        let body = STANDARD.decode(taken["body"].as_str().expect("a body")).expect("base64");
        let (salt, server, sealed) = (&body[..16], &body[21..86], &body[86..]);
        let expand = |prk: &ring::hkdf::Prk, info: &[&[u8]], length: usize| {
            let mut out = vec![0; length];
            prk.expand(info, Length(length)).expect("a length").fill(&mut out).expect("bytes");
            out
        };
        let input = agree_ephemeral(self.key, &UnparsedPublicKey::new(&ECDH_P256, server), |shared| {
            let prk = Salt::new(HKDF_SHA256, &self.auth).extract(shared);
            expand(&prk, &[b"WebPush: info\0", &self.public, server], 32)
        })
        .expect("a secret");
        let prk = Salt::new(HKDF_SHA256, salt).extract(&input);
        let key = expand(&prk, &[b"Content-Encoding: aes128gcm\0"], 16);
        let nonce = expand(&prk, &[b"Content-Encoding: nonce\0"], 12);
        let cipher = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).expect("a key"));
        let mut record = sealed.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(&nonce).expect("a nonce");
        let plain = cipher.open_in_place(nonce, Aad::empty(), &mut record).expect("it opens");
        assert_eq!(plain.last(), Some(&2), "the last record");
        serde_json::from_slice(&plain[..plain.len() - 1]).expect("JSON")
    }
}

async fn post(app: &TestApp, actor: &Actor, path: &str, body: &Value) -> Response {
    app.http.post(app.url(path)).header(header::COOKIE, &actor.cookie).json(body).send().await.expect("an answer")
}

/// Waits until everything that happened was looked at and every call that it led to is over.
async fn over(app: &TestApp) {
    eventually_within(30, "nothing is left to be told", async || {
        let behind = "select count(*) from workspace_sequence s join push_cursor c using (workspace_id) where c.seq < s.last_seq";
        let waiting = "select count(*) from job where kind = 'push'";
        (app.value::<i64>(behind).await == 0 && app.value::<i64>(waiting).await == 0).then_some(())
    })
    .await;
}

/// As a page does at which somebody looks.
async fn looks_at_the_inbox(actor: &Actor) {
    let form = [("workspace", "demo"), ("typing", "false")];
    assert_eq!(actor.post(<BeHere as leptos::server_fn::ServerFn>::PATH, &form).await.status(), StatusCode::OK);
}

async fn save(actor: &Actor, more: &[(&str, &str)]) -> Response {
    let form: Vec<_> = [("workspace", "demo")].iter().chain(more).copied().collect();
    actor.post(<SaveNotices as leptos::server_fn::ServerFn>::PATH, &form).await
}

const ALL: [(&str, &str); 6] = [("mine", "on"), ("nobodys", "on"), ("given", "on"), ("handover", "on"), ("named", "on"), ("late", "on")];

#[tokio::test]
async fn somebody_whose_pages_are_closed_is_called_and_nobody_of_another_workspace() {
    let app = TestApp::start().await;
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    app.customer_says(PHONE, "Dari sebelum ini").await;
    let (browser, other) = (Browser::of(&app, &owner).await, Browser::of(&app, &stranger).await);
    app.customer_says(PHONE, "Apa masih ada?").await;
    let id = app.only_conversation().await;
    let taken = browser.called(&app, 1).await;
    assert_eq!((taken[0]["urgency"].as_str(), taken[0]["ttl"].as_str()), (Some("high"), Some("7200")));
    assert!(taken[0]["contact"].as_str().is_some_and(|contact| contact.starts_with("mailto:")), "{}", taken[0]);
    over(&app).await;
    assert_eq!(browser.taken(&app).await.len(), 1, "what happened before it could be called is not told");
    assert!(other.taken(&app).await.is_empty());
    let seq: i64 = app.value("select max(seq) from event where kind = 'message_received'").await;
    let read = browser.reads(&taken[0]);
    assert_eq!((read["body"].as_str(), read["workspace"].as_str()), (Some("Apa masih ada?"), Some("demo")));
    assert_eq!((read["conversation"].as_str(), read["event"].as_i64()), (Some(&*id.to_string()), Some(seq)));
    assert!(!read["title"].as_str().expect("a title").is_empty());
}

#[tokio::test]
async fn of_several_messages_the_newest_is_told_and_each_conversation_by_itself() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let browser = Browser::of(&app, &owner).await;
    let second = Browser::of(&app, &owner).await;
    app.customer_says(PHONE, "satu").await;
    app.customer_says(PHONE, "dua").await;
    over(&app).await;
    let taken = browser.taken(&app).await;
    // One, unless the machine was slow between them.
    assert_eq!(browser.reads(taken.last().expect("a call"))["body"], "dua");
    app.customer_says("6281234567891", "lain").await;
    over(&app).await;
    let taken = second.taken(&app).await;
    let topics: BTreeSet<_> = taken.iter().filter_map(|taken| taken["topic"].as_str()).collect();
    assert_eq!(topics.len(), 2, "one place at the push service for each conversation");
    assert_eq!(second.reads(&taken[taken.len() - 1])["body"], "lain");
}

#[tokio::test]
async fn whoever_looks_at_the_inbox_is_called_once_they_have_gone_if_they_have_not_read_it() {
    let clock = Clock::fixed(FRIDAY);
    let app = TestApp::configured(clock.clone(), |_| {}).await;
    app.sql("update workspace set ari_enabled = false").await;
    let owner = app.owner().await;
    let browser = Browser::of(&app, &owner).await;
    looks_at_the_inbox(&owner).await;
    app.customer_says(PHONE, "Halo").await;
    let put_off = "select count(*) from job where kind = 'push' and state = 'waiting' and run_at > created_at + interval '5 seconds'";
    eventually_within(20, "it is put off", async || (app.value::<i64>(put_off).await == 1).then_some(())).await;
    assert!(browser.taken(&app).await.is_empty());
    // They put it away, and are not seen at another page a moment later either.
    assert_eq!(owner.post("/api/demo/gone", &[("", "")]).await.status(), StatusCode::OK);
    clock.set(clock.millis() + 21_000);
    let taken = browser.called(&app, 1).await;
    over(&app).await;
    assert_eq!(browser.reads(&taken[0])["body"], "Halo");

    let browser = Browser::of(&app, &owner).await;
    looks_at_the_inbox(&owner).await;
    app.customer_says(PHONE, "Masih di sana?").await;
    eventually_within(20, "it is put off", async || (app.value::<i64>(put_off).await > 0).then_some(())).await;
    // Read meanwhile: there is nothing to tell any more.
    owner.mark_read(app.only_conversation().await).await;
    clock.set(clock.millis() + 60_000);
    over(&app).await;
    assert!(browser.taken(&app).await.is_empty());
}

#[tokio::test]
async fn what_an_open_page_has_told_is_not_told_again_by_a_device() {
    let clock = Clock::fixed(FRIDAY);
    let app = TestApp::configured(clock.clone(), |_| {}).await;
    app.sql("update workspace set ari_enabled = false").await;
    let (owner, admin) = (app.owner().await, app.sign_in("admin@demo.test").await);
    app.customer_says(PHONE, "Halo").await;
    let id = app.only_conversation().await.to_string();
    let browser = Browser::of(&app, &owner).await;
    let person: Uuid = app.value("select id from person where email = 'owner@demo.test'").await;
    let give = async |to: &str| {
        let form = [("workspace", "demo"), ("conversation", &*id), ("assignee", to)];
        assert_eq!(admin.post(<AssignConversation as leptos::server_fn::ServerFn>::PATH, &form).await.status(), StatusCode::OK);
    };
    looks_at_the_inbox(&owner).await;
    give(&person.to_string()).await;
    let put_off = "select count(*) from job where kind = 'push' and state = 'waiting' and run_at > created_at + interval '5 seconds'";
    eventually_within(20, "it is put off", async || (app.value::<i64>(put_off).await == 1).then_some(())).await;
    // They look at the page once more, where it was told, and go.
    clock.set(clock.millis() + 5_000);
    looks_at_the_inbox(&owner).await;
    clock.set(clock.millis() + 60_000);
    over(&app).await;
    assert!(browser.taken(&app).await.is_empty());
    // Given while they are away, it is told.
    give("").await;
    give(&person.to_string()).await;
    assert_eq!(browser.called(&app, 1).await.len(), 1);
}

#[tokio::test]
async fn a_device_belongs_to_whoever_is_signed_in_there() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let browser = Browser::of(&app, &owner).await;
    let devices = "select count(*) from push_device d join person p on p.id = d.person_id where p.email = ";
    assert_eq!(app.value::<i64>(&format!("{devices} 'owner@demo.test'")).await, 1);
    let admin = app.sign_in("admin@demo.test").await;
    browser.is_of(&app, &admin).await;
    assert_eq!(app.value::<i64>(&format!("{devices} 'owner@demo.test'")).await, 0);
    assert_eq!(app.value::<i64>(&format!("{devices} 'admin@demo.test'")).await, 1);
    // Signed out: not called, whatever comes, and forgotten with the next sweep.
    let answer = admin.post("/sign-out", &[("", "")]).await;
    assert!(answer.status().is_redirection(), "{}", answer.status());
    app.customer_says(PHONE, "Halo").await;
    over(&app).await;
    assert!(browser.taken(&app).await.is_empty());
    my21staff::push::server::sweep(&app.app).await.unwrap();
    assert_eq!(app.value::<i64>("select count(*) from push_device").await, 0);
}

#[tokio::test]
async fn a_browser_says_that_it_is_not_to_be_called_any_more() {
    let app = TestApp::start().await;
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    let browser = Browser::of(&app, &owner).await;
    let endpoint = browser.subscription(&app)["endpoint"].clone();
    let forgotten = json!({ "endpoint": endpoint });
    assert_eq!(post(&app, &stranger, "/api/push-forgotten", &forgotten).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(app.value::<i64>("select count(*) from push_device").await, 1, "not by somebody else");
    let device: Uuid = app.value("select id from push_device").await;
    let remove = async |actor: &Actor, workspace: &str, device: Uuid| {
        actor.post(<RemoveDevice as leptos::server_fn::ServerFn>::PATH, &[("workspace", workspace), ("device", &device.to_string())]).await
    };
    assert_eq!(remove(&stranger, "demo", device).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(remove(&stranger, "other", device).await.status(), StatusCode::OK, "as one that is gone already");
    assert_eq!(app.value::<i64>("select count(*) from push_device").await, 1);
    assert_eq!(post(&app, &owner, "/api/push-forgotten", &forgotten).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(app.value::<i64>("select count(*) from push_device").await, 0);
    browser.is_of(&app, &owner).await;
    let device: Uuid = app.value("select id from push_device").await;
    assert_eq!(remove(&owner, "demo", device).await.status(), StatusCode::OK);
    app.customer_says(PHONE, "Halo").await;
    // A page that is opened again there does not undo that; whoever chooses it there does.
    let mut subscription = browser.subscription(&app);
    assert_eq!(post(&app, &owner, "/api/push-devices", &subscription).await.status(), StatusCode::CONFLICT);
    subscription["asked"] = json!(true);
    assert_eq!(post(&app, &owner, "/api/push-devices", &subscription).await.status(), StatusCode::NO_CONTENT);
    app.customer_says(PHONE, "Lagi").await;
    let taken = browser.called(&app, 1).await;
    over(&app).await;
    assert_eq!(browser.taken(&app).await.len(), 1, "what was said meanwhile is not told");
    assert_eq!(browser.reads(&taken[0])["body"], "Lagi");
}

#[tokio::test]
async fn a_push_service_that_stumbles_is_asked_again_and_one_that_knows_nobody_is_believed() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let (browser, gone) = (Browser::of(&app, &owner).await, Browser::of(&app, &owner).await);
    browser.orders(&app, json!({ "status": 503 })).await;
    gone.orders(&app, json!({ "status": 410 })).await;
    app.holds_retries().await;
    app.customer_says(PHONE, "Halo").await;
    app.is_tried("push").await;
    browser.orders(&app, json!({})).await;
    app.goes_on().await;
    let taken = browser.called(&app, 1).await;
    assert_eq!(browser.reads(&taken[0])["body"], "Halo");
    over(&app).await;
    assert_eq!(app.value::<i64>("select count(*) from push_device").await, 1, "the other is forgotten");
}

#[tokio::test]
async fn one_is_called_for_what_one_wants_and_not_in_quiet_hours() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let browser = Browser::of(&app, &owner).await;
    assert!(save(&owner, &ALL[..1]).await.status().is_success(), "customers of mine only");
    app.customer_says(PHONE, "Siapa saja").await;
    over(&app).await;
    assert!(browser.taken(&app).await.is_empty());
    owner.take_over(app.only_conversation().await).await;
    app.customer_says(PHONE, "Untuk saya").await;
    browser.called(&app, 1).await;
    over(&app).await;
    // All day but the minute that is as far from now as can be.
    let minute = app.value::<f64>("select extract(epoch from now() at time zone 'Asia/Jakarta')::float8 / 60").await as i64;
    let time = |minute: i64| format!("{:02}:{:02}", minute.rem_euclid(1440) / 60, minute.rem_euclid(60));
    let (from, until) = (time(minute + 721), time(minute + 720));
    let quiet = [("quiet_from", &*from), ("quiet_until", &*until)];
    assert!(save(&owner, &[&ALL[..], &quiet].concat()).await.status().is_success());
    app.customer_says(PHONE, "Di jam tenang").await;
    over(&app).await;
    assert_eq!(browser.taken(&app).await.len(), 1);
    assert!(save(&owner, &ALL).await.status().is_success());
    app.customer_says(PHONE, "Sesudahnya").await;
    assert_eq!(browser.called(&app, 2).await.len(), 2);
    for wrong in [[("quiet_from", "21:00"), ("quiet_until", "")], [("quiet_from", "7:00"), ("quiet_until", "07:00")]] {
        assert_eq!(save(&owner, &wrong).await.status(), StatusCode::UNPROCESSABLE_ENTITY, "{wrong:?}");
    }
}

#[tokio::test]
async fn what_one_does_not_want_to_hear_of_hides_nothing_else() {
    let app = TestApp::start().await;
    let (owner, admin) = (app.owner().await, app.sign_in("admin@demo.test").await);
    let browser = Browser::of(&app, &owner).await;
    let all_but_given: Vec<_> = ALL.into_iter().filter(|(name, _)| *name != "given").collect();
    assert!(save(&owner, &all_but_given).await.status().is_success());
    let person: Uuid = app.value("select id from person where email = 'owner@demo.test'").await;
    app.customer_says(PHONE, "Tolong dijawab").await;
    let id = app.only_conversation().await.to_string();
    let form = [("workspace", "demo"), ("conversation", &*id), ("assignee", &*person.to_string())];
    assert_eq!(admin.post(<AssignConversation as leptos::server_fn::ServerFn>::PATH, &form).await.status(), StatusCode::OK);
    let taken = browser.called(&app, 1).await;
    over(&app).await;
    assert_eq!(browser.taken(&app).await.len(), 1);
    assert_eq!(browser.reads(&taken[0])["body"], "Tolong dijawab");
}

#[tokio::test]
async fn what_somebody_may_not_see_is_not_told_to_them() {
    let app = TestApp::start().await;
    app.member_without_numbers().await;
    let member = app.sign_in("member@demo.test").await;
    let masked = Browser::of(&app, &member).await;
    app.customer_says(PHONE, "Nomor saya 081234567890").await;
    let taken = masked.called(&app, 1).await;
    let told = masked.reads(&taken[0]).to_string();
    assert!(!told.contains("81234567890"), "{told}");
    // One who sees only what is theirs.
    app.sql(
        "update role set permissions = '{conversations:reply}';
         update workspace set rights_version = rights_version + 1",
    )
    .await;
    let own = Browser::of(&app, &member).await;
    app.customer_says("6281234567891", "Bukan untuk dia").await;
    over(&app).await;
    assert!(own.taken(&app).await.is_empty());
}

#[tokio::test]
async fn what_is_no_address_is_refused() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let good = Browser::new().subscription(&app);
    let with = |change: &dyn Fn(&mut Value)| {
        let mut value = good.clone();
        change(&mut value);
        value
    };
    let wrong = [
        with(&|value| value["endpoint"] = json!("https://127.0.0.1/secret")),
        with(&|value| value["endpoint"] = json!("http://push.test/1")),
        with(&|value| value["endpoint"] = json!("https://user:word@push.test/1")),
        with(&|value| value["endpoint"] = json!("bukan alamat")),
        with(&|value| value["endpoint"] = json!(format!("https://push.test/{}", "a".repeat(2_000)))),
        with(&|value| value["keys"]["auth"] = json!("AAAA")),
        with(&|value| value["keys"]["p256dh"] = json!(URL_SAFE_NO_PAD.encode([4; 65]))),
        with(&|value| value["keys"] = json!({})),
        json!([]),
    ];
    for subscription in &wrong {
        let answer = post(&app, &owner, "/api/push-devices", subscription).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{subscription}");
    }
    let nobody = app.http.post(app.url("/api/push-devices")).json(&good).send().await.unwrap();
    assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(app.value::<i64>("select count(*) from push_device").await, 0);
}

#[tokio::test]
async fn one_can_see_what_it_is_like() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let (browser, second) = (Browser::of(&app, &owner).await, Browser::of(&app, &owner).await);
    second.orders(&app, json!({ "status": 404 })).await;
    let tried = owner.post(<TestNotice as leptos::server_fn::ServerFn>::PATH, &[("workspace", "demo")]).await;
    assert_eq!(good::<usize>(tried).await, 1);
    let taken = browser.called(&app, 1).await;
    assert_eq!(browser.reads(&taken[0])["test"], true);
    let page = owner.follow("/demo/settings/notices").await.text().await.unwrap();
    assert_eq!(page.matches("name=\"device\"").count(), 1, "the one that is gone is forgotten");
}

#[tokio::test]
async fn browsers_subscribe_to_one_key_whoever_answers_and_whatever_seals_it() {
    let app = TestApp::start().await;
    let second = app.second_process().await;
    let owner = app.owner().await;
    let key = async |actor: &Actor| -> Value { actor.get("/api/push-key").await.json().await.expect("JSON") };
    let (here, there) = tokio::join!(key(&owner), async { key(&owner.at(&second.base)).await });
    assert_eq!(here, there);
    let point = URL_SAFE_NO_PAD.decode(here["key"].as_str().expect("a key")).expect("base64url");
    assert_eq!((point.len(), point[0]), (65, 4));
    assert_eq!(app.http.get(app.url("/api/push-key")).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    // Another key seals it from now on.
    let sealed: Vec<u8> = app.value("select private_sealed from push_key").await;
    let old = app.app.config.encryption_key.expose().to_owned();
    let renewed = app
        .second_worker(|env| {
            env.insert("ENCRYPTION_KEY_PREVIOUS".into(), old);
            env.insert("ENCRYPTION_KEY".into(), STANDARD.encode([9; 32]));
        })
        .await;
    my21staff::workspace::server::rotation::run(&renewed.app).await.unwrap();
    assert_ne!(app.value::<Vec<u8>>("select private_sealed from push_key").await, sealed);
    assert_eq!(key(&owner.at(&renewed.base)).await, here);
    // Whoever has the wrong one makes none of its own: browsers subscribed to this.
    let wrong = app.second_worker(|env| drop(env.insert("ENCRYPTION_KEY".into(), STANDARD.encode([8; 32])))).await;
    assert_eq!(owner.at(&wrong.base).get("/api/push-key").await.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(key(&owner.at(&renewed.base)).await, here);
}
