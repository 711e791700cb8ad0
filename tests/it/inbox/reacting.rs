//! Reactions from our side: one to a message, the newest wish only, and whatever the gateway does, the thread ends up showing what is true.

use crate::support::*;
use futures::future::join_all;
use leptos::server_fn::ServerFn;
use my21staff::{
    error::{AppError, Conflict, Rule},
    ids::{ConversationId, MessageId},
    inbox::{
        api::{CloseConversation, ReactToMessage},
        model::*,
    },
    server::clock::Clock,
    time::WINDOW,
};
use reqwest::{Response, StatusCode, header};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

const PHONE: &str = "6281234567890";

async fn try_react(actor: &Actor, workspace: &str, id: ConversationId, message: MessageId, emoji: &str) -> Response {
    let (id, message) = (id.to_string(), message.to_string());
    actor.post(ReactToMessage::PATH, &[("workspace", workspace), ("conversation", &id), ("message", &message), ("emoji", emoji)]).await
}

async fn react(actor: &Actor, id: ConversationId, message: MessageId, emoji: &str) -> MessageView {
    good(try_react(actor, "demo", id, message, emoji).await).await
}

/// A customer who wrote on the demo's phone, somebody who reads it, and what was written.
async fn asked() -> (TestApp, Actor, ConversationId, MessageId) {
    let app = TestApp::start().await;
    app.sql("update workspace set ari_enabled = false").await;
    let said = json!({ "as": PHONE, "name": "Ayu", "text": "Ada kamar untuk Sabtu?" });
    app.http.post(app.url("/sandbox/phone/messages")).json(&said).send().await.expect("an answer");
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let message = owner.thread(id).await.messages.first().expect("a message").id;
    (app, owner, id, message)
}

async fn shown(actor: &Actor, id: ConversationId, message: MessageId) -> MessageView {
    actor.thread(id).await.messages.into_iter().find(|known| known.id == message).expect("the message")
}

/// Waits until nothing is on its way any more; gives what the thread shows then.
async fn settled(app: &TestApp, actor: &Actor, id: ConversationId, message: MessageId) -> MessageView {
    eventually_within(15, "the reaction is settled", async || {
        let waits = "select (select count(*) from job where kind = 'send_reaction' and state <> 'dead')
            + (select count(*) from reaction_wish where failure_code is null)";
        if app.value::<i64>(waits).await > 0 {
            return None;
        }
        Some(shown(actor, id, message).await)
    })
    .await
}

/// The emoji that the gateway took, in order.
async fn carried(app: &TestApp) -> Vec<String> {
    let sends = app.sent_by_gateway().await.into_iter().filter(|send| send["type"] == "reaction");
    sends.map(|send| send["body"].as_str().expect("text").to_owned()).collect()
}

fn own(view: &MessageView) -> &OwnReaction {
    view.own_reaction.as_ref().expect("a reaction of ours")
}

#[tokio::test]
async fn an_emoji_is_given_replaced_and_taken_back_and_is_no_reply() {
    let (app, owner, id, message) = asked().await;
    app.customer_says("6281234567899", "Halo juga").await;
    let before = owner.list(None).await;
    let turn: i64 = app.value(&format!("select turn from conversation where id = '{id}'")).await;
    let wamid: String = app.value(&format!("select provider_message_id from message where id = '{message}'")).await;

    let first = react(&owner, id, message, "👍").await;
    assert_eq!((first.reactions.as_slice(), own(&first).waits), (&["👍".to_owned()][..], true), "shown at once");
    let given = settled(&app, &owner, id, message).await;
    assert_eq!(given.reactions, ["👍"]);
    assert_eq!(own(&given).by.as_ref().map(|by| by.name.as_str()), Some("Rani Prameswari"));
    assert!(!own(&given).waits && own(&given).failure.is_none());
    react(&owner, id, message, "❤️").await;
    assert_eq!(settled(&app, &owner, id, message).await.reactions, ["❤️"]);
    let page = app.http.get(app.url(&format!("/sandbox/phone?as={PHONE}"))).send().await.expect("an answer").text().await.expect("text");
    assert!(page.contains("❤️") && page.contains("<blockquote>Ada kamar untuk Sabtu?</blockquote>"), "the customer sees it: {page}");
    react(&owner, id, message, "").await;
    let gone = settled(&app, &owner, id, message).await;
    assert!(gone.reactions.is_empty() && gone.own_reaction.is_none());

    assert_eq!(carried(&app).await, ["👍", "❤️", ""]);
    assert_eq!(app.value::<String>("select target from reaction").await, wamid);
    // The echo of each came back meanwhile.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(shown(&owner, id, message).await.reactions.is_empty());
    let thread = owner.thread(id).await;
    assert_eq!(thread.messages.len(), 1, "no bubble, no line");
    let after = owner.list(None).await;
    assert_eq!(after.rows, before.rows, "nothing moved, nobody took over, nothing was read");
    assert_eq!(after.unread_total, before.unread_total);
    assert_eq!(app.value::<i64>(&format!("select turn from conversation where id = '{id}'")).await, turn);
}

