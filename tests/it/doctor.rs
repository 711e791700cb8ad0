//! `my21staff doctor` finds each mistake of the owner's troubleshooting list when it is made on purpose, and says the fix.

use crate::support::*;
use my21staff::server::{
    clock::Clock,
    config::{Config, Problem},
    crypto::Place,
    doctor::{self, Finding},
};
use std::collections::HashMap;

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const OTHER_KEY: &str = "HxECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// A production configuration in which nothing is wrong, on this database.
fn production(app: &TestApp) -> HashMap<String, String> {
    let data = app.app.config.data_dir.to_string_lossy().into_owned();
    let pairs = [
        ("PUBLIC_URL", "https://my21staff.example"),
        ("DATABASE_URL", app.database_url.as_str()),
        ("ENCRYPTION_KEY", KEY),
        ("KAPSO_API_KEY", "kapso-key"),
        ("KAPSO_WEBHOOK_SECRET", "kapso-secret"),
        ("KAPSO_WEBHOOK_VERIFY_TOKEN", "verify"),
        ("GROK_API_KEY", "xai-key"),
        ("RESEND_API_KEY", "re_key"),
        ("MAIL_FROM", "my21staff <halo@my21staff.example>"),
        ("DATA_DIR", data.as_str()),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

async fn examined(env: &HashMap<String, String>) -> Vec<Finding> {
    doctor::examine(Config::read(env)).await
}

fn wrong(findings: &[Finding]) -> Vec<&Finding> {
    findings.iter().filter(|finding| !finding.ok).collect()
}

/// The one complaint that holds `what`; it says how to mend it.
fn complaint<'a>(findings: &'a [Finding], what: &str, fix: &str) -> &'a Finding {
    let found = wrong(findings).into_iter().find(|finding| finding.what.contains(what));
    let found = found.unwrap_or_else(|| panic!("{what:?} is not found in {findings:#?}"));
    assert!(found.fix.as_deref().is_some_and(|said| said.contains(fix)), "{fix:?} is not the fix in {found:?}");
    found
}

#[tokio::test]
async fn a_healthy_installation_has_no_complaint() {
    let app = TestApp::start().await;
    app.customer_says("6281100000001", "halo").await;
    let findings = examined(&production(&app)).await;
    assert_eq!(wrong(&findings), Vec::<&Finding>::new());
}

#[tokio::test]
async fn each_missing_or_wrong_variable_is_named_with_its_fix() {
    let app = TestApp::start().await;
    app.customer_says("6281100000001", "halo").await;
    for (variable, value, what, fix) in [
        ("ENCRYPTION_KEY", "", "ENCRYPTION_KEY", "openssl rand -base64 32"),
        ("ENCRYPTION_KEY", "short", "ENCRYPTION_KEY", "openssl rand -base64 32"),
        ("DATABASE_URL", "", "DATABASE_URL", "postgres://"),
        ("DATABASE_URL", "postgres://nobody@127.0.0.1:9/nothing", "the database does not answer", "DATABASE_URL"),
        ("KAPSO_WEBHOOK_SECRET", "", "every webhook is refused", "Kapso"),
        ("KAPSO_WEBHOOK_SECRET", "\"kapso-secret\"", "Invalid signature", "without quotation marks"),
        ("KAPSO_WEBHOOK_SECRET", "kapso-key", "is the API key", "signing secret"),
        ("KAPSO_WEBHOOK_VERIFY_TOKEN", "", "GET verification", "random text"),
        ("KAPSO_API_KEY", "", "replies cannot be sent", "Kapso"),
        ("GROK_API_KEY", "", "ARI has no model", "SEALION_API_KEY"),
        ("RESEND_API_KEY", "", "mails have no way out", "SMTP_URL"),
        ("PUBLIC_URL", "my21staff.example", "PUBLIC_URL", "https://"),
        ("PUBLIC_URL", "http://my21staff.example", "PUBLIC_URL", "TLS ends at your proxy"),
        ("TRUSTED_PROXIES", "proxy.internal", "TRUSTED_PROXIES", "10.0.0.0/8"),
        ("DEV_MODE", "true", "DEV_MODE", "DEV_MODE=false"),
        ("DEV_MODE", "perhaps", "DEV_MODE", "leave it out"),
    ] {
        let mut env = production(&app);
        env.insert(variable.into(), value.into());
        let findings = examined(&env).await;
        let said = wrong(&findings).iter().any(|finding| {
            let all = format!("{} {}", finding.what, finding.fix.as_deref().unwrap_or_default());
            all.contains(what) && all.contains(fix)
        });
        assert!(said, "{variable}={value:?}: {findings:#?}");
        for finding in &findings {
            assert!(!format!("{finding:?}").contains("kapso-secret"), "a secret is never shown: {finding:?}");
        }
    }
}

