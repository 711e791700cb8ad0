//! Any interleaving and repetition of a set of deliveries, over two processes at once, leads to the same tables.
//!
//! A set is generated, delivered once in order to one process, and once more to another database as the plan says: shuffled, repeated, batched and
//! concurrently. What is compared is everything a delivery can leave, with our own ids replaced by the provider's.

use crate::support::*;
use futures::future::join_all;
use proptest::{
    prelude::*,
    sample::Index,
    test_runner::{RngAlgorithm, TestCaseError, TestRng, TestRunner},
};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};

/// How a customer shows up in their messages.
#[derive(Clone, Copy, Debug)]
enum Face {
    Phone,
    Hidden,
    Both,
    /// By number first, then by number and user id.
    PhoneThenBoth,
    /// By user id first, then by both.
    HiddenThenBoth,
    /// By number, by user id and by both in turn: two contacts that become one, if "both" comes last.
    Joined,
}

/// How far a message from the phone got, as one report says it.
#[derive(Clone, Copy, Debug)]
enum Report {
    Sent,
    Delivered,
    Read,
    Failed(i32),
}

/// In which words the report comes.
#[derive(Clone, Copy, Debug)]
enum Form {
    /// Kapso, with the whole history so far.
    History,
    /// Kapso, with nothing but this.
    Alone,
    /// Meta: the status without the message.
    Meta,
}

/// One thing that happened in a conversation. Other things of the same customer are named by their place.
#[derive(Clone, Debug)]
enum Happening {
    Text(u8),
    Image {
        hosted: bool,
    },
    Location,
    Quote(Index),
    Reaction {
        to: Index,
        emoji: Option<bool>,
        by_us: bool,
    },
    /// Another text, or none any more: taken back.
    Change {
        of: Index,
        text: Option<u8>,
        by_us: bool,
    },
    Typed {
        on_phone: bool,
        reports: Vec<(Report, Form)>,
    },
    Profile(u8),
}

#[derive(Clone, Debug)]
struct Customer {
    face: Face,
    happenings: Vec<(Happening, Option<u8>)>,
}

#[derive(Clone, Debug)]
struct Case {
    customers: Vec<Customer>,
    /// Decides order, repetition, batches and processes.
    plan: u64,
}

fn cases() -> impl Strategy<Value = Case> {
    let report = prop_oneof![
        Just(Report::Sent),
        Just(Report::Delivered),
        Just(Report::Read),
        prop_oneof![Just(131_026), Just(131_049)].prop_map(Report::Failed)
    ];
    let form = prop_oneof![3 => Just(Form::History), 1 => Just(Form::Alone), 2 => Just(Form::Meta)];
    let happening = prop_oneof![
        4 => any::<u8>().prop_map(Happening::Text),
        1 => any::<bool>().prop_map(|hosted| Happening::Image { hosted }),
        1 => Just(Happening::Location),
        1 => any::<Index>().prop_map(Happening::Quote),
        2 => (any::<Index>(), proptest::option::of(any::<bool>()), any::<bool>())
            .prop_map(|(to, emoji, by_us)| Happening::Reaction { to, emoji, by_us }),
        3 => (any::<Index>(), proptest::option::weighted(0.7, any::<u8>()), proptest::bool::weighted(0.2))
            .prop_map(|(of, text, by_us)| Happening::Change { of, text, by_us }),
        3 => (any::<bool>(), prop::collection::vec((report, form), 1..5))
            .prop_map(|(on_phone, reports)| Happening::Typed { on_phone, reports }),
        1 => (0..3u8).prop_map(Happening::Profile),
    ];
    let face = prop_oneof![
        3 => Just(Face::Phone),
        1 => Just(Face::Hidden),
        1 => Just(Face::Both),
        1 => Just(Face::PhoneThenBoth),
        1 => Just(Face::HiddenThenBoth),
        3 => Just(Face::Joined),
    ];
    let customer = (face, prop::collection::vec((happening, proptest::option::of(0..3u8)), 1..8))
        .prop_map(|(face, happenings)| Customer { face, happenings });
    (prop::collection::vec(customer, 2..7), any::<u64>()).prop_map(|(customers, plan)| Case { customers, plan })
}