#[tokio::test]
async fn our_own_messages_take_reactions_once_they_have_left() {
    let (app, owner, id, _) = asked().await;
    app.sandbox(json!({ "fail_next": [{ "status": 429, "retry_after": 2 }] })).await;
    let sent = owner.send(id, "Ada, Kak").await;
    let error = refused_as(try_react(&owner, "demo", id, sent.id, "👍").await, StatusCode::CONFLICT).await;
    assert_eq!(error, AppError::Conflict(Conflict::Refused("not_reactable".into())), "WhatsApp does not know it yet");
    eventually("it is sent", async || shown(&owner, id, sent.id).await.quotable().then_some(())).await;
    react(&owner, id, sent.id, "🙏").await;
    assert_eq!(settled(&app, &owner, id, sent.id).await.reactions, ["🙏"]);
    assert_eq!(carried(&app).await, ["🙏"]);
}

#[tokio::test]
async fn colleagues_see_it_at_once_with_the_name_and_a_fresh_load_shows_the_same() {
    let (app, owner, id, message) = asked().await;
    let admin = app.sign_in("admin@demo.test").await;
    let mut stream = admin.live("demo", Some(admin.list(None).await.seq)).await;
    // The gateway answers when it is let go, and its echo tells nothing before.
    let silent = json!({ "url": "http://127.0.0.1:9/nowhere", "secret": "-" });
    app.sandbox(json!({ "endpoint": silent, "fail_next": [{ "delay_ms": 20_000 }] })).await;
    react(&owner, id, message, "😂").await;
    let about = |frame: &LiveFrame, waits: bool| {
        frame.message.as_ref().is_some_and(|known| known.id == message && known.own_reaction.as_ref().is_some_and(|own| own.waits == waits))
    };
    let mut frames = stream.until(|frame| about(frame, true)).await;
    eventually("the gateway has it", async || (carried(&app).await == ["😂"]).then_some(())).await;
    app.sandbox(json!({ "let_go": true })).await;
    frames.extend(stream.until(|frame| about(frame, false)).await);
    let told = frames.last().and_then(|frame| frame.message.clone()).expect("a message");
    assert_eq!(told, shown(&admin, id, message).await);
    assert_eq!(own(&told).by.as_ref().map(|by| by.name.as_str()), Some("Rani Prameswari"));
    assert!(frames.iter().all(|frame| frame.kind == "message_changed" && frame.unread_delta == 0), "{frames:?}");
    // A colleague's takes its place.
    react(&admin, id, message, "😢").await;
    let theirs = settled(&app, &owner, id, message).await;
    assert_eq!(theirs.reactions, ["😢"]);
    assert_ne!(own(&theirs).by.as_ref().map(|by| by.name.as_str()), Some("Rani Prameswari"));
    assert_eq!(app.value::<i64>("select count(*) from reaction").await, 1);
}

