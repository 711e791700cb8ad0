//! The server under test and the people who use it.

use super::{LiveStream, database, eventually, payloads};
use leptos::{config::LeptosOptions, server_fn::ServerFn};
use my21staff::{
    error::AppError,
    ids::ConversationId,
    inbox::{api::*, model::*},
    server::{
        clock::Clock,
        config::Config,
        connection::{Connections, Peer},
        router::router,
        run,
        state::{App, AppState},
    },
    workspace::server::seed,
};
use reqwest::{Response, StatusCode, header};
use serde::{Serialize, de::DeserializeOwned};
use std::{collections::HashMap, net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, task::JoinHandle};
use uuid::Uuid;

/// Signs the deliveries of the tests' customers.
pub const WEBHOOK_SECRET: &str = "test webhook secret";
/// An event that is still to come.
pub const EVERYTHING: i64 = 1_000_000_000;
/// 2026-11-20, 21.25 in Jakarta (Unix milliseconds).
pub const FRIDAY: i64 = 1_795_184_700_000;
/// The number of the workspace `demo`.
pub const NUMBER: &str = "123456789012345";
/// The number of the workspace `other`.
pub const OTHER_NUMBER: &str = "123456789012399";

/// A server on a port of its own with a database of its own, in demo mode, so that its gateway and model are the sandbox.
pub struct TestApp {
    pub app: Arc<App>,
    pub base: String,
    pub http: reqwest::Client,
    pub database: String,
    pub database_url: String,
    tasks: Vec<JoinHandle<()>>,
}

/// The server's errors stand beside the assertion that they made fail. Many servers share a process: the first of them does it.
fn show_the_log_of_a_failed_test() {
    let log = tracing_subscriber::fmt().with_max_level(tracing::Level::ERROR).with_test_writer().with_ansi(false).finish();
    let _ = tracing::subscriber::set_global_default(log);
}

impl TestApp {
    /// With ARI switched off in `demo`, so that a test about people is about people.
    pub async fn start() -> Self {
        let app = Self::with_ari().await;
        app.sql("update workspace set ari_enabled = false").await;
        app
    }

    /// With ARI answering through the sandbox's model.
    pub async fn with_ari() -> Self {
        Self::configured(Clock::System, |_| {}).await
    }

    /// With another configuration.
    pub async fn configured(clock: Clock, change: impl FnOnce(&mut HashMap<String, String>)) -> Self {
        let (database, database_url) = database::fresh().await;
        Self::on_database(database, database_url, clock, change).await
    }

    /// A further process on the same database.
    pub async fn second_process(&self) -> Self {
        Self::on_database(self.database.clone(), self.database_url.clone(), self.app.clock.clone(), |_| {}).await
    }

    /// A further process that sends through this one's gateway, with another configuration.
    pub async fn second_worker(&self, change: impl FnOnce(&mut HashMap<String, String>)) -> Self {
        let gateway = self.url("/sandbox/kapso");
        let change = |env: &mut HashMap<String, String>| {
            env.insert("KAPSO_API_BASE_URL".into(), gateway);
            change(env);
        };
        Self::on_database(self.database.clone(), self.database_url.clone(), self.app.clock.clone(), change).await
    }

