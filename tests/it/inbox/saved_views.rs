//! Filters and the views that have a name: what they show, in what order, who has them, and how they are made without script.

use super::views::{PHONES, five, shown, totals};
use crate::support::*;
use leptos::server_fn::ServerFn;
use my21staff::{
    error::{AppError, Conflict, Rule},
    inbox::{
        api::{DeleteView, ShapeView},
        filter::Asker,
        list_view::{ListView, SavedView},
    },
};
use reqwest::{Response, StatusCode, header};

async fn try_save(who: &Actor, workspace: &str, name: &str, more: &[(&str, &str)]) -> Response {
    let mut form = vec![("workspace", workspace), ("deed", "save"), ("name", name)];
    form.extend(more);
    who.post(ShapeView::PATH, &form).await
}

async fn saved(who: &Actor, workspace: &str) -> Vec<SavedView> {
    totals(who, workspace).await.saved
}

async fn names(who: &Actor, workspace: &str) -> Vec<String> {
    saved(who, workspace).await.into_iter().map(|view| view.name).collect()
}

async fn try_delete(who: &Actor, workspace: &str, id: &str) -> Response {
    who.post(DeleteView::PATH, &[("workspace", workspace), ("id", id)]).await
}

#[tokio::test]
async fn a_filter_shows_what_it_says_and_no_more() {
    let app = TestApp::start().await;
    let [mine, sekars, nobodys, closed, put_off] = five(&app).await;
    let now = app.app.clock.now();
    let at = |ago: i64| (now - chrono::Duration::minutes(ago)).to_rfc3339();
    for (id, said, wrote) in
        [(mine, 30, 30), (sekars, 90, 23 * 60), (nobodys, 26 * 60, 26 * 60), (closed, 200 * 60, 200 * 60), (put_off, 300, 300)]
    {
        app.sql(&format!("update conversation set last_message_at = '{}', last_inbound_at = '{}' where id = '{id}'", at(said), at(wrote)))
            .await;
    }
    app.sql(&format!("update conversation set priority = 1 where id in ('{sekars}', '{closed}')")).await;
    app.sql(&format!("update conversation set unread_count = 0 where id = '{nobodys}'")).await;
    app.sql(&format!("update conversation set holder = case when id in ('{mine}', '{sekars}') then 'team' else 'ari' end")).await;
    let (owner, member, stranger) = (app.owner().await, app.sign_in("member@demo.test").await, app.stranger().await);
    let sekar: uuid::Uuid = app.value("select id from person where email = 'member@demo.test'").await;
    let number: uuid::Uuid = app.value(&format!("select number_id from conversation where id = '{mine}'")).await;
    let foreign: uuid::Uuid =
        app.value("select n.id from whatsapp_number n join workspace w on w.id = n.workspace_id where w.slug = 'other'").await;
    let everything = vec![mine, sekars, put_off, nobodys, closed];
    for (view, expected) in [
        ("filter=priority:high", vec![sekars]),
        ("state=all&filter=priority:high", vec![sekars, closed]),
        ("filter=priority:normal", vec![mine, nobodys]),
        ("filter=assignee:me,none", vec![mine, nobodys]),
        (&format!("filter=assignee:{sekar}"), vec![sekars]),
        ("state=all&filter=unread:no", vec![nobodys, closed]),
        ("state=all&filter=holder:team", vec![mine, sekars]),
        ("state=all&filter=state:snoozed,closed", vec![put_off, closed]),
        ("filter=window:open", vec![mine, sekars]),
        ("filter=window:soon", vec![sekars]),
        ("state=all&filter=window:shut", vec![nobodys, closed]),
        ("filter=within:1", vec![mine]),
        ("state=all&filter=older:24", vec![nobodys, closed]),
        ("state=all&filter=within:24;unread:yes", vec![mine, sekars, put_off]),
        ("state=all&filter=priority:high;holder:team~state:snoozed", vec![sekars, put_off]),
        ("view=mine&filter=priority:high", vec![]),
        (&format!("state=all&filter=number:{number}"), everything.clone()),
        (&format!("state=all&filter=number:{foreign}"), vec![]),
        ("state=all&sort=priority", vec![sekars, closed, mine, put_off, nobodys]),
        ("state=all&sort=window", vec![sekars, put_off, mine]),
        ("state=all&sort=window&filter=holder:team", vec![sekars, mine]),
        ("state=all&sort=oldest&filter=holder:team", vec![sekars, mine]),
        // What is not understood counts as not given.
        ("state=all&filter=colour:red;mood:good", everything.clone()),
        ("state=all&filter=%00';drop table contact--", everything),
    ] {
        assert_eq!(shown(&owner, view).await, expected, "{view}");
    }
    // Whoever sees only what is theirs sees no more by asking for it.
    for view in ["state=all&filter=assignee:none", "state=all&filter=state:open,closed,snoozed", "state=all&sort=priority", "sort=window"] {
        let rows = shown(&member, view).await;
        assert!(rows.iter().all(|id| *id == sekars), "{view}: {rows:?}");
        assert!(owner.view("demo", view, None).await.rows.len() > rows.len() || view == "sort=window");
        assert!(stranger.view("other", view, None).await.rows.is_empty(), "{view}");
    }
    assert_eq!(owner.try_list("other", None).await.status(), StatusCode::NOT_FOUND);
    // What it says is said in words, in the reader's language.
    let said = owner.view("demo", "filter=priority:high;assignee:me", None).await.filter;
    assert_eq!(said.as_deref(), Some("Prioritas: tinggi · Penanggung jawab: saya"));
    assert_eq!(owner.view("demo", "view=mine", None).await.filter, None);
}

