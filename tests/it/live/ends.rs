//! When a stream ends, and what it says then.

use super::*;
use crate::support::Actor;

async fn ends_with(stream: &mut LiveStream, name: &str, data: &str, within: Duration) {
    let end = tokio::time::timeout(within, stream.ending()).await.unwrap_or_else(|_| panic!("{name} {data} within {within:?}"));
    let end = end.expect("a last word");
    assert_eq!((end.name.as_deref(), end.data.as_str(), end.id), (Some(name), data, None));
}

async fn sign_out(app: &TestApp, actor: &Actor) {
    let answer = app.http.post(app.url("/sign-out")).header(header::COOKIE, &actor.cookie).send().await.expect("an answer");
    assert_eq!(answer.status(), 303);
}

#[tokio::test]
async fn signing_out_ends_the_sessions_streams_in_every_process() {
    let app = TestApp::start().await;
    let second = app.second_process().await;
    for (where_to_sign_out, name) in [(&app, "the same process"), (&second, "another process")] {
        let (leaving, staying) = (app.owner().await, app.owner().await);
        let mut streams = [open(&app, &leaving.cookie, "", None).await, open(&app, &leaving.cookie, "?after=0", None).await];
        let mut elsewhere = open(&second, &leaving.cookie, "", None).await;
        let mut others = open(&app, &staying.cookie, "", None).await;
        tokio::join!(app.is_ready(), second.is_ready());
        sign_out(where_to_sign_out, &leaving).await;
        for stream in streams.iter_mut().chain([&mut elsewhere]) {
            ends_with(stream, "bye", "signed_out", Duration::from_secs(2)).await;
        }
        assert_eq!(ask(&app, &leaving.cookie, "/api/demo/live", None).await.status(), 401, "signed out at {name}");
        assert!(others.is_silent_for(Duration::from_millis(300)).await, "another session of the same person goes on");
    }
}

/// Nobody says so, but the sweep finds out: the session's row is gone, the membership is gone, the role is another.
#[tokio::test]
async fn a_stream_ends_when_what_it_rests_on_ends() {
    let app = TestApp::start().await;
    let mut owner = open(&app, &app.owner().await.cookie, "", None).await;
    let admin_actor = app.sign_in("admin@demo.test").await;
    let mut admin = open(&app, &admin_actor.cookie, "", None).await;
    let member_actor = app.sign_in("member@demo.test").await;
    let mut member = open(&app, &member_actor.cookie, "", None).await;
    let mut stranger = app.stranger().await.live("other", None).await;
    app.sql(
        "delete from session where person_id = (select id from person where email = 'owner@demo.test');
         update membership set role = 'member' where person_id = (select id from person where email = 'admin@demo.test');
         delete from membership where person_id = (select id from person where email = 'member@demo.test')",
    )
    .await;
    let sweep = Duration::from_secs(2);
    tokio::join!(
        ends_with(&mut owner, "bye", "signed_out", sweep),
        ends_with(&mut admin, "reset", "-", sweep),
        ends_with(&mut member, "reset", "-", sweep),
    );
    assert_eq!(ask(&app, &admin_actor.cookie, "/api/demo/live", None).await.status(), 200, "in the new role");
    assert_eq!(ask(&app, &member_actor.cookie, "/api/demo/live", None).await.status(), 404);
    assert!(stranger.is_silent_for(Duration::from_millis(300)).await, "who is not concerned goes on");
    eventually("ended streams are let go", async || (app.app.hub.subscribers() <= 2).then_some(())).await;
}

#[tokio::test]
async fn stopping_the_server_says_goodbye_and_when_to_come_back() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let mut retries = Vec::new();
    let mut streams = Vec::new();
    for _ in 0..6 {
        streams.push(open(&app, &owner.cookie, "", None).await);
    }
    app.app.stopping.cancel();
    for stream in &mut streams {
        let end = tokio::time::timeout(Duration::from_secs(2), stream.ending()).await.expect("at once").expect("a last word");
        assert_eq!((end.name.as_deref(), end.data.as_str()), (Some("bye"), "restart"));
        retries.push(end.retry.expect("a hint"));
    }
    assert!(retries.iter().all(|retry| (300..=1_400).contains(retry)), "{retries:?}");
    retries.dedup();
    assert!(retries.len() > 1, "not everybody comes back at once: {retries:?}");
}
