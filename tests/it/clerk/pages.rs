//! The pages around Clerk's components, their policy, and the way of a browser that comes back with an old token.

use super::*;

fn policy(answer: &Response) -> String {
    answer.headers()["content-security-policy"].to_str().expect("text").to_owned()
}

#[tokio::test]
async fn clerks_scripts_are_on_the_pages_that_need_them_and_allowed_there_only() {
    let app = ClerkApp::start().await;
    toko(&app).await;
    let (ayu, nobody) =
        (app.browser("user_ayu", "sess_1"), Browser { base: app.base.clone(), http: app.http.clone(), cookie: String::new() });
    for (browser, path, components) in [
        (&nobody, "/sign-in", true),
        (&nobody, "/sign-up", true),
        (&nobody, "/sign-in/refresh?next=/toko-ayu/inbox", false),
        (&ayu, "/sign-in/organization", true),
        (&ayu, "/toko-ayu/inbox", false),
    ] {
        let answer = browser.visit(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        let policy = policy(&answer);
        for part in [
            format!("connect-src 'self' {} https://*.protect.clerk.com:*", app.issuer),
            "img-src 'self' data: blob: https://img.clerk.com".into(),
            "worker-src 'self' blob:".into(),
            "frame-src https://challenges.cloudflare.com https://*.protect.clerk.com".into(),
            "form-action 'self'".into(),
            "frame-ancestors 'none'".into(),
        ] {
            assert!(policy.contains(&part), "{path}: {part} in {policy}");
        }
        let nonce =
            policy.split_once("'nonce-").and_then(|(_, rest)| rest.split_once('\'')).map(|(nonce, _)| nonce.to_owned()).expect("a nonce");
        let html = answer.text().await.unwrap();
        let key = publishable_key(app.issuer.trim_start_matches("http://"));
        assert!(html.contains(&format!("{}/npm/@clerk/clerk-js@6/dist/clerk.browser.js", app.issuer)), "{path}");
        assert!(html.contains(&format!("data-clerk-publishable-key=\"{key}\"")), "{path}");
        let tags: Vec<&str> = html.match_indices("<script").map(|(at, _)| &html[at..at + html[at..].find('>').unwrap()]).collect();
        assert!(tags.iter().all(|tag| tag.contains(&format!("nonce=\"{nonce}\""))), "{path}: {tags:?}");
        assert_eq!(tags.iter().any(|tag| tag.contains(" src=\"") && tag.contains("@clerk/ui@1")), components, "{path}");
        assert!(!html.contains(SECRET_KEY) && !html.contains(WEBHOOK), "{path}");
    }
    for path in ["/", "/tidak/ada"] {
        let answer = nobody.visit(path).await;
        assert!(!policy(&answer).contains("clerk"), "{path}");
        assert!(!answer.text().await.unwrap().contains("@clerk/"), "{path}");
    }
    let sign_in = nobody.visit("/sign-in").await.text().await.unwrap();
    assert!(sign_in.contains("data-clerk=\"sign-in\"") && !sign_in.contains("name=\"password\""), "Clerk's form, not ours");
    let organization = ayu.visit("/sign-in/organization").await.text().await.unwrap();
    for component in ["user-button", "organization-switcher", "organization-list"] {
        assert!(organization.contains(&format!("data-clerk=\"{component}\"")), "{component}");
    }
    let local = TestApp::start().await;
    let page = local.http.get(local.url("/sign-in")).send().await.unwrap();
    assert!(!policy(&page).contains("clerk") && !page.text().await.unwrap().contains("clerk"));
}

#[tokio::test]
async fn a_page_asked_for_with_an_old_token_waits_for_a_new_one() {
    let app = ClerkApp::start().await;
    toko(&app).await;
    let mut claims = app.claims("user_ayu", "sess_1");
    claims["iat"] = (app.now() - 3600).into();
    claims["exp"] = (app.now() - 3540).into();
    let mut old = app.browser("user_ayu", "sess_1");
    let suffix = app.suffix();
    old.cookie = format!("__session_{suffix}={}; __client_uat_{suffix}={}", app.key.sign(&app.header(), &claims), app.now() - 7200);
    let answer = old.visit("/toko-ayu/inbox/abc?before=1").await;
    assert_eq!(answer.status(), 303);
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(location, "/sign-in/refresh?next=/toko-ayu/inbox/abc%3Fbefore%3D1");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let shell = old.visit(&location).await;
    assert_eq!(shell.status(), 200);
    let html = shell.text().await.unwrap();
    assert!(html.contains("data-clerk-refresh=\"/toko-ayu/inbox/abc?before=1\""), "{html}");
    for private in ["Ayu", "ayu@example.test", "Toko"] {
        assert!(!html.contains(private), "the shell shows nothing of anybody's: {private}");
    }
    assert_eq!(old.visit("/dashboard").await.headers()["location"], "/sign-in/refresh?next=/dashboard");
    // What a script asks for is simply refused: it gets a new token and asks again.
    assert_eq!(old.status("/api/toko-ayu/events?after=0").await, 401);
    assert_eq!(old.status("/api/session").await, 401);
    // What is for everybody is served.
    assert_eq!(old.visit("/").await.status(), 200);
    assert_eq!(old.visit("/sign-in").await.status(), 200);
    // A signed-out browser is not led in circles.
    let out = Browser { cookie: format!("__client_uat_{suffix}=0"), base: app.base.clone(), http: app.http.clone() };
    assert_eq!(out.visit("/dashboard").await.headers()["location"], "/sign-in");
}

#[tokio::test]
async fn the_refreshing_page_leads_nowhere_but_here() {
    let app = ClerkApp::start().await;
    for next in ["https://evil.test", "//evil.test", "/%5Cevil.test", "javascript:alert(1)", "/%0d%0aSet-Cookie:x", ""] {
        let answer = app.http.get(app.url(&format!("/sign-in/refresh?next={next}"))).send().await.unwrap();
        assert!(answer.text().await.unwrap().contains("data-clerk-refresh=\"/dashboard\""), "{next}");
    }
}

#[tokio::test]
async fn the_active_organisation_decides_where_signing_in_leads() {
    let app = ClerkApp::start().await;
    toko(&app).await;
    let warung = organization("organization.created", "org_warung", "Warung", "warung", "user_ayu", T);
    app.event(&membership("organizationMembership.created", "orgmem_w", &warung, "user_ayu", "org:admin", T)).await;
    let with = |organization: &str| {
        let mut claims = app.claims("user_ayu", "sess_1");
        claims["o"] = json!({ "id": organization, "rol": "admin" });
        let token = app.key.sign(&app.header(), &claims);
        Browser { base: app.base.clone(), http: app.http.clone(), cookie: app.cookies(&token) }
    };
    for (organization, wanted) in [("org_warung", "/warung/inbox"), ("org_toko", "/toko-ayu/inbox"), ("org_new", "/sign-in/organization")] {
        assert_eq!(with(organization).visit("/dashboard").await.headers()["location"], wanted, "{organization}");
    }
    let html = with("org_new").visit("/sign-in/organization").await.text().await.unwrap();
    assert!(html.contains("data-clerk-wait=\"/dashboard\""), "its webhook is on its way");
}
