//! Who is where: colleagues who may know are told, in every process, and nobody else.

use crate::support::*;
use my21staff::{
    ids::ConversationId,
    inbox::{api::BeHere, model::Here},
};
use reqwest::{Response, StatusCode};
use std::time::Duration;

const PHONE: &str = "6281234567890";

async fn try_tell(actor: &Actor, workspace: &str, conversation: Option<ConversationId>, typing: bool) -> Response {
    let mut form = vec![("workspace", workspace.to_owned()), ("typing", typing.to_string())];
    form.extend(conversation.map(|id| ("conversation", id.to_string())));
    actor.post(<BeHere as leptos::server_fn::ServerFn>::PATH, &form).await
}

async fn tell(actor: &Actor, conversation: Option<ConversationId>, typing: bool) {
    assert_eq!(try_tell(actor, "demo", conversation, typing).await.status(), StatusCode::OK);
}

/// The next telling on a stream, which must come within ten seconds.
async fn heard(stream: &mut LiveStream) -> Here {
    let next = async {
        loop {
            let event = stream.event().await.expect("the stream goes on");
            if event.name.as_deref() == Some("here") {
                assert_eq!(event.id, None, "it moves no cursor");
                return serde_json::from_str(&event.data).expect("a telling");
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), next).await.expect("a telling within ten seconds")
}

#[tokio::test]
async fn colleagues_are_told_in_every_process_and_nobody_of_themselves_or_of_another_workspace() {
    let app = TestApp::start().await;
    let second = app.second_process().await;
    app.customer_says(PHONE, "Halo").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let admin = app.sign_in("admin@demo.test").await;
    let mut here = owner.live("demo", None).await;
    let mut there = owner.at(&second.base).live("demo", None).await;
    let mut own = admin.live("demo", None).await;
    let mut other = app.stranger().await.live("other", None).await;
    tokio::join!(app.is_ready(), second.is_ready());
    tell(&admin, Some(id), true).await;
    for stream in [&mut here, &mut there] {
        let told = heard(stream).await;
        assert_eq!((told.conversation, told.typing), (Some(id), true));
        assert!(!told.name.is_empty());
    }
    // Elsewhere, and then nowhere: nobody types in nothing.
    tell(&admin, None, true).await;
    let told = heard(&mut there).await;
    assert_eq!((told.conversation, told.typing), (None, false));
    assert!(own.is_silent_for(Duration::from_millis(500)).await, "not told of oneself");
    assert!(other.is_silent_for(Duration::from_millis(500)).await, "nor of another workspace");
    assert_eq!(app.value::<i64>("select count(*) from event where kind not like 'message%' and kind not like 'conversation%'").await, 0);
}

#[tokio::test]
async fn who_sees_only_their_own_is_told_only_of_these() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let member = app.sign_in("member@demo.test").await;
    let mut stream = member.live("demo", None).await;
    tell(&owner, Some(id), true).await;
    assert!(stream.is_silent_for(Duration::from_millis(700)).await, "it is nobody's, so it is not for them to know");
    assert_eq!(try_tell(&member, "demo", Some(id), true).await.status(), StatusCode::NOT_FOUND);
    app.sql("update conversation set assignee_id = (select id from person where email = 'member@demo.test')").await;
    tell(&owner, Some(id), true).await;
    assert_eq!(heard(&mut stream).await.conversation, Some(id));
    // That a colleague is there at all is for everybody.
    tell(&owner, None, false).await;
    assert_eq!(heard(&mut stream).await.conversation, None);
}

#[tokio::test]
async fn a_conversation_of_another_workspace_is_none_and_who_tells_all_the_time_is_refused() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let stranger = app.stranger().await;
    let mut stream = owner.live("demo", None).await;
    assert_eq!(try_tell(&stranger, "other", Some(id), true).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(try_tell(&stranger, "demo", Some(id), true).await.status(), StatusCode::NOT_FOUND);
    assert!(stream.is_silent_for(Duration::from_millis(500)).await);
    let mut refused = false;
    for _ in 0..61 {
        refused |= try_tell(&owner, "demo", None, false).await.status() == StatusCode::TOO_MANY_REQUESTS;
    }
    assert!(refused, "sixty a minute are enough");
}
