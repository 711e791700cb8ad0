//! The code generator and recovery codes.

use super::*;
use my21staff::server::clock::Clock;
use ring::hmac;

const OWNER: &str = "owner@demo.test";
const NOW: i64 = 1_795_184_710_000;
/// One code's time.
const STEP: i64 = 30_000;

/// What a generator app shows: RFC 6238, written a second time so that both would have to be wrong alike.
fn code(secret: &str, at: i64) -> String {
    let bits: String = secret.chars().map(|c| format!("{:05b}", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(c).expect("base32"))).collect();
    let bytes: Vec<u8> =
        bits.as_bytes().chunks_exact(8).map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap()).collect();
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &bytes), &(at / STEP).to_be_bytes());
    let tag = tag.as_ref();
    let at = usize::from(tag[19] & 15);
    let number = u32::from_be_bytes([tag[at] & 0x7f, tag[at + 1], tag[at + 2], tag[at + 3]]);
    format!("{:06}", number % 1_000_000)
}

struct SetUp {
    app: TestApp,
    browser: Browser,
    secret: String,
    codes: Vec<String>,
}

/// An owner with a generator, confirmed at `NOW`.
async fn set_up() -> SetUp {
    let app = TestApp::configured(Clock::fixed(NOW), |_| {}).await;
    give_password(&app, OWNER, PASSWORD).await;
    let mut browser = Browser::of(&app, OWNER, PASSWORD).await;
    assert_eq!(location(&browser.post("/account/totp/start", &[("password", OTHER_PASSWORD)]).await), "/account?problem=current");
    assert_eq!(location(&browser.post("/account/totp/start", &[("password", PASSWORD)]).await), "/account#totp");
    let page = browser.page("/account").await;
    assert!(page.contains("class=\"qr\""), "{page}");
    let secret = page.split_once("?secret=").expect("the address").1.split_once("&amp;").expect("more of it").0.to_owned();
    assert_eq!(secret.len(), 32);
    assert_eq!(location(&browser.post("/account/totp/confirm", &[("code", "000000")]).await), "/account?problem=code");
    // Until a code was shown, signing in asks for none: nobody is locked out by half a setup.
    Browser::of(&app, OWNER, PASSWORD).await;
    let spaced = code(&secret, NOW);
    let spaced = format!("{} {}", &spaced[..3], &spaced[3..]);
    assert_eq!(location(&browser.post("/account/totp/confirm", &[("code", spaced)]).await), "/account?done=totp_on");
    let page = browser.page("/account?done=totp_on").await;
    assert!(!page.contains(&secret), "the secret is not shown again");
    let codes: Vec<String> = page.split("<code>").skip(1).map(|part| part.split_once("</code>").expect("an end").0.to_owned()).collect();
    assert_eq!(codes.len(), 10);
    SetUp { app, browser, secret, codes }
}

/// The password is right; the second step is next.
async fn half_in(app: &TestApp) -> Browser {
    let mut browser = Browser::new(app);
    let answer = browser.post("/sign-in", &[("email", OWNER), ("password", PASSWORD), ("back", "/demo/inbox")]).await;
    assert_eq!(location(&answer), "/sign-in/second");
    browser
}

async fn second(browser: &mut Browser, code: &str) -> String {
    location(&browser.post("/sign-in/second", &[("code", code)]).await)
}

#[tokio::test]
async fn signing_in_asks_for_a_code_and_each_code_works_once() {
    let SetUp { app, secret, .. } = set_up().await;
    app.app.clock.set(NOW + 2 * STEP);
    let now = code(&secret, NOW + 2 * STEP);
    let mut browser = half_in(&app).await;
    assert!(!browser.is_in().await, "the password alone opens nothing");
    assert_eq!(browser.actor(&app).try_viewer("demo").await.status(), 401);
    assert!(browser.page("/sign-in/second").await.contains("one-time-code"));
    for wrong in ["", "000000", &code(&secret, NOW - 5 * STEP), &code(&secret, NOW)] {
        assert_eq!(second(&mut browser, wrong).await, "/sign-in/second?problem=code", "{wrong}");
    }
    assert_eq!(second(&mut browser, &now).await, "/demo/inbox");
    assert!(browser.is_in().await);

    let mut other = half_in(&app).await;
    assert_eq!(second(&mut other, &now).await, "/sign-in/second?problem=code", "seen over somebody's shoulder");
    app.app.clock.set(NOW + 3 * STEP);
    assert_eq!(second(&mut other, &code(&secret, NOW + 3 * STEP)).await, "/demo/inbox");
}

