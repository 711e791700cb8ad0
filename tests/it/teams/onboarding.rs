//! The first workspace (F7, F8), the choice among several (F20), the first steps (F24).

use super::*;
use my21staff::workspace::api::CreateWorkspace;
use reqwest::header;

fn location(answer: &Response) -> String {
    answer.headers().get(header::LOCATION).map(|to| to.to_str().expect("text").to_owned()).unwrap_or_default()
}

#[tokio::test]
async fn the_first_sign_in_leads_to_a_workspace_of_ones_own() {
    let app = TestApp::start().await;
    let wening = newcomer(&app, "wening@toko.test", "Wening").await;
    assert_eq!(location(&wening.get("/dashboard").await), "/onboarding");
    let page = wening.get("/onboarding").await;
    assert_eq!(page.status(), 200);
    assert!(page.text().await.expect("text").contains("Asia/Makassar"));

    for (name, zone) in [(" ", "Asia/Jakarta"), ("Toko", "Europe/Berlin")] {
        let error = refused::<CreateWorkspace>(&wening, &[("name", name), ("time_zone", zone)]).await;
        assert!(matches!(error, AppError::Invalid { .. }), "{error:?}");
    }
    let form = [("name", "Demo"), ("time_zone", "Asia/Makassar")];
    done::<CreateWorkspace>(&wening, &form).await;
    done::<CreateWorkspace>(&wening, &form).await;
    let made: String = app
        .value("select string_agg(w.slug || ' ' || w.time_zone || ' ' || m.role, ',') from workspace w join membership m on m.workspace_id = w.id join person p on p.id = m.person_id where p.email = 'wening@toko.test'")
        .await;
    assert_eq!(made, "demo-1 Asia/Makassar owner", "once, beside the one that has the name");
    assert_eq!(location(&wening.get("/dashboard").await), "/demo-1/inbox");
    assert_eq!(wening.get("/demo-1/inbox").await.status(), 200);
    assert_eq!(wening.try_list("demo", None).await.status(), 404, "the other one stays closed");

    // Three steps, of which none is done; a customer writes; nothing is left.
    assert!(wening.get("/demo-1/start").await.text().await.expect("text").contains("0 dari 3"));
    let owner = app.owner().await;
    assert!(owner.get("/demo/start").await.text().await.expect("text").contains("1 dari 3"));
    app.customer_says("6281100000001", "halo").await;
    let page = owner.get("/demo/start").await.text().await.expect("text");
    assert!(!page.contains("dari 3") && page.contains("Semua siap"), "{page}");
}

#[tokio::test]
async fn who_belongs_to_several_chooses() {
    let app = TestApp::start().await;
    app.sql(
        "insert into membership (workspace_id, person_id, role, created_at)
             select w.id, p.id, 'member', now() from workspace w, person p where w.slug = 'other' and p.email = 'admin@demo.test'",
    )
    .await;
    let admin = app.sign_in("admin@demo.test").await;
    assert_eq!(location(&admin.get("/dashboard").await), "/workspaces");
    let page = admin.get("/workspaces").await.text().await.expect("text");
    assert!(page.contains("href=\"/demo/inbox\"") && page.contains("href=\"/other/inbox\""));
    assert_eq!(admin.try_list("other", None).await.status(), 200);
}
