//! Invitations (F12–F15): a link for one address, seven days, with an answer of its own for whatever stands against it.

use super::*;
use my21staff::workspace::api::{AcceptInvitation, CancelInvitation, InviteMember, ResendInvitation};

const TO: &str = "tika@toko.test";

async fn invite(app: &TestApp, role: &str) -> Actor {
    let owner = app.owner().await;
    done::<InviteMember>(&owner, &[("workspace", "demo"), ("name", "Tika"), ("email", " Tika@Toko.Test "), ("role", role)]).await;
    owner
}

async fn invitation(app: &TestApp, state: &str) -> String {
    app.value::<uuid::Uuid>(&format!("select id from invitation where state = '{state}'")).await.to_string()
}

#[tokio::test]
async fn a_mailed_link_makes_its_addressee_a_member_once() {
    let app = TestApp::start().await;
    invite(&app, "admin").await;
    let text = mail(&app, TO, "invitation", 1).await;
    assert!(text.contains("Demo") && text.contains("Rani Prameswari"), "{text}");
    let link = token(&text);
    assert_eq!(app.value::<i64>(&format!("select count(*) from invitation where encode(token_hash, 'base64') like '%{link}%'")).await, 0);

    let page = app.http.get(app.url(&format!("/invitation?token={link}"))).send().await.expect("an answer");
    assert_eq!(page.status(), 200, "readable before signing in");
    assert!(page.text().await.expect("text").contains(TO));
    let other = newcomer(&app, "other@toko.test", "Lain").await;
    assert_eq!(refused::<AcceptInvitation>(&other, &[("token", &link)]).await, rule("email_mismatch"));
    let tika = newcomer(&app, TO, "Tika").await;
    assert_eq!(tika.try_list("demo", None).await.status(), 404);
    done::<AcceptInvitation>(&tika, &[("token", &link)]).await;
    assert_eq!(tika.try_list("demo", None).await.status(), 200);
    let role: String =
        app.value(&format!("select m.role from membership m join person p on p.id = m.person_id where p.email = '{TO}'")).await;
    assert_eq!(role, "admin");
    assert_eq!(refused::<AcceptInvitation>(&tika, &[("token", &link)]).await, rule("already_accepted"));
    assert_eq!((entries(&app, "invitation.sent").await, entries(&app, "member.joined").await), (1, 1));
    let again = [("workspace", "demo"), ("name", "Tika"), ("email", TO), ("role", "member")];
    assert_eq!(refused::<InviteMember>(&app.owner().await, &again).await, rule("already_member"));
}

#[tokio::test]
async fn whatever_stands_against_it_has_an_answer_of_its_own() {
    let app = TestApp::start().await;
    let owner = invite(&app, "member").await;
    let first = token(&mail(&app, TO, "invitation", 1).await);
    let tika = newcomer(&app, TO, "Tika").await;
    for (given, expected) in [("x", "invalid_token"), ("", "invalid_token"), (&first[1..], "invalid_token")] {
        assert_eq!(refused::<AcceptInvitation>(&tika, &[("token", given)]).await, rule(expected), "{given}");
    }
    let foreign = {
        let end = if first.ends_with('A') { 'B' } else { 'A' };
        format!("{}{end}", &first[..first.len() - 1])
    };
    assert_eq!(refused::<AcceptInvitation>(&tika, &[("token", &foreign)]).await, rule("invitation_not_found"));

    // A second invitation replaces the first; sending it again makes its link another one.
    invite(&app, "member").await;
    let second = token(&mail(&app, TO, "invitation", 2).await);
    assert_eq!(refused::<AcceptInvitation>(&tika, &[("token", &first)]).await, rule("invitation_cancelled"));
    let id = invitation(&app, "pending").await;
    done::<ResendInvitation>(&owner, &[("workspace", "demo"), ("invitation", &id)]).await;
    let third = token(&mail(&app, TO, "invitation", 3).await);
    assert_eq!(refused::<AcceptInvitation>(&tika, &[("token", &second)]).await, rule("invitation_not_found"));

    app.sql("update invitation set expires_at = now() - interval '1 second' where state = 'pending'").await;
    assert_eq!(refused::<AcceptInvitation>(&tika, &[("token", &third)]).await, rule("invitation_expired"));
    assert!(owner.get("/demo/settings/team").await.text().await.expect("text").contains("Kedaluwarsa"));
    done::<ResendInvitation>(&owner, &[("workspace", "demo"), ("invitation", &id)]).await;
    let fourth = token(&mail(&app, TO, "invitation", 4).await);
    done::<CancelInvitation>(&owner, &[("workspace", "demo"), ("invitation", &id)]).await;
    assert_eq!(refused::<AcceptInvitation>(&tika, &[("token", &fourth)]).await, rule("invitation_cancelled"));
    assert_eq!(refused::<CancelInvitation>(&owner, &[("workspace", "demo"), ("invitation", &id)]).await, rule("invitation_settled"));
    assert_eq!(app.value::<i64>("select count(*) from membership").await, 4, "nobody joined");
}

#[tokio::test]
async fn who_signs_in_with_an_invited_address_is_joined_on_the_way() {
    let app = TestApp::start().await;
    invite(&app, "member").await;
    let tika = newcomer(&app, TO, "Tika").await;
    let answer = tika.get("/dashboard").await;
    assert_eq!(answer.headers()["location"], "/demo/inbox");
    assert_eq!(tika.try_list("demo", None).await.status(), 200);

    app.sql("update invitation set state = 'pending', expires_at = now() - interval '1 day', email = 'late@toko.test'").await;
    let late = newcomer(&app, "late@toko.test", "Telat").await;
    assert_eq!(late.get("/dashboard").await.headers()["location"], "/onboarding", "an expired one joins nobody");
}

#[tokio::test]
async fn a_workspace_cannot_flood_mailboxes_with_invitations() {
    let app = TestApp::configured(my21staff::server::clock::Clock::fixed(1_795_184_701_000), |_| {}).await;
    let owner = app.owner().await;
    for n in 0..50 {
        let email = format!("tamu{n}@toko.test");
        done::<InviteMember>(&owner, &[("workspace", "demo"), ("name", "Tamu"), ("email", &email), ("role", "member")]).await;
    }
    let one_more = [("workspace", "demo"), ("name", "Tamu"), ("email", "tamu50@toko.test"), ("role", "member")];
    assert!(matches!(refused::<InviteMember>(&owner, &one_more).await, AppError::TooMany(1..=3600)));
    let known: String = app.value("select id::text from invitation order by id limit 1").await;
    let again = [("workspace", "demo"), ("invitation", known.as_str())];
    assert!(matches!(refused::<ResendInvitation>(&owner, &again).await, AppError::TooMany(_)), "sending again counts, too");
    let foreign = [("workspace", "other"), ("name", "Tamu"), ("email", "tamu@toko.test"), ("role", "member")];
    done::<InviteMember>(&app.stranger().await, &foreign).await;
    app.app.clock.set(1_795_184_701_000 + 3_600_000);
    done::<InviteMember>(&owner, &one_more).await;
}
