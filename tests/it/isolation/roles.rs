//! Every endpoint × every role × both workspaces: what is answered follows from what the endpoint asks for, and from nothing else.

use super::{Ids, endpoints::*, everything, make};
use crate::support::*;
use my21staff::{
    ids::{ContactId, ConversationId, MediaId, MessageId, PersonId, WorkspaceId},
    server::crypto::new_id,
    workspace::{Permission, Permissions},
};
use std::collections::BTreeSet;

/// What an endpoint asks of whoever calls it.
#[derive(Clone, Copy)]
enum Asks {
    /// Nothing: everybody is answered alike.
    Nothing,
    /// To be signed in.
    Person,
    /// To belong to the workspace.
    Membership,
    /// To belong to the workspace, and this. What happens then is the business of other tests.
    May(Permission),
    /// To see the conversation.
    Sight,
    /// To see the conversation, and this.
    SightAnd(Permission),
}

/// What each endpoint asks for; complete by test.
const ASKS: &[(&str, Asks)] = &[
    ("page /:workspace/inbox/:conversation?", Asks::Membership),
    ("fn list_conversations", Asks::Membership),
    ("fn count_conversations", Asks::Membership),
    ("page /:workspace/inbox/mentions", Asks::Membership),
    ("page /:workspace/inbox/search", Asks::Membership),
    ("page /:workspace/inbox/pick", Asks::Membership),
    ("page /:workspace/inbox/views", Asks::Membership),
    ("fn shape_view", Asks::May(Permission::Assign)),
    ("fn delete_view", Asks::May(Permission::Assign)),
    ("fn load_viewer", Asks::Membership),
    ("GET /api/{workspace}/live", Asks::Membership),
    ("GET /api/{workspace}/events", Asks::Membership),
    ("GET /api/{workspace}/drafts", Asks::Membership),
    ("fn load_thread", Asks::Sight),
    ("GET /api/{workspace}/media/{id}", Asks::Sight),
    ("GET /api/{workspace}/conversations/{conversation}/on", Asks::Sight),
    ("page /:workspace/inbox/:conversation/media", Asks::Sight),
    ("page /:workspace/inbox/:conversation/past", Asks::Sight),
    ("page /:workspace/inbox/:conversation/score", Asks::Sight),
    ("fn mark_read", Asks::Sight),
    ("fn be_here", Asks::Sight),
    ("fn send_message", Asks::SightAnd(Permission::Reply)),
    ("POST /api/{workspace}/conversations/{conversation}/messages", Asks::SightAnd(Permission::Reply)),
    ("POST /api/{workspace}/conversations/{conversation}/draft", Asks::SightAnd(Permission::Reply)),
    ("fn run_macro", Asks::SightAnd(Permission::Reply)),
    ("page /:workspace/inbox/:conversation/contact", Asks::SightAnd(Permission::Reply)),
    ("fn save_contact", Asks::SightAnd(Permission::Reply)),
    ("page /:workspace/inbox/:conversation/merge", Asks::SightAnd(Permission::Reply)),
    ("page /:workspace/inbox/tasks", Asks::Membership),
    ("fn finish_task", Asks::SightAnd(Permission::Reply)),
    ("fn set_task", Asks::SightAnd(Permission::Reply)),
    ("fn merge_contacts", Asks::SightAnd(Permission::Reply)),
    ("fn split_contact", Asks::SightAnd(Permission::Reply)),
    ("fn block_contact", Asks::SightAnd(Permission::Reply)),
    ("fn move_to_stage", Asks::SightAnd(Permission::Reply)),
    ("fn tag_contact", Asks::SightAnd(Permission::Reply)),
    ("fn send_choices", Asks::SightAnd(Permission::Reply)),
    ("page /:workspace/inbox/:conversation/choices", Asks::SightAnd(Permission::Reply)),
    ("POST /api/{workspace}/conversations/{conversation}/wording", Asks::Sight),
    ("fn send_template", Asks::SightAnd(Permission::Reply)),
    ("page /:workspace/inbox/:conversation/template", Asks::SightAnd(Permission::Reply)),
    ("fn add_note", Asks::SightAnd(Permission::Reply)),
    ("fn resend_message", Asks::SightAnd(Permission::Reply)),
    ("fn take_back", Asks::SightAnd(Permission::Reply)),
    ("fn send_waiting", Asks::SightAnd(Permission::Reply)),
    ("fn react_to_message", Asks::SightAnd(Permission::Reply)),
    ("fn take_over", Asks::SightAnd(Permission::Reply)),
    ("fn hand_back", Asks::SightAnd(Permission::Reply)),
    ("fn close_conversation", Asks::SightAnd(Permission::Reply)),
    ("fn reopen_conversation", Asks::SightAnd(Permission::Reply)),
    ("fn assign_conversation", Asks::SightAnd(Permission::Assign)),
    ("fn prioritise_conversation", Asks::SightAnd(Permission::Reply)),
    ("fn snooze_conversation", Asks::SightAnd(Permission::Reply)),
    ("fn bulk_work", Asks::May(Permission::Reply)),
    ("fn undo_bulk_work", Asks::May(Permission::Reply)),
    ("fn reveal_number", Asks::SightAnd(Permission::RevealNumber)),
    ("GET /dashboard", Asks::Nothing),
    ("page /", Asks::Nothing),
    ("page /sign-in", Asks::Nothing),
    ("GET /scripts/{name}", Asks::Nothing),
    ("GET /healthz", Asks::Nothing),
    ("GET /readyz", Asks::Nothing),
    ("GET /api/webhook/kapso", Asks::Nothing),
    ("POST /api/webhook/kapso", Asks::Nothing),
    ("POST /api/csp-report", Asks::Nothing),
    ("POST /preferences", Asks::Nothing),
    ("POST /sign-in", Asks::Nothing),
    ("POST /sign-out", Asks::Nothing),
    ("POST /api/dev/sign-in", Asks::Nothing),
    // ── people and their accounts ────────────────────────────────────────────────────────────────────────────────
    ("page /onboarding", Asks::Nothing),
    ("page /workspaces", Asks::Person),
    ("page /invitation", Asks::Nothing),
    ("page /admin", Asks::Person),
    ("page /:workspace/start", Asks::Membership),
    ("page /:workspace/settings", Asks::Membership),
    ("page /:workspace/settings/whatsapp", Asks::May(Permission::Settings)),
    ("page /:workspace/settings/service", Asks::Membership),
    ("fn save_service", Asks::May(Permission::Settings)),
    ("fn save_assignment", Asks::May(Permission::Settings)),
    ("page /:workspace/settings/notices", Asks::Membership),
    ("POST /api/{workspace}/gone", Asks::Membership),
    ("fn save_notices", Asks::Membership),
    ("fn remove_device", Asks::Membership),
    ("fn test_notice", Asks::Membership),
    ("fn set_away", Asks::May(Permission::Reply)),
    ("fn add_holidays", Asks::May(Permission::Settings)),
    ("fn remove_holiday", Asks::May(Permission::Settings)),
    ("page /:workspace/settings/team", Asks::Membership),
    ("page /:workspace/settings/roles", Asks::Membership),
    ("page /:workspace/settings/audit", Asks::May(Permission::Audit)),
    ("page /:workspace/settings/macros", Asks::Membership),
    ("fn save_macro", Asks::May(Permission::ManageQuickReplies)),
    ("fn delete_macro", Asks::May(Permission::ManageQuickReplies)),
    ("page /:workspace/settings/fields", Asks::Membership),
    ("fn save_field", Asks::May(Permission::ManageLabels)),
    ("fn delete_field", Asks::May(Permission::ManageLabels)),
    ("page /:workspace/settings/labels", Asks::Membership),
    ("fn save_label", Asks::May(Permission::ManageLabels)),
    ("fn delete_label", Asks::May(Permission::ManageLabels)),
    ("fn order_stage", Asks::May(Permission::ManageLabels)),
    ("page /:workspace/settings/quick-replies", Asks::Membership),
    ("fn list_quick_replies", Asks::Membership),
    ("fn save_quick_reply", Asks::May(Permission::ManageQuickReplies)),
    ("fn delete_quick_reply", Asks::May(Permission::ManageQuickReplies)),
    ("GET /api/{workspace}/audit.csv", Asks::May(Permission::Audit)),
    ("fn create_workspace", Asks::Person),
    ("fn accept_invitation", Asks::Person),
    ("fn invite_member", Asks::May(Permission::InviteTeam)),
    ("fn resend_invitation", Asks::May(Permission::InviteTeam)),
    ("fn cancel_invitation", Asks::May(Permission::InviteTeam)),
    ("fn change_role", Asks::May(Permission::ChangeRole)),
    ("fn remove_member", Asks::May(Permission::RemoveTeam)),
    ("fn hand_over_ownership", Asks::May(Permission::ChangeRole)),
    ("fn save_role", Asks::May(Permission::ManageRoles)),
    ("fn delete_role", Asks::May(Permission::ManageRoles)),
    ("fn save_team", Asks::May(Permission::ManageRoles)),
    ("fn delete_team", Asks::May(Permission::ManageRoles)),
    ("fn save_settings", Asks::May(Permission::Settings)),
    ("fn connect_number", Asks::May(Permission::Settings)),
    ("fn test_number", Asks::May(Permission::Settings)),
    ("fn disconnect_number", Asks::May(Permission::Settings)),
    ("fn create_client", Asks::Person),
    ("fn suspend_workspace", Asks::Person),
    ("fn resume_workspace", Asks::Person),
    ("page /:workspace/mail", Asks::May(Permission::InviteTeam)),
    ("POST /api/{workspace}/mail/{id}/resend", Asks::May(Permission::InviteTeam)),
    ("page /account", Asks::Person),
    ("page /change-password", Asks::Nothing),
    ("POST /change-password", Asks::Person),
    ("POST /account/profile", Asks::Person),
    ("POST /account/password", Asks::Person),
    ("POST /account/sessions/end", Asks::Person),
    ("POST /account/sessions/end-others", Asks::Person),
    ("POST /account/totp/start", Asks::Person),
    ("POST /account/totp/confirm", Asks::Person),
    ("POST /account/totp/remove", Asks::Person),
    ("POST /account/recovery", Asks::Person),
    ("POST /account/recovery/read", Asks::Person),
    ("POST /account/passkeys/remove", Asks::Person),
    ("POST /api/passkey/register/options", Asks::Nothing),
    ("POST /api/passkey/register", Asks::Nothing),
    ("POST /api/passkey/sign-in", Asks::Nothing),
    ("POST /api/passkey/sign-in/options", Asks::Nothing),
    ("page /sign-in/second", Asks::Nothing),
    ("page /sign-up", Asks::Nothing),
    ("page /forgot", Asks::Nothing),
    ("page /verify", Asks::Nothing),
    ("page /reset", Asks::Nothing),
    ("POST /sign-in/second", Asks::Nothing),
    ("POST /sign-up", Asks::Nothing),
    ("POST /verify", Asks::Nothing),
    ("POST /forgot", Asks::Nothing),
    ("POST /reset", Asks::Nothing),
    ("GET /api/session", Asks::Person),
    ("GET /worker.js", Asks::Nothing),
    ("GET /api/push-key", Asks::Person),
    ("POST /api/push-devices", Asks::Person),
    ("POST /api/push-forgotten", Asks::Person),
    ("page /sign-in/refresh", Asks::Nothing),
    ("page /sign-in/organization", Asks::Nothing),
    ("POST /api/webhook/clerk", Asks::Nothing),
];

