//! Who waits since when, what is promised, and what happens when a promise is not kept (F226).

use crate::support::*;
use leptos::server_fn::ServerFn;
use my21staff::{
    ids::ConversationId,
    inbox::{api::*, model::*},
    server::clock::Clock,
    time::{DAY, HOUR, MINUTE, Millis},
    workspace::api::{AddHolidays, RemoveHoliday, SaveAssignment, SaveService, SaveSettings, SetAway},
};
use reqwest::{Response, StatusCode, header};
use serde_json::json;
use uuid::Uuid;

const PHONE: &str = "6281234567890";
/// Monday the 23rd, 08.00 in Jakarta: what follows [`FRIDAY`] evening by office hours.
const MONDAY_EIGHT: Millis = FRIDAY + 58 * HOUR + 35 * MINUTE;

async fn row(who: &Actor, id: ConversationId) -> ConversationView {
    who.view("demo", "state=all", None).await.rows.into_iter().find(|row| row.id == id).expect("a row")
}

async fn since(who: &Actor, id: ConversationId) -> Option<Millis> {
    row(who, id).await.waiting_since
}

async fn act<F: ServerFn>(who: &Actor, id: ConversationId) {
    let answer = who.post(F::PATH, &[("workspace", "demo"), ("conversation", &id.to_string())]).await;
    assert!(answer.status().is_success(), "{}: {}", F::PATH, answer.status());
}

async fn try_set(who: &Actor, workspace: &str, more: &[(&str, &str)]) -> Response {
    let mut form = vec![("workspace", workspace)];
    form.extend_from_slice(more);
    who.post(SaveService::PATH, &form).await
}

async fn set(who: &Actor, more: &[(&str, &str)]) {
    assert_eq!(try_set(who, "demo", more).await.status(), 200, "{more:?}");
}

/// Office hours from Monday to Friday, with these promises.
async fn office_hours(who: &Actor, promises: &[(&str, &str)]) {
    let days: Vec<String> = (0..5).map(|day| format!("week[{day}]")).collect();
    let mut form: Vec<(&str, &str)> = days.iter().map(|day| (day.as_str(), "08.00–12.00, 13.00–17.00")).collect();
    form.extend_from_slice(promises);
    set(who, &form).await;
}

#[tokio::test]
async fn a_customer_waits_from_the_first_word_that_nobody_answered() {
    let (app, clock, owner, id) = on_friday(PHONE).await;
    assert_eq!(since(&owner, id).await, Some(FRIDAY));
    clock.set(FRIDAY + MINUTE);
    app.customer_says(PHONE, "Ada orang?").await;
    assert_eq!(since(&owner, id).await, Some(FRIDAY), "since the first");
    // What the team says to itself is no answer; what goes later is none yet.
    let (conversation, client, note) = (id.to_string(), Uuid::new_v4().to_string(), Uuid::new_v4().to_string());
    let form = [("workspace", "demo"), ("conversation", &*conversation), ("client_id", &*note), ("text", "Siapa?")];
    assert!(owner.post(AddNote::PATH, &form).await.status().is_success());
    let seen = owner.thread(id).await.seq.to_string();
    let form =
        [("workspace", "demo"), ("conversation", &*conversation), ("client_id", &*client), ("text", "Besok ya"), ("seen_seq", &*seen)];
    let later = [("until", "own"), ("at", "2026-11-20T22:00")];
    let form: Vec<(&str, &str)> = form.into_iter().chain(later).collect();
    assert!(owner.post(SendMessage::PATH, &form).await.status().is_success());
    assert_eq!(since(&owner, id).await, Some(FRIDAY));

    owner.send(id, "Ada, Kak").await;
    assert_eq!(since(&owner, id).await, None);
    clock.set(FRIDAY + 2 * MINUTE);
    app.customer_says(PHONE, "Berapa harganya?").await;
    assert_eq!(since(&owner, id).await, Some(FRIDAY + 2 * MINUTE));
    act::<CloseConversation>(&owner, id).await;
    assert_eq!(since(&owner, id).await, None, "what is done waits for nothing");
    clock.set(FRIDAY + 3 * MINUTE);
    act::<ReopenConversation>(&owner, id).await;
    assert_eq!(since(&owner, id).await, Some(FRIDAY + 3 * MINUTE), "nobody had answered; it is promised from now on");
    owner.send(id, "Dua ratus ribu").await;
    act::<CloseConversation>(&owner, id).await;
    clock.set(FRIDAY + HOUR);
    app.customer_says(PHONE, "Oke, jadi").await;
    assert_eq!(since(&owner, id).await, Some(FRIDAY + HOUR), "a new question");
}

