//! What must be survived: crashes at the worst moments, a database that goes away, streams that sleep, and a gateway that lies.
//!
//! The measure is always the same ([`assert_none_lost_none_twice`]): what was accepted is stored, what is stored is shown, and nothing of it twice.

mod crashes;
mod database;
mod gateway;
mod streams;

use crate::support::*;
use my21staff::{ids::MessageId, inbox::model::*};
use std::collections::{BTreeMap, BTreeSet};

/// The customers' messages that a database holds: our id and the provider's.
async fn stored(database_url: &str) -> BTreeMap<MessageId, String> {
    let mut connection = connect_to(database_url).await;
    let rows: Vec<(uuid::Uuid, String)> = sqlx::query_as("select id, provider_message_id from message where direction = 'inbound'")
        .fetch_all(&mut connection)
        .await
        .expect("the messages");
    rows.into_iter().map(|(id, provider_id)| (MessageId(id), provider_id)).collect()
}

/// Accepted = stored = shown, none twice. `accepted` are provider ids; `frames` is all that a stream said since before the first of them, over
/// however many connections.
async fn assert_none_lost_none_twice(database_url: &str, owner: &Actor, accepted: &BTreeSet<String>, frames: &[LiveFrame]) {
    let stored = stored(database_url).await;
    let provider_ids: Vec<&String> = stored.values().collect();
    let distinct: BTreeSet<String> = stored.values().cloned().collect();
    assert_eq!(provider_ids.len(), distinct.len(), "none is stored twice");
    assert_eq!(&distinct, accepted, "what was accepted is stored, and nothing else");

    let mut shown: Vec<MessageId> = Vec::new();
    for row in owner.whole_list().await {
        shown.extend(owner.whole_thread(row.id).await.into_iter().filter(|m| m.direction == Direction::Inbound).map(|m| m.id));
    }
    let once: BTreeSet<MessageId> = shown.iter().copied().collect();
    assert_eq!(shown.len(), once.len(), "none is shown twice");
    assert_eq!(once, stored.keys().copied().collect(), "what is stored is shown");

    let seqs: Vec<i64> = frames.iter().map(|frame| frame.seq).collect();
    assert!(seqs.windows(2).all(|pair| pair[1] == pair[0] + 1), "the stream has neither gaps nor repeats: {seqs:?}");
    let streamed: Vec<MessageId> =
        frames.iter().filter(|frame| frame.kind == "message_received").filter_map(|frame| Some(frame.message.as_ref()?.id)).collect();
    let once: BTreeSet<MessageId> = streamed.iter().copied().collect();
    assert_eq!(streamed.len(), once.len(), "none is streamed twice");
    assert_eq!(once, stored.keys().copied().collect(), "what is stored was streamed");
}

/// Reads a stream until `count` customers' messages came, and adds the frames to `frames`. The next connection continues after its last.
async fn read_messages(stream: &mut LiveStream, count: usize, frames: &mut Vec<LiveFrame>) {
    let mut seen = 0;
    while seen < count {
        let frame = stream.frame().await;
        seen += usize::from(frame.kind == "message_received");
        frames.push(frame);
    }
}

#[tokio::test]
async fn reordered_and_repeated_deliveries_show_a_thread_in_its_own_order_once() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let mut stream = owner.live("demo", Some(0)).await;
    let at = app.app.clock.millis() - 3_600_000;
    let body = |n: i64| inbound_text(NUMBER, "6281234567890", &format!("wamid.{n}"), &format!("pesan {n}"), at + n * 1000);
    for n in [7, 3, 9, 0, 3, 5, 1, 8, 7, 2, 6, 4, 0, 9] {
        app.deliver(body(n)).await;
    }
    let texts: Vec<String> = owner.thread(app.only_conversation().await).await.messages.into_iter().map(|message| message.text).collect();
    assert_eq!(texts, (0..10).map(|n| format!("pesan {n}")).collect::<Vec<_>>());
    let mut frames = Vec::new();
    read_messages(&mut stream, 10, &mut frames).await;
    let accepted = (0..10).map(|n| format!("wamid.{n}")).collect();
    assert_none_lost_none_twice(&app.database_url, &owner, &accepted, &frames).await;
}