#[test]
fn every_endpoint_says_what_it_asks_for() {
    let named: BTreeSet<&str> = ENDPOINTS.iter().map(|endpoint| endpoint.name).collect();
    let asked: BTreeSet<&str> = ASKS.iter().map(|(name, _)| *name).collect();
    assert_eq!(named, asked, "left: the table of endpoints; right: what they ask for. A new endpoint needs both");
}

/// Somebody in one of the two workspaces, or nobody.
#[derive(Clone, Debug)]
struct Somebody {
    what: String,
    home: &'static str,
    email: Option<String>,
    permissions: Permissions,
    /// The conversation of the home workspace is assigned to them.
    assigned: bool,
}

/// Owner, admin, members with and without the conversation, a role without any right and one that only sees, of both workspaces; and nobody.
async fn everybody(app: &TestApp) -> Vec<Somebody> {
    use my21staff::workspace::Role;
    let mut people = vec![Somebody { what: "nobody".into(), home: "demo", email: None, permissions: Permissions::NONE, assigned: false }];
    for home in ["demo", "other"] {
        let mut add = async |kind: &str, permissions: Permissions, assigned: bool| {
            let email = format!("{kind}@matrix.{home}.test");
            let role = match kind {
                "owner" | "admin" => kind,
                _ => "member",
            };
            app.sql(&format!(
                "insert into person (id, email, name, created_at) values (gen_random_uuid(), '{email}', '{kind}', now());
                 insert into membership (workspace_id, person_id, role, created_at)
                     select w.id, p.id, '{role}', now() from workspace w, person p where w.slug = '{home}' and p.email = '{email}'"
            ))
            .await;
            people.push(Somebody { what: format!("{kind} of {home}"), home, email: Some(email), permissions, assigned });
        };
        add("owner", Permissions::of(Role::Owner), false).await;
        add("admin", Permissions::of(Role::Admin), false).await;
        add("member", Permissions::of(Role::Member), false).await;
        add("assigned", Permissions::of(Role::Member), true).await;
        add("rightless", Permissions::NONE, true).await;
        add("onlooker", Permissions::NONE.with(Permission::ViewAll), false).await;
    }
    for person in &people {
        if let Some(email) = person.email.as_deref().filter(|email| email.starts_with("rightless") || email.starts_with("onlooker")) {
            give_role(app, person.home, email, person.permissions).await;
        }
    }
    people
}

