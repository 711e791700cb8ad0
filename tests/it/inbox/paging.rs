//! Pages of the list and of a thread: no gap and no repeat, also while new messages arrive.

use crate::support::*;
use my21staff::inbox::model::*;
use std::collections::BTreeSet;

const ROWS: i64 = 120;

fn newest_first(row: &ConversationView) -> (i64, uuid::Uuid) {
    (row.last_at, row.id.0)
}

#[tokio::test]
async fn the_list_pages_without_gap_or_repeat_while_conversations_move() {
    let app = TestApp::start().await;
    let at = app.app.clock.millis() / 1000 * 1000 - 10_000_000;
    let phone = |n: i64| format!("628120000{n:04}");
    // Every fourth at the same second as the one before: ties are ordered by id.
    let bodies: Vec<String> = (0..ROWS)
        .map(|n| inbound_text(NUMBER, &phone(n), &format!("wamid.{n}"), "halo", at + (n - i64::from(n % 4 == 3)) * 1000))
        .collect();
    for part in bodies.chunks(40) {
        app.deliver(batch(part)).await;
    }
    let owner = app.owner().await;
    let all = owner.whole_list().await;
    assert_eq!(all.len(), ROWS as usize);
    assert!(all.windows(2).all(|pair| newest_first(&pair[0]) > newest_first(&pair[1])), "newest first, strictly");
    assert_eq!(owner.list(None).await.unread_total, ROWS);

    // Between the pages the very last conversation comes to the top, and a new one appears.
    let first = owner.list(None).await;
    assert_eq!(first.rows.len(), LIST_PAGE as usize);
    app.deliver(inbound_text(NUMBER, &phone(0), "wamid.again", "halo lagi", at + 5_000_000)).await;
    app.deliver(inbound_text(NUMBER, "6281777777777", "wamid.new", "saya baru", at + 5_001_000)).await;
    let mut seen: Vec<_> = first.rows.iter().map(|row| row.id).collect();
    let mut next = first.next;
    while let Some(before) = next {
        let page = owner.list(Some(before)).await;
        seen.extend(page.rows.iter().map(|row| row.id));
        next = page.next;
    }
    let distinct: BTreeSet<_> = seen.iter().copied().collect();
    assert_eq!(distinct.len(), seen.len(), "none twice");
    let moved = all.last().unwrap().id;
    let expected: BTreeSet<_> = all.iter().map(|row| row.id).filter(|id| *id != moved).collect();
    assert_eq!(distinct, expected, "all but the one that moved ahead, which the stream brings");
}

#[tokio::test]
async fn a_thread_pages_without_gap_or_repeat_while_messages_arrive() {
    let app = TestApp::start().await;
    let at = app.app.clock.millis() / 1000 * 1000 - 10_000_000;
    let body = |n: i64| {
        let second = n - i64::from(n % 4 == 3);
        inbound_text(NUMBER, "6281234567890", &format!("wamid.{n}"), &format!("pesan {n:03}"), at + second * 1000)
    };
    let bodies: Vec<String> = (0..ROWS).map(body).collect();
    for part in bodies.chunks(40) {
        app.deliver(batch(part)).await;
    }
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let whole = owner.whole_thread(id).await;
    assert_eq!(whole.len(), ROWS as usize);
    assert!(whole.windows(2).all(|pair| pair[0].cursor() < pair[1].cursor()), "oldest first, strictly");

    let mut page = owner.thread(id).await;
    assert_eq!(page.messages.len(), THREAD_PAGE as usize);
    let mut seen = page.messages.clone();
    let mut late = ROWS;
    while let Some(before) = page.older {
        for n in [late, late + 1] {
            app.deliver(inbound_text(NUMBER, "6281234567890", &format!("wamid.{n}"), "baru", at + n * 1000)).await;
        }
        late += 2;
        page = good(owner.try_thread("demo", id, Some(before)).await).await;
        seen.splice(0..0, page.messages.clone());
    }
    assert_eq!(seen.iter().map(|m| m.id).collect::<Vec<_>>(), whole.iter().map(|m| m.id).collect::<Vec<_>>());
    assert_eq!(owner.thread(id).await.messages.last().map(|message| message.text.as_str()), Some("baru"));
}

#[tokio::test]
async fn a_cursor_that_is_none_is_the_first_page_and_an_empty_list_has_no_next() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let empty = owner.list(None).await;
    assert!(empty.rows.is_empty() && empty.next.is_none() && empty.unread_total == 0);
    for n in 0..LIST_PAGE {
        app.customer_says(&format!("62812000{n:05}"), "halo").await;
    }
    let full = owner.list(None).await;
    assert_eq!((full.rows.len(), full.next), (LIST_PAGE as usize, None), "exactly one page");
}

#[tokio::test]
async fn a_day_leads_to_what_was_said_first_on_it_or_after_it() {
    let (app, _clock, owner, id) = on_friday("6281234567890").await;
    // In Jakarta the 18th begins at 17:00 UTC of the 17th.
    for (text, at) in
        [("lama", "2026-11-10 05:00Z"), ("malam", "2026-11-17 16:59:59Z"), ("pagi", "2026-11-17 17:00:00Z"), ("siang", "2026-11-18 05:00Z")]
    {
        app.sql(&format!(
            "insert into message (workspace_id, id, conversation_id, direction, sender, kind, body, sent_at, created_at)
             select workspace_id, gen_random_uuid(), id, 'inbound', 'contact', 'text', '{text}', '{at}', now() from conversation where id = '{id}'"
        ))
        .await;
    }
    let leads = async |who: &Actor, workspace: &str, date: &str| {
        let answer = who.get(&format!("/api/{workspace}/conversations/{id}/on?date={date}")).await;
        let to = answer.headers().get("location").map(|to| to.to_str().expect("text").to_owned());
        (answer.status().as_u16(), to.unwrap_or_default())
    };
    let newest = owner.thread(id).await.messages.last().expect("a message").text.clone();
    for (date, text) in
        [("2026-11-18", "pagi"), ("2026-11-17", "malam"), ("2026-11-11", "malam"), ("2000-01-01", "lama"), ("2026-12-24", newest.as_str())]
    {
        let message: uuid::Uuid = app.value(&format!("select id from message where conversation_id = '{id}' and body = '{text}'")).await;
        assert_eq!(leads(&owner, "demo", date).await, (303, format!("/demo/inbox/{id}?at={message}#m-{message}")), "{date}");
    }
    for date in ["", "kemarin", "2026-02-30", "99999999-01-01"] {
        assert_eq!(leads(&owner, "demo", date).await, (303, format!("/demo/inbox/{id}")), "{date}");
    }
    // A browser is shown the conversation's own page, which says what is wrong.
    let stranger = app.stranger().await;
    let answer = stranger.follow(&format!("/api/other/conversations/{id}/on?date=2026-11-18")).await;
    assert_eq!(answer.headers()["location"], format!("/other/inbox/{id}").as_str());
    assert_eq!(leads(&stranger, "other", "2026-11-18").await.0, 404);
    assert_eq!(leads(&app.sign_in("member@demo.test").await, "demo", "2026-11-18").await.0, 404, "not theirs to see");
}
