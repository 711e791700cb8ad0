//! The audit log (F188): complete, filtered, and harmless in a spreadsheet.

use super::*;
use my21staff::workspace::api::{ChangeRole, SaveSettings};

#[tokio::test]
async fn changes_are_found_by_person_action_and_day() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let form = [("workspace", "demo"), ("name", "=HYPERLINK(\"x\")"), ("time_zone", "Asia/Jayapura")];
    done::<SaveSettings>(&owner, &form).await;
    let sekar = person(&app, "member@demo.test").await;
    done::<ChangeRole>(&owner, &[("workspace", "demo"), ("person", &sekar), ("role", "admin")]).await;
    app.sql("update audit_entry set at = at - interval '3 days' where action = 'member.role_changed'").await;

    // The rows alone: the filter names every action.
    let page = async |query: &str| {
        let page = owner.get(&format!("/demo/settings/audit{query}")).await.text().await.expect("text");
        page.split("<table").nth(1).unwrap_or_else(|| panic!("no table in {page}")).to_owned() + &page
    };
    let lists = |page: &str, action: &str| page.split("</table>").next().is_some_and(|rows| rows.contains(action));
    let all = page("").await;
    assert!(lists(&all, "settings.changed") && lists(&all, "member.role_changed") && lists(&all, "Sekar Ayu"), "{all}");
    let some = page("?action=settings.changed").await;
    assert!(lists(&some, "settings.changed") && !lists(&some, "member.role_changed"));
    let day = "select to_char(at at time zone 'Asia/Jayapura', 'YYYY-MM-DD') from audit_entry where action = 'settings.changed'";
    let day = app.value::<String>(day).await;
    let some = page(&format!("?from={day}&to={day}")).await;
    assert!(lists(&some, "settings.changed") && !lists(&some, "member.role_changed"));
    let some = page(&format!("?person={sekar}")).await;
    assert!(!lists(&some, "settings.changed") && some.contains("Tidak ada perubahan yang cocok"));
    assert_eq!(owner.get("/demo/settings/audit?from=kemarin").await.status(), 422);

    app.sql("update person set name = '=1+1' where email = 'owner@demo.test'").await;
    let file = owner.get("/api/demo/audit.csv").await;
    assert_eq!(file.headers()["content-type"], "text/csv; charset=utf-8");
    let file = file.text().await.expect("text");
    assert!(file.contains("\"'=1+1\",\"settings.changed\"") && file.contains("+09:00"), "{file}");
    assert_eq!(entries(&app, "audit.exported").await, 1);
    let admin = app.sign_in("admin@demo.test").await;
    assert_eq!(admin.get("/api/demo/audit.csv").await.status(), 403);
    assert_eq!(admin.get("/demo/settings/audit").await.status(), 403);
}

#[test]
fn every_action_has_words() {
    use my21staff::words::Locale;
    let mut seen = 0;
    for (path, text) in rust_files("src").into_iter().filter(|(_, text)| text.contains("audit::")) {
        for key in text.split('"').filter(|key| {
            key.split_once('.').is_some_and(|(what, done)| {
                let word = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
                // Past tense is what tells an action from a file's name or a provider's field.
                word(what) && word(done) && ["ed", "ent", "over"].iter().any(|ending| done.ends_with(ending))
            })
        }) {
            // What Clerk calls its events is Clerk's.
            if path.contains("/clerk/") && !key.starts_with("member.") && !key.starts_with("workspace.") {
                continue;
            }
            seen += 1;
            for locale in [Locale::Id, Locale::En] {
                assert_ne!(locale.action(key), key, "{path}: {key} has no words in src/words/server/trail.rs");
            }
        }
    }
    assert!(seen > 30, "{seen}");
}