#[tokio::test]
async fn who_types_on_the_phone_answers_too_whatever_comes_first() {
    let (app, clock, owner, id) = on_friday(PHONE).await;
    let echo = |at: Millis, text: &str| outbound(NUMBER, PHONE, &wamid(), text, "business_app", &[("sent", at)]);
    app.deliver(echo(FRIDAY + MINUTE, "Ya, Kak")).await;
    assert_eq!(since(&owner, id).await, None);
    // A question and an answer in one delivery, in both orders of their times.
    let asked = |at: Millis| inbound_text(NUMBER, PHONE, &wamid(), "Lagi?", at);
    app.deliver(batch(&[echo(FRIDAY + 3 * MINUTE, "Ini"), asked(FRIDAY + 2 * MINUTE)])).await;
    assert_eq!(since(&owner, id).await, None, "the answer is the newer one");
    app.deliver(batch(&[asked(FRIDAY + 5 * MINUTE), echo(FRIDAY + 4 * MINUTE, "Sudah")])).await;
    assert_eq!(since(&owner, id).await, Some(FRIDAY + 5 * MINUTE), "the question is");
    // A question, its answer and two more questions at once.
    let at = |minutes: i64| FRIDAY + minutes * MINUTE;
    app.deliver(batch(&[asked(at(6)), echo(at(7), "Ya"), asked(at(8)), asked(at(9))])).await;
    assert_eq!(since(&owner, id).await, Some(at(8)), "from the first after the answer");
    // An answer that comes after the question that followed it.
    app.deliver(asked(at(11))).await;
    app.deliver(echo(at(10), "Sebentar")).await;
    eventually("the question that followed waits", async || (since(&owner, id).await == Some(at(11))).then_some(())).await;
    // Late by the provider's clock, and nobody has seen it yet.
    clock.set(FRIDAY + HOUR);
    owner.send(id, "Sebentar").await;
    app.deliver(asked(at(12))).await;
    assert_eq!(since(&owner, id).await, Some(at(12)));
}

#[tokio::test]
async fn an_answer_that_fails_or_is_taken_back_is_none() {
    let (app, _, owner, id) = on_friday(PHONE).await;
    app.sandbox(json!({ "fail_next": [{ "status": 400, "code": 131_026 }] })).await;
    let failed = owner.send(id, "Halo, Kak").await;
    eventually("it fails", async || {
        owner.thread(id).await.messages.into_iter().find(|m| m.id == failed.id && m.status == Some(Status::Failed))
    })
    .await;
    assert_eq!(since(&owner, id).await, Some(FRIDAY));
    assert!(owner.try_resend("demo", id, failed.id).await.status().is_success());
    assert_eq!(since(&owner, id).await, None, "it is on its way again");
    // Reported as failed after it was sent.
    let sent = eventually("it is sent", async || {
        let message = owner.thread(id).await.messages.into_iter().find(|m| m.id == failed.id)?;
        matches!(message.status, Some(Status::Sent | Status::Delivered)).then_some(message)
    })
    .await;
    let wamid: String = app.value(&format!("select provider_message_id from message where id = '{}'", sent.id.0)).await;
    app.deliver(outbound(NUMBER, PHONE, &wamid, "Halo, Kak", "cloud_api", &[("failed", FRIDAY)])).await;
    eventually("it is known that nobody was answered", async || (since(&owner, id).await == Some(FRIDAY)).then_some(())).await;

    let client = Uuid::new_v4().to_string();
    let (conversation, seen) = (id.to_string(), EVERYTHING.to_string());
    let form = [
        ("workspace", "demo"),
        ("conversation", &*conversation),
        ("client_id", &*client),
        ("text", "Salah ketik"),
        ("seen_seq", &*seen),
        ("undo", "true"),
    ];
    let soon: MessageView = good(owner.post(SendMessage::PATH, &form).await).await;
    assert_eq!(since(&owner, id).await, None);
    let message = soon.id.to_string();
    let form = [("workspace", "demo"), ("conversation", &*conversation), ("message", &*message)];
    assert!(owner.post(TakeBack::PATH, &form).await.status().is_success());
    assert_eq!(since(&owner, id).await, Some(FRIDAY));
}

