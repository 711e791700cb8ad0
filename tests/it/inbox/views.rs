//! The list's views: each has exactly what it says, counts it, and pages through it by an index.

use crate::support::*;
use leptos::server_fn::ServerFn;
use my21staff::{
    ids::ConversationId,
    inbox::{
        api::*,
        list_view::{COUNTED, Totals},
    },
};
use reqwest::StatusCode;

pub(super) const PHONES: [&str; 5] = ["6281100000001", "6281100000002", "6281100000003", "6281100000004", "6281100000005"];

async fn conversation(app: &TestApp, phone: &str) -> ConversationId {
    let query = format!(
        "select c.id from conversation c join identity i on i.workspace_id = c.workspace_id and i.contact_id = c.contact_id where i.value = '+{phone}'"
    );
    ConversationId(app.value(&query).await)
}

/// Five conversations, oldest first: the owner's, the member's, nobody's, one that is closed (the owner's), one that is put off (nobody's).
pub(super) async fn five(app: &TestApp) -> [ConversationId; 5] {
    let mut ids = Vec::new();
    for (nth, phone) in PHONES.iter().enumerate() {
        app.customer_says(phone, "Halo?").await;
        let id = conversation(app, phone).await;
        let at = format!("timestamptz '2026-11-20 08:0{nth}'");
        app.sql(&format!("update conversation set last_message_at = {at} where id = '{}'", id.0)).await;
        ids.push(id);
    }
    let person = |email: &str| format!("(select id from person where email = '{email}')");
    for (nth, change) in [
        (0, format!("assignee_id = {}", person("owner@demo.test"))),
        (1, format!("assignee_id = {}", person("member@demo.test"))),
        (3, format!("state = 'closed', unread_count = 0, assignee_id = {}", person("owner@demo.test"))),
        (4, "state = 'snoozed', snoozed_until = now() + interval '1 day'".into()),
    ] {
        app.sql(&format!("update conversation set {change} where id = '{}'", ids[nth].0)).await;
    }
    ids.try_into().expect("five")
}

pub(super) async fn shown(who: &Actor, view: &str) -> Vec<ConversationId> {
    who.view("demo", view, None).await.rows.into_iter().map(|row| row.id).collect()
}

pub(super) async fn totals(who: &Actor, workspace: &str) -> Totals {
    good(who.get(&format!("{}?workspace={workspace}", CountConversations::PATH)).await).await
}