/// Many conversations, of which few pass.
async fn many(app: &TestApp, count: usize) {
    app.customer_says(PHONES[0], "Halo?").await;
    app.sql(&format!(
        "with made as (
             insert into contact (workspace_id, id, profile_name, created_at)
             select w.id, gen_random_uuid(), 'Pelanggan ' || n, now() from workspace w, generate_series(1, {count}) n where w.slug = 'demo'
             returning workspace_id, id, substr(profile_name, 11)::int as n
         )
         insert into conversation (workspace_id, id, contact_id, number_id, state, holder, priority, last_inbound_at, last_message_at, created_at)
         select m.workspace_id, gen_random_uuid(), m.id, (select id from whatsapp_number where workspace_id = m.workspace_id limit 1),
             'open', case when n % 3 = 0 then 'team' else 'ari' end, case when n % 40 = 0 then 1 else 0 end,
             date_trunc('second', now()) - (n % 1500) * interval '1 minute', date_trunc('second', now()) - (n / 3) * interval '1 second', now()
         from made m; analyze conversation"
    ))
    .await;
}

/// All rows of a view, page by page, with how many pages there were.
async fn whole(who: &Actor, view: &str) -> (Vec<my21staff::inbox::model::ConversationView>, usize) {
    let (mut rows, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = who.view("demo", view, after).await;
        rows.extend(page.rows);
        pages += 1;
        after = page.next;
        if after.is_none() {
            return (rows, pages);
        }
    }
}

#[tokio::test]
async fn every_order_and_filter_is_paged_without_gap_or_repeat() {
    let app = TestApp::start().await;
    many(&app, 700).await;
    let owner = app.owner().await;
    for (view, condition) in [
        ("sort=priority", "true"),
        ("sort=window", "last_inbound_at > now() - interval '24 hours'"),
        ("filter=holder:team", "holder = 'team'"),
        ("sort=oldest&filter=holder:team", "holder = 'team'"),
        ("sort=priority&filter=holder:team~priority:high", "holder = 'team' or priority > 0"),
        ("sort=window&filter=priority:high", "priority > 0 and last_inbound_at > now() - interval '24 hours'"),
    ] {
        let expected: i64 = app.value(&format!("select count(*) from conversation where {condition}")).await;
        let list = ListView::parse(view);
        let (rows, pages) = whole(&owner, view).await;
        assert_eq!(rows.len() as i64, expected, "{view}: none is missing, none comes twice");
        assert!(pages > 1 || expected <= 50, "{view}: {pages}");
        let places: Vec<_> = rows.iter().map(|row| list.place(row)).collect();
        assert!(places.windows(2).all(|pair| list.ahead(pair[0], pair[1])), "{view}: in order, strictly");
        let me = my21staff::ids::PersonId(app.value("select id from person where email = 'owner@demo.test'").await);
        assert!(
            rows.iter().all(|row| list.holds(row, Asker { me, now: app.app.clock.millis(), offset_minutes: 420 })),
            "{view}: the browser's rule says the same"
        );
    }
}