#[tokio::test]
async fn after_ari_the_team_is_waited_for() {
    let app = TestApp::with_ari().await;
    app.customer_says(PHONE, "Jam berapa buka?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    eventually("ARI answers", async || since(&owner, id).await.is_none().then_some(())).await;
    assert!(app.value::<bool>("select first_answered_at is null from conversation").await, "the team did not");
    app.customer_says(PHONE, "Mau bicara dengan manusia dong").await;
    eventually("it is handed over", async || (row(&owner, id).await.holder == Holder::Team).then_some(())).await;
    assert!(since(&owner, id).await.is_some());
}

#[tokio::test]
async fn what_ari_did_not_get_to_say_is_no_answer() {
    let (app, _, owner, id) = on_friday(PHONE).await;
    // As ARI leaves it: stored, not sent, of a turn that is over.
    app.sql(&format!(
        "insert into message (workspace_id, id, conversation_id, direction, sender, kind, body, client_id, sent_at, created_at, status, turn)
            select workspace_id, gen_random_uuid(), id, 'outbound', 'assistant', 'text', 'Kami buka', gen_random_uuid(),
                last_inbound_at + interval '5 s', last_inbound_at + interval '5 s', 'pending', turn from conversation;
         insert into job (workspace_id, id, kind, lane, payload, run_at, created_at)
            select m.workspace_id, gen_random_uuid(), 'send_message', m.conversation_id, jsonb_build_object('kind', 'send_message', 'message', m.id),
                m.sent_at - interval '1 h', m.sent_at from message m where m.sender = 'assistant';
         update conversation set waiting_since = null, turn = turn + 1 where id = '{}'",
        id.0
    ))
    .await;
    app.app.jobs.bell.notify_one();
    eventually("it is withdrawn", async || {
        owner.thread(id).await.messages.into_iter().find(|m| m.sender == Sender::Assistant && m.status == Some(Status::Cancelled))
    })
    .await;
    assert_eq!(since(&owner, id).await, Some(FRIDAY));
}

#[tokio::test]
async fn a_first_answer_that_fails_is_none_and_neither_is_an_apology() {
    let (app, _, owner, id) = on_friday(PHONE).await;
    set(&owner, &[("first_answer", "15")]).await;
    // ARI apologised and handed over in one moment.
    app.sql(
        "insert into message (workspace_id, id, conversation_id, direction, sender, kind, body, client_id, sent_at, created_at, status)
            select workspace_id, gen_random_uuid(), id, d, s, k, '', gen_random_uuid(), last_inbound_at + interval '5 s', last_inbound_at, st
            from conversation, (values ('outbound', 'assistant', 'text', 'sent'), ('system', 'system', 'ari_failed', null)) v(d, s, k, st)",
    )
    .await;
    app.sandbox(json!({ "fail_next": [{ "status": 400, "code": 131_026 }] })).await;
    let failed = owner.send(id, "Halo, Kak").await;
    eventually("it fails", async || {
        owner.thread(id).await.messages.into_iter().find(|m| m.id == failed.id && m.status == Some(Status::Failed))
    })
    .await;
    let row = row(&owner, id).await;
    assert_eq!((row.waiting_since, row.answer_due), (Some(FRIDAY), Some(FRIDAY + 15 * MINUTE)), "still the first answer");
}

#[tokio::test]
async fn promises_are_counted_in_working_hours() {
    let (app, clock, owner, id) = on_friday(PHONE).await;
    let dues = async |answer: Option<Millis>, resolution: Option<Millis>, what: &str| {
        eventually(&format!("{what}: {answer:?} {resolution:?}"), async || {
            let row = row(&owner, id).await;
            ((row.answer_due, row.resolve_due) == (answer, resolution)).then_some(())
        })
        .await;
    };
    dues(None, None, "nothing is promised").await;
    set(&owner, &[("first_answer", "15"), ("resolution", "2")]).await;
    dues(Some(FRIDAY + 15 * MINUTE), Some(FRIDAY + 2 * HOUR), "day and night").await;
    office_hours(&owner, &[("first_answer", "30"), ("next_answer", "5"), ("resolution", "5")]).await;
    // Five hours of Monday's: over noon.
    dues(Some(MONDAY_EIGHT + 30 * MINUTE), Some(MONDAY_EIGHT + 6 * HOUR), "promised").await;
    let holiday = [("workspace", "demo"), ("day", "2026-11-23"), ("name", "Libur toko")];
    assert!(owner.post(AddHolidays::PATH, &holiday).await.status().is_success());
    dues(Some(MONDAY_EIGHT + DAY + 30 * MINUTE), Some(MONDAY_EIGHT + DAY + 6 * HOUR), "promised").await;
    assert!(owner.post(RemoveHoliday::PATH, &[holiday[0], holiday[1]]).await.status().is_success());
    clock.set(MONDAY_EIGHT + HOUR);
    app.customer_says(PHONE, "Pagi").await;
    owner.send(id, "Pagi, Kak").await;
    dues(None, Some(MONDAY_EIGHT + 6 * HOUR), "answered, and not done").await;
    // A minute before noon; five minutes are promised, four of them after the break.
    clock.set(MONDAY_EIGHT + 4 * HOUR - MINUTE);
    app.customer_says(PHONE, "Bisa hari ini?").await;
    dues(Some(MONDAY_EIGHT + 5 * HOUR + 4 * MINUTE), Some(MONDAY_EIGHT + 6 * HOUR), "a later answer, over the break").await;
    act::<CloseConversation>(&owner, id).await;
    dues(None, None, "promised").await;
    // What is opened again is promised anew.
    clock.set(MONDAY_EIGHT + 8 * HOUR);
    app.customer_says(PHONE, "Satu lagi").await;
    dues(Some(MONDAY_EIGHT + 8 * HOUR + 30 * MINUTE), Some(MONDAY_EIGHT + DAY + 4 * HOUR), "promised").await;
    // The other workspace promised nothing, and says so of nobody else.
    let stranger = app.stranger().await;
    assert_eq!(try_set(&stranger, "demo", &[("first_answer", "1")]).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(try_set(&stranger, "other", &[("first_answer", "1")]).await.status(), StatusCode::OK);
    dues(Some(MONDAY_EIGHT + 8 * HOUR + 30 * MINUTE), Some(MONDAY_EIGHT + DAY + 4 * HOUR), "as before").await;
    // The zone's clock is two hours ahead: office hours come earlier.
    let form = [("workspace", "demo"), ("name", "Demo"), ("time_zone", "Asia/Jayapura")];
    assert!(owner.post(SaveSettings::PATH, &form).await.status().is_success());
    dues(Some(MONDAY_EIGHT + DAY - 2 * HOUR + 30 * MINUTE), Some(MONDAY_EIGHT + DAY - 2 * HOUR + 6 * HOUR), "elsewhere").await;
    // More than a year of these hours holds cannot be promised.
    let refused = try_set(&owner, "demo", &[("resolution", "10000"), ("week[0]", "8-9")]).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
}

#[tokio::test]
async fn what_is_overdue_is_told_once_to_those_whom_it_concerns() {
    let (app, clock, owner, id) = on_friday(PHONE).await;
    let second = app.second_process().await;
    set(&owner, &[("first_answer", "10"), ("resolution", "1")]).await;
    let (admin, member) = (app.sign_in("admin@demo.test").await, app.sign_in("member@demo.test").await);
    let mut stream = admin.live("demo", Some(admin.list(None).await.seq)).await;
    let mut elsewhere = member.live("demo", Some(member.list(None).await.seq)).await;
    eventually("it is promised", async || row(&owner, id).await.answer_due.map(|_| ())).await;
    clock.set(FRIDAY + 10 * MINUTE - 1);
    assert!(stream.hears_none_of(&LATE, std::time::Duration::from_secs(3)).await, "not a millisecond early");
    clock.set(FRIDAY + 10 * MINUTE);
    let told = stream.until(|frame| frame.kind == LATE[0]).await.pop().expect("a frame");
    assert_eq!(told.conversation.as_ref().map(|row| (row.id, row.answer_due)), Some((id, Some(FRIDAY + 10 * MINUTE))));
    clock.set(FRIDAY + HOUR);
    stream.until(|frame| frame.kind == LATE[1]).await;
    assert!(stream.hears_none_of(&LATE, std::time::Duration::from_secs(5)).await, "each once, by whichever process");
    assert!(elsewhere.is_silent_for(std::time::Duration::from_millis(300)).await, "who does not see the conversation hears nothing");
    assert_eq!(app.value::<String>("select string_agg(kind, ' ' order by kind) from service_breach").await, "answer resolution");
    // Answered too late, and asked again: a new promise.
    owner.send(id, "Maaf").await;
    set(&owner, &[("next_answer", "1")]).await;
    app.customer_says(PHONE, "Tidak apa").await;
    eventually("it is promised", async || row(&owner, id).await.answer_due.map(|_| ())).await;
    clock.set(FRIDAY + HOUR + MINUTE);
    stream.until(|frame| frame.kind == LATE[0]).await;
    assert_eq!(app.value::<i64>("select count(*) from service_breach").await, 3);
    drop(second);
}

#[tokio::test]
async fn lists_go_by_who_waits_longest_and_by_what_is_overdue() {
    let clock = Clock::fixed(FRIDAY);
    let app = TestApp::configured(clock.clone(), |_| {}).await;
    app.sql("update workspace set ari_enabled = false").await;
    let mut ids = Vec::new();
    for nth in 0..4 {
        clock.set(FRIDAY + nth * MINUTE);
        app.customer_says(&format!("628110000000{nth}"), "Halo?").await;
        ids.push(ConversationId(app.value("select id from conversation order by created_at desc limit 1").await));
    }
    let owner = app.owner().await;
    owner.send(ids[1], "Ya?").await;
    let shown =
        async |view: &str| -> Vec<ConversationId> { owner.view("demo", view, None).await.rows.into_iter().map(|row| row.id).collect() };
    assert_eq!(shown("sort=waiting").await, [ids[0], ids[2], ids[3]], "the longest first; who was answered waits no longer");
    assert_eq!(shown("sort=waiting&view=mine").await, []);
    assert_eq!(shown("sort=waiting&view=unassigned&unread=1").await, [ids[0], ids[2], ids[3]]);
    assert_eq!(shown("filter=waiting:no").await, [ids[1]]);
    assert_eq!(shown("filter=waiting:late").await, []);
    set(&owner, &[("first_answer", "5")]).await;
    eventually("it is promised", async || row(&owner, ids[3]).await.answer_due.map(|_| ())).await;
    clock.set(FRIDAY + 7 * MINUTE);
    assert_eq!(shown("sort=waiting&filter=waiting:late").await, [ids[0], ids[2]], "the last one has a minute left");
    let (member, stranger) = (app.sign_in("member@demo.test").await, app.stranger().await);
    for view in ["sort=waiting", "filter=waiting:yes"] {
        assert!(member.view("demo", view, None).await.rows.is_empty(), "sees only what is theirs");
        assert!(stranger.view("other", view, None).await.rows.is_empty());
    }
}

#[tokio::test]
async fn who_waits_is_paged_without_gaps() {
    let app = TestApp::start().await;
    app.sql(
        "insert into contact (workspace_id, id, created_at)
            select w.id, md5('k' || n)::uuid, now() from workspace w, generate_series(1, 120) n where w.slug = 'demo';
         insert into conversation (workspace_id, id, contact_id, number_id, holder, last_message_at, created_at, waiting_since)
            select n.workspace_id, md5('c' || i)::uuid, md5('k' || i)::uuid, n.id, 'team', '2026-11-20', '2026-11-20',
                timestamptz '2026-11-20' + make_interval(mins => i / 3)
            from generate_series(1, 120) i, (select workspace_id, id from whatsapp_number order by created_at limit 1) n",
    )
    .await;
    let owner = app.owner().await;
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = owner.view("demo", "sort=waiting", before).await;
        seen.extend(page.rows.iter().map(|row| (row.waiting_since, row.id.0)));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    let mut sorted = seen.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!((seen.len(), &seen), (120, &sorted));
}

/// A form sent without script. Answers where it leads.
async fn led_to<F: ServerFn>(app: &TestApp, who: &Actor, form: &[(&str, &str)]) -> String {
    let answer = app
        .http
        .post(app.url(F::PATH))
        .header(header::COOKIE, &who.cookie)
        .header(header::ACCEPT, "text/html")
        .header(header::REFERER, app.url("/demo/settings/service"))
        .form(form)
        .send()
        .await
        .expect("an answer");
    assert!(answer.status().is_redirection(), "{}", answer.status());
    answer.headers()[header::LOCATION].to_str().expect("text").to_owned()
}

#[tokio::test]
async fn the_page_is_forms_that_lose_nothing() {
    let (app, _, owner, _) = on_friday(PHONE).await;
    let member = app.sign_in("member@demo.test").await;
    let page = async |path: &str| owner.get(path).await.text().await.expect("a page");
    let form = [("workspace", "demo"), ("first_answer", "15"), ("resolution", "24"), ("week[0]", "8-12,13-17.30"), ("week[6]", "")];
    let led = led_to::<SaveService>(&app, &owner, &form).await;
    assert!(led.ends_with("/demo/settings/service?done=saved"), "{led}");
    let shown = page("/demo/settings/service").await;
    for value in ["value=\"15\"", "value=\"24\"", "value=\"08.00–12.00, 13.00–17.30\""] {
        assert!(shown.contains(value), "{value} in {shown}");
    }
    // What cannot be read comes back as it was written, with what is wrong; nothing was changed.
    let wrong = [("workspace", "demo"), ("first_answer", "20"), ("week[0]", "8-12"), ("week[1]", "pagi <b>sampai</b> sore")];
    let led = led_to::<SaveService>(&app, &owner, &wrong).await;
    let path = led.strip_prefix(&app.base).unwrap_or(&led).to_owned();
    let shown = page(&path).await;
    assert!(shown.contains("Jam kerja hari Selasa tidak terbaca"), "{shown}");
    assert!(shown.contains("value=\"20\"") && shown.contains("value=\"8-12\"") && !shown.contains("<b>sampai"), "{shown}");
    assert!(page("/demo/settings/service").await.contains("value=\"15\""));
    // Another form's refusal leaves the hours as they are, and keeps what was written there.
    let led = led_to::<AddHolidays>(&app, &owner, &[("workspace", "demo"), ("day", "0206-01-01"), ("name", "Ulang tahun \"kami\"")]).await;
    let path = led.strip_prefix(&app.base).unwrap_or(&led).to_owned();
    let shown = page(&path).await;
    assert!(shown.contains("Tanggal itu tidak ada") && shown.contains("value=\"15\"") && shown.contains("value=\"0206-01-01\""), "{shown}");
    assert!(shown.contains("value=\"Ulang tahun &quot;kami&quot;\""), "{shown}");

    let led = led_to::<AddHolidays>(&app, &owner, &[("workspace", "demo"), ("year", "2026")]).await;
    assert!(led.ends_with("?done=saved"), "{led}");
    let shown = page("/demo/settings/service").await;
    assert!(shown.contains("datetime=\"2026-12-25\"") && shown.contains("Tahun Baru Imlek"), "{shown}");
    assert!(!shown.contains("Tambahkan libur nasional 2026") && shown.contains("Tambahkan libur nasional 2027"));
    let led = led_to::<RemoveHoliday>(&app, &owner, &[("workspace", "demo"), ("day", "2026-12-25")]).await;
    let path = led.strip_prefix(&app.base).unwrap_or(&led).to_owned();
    let shown = page(&path).await;
    assert!(
        !shown.contains("datetime=\"2026-12-25\"") && shown.contains("value=\"2026-12-25\"") && shown.contains("value=\"Hari Raya Natal\"")
    );

    // Everybody knows the hours; who may not set them finds no form that would be refused.
    let shown = member.get("/demo/settings/service").await.text().await.expect("a page");
    assert!(shown.contains("08.00–12.00") && !shown.contains("action=\"/api/remove_holiday"), "{shown}");
    let trail: String =
        app.value("select string_agg(action, ' ' order by at, action) from audit_entry where action like 'service.%'").await;
    assert_eq!(trail, "service.changed service.holiday_removed service.holidays_added", "all at one time of the fixed clock");
}

/// Three who may answer; the owner, the admin, and the member.
async fn given_to(who: &Actor, id: ConversationId) -> Option<String> {
    row(who, id).await.assignee.map(|person| person.name)
}

async fn share(who: &Actor, more: &[(&str, &str)]) -> StatusCode {
    let mut form = vec![("workspace", "demo")];
    form.extend_from_slice(more);
    who.post(SaveAssignment::PATH, &form).await.status()
}

async fn newcomer(app: &TestApp, nth: usize) -> ConversationId {
    app.customer_says(&format!("62811000001{nth:02}"), "Halo?").await;
    ConversationId(
        app.value(&format!(
            "select c.id from conversation c join identity i on i.contact_id = c.contact_id where i.value = '+62811000001{nth:02}'"
        ))
        .await,
    )
}

#[tokio::test]
async fn what_nobody_has_is_given_out_in_turn() {
    let app = TestApp::start().await;
    let (owner, admin) = (app.owner().await, app.sign_in("admin@demo.test").await);
    let before = newcomer(&app, 0).await;
    assert_eq!(share(&owner, &[("mode", "round_robin")]).await, StatusCode::OK);
    let mut names = vec![eventually("what waited is given, too", async || given_to(&owner, before).await).await];
    for nth in 1..6 {
        let id = newcomer(&app, nth).await;
        names.push(eventually("it is given", async || given_to(&owner, id).await).await);
    }
    assert_eq!(names[..3], names[3..], "each in turn");
    assert_eq!(names[..3].iter().collect::<std::collections::BTreeSet<_>>().len(), 3, "everybody: {names:?}");
    let thread = owner.thread(before).await.messages;
    let line = thread.iter().find(|line| line.kind == "auto_assigned").expect("a line says so");
    assert_eq!(line.text, names[0]);

    // Who is away gets none; whoever let one go does not get it back.
    assert!(admin.post(SetAway::PATH, &[("workspace", "demo"), ("away", "true")]).await.status().is_success());
    for nth in 6..9 {
        let id = newcomer(&app, nth).await;
        let name = eventually("it is given", async || given_to(&owner, id).await).await;
        assert_ne!(name, "Budi Hartono");
    }
    let id = newcomer(&app, 9).await;
    let first = eventually("it is given", async || given_to(&owner, id).await).await;
    let conversation = id.to_string();
    let form = [("workspace", "demo"), ("conversation", &*conversation), ("assignee", "")];
    assert!(owner.post(AssignConversation::PATH, &form).await.status().is_success());
    assert_eq!(given_to(&owner, id).await, None);
    let second =
        eventually_within(40, "to another, after a moment", async || given_to(&owner, id).await.filter(|name| *name != first)).await;
    assert_ne!(second, "Budi Hartono");

    // What is with ARI, answered, put off or done is nobody's to get.
    let nobodys: i64 = app.value("select count(*) from conversation where assignee_id is null").await;
    assert_eq!(nobodys, 0);
    assert_eq!(share(&owner, &[]).await, StatusCode::OK);
    let id = newcomer(&app, 10).await;
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    assert_eq!(given_to(&owner, id).await, None, "the rule is gone");
}

#[tokio::test]
async fn it_is_given_to_who_has_room_and_is_there() {
    let app = TestApp::start().await;
    let second = app.second_process().await;
    let (owner, admin, stranger) = (app.owner().await, app.sign_in("admin@demo.test").await, app.stranger().await);
    assert_eq!(share(&owner, &[("mode", "least_busy"), ("capacity", "0")]).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(share(&owner, &[("mode", "x")]).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(share(&owner, &[("mode", "least_busy"), ("team", &Uuid::new_v4().to_string())]).await, StatusCode::NOT_FOUND);
    assert_eq!(share(&owner, &[("mode", "least_busy"), ("capacity", "2"), ("online_only", "on")]).await, StatusCode::OK);
    let ids = [newcomer(&app, 0).await, newcomer(&app, 1).await, newcomer(&app, 2).await];
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    assert_eq!(given_to(&owner, ids[0]).await, None, "nobody is there");
    // Told to one process, known to both.
    let here = admin.at(&second.base).post(BeHere::PATH, &[("workspace", "demo"), ("typing", "false")]).await;
    assert!(here.status().is_success(), "{}", here.status());
    for id in &ids[..2] {
        assert_eq!(eventually("it is given", async || given_to(&owner, *id).await).await, "Budi Hartono");
    }
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    assert_eq!(given_to(&owner, ids[2]).await, None, "he has no room for a third");
    act::<CloseConversation>(&owner, ids[0]).await;
    assert_eq!(eventually("now he has", async || given_to(&owner, ids[2]).await).await, "Budi Hartono");
    // Nothing of it in the other workspace.
    let theirs: i64 = app.value("select count(*) from conversation c join workspace w on w.id = c.workspace_id where w.slug = 'other' and assignee_id is not null").await;
    assert_eq!((theirs, try_set(&stranger, "demo", &[]).await.status()), (0, StatusCode::NOT_FOUND));
    let audit: i64 = app.value("select count(*) from audit_entry where action = 'service.assignment_changed'").await;
    assert_eq!(audit, 1);
}

#[tokio::test]
async fn what_is_overdue_becomes_urgent_if_that_is_wanted() {
    let (_app, clock, owner, id) = on_friday(PHONE).await;
    set(&owner, &[("first_answer", "10"), ("raise_late", "on")]).await;
    eventually("it is promised", async || row(&owner, id).await.answer_due.map(|_| ())).await;
    clock.set(FRIDAY + 10 * MINUTE);
    eventually("it is urgent", async || row(&owner, id).await.high_priority.then_some(())).await;
    let thread = owner.thread(id).await.messages;
    assert_eq!(thread.iter().filter(|line| line.kind == "raised_when_late").count(), 1);
}

#[tokio::test]
async fn who_comes_back_has_their_turn_and_what_one_let_go_blocks_nobody() {
    let app = TestApp::start().await;
    let (owner, admin, member) = (app.owner().await, app.sign_in("admin@demo.test").await, app.sign_in("member@demo.test").await);
    let away = async |who: &Actor, away: &str| {
        assert!(who.post(SetAway::PATH, &[("workspace", "demo"), ("away", away)]).await.status().is_success());
    };
    away(&admin, "true").await;
    away(&member, "true").await;
    assert_eq!(share(&owner, &[("mode", "round_robin")]).await, StatusCode::OK);
    let given = async |nth: usize| {
        let id = newcomer(&app, nth).await;
        (id, eventually("it is given", async || given_to(&owner, id).await).await)
    };
    let mut first = Vec::new();
    for nth in 0..5 {
        let (id, name) = given(nth).await;
        assert_eq!(name, "Rani Prameswari");
        first.push(id);
    }
    // She lets all of them go, and is alone: what comes next is hers all the same.
    for id in &first {
        let conversation = id.to_string();
        let form = [("workspace", "demo"), ("conversation", &*conversation), ("assignee", "")];
        assert!(owner.post(AssignConversation::PATH, &form).await.status().is_success());
    }
    app.sql("update conversation set let_go_at = now() - interval '1 minute' where let_go_by is not null").await;
    assert_eq!(given(5).await.1, "Rani Prameswari");
    let nobodys: i64 = app.value("select count(*) from conversation where assignee_id is null").await;
    assert_eq!(nobodys, 5, "what she let go is not hers again");
    // Who comes back gets what waited, and then one in turn, not all until they have as many as she had.
    away(&admin, "false").await;
    for id in &first {
        assert_eq!(eventually("it is given", async || given_to(&owner, *id).await).await, "Budi Hartono");
    }
    let names = [given(6).await.1, given(7).await.1, given(8).await.1, given(9).await.1];
    assert_eq!(names.iter().filter(|name| *name == "Budi Hartono").count(), 2, "{names:?}");
}