#[tokio::test]
async fn the_customers_and_ours_stand_side_by_side_and_one_from_the_whatsapp_app_is_nobodys() {
    let (app, owner, id, message) = asked().await;
    let wamid: String = app.value(&format!("select provider_message_id from message where id = '{message}'")).await;
    let delivered = |emoji: &str, by_us: bool, at: i64| {
        let content = json!({ "type": "reaction", "reaction": { "message_id": wamid, "emoji": emoji } });
        let mut body = inbound(NUMBER, PHONE, &crate::support::wamid(), at, content);
        if by_us {
            body["message"]["kapso"]["direction"] = json!("outbound");
            body["message"]["kapso"]["origin"] = json!("business_app");
            body["message"]["to"] = json!(PHONE);
        }
        body.to_string()
    };
    let at = app.app.clock.millis();
    app.deliver(delivered("🎉", false, at)).await;
    react(&owner, id, message, "👍").await;
    assert_eq!(settled(&app, &owner, id, message).await.reactions, ["🎉", "👍"]);
    app.deliver(delivered("😮", true, at + 60_000)).await;
    let phone = shown(&owner, id, message).await;
    assert_eq!(phone.reactions, ["🎉", "😮"]);
    assert_eq!((own(&phone).by.as_ref(), own(&phone).waits), (None, false));
    react(&owner, id, message, "").await;
    assert_eq!(settled(&app, &owner, id, message).await.reactions, ["🎉"]);
}

#[tokio::test]
async fn twenty_clicks_at_once_are_one() {
    let (app, owner, id, message) = asked().await;
    for answer in join_all((0..20).map(|_| try_react(&owner, "demo", id, message, "👍"))).await {
        assert_eq!(good::<MessageView>(answer).await.reactions, ["👍"]);
    }
    assert_eq!(settled(&app, &owner, id, message).await.reactions, ["👍"]);
    // However late the browser repeats it.
    react(&owner, id, message, "👍").await;
    settled(&app, &owner, id, message).await;
    assert_eq!(carried(&app).await, ["👍"]);
}

#[tokio::test]
async fn only_the_newest_wish_is_carried_and_none_that_was_taken_back_in_time() {
    let (app, owner, id, message) = asked().await;
    app.holds_retries().await;
    app.sandbox(json!({ "fail_next": [{ "status": 500 }] })).await;
    react(&owner, id, message, "👍").await;
    app.is_tried("send_reaction").await;
    for emoji in ["😂", "", "❤️"] {
        react(&owner, id, message, emoji).await;
    }
    app.goes_on().await;
    assert_eq!(settled(&app, &owner, id, message).await.reactions, ["❤️"]);
    assert_eq!(carried(&app).await, ["❤️"]);

    app.holds_retries().await;
    app.sandbox(json!({ "fail_next": [{ "status": 500 }, { "status": 500 }] })).await;
    react(&owner, id, message, "😮").await;
    app.is_tried("send_reaction").await;
    let back = react(&owner, id, message, "❤️").await;
    assert_eq!((back.reactions.as_slice(), own(&back).waits), (&["❤️".to_owned()][..], false), "back where it began");
    app.goes_on().await;
    settled(&app, &owner, id, message).await;
    assert_eq!(carried(&app).await, ["❤️"], "nothing was sent");
    assert_eq!(app.sandbox_log().await["faults_waiting"], json!(1), "nor tried");
}

#[tokio::test]
async fn a_change_of_mind_while_one_is_on_its_way_follows_it() {
    for (then, stands) in [("❤️", vec!["❤️"]), ("", vec![])] {
        let (app, owner, id, message) = asked().await;
        app.sandbox(json!({ "fail_next": [{ "delay_ms": 1200 }] })).await;
        react(&owner, id, message, "👍").await;
        eventually("the gateway has it", async || (carried(&app).await == ["👍"]).then_some(())).await;
        react(&owner, id, message, then).await;
        assert_eq!(settled(&app, &owner, id, message).await.reactions, stands);
        assert_eq!(carried(&app).await, ["👍", then]);
    }
}