#[tokio::test]
async fn a_walk_ends_at_its_bound_and_goes_on_from_there() {
    let app = TestApp::start().await;
    many(&app, 26_000).await;
    // Only the one of which was heard longest ago passes.
    app.sql(
        "update conversation set unread_count = 0;
         update conversation set unread_count = 1, assignee_id = null where id = (select id from conversation order by last_message_at, id limit 1)",
    )
    .await;
    let owner = app.owner().await;
    let first = owner.view("demo", "filter=unread:yes", None).await;
    assert!(first.rows.is_empty() && first.next.is_some(), "not everything was looked at, and it says so");
    let (rows, pages) = whole(&owner, "filter=unread:yes").await;
    assert_eq!((rows.len(), pages), (1, 2));
}

#[tokio::test]
async fn views_are_somebodys_own_or_everybodys() {
    let app = TestApp::start().await;
    let [mine, sekars, ..] = five(&app).await;
    app.sql(&format!("update conversation set priority = 1 where id in ('{mine}', '{sekars}')")).await;
    let (owner, member, stranger) = (app.owner().await, app.sign_in("member@demo.test").await, app.stranger().await);
    let terms = [("terms[]", "0:state:open"), ("terms[]", "0:priority:high"), ("terms[]", "1:state:open"), ("terms[]", "1:window:soon")];
    let address: String = good(try_save(&owner, "demo", " Yang   penting ", &terms).await).await;
    assert_eq!(address, "/demo/inbox?filter=priority:high~window:soon");
    let shared = [&terms[..2], &[("shared", "true")]].concat();
    assert!(try_save(&owner, "demo", "Prioritas", &shared).await.status().is_success());
    assert!(
        try_save(&member, "demo", "Yang penting", &[("terms[]", "0:state:open"), ("terms[]", "0:unread:yes")]).await.status().is_success()
    );

    let views = saved(&owner, "demo").await;
    assert_eq!(
        views.iter().map(|view| (view.name.as_str(), view.shared)).collect::<Vec<_>>(),
        [("Prioritas", true), ("Yang penting", false)]
    );
    assert_eq!(views[0].view, "filter=priority:high");
    // Each counts what its reader may see.
    assert_eq!(views[0].unread, 2);
    let theirs = saved(&member, "demo").await;
    assert_eq!(
        theirs.iter().map(|view| (view.view.as_str(), view.unread)).collect::<Vec<_>>(),
        [("filter=priority:high", 1), ("unread=1", 1)]
    );
    assert!(saved(&stranger, "other").await.is_empty());

    // Only who gives work to others arranges what everybody has; nobody touches another's own; another workspace's are not there.
    let (common, own) = (views[0].id.to_string(), views[1].id.to_string());
    assert_eq!(
        refused_as(try_save(&member, "demo", "Untuk semua", &shared).await, StatusCode::FORBIDDEN).await,
        AppError::Forbidden("conversations:assign".into())
    );
    assert_eq!(try_save(&member, "demo", "Diambil", &[("id", &common)]).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(try_delete(&member, "demo", &common).await.status(), StatusCode::FORBIDDEN);
    for (who, workspace) in [(&member, "demo"), (&stranger, "other"), (&stranger, "demo")] {
        assert_eq!(try_save(who, workspace, "Diambil", &[("id", &own)]).await.status(), StatusCode::NOT_FOUND, "{workspace}");
        assert_eq!(try_delete(who, workspace, &own).await.status(), StatusCode::NOT_FOUND, "{workspace}");
    }
    assert_eq!(try_delete(&stranger, "other", &common).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(names(&owner, "demo").await, ["Prioritas", "Yang penting"]);

    // Changed, shared, deleted.
    assert!(
        try_save(&owner, "demo", "Penting dan terbuka", &[("id", &own), ("terms[]", "0:window:open"), ("shared", "true")])
            .await
            .status()
            .is_success()
    );
    assert_eq!(names(&member, "demo").await, ["Penting dan terbuka", "Prioritas", "Yang penting"]);
    assert!(try_delete(&owner, "demo", &common).await.status().is_success());
    assert_eq!(names(&member, "demo").await, ["Penting dan terbuka", "Yang penting"]);
    let trail: String = app.value("select string_agg(action, ' ' order by action) from audit_entry where action like 'view.%'").await;
    assert_eq!(trail, "view.created view.created view.deleted", "what everybody has is written down");

    // Whoever leaves takes their own along and leaves what is shared.
    app.sql("delete from membership where person_id = (select id from person where email = 'member@demo.test')").await;
    let left: i64 = app.value("select count(*) from saved_view").await;
    assert_eq!(left, 1);
}

#[tokio::test]
async fn a_view_has_a_name_that_no_other_has_and_there_are_at_most_fifty() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let error =
        async |name: &str, more: &[(&str, &str)]| try_save(&owner, "demo", name, more).await.json::<AppError>().await.expect("an error");
    assert_eq!(error(" ", &[]).await, AppError::invalid("name", Rule::Missing));
    assert_eq!(error(&"é".repeat(61), &[]).await, AppError::invalid("name", Rule::TooLong(60)));
    assert!(try_save(&owner, "demo", &"é".repeat(60), &[]).await.status().is_success());
    assert_eq!(error(&"É".repeat(60), &[]).await, AppError::Conflict(Conflict::Refused("view_name_taken".into())));
    assert!(
        try_save(&owner, "demo", &"é".repeat(60), &[("shared", "true")]).await.status().is_success(),
        "one's own and everybody's may be called alike"
    );
    for nth in 1..50 {
        assert!(try_save(&owner, "demo", &format!("Tampilan {nth}"), &[]).await.status().is_success());
    }
    assert_eq!(error("Satu lagi", &[]).await, AppError::Conflict(Conflict::Refused("too_many_views".into())));
    let views = saved(&owner, "demo").await;
    assert_eq!(views.len(), 51);
    let first = views.iter().find(|view| view.name == "Tampilan 1").expect("it").id.to_string();
    assert!(try_save(&owner, "demo", "Nama baru", &[("id", &first)]).await.status().is_success(), "a change needs no room");
}

/// Where a form without script leads.
async fn led(app: &TestApp, who: &Actor, path: &str, form: &[(&str, &str)]) -> String {
    let answer = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client")
        .post(app.url(path))
        .header(header::COOKIE, who.cookie())
        .header(header::ACCEPT, "text/html")
        .header(header::REFERER, app.url("/demo/inbox/views"))
        .form(form)
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), StatusCode::FOUND);
    answer.headers()[header::LOCATION].to_str().expect("text").to_owned()
}

