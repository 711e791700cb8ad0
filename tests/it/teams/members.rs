//! Changing and ending memberships (F16, F17): with a mail, with an entry, and never without an owner.

use super::*;
use my21staff::workspace::api::{ChangeRole, HandOverOwnership, RemoveMember};
use std::time::Duration;

#[tokio::test]
async fn a_new_role_is_mailed_and_counts_at_once() {
    let app = TestApp::start().await;
    app.customer_says("6281100000001", "halo").await;
    let (owner, member) = (app.owner().await, app.sign_in("member@demo.test").await);
    let sekar = person(&app, "member@demo.test").await;
    assert!(member.list(None).await.rows.is_empty());
    let mut stream = member.live("demo", None).await;

    done::<ChangeRole>(&owner, &[("workspace", "demo"), ("person", &sekar), ("role", "admin")]).await;
    let end = tokio::time::timeout(Duration::from_secs(2), stream.ending()).await.expect("within two seconds").expect("a last word");
    assert_eq!(end.name.as_deref(), Some("reset"));
    assert_eq!(member.list(None).await.rows.len(), 1);
    assert!(mail(&app, "member@demo.test", "role_changed", 1).await.contains("Demo"));
    done::<ChangeRole>(&owner, &[("workspace", "demo"), ("person", &sekar), ("role", "admin")]).await;
    assert_eq!(entries(&app, "member.role_changed").await, 1, "the same again is no change");

    for role in ["owner", "boss", ""] {
        let error = refused::<ChangeRole>(&owner, &[("workspace", "demo"), ("person", &sekar), ("role", role)]).await;
        assert!(matches!(error, AppError::Invalid { .. }), "{role}: {error:?}");
    }
    let rani = person(&app, "owner@demo.test").await;
    let own = [("workspace", "demo"), ("person", rani.as_str()), ("role", "member")];
    assert_eq!(refused::<ChangeRole>(&owner, &own).await, rule("owner_role"));
    let admin = app.sign_in("admin@demo.test").await;
    let answer = refused::<ChangeRole>(&admin, &[("workspace", "demo"), ("person", &sekar), ("role", "member")]).await;
    assert_eq!(answer, AppError::Forbidden("team:change_role".into()), "the refusal names the permission");
    let foreign = person(&app, "owner@other.test").await;
    assert_eq!(refused::<ChangeRole>(&owner, &[("workspace", "demo"), ("person", &foreign), ("role", "admin")]).await, AppError::NotFound);
}

#[tokio::test]
async fn removal_ends_sessions_and_streams_and_frees_conversations() {
    let app = TestApp::start().await;
    app.customer_says("6281100000001", "halo").await;
    let conversation = app.only_conversation().await;
    let sekar = person(&app, "member@demo.test").await;
    app.sql(&format!("update conversation set holder = 'team', assignee_id = '{sekar}'")).await;
    let (owner, member) = (app.owner().await, app.sign_in("member@demo.test").await);
    assert_eq!(member.list(None).await.rows.len(), 1);
    let mut stream = member.live("demo", None).await;
    let mut others = owner.live("demo", None).await;

    done::<RemoveMember>(&owner, &[("workspace", "demo"), ("person", &sekar)]).await;
    let end = tokio::time::timeout(Duration::from_secs(2), stream.ending()).await.expect("within two seconds").expect("a last word");
    assert_eq!((end.name.as_deref(), end.data.as_str()), (Some("bye"), "signed_out"));
    assert_eq!(member.try_list("demo", None).await.status(), 401, "the session is over");
    let frame = others.frame().await;
    assert_eq!(frame.conversation.map(|view| (view.id, view.assignee.is_none())), Some((conversation, true)));
    assert!(mail(&app, "member@demo.test", "removed", 1).await.contains("Demo"));
    assert_eq!(entries(&app, "member.removed").await, 1);

    let rani = person(&app, "owner@demo.test").await;
    assert_eq!(refused::<RemoveMember>(&owner, &[("workspace", "demo"), ("person", &rani)]).await, rule("owner_removed"));
    let budi = person(&app, "admin@demo.test").await;
    let admin = app.sign_in("admin@demo.test").await;
    assert_eq!(
        refused::<RemoveMember>(&admin, &[("workspace", "demo"), ("person", &budi)]).await,
        AppError::Forbidden("team:remove".into())
    );
}

#[tokio::test]
async fn ownership_is_handed_over_whole_and_only_when_meant() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let (budi, sekar) = (person(&app, "admin@demo.test").await, person(&app, "member@demo.test").await);
    let to =
        |person: &str, word: &str| vec![("workspace", "demo".to_owned()), ("person", person.to_owned()), ("confirmation", word.to_owned())];
    let form = |pairs: &[(&'static str, String)]| pairs.iter().map(|(name, value)| (*name, value.clone())).collect::<Vec<_>>();
    let answer = owner.post(<HandOverOwnership as ServerFn>::PATH, &form(&to(&budi, "demo"))).await;
    assert_eq!(answer.json::<AppError>().await.expect("an error"), rule("not_confirmed"));

    // To two people at once: one of them gets it, and there is one owner at any moment.
    let (one, two) = (form(&to(&budi, "Demo")), form(&to(&sekar, "Demo")));
    let (one, two) =
        tokio::join!(owner.post(<HandOverOwnership as ServerFn>::PATH, &one), owner.post(<HandOverOwnership as ServerFn>::PATH, &two));
    assert_eq!([one.status(), two.status()].iter().filter(|status| status.is_success()).count(), 1);
    let owners = "select count(*) from membership m join workspace w on w.id = m.workspace_id where w.slug = 'demo' and m.role = 'owner'";
    assert_eq!(app.value::<i64>(owners).await, 1);
    let answer = refused::<ChangeRole>(&owner, &[("workspace", "demo"), ("person", &sekar), ("role", "member")]).await;
    assert_eq!(answer, AppError::Forbidden("team:change_role".into()), "who was the owner is an admin now");
    assert_eq!(entries(&app, "ownership.handed_over").await, 1);
}

#[tokio::test]
async fn disabled_controls_say_why_and_whom_to_ask() {
    let app = TestApp::start().await;
    let page = app.sign_in("member@demo.test").await.get("/demo/settings/team").await;
    assert_eq!(page.status(), 200);
    let page = page.text().await.expect("text");
    assert!(page.contains("aria-disabled=\"true\"") && page.contains("pemilik ruang kerja"), "{page}");
    assert!(!page.contains("/api/remove_member"), "no form that would be refused");
    let page = app.owner().await.get("/demo/settings/team").await.text().await.expect("text");
    assert!(!page.contains("aria-disabled=\"true\"") && page.contains("Sekar Ayu"));
}