/// Gives somebody a role of the workspace's own with exactly these permissions.
pub(super) async fn give_role(app: &TestApp, workspace: &str, email: &str, permissions: Permissions) {
    let keys: Vec<&str> = permissions.iter().map(Permission::key).collect();
    app.sql(&format!(
        "with made as (
             insert into role (workspace_id, id, name, permissions, created_at)
             select id, gen_random_uuid(), 'Peran {email}', string_to_array('{}', ','), now() from workspace where slug = '{workspace}'
             on conflict (workspace_id, lower(name)) do update set permissions = excluded.permissions
             returning workspace_id, id)
         update membership m set role = 'member', custom_role_id = made.id from made, person p
         where m.workspace_id = made.workspace_id and m.person_id = p.id and p.email = '{email}'",
        keys.join(",")
    ))
    .await;
}

/// A conversation with a failed message and a file, in one of the workspaces.
pub(super) async fn conversation_in(app: &TestApp, workspace: &str, number: &str, phone: &str, text: &str) -> Ids {
    app.deliver(inbound_text(number, phone, &wamid(), text, app.app.clock.millis())).await;
    let of = format!("from conversation c join workspace w on w.id = c.workspace_id where w.slug = '{workspace}'");
    let conversation = ConversationId(app.value(&format!("select c.id {of}")).await);
    let home = WorkspaceId(app.value(&format!("select w.id {of}")).await);
    let (message, media) = (MessageId(new_id()), MediaId(new_id()));
    app.sql(&format!(
        "insert into message (workspace_id, id, conversation_id, direction, sender, kind, body, sent_at, created_at, status)
             values ('{home}', '{message}', '{conversation}', 'outbound', 'assistant', 'text', '{text}', now(), now(), 'failed');
         insert into media (workspace_id, id, message_id, mime, file_name, state)
             select workspace_id, '{media}', id, 'text/plain', 'berkas.txt', 'stored' from message
             where workspace_id = '{home}' and direction = 'inbound' limit 1"
    ))
    .await;
    app.app.store.put(home, media, bytes::Bytes::from(text.to_owned())).await.expect("a stored file");
    let member = PersonId(
        app.value(&format!(
            "select person_id from membership where workspace_id = '{home}' order by role = 'owner', created_at, person_id limit 1"
        ))
        .await,
    );
    let contact = ContactId(app.value(&format!("select contact_id from conversation where id = '{conversation}'")).await);
    let note = super::task_in(app, conversation, text).await;
    Ids { conversation, contact, message, media, note, member }
}

