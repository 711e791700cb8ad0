//! What becomes of events: people, workspaces, memberships, in whatever order they come.

use super::*;
use my21staff::{
    auth::server::clerk::{events, mirror},
    error::{AppError, Conflict},
    workspace::api::{ChangeRole, CreateWorkspace, HandOverOwnership, InviteMember, RemoveMember},
};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config, TestRunner},
};

#[tokio::test]
async fn an_organisation_becomes_a_workspace_with_its_people() {
    let app = ClerkApp::start().await;
    toko(&app).await;
    assert_eq!(members(&app, "toko-ayu").await, "user_ayu:owner user_budi:member");
    let email: String = app.value("select email from person where clerk_id = 'user_budi'").await;
    assert_eq!(email, "budi@example.test");
    let org = organization("organization.updated", "org_toko", "Toko Ayu Baru", "toko-baru", "user_ayu", T + 1000);
    app.event(&org).await;
    assert_eq!(app.value::<String>("select name from workspace where slug = 'toko-baru'").await, "Toko Ayu Baru");
    app.event(&membership("organizationMembership.updated", "orgmem_budi", &org, "user_budi", "org:admin", T + 2000)).await;
    assert_eq!(members(&app, "toko-baru").await, "user_ayu:owner user_budi:admin");
    app.event(&membership("organizationMembership.deleted", "orgmem_budi", &org, "user_budi", "org:admin", T + 2000)).await;
    assert_eq!(members(&app, "toko-baru").await, "user_ayu:owner");
    app.event(&deleted("user.deleted", "user_ayu")).await;
    assert_eq!(members(&app, "toko-baru").await, "");
    let kept: String = app.value("select name from person where clerk_id = 'user_ayu' and email is null and removed_at is not null").await;
    assert_eq!(kept, "Ayu", "the name stays beside what she wrote");
    let actions: String = app
        .value("select string_agg(action, ' ' order by a.at, a.id) from audit_entry a join workspace w on w.id = a.workspace_id where w.slug = 'toko-baru'")
        .await;
    assert_eq!(actions, "workspace.created member.added member.added workspace.renamed member.role_changed member.removed member.removed");
}

#[tokio::test]
async fn a_deleted_organisation_shuts_everybody_out_and_loses_nothing() {
    let app = ClerkApp::start().await;
    toko(&app).await;
    app.event(&deleted("organization.deleted", "org_toko")).await;
    assert_eq!(members(&app, "toko-ayu").await, "");
    assert_eq!(app.value::<i64>("select count(*) from workspace where clerk_organization_id = 'org_toko'").await, 1);
    let stages = "select count(*) from stage s join workspace w on w.id = s.workspace_id where w.clerk_organization_id = 'org_toko'";
    assert_eq!(app.value::<i64>(stages).await, 5, "it begins with the same stages as others");
    let toko = organization("organization.created", "org_toko", "Toko Ayu", "toko-ayu", "user_ayu", T + 9000);
    app.event(&membership("organizationMembership.created", "orgmem_late", &toko, "user_budi", "org:admin", T + 9000)).await;
    assert_eq!(members(&app, "toko-ayu").await, "", "a tombstone is for ever");
}

#[tokio::test]
async fn slugs_of_organisations_follow_the_rules_and_never_meet() {
    let app = ClerkApp::start().await;
    for (id, name, slug) in [("org_1", "Demo", ""), ("org_2", "Demo", "demo"), ("org_3", "Api", "api"), ("org_4", "東京", "")] {
        app.event(&organization("organization.created", id, name, slug, "user_x", T)).await;
    }
    let slugs: String = app
        .value("select string_agg(slug, ' ' order by clerk_organization_id) from workspace where clerk_organization_id is not null")
        .await;
    assert_eq!(slugs, "demo-1 demo-2 api-1 ruang-kerja", "demo was taken, api means something else");
    app.event(&organization("organization.updated", "org_1", "Demo Baru", "", "user_x", T + 1)).await;
    app.event(&organization("organization.updated", "org_2", "Lain", "demo", "user_x", T + 1)).await;
    let slugs: String = app
        .value("select string_agg(slug, ' ' order by clerk_organization_id) from workspace where clerk_organization_id is not null")
        .await;
    assert_eq!(slugs, "demo-baru demo-2 api-1 ruang-kerja", "an address stays while its name does");
}