#[tokio::test]
async fn two_people_at_once_leave_one_and_everybody_sees_which() {
    let (app, owner, id, message) = asked().await;
    let admin = app.sign_in("admin@demo.test").await;
    // Never one that stands there already: wanting that changes nothing, not even whose it is.
    for [ours, theirs] in [["👍", "❤️"], ["😂", "😮"], ["😢", "🙏"], ["🎉", "☕"], ["🔥", "👏"]] {
        let answers = tokio::join!(try_react(&owner, "demo", id, message, ours), try_react(&admin, "demo", id, message, theirs));
        assert_eq!((answers.0.status(), answers.1.status()), (StatusCode::OK, StatusCode::OK));
        let shown_to_owner = settled(&app, &owner, id, message).await;
        assert_eq!(shown_to_owner, shown(&admin, id, message).await);
        assert_eq!(shown_to_owner.reactions.last(), carried(&app).await.last(), "what WhatsApp heard last");
        let name = own(&shown_to_owner).by.as_ref().map(|by| by.name.clone());
        assert_eq!(name.as_deref() == Some("Rani Prameswari"), shown_to_owner.reactions[0] == ours, "the name is of whose it is");
    }
    assert_eq!(app.value::<i64>("select count(*) from reaction").await, 1);
}

#[tokio::test]
async fn it_is_only_possible_while_the_window_is_open() {
    let opened = 1_795_184_701_000;
    let clock = Clock::fixed(opened);
    let app = TestApp::configured(clock.clone(), |_| {}).await;
    app.sql("update workspace set ari_enabled = false").await;
    app.customer_says(PHONE, "Halo?").await;
    let id = app.only_conversation().await;
    clock.set(opened + WINDOW - 1_000);
    let owner = app.owner().await;
    let message = owner.thread(id).await.messages[0].id;
    let page = owner.get(&format!("/demo/inbox/{id}?react={message}")).await.text().await.expect("a page");
    assert!(page.contains("class=\"picker") && !page.contains("no-react"), "offered");
    react(&owner, id, message, "👍").await;
    assert_eq!(settled(&app, &owner, id, message).await.reactions, ["👍"]);
    clock.set(opened + WINDOW + 1_000);
    for emoji in ["❤️", ""] {
        let error = refused_as(try_react(&owner, "demo", id, message, emoji).await, StatusCode::CONFLICT).await;
        assert_eq!(error, AppError::Conflict(Conflict::WindowClosed(Some(opened + WINDOW))));
    }
    let page = owner.get(&format!("/demo/inbox/{id}?react={message}")).await.text().await.expect("a page");
    assert!(!page.contains("class=\"picker") && page.contains("no-react"), "not offered");
    assert_eq!(shown(&owner, id, message).await.reactions, ["👍"], "what stands there stays");
    assert_eq!(carried(&app).await, ["👍"]);
}

#[tokio::test]
async fn a_refusal_is_shown_and_what_was_there_stays_until_somebody_tries_again_or_lets_it_be() {
    let (app, owner, id, message) = asked().await;
    react(&owner, id, message, "👍").await;
    settled(&app, &owner, id, message).await;
    app.sandbox(json!({ "fail_next": [{ "status": 400, "code": 131_009 }] })).await;
    react(&owner, id, message, "❤️").await;
    let refused = settled(&app, &owner, id, message).await;
    assert_eq!((refused.reactions.as_slice(), own(&refused).failed.as_str()), (&["👍".to_owned()][..], "❤️"));
    assert_eq!(own(&refused).failure.as_ref().map(|failure| failure.code), Some(131_009));
    assert_eq!(own(&refused).by.as_ref().map(|by| by.name.as_str()), Some("Rani Prameswari"));
    let page = owner.get(&format!("/demo/inbox/{id}")).await.text().await.expect("a page");
    assert!(page.contains("Reaksi ❤️ gagal"), "told to whoever opens it");
    // Once more.
    react(&owner, id, message, "❤️").await;
    let given = settled(&app, &owner, id, message).await;
    assert_eq!((given.reactions.as_slice(), own(&given).failure.as_ref()), (&["❤️".to_owned()][..], None));
    // Taking back can be refused too, and be left at that, whatever the window is.
    app.sandbox(json!({ "fail_next": [{ "status": 422, "code": 131_047 }] })).await;
    react(&owner, id, message, "").await;
    let refused = settled(&app, &owner, id, message).await;
    assert_eq!((refused.reactions.as_slice(), own(&refused).failed.as_str()), (&["❤️".to_owned()][..], ""));
    assert!(own(&refused).failure.is_some());
    app.sql("update conversation set last_inbound_at = now() - interval '2 days'").await;
    let left = react(&owner, id, message, "❤️").await;
    assert_eq!((left.reactions.as_slice(), own(&left).failure.as_ref()), (&["❤️".to_owned()][..], None));
    assert_eq!(carried(&app).await, ["👍", "❤️"]);
}