/// Tells the rows of one case from those of others: it is in every id that the case makes up.
#[derive(Clone, Copy)]
struct Mark(u32);

impl Mark {
    fn wamid(self, customer: usize, place: usize) -> String {
        format!("wamid.{}.{customer}.{place}", self.0)
    }

    fn phone(self, customer: usize) -> String {
        format!("62811{:05}{customer:02}", self.0)
    }

    fn bsuid(self, customer: usize) -> String {
        format!("ID.{}x{customer}", self.0)
    }

    fn is_on(self, row: &str) -> bool {
        [format!("wamid.{}.", self.0), format!("62811{:05}", self.0), format!("ID.{}x", self.0)].iter().any(|mark| row.contains(mark))
    }
}

/// One signed body. Bodies of one kind may travel as a batch.
struct Body {
    value: Value,
    received: bool,
}

impl Case {
    /// All deliveries, in the order in which things happened. `begin` in Unix seconds.
    fn bodies(&self, mark: Mark, begin: i64) -> Vec<Body> {
        let mut bodies = Vec::new();
        for (number, customer) in self.customers.iter().enumerate() {
            for place in 0..customer.happenings.len() {
                bodies.extend(customer.bodies(mark, number, place, begin + place as i64 * 10));
            }
        }
        bodies
    }
}

impl Customer {
    fn bodies(&self, mark: Mark, number: usize, place: usize, at: i64) -> Vec<Body> {
        let (happening, name) = &self.happenings[place];
        let id = |place: usize| mark.wamid(number, place);
        let other = |index: &Index| id(index.index(self.happenings.len()));
        let (phone, bsuid) = (mark.phone(number), mark.bsuid(number));
        let (by_phone, by_bsuid) = match self.face {
            Face::Phone => (true, false),
            Face::Hidden => (false, true),
            Face::Both => (true, true),
            Face::PhoneThenBoth => (true, place > 0),
            Face::HiddenThenBoth => (place > 0, true),
            Face::Joined => (place % 3 != 1, !place.is_multiple_of(3)),
        };
        let (phone, bsuid) = (by_phone.then_some(phone), by_bsuid.then_some(bsuid));
        let contact_name = name.map(|name| format!("Nama {name}"));
        let username = name.filter(|name| *name == 2).map(|_| format!("user.{place}"));
        let wrap = |message: Value, received: bool| Body {
            value: json!({
                "message": message,
                "conversation": {
                    "id": "5f0d8c1e-3b7a-4c52-9a61-7d2e4f8b1c33", "contact_name": contact_name, "phone_number": phone,
                    "business_scoped_user_id": bsuid, "username": username, "status": "active", "phone_number_id": NUMBER,
                },
                "is_new_conversation": false,
                "phone_number_id": NUMBER,
            }),
            received,
        };
        let message = |inbound: bool, at: i64, kind: &str, content: Value, kapso: Value| {
            let side = if inbound { "from" } else { "to" };
            let mut message = json!({ "id": id(place), "timestamp": at.to_string(), "type": kind, kind: content, "kapso": kapso });
            message[side] = json!(phone);
            message[format!("{side}_user_id")] = json!(bsuid);
            message
        };
        let said = json!({ "direction": "inbound", "status": "received", "origin": "cloud_api", "has_media": false });
        let inbound = |kind: &str, content: Value| vec![wrap(message(true, at, kind, content, said.clone()), true)];
        match happening {
            Happening::Text(text) => inbound("text", json!({ "body": format!("pesan {text}, harga?") })),
            Happening::Location => inbound("location", json!({ "latitude": -7.25, "longitude": 112.75, "name": "Toko" })),
            Happening::Image { hosted } => {
                let mut kapso = said.clone();
                if *hosted {
                    // Nobody may fetch that, so the job fails at once.
                    kapso["media_data"] =
                        json!({ "url": "http://10.0.0.1/x.png", "filename": "x.png", "content_type": "image/png", "byte_size": 7 });
                }
                let image = json!({ "id": format!("{number}{place}"), "mime_type": "image/png", "caption": "foto", "sha256": "abc" });
                vec![wrap(message(true, at, "image", image, kapso), true)]
            }
            Happening::Quote(of) => {
                let mut message = message(true, at, "text", json!({ "body": "yang ini" }), said.clone());
                message["context"] = json!({ "id": other(of) });
                vec![wrap(message, true)]
            }
            Happening::Reaction { to, emoji, by_us } => {
                let emoji = emoji.map_or("", |heart| if heart { "❤️" } else { "👍" });
                let content = json!({ "message_id": other(to), "emoji": emoji });
                let kapso = json!({ "direction": if *by_us { "outbound" } else { "inbound" }, "origin": "business_app" });
                vec![wrap(message(!by_us, at, "reaction", content, kapso), false)]
            }
            Happening::Change { of, text, by_us } => {
                let (kind, content) = match text {
                    Some(text) => {
                        let message = json!({ "type": "text", "text": { "body": format!("bukan, {text}, mau daftar") } });
                        ("edit", json!({ "original_message_id": other(of), "message": message }))
                    }
                    None => ("revoke", json!({ "original_message_id": other(of) })),
                };
                let kapso = json!({ "direction": if *by_us { "outbound" } else { "inbound" }, "origin": "business_app" });
                vec![wrap(message(!by_us, at, kind, content, kapso), false)]
            }
            Happening::Profile(name) => {
                let contact = json!({
                    "wa_id": phone, "business_scoped_user_id": bsuid, "profile_name": format!("Profil {name}"), "username": username,
                    "updated_at": at.to_string(),
                });
                vec![Body { value: json!({ "contact": contact, "phone_number_id": NUMBER }), received: false }]
            }
            Happening::Typed { on_phone, reports } => {
                let statuses: Vec<Value> =
                    reports.iter().enumerate().map(|(nth, (report, _))| report.status(&id(place), at + 1 + nth as i64)).collect();
                let told = |(nth, (report, form)): (usize, &(Report, Form))| {
                    let list = match form {
                        Form::History => &statuses[..=nth],
                        Form::Alone => &statuses[nth..=nth],
                        Form::Meta => {
                            let value = json!({
                                "messaging_product": "whatsapp", "metadata": { "display_phone_number": "1", "phone_number_id": NUMBER },
                                "statuses": [statuses[nth]],
                            });
                            let changes = json!([{ "field": "messages", "value": value }]);
                            let value = json!({ "object": "whatsapp_business_account", "entry": [{ "id": "1", "changes": changes }] });
                            return Body { value, received: false };
                        }
                    };
                    let origin = if *on_phone { "business_app" } else { "cloud_api" };
                    let kapso = json!({ "direction": "outbound", "status": report.name(), "origin": origin, "statuses": list });
                    let text = json!({ "body": format!("balasan {place}") });
                    wrap(message(false, at + 1 + nth as i64, "text", text, kapso), false)
                };
                reports.iter().enumerate().map(told).collect()
            }
        }
    }
}

