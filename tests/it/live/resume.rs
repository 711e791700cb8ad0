//! Coming back: from the event last seen, without gap or repeat.

use super::*;

#[tokio::test]
async fn a_client_that_is_cut_off_again_and_again_misses_nothing_and_hears_nothing_twice() {
    const MESSAGES: usize = 300;
    let app = std::sync::Arc::new(TestApp::start().await);
    let owner = app.owner().await;
    let customers: Vec<_> = (0..3)
        .map(|customer| {
            let app = app.clone();
            tokio::spawn(async move {
                let mut dice = Dice(0x9e37_79b9 + customer);
                for n in 0..MESSAGES / 3 {
                    app.customer_says(&format!("628110000000{customer}"), &format!("pesan {n}")).await;
                    tokio::time::sleep(Duration::from_millis(dice.roll(12))).await;
                }
            })
        })
        .collect();
    let mut dice = Dice(0x2545_f491);
    let mut heard: Vec<LiveFrame> = Vec::new();
    let mut cuts = 0;
    while heard.iter().filter(|frame| frame.kind == "message_received").count() < MESSAGES {
        let last = heard.last().map_or(0, |frame| frame.seq).to_string();
        let mut stream = open(&app, &owner.cookie, "?after=0", Some(&last)).await;
        // Cut after some frames or after some time, whichever comes first: also in the middle of a burst, and before the first frame.
        let (frames, time) = (dice.roll(30), Duration::from_millis(dice.roll(120)));
        let _ = tokio::time::timeout(time, async {
            for _ in 0..frames {
                heard.push(stream.frame().await);
            }
        })
        .await;
        cuts += 1;
        assert!(cuts < 5_000, "it comes to an end");
    }
    for customer in customers {
        customer.await.expect("all were accepted");
    }
    assert!(cuts > 10, "{cuts} cuts");
    let last = last_seq(&app).await;
    assert_eq!(seqs(&heard), (1..=last).collect::<Vec<_>>(), "after {cuts} cuts");
}

#[tokio::test]
async fn the_header_of_a_reconnecting_browser_beats_the_address_of_its_page() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    flood(&app, 8).await;
    let last = last_seq(&app).await;
    let first = async |query: &str, id: Option<&str>| open(&app, &owner.cookie, query, id).await.frame().await.seq;
    assert_eq!(first("?after=2", None).await, 3);
    assert_eq!(first("", Some("4")).await, 5);
    assert_eq!(first("?after=2", Some("4")).await, 5);
    assert_eq!(first("?after=2", Some("empat")).await, 3, "what is no number is no position");
    for (query, id) in [("", None), ("?after=0", Some(last.to_string()))] {
        let mut stream = open(&app, &owner.cookie, query, id.as_deref()).await;
        let next = last_seq(&app).await + 1;
        app.customer_says("6281100000001", "halo").await;
        assert_eq!(stream.frame().await.seq, if id.is_some() { last + 1 } else { next });
    }
}