#[tokio::test]
async fn without_script_filters_are_put_together_kept_and_put_back() {
    let app = TestApp::start().await;
    five(&app).await;
    let owner = app.owner().await;
    let form = |deed, name| {
        vec![
            ("workspace", "demo"),
            ("deed", deed),
            ("name", name),
            ("terms[]", "0:state:open"),
            ("terms[]", "0:assignee:me"),
            ("terms[]", ""),
            ("sort", "oldest"),
        ]
    };
    let shown_at = "/demo/inbox?view=mine&sort=oldest";
    assert_eq!(led(&app, &owner, ShapeView::PATH, &form("show", "")).await, shown_at);
    assert_eq!(led(&app, &owner, ShapeView::PATH, &form("enter", " ")).await, shown_at, "no name: it is only shown");
    assert!(saved(&owner, "demo").await.is_empty());
    let name = "<script>alert(1)</script>";
    assert_eq!(led(&app, &owner, ShapeView::PATH, &form("enter", name)).await, shown_at);
    assert_eq!(names(&owner, "demo").await, [name]);
    // What is refused comes back with all that was written.
    let back = led(&app, &owner, ShapeView::PATH, &form("save", name)).await;
    assert!(back.starts_with("/demo/inbox/views?view=mine&sort=oldest&name=%3Cscript"), "{back}");
    let page = owner.get(&back).await.text().await.expect("a page");
    assert!(page.contains("Sudah ada tampilan dengan nama itu") && !page.contains("<script>alert"), "{page}");
    assert!(page.contains("value=\"0:assignee:me\" checked") && page.contains("value=\"&lt;script&gt;alert(1)"), "{page}");
    // The inbox shows it, by its name and inert; deleted, it can be put back.
    let page = owner.get("/demo/inbox").await.text().await.expect("a page");
    assert!(page.contains("&lt;script&gt;alert(1)") && !page.contains("<script>alert(1)"));
    let id = saved(&owner, "demo").await[0].id.to_string();
    let back = led(&app, &owner, DeleteView::PATH, &[("workspace", "demo"), ("id", &id)]).await;
    assert!(saved(&owner, "demo").await.is_empty());
    let page = owner.get(&back).await.text().await.expect("a page");
    assert!(page.contains("dihapus.") && page.contains("value=\"restore\""), "{page}");
    let restore = [("workspace", "demo"), ("deed", "restore"), ("name", name), ("view", "view=mine&sort=oldest")];
    assert_eq!(led(&app, &owner, ShapeView::PATH, &restore).await, "/demo/inbox/views");
    assert_eq!(saved(&owner, "demo").await[0].view, "view=mine&sort=oldest");
}