#[tokio::test]
async fn one_that_fails_later_gives_way_to_what_was_there() {
    let (app, owner, id, message) = asked().await;
    react(&owner, id, message, "👍").await;
    settled(&app, &owner, id, message).await;
    app.sandbox(json!({ "fail_next": [{ "fail_later": 131_026 }] })).await;
    react(&owner, id, message, "❤️").await;
    let undone = eventually("the report comes", async || {
        Some(shown(&owner, id, message).await).filter(|view| view.own_reaction.as_ref().is_some_and(|own| own.failure.is_some()))
    })
    .await;
    assert_eq!((undone.reactions.as_slice(), own(&undone).failed.as_str()), (&["👍".to_owned()][..], "❤️"));
    assert_eq!(own(&undone).failure.as_ref().map(|failure| failure.code), Some(131_026));
}

#[tokio::test]
async fn errors_of_the_gateway_are_tried_again() {
    for fault in [json!({ "status": 429, "retry_after": 1 }), json!({ "status": 500 }), json!({ "status": 503 })] {
        let (app, owner, id, message) = asked().await;
        app.sandbox(json!({ "fail_next": [fault] })).await;
        react(&owner, id, message, "👍").await;
        let given = settled(&app, &owner, id, message).await;
        assert_eq!((given.reactions.as_slice(), own(&given).failure.as_ref()), (&["👍".to_owned()][..], None), "{fault}");
        assert_eq!(carried(&app).await, ["👍"], "{fault}");
    }
}

#[tokio::test]
async fn when_the_answer_is_lost_it_is_repeated_which_harms_nobody_or_the_echo_tells() {
    // With reports: the echo is usually faster than the next attempt. Without: it is sent again.
    for endpoint in [None, Some(json!({ "url": "http://127.0.0.1:9/nowhere", "secret": "-" }))] {
        let (app, owner, id, message) = asked().await;
        let silent = endpoint.is_some();
        if let Some(endpoint) = endpoint {
            app.sandbox(json!({ "endpoint": endpoint })).await;
        }
        app.sandbox(json!({ "fail_next": [{ "drop_after_accept": true }] })).await;
        react(&owner, id, message, "👍").await;
        let given = settled(&app, &owner, id, message).await;
        assert_eq!((given.reactions.as_slice(), own(&given).failure.as_ref()), (&["👍".to_owned()][..], None));
        assert_eq!(own(&given).by.as_ref().map(|by| by.name.as_str()), Some("Rani Prameswari"));
        let carried = carried(&app).await;
        assert!(carried.iter().all(|emoji| emoji == "👍") && (1..=2).contains(&carried.len()), "{carried:?}");
        assert!(!silent || carried.len() == 2, "{carried:?}");
    }
}