#[tokio::test]
async fn guessing_codes_comes_to_an_end() {
    let SetUp { app, secret, .. } = set_up().await;
    app.app.clock.set(NOW + 2 * STEP);
    let right = code(&secret, NOW + 2 * STEP);
    let mut browser = half_in(&app).await;
    for _ in 0..5 {
        assert_eq!(second(&mut browser, "000000").await, "/sign-in/second?problem=code");
    }
    assert_eq!(second(&mut browser, &right).await, "/sign-in?problem=expired", "five tries, then from the beginning");
    let mut browser = half_in(&app).await;
    for _ in 0..5 {
        second(&mut browser, "000000").await;
    }
    let mut browser = half_in(&app).await;
    assert_eq!(second(&mut browser, &right).await, "/sign-in/second?problem=throttled", "beginning again gives no more guesses");
    // The first step is not for ever either.
    app.app.clock.set(NOW + 30 * 60_000);
    assert_eq!(second(&mut browser, &code(&secret, NOW + 30 * 60_000)).await, "/sign-in?problem=expired");
}

#[tokio::test]
async fn recovery_codes_open_once_and_are_kept_as_hashes() {
    let SetUp { app, mut browser, codes, .. } = set_up().await;
    let plain: Vec<String> = codes.iter().map(|code| code.replace('-', "")).collect();
    let stored: i64 = app.value(&format!("select count(*) from recovery_code where recovery_code::text like '%{}%'", plain[0])).await;
    let hashes: i64 = app.value("select count(*) from recovery_code").await;
    assert_eq!((stored, hashes), (0, 10));
    // Shown to this browser until it puts them away, and to no other.
    assert!(browser.page("/account").await.contains(&codes[0]));
    assert_eq!(location(&browser.post("/account/recovery/read", &[("", "")]).await), "/account");
    assert!(!browser.page("/account").await.contains(&codes[0]));

    let mut lost = half_in(&app).await;
    assert_eq!(second(&mut lost, &codes[0].to_lowercase()).await, "/demo/inbox", "however it is typed");
    let mut again = half_in(&app).await;
    assert_eq!(second(&mut again, &codes[0]).await, "/sign-in/second?problem=code");
    assert_eq!(second(&mut again, &plain[1]).await, "/demo/inbox");
    assert!(browser.page("/account").await.contains("8 kode tersisa"));

    assert_eq!(location(&browser.post("/account/recovery", &[("password", OTHER_PASSWORD)]).await), "/account?problem=current");
    assert_eq!(location(&browser.post("/account/recovery", &[("password", PASSWORD)]).await), "/account?done=codes");
    let mut old = half_in(&app).await;
    assert_eq!(second(&mut old, &codes[2]).await, "/sign-in/second?problem=code", "the old ones are void");
}

#[tokio::test]
async fn taking_the_generator_away_asks_for_the_password_and_the_codes_go_with_it() {
    let SetUp { app, mut browser, codes, .. } = set_up().await;
    assert_eq!(location(&browser.post("/account/totp/remove", &[("password", OTHER_PASSWORD)]).await), "/account?problem=current");
    half_in(&app).await;
    assert_eq!(location(&browser.post("/account/totp/remove", &[("password", PASSWORD)]).await), "/account?done=totp_off");
    assert_eq!(app.value::<i64>("select count(*) from recovery_code").await, 0, "{codes:?}");
    Browser::of(&app, OWNER, PASSWORD).await;
    mail(&app, OWNER, "security_changed").await;
    let noted: i64 = app.value("select count(*) from audit_entry where action in ('person.totp_added', 'person.totp_removed')").await;
    assert_eq!(noted, 2);
}

#[tokio::test]
async fn a_reset_password_does_not_get_around_the_second_step() {
    let SetUp { app, secret, .. } = set_up().await;
    let mut browser = Browser::new(&app);
    browser.post("/forgot", &[("email", OWNER)]).await;
    let token = token_of(&link_in(&app, &mail(&app, OWNER, "password_reset").await));
    browser.post("/reset", &[("token", token.as_str()), ("password", OTHER_PASSWORD)]).await;
    let answer = browser.post("/sign-in", &[("email", OWNER), ("password", OTHER_PASSWORD)]).await;
    assert_eq!(location(&answer), "/sign-in/second");
    app.app.clock.set(NOW + 2 * STEP);
    assert_eq!(second(&mut browser, &code(&secret, NOW + 2 * STEP)).await, "/dashboard");
}