#[tokio::test]
async fn a_proved_address_leads_to_the_person_of_before() {
    let app = ClerkApp::start().await;
    // The demo's owner had a local account. First the webhook, then the token.
    app.event(&user("user.created", "user_rani", "Rani", "OWNER@demo.test", T)).await;
    assert_eq!(app.browser("user_rani", "sess_1").visit("/dashboard").await.headers()["location"], "/demo/inbox");
    // First the token, then the webhook.
    let budi = app.browser("user_budi", "sess_2");
    assert_eq!(budi.status("/api/session").await, 200);
    assert_eq!(budi.visit("/dashboard").await.headers()["location"], "/sign-in/organization");
    app.event(&user("user.created", "user_budi", "Budi", "admin@demo.test", T)).await;
    assert_eq!(budi.visit("/dashboard").await.headers()["location"], "/demo/inbox");
    assert_eq!(members(&app, "demo").await, "user_budi:admin user_rani:owner member@demo.test:member");
    assert_eq!(app.value::<i64>("select count(*) from person where email = 'admin@demo.test'").await, 1);
    // An address that nobody proved leads nowhere.
    let mut claimed = user("user.created", "user_mallory", "Mallory", "member@demo.test", T);
    claimed["data"]["email_addresses"][0]["verification"]["status"] = "unverified".into();
    app.event(&claimed).await;
    assert_eq!(app.browser("user_mallory", "sess_3").visit("/dashboard").await.headers()["location"], "/sign-in/organization");
}

#[tokio::test]
async fn an_invitation_waits_for_an_address_that_clerk_has_verified() {
    let app = ClerkApp::start().await;
    app.sql(
        "insert into invitation (workspace_id, id, email, name, role, token_hash, created_at, sent_at, expires_at)
             select id, gen_random_uuid(), 'baru@toko.test', 'Baru', 'member', '\\x00', now(), now(), '2100-01-01' from workspace where slug = 'demo'",
    )
    .await;
    let mut baru = user("user.created", "user_baru", "Baru", "baru@toko.test", T);
    baru["data"]["email_addresses"][0]["verification"]["status"] = "unverified".into();
    app.event(&baru).await;
    let browser = app.browser("user_baru", "sess_1");
    assert_eq!(browser.visit("/dashboard").await.headers()["location"], "/sign-in/organization");
    assert_eq!(app.value::<String>("select string_agg(state, ' ') from invitation").await, "pending");
    app.event(&user("user.updated", "user_baru", "Baru", "baru@toko.test", T + 1)).await;
    assert_eq!(browser.visit("/dashboard").await.headers()["location"], "/demo/inbox");
    assert_eq!(app.value::<String>("select string_agg(state, ' ') from invitation").await, "accepted");
}

#[tokio::test]
async fn an_address_that_changed_hands_belongs_to_whom_it_was_said_of_last() {
    let app = ClerkApp::start().await;
    app.event(&user("user.created", "user_new", "Baru", "toko@example.test", T + 5000)).await;
    app.event(&user("user.created", "user_old", "Lama", "toko@example.test", T)).await;
    let owner: String = app.value("select clerk_id from person where email = 'toko@example.test'").await;
    assert_eq!(owner, "user_new");
    app.event(&user("user.updated", "user_new", "Baru", "lain@example.test", T + 6000)).await;
    let owner: String = app.value("select clerk_id from person where email = 'toko@example.test'").await;
    assert_eq!(owner, "user_old", "it is free again");
}

#[tokio::test]
async fn invitations_are_mirrored_and_end_as_they_ended() {
    let app = ClerkApp::at(Clock::fixed(T)).await;
    for name in ["accepted", "created"] {
        let body = std::fs::read(root().join(format!("tests/fixtures/clerk/webhooks/organizationInvitation.{name}.json"))).unwrap();
        assert_eq!(app.deliver_as(&format!("msg_{name}"), &body).await.status(), StatusCode::OK);
    }
    let row: String = app.value("select email || ' ' || role || ' ' || status from clerk_invitation").await;
    assert_eq!(row, "budi@example.com org:member accepted");
}