impl Report {
    fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed(_) => "failed",
        }
    }

    fn status(self, id: &str, at: i64) -> Value {
        let mut status = json!({ "id": id, "status": self.name(), "timestamp": at.to_string(), "recipient_id": "6281200000000" });
        if let Self::Failed(code) = self {
            status["errors"] = json!([{ "code": code, "title": format!("reason {code}") }]);
        }
        status
    }
}

/// A small generator of numbers (xorshift64*), so that a plan is one number.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit
    }
}

/// The requests of a plan, in waves of concurrent ones: each with the process it goes to.
fn plan(bodies: &[Body], seed: u64) -> Vec<Vec<(usize, String)>> {
    let mut dice = Dice(seed | 1);
    let mut order: Vec<usize> = (0..bodies.len()).collect();
    for _ in 0..bodies.len() / 2 {
        order.push(dice.below(bodies.len()));
    }
    for place in (1..order.len()).rev() {
        order.swap(place, dice.below(place + 1));
    }
    let mut requests = Vec::new();
    let mut waiting: Vec<String> = Vec::new();
    for index in order {
        let body = &bodies[index];
        if body.received && dice.below(3) > 0 {
            waiting.push(body.value.to_string());
            if waiting.len() < 1 + dice.below(4) {
                continue;
            }
            requests.push(batch(&std::mem::take(&mut waiting)));
        } else {
            requests.push(body.value.to_string());
        }
    }
    if !waiting.is_empty() {
        requests.push(batch(&waiting));
    }
    let mut waves: Vec<Vec<(usize, String)>> = vec![Vec::new()];
    for request in requests {
        if waves.last().is_some_and(|wave| wave.len() > dice.below(12)) {
            waves.push(Vec::new());
        }
        let to = dice.below(2);
        if let Some(wave) = waves.last_mut() {
            wave.push((to, request));
        }
    }
    waves
}