#[tokio::test]
async fn each_view_has_what_it_says_and_no_more() {
    let app = TestApp::start().await;
    let [mine, sekars, nobodys, closed, put_off] = five(&app).await;
    let (owner, member, stranger) = (app.owner().await, app.sign_in("member@demo.test").await, app.stranger().await);
    for (view, expected) in [
        ("", vec![nobodys, sekars, mine]),
        ("view=mine", vec![mine]),
        ("view=unassigned", vec![nobodys]),
        ("state=closed", vec![closed]),
        ("state=snoozed", vec![put_off]),
        ("state=snoozed&view=mine", vec![]),
        ("state=snoozed&view=unassigned&unread=1&sort=oldest", vec![put_off]),
        ("view=mine&state=closed", vec![closed]),
        ("view=unassigned&state=closed", vec![]),
        ("state=all", vec![put_off, closed, nobodys, sekars, mine]),
        ("view=mine&state=all", vec![closed, mine]),
        ("view=unassigned&state=all", vec![put_off, nobodys]),
        ("state=all&unread=1", vec![put_off, nobodys, sekars, mine]),
        ("unread=1&view=mine", vec![mine]),
        ("unread=1&view=unassigned", vec![nobodys]),
        ("unread=1&state=closed", vec![]),
        ("sort=oldest", vec![mine, sekars, nobodys]),
        ("sort=oldest&state=all&view=mine", vec![mine, closed]),
        ("sort=oldest&view=unassigned", vec![nobodys]),
        ("sort=oldest&unread=1&state=all", vec![mine, sekars, nobodys, put_off]),
        ("view=everything&state=x&unread=2", vec![nobodys, sekars, mine]),
    ] {
        assert_eq!(shown(&owner, view).await, expected, "{view}");
    }
    let counted = totals(&owner, "demo").await;
    assert_eq!((counted.mine, counted.unassigned, counted.all), (1, 1, 3));
    assert_eq!(owner.list(None).await.totals, counted, "a page tells the same");

    // Whoever sees only what is theirs has nobody's in no view and no total.
    for view in ["", "view=mine", "state=all", "unread=1", "sort=oldest&state=all"] {
        assert_eq!(shown(&member, view).await, [sekars], "{view}");
    }
    for view in ["view=unassigned", "view=unassigned&state=all&unread=1", "state=closed"] {
        assert!(shown(&member, view).await.is_empty(), "{view}");
    }
    let counted = totals(&member, "demo").await;
    assert_eq!((counted.mine, counted.unassigned, counted.all), (1, 0, 1));

    // The other workspace has nothing of it.
    let counted = totals(&stranger, "other").await;
    assert_eq!((counted.mine, counted.unassigned, counted.all), (0, 0, 0));
    for view in ["state=all", "view=unassigned&state=all", "unread=1"] {
        assert!(stranger.view("other", view, None).await.rows.is_empty(), "{view}");
    }
    assert_eq!(stranger.get(&format!("{}?workspace=demo", CountConversations::PATH)).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn totals_follow_what_is_done() {
    let app = TestApp::start().await;
    let [mine, _, nobodys, closed, put_off] = five(&app).await;
    let owner = app.owner().await;
    let act = async |path: &str, id: ConversationId| {
        let answer = owner.post(path, &[("workspace", "demo"), ("conversation", &id.0.to_string())]).await;
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        let counted = totals(&owner, "demo").await;
        (counted.mine, counted.unassigned, counted.all)
    };
    assert_eq!(act(TakeOver::PATH, nobodys).await, (2, 0, 3));
    assert_eq!(act(CloseConversation::PATH, mine).await, (1, 0, 2));
    assert_eq!(act(ReopenConversation::PATH, closed).await, (2, 0, 3));
    app.customer_says(PHONES[4], "Masih di sana?").await;
    let counted = totals(&owner, "demo").await;
    assert_eq!((counted.mine, counted.unassigned, counted.all), (2, 1, 4), "who writes brings back what was put off");
    assert_eq!(shown(&owner, "view=unassigned").await, [put_off]);
}

#[tokio::test]
async fn every_view_is_paged_without_gap_or_repeat_and_by_an_index() {
    let app = TestApp::start().await;
    app.customer_says(PHONES[0], "Halo?").await;
    // Many conversations, several at the same moment; every third is closed, every fourth the owner's, every fifth unread.
    app.sql(
        "with made as (
             insert into contact (workspace_id, id, profile_name, created_at)
             select w.id, gen_random_uuid(), 'Pelanggan ' || n, now() from workspace w, generate_series(1, 3000) n where w.slug = 'demo'
             returning workspace_id, id, substr(profile_name, 11)::int as n
         )
         insert into conversation (workspace_id, id, contact_id, number_id, state, holder, assignee_id, unread_count, last_message_at, created_at)
         select m.workspace_id, gen_random_uuid(), m.id, (select id from whatsapp_number where workspace_id = m.workspace_id limit 1),
             case when n % 3 = 0 then 'closed' else 'open' end, 'team',
             case when n % 4 = 0 then (select id from person where email = 'owner@demo.test') end,
             case when n % 5 = 0 then 1 else 0 end, timestamptz '2026-01-01' + (n / 7) * interval '1 minute', now()
         from made m; analyze conversation",
    )
    .await;
    let owner = app.owner().await;
    for (view, condition) in [
        ("", "state <> 'closed'"),
        ("view=mine&sort=oldest", "state <> 'closed' and assignee_id is not null"),
        ("state=closed&view=unassigned", "state = 'closed' and assignee_id is null"),
        ("unread=1&state=all", "unread_count > 0"),
    ] {
        let expected: i64 = app.value(&format!("select count(*) from conversation where {condition}")).await;
        let mut seen: Vec<(i64, uuid::Uuid)> = Vec::new();
        let mut after = None;
        loop {
            let page = owner.view("demo", view, after).await;
            seen.extend(page.rows.iter().map(|row| (row.last_at, row.id.0)));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let mut sorted = seen.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len() as i64, expected, "{view}: none is missing");
        if !view.contains("oldest") {
            sorted.reverse();
        }
        assert_eq!(seen, sorted, "{view}: in order, none twice");
    }
    let counted = totals(&owner, "demo").await;
    assert_eq!((counted.all, counted.mine), (COUNTED, 500), "more than is told is not counted on");
    // However common or rare a state is, no list reads the whole table.
    // The change reads the whole table itself. Its figures are handed in at once and not when its connection ends, in the middle of what is counted.
    let rare =
        "update conversation set state = 'open' where state = 'closed' and last_message_at < '2026-01-01 07:00'; analyze conversation;
        select pg_stat_force_next_flush()";
    for distribution in ["select", rare] {
        app.sql(distribution).await;
        let before: i64 = app.value("select seq_scan from pg_stat_user_tables where relname = 'conversation'").await;
        for view in ["", "view=mine", "view=unassigned", "state=all", "state=closed", "state=snoozed", "view=mine&state=closed"] {
            for more in ["", "&sort=oldest", "&unread=1", "&unread=1&sort=oldest"] {
                for _ in 0..8 {
                    owner.view("demo", &format!("{view}{more}"), None).await;
                }
            }
        }
        app.sql("select pg_stat_force_next_flush()").await;
        tokio::time::sleep(std::time::Duration::from_millis(1_200)).await;
        let after: i64 = app.value("select seq_scan from pg_stat_user_tables where relname = 'conversation'").await;
        assert_eq!(after - before, 0, "{distribution}: a list reads its index");
    }
    let left: i64 = app.value("select count(*) from conversation where state = 'closed'").await;
    assert!((1..40).contains(&left), "few: {left}");
    assert_eq!(owner.view("demo", "state=closed", None).await.rows.len() as i64, left);
}
