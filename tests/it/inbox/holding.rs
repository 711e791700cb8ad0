//! Who answers, and what was read.

use crate::support::*;
use my21staff::inbox::model::*;

const PHONE: &str = "6281234567890";

#[tokio::test]
async fn reading_clears_the_count_and_tells_the_others() {
    let app = TestApp::start().await;
    for text in ["Halo?", "Ada orang?", "???"] {
        app.customer_says(PHONE, text).await;
    }
    let (owner, admin) = (app.owner().await, app.sign_in("admin@demo.test").await);
    let page = owner.list(None).await;
    assert_eq!((page.rows[0].unread, page.unread_total), (3, 3));
    let id = page.rows[0].id;
    let mut stream = admin.live("demo", Some(page.seq)).await;
    owner.mark_read(id).await;
    let frame = stream.frame().await;
    assert_eq!((frame.kind.as_str(), frame.unread_delta), ("conversation_read", -3));
    assert_eq!(frame.conversation.map(|row| row.unread), Some(0));
    let page = admin.list(None).await;
    assert_eq!((page.rows[0].unread, page.unread_total), (0, 0));
    // Nothing is left to read, so nothing happens.
    owner.mark_read(id).await;
    assert_eq!(admin.list(None).await.seq, page.seq);
    app.customer_says(PHONE, "Halo lagi").await;
    assert_eq!(admin.list(None).await.unread_total, 1);
}

#[tokio::test]
async fn taking_over_and_handing_back_leave_a_line_each_and_happen_once() {
    let app = TestApp::with_ari().await;
    app.sandbox(serde_json::json!({ "model": { "delay_ms": 60_000 } })).await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, admin, id) = (app.owner().await, app.sign_in("admin@demo.test").await, app.only_conversation().await);
    assert_eq!(owner.thread(id).await.conversation.holder, Holder::Ari);
    let taken = owner.take_over(id).await;
    assert_eq!((taken.holder, taken.assignee.map(|person| person.name)), (Holder::Team, Some("Rani Prameswari".into())));
    owner.take_over(id).await;
    // A colleague takes it from her.
    assert_eq!(admin.take_over(id).await.assignee.map(|person| person.name), Some("Budi Hartono".into()));
    let back = owner.hand_back(id).await;
    assert_eq!((back.holder, back.assignee), (Holder::Ari, None));
    owner.hand_back(id).await;
    // Who replies holds the conversation; the next who replies does not take it away.
    owner.send(id, "Halo, Kak").await;
    let kept = admin.send(id, "Saya bantu juga").await;
    assert_eq!(kept.sender_name.as_deref(), Some("Budi Hartono"));
    let thread = owner.thread(id).await;
    assert_eq!(thread.conversation.assignee.map(|person| person.name), Some("Rani Prameswari".into()));
    let lines: Vec<(String, Option<String>)> =
        thread.messages.into_iter().filter(|m| m.direction == Direction::System).map(|m| (m.kind, m.sender_name)).collect();
    let line = |kind: &str, name: &str| (kind.to_owned(), Some(name.to_owned()));
    assert_eq!(
        lines,
        [
            line("took_over", "Rani Prameswari"),
            line("took_over", "Budi Hartono"),
            line("handed_back", "Rani Prameswari"),
            line("took_over", "Rani Prameswari"),
        ]
    );
}

#[tokio::test]
async fn two_contacts_that_turn_out_to_be_one_person_become_one_conversation_on_every_screen() {
    let app = TestApp::start().await;
    let at = app.app.clock.millis() / 1000 * 1000 - 60_000;
    let hidden = |id: &str, text: &str, at: i64, phone: bool| {
        let mut body = inbound(NUMBER, PHONE, id, at, serde_json::json!({ "type": "text", "text": { "body": text } }));
        body["message"]["from_user_id"] = "ID.13491208655302741918".into();
        if !phone {
            body["message"].as_object_mut().unwrap().remove("from");
            body["conversation"].as_object_mut().unwrap().remove("phone_number");
        }
        body.to_string()
    };
    app.deliver(inbound_text(NUMBER, PHONE, "wamid.1", "dengan nomor", at)).await;
    app.deliver(hidden("wamid.2", "tanpa nomor", at + 1000, false)).await;
    let owner = app.owner().await;
    let before = owner.list(None).await;
    assert_eq!((before.rows.len(), before.unread_total), (2, 2));
    // One of the two is in somebody's hands.
    let hers = owner.send(before.rows[0].id, "Halo").await.conversation_id;
    let mut stream = owner.live("demo", Some(owner.list(None).await.seq)).await;
    app.deliver(hidden("wamid.3", "dengan keduanya", at + 2000, true)).await;
    let frames = stream.until(|frame| frame.kind == "message_received").await;
    let page = owner.list(None).await;
    assert_eq!((page.rows.len(), page.unread_total), (1, 3));
    let row = &page.rows[0];
    assert_eq!(row.holder, Holder::Team);
    assert_eq!(row.assignee.as_ref().map(|person| person.name.as_str()), Some("Rani Prameswari"));
    let gone: Vec<_> = frames.iter().filter_map(|frame| frame.gone).collect();
    assert_eq!(gone.len(), 1, "{frames:?}");
    assert!(before.rows.iter().any(|row| row.id == gone[0]) && gone[0] != row.id);
    let mut texts: Vec<String> =
        owner.thread(row.id).await.messages.into_iter().filter(|m| m.direction == Direction::Inbound).map(|m| m.text).collect();
    texts.sort();
    assert_eq!(texts, ["dengan keduanya", "dengan nomor", "tanpa nomor"]);
    assert_eq!(app.value::<i64>("select count(*) from contact").await, 1);
    // What was said in the other is answered and reported in the one.
    let reply = owner.send(row.id, "Halo lagi").await;
    assert!(hers == row.id || hers == gone[0]);
    eventually("both replies leave", async || (app.sent_by_gateway().await.len() == 2).then_some(())).await;
    eventually("and the report finds its message", async || {
        let thread = owner.thread(row.id).await.messages;
        thread.iter().any(|message| message.id == reply.id && message.status == Some(Status::Delivered)).then_some(())
    })
    .await;
}