/// What deliveries can leave, as sorted JSON rows without ids of our own and without our own times.
const CANON: [(&str, &str); 8] = [
    (
        "contact",
        "select jsonb_build_object('who', who(c.workspace_id, c.id), 'given', c.name, 'name', c.profile_name, 'at', c.profile_name_at,
            'user', c.username, 'user_at', c.username_at, 'source', c.source)::text from contact c",
    ),
    (
        "conversation",
        "select jsonb_build_object('who', who(c.workspace_id, c.contact_id), 'state', c.state, 'holder', c.holder, 'assignee', c.assignee_id,
            'unread', c.unread_count, 'inbound', c.last_inbound_at, 'last', m.provider_message_id, 'last_at', c.last_message_at,
            'number', n.phone_number_id, 'marks', c.chat_marks)::text
         from conversation c join whatsapp_number n on n.id = c.number_id left join message m on m.id = c.last_message_id",
    ),
    (
        "message",
        "select jsonb_build_object('id', m.provider_message_id, 'who', who(c.workspace_id, c.contact_id), 'direction', m.direction,
            'sender', m.sender, 'kind', m.kind, 'body', m.body, 'first', m.first_body, 'edited', m.edited_at, 'revoked', m.revoked_at, 'detail', m.detail, 'reply_to', m.reply_to, 'at', m.sent_at,
            'status', m.status, 'code', m.failure_code, 'reason', m.failure_reason)::text
         from message m join conversation c on c.id = m.conversation_id",
    ),
    (
        "message_status",
        "select jsonb_build_object('id', provider_message_id, 'status', status, 'at', at, 'code', failure_code, 'reason', failure_reason)::text
         from message_status",
    ),
    ("reaction", "select jsonb_build_object('to', target, 'theirs', by_contact, 'emoji', emoji, 'at', at)::text from reaction"),
    (
        "message_change",
        "select jsonb_build_object('id', provider_message_id, 'of', target, 'theirs', by_contact, 'kind', kind, 'body', body, 'at', at)::text
         from message_change",
    ),
    (
        "media",
        "select jsonb_build_object('of', m.provider_message_id, 'id', f.provider_media_id, 'url', f.source_url, 'mime', f.mime,
            'name', f.file_name, 'hash', f.sha256)::text from media f join message m on m.id = f.message_id",
    ),
    ("identity", "select jsonb_build_object('kind', kind, 'value', value, 'of', who(workspace_id, contact_id))::text from identity"),
];

/// A contact by its identities.
const WHO: &str = "create function who(workspace uuid, contact uuid) returns jsonb language sql stable as
    $$ select jsonb_agg(kind || ':' || value order by kind, value) from identity where workspace_id = workspace and contact_id = contact $$";

type Canon = Vec<(&'static str, Vec<String>)>;

/// The rows of one case.
async fn canon(app: &TestApp, mark: Mark) -> Canon {
    let mut connection = connect_to(&app.database_url).await;
    let mut tables = Vec::new();
    for (name, query) in CANON {
        let mut rows: Vec<String> = sqlx::query_scalar(query).fetch_all(&mut connection).await.expect(name);
        rows.retain(|row| mark.is_on(row));
        rows.sort();
        tables.push((name, rows));
    }
    tables
}

/// What must hold whatever was delivered.
async fn sound(app: &TestApp) -> Result<(), TestCaseError> {
    let gaps: i64 = app
        .value(
            "select count(*) from (select e.workspace_id, count(*) as events, coalesce(max(seq), 0) as last, coalesce(min(seq), 1) as first from event e
             group by 1) e join workspace_sequence s using (workspace_id) where e.first <> 1 or e.events <> e.last or e.last <> s.last_seq",
        )
        .await;
    prop_assert_eq!(gaps, 0, "event numbers have gaps");
    let unread: (i64, i64) = (
        app.value("select coalesce(sum(unread_count), 0)::bigint from conversation").await,
        app.value("select coalesce(sum(unread_delta), 0)::bigint from event").await,
    );
    prop_assert_eq!(unread.0, unread.1, "the badge's deltas add up to what is unread");
    let words: i64 = app
        .value(
            "select count(*) from message m left join message_words w on w.workspace_id = m.workspace_id and w.message_id = m.id
             where m.direction <> 'system' and case when coalesce(m.body, '') = '' then w.words is not null
                 else w.words is distinct from search_words(m.workspace_id, m.body) end",
        )
        .await;
    prop_assert_eq!(words, 0, "what is looked for is what messages say");
    let lost: i64 = app.value("select count(*) from delivery where outcome not in ('applied')").await;
    prop_assert_eq!(lost, 0, "every delivery was applied");
    let lonely: i64 = app.value("select count(*) from contact k where not exists (select from identity i where i.contact_id = k.id)").await;
    prop_assert_eq!(lonely, 0, "no contact is left without an identity");
    Ok(())
}