#[tokio::test]
async fn all_problems_are_told_at_once() {
    let problems: Vec<Problem> = Config::read(&HashMap::from([("PUBLIC_URL".to_owned(), "x".to_owned())])).expect_err("nothing is set");
    let findings = doctor::examine(Err(problems.clone())).await;
    assert_eq!(wrong(&findings).len(), problems.len());
    assert!(problems.len() >= 3, "{problems:?}");
}

#[tokio::test]
async fn deliveries_with_another_secrets_signature_are_noticed() {
    let app = TestApp::start().await;
    app.customer_says("6281100000001", "halo").await;
    let body = inbound_text(NUMBER, "6281100000001", &wamid(), "halo", app.app.clock.millis());
    assert_eq!(app.deliver_signed(body, "another secret").await.status(), 401);
    // Somebody who only looks around is no mistake of the owner's.
    let answer = app.http.post(app.url("/api/webhook/kapso")).body("{}").send().await.expect("an answer");
    assert_eq!(answer.status(), 401);
    let findings = examined(&production(&app)).await;
    complaint(&findings, "1 signed deliveries were refused within a day: \"Invalid signature\"", "KAPSO_WEBHOOK_SECRET");
}

#[tokio::test]
async fn a_number_without_a_workspace_is_noticed() {
    let app = TestApp::start().await;
    app.deliver(inbound_text("999999999999999", "6281100000001", &wamid(), "halo", app.app.clock.millis())).await;
    let findings = examined(&production(&app)).await;
    complaint(&findings, "have no workspace for their phone_number_id", "connect that number to a workspace");
    app.sql("delete from number_route").await;
    complaint(&examined(&production(&app)).await, "no workspace has a WhatsApp number", "phone_number_id");
}

#[tokio::test]
async fn silence_stuck_jobs_and_dead_ones_are_noticed() {
    let app = TestApp::start().await;
    complaint(&examined(&production(&app)).await, "no delivery has ever arrived", "https://my21staff.example/api/webhook/kapso");
    app.sql(
        "insert into job (workspace_id, id, kind, payload, run_at, state, created_at)
             select id, gen_random_uuid(), 'send_message', '{}', now(), 'dead', now() from workspace where slug = 'demo'",
    )
    .await;
    complaint(&examined(&production(&app)).await, "1 jobs of the kind send_message were given up", "last_error");
    // The lane is taken by an earlier job, so no worker takes the one that waits.
    app.sql(
        "insert into job (workspace_id, id, kind, payload, run_at, state, created_at, lane)
             select id, '00000000-0000-0000-0000-000000000001', 'strange', '{}', now() - interval '1 hour', 'running', now(), id from workspace where slug = 'demo';
         insert into job (workspace_id, id, kind, payload, run_at, state, created_at, lane)
             select id, gen_random_uuid(), 'send_message', '{}', now() - interval '1 hour', 'waiting', now(), id from workspace where slug = 'demo'",
    )
    .await;
    complaint(&examined(&production(&app)).await, "due for five minutes", "serve");
}

#[tokio::test]
async fn keys_sealed_with_another_encryption_key_are_noticed() {
    let app = TestApp::configured(Clock::System, |env| {
        env.insert("ENCRYPTION_KEY".into(), KEY.into());
    })
    .await;
    app.customer_says("6281100000001", "halo").await;
    let ids: String = app.value("select workspace_id || ' ' || id from whatsapp_number limit 1").await;
    let (workspace, row) = ids.split_once(' ').expect("two ids");
    let place = Place {
        table: "whatsapp_number",
        column: "api_key_sealed",
        workspace: workspace.parse().expect("an id"),
        row: row.parse().expect("an id"),
    };
    // The one that the sandbox takes: the number is looked after meanwhile.
    let key = app.app.config.kapso.api_key.clone().expect("the demo has one");
    let sealed = app.app.sealer.seal(place, key.expose()).expect("sealed");
    app.sql(&format!("update whatsapp_number set api_key_sealed = '\\x{}' where id = '{row}'", hex::encode(sealed))).await;
    assert_eq!(wrong(&examined(&production(&app)).await), Vec::<&Finding>::new(), "the right key opens it");
    let mut env = production(&app);
    env.insert("ENCRYPTION_KEY".into(), OTHER_KEY.into());
    complaint(&examined(&env).await, "cannot be opened: ENCRYPTION_KEY is not the one", "former ENCRYPTION_KEY");
}

#[tokio::test]
async fn a_schema_that_is_behind_is_noticed() {
    let app = TestApp::start().await;
    app.customer_says("6281100000001", "halo").await;
    app.sql("delete from _sqlx_migrations where version = (select max(version) from _sqlx_migrations)").await;
    complaint(&examined(&production(&app)).await, "the schema is behind", "my21staff migrate");
}