/// Puts back what calls change: who holds the conversations, the failed message, what was counted.
async fn put_back(connection: &mut sqlx::PgConnection, person: &Somebody) {
    use sqlx::Executor;
    let assignee = match (&person.email, person.assigned) {
        (Some(email), true) => format!("(select id from person where email = '{email}')"),
        _ => "null".into(),
    };
    let statements = format!(
        "update conversation c set holder = 'team', assignee_id = {assignee}, state = 'open', snoozed_until = null from workspace w where w.id = c.workspace_id and w.slug = '{}';
         update message set status = 'failed', provider_message_id = null where sender = 'assistant';
         insert into macro select workspace_id, id, 'M ' || id, '', null, null, true, null, '', null, now(), now(), null, null from conversation on conflict do nothing;
         insert into tag select id, gen_random_uuid(), 'Beasiswa', now() from workspace on conflict do nothing;
         delete from reaction_wish; delete from job; truncate rate_limit",
        person.home
    );
    connection.execute(sqlx::AssertSqlSafe(statements)).await.expect("put back");
}

/// What an endpoint must answer: to a page's request for pages, to a script's otherwise.
fn expected(asks: Asks, endpoint: &Endpoint, person: &Somebody, workspace: &str, about_a_conversation: bool) -> u16 {
    let is_page = endpoint.name.starts_with("page ");
    let sees = person.assigned || person.permissions.has(Permission::ViewAll);
    let right = |permission| if person.permissions.has(permission) { 200 } else { 403 };
    let needs_sight = about_a_conversation || matches!(asks, Asks::Sight | Asks::SightAnd(_));
    match asks {
        Asks::Nothing => endpoint.answers[0],
        Asks::Person if person.email.is_some() => endpoint.answers[1],
        _ if person.email.is_none() => {
            if is_page {
                302
            } else {
                401
            }
        }
        _ if person.home != workspace => 404,
        // A right is looked at before the conversation or after it; both keep a secret.
        Asks::SightAnd(permission) if !sees => {
            if right(permission) == 403 {
                403
            } else {
                404
            }
        }
        _ if needs_sight && !sees => 404,
        Asks::SightAnd(permission) => right(permission),
        Asks::May(permission) if !person.permissions.has(permission) => 403,
        Asks::Sight if endpoint.name.ends_with("/on") => 303,
        Asks::Sight | Asks::Membership | Asks::May(_) | Asks::Person => 200,
    }
}