    /// A process on a migrated database of the caller's.
    pub async fn on_database(
        database: String,
        database_url: String,
        clock: Clock,
        change: impl FnOnce(&mut HashMap<String, String>),
    ) -> Self {
        show_the_log_of_a_failed_test();
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a free port");
        let addr = listener.local_addr().expect("an address");
        let data_dir = std::env::temp_dir().join(&database);
        let mut env: HashMap<String, String> = [
            ("DEV_MODE", "true".to_owned()),
            ("LEPTOS_SITE_ADDR", addr.to_string()),
            ("DATABASE_URL", database_url.clone()),
            ("DATABASE_POOL_SIZE", "6".into()),
            ("DATA_DIR", data_dir.to_string_lossy().into_owned()),
            ("KAPSO_WEBHOOK_SECRET", WEBHOOK_SECRET.into()),
            ("KAPSO_WEBHOOK_VERIFY_TOKEN", "verify me".into()),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
        change(&mut env);
        let config = Config::read(&env).expect("the tests' configuration");
        let app = run::build(config, clock).expect("the parts fit together");
        app.hub.has_heard_of_all();
        seed::demo(&app).await.expect("the demo workspaces");
        let leptos = LeptosOptions::builder()
            .output_name("my21staff")
            .site_root(concat!(env!("CARGO_MANIFEST_DIR"), "/public"))
            .site_addr(addr)
            .build();
        let router = router(AppState { leptos, app: app.clone() });
        let mut tasks = run::start_tasks(&app);
        tasks.push(tokio::spawn(async move {
            axum::serve(Connections(listener), router.into_make_service_with_connect_info::<Peer>()).await.expect("the server serves");
        }));
        let http = http_client();
        Self { app, base: format!("http://{addr}"), http, database, database_url, tasks }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Somebody signed in.
    pub async fn sign_in(&self, email: &str) -> Actor {
        Actor::sign_in(&self.http, &self.base, email).await
    }

    pub async fn owner(&self) -> Actor {
        self.sign_in("owner@demo.test").await
    }

    /// The owner of the workspace that must see nothing.
    pub async fn stranger(&self) -> Actor {
        self.sign_in("owner@other.test").await
    }

    /// Posts a body to the webhook, signed with `secret`.
    pub async fn deliver_signed(&self, body: impl Into<Vec<u8>>, secret: &str) -> Response {
        post_signed(&self.http, &self.base, body, secret).await.expect("an answer")
    }

    /// A correctly signed delivery that must be accepted.
    pub async fn deliver(&self, body: impl Into<Vec<u8>>) {
        let answer = self.deliver_signed(body, WEBHOOK_SECRET).await;
        assert_eq!(answer.status(), StatusCode::OK);
    }

    /// A customer's text to the workspace `demo`, now. Gives the provider's id.
    pub async fn customer_says(&self, phone: &str, text: &str) -> String {
        let id = payloads::wamid();
        self.deliver(payloads::inbound_text(NUMBER, phone, &id, text, self.app.clock.millis())).await;
        id
    }

    /// Runs SQL as an administrator, past all policies.
    pub async fn sql(&self, statement: &str) {
        use sqlx::Executor;
        let mut connection = database::connect(&self.database_url).await;
        connection.execute(sqlx::AssertSqlSafe(statement.to_owned())).await.expect(statement);
    }

    /// One value by SQL as an administrator.
    pub async fn value<T>(&self, query: &str) -> T
    where
        T: Send + Unpin + for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        let mut connection = database::connect(&self.database_url).await;
        sqlx::query_scalar(sqlx::AssertSqlSafe(query.to_owned())).fetch_one(&mut connection).await.expect(query)
    }

    /// The only conversation of the workspace `demo`.
    pub async fn only_conversation(&self) -> ConversationId {
        ConversationId(self.value("select c.id from conversation c join workspace w on w.id = c.workspace_id where w.slug = 'demo'").await)
    }

    /// Gives the member of `demo` a role of its own: sees every conversation, replies, and sees no numbers.
    pub async fn member_without_numbers(&self) {
        self.sql(
            "with made as (insert into role (workspace_id, id, name, permissions, created_at)
                 select id, gen_random_uuid(), 'Tanpa nomor', '{leads:view_all,conversations:reply}', now() from workspace where slug = 'demo'
                 returning workspace_id, id)
             update membership m set role = 'member', custom_role_id = made.id from made, person p
             where m.workspace_id = made.workspace_id and m.person_id = p.id and p.email = 'member@demo.test'",
        )
        .await;
    }

    /// Waits until this process is ready: its parts answer, and it hears what other processes tell.
    pub async fn is_ready(&self) {
        eventually("ready", async || my21staff::server::health::check(&self.app).await.ready.then_some(())).await;
    }