/// Everything that follows from events, without ids and times that are made here.
const STATE: &str = "select concat_ws(E'\\n',
  (select string_agg(concat_ws('|', u.*), ';' order by id) from clerk_user u),
  (select string_agg(concat_ws('|', o.*), ';' order by id) from clerk_organization o),
  (select string_agg(concat_ws('|', m.*), ';' order by id) from clerk_membership m),
  (select string_agg(concat_ws('|', i.*), ';' order by id) from clerk_invitation i),
  (select string_agg(id, ';' order by id) from clerk_session_end),
  (select string_agg(concat_ws('|', clerk_id, email, name, removed_at is null), ';' order by clerk_id) from person p
   where clerk_id is not null and not exists (select from clerk_user u where u.id = p.clerk_id and u.deleted)),
  (select string_agg(concat_ws('|', w.clerk_organization_id, w.name, w.slug), ';' order by w.clerk_organization_id) from workspace w
   join clerk_organization o on o.id = w.clerk_organization_id and not o.deleted),
  (select string_agg(concat_ws('|', w.clerk_organization_id, p.clerk_id, m.role), ';' order by w.clerk_organization_id, p.clerk_id)
   from membership m join person p on p.id = m.person_id join workspace w on w.id = m.workspace_id where w.clerk_organization_id is not null))";

const FORGET: &str = "delete from audit_entry;
  delete from membership where workspace_id in (select id from workspace where clerk_organization_id is not null);
  delete from workspace where clerk_organization_id is not null; delete from person where clerk_id is not null;
  truncate clerk_user, clerk_organization, clerk_membership, clerk_invitation, clerk_session_end, clerk_delivery";

/// A story of two organisations and four users: everything that can happen, some of it at the same millisecond.
fn story() -> Vec<Value> {
    let org = |kind: &str, n: u32, name: &str, at: i64| {
        organization(&format!("organization.{kind}"), &format!("org_{n}"), name, "", "user_1", at)
    };
    let person =
        |kind: &str, n: u32, name: &str, email: &str, at: i64| user(&format!("user.{kind}"), &format!("user_{n}"), name, email, at);
    let member = |kind: &str, id: &str, of: &Value, n: u32, role: &str, at: i64| {
        membership(&format!("organizationMembership.{kind}"), id, of, &format!("user_{n}"), role, at)
    };
    let (satu, satu_later) = (org("created", 1, "Satu", T), org("updated", 1, "Satu Baru", T + 10));
    let dua = org("created", 2, "Dua", T + 5);
    let mut banned = person("updated", 4, "Dewi", "dewi@x.test", T + 20);
    banned["data"]["banned"] = true.into();
    vec![
        satu.clone(),
        satu_later.clone(),
        dua.clone(),
        person("created", 1, "Ayu", "ayu@x.test", T),
        person("updated", 1, "Ayu Lestari", "ayu@x.test", T),
        person("created", 2, "Budi", "budi@x.test", T),
        person("updated", 2, "Budi", "toko@x.test", T + 30),
        person("created", 3, "Citra", "toko@x.test", T + 10),
        deleted("user.deleted", "user_3"),
        person("created", 4, "Dewi", "dewi@x.test", T + 1),
        banned,
        member("created", "orgmem_1", &satu, 1, "org:admin", T),
        member("created", "orgmem_2", &satu, 2, "org:member", T + 1),
        member("updated", "orgmem_2", &satu_later, 2, "org:admin", T + 11),
        member("deleted", "orgmem_1", &satu, 1, "org:admin", T),
        member("created", "orgmem_3", &satu, 1, "org:member", T + 40),
        member("created", "orgmem_4", &satu, 3, "org:member", T + 3),
        member("created", "orgmem_5", &dua, 1, "org:admin", T + 5),
        member("created", "orgmem_6", &dua, 5, "org:supervisor", T + 6),
        member("created", "orgmem_7", &dua, 4, "org:member", T + 6),
        session("session.ended", "sess_1", "user_1"),
        session("session.pending", "sess_2", "user_1"),
    ]
}

