//! The unread total of the list, carried on by the stream's differences.

use super::*;
use my21staff::ids::ConversationId;

#[tokio::test]
async fn the_differences_of_the_stream_add_up_to_the_unread_total_of_the_list() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let second = app.second_process().await;
    let mut stream = open(&second, &owner.cookie, "?after=0", None).await;
    let mut dice = Dice(0x51ed_270b);
    // What the list said, and as of which event.
    let mut lists: Vec<(i64, i64)> = Vec::new();
    for n in 0..90 {
        match dice.roll(5) {
            0 => {
                let conversations: Vec<ConversationId> = owner.list(None).await.rows.iter().map(|row| row.id).collect();
                if let Some(one) = conversations.get(dice.roll(conversations.len().max(1) as u64) as usize) {
                    // With a message on its way at the same moment.
                    tokio::join!(owner.mark_read(*one), app.customer_says("6281100000000", "bersamaan"));
                }
            }
            1 => flood(&app, dice.roll(7) as usize + 1).await,
            _ => {
                app.customer_says(&format!("628110000000{}", dice.roll(5)), &format!("pesan {n}")).await;
            }
        }
        let page = owner.list(None).await;
        assert_eq!(page.unread_total, page.rows.iter().map(|row| i64::from(row.unread)).sum::<i64>());
        lists.push((page.seq, page.unread_total));
    }
    let last = last_seq(&app).await;
    let frames = frames_until(&mut stream, last).await;
    for (seq, total) in lists {
        let sum: i64 = frames.iter().filter(|frame| frame.seq <= seq).map(|frame| i64::from(frame.unread_delta)).sum();
        assert_eq!(sum, total, "as of event {seq}");
    }
    let counted: i64 = app.value("select count(*) from message where direction = 'inbound'").await;
    let read: i64 =
        -frames.iter().filter(|frame| frame.kind == "conversation_read").map(|frame| i64::from(frame.unread_delta)).sum::<i64>();
    assert!(read > 0);
    assert_eq!(owner.list(None).await.unread_total, counted - read);
}