    /// From now on a job that has failed waits for [`TestApp::goes_on`], and not for a second or two in which a test would have to be quick.
    pub async fn holds_retries(&self) {
        self.sql(
            "create or replace function hold() returns trigger language plpgsql as $$ begin new.run_at := '2999-01-01'; return new; end $$;
             create or replace trigger hold before update on job for each row
                 when (new.state = 'waiting' and new.last_error <> '') execute function hold()",
        )
        .await;
    }

    /// Waits until the one job of a kind has failed and is held.
    pub async fn is_tried(&self, kind: &str) {
        let held = format!("select count(*) from job where kind = '{kind}' and last_error <> '' and state = 'waiting'");
        eventually("the first attempt is over", async || (self.value::<i64>(&held).await == 1).then_some(())).await;
    }

    /// What is held is due, and what fails later is tried again as usual.
    pub async fn goes_on(&self) {
        self.sql("drop trigger hold on job; update job set run_at = now() where state = 'waiting' and last_error <> ''").await;
        self.app.wake.jobs();
    }

    /// Tells the sandbox how to behave, and reads what it accepted.
    pub async fn sandbox(&self, control: serde_json::Value) {
        let answer = self.http.post(self.url("/sandbox/control")).json(&control).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap_or_default());
    }

    /// What the fake gateway accepted, oldest first.
    pub async fn sent_by_gateway(&self) -> Vec<serde_json::Value> {
        self.sandbox_log().await["sends"].as_array().expect("a list of sends").clone()
    }

    /// What the sandbox took, and how many faults still wait for a call.
    pub async fn sandbox_log(&self) -> serde_json::Value {
        self.http.get(self.url("/sandbox/log")).send().await.expect("an answer").json().await.expect("JSON")
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.app.stopping.cancel();
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// A browser with somebody's cookie.
#[derive(Clone)]
pub struct Actor {
    http: reqwest::Client,
    base: String,
    pub cookie: String,
}

impl Actor {
    /// Somebody signed in at the server with this address, in demo mode.
    pub async fn sign_in(http: &reqwest::Client, base: &str, email: &str) -> Self {
        let answer = http.post(format!("{base}/api/dev/sign-in")).form(&[("email", email)]).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{email} can sign in");
        let cookie = answer.headers()[header::SET_COOKIE].to_str().expect("text").split(';').next().expect("a cookie").to_owned();
        Self { http: http.clone(), base: base.to_owned(), cookie }
    }

    /// A browser that has this cookie.
    pub fn with_cookie(http: &reqwest::Client, base: &str, cookie: &str) -> Self {
        Self { http: http.clone(), base: base.to_owned(), cookie: cookie.to_owned() }
    }

    /// What the browser sends with every request.
    pub fn cookie(&self) -> &str {
        &self.cookie
    }

    /// The same browser, led to another process.
    pub fn at(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    pub async fn get(&self, path: &str) -> Response {
        self.http.get(format!("{}{path}", self.base)).header(header::COOKIE, &self.cookie).send().await.expect("an answer")
    }

    /// As a browser that follows a link; it follows no redirect.
    pub async fn follow(&self, path: &str) -> Response {
        let request = self.http.get(format!("{}{path}", self.base)).header(header::COOKIE, &self.cookie);
        request.header(header::ACCEPT, "text/html").send().await.expect("an answer")
    }

    pub async fn post(&self, path: &str, form: &impl Serialize) -> Response {
        self.http.post(format!("{}{path}", self.base)).header(header::COOKIE, &self.cookie).form(form).send().await.expect("an answer")
    }

    async fn call_get<F: ServerFn>(&self, query: &impl Serialize) -> Response {
        self.http
            .get(format!("{}{}", self.base, F::PATH))
            .header(header::COOKIE, &self.cookie)
            .query(query)
            .send()
            .await
            .expect("an answer")
    }

    async fn call_post<F: ServerFn>(&self, form: &impl Serialize) -> Response {
        self.post(F::PATH, form).await
    }

    pub async fn try_list(&self, workspace: &str, before: Option<ListCursor>) -> Response {
        let mut query = vec![("workspace", workspace.to_owned())];
        query.extend(before.map(|cursor| ("before", cursor.to_string())));
        self.call_get::<ListConversations>(&query).await
    }

    /// A page of a list as its address says, such as `view=mine&state=closed`.
    pub async fn view(&self, workspace: &str, view: &str, before: Option<ListCursor>) -> ConversationPage {
        let mut query = vec![("workspace", workspace.to_owned()), ("view", view.to_owned())];
        query.extend(before.map(|cursor| ("before", cursor.to_string())));
        good(self.call_get::<ListConversations>(&query).await).await
    }

    pub async fn list(&self, before: Option<ListCursor>) -> ConversationPage {
        good(self.try_list("demo", before).await).await
    }

    pub async fn try_thread(&self, workspace: &str, id: ConversationId, before: Option<ListCursor>) -> Response {
        let mut query = vec![("workspace", workspace.to_owned()), ("conversation", id.to_string())];
        query.extend(before.map(|cursor| ("before", cursor.to_string())));
        self.call_get::<LoadThread>(&query).await
    }

    pub async fn thread(&self, id: ConversationId) -> ThreadPage {
        good(self.try_thread("demo", id, None).await).await
    }

    /// As by somebody who has seen everything.
    pub async fn try_send(&self, workspace: &str, id: ConversationId, client_id: Uuid, text: &str) -> Response {
        self.try_send_having_seen(EVERYTHING, workspace, id, client_id, text).await
    }

    pub async fn try_send_having_seen(&self, seen: i64, workspace: &str, id: ConversationId, client_id: Uuid, text: &str) -> Response {
        let (id, client_id, seen) = (id.to_string(), client_id.to_string(), seen.to_string());
        let form = [("workspace", workspace), ("conversation", &*id), ("client_id", &*client_id), ("text", text), ("seen_seq", &*seen)];
        self.call_post::<SendMessage>(&form).await
    }

    /// The whole thread, oldest message first, page by page.
    pub async fn whole_thread(&self, id: ConversationId) -> Vec<MessageView> {
        let mut page = self.thread(id).await;
        let mut messages = page.messages;
        while let Some(before) = page.older {
            page = good(self.try_thread("demo", id, Some(before)).await).await;
            messages.splice(0..0, page.messages);
        }
        messages
    }

    /// The whole list, page by page.
    pub async fn whole_list(&self) -> Vec<ConversationView> {
        let mut page = self.list(None).await;
        let mut rows = page.rows;
        while let Some(before) = page.next {
            page = self.list(Some(before)).await;
            rows.extend(page.rows);
        }
        rows
    }

    /// Posts the form under a thread: its fields, then the files by name and bytes.
    pub async fn post_reply(
        &self,
        workspace: &str,
        id: ConversationId,
        fields: &[(&'static str, &str)],
        files: &[(&str, &[u8])],
    ) -> Response {
        let mut form = reqwest::multipart::Form::new();
        for (name, value) in fields {
            form = form.text(*name, (*value).to_owned());
        }
        for (name, bytes) in files {
            // What browsers say of it counts for nothing.
            let part = reqwest::multipart::Part::bytes(bytes.to_vec()).file_name((*name).to_owned());
            form = form.part("file", part.mime_str("application/octet-stream").expect("a type"));
        }
        let url = format!("{}/api/{workspace}/conversations/{id}/messages", self.base);
        self.http.post(url).header(header::COOKIE, &self.cookie).multipart(form).send().await.expect("an answer")
    }

    pub async fn send(&self, id: ConversationId, text: &str) -> MessageView {
        good(self.try_send("demo", id, Uuid::new_v4(), text).await).await
    }

    pub async fn try_resend(&self, workspace: &str, id: ConversationId, message: my21staff::ids::MessageId) -> Response {
        self.call_post::<ResendMessage>(&[("workspace", workspace), ("conversation", &id.to_string()), ("message", &message.to_string())])
            .await
    }

    pub async fn try_take_over(&self, workspace: &str, id: ConversationId) -> Response {
        self.call_post::<TakeOver>(&[("workspace", workspace), ("conversation", &id.to_string())]).await
    }

    pub async fn take_over(&self, id: ConversationId) -> ConversationView {
        good(self.try_take_over("demo", id).await).await
    }

    pub async fn try_hand_back(&self, workspace: &str, id: ConversationId) -> Response {
        self.call_post::<HandBack>(&[("workspace", workspace), ("conversation", &id.to_string())]).await
    }

    pub async fn hand_back(&self, id: ConversationId) -> ConversationView {
        good(self.try_hand_back("demo", id).await).await
    }

    pub async fn try_mark_read(&self, workspace: &str, id: ConversationId) -> Response {
        self.call_post::<MarkRead>(&[("workspace", workspace), ("conversation", &id.to_string())]).await
    }

    pub async fn mark_read(&self, id: ConversationId) {
        let answer = self.try_mark_read("demo", id).await;
        assert!(answer.status().is_success());
    }

    pub async fn try_viewer(&self, workspace: &str) -> Response {
        self.call_get::<LoadViewer>(&[("workspace", workspace)]).await
    }

    /// Opens the live stream of a workspace after an event.
    pub async fn live(&self, workspace: &str, after: Option<i64>) -> LiveStream {
        let mut request = self.http.get(format!("{}/api/{workspace}/live", self.base)).header(header::COOKIE, &self.cookie);
        if let Some(after) = after {
            request = request.header("last-event-id", after.to_string());
        }
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK, "the stream opens");
        LiveStream::new(answer)
    }
}

/// Where the messages of a customer of `demo` are.
pub async fn talk(app: &TestApp, phone: &str) -> ConversationId {
    ConversationId(
        app.value(&format!(
            "select c.id from conversation c join identity i on i.workspace_id = c.workspace_id and i.contact_id = c.contact_id
             where i.value = '+{phone}' and c.workspace_id = (select id from workspace where slug = 'demo')
             order by c.last_message_at desc limit 1"
        ))
        .await,
    )
}

/// A server whose clock stands on [`FRIDAY`], without ARI, and a conversation that just began.
pub async fn on_friday(phone: &str) -> (TestApp, Clock, Actor, ConversationId) {
    let clock = Clock::fixed(FRIDAY);
    let app = TestApp::configured(clock.clone(), |_| {}).await;
    app.sql("update workspace set ari_enabled = false").await;
    app.customer_says(phone, "Halo?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    (app, clock, owner, id)
}

/// The tests' browser.
pub fn http_client() -> reqwest::Client {
    // An error only says that the process has its provider already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().expect("a client")
}

/// Posts a signed body to the webhook of the server with this address.
pub async fn post_signed(http: &reqwest::Client, base: &str, body: impl Into<Vec<u8>>, secret: &str) -> reqwest::Result<Response> {
    let body: Vec<u8> = body.into();
    let signature = my21staff::server::whatsapp::signature::sign(secret.as_bytes(), &body);
    http.post(format!("{base}/api/webhook/kapso"))
        .header("x-webhook-signature", signature)
        .header("content-type", "application/json")
        .body(body)
        .send()
        .await
}

/// The value of a successful answer.
pub async fn good<T: DeserializeOwned>(answer: Response) -> T {
    let status = answer.status();
    let text = answer.text().await.expect("a body");
    assert!(status.is_success(), "{status}: {text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

/// The error a server function answered with.
pub async fn refused_as(answer: Response, status: StatusCode) -> AppError {
    let (found, text) = (answer.status(), answer.text().await.expect("a body"));
    assert_eq!(found, status, "{text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
}
