//! Own roles and groups (F238): single permissions, what a group sees, felt within two seconds.

use super::*;
use my21staff::{
    ids::ConversationId,
    workspace::api::{ChangeRole, DeleteRole, SaveRole, SaveTeam},
};
use std::time::Duration;

async fn conversation_of(app: &TestApp, phone: &str, assignee: &str) -> ConversationId {
    app.customer_says(phone, "halo").await;
    let id = app
        .value(&format!(
            "select c.id from conversation c join identity i on i.workspace_id = c.workspace_id and i.contact_id = c.contact_id where i.value = '+{phone}'"
        ))
        .await;
    app.sql(&format!("update conversation set holder = 'team', assignee_id = '{assignee}' where id = '{id}'")).await;
    ConversationId(id)
}

/// A role for `email` with these permissions; gives its id.
async fn role_for(app: &TestApp, owner: &Actor, email: &str, name: &str, permissions: &[&str]) -> String {
    let mut form = vec![("workspace", "demo"), ("name", name)];
    form.extend(permissions.iter().map(|key| ("permissions[]", *key)));
    done::<SaveRole>(owner, &form).await;
    let id = app.value::<uuid::Uuid>(&format!("select id from role where name = '{name}'")).await.to_string();
    let person = person(app, email).await;
    done::<ChangeRole>(owner, &[("workspace", "demo"), ("person", &person), ("role", &id)]).await;
    id
}

#[tokio::test]
async fn a_group_sees_its_own_conversations_and_no_others() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let (rani, budi, sekar) =
        (person(&app, "owner@demo.test").await, person(&app, "admin@demo.test").await, person(&app, "member@demo.test").await);
    let budis = conversation_of(&app, "6281100000001", &budi).await;
    let sekars = conversation_of(&app, "6281100000002", &sekar).await;
    let ranis = conversation_of(&app, "6281100000003", &rani).await;
    role_for(&app, &owner, "member@demo.test", "Toko", &["leads:view_team", "conversations:reply", "contacts:see_numbers"]).await;
    let member = app.sign_in("member@demo.test").await;
    let seen = async || {
        let mut ids: Vec<_> = member.list(None).await.rows.into_iter().map(|row| row.id).collect();
        ids.sort();
        ids
    };
    assert_eq!(seen().await, [sekars], "without a group one's own");
    assert_eq!(member.try_thread("demo", budis, None).await.status(), 404);

    let mut stream = member.live("demo", None).await;
    let form = [("workspace", "demo"), ("name", "Lantai 1"), ("people[]", budi.as_str()), ("people[]", sekar.as_str())];
    done::<SaveTeam>(&owner, &form).await;
    let end = tokio::time::timeout(Duration::from_secs(2), stream.ending()).await.expect("within two seconds").expect("a last word");
    assert_eq!(end.name.as_deref(), Some("reset"));
    let mut both = vec![budis, sekars];
    both.sort();
    assert_eq!(seen().await, both);
    assert_eq!(member.list(None).await.unread_total, 2);
    assert_eq!(member.try_thread("demo", budis, None).await.status(), 200);
    assert_eq!(member.try_thread("demo", ranis, None).await.status(), 404);

    // The stream shows the group's and stays silent about the rest; what leaves the group is gone.
    let mut stream = member.live("demo", Some(member.list(None).await.seq)).await;
    app.customer_says("6281100000003", "rahasia").await;
    app.customer_says("6281100000001", "untuk budi").await;
    let heard = stream.frame().await;
    assert_eq!(heard.message.map(|message| message.text).as_deref(), Some("untuk budi"));
    owner.take_over(budis).await;
    assert_eq!(stream.until(|frame| frame.gone.is_some()).await.last().and_then(|frame| frame.gone), Some(budis));
    assert_eq!(seen().await, [sekars]);
}

#[tokio::test]
async fn a_changed_role_is_felt_and_nobody_gives_what_he_lacks() {
    let app = TestApp::start().await;
    app.customer_says("6281100000001", "halo").await;
    let owner = app.owner().await;
    let id =
        role_for(&app, &owner, "admin@demo.test", "Kepala", &["leads:view_all", "team:manage_roles", "team:change_role", "team:invite"])
            .await;
    let head = app.sign_in("admin@demo.test").await;
    assert_eq!(head.list(None).await.rows.len(), 1);

    let more = [("workspace", "demo"), ("name", "Lebih"), ("permissions[]", "leads:delete")];
    assert_eq!(refused::<SaveRole>(&head, &more).await, rule("more_than_own"));
    let sekar = person(&app, "member@demo.test").await;
    let admin = [("workspace", "demo"), ("person", sekar.as_str()), ("role", "admin")];
    assert_eq!(refused::<ChangeRole>(&head, &admin).await, rule("more_than_own"));
    let less = [("workspace", "demo"), ("name", "Kurang"), ("permissions[]", "leads:view_all")];
    done::<SaveRole>(&head, &less).await;
    assert_eq!(refused::<SaveRole>(&head, &less).await, rule("name_taken"));
    let unknown = refused::<SaveRole>(&owner, &[("workspace", "demo"), ("name", "X"), ("permissions[]", "all:of_it")]).await;
    assert!(matches!(unknown, AppError::Invalid { .. }));
    assert_eq!(refused::<DeleteRole>(&owner, &[("workspace", "demo"), ("role", &id)]).await, rule("role_in_use"));

    let mut stream = head.live("demo", None).await;
    done::<SaveRole>(&owner, &[("workspace", "demo"), ("role", &id), ("name", "Kepala"), ("permissions[]", "conversations:reply")]).await;
    let end = tokio::time::timeout(Duration::from_secs(2), stream.ending()).await.expect("within two seconds").expect("a last word");
    assert_eq!(end.name.as_deref(), Some("reset"));
    assert!(head.list(None).await.rows.is_empty());
    assert_eq!(refused::<SaveRole>(&head, &less).await, AppError::Forbidden("team:manage_roles".into()));
    assert_eq!((entries(&app, "role.created").await, entries(&app, "role.changed").await), (2, 1));
}

#[tokio::test]
async fn the_list_of_a_group_is_read_by_the_index() {
    let app = TestApp::start().await;
    app.sql(
        "insert into contact (workspace_id, id, created_at) select w.id, gen_random_uuid(), now() from workspace w, generate_series(1, 5000) where w.slug = 'demo';
         insert into conversation (workspace_id, id, contact_id, number_id, holder, assignee_id, last_message_at, created_at)
             select k.workspace_id, gen_random_uuid(), k.id, n.id, 'team',
                 (array(select person_id from membership m where m.workspace_id = k.workspace_id order by person_id))[1 + (random() * 2)::int],
                 now() - random() * interval '30 days', now()
             from contact k join whatsapp_number n on n.workspace_id = k.workspace_id;
         analyze conversation",
    )
    .await;
    let plan: serde_json::Value = app
        .value(
            "explain (format json) select newest.id from unnest((select array_agg(person_id) from membership)::uuid[]) person(id)
             cross join lateral (
                 select c.id, c.last_message_at from conversation c
                 where c.workspace_id = (select id from workspace where slug = 'demo') and c.assignee_id = person.id
                 order by c.last_message_at desc, c.id desc limit 31
             ) newest order by newest.last_message_at desc, newest.id desc limit 31",
        )
        .await;
    let plan = plan.to_string();
    assert!(plan.contains("conversation_assignee"), "{plan}");
    assert!(!plan.contains("\"Seq Scan\",\"Parallel Aware\":false,\"Async Capable\":false,\"Relation Name\":\"conversation\""), "{plan}");
}