#[tokio::test]
async fn any_order_and_repetition_gives_the_same_tables() {
    let app = ClerkApp::start().await;
    let events: Vec<_> = story().iter().map(|event| events::parse(event.to_string().as_bytes()).expect("an event").1).collect();
    let length = events.len();
    let apply = async |order: &[usize]| {
        app.sql(FORGET).await;
        for place in order {
            let mut tx = my21staff::server::db::begin(&app.app.app.db.system).await.unwrap();
            mirror::take_turn(&mut tx).await.unwrap();
            mirror::apply(&mut tx, app.app.app.clock.now(), &events[*place]).await.unwrap();
            tx.commit().await.unwrap();
        }
        app.value::<String>(STATE).await
    };
    let wanted = apply(&(0..length).collect::<Vec<_>>()).await;
    assert!(wanted.contains("org_1|user_2|owner"), "who came next owns what the creator left: {wanted}");
    assert!(wanted.contains("org_2|user_1|owner") && wanted.contains("org_2|user_5|member"), "{wanted}");
    assert!(!wanted.contains("|user_3|"), "who is deleted belongs nowhere: {wanted}");
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    // Every event at least once, up to twice as many altogether.
    let orders = (proptest::collection::vec(0..length, 0..=length),).prop_flat_map(move |(extra,)| {
        let all: Vec<usize> = (0..length).chain(extra).collect();
        proptest::strategy::Just(all).prop_shuffle()
    });
    for _ in 0..40 {
        let order = orders.new_tree(&mut runner).expect("an order").current();
        assert_eq!(apply(&order).await, wanted, "{order:?}");
    }
    let backwards: Vec<usize> = (0..length).rev().collect();
    assert_eq!(apply(&backwards).await, wanted, "backwards");
}

#[tokio::test]
async fn events_at_many_processes_at_once_give_the_same_tables_too() {
    let app = ClerkApp::start().await;
    let other = app.second().await;
    let key = SigningKey::parse(WEBHOOK).unwrap();
    let deliver = async |n: usize, event: &Value| {
        let (id, body) = (format!("msg_{n}"), event.to_string());
        let to = if n.is_multiple_of(2) { app.url("/api/webhook/clerk") } else { other.url("/api/webhook/clerk") };
        let request = app.http.post(to).header("svix-id", &id).header("svix-timestamp", app.now().to_string());
        let answer = request.header("svix-signature", key.sign(&id, app.now(), body.as_bytes())).body(body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
    };
    let story = story();
    futures::future::join_all(story.iter().enumerate().map(|(n, event)| deliver(n, event))).await;
    let at_once: String = app.value(STATE).await;
    app.sql(FORGET).await;
    for (n, event) in story.iter().enumerate() {
        deliver(n, event).await;
    }
    assert_eq!(at_once, app.value::<String>(STATE).await);
}

#[tokio::test]
async fn what_clerk_decides_is_not_changed_here() {
    let app = ClerkApp::start().await;
    toko(&app).await;
    let id = async |user: &str| app.value::<String>(&format!("select id::text from person where clerk_id = '{user}'")).await;
    let (ayu, budi) = (app.browser("user_ayu", "sess_1"), id("user_budi").await);
    app.sql(
        "insert into role (workspace_id, id, name, permissions, created_at)
         select id, '00000000-0000-7000-8000-000000000077', 'Kasir', '{conversations:reply}', now() from workspace where slug = 'toko-ayu'",
    )
    .await;
    let change = async |role: &str| ayu.call::<ChangeRole>(&[("workspace", "toko-ayu"), ("person", budi.as_str()), ("role", role)]).await;
    assert_eq!(change("00000000-0000-7000-8000-000000000077").await, None, "an own role is ours to give");
    assert_eq!(change("member").await, None);
    let at_clerk = Some(AppError::Conflict(Conflict::Refused("at_clerk".into())));
    assert_eq!(change("admin").await, at_clerk);
    assert_eq!(ayu.call::<RemoveMember>(&[("workspace", "toko-ayu"), ("person", budi.as_str())]).await, at_clerk);
    let heir = [("workspace", "toko-ayu"), ("person", budi.as_str()), ("confirmation", "Toko Ayu")];
    assert_eq!(ayu.call::<HandOverOwnership>(&heir).await, at_clerk);
    let invited = [("workspace", "toko-ayu"), ("name", "Citra"), ("email", "citra@example.test"), ("role", "member")];
    assert_eq!(ayu.call::<InviteMember>(&invited).await, at_clerk);
    assert_eq!(members(&app, "toko-ayu").await, "user_ayu:owner user_budi:member");

    let page = ayu.visit("/toko-ayu/settings/team").await.text().await.unwrap();
    assert!(page.contains("Clerk") && !page.contains("invite-email") && !page.contains("heir-confirm"), "{page}");
    // Organisations are made at Clerk, too.
    let new = app.browser("user_citra", "sess_2");
    assert_eq!(new.call::<CreateWorkspace>(&[("name", "Toko Citra"), ("time_zone", "Asia/Jakarta")]).await, at_clerk);
    let answer = new.visit("/onboarding").await;
    assert_eq!(answer.headers()[header::LOCATION], "/dashboard");
}
