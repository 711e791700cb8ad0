//! Streams whose reader sleeps.

use super::*;
use std::time::Duration;

const PHONE: &str = "6281234567890";

/// Delivers `count` messages in signed batches, each numbered.
async fn flood(app: &TestApp, from: i64, count: i64) -> BTreeSet<String> {
    let at = app.app.clock.millis() / 1000 * 1000 - 86_000_000;
    let numbers: Vec<i64> = (from..from + count).collect();
    for part in numbers.chunks(100) {
        // Long enough to fill what lies between us and a reader that does not read.
        let text = |n: i64| format!("pesan {n} {}", "x".repeat(2000));
        let bodies: Vec<String> =
            part.iter().map(|n| inbound_text(NUMBER, PHONE, &format!("wamid.{n}"), &text(*n), at + n * 1000)).collect();
        app.deliver(batch(&bodies)).await;
    }
    numbers.into_iter().map(|n| format!("wamid.{n}")).collect()
}

#[tokio::test]
async fn a_reader_that_sleeps_holds_nobody_up_and_misses_nothing() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let mut sleeper = owner.live("demo", Some(0)).await;
    let mut awake = owner.live("demo", Some(0)).await;
    let began = tokio::time::Instant::now();
    let deliveries = flood(&app, 0, 3000);
    let mut frames = Vec::new();
    let (accepted, ()) = tokio::join!(deliveries, read_messages(&mut awake, 3000, &mut frames));
    let took = began.elapsed();
    // The list is read while the sleeper's connection is full.
    assert_eq!(owner.list(None).await.rows[0].unread, 3000);
    let mut late = Vec::new();
    read_messages(&mut sleeper, 3000, &mut late).await;
    let seqs = |frames: &[LiveFrame]| frames.iter().map(|frame| frame.seq).collect::<Vec<_>>();
    assert_eq!(seqs(&late), seqs(&frames), "the sleeper sees what the other saw; that took {took:?}");
    assert_none_lost_none_twice(&app.database_url, &owner, &accepted, &late).await;
}

#[tokio::test]
async fn a_reader_that_was_away_resumes_after_its_last_event_however_far_behind() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let mut accepted = flood(&app, 0, 5).await;
    let mut frames = Vec::new();
    let mut stream = owner.live("demo", Some(0)).await;
    read_messages(&mut stream, 5, &mut frames).await;
    drop(stream);
    // More than the process remembers.
    accepted.extend(flood(&app, 5, 1200).await);
    let mut stream = owner.live("demo", frames.last().map(|frame| frame.seq)).await;
    read_messages(&mut stream, 1200, &mut frames).await;
    assert!(stream.is_silent_for(Duration::from_millis(200)).await);
    assert_none_lost_none_twice(&app.database_url, &owner, &accepted, &frames).await;
}

#[tokio::test]
async fn a_cursor_from_before_the_kept_events_is_told_to_load_anew() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    flood(&app, 0, 20).await;
    app.sql("delete from event where seq <= 10").await;
    for cursor in [0, 5, 9_999] {
        let mut stream = owner.live("demo", Some(cursor)).await;
        let last = stream.ending().await.expect("an ending");
        assert_eq!(last.name.as_deref(), Some("reset"), "cursor {cursor}");
    }
    let mut stream = owner.live("demo", Some(10)).await;
    assert_eq!(stream.frame().await.seq, 11);
}
