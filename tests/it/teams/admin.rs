//! The operator (F21, F22): the list, a new client, closing and opening a workspace.

use super::*;
use my21staff::workspace::{
    api::{CreateClient, ResumeWorkspace, SuspendWorkspace},
    server::admin,
};
use std::time::Duration;

async fn operator(app: &TestApp) -> Actor {
    let actor = newcomer(app, "operator@my21.test", "Operator").await;
    assert!(admin::appoint(&app.app, "operator@my21.test").await.expect("appointed"));
    assert!(!admin::appoint(&app.app, "nobody@my21.test").await.expect("asked"));
    actor
}

#[tokio::test]
async fn the_operator_sees_all_clients_and_makes_new_ones() {
    let app = TestApp::start().await;
    app.customer_says("6281100000001", "halo").await;
    let operator = operator(&app).await;
    assert_eq!(operator.get("/dashboard").await.headers()["location"], "/admin");
    let page = operator.get("/admin").await.text().await.expect("text");
    assert!(
        page.contains("owner@demo.test") && page.contains("owner@other.test") && page.contains("2 ruang kerja, 4 anggota, 1 kontak"),
        "{page}"
    );
    assert!(!page.contains("6281100000001") && !page.contains("halo"), "no conversation");
    let page = operator.get("/admin?q=DIMAS").await.text().await.expect("text");
    assert!(!page.contains("owner@demo.test") && page.contains("owner@other.test"));
    assert_eq!(app.owner().await.get("/admin").await.status(), 404, "for others there is no such page");

    let answer = post::<CreateClient>(&operator, &[("name", "Wening"), ("email", "Wening@Toko.Test"), ("business", "Demo")]).await;
    assert!(answer.status().is_success());
    let once = answer.headers()["set-cookie"].to_str().expect("text").split(';').next().expect("a cookie").to_owned();
    let mut shown = operator.clone();
    shown.cookie = format!("{}; {once}", operator.cookie);
    let page = shown.get("/admin?done=created").await;
    assert!(page.headers()["set-cookie"].to_str().expect("text").contains("Max-Age=0"), "the next look shows it no more");
    let page = page.text().await.expect("text");
    let password = page.split("hanya tampil sekali ini: ").nth(1).and_then(|rest| rest.get(..16)).expect("a password").to_owned();
    let mut thief = operator.clone();
    thief.cookie = format!("{}; {once}", app.sign_in("owner@demo.test").await.cookie);
    app.sql("update person set super_admin = true where email = 'owner@demo.test'").await;
    assert!(!thief.get("/admin").await.text().await.expect("text").contains(&password));
    let made: String = app
        .value("select w.slug || ' ' || m.role || ' ' || (p.password_hash is not null) from workspace w join membership m on m.workspace_id = w.id join person p on p.id = m.person_id where p.email = 'wening@toko.test'")
        .await;
    assert_eq!(made, "demo-1 owner true");
}

#[tokio::test]
async fn a_suspended_workspace_keeps_what_comes_and_sends_nothing() {
    let app = TestApp::start().await;
    app.customer_says("6281100000001", "halo").await;
    let conversation = app.only_conversation().await;
    let (operator, owner) = (operator(&app).await, app.owner().await);
    let id = app.value::<uuid::Uuid>("select id from workspace where slug = 'demo'").await.to_string();
    let mut stream = owner.live("demo", None).await;
    let missing = refused::<SuspendWorkspace>(&operator, &[("workspace", &id), ("reason", " ")]).await;
    assert!(matches!(missing, AppError::Invalid { .. }));
    done::<SuspendWorkspace>(&operator, &[("workspace", &id), ("reason", "Belum bayar")]).await;
    tokio::time::timeout(Duration::from_secs(2), stream.ending()).await.expect("streams end within two seconds");
    let answer = owner.try_list("demo", None).await;
    assert_eq!(answer.status(), 403);
    assert_eq!(answer.json::<AppError>().await.expect("an error"), AppError::Suspended);
    assert_eq!(owner.get("/dashboard").await.headers()["location"], "/workspaces");
    assert!(owner.get("/workspaces").await.text().await.expect("text").contains("Ditangguhkan"));
    assert_eq!(app.stranger().await.try_list("other", None).await.status(), 200, "the others go on");

    app.customer_says("6281100000001", "masih ada?").await;
    assert_eq!(app.value::<i64>("select count(*) from message where direction = 'inbound'").await, 2, "what comes is kept");
    // A reply that was on its way when the workspace was closed.
    app.sql(&format!(
        "insert into message (workspace_id, id, conversation_id, direction, sender, kind, body, sent_at, created_at, status)
             select workspace_id, '{0}', id, 'outbound', 'teammate', 'text', 'tertahan', now(), now(), 'pending' from conversation where id = '{conversation}';
         insert into job (workspace_id, id, kind, lane, payload, run_at, created_at)
             select workspace_id, gen_random_uuid(), 'send_message', id, '{{\"kind\": \"send_message\", \"message\": \"{0}\"}}', now(), now()
             from conversation where id = '{conversation}'",
        my21staff::server::crypto::new_id()
    ))
    .await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(app.sent_by_gateway().await.is_empty(), "nothing is sent");
    done::<ResumeWorkspace>(&operator, &[("workspace", &id)]).await;
    eventually("what waited is sent", async || (app.sent_by_gateway().await.len() == 1).then_some(())).await;
    assert_eq!(owner.try_list("demo", None).await.status(), 200);
    assert_eq!((entries(&app, "workspace.suspended").await, entries(&app, "workspace.resumed").await), (1, 1));
}