#[tokio::test]
async fn every_role_gets_what_the_endpoint_asks_for_and_nothing_of_the_other_workspace() {
    let app = TestApp::start().await;
    let texts =
        [("demo", NUMBER, "6287712340099", "rahasia kenari tujuh"), ("other", OTHER_NUMBER, "6287712340088", "rahasia merpati delapan")];
    let mut ids = Vec::new();
    for (workspace, number, phone, text) in texts {
        ids.push((workspace, conversation_in(&app, workspace, number, phone, text).await, text));
    }
    // Deliveries put ARI and the provider to work; both are still before anything is compared.
    app.sql("update workspace set ari_enabled = false").await;
    app.is_ready().await;
    // No job runs from here on: what one call sends would change the message that the next call is about.
    app.sql(
        "create function rest() returns trigger language plpgsql as $$ begin new.run_at := '2999-01-01'; return new; end $$;
         create trigger rest before insert or update of run_at on job for each row execute function rest()",
    )
    .await;
    let mut connection = connect_to(&app.database_url).await;
    let (mut calls, mut shown) = (0, 0);
    for person in everybody(&app).await {
        let mut cookie = None;
        for endpoint in ENDPOINTS.iter() {
            let (_, asks) = ASKS.iter().find(|(name, _)| *name == endpoint.name).expect("in the table");
            for (workspace, theirs, _) in &ids {
                if let Some(email) = person.email.as_deref().filter(|_| cookie.is_none() || endpoint.name == "POST /sign-out") {
                    cookie = Some(app.sign_in(email).await.cookie);
                }
                put_back(&mut connection, &person).await;
                // Some things can be done only to a message that waits, others only to one that WhatsApp knows.
                if matches!(endpoint.name, "fn take_back" | "fn send_waiting") {
                    app.sql("update message set status = 'scheduled' where sender = 'assistant'").await;
                }
                if endpoint.name == "fn react_to_message" {
                    app.sql("update message set status = 'sent', provider_message_id = 'wamid.' || id where sender = 'assistant'").await;
                }
                let call = (endpoint.call)(workspace, theirs);
                let about = matches!(&call, Call::Get(path) if path.contains(&theirs.conversation.to_string()));
                let accept = if endpoint.name.starts_with("page ") { "text/html" } else { "application/json" };
                let answer = make(&app, call, cookie.as_deref(), &[("accept", accept)]).await;
                let what = format!("{} in {workspace} for {}", endpoint.name, person.what);
                let status = answer.status().as_u16();
                let said = everything(answer).await;
                let wanted = expected(*asks, endpoint, &person, workspace, about);
                let allowed = wanted == 200 && matches!(asks, Asks::May(_)) && ![401, 403].contains(&status) && status < 500;
                // It asks for JSON, which no call here is; that it is in sight was looked at before.
                let allowed = allowed || (wanted == 200 && status == 422 && endpoint.name.ends_with("/wording"));
                // With itself it is not merged, and nothing was merged that could be undone: whoever may is told so.
                let allowed =
                    allowed || (wanted == 200 && matches!((endpoint.name, status), ("fn merge_contacts", 422) | ("fn split_contact", 409)));
                let fine = status == wanted || (status == 404 && wanted == 403) || allowed;
                assert!(fine, "{what}: {status}, not {wanted}: {said}");
                for (home, _, text) in &ids {
                    let may = *home == person.home && person.email.is_some();
                    assert!(may || !said.contains(text), "{what} tells what was said in {home}");
                    shown += usize::from(said.contains(text));
                }
                calls += 1;
                if endpoint.name == "POST /sign-out" {
                    cookie = None;
                }
            }
        }
        // The same with ids of the other workspace in one's own.
        let Some(email) = &person.email else { continue };
        let cookie = app.sign_in(email).await.cookie;
        let foreign = &ids.iter().find(|(workspace, ..)| *workspace != person.home).expect("the other").1;
        for endpoint in ENDPOINTS.iter() {
            let (_, asks) = ASKS.iter().find(|(name, _)| *name == endpoint.name).expect("in the table");
            let changes = matches!(asks, Asks::May(_)) && endpoint.name.starts_with("fn ");
            if !changes && !matches!(asks, Asks::Sight | Asks::SightAnd(_)) {
                continue;
            }
            put_back(&mut connection, &person).await;
            let answer = make(&app, (endpoint.call)(person.home, foreign), Some(&cookie), &[("accept", "application/json")]).await;
            let status = answer.status().as_u16();
            let right = match asks {
                Asks::SightAnd(permission) | Asks::May(permission) => person.permissions.has(*permission),
                _ => true,
            };
            // What names nothing that could be foreign is refused for its empty name, or because the number is taken.
            let own_number = endpoint.name == "fn connect_number" && person.home == "demo" || endpoint.name == "fn set_away";
            let refused = changes && right && (matches!(status, 409 | 422) || own_number);
            // Of many that are named, each is answered by itself.
            let each = endpoint.name == "fn bulk_work" && right && status == 200;
            let said = if each { everything(answer).await } else { String::new() };
            let not_found = said.contains("\"done\":[]") && said.contains("not_found");
            assert!(
                status == 404 || (status == 403 && !right) || refused || not_found,
                "{} with a foreign id for {}: {status}",
                endpoint.name,
                person.what
            );
            calls += 1;
        }
    }
    assert!(calls > 600, "{calls} calls");
    assert!(shown > 20, "those who may were shown something: {shown}");
}
