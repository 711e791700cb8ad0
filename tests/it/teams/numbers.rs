//! WhatsApp numbers in the settings (F172): tried, sealed, used, and nobody else's.

use super::*;
use my21staff::{
    server::{clock::Clock, config::Secret, crypto::Sealer},
    workspace::{
        api::{ConnectNumber, DisconnectNumber},
        server::{numbers, rotation},
    },
};

/// The gateway knows two numbers; this one is free once `other` has given it back.
const NEW: &str = OTHER_NUMBER;
const OWN: &str = "rahasia nomor";

#[tokio::test]
async fn a_number_is_connected_with_a_key_that_works_and_never_shows_it() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let form = |id: &'static str, key: &'static str| {
        [("workspace", "demo"), ("phone_number_id", id), ("api_key", key), ("webhook_secret", "rahasianomor")]
    };
    let missing = refused::<ConnectNumber>(&owner, &form(NEW, "")).await;
    assert!(matches!(missing, AppError::Invalid { ref field, .. } if field == "api_key"), "{missing:?}");
    assert_eq!(refused::<ConnectNumber>(&owner, &form(NEW, "wrong")).await, rule("key_refused"));
    assert_eq!(refused::<ConnectNumber>(&owner, &form("555000555000555", "sandbox")).await, rule("number_unknown"));
    assert_eq!(refused::<ConnectNumber>(&owner, &form(NEW, "sandbox")).await, rule("number_taken"));
    assert_eq!(app.value::<i64>("select count(*) from whatsapp_number").await, 2, "nothing was kept of these");
    let odd = refused::<ConnectNumber>(&owner, &form("../etc", "sandbox")).await;
    assert!(matches!(odd, AppError::Invalid { .. }));

    let foreign = app.stranger().await;
    let id = |workspace: &'static str| {
        let query = format!(
            "select n.id from whatsapp_number n join workspace w on w.id = n.workspace_id where w.slug = '{workspace}' and n.phone_number_id = '{NEW}'"
        );
        let app = &app;
        async move { app.value::<uuid::Uuid>(&query).await.to_string() }
    };
    let given_back = id("other").await;
    assert_eq!(refused::<DisconnectNumber>(&owner, &[("workspace", "demo"), ("number", &given_back)]).await, AppError::NotFound);
    done::<DisconnectNumber>(&foreign, &[("workspace", "other"), ("number", &given_back)]).await;

    done::<ConnectNumber>(&owner, &form(NEW, "sandbox")).await;
    let sealed: Vec<u8> = app.value("select api_key_sealed from whatsapp_number where api_key_sealed is not null").await;
    assert!(!sealed.windows(7).any(|window| window == b"sandbox"), "sealed at rest");
    let page = owner.get("/demo/settings/whatsapp").await.text().await.expect("text");
    assert!(page.contains(NEW) && !page.contains("rahasianomor") && !page.contains("value=\"sandbox\""));
    let log: String = app.value("select string_agg(detail::text, ' ') from audit_entry where action = 'number.connected'").await;
    assert!(log.contains(NEW) && !log.contains("sandbox") && !log.contains("rahasianomor"), "{log}");

    // What comes in for it is the workspace's, signed with its own secret; its secret speaks for no other number.
    let said = |number: &str| inbound_text(number, "6281100000001", &wamid(), "halo", app.app.clock.millis()).to_string();
    assert_eq!(app.deliver_signed(said(NEW), "rahasianomor").await.status(), 200);
    assert_eq!(app.deliver_signed(said(NEW), WEBHOOK_SECRET).await.status(), 200, "the server's secret still counts");
    assert_eq!(app.deliver_signed(said(NEW), "falsch").await.status(), 401);
    assert_eq!(app.deliver_signed(said(NUMBER), "rahasianomor").await.status(), 401, "not for a number beside it");
    let both = batch(&[
        inbound_text(NEW, "6281100000001", &wamid(), "satu", app.app.clock.millis()),
        inbound_text(NUMBER, "6281100000001", &wamid(), "dua", app.app.clock.millis()),
    ]);
    assert_eq!(app.deliver_signed(both.to_string(), "rahasianomor").await.status(), 401, "not for a batch that is about both");
    assert_eq!(app.deliver_signed("{}", "rahasianomor").await.status(), 401);
    assert_eq!(app.value::<i64>("select count(*) from message where direction = 'inbound'").await, 2);

    let conversation = app.only_conversation().await;
    owner.send(conversation, "Siap").await;
    eventually("sent with the number's own key", async || {
        app.sent_by_gateway().await.iter().any(|send| send.to_string().contains(NEW)).then_some(())
    })
    .await;

    let id = id("demo").await;
    assert_eq!(refused::<DisconnectNumber>(&foreign, &[("workspace", "other"), ("number", &id)]).await, AppError::NotFound);
    done::<DisconnectNumber>(&owner, &[("workspace", "demo"), ("number", &id)]).await;
    assert_eq!(app.deliver_signed(said(NEW), "rahasianomor").await.status(), 401, "its secret is forgotten");
    assert_eq!(app.value::<i64>(&format!("select count(*) from number_route where phone_number_id = '{NEW}'")).await, 0);
    let again = [("workspace", "other"), ("phone_number_id", NEW), ("api_key", "sandbox")];
    done::<ConnectNumber>(&foreign, &again).await;
}

#[tokio::test]
async fn without_any_secret_nothing_is_accepted() {
    let app = TestApp::start().await;
    app.sql("update whatsapp_number set webhook_secret_sealed = '\\x01'").await;
    let said = inbound_text(NUMBER, "6281100000001", &wamid(), "halo", app.app.clock.millis()).to_string();
    assert_eq!(app.deliver_signed(said.clone(), "").await.status(), 401, "a secret that cannot be opened opens nothing");
    assert_eq!(app.deliver_signed(said, OWN).await.status(), 401);
}

#[tokio::test]
async fn a_new_key_takes_over_what_the_old_one_sealed() {
    let (old, new) = ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    let app = TestApp::configured(Clock::System, |env| {
        env.insert("ENCRYPTION_KEY".into(), new.into());
        env.insert("ENCRYPTION_KEY_PREVIOUS".into(), old.into());
    })
    .await;
    let workspace = my21staff::ids::WorkspaceId(app.value("select id from workspace where slug = 'demo'").await);
    let number: uuid::Uuid = app.value(&format!("select id from whatsapp_number where phone_number_id = '{NUMBER}'")).await;
    let (old, new) = (Sealer::new(&Secret::new(old)).expect("a key"), Sealer::new(&Secret::new(new)).expect("a key"));
    let place = numbers::place("api_key_sealed", workspace, number);
    let sealed = old.seal(place, "kunci lama").expect("sealed");
    app.sql(&format!("update whatsapp_number set api_key_sealed = '\\x{}' where id = '{number}'", hex::encode(&sealed))).await;
    assert_eq!(app.app.sealer.open(place, &sealed).expect("readable meanwhile").expose(), "kunci lama");
    rotation::run(&app.app).await.expect("the job runs");
    let again: Vec<u8> = app.value(&format!("select api_key_sealed from whatsapp_number where id = '{number}'")).await;
    assert_eq!(new.open(place, &again).expect("the new key alone opens it").expose(), "kunci lama");
    assert_eq!(rotation::run(&app.app).await.expect("it runs again"), 0);
}