#[tokio::test]
async fn one_that_never_gets_through_is_given_up_and_replies_go_on() {
    let (app, owner, id, message) = asked().await;
    app.holds_retries().await;
    app.sandbox(json!({ "fail_next": [{ "status": 500 }, { "status": 500 }] })).await;
    react(&owner, id, message, "👍").await;
    app.is_tried("send_reaction").await;
    app.sql("update job set attempts = 5 where kind = 'send_reaction'").await;
    app.goes_on().await;
    let given_up = eventually("it is given up", async || {
        Some(shown(&owner, id, message).await).filter(|view| view.own_reaction.as_ref().is_some_and(|own| own.failure.is_some()))
    })
    .await;
    assert!(given_up.reactions.is_empty());
    let sent = owner.send(id, "Ada, Kak").await;
    eventually("the reply is sent", async || shown(&owner, id, sent.id).await.quotable().then_some(())).await;
    react(&owner, id, message, "👍").await;
    assert_eq!(settled(&app, &owner, id, message).await.reactions, ["👍"]);
}

#[tokio::test]
async fn it_keeps_its_place_among_the_replies_of_the_conversation() {
    let (app, owner, id, message) = asked().await;
    app.sandbox(json!({ "fail_next": [{ "status": 500 }] })).await;
    owner.send(id, "satu").await;
    react(&owner, id, message, "👍").await;
    owner.send(id, "dua").await;
    settled(&app, &owner, id, message).await;
    let sent = eventually("all is sent", async || {
        let sent: Vec<Value> = app.sent_by_gateway().await;
        (sent.len() == 3).then_some(sent)
    })
    .await;
    let said: Vec<&str> = sent.iter().filter_map(|send| send["body"].as_str()).collect();
    assert_eq!(said, ["satu", "👍", "dua"]);
}

#[tokio::test]
async fn ari_goes_on_answering() {
    let app = TestApp::with_ari().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    // What the list shows of the answer changes until then, and no more: nobody looks at the phone.
    let before = eventually("ARI's answer is delivered", async || {
        let thread = owner.thread(id).await;
        thread.messages.get(1).is_some_and(|answer| answer.status == Some(Status::Delivered)).then_some(thread)
    })
    .await;
    assert_eq!(before.conversation.holder, Holder::Ari);
    react(&owner, id, before.messages[0].id, "👍").await;
    settled(&app, &owner, id, before.messages[0].id).await;
    let after = owner.thread(id).await;
    assert_eq!(after.messages.len(), 2);
    assert_eq!(after.conversation, before.conversation);
}