#[tokio::test]
async fn who_is_far_behind_is_served_from_the_database_and_then_from_memory() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    // Somebody listens all the time, so that the feed holds its newest 512 frames in memory and has dropped the others.
    let mut listening = open(&app, &owner.cookie, "?after=0", None).await;
    flood(&app, 700).await;
    let last = last_seq(&app).await;
    assert!(last >= 700, "{last}");
    assert_eq!(seqs(&frames_until(&mut listening, last).await), (1..=last).collect::<Vec<_>>());
    for from in [0, 1, last - 513, last - 512, last - 511, last - 1] {
        let mut late = open(&app, &owner.cookie, "", Some(&from.to_string())).await;
        let frames = frames_until(&mut late, last).await;
        assert_eq!(seqs(&frames), (from + 1..=last).collect::<Vec<_>>(), "from {from}");
    }
    // While more comes in.
    let mut late = open(&app, &owner.cookie, "", Some("0")).await;
    flood(&app, 100).await;
    let last = last_seq(&app).await;
    assert_eq!(seqs(&frames_until(&mut late, last).await), (1..=last).collect::<Vec<_>>());
    // And in a process that has nothing in memory.
    let second = app.second_process().await;
    let mut late = open(&second, &owner.cookie, "?after=3", None).await;
    assert_eq!(seqs(&frames_until(&mut late, last).await), (4..=last).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_position_that_does_not_exist_is_answered_with_reset() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    flood(&app, 10).await;
    app.sql("delete from event where seq <= 5").await;
    let last = last_seq(&app).await;
    for app in [&app, &app.second_process().await] {
        for cursor in [last + 1, last + 1_000_000, i64::MAX, -1, i64::MIN, 0, 2, 4] {
            let mut stream = open(app, &owner.cookie, "", Some(&cursor.to_string())).await;
            let end = stream.ending().await.expect("a last word");
            assert_eq!((end.name.as_deref(), end.id), (Some("reset"), None), "cursor {cursor}");
            let events = ask(app, &owner.cookie, &format!("/api/demo/events?after={cursor}"), None).await;
            assert_eq!(events.status(), 410, "events after {cursor}");
        }
        assert_eq!(open(app, &owner.cookie, "?after=5", None).await.frame().await.seq, 6, "the last position that is still known");
        assert!(open(app, &owner.cookie, &format!("?after={last}"), None).await.is_silent_for(Duration::from_millis(200)).await);
    }
    // Everything is forgotten; only who has seen everything goes on.
    app.sql("delete from event").await;
    let fresh = app.second_process().await;
    let mut stream = open(&fresh, &owner.cookie, "", Some(&(last - 1).to_string())).await;
    assert_eq!(stream.ending().await.and_then(|end| end.name).as_deref(), Some("reset"));
    assert!(open(&fresh, &owner.cookie, "", Some(&last.to_string())).await.is_silent_for(Duration::from_millis(200)).await);
}

#[tokio::test]
async fn catching_up_by_request_gives_what_the_stream_gives() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    flood(&app, 40).await;
    let conversation: my21staff::ids::ConversationId = app.value("select id from conversation order by id limit 1").await;
    owner.mark_read(conversation).await;
    owner.send(conversation, "Baik, sebentar ya").await;
    // The report may be faster than the answer to the send, of which people are told as well.
    let delivered = "select count(*) from message where status = 'delivered' and not exists (select from job where kind = 'send_message')";
    eventually("delivered", async || (app.value::<i64>(delivered).await == 1).then_some(())).await;
    let last = last_seq(&app).await;
    // A process of its own, so that both read now: frames kept in memory show what was true when they were made.
    let fresh = app.second_process().await;
    for after in [0, 7, last - 1, last] {
        let by_request: Vec<LiveFrame> = good(ask(&fresh, &owner.cookie, &format!("/api/demo/events?after={after}"), None).await).await;
        assert_eq!(seqs(&by_request), (after + 1..=last).collect::<Vec<_>>());
        if after < last {
            let mut stream = open(&fresh, &owner.cookie, &format!("?after={after}"), None).await;
            assert_eq!(by_request, frames_until(&mut stream, last).await);
        }
    }
    let kinds: std::collections::BTreeSet<String> =
        good::<Vec<LiveFrame>>(ask(&fresh, &owner.cookie, "/api/demo/events?after=0", None).await)
            .await
            .into_iter()
            .map(|frame| frame.kind)
            .collect();
    for kind in ["message_received", "message_sent", "message_status_changed", "conversation_changed", "conversation_read"] {
        assert!(kinds.contains(kind), "{kind} in {kinds:?}");
    }
    assert_eq!(ask(&fresh, &owner.cookie, "/api/demo/events", None).await.status(), 422, "after what?");
}

#[tokio::test]
async fn who_is_too_far_behind_for_a_request_is_told_to_load_anew() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    app.sql(
        "insert into event (workspace_id, seq, kind, at) select id, n, 'conversation_read', now() from workspace, generate_series(1, 1001) n where slug = 'demo';
         update workspace_sequence set last_seq = 1001 where workspace_id = (select id from workspace where slug = 'demo')",
    )
    .await;
    let status = async |after: i64| ask(&app, &owner.cookie, &format!("/api/demo/events?after={after}"), None).await.status().as_u16();
    assert_eq!((status(0).await, status(1).await), (410, 200));
}