/// Where the cases are tried: a process alone, and two on one database. All cases share them, told apart by their number.
struct Place {
    reference: TestApp,
    one: TestApp,
    two: TestApp,
    cases: AtomicU32,
}

impl Place {
    async fn new() -> Self {
        let (reference, one) = (TestApp::with_ari().await, TestApp::with_ari().await);
        let two = one.second_process().await;
        for app in [&reference, &one] {
            app.sql(WHO).await;
        }
        Self { reference, one, two, cases: AtomicU32::new(0) }
    }

    async fn check(&self, case: &Case) -> Result<(), TestCaseError> {
        let mark = Mark(self.cases.fetch_add(1, Ordering::SeqCst));
        // Two days ago: the window is closed, so ARI, whom new conversations belong to, stays silent.
        let bodies = case.bodies(mark, self.reference.app.clock.millis() / 1000 - 2 * 86_400);
        for body in &bodies {
            self.reference.deliver(body.value.to_string()).await;
        }
        for wave in plan(&bodies, case.plan) {
            join_all(wave.into_iter().map(|(to, body)| if to == 0 { self.one.deliver(body) } else { self.two.deliver(body) })).await;
        }
        // What customers changed is counted anew a moment later.
        for app in [&self.reference, &self.one] {
            let waiting = async || app.value::<i64>("select count(*) from job where kind = 'count_marks'").await;
            eventually("chat scores are counted", async || (waiting().await == 0).then_some(())).await;
        }
        let (expected, found) = (canon(&self.reference, mark).await, canon(&self.one, mark).await);
        for ((table, expected), (_, found)) in expected.iter().zip(&found) {
            let missing: Vec<_> = expected.iter().filter(|row| !found.contains(row)).collect();
            let extra: Vec<_> = found.iter().filter(|row| !expected.contains(row)).collect();
            prop_assert!(expected == found, "{}:\n  expected {:#?}\n  found {:#?}", table, missing, extra);
        }
        let messages = expected.iter().filter(|(table, _)| *table == "message").map(|(_, rows)| rows.len()).sum::<usize>();
        let said = case.customers.iter().flat_map(|customer| &customer.happenings);
        prop_assert!(messages >= said.filter(|(happening, _)| matches!(happening, Happening::Text(_))).count(), "every text is there");
        sound(&self.reference).await?;
        sound(&self.one).await
    }
}

/// `PROPTEST_CASES` asks for other sets than these.
const CASES: u32 = 30;

#[test]
fn any_interleaving_and_repetition_of_a_set_of_deliveries_gives_the_same_tables() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let place = runtime.block_on(Place::new());
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let cases = asked.unwrap_or(CASES);
    let config = ProptestConfig { cases, max_shrink_time: 60_000, failure_persistence: None, ..ProptestConfig::default() };
    // The same sets every time, unless others are asked for: what the processes make of them is random enough.
    let mut runner = match asked {
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
        Some(_) => TestRunner::new(config),
    };
    let outcome = runner.run(&self::cases(), |case| runtime.block_on(place.check(&case)));
    // Their tasks end inside the runtime.
    let _inside = runtime.enter();
    drop(place);
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}