#[tokio::test]
async fn nothing_but_one_emoji_is_taken() {
    let (app, owner, id, message) = asked().await;
    for text in ["halo", "👍👍", "1", "<script>", &"👍".repeat(400)] {
        let error = refused_as(try_react(&owner, "demo", id, message, text).await, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(error, AppError::invalid(EMOJI, Rule::Malformed));
    }
    react(&owner, id, message, " 👩🏽‍❤️‍💋‍👨🏿 ").await;
    assert_eq!(settled(&app, &owner, id, message).await.reactions, ["👩🏽‍❤️‍💋‍👨🏿"]);
}

#[tokio::test]
async fn what_is_not_of_the_conversation_or_out_of_sight_is_not_there() {
    let (app, owner, id, message) = asked().await;
    app.customer_says("6281234567899", "Halo juga").await;
    let other = owner.list(None).await.rows.into_iter().find(|row| row.id != id).expect("another").id;
    let theirs = owner.thread(other).await.messages[0].id;
    app.deliver(inbound_text(OTHER_NUMBER, "6281100000001", &wamid(), "ruang lain", app.app.clock.millis())).await;
    let foreign = MessageId(app.value("select id from message where body = 'ruang lain'").await);
    let foreign_conversation = ConversationId(app.value("select conversation_id from message where body = 'ruang lain'").await);
    owner.take_over(id).await;
    let line = MessageId(app.value("select id from message where kind = 'took_over'").await);
    for message in [theirs, foreign, line, MessageId(Uuid::new_v4())] {
        assert_eq!(try_react(&owner, "demo", id, message, "👍").await.status(), StatusCode::NOT_FOUND);
    }
    let stranger = app.stranger().await;
    for (workspace, conversation, message) in
        [("other", foreign_conversation, message), ("other", id, message), ("demo", id, message), ("demo", foreign_conversation, foreign)]
    {
        assert_eq!(try_react(&stranger, workspace, conversation, message, "👍").await.status(), StatusCode::NOT_FOUND);
    }
    // In sight of the owner, of nobody's or a colleague's: out of the member's.
    let member = app.sign_in("member@demo.test").await;
    assert_eq!(try_react(&member, "demo", id, message, "👍").await.status(), StatusCode::NOT_FOUND);
    app.sql(
        "insert into role (workspace_id, id, name, permissions, created_at)
             select id, '00000000-0000-0000-0000-00000000000a', 'Pembaca', '{leads:view_all}', now() from workspace where slug = 'demo';
         update membership m set custom_role_id = '00000000-0000-0000-0000-00000000000a' from person p
             where p.id = m.person_id and p.email = 'member@demo.test'",
    )
    .await;
    let reader = app.sign_in("member@demo.test").await;
    assert_eq!(try_react(&reader, "demo", id, message, "👍").await.status(), StatusCode::FORBIDDEN, "sees it, may not reply");
    let page = reader.get(&format!("/demo/inbox/{id}?react={message}")).await.text().await.expect("a page");
    assert!(!page.contains("class=\"picker") && page.contains("no-react"), "nor is it offered");
    assert_eq!(app.value::<i64>("select (select count(*) from reaction) + (select count(*) from reaction_wish)").await, 0);

    // Each workspace has its own, also where the provider's ids are the same.
    good::<MessageView>(try_react(&stranger, "other", foreign_conversation, foreign, "🎉").await).await;
    react(&owner, id, message, "👍").await;
    settled(&app, &owner, id, message).await;
    let of_demo = "select emoji from reaction r join workspace w on w.id = r.workspace_id where w.slug = 'demo'";
    assert_eq!(app.value::<String>(of_demo).await, "👍");
    let closed = owner.post(CloseConversation::PATH, &[("workspace", "demo"), ("conversation", &id.to_string())]).await;
    assert_eq!(closed.status(), StatusCode::OK);
    let error = refused_as(try_react(&owner, "demo", id, message, "❤️").await, StatusCode::CONFLICT).await;
    assert_eq!(error, AppError::Conflict(Conflict::ConversationClosed));
}

#[tokio::test]
async fn without_script_a_link_opens_the_picker_and_its_form_does_it() {
    let (app, owner, id, message) = asked().await;
    let page = owner.get(&format!("/demo/inbox/{id}")).await.text().await.expect("a page");
    assert!(page.contains(&format!("href=\"?react={message}\"")) && !page.contains("class=\"picker"), "{page}");
    let page = owner.get(&format!("/demo/inbox/{id}?react={message}")).await.text().await.expect("a page");
    let form = &page[page.find("class=\"picker").expect("the picker")..];
    assert!(form.contains(&format!("name=\"message\" value=\"{message}\"")) && form.contains("value=\"😢\""));
    let fields = [("workspace", "demo"), ("conversation", &id.to_string()), ("message", &message.to_string()), ("emoji", "😢")];
    let answer = app
        .http
        .post(app.url(ReactToMessage::PATH))
        .header(header::COOKIE, owner.cookie())
        .header(header::ACCEPT, "text/html")
        .form(&fields)
        .send()
        .await
        .expect("an answer");
    assert!(answer.status().is_redirection(), "{}", answer.status());
    assert_eq!(settled(&app, &owner, id, message).await.reactions, ["😢"]);
    let page = owner.get(&format!("/demo/inbox/{id}?react={message}")).await.text().await.expect("a page");
    let form = &page[page.find("class=\"picker").expect("the picker")..];
    assert!(form.contains("value=\"\" aria-pressed=\"true\">😢"), "pressing it again takes it back: {form}");
    for nonsense in ["x", &Uuid::new_v4().to_string()] {
        let page = owner.get(&format!("/demo/inbox/{id}?react={nonsense}")).await;
        assert_eq!(page.status(), StatusCode::OK);
        assert!(!page.text().await.expect("a page").contains("class=\"picker"));
    }
}
