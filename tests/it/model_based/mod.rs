//! Several people and their customers do what they like, and every screen shows what a small model says.
//!
//! A case is a list of steps. Each is done for real: signed webhooks, requests of signed-in people to one of two processes, streams over HTTP that
//! break and come back. After each, once everybody has heard its news, each screen (the product's own store, fed by the stream) shows what the
//! model says, and what a page would show that is loaded now: lists, totals, threads, unread.

mod compare;
mod model;
mod play;
mod screen;

use crate::support::*;
use axum::{Json, Router, extract::State, http::Method, response::IntoResponse};
use futures::FutureExt;
use model::{Deed, FILTERS, LABELS, PEOPLE, RANI, SEKAR, Who, stage_name};
use my21staff::{
    inbox::{
        filter::Filter,
        list_view::{ListView, Sort, Which, Whose},
        model::Status,
    },
    server::clock::Clock,
    workspace::{Role, server::seed},
};
use play::Play;
use proptest::{
    prelude::*,
    sample::{Index, select},
    test_runner::{RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};
use screen::{Cut, Return};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

/// How many customers there are.
const CUSTOMERS: usize = 3;
/// When the first case begins: Friday, 20 November 2026, 9.00 in Jakarta.
const BEGIN: i64 = 1_795_140_000_000;

/// What happens.
#[derive(Clone, Debug)]
enum Happens {
    /// The customer writes some messages, which come in one delivery. `late`: they were written before the last steps.
    Says {
        customer: usize,
        messages: usize,
        name: u8,
        late: bool,
    },
    /// The customer does something to a message of theirs: another text, or taking it back.
    Changes {
        message: Index,
        text: bool,
    },
    /// A delivery comes once more.
    Again(Index),
    /// Somebody of the team writes in the WhatsApp app.
    Typed {
        customer: usize,
    },
    /// How far one of our messages got, reported in any order.
    Report {
        message: Index,
        status: Status,
    },
    /// Somebody does something. `late`: the stream is faster than the answer.
    Does {
        who: Who,
        customer: usize,
        deed: Deed,
        late: bool,
    },
    /// Somebody says that two customers are one person; `other` becomes part of `keep`.
    Merges {
        who: Who,
        keep: usize,
        other: usize,
    },
    Waits {
        hours: i64,
    },
    /// Somebody's stream breaks and stays away.
    Leaves {
        who: Who,
    },
    /// It comes back, at one of the processes. One that is there breaks and comes back.
    Returns {
        who: Who,
        to: usize,
        back: Return,
    },
    Opens {
        who: Who,
        customer: usize,
    },
    /// Somebody chooses another list. `late`: its answer takes until after the next step.
    Chooses {
        who: Who,
        view: ListView,
        late: bool,
    },
}

#[derive(Clone, Debug)]
struct Step {
    happens: Happens,
    /// The process that is asked.
    at: usize,
    /// Whose stream breaks while they hear of it.
    cut: Option<(Who, Cut)>,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = || 0..PEOPLE.len();
    let customer = || 0..CUSTOMERS;
    let merges =
        || (who(), customer(), 1..CUSTOMERS).prop_map(|(who, keep, by)| Happens::Merges { who, keep, other: (keep + by) % CUSTOMERS });
    let deed = prop_oneof![
        8 => prop::bool::weighted(0.4).prop_map(|refused| Deed::Reply { refused }),
        2 => Just(Deed::Note),
        2 => Just(Deed::TakeOver),
        2 => Just(Deed::HandBack),
        3 => prop::option::weighted(0.8, who()).prop_map(Deed::Assign),
        3 => Just(Deed::Close),
        2 => Just(Deed::Reopen),
        3 => (1..30i64).prop_map(|hours| Deed::Snooze { hours }),
        1 => any::<bool>().prop_map(Deed::Prioritise),
        1 => prop::option::weighted(0.7, 1..=LABELS).prop_map(Deed::Stage),
        2 => (1..=LABELS, prop::bool::weighted(0.7)).prop_map(|(tag, on)| Deed::Tag(tag, on)),
        2 => prop::bool::weighted(0.5).prop_map(Deed::Block),
        2 => Just(Deed::MarkRead),
        4 => Just(Deed::Resend),
    ];
    // What Sekar cannot see she cannot work on: things are given to her now and then.
    let given = customer().prop_map(|customer| gives(customer, Some(SEKAR)));
    let back = || select(vec![Return::Stream, Return::Stream, Return::Request, Return::Reset, Return::Reload]);
    let sort = select(vec![Sort::Newest, Sort::Oldest, Sort::Priority, Sort::Waiting]);
    let filter = prop::bool::weighted(0.5).prop_flat_map(|filters| select(FILTERS[..if filters { FILTERS.len() } else { 1 }].to_vec()));
    let view = (select(Whose::ALL.to_vec()), select(Which::ALL.to_vec()), any::<bool>(), sort, filter).prop_map(
        |(whose, which, unread_only, sort, (filter, _))| ListView { whose, which, unread_only, sort, filter: Filter::read(filter) },
    );
    let status = select(vec![Status::Sent, Status::Delivered, Status::Read, Status::Failed]);
    let happens = prop_oneof![
        8 => (customer(), 1..4usize, 0..3u8, prop::bool::weighted(0.2))
            .prop_map(|(customer, messages, name, late)| Happens::Says { customer, messages, name, late }),
        3 => (any::<Index>(), prop::bool::weighted(0.7)).prop_map(|(message, text)| Happens::Changes { message, text }),
        1 => any::<Index>().prop_map(Happens::Again),
        1 => customer().prop_map(|customer| Happens::Typed { customer }),
        4 => (any::<Index>(), status).prop_map(|(message, status)| Happens::Report { message, status }),
        14 => (who(), customer(), deed, any::<bool>()).prop_map(|(who, customer, deed, late)| Happens::Does { who, customer, deed, late }),
        2 => given,
        1 => merges(),
        2 => (1..30i64).prop_map(|hours| Happens::Waits { hours }),
        3 => who().prop_map(|who| Happens::Leaves { who }),
        3 => (who(), 0..2usize, back()).prop_map(|(who, to, back)| Happens::Returns { who, to, back }),
        3 => (who(), customer()).prop_map(|(who, customer)| Happens::Opens { who, customer }),
        2 => (who(), view, any::<bool>()).prop_map(|(who, view, late)| Happens::Chooses { who, view, late }),
    ];
    let cut = (who(), 0..4usize, 0..2usize, back()).prop_map(|(who, after, to, back)| (who, Cut { after, to, back }));
    let step = (happens, 0..2usize, prop::option::weighted(0.3, cut)).prop_map(|(happens, at, cut)| vec![Step { happens, at, cut }]);
    let one_after_the_other = prop_oneof![
        24 => step,
        1 => (who(), customer()).prop_map(|(who, customer)| sent_again_unheard(who, customer)),
        1 => customer().prop_map(given_away_unheard),
        1 => (who(), customer(), any::<Index>(), any::<bool>())
            .prop_map(|(who, customer, message, text)| changed_unheard(who, customer, Happens::Changes { message, text })),
        1 => (who(), customer()).prop_map(|(who, customer)| answered_unheard(who, customer)),
        1 => (who(), customer(), prop::bool::weighted(0.5)).prop_map(|(who, customer, opens)| merged_unheard(who, customer, opens)),
    ];
    prop::collection::vec(one_after_the_other, 1..36).prop_map(|steps| steps.concat())
}

fn gives(customer: usize, to: Option<Who>) -> Happens {
    Happens::Does { who: RANI, customer, deed: Deed::Assign(to), late: false }
}

/// A message fails before somebody's eyes, and is sent again while they hear nothing.
fn sent_again_unheard(who: Who, customer: usize) -> Vec<Step> {
    let does = |deed| Happens::Does { who: RANI, customer, deed, late: false };
    in_turn([
        Happens::Says { customer, messages: 1, name: 0, late: false },
        Happens::Opens { who, customer },
        does(Deed::Reply { refused: true }),
        Happens::Leaves { who },
        does(Deed::Resend),
        Happens::Returns { who, to: 0, back: Return::Stream },
    ])
}

/// Somebody is answered about a conversation in which more was said than they heard of; and elsewhere, too.
fn answered_unheard(who: Who, customer: usize) -> Vec<Step> {
    let says = |customer: usize| Happens::Says { customer: customer % CUSTOMERS, messages: 1, name: 0, late: false };
    in_turn([
        says(customer),
        says(customer + 1),
        Happens::Leaves { who },
        says(customer + 2),
        says(customer),
        Happens::Does { who, customer, deed: Deed::TakeOver, late: false },
        Happens::Returns { who, to: 0, back: Return::Stream },
    ])
}

/// A customer changes what they said while somebody who looks at it hears nothing, and answers.
fn changed_unheard(who: Who, customer: usize, changes: Happens) -> Vec<Step> {
    let replies = || Happens::Does { who, customer, deed: Deed::Reply { refused: false }, late: false };
    in_turn([
        Happens::Says { customer, messages: 1, name: 0, late: false },
        Happens::Opens { who, customer },
        Happens::Leaves { who },
        changes,
        replies(),
        Happens::Returns { who, to: 0, back: Return::Stream },
        replies(),
    ])
}

/// Two customers become one while somebody, who may have the one that goes before them, hears nothing; both say more, and it is answered.
fn merged_unheard(who: Who, customer: usize, opens: bool) -> Vec<Step> {
    let (keep, other) = (customer, (customer + 1) % CUSTOMERS);
    let says = |customer| Happens::Says { customer, messages: 1, name: 0, late: false };
    let replies = |who| Happens::Does { who, customer: keep, deed: Deed::Reply { refused: false }, late: false };
    in_turn([
        says(keep),
        says(other),
        Happens::Opens { who, customer: if opens { other } else { keep } },
        Happens::Leaves { who },
        says(other),
        Happens::Merges { who: RANI, keep, other },
        replies(who),
        says(keep),
        says(other),
        Happens::Returns { who, to: 0, back: Return::Stream },
        replies(who),
    ])
}

/// A conversation leaves Sekar's sight and comes back, with more in it, while she hears nothing.
fn given_away_unheard(customer: usize) -> Vec<Step> {
    in_turn([
        Happens::Says { customer, messages: 2, name: 0, late: false },
        gives(customer, Some(SEKAR)),
        Happens::Opens { who: SEKAR, customer },
        Happens::Leaves { who: SEKAR },
        gives(customer, None),
        Happens::Says { customer, messages: 1, name: 1, late: false },
        gives(customer, Some(SEKAR)),
        Happens::Returns { who: SEKAR, to: 1, back: Return::Stream },
    ])
}

fn in_turn<const N: usize>(happens: [Happens; N]) -> Vec<Step> {
    happens.into_iter().map(|happens| Step { happens, at: 0, cut: None }).collect()
}

/// A gateway that takes everything, and says nothing more about it. What begins with [`REFUSED`] it takes at the second attempt only.
#[derive(Clone, Default)]
struct Gateway(Arc<Mutex<HashMap<String, u32>>>);

const REFUSED: &str = "gagal";

/// What the gateway calls the nth attempt of one of our messages.
fn sent_as(message: &str, attempt: u32) -> String {
    format!("wamid.{message}.{attempt}")
}

impl Gateway {
    async fn start(self) -> String {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(answer).with_state(self);
        tokio::spawn(async move { axum::serve(listener, router).await.expect("the gateway serves") });
        base
    }
}

async fn answer(State(gateway): State<Gateway>, method: Method, body: bytes::Bytes) -> axum::response::Response {
    if method == Method::GET {
        return Json(json!({ "data": [], "paging": { "next": null } })).into_response();
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |at: &str| body.pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned();
    let message = text("/biz_opaque_callback_data");
    let attempt = {
        let mut attempts = gateway.0.lock().unwrap_or_else(PoisonError::into_inner);
        let attempt = attempts.entry(message.clone()).or_default();
        *attempt += 1;
        *attempt
    };
    if attempt == 1 && text("/text/body").starts_with(REFUSED) {
        let refusal = json!({ "error": { "code": 131_026, "message": "Message undeliverable" } });
        return (axum::http::StatusCode::BAD_REQUEST, Json(refusal)).into_response();
    }
    Json(json!({ "messaging_product": "whatsapp", "messages": [{ "id": sent_as(&message, attempt) }] })).into_response()
}

/// A screen that does not show what it should.
struct Difference {
    /// The number of the step.
    after: usize,
    failure: TestCaseError,
}

impl From<Difference> for TestCaseError {
    fn from(difference: Difference) -> Self {
        difference.failure
    }
}

/// How long a case that fails is made shorter.
const SHORTENING: Duration = Duration::from_secs(120);

/// Where the cases are played: two processes on one database, and a workspace for each case.
struct Place {
    apps: [TestApp; 2],
    pool: PgPool,
    clock: Clock,
    cases: AtomicU32,
}

impl Place {
    async fn new() -> Self {
        let gateway = Gateway::default().start().await;
        let by_it = |env: &mut HashMap<String, String>| {
            env.insert("KAPSO_API_BASE_URL".into(), gateway.clone());
        };
        let clock = Clock::fixed(BEGIN);
        let one = TestApp::configured(clock.clone(), by_it).await;
        let two = TestApp::on_database(one.database.clone(), one.database_url.clone(), clock.clone(), by_it).await;
        let pool = PgPool::connect(&one.database_url).await.expect("the test cluster answers");
        Self { apps: [one, two], pool, clock, cases: AtomicU32::new(0) }
    }

    /// Plays a case in a workspace of its own.
    async fn check(&self, steps: &[Step]) -> Result<(), Difference> {
        let case = self.cases.fetch_add(1, Ordering::SeqCst);
        let (slug, number) = (format!("kasus-{case}"), format!("{}", 210_000_000_000_000 + u64::from(case)));
        let people = ["owner@demo.test", "admin@demo.test", "member@demo.test"];
        let roles = [Role::Owner, Role::Admin, Role::Member];
        let team: Vec<_> = (0..3).map(|who| (people[who], PEOPLE[who], roles[who])).collect();
        let new = seed::NewWorkspace { slug: &slug, name: "Kasus", phone_number_id: &number, people: &team };
        let mut connection = self.pool.acquire().await.expect("a connection");
        let workspace = seed::create(&mut connection, self.clock.now(), &new).await.expect("a workspace");
        sqlx::query(
            "insert into saved_view (workspace_id, id, name, view, created_at, updated_at)
             select $1, gen_random_uuid(), left(view, 60), view, now(), now()
             from unnest(array['filter=priority:high', 'state=all&filter=assignee:me,none', 'view=mine',
                'state=all&filter=tags:00000000-0000-0000-0000-000000000001,00000000-0000-0000-0000-000000000002']) view",
        )
        .bind(workspace.0)
        .execute(&mut *connection)
        .await
        .expect("views with names");
        for number in 1..=LABELS {
            for table in ["stage (workspace_id, id, name, created_at, place)", "tag (workspace_id, id, name, created_at)"] {
                let place = if table.starts_with("stage") { ", 9" } else { "" };
                let insert = format!("insert into {table} values ($1, $2, $3, now(){place})");
                sqlx::query(sqlx::AssertSqlSafe(insert))
                    .bind(workspace.0)
                    .bind(uuid::Uuid::from_u128(number))
                    .bind(stage_name(number))
                    .execute(&mut *connection)
                    .await
                    .expect("stages and tags");
            }
        }
        sqlx::query("update workspace set ari_enabled = false where id = $1")
            .bind(workspace.0)
            .execute(&mut *connection)
            .await
            .expect("off");
        drop(connection);
        let mut play = Play::begin(self, &slug, number, workspace.0, people).await;
        for (nth, step) in steps.iter().enumerate() {
            caught(play.step(step)).await.map_err(|failure| Difference { after: nth + 1, failure })?;
        }
        caught(play.end()).await.map_err(|failure| Difference { after: steps.len(), failure })
    }

    /// Leaves out of a case what it fails without, as long as there is time, and tells what is left. What comes after the difference goes first,
    /// then halves, quarters and so on; proptest would begin with single steps, each of which takes a case to try.
    async fn shortest(&self, mut steps: Vec<Step>) -> String {
        let began = tokio::time::Instant::now();
        let Err(mut difference) = self.check(&steps).await else { return format!("once, and not again: {}", list(&steps)) };
        steps.truncate(difference.after);
        let mut length = steps.len() / 2;
        while length > 0 {
            let mut from = 0;
            while from < steps.len() && began.elapsed() < SHORTENING {
                let mut fewer = steps.clone();
                fewer.drain(from..(from + length).min(steps.len()));
                match self.check(&fewer).await {
                    Err(same) => {
                        fewer.truncate(same.after);
                        (steps, difference) = (fewer, same);
                    }
                    Ok(()) => from += length,
                }
            }
            length /= 2;
        }
        for place in 0..steps.len() {
            if place < steps.len() && steps[place].cut.is_some() && began.elapsed() < SHORTENING {
                let mut fewer = steps.clone();
                fewer[place].cut = None;
                if let Err(same) = self.check(&fewer).await {
                    fewer.truncate(same.after);
                    (steps, difference) = (fewer, same);
                }
            }
        }
        let (TestCaseError::Fail(reason) | TestCaseError::Reject(reason)) = difference.failure;
        format!("after step {}: {reason}\nThe shortest way there:\n{}", difference.after, list(&steps))
    }
}

/// A panic is a failure like others: the case is still to be told.
async fn caught(playing: impl Future<Output = Result<(), TestCaseError>>) -> Result<(), TestCaseError> {
    AssertUnwindSafe(playing).catch_unwind().await.unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
        Err(TestCaseError::fail(format!("a panic: {}", said.unwrap_or_default())))
    })
}

fn list(steps: &[Step]) -> String {
    let steps = steps.iter().enumerate().map(|(nth, step)| format!("  {}. {step:?}", nth + 1));
    steps.collect::<Vec<_>>().join("\n")
}

/// `PROPTEST_CASES` asks for other cases than these.
const CASES: u32 = 6;

#[test]
fn whatever_people_and_customers_do_every_screen_shows_what_the_model_says() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let place = runtime.block_on(Place::new());
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let cases = asked.unwrap_or(CASES);
    let config = ProptestConfig {
        cases,
        max_shrink_time: 120_000,
        max_shrink_iters: 10_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let mut runner = match asked {
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
        Some(_) => TestRunner::new(config),
    };
    let outcome = runner.run(&steps(), |steps| runtime.block_on(place.check(&steps)).map_err(TestCaseError::from));
    let told = outcome.map_err(|failure| match failure {
        TestError::Fail(_, steps) => runtime.block_on(place.shortest(steps)),
        abort @ TestError::Abort(_) => abort.to_string(),
    });
    // Their tasks end inside the runtime.
    let _inside = runtime.enter();
    drop(place);
    if let Err(told) = told {
        panic!("{told}");
    }
}
