//! Texts kept ready: who may change them, and whose they are.

use crate::support::*;
use leptos::server_fn::ServerFn;
use my21staff::{
    error::{AppError, Conflict, Rule},
    inbox::{
        api::{DeleteQuickReply, ListQuickReplies, SaveQuickReply},
        model::{MAX_QUICK_REPLY, MAX_SHORTCUT, QuickReply},
    },
};
use reqwest::{Response, StatusCode, header};

async fn list(actor: &Actor, workspace: &str) -> Vec<QuickReply> {
    good(actor.get(&format!("{}?workspace={workspace}", ListQuickReplies::PATH)).await).await
}

async fn try_save(actor: &Actor, workspace: &str, id: Option<&str>, shortcut: &str, text: &str) -> Response {
    let mut form = vec![("workspace", workspace), ("shortcut", shortcut), ("text", text)];
    form.extend(id.map(|id| ("quick_reply", id)));
    actor.post(SaveQuickReply::PATH, &form).await
}

async fn try_delete(actor: &Actor, workspace: &str, id: &str) -> Response {
    actor.post(DeleteQuickReply::PATH, &[("workspace", workspace), ("quick_reply", id)]).await
}

fn found(replies: &[QuickReply]) -> Vec<(&str, &str)> {
    replies.iter().map(|reply| (reply.shortcut.as_str(), reply.text.as_str())).collect()
}

#[tokio::test]
async fn they_are_made_changed_and_deleted_and_everybody_uses_them() {
    let app = TestApp::start().await;
    let (owner, admin, member) = (app.owner().await, app.sign_in("admin@demo.test").await, app.sign_in("member@demo.test").await);
    assert!(try_save(&owner, "demo", None, "/Jam", "Buka 9 sampai 5").await.status().is_success());
    assert!(try_save(&admin, "demo", None, "harga", " Halo {{name}},\r\nini harganya. ").await.status().is_success());
    let all = list(&member, "demo").await;
    assert_eq!(found(&all), [("harga", "Halo {{name}},\nini harganya."), ("Jam", "Buka 9 sampai 5")], "by shortcut");
    let (harga, jam) = (all[0].id.to_string(), all[1].id.to_string());
    assert!(try_save(&owner, "demo", Some(&harga), "biaya", "Ini biayanya").await.status().is_success());
    assert!(try_delete(&admin, "demo", &jam).await.status().is_success());
    assert_eq!(found(&list(&member, "demo").await), [("biaya", "Ini biayanya")]);
    assert_eq!(try_delete(&admin, "demo", &jam).await.status(), StatusCode::NOT_FOUND, "once");
    let trail: String = app.value("select string_agg(action, ' ' order by action) from audit_entry where action like 'quick_reply%'").await;
    assert_eq!(trail, "quick_reply.changed quick_reply.created quick_reply.created quick_reply.deleted");
}

#[tokio::test]
async fn a_shortcut_is_one_word_and_only_one_has_it() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let error =
        async |shortcut: &str, text: &str| try_save(&owner, "demo", None, shortcut, text).await.json::<AppError>().await.expect("an error");
    assert_eq!(error("", "x").await, AppError::invalid("shortcut", Rule::Missing));
    assert_eq!(error("dua kata", "x").await, AppError::invalid("shortcut", Rule::Malformed));
    assert_eq!(error(&"a".repeat(MAX_SHORTCUT + 1), "x").await, AppError::invalid("shortcut", Rule::TooLong(MAX_SHORTCUT as u32)));
    assert_eq!(error("a", " ").await, AppError::invalid("text", Rule::Missing));
    assert_eq!(error("a", &"é".repeat(MAX_QUICK_REPLY + 1)).await, AppError::invalid("text", Rule::TooLong(MAX_QUICK_REPLY as u32)));
    assert!(try_save(&owner, "demo", None, "jam", &"é".repeat(MAX_QUICK_REPLY)).await.status().is_success());
    assert_eq!(error("JAM", "x").await, AppError::Conflict(Conflict::Refused("shortcut_taken".into())));
    assert!(try_save(&owner, "demo", None, "harga", "x").await.status().is_success());
    let harga = list(&owner, "demo").await.into_iter().find(|reply| reply.shortcut == "harga").expect("it").id.to_string();
    assert_eq!(try_save(&owner, "demo", Some(&harga), "jam", "x").await.status(), StatusCode::CONFLICT);
    assert!(try_save(&owner, "demo", Some(&harga), "harga", "y").await.status().is_success(), "its own is free");
}

#[tokio::test]
async fn a_member_and_another_workspace_change_nothing() {
    let app = TestApp::start().await;
    let (owner, member, stranger) = (app.owner().await, app.sign_in("member@demo.test").await, app.stranger().await);
    assert!(try_save(&owner, "demo", None, "jam", "Buka 9 sampai 5").await.status().is_success());
    let id = list(&owner, "demo").await[0].id.to_string();
    for (actor, workspace, status) in
        [(&member, "demo", StatusCode::FORBIDDEN), (&stranger, "demo", StatusCode::NOT_FOUND), (&stranger, "other", StatusCode::NOT_FOUND)]
    {
        assert_eq!(try_save(actor, workspace, Some(&id), "x", "x").await.status(), status, "{workspace}");
        assert_eq!(try_delete(actor, workspace, &id).await.status(), status, "{workspace}");
    }
    assert_eq!(try_save(&member, "demo", None, "x", "x").await.status(), StatusCode::FORBIDDEN);
    assert!(list(&stranger, "other").await.is_empty());
    // The same shortcut stands in both.
    assert!(try_save(&stranger, "other", None, "jam", "Buka malam").await.status().is_success());
    assert_eq!(found(&list(&owner, "demo").await), [("jam", "Buka 9 sampai 5")]);
    assert_eq!(found(&list(&stranger, "other").await), [("jam", "Buka malam")]);
}

#[tokio::test]
async fn the_page_is_forms_and_its_texts_are_inert() {
    let app = TestApp::start().await;
    let (owner, member) = (app.owner().await, app.sign_in("member@demo.test").await);
    assert!(try_save(&owner, "demo", None, "jam", "</textarea><script>alert(1)</script>").await.status().is_success());
    let page = owner.get("/demo/settings/quick-replies").await.text().await.unwrap();
    assert!(page.contains("action=\"/api/save_quick_reply") && page.contains("action=\"/api/delete_quick_reply"));
    assert!(
        !page.contains("<script>alert") && page.contains(">&lt;/textarea>&lt;script>alert(1)"),
        "inert, and the same when it is saved again"
    );
    let page = member.get("/demo/settings/quick-replies").await.text().await.unwrap();
    assert!(page.contains("<summary>/<!>jam<"), "read by everybody: {page}");
    assert!(!page.contains("action=\"/api/delete_quick_reply") && !page.contains("<script>alert"));
    let answer = app
        .http
        .post(app.url(SaveQuickReply::PATH))
        .header(header::COOKIE, &owner.cookie)
        .header(header::ACCEPT, "text/html")
        .form(&[("workspace", "demo"), ("shortcut", "harga"), ("text", "x")])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()[header::LOCATION], "/demo/settings/quick-replies?done=saved");
}
