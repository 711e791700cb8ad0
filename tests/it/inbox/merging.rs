//! Two contacts become one because somebody says so, and two again.

use crate::support::*;
use futures::future::join_all;
use leptos::server_fn::ServerFn;
use my21staff::{
    error::{AppError, Conflict},
    ids::{ContactId, ConversationId},
    inbox::{
        api::{BlockContact, CloseConversation, MergeContacts, SaveContact, SaveField, SaveLabel, SplitContact, TagContact},
        model::*,
    },
};
use reqwest::{Response, StatusCode, header};
use uuid::Uuid;

const OLD: &str = "6281234567890";
const NEW: &str = "6289876543210";

async fn contact(app: &TestApp, phone: &str) -> ContactId {
    ContactId(
        app.value(&format!(
            "select contact_id from identity where value = '+{phone}' and workspace_id = (select id from workspace where slug = 'demo')"
        ))
        .await,
    )
}

/// Two that have written, each with a conversation.
async fn two(app: &TestApp) -> (ConversationId, ConversationId) {
    app.customer_says(OLD, "Halo, saya mau tanya").await;
    app.customer_says(NEW, "Halo, nomor saya ganti").await;
    app.customer_says(OLD, "Ada promo?").await;
    (talk(app, OLD).await, talk(app, NEW).await)
}

async fn ask(who: &Actor, workspace: &str, id: ConversationId, other: ContactId, take: &[(&str, &str)]) -> Response {
    let mut form =
        vec![("workspace".to_owned(), workspace.to_owned()), ("conversation".into(), id.to_string()), ("other".into(), other.to_string())];
    form.extend(take.iter().map(|(what, side)| (format!("take[{what}]"), (*side).to_owned())));
    who.post(MergeContacts::PATH, &form).await
}

async fn merge(who: &Actor, id: ConversationId, other: ContactId, take: &[(&str, &str)]) -> ConversationId {
    good(ask(who, "demo", id, other, take).await).await
}

async fn try_split(who: &Actor, id: ConversationId) -> Response {
    who.post(SplitContact::PATH, &[("workspace", "demo"), ("conversation", &*id.to_string())]).await
}

async fn post<F: ServerFn>(who: &Actor, id: ConversationId, more: &[(&str, &str)]) -> Response {
    let id = id.to_string();
    who.post(F::PATH, &[&[("workspace", "demo"), ("conversation", id.as_str())], more].concat()).await
}

fn texts(messages: &[MessageView]) -> Vec<String> {
    messages.iter().filter(|m| m.direction == Direction::Inbound).map(|m| m.text.clone()).collect()
}

/// All that is stored of contacts and conversations, and where messages are; but for what no merge can leave alone: ARI's turns, and what was said about it.
async fn everything(app: &TestApp) -> Vec<String> {
    let rows: Vec<String> = app
        .value(
            "select array_agg(line order by line) from (
                 select to_jsonb(k)::text line from contact k union all select to_jsonb(i)::text from identity i
                 union all select to_jsonb(t)::text from contact_tag t union all select to_jsonb(v)::text from contact_value v
                 union all select (to_jsonb(c) - 'turn')::text from conversation c
                 union all select m.conversation_id::text || ' ' || m.id::text from message m where m.kind not like 'contacts_%') rows",
        )
        .await;
    rows
}

/// With what the team keeps of both: a field, tags, a stage, names.
async fn described(app: &TestApp, owner: &Actor) -> (ConversationId, ConversationId, Uuid) {
    let (old, new) = two(app).await;
    assert_eq!(owner.post(SaveField::PATH, &[("workspace", "demo"), ("name", "Kota"), ("kind", "text")]).await.status(), StatusCode::OK);
    let city: Uuid = app.value("select id from contact_field").await;
    for (id, name, town) in [(old, "Bu Ayu", "Bandung"), (new, "Ayu Lestari", "Jakarta")] {
        let key = format!("values[f-{city}]");
        assert_eq!(post::<SaveContact>(owner, id, &[("name", name), (&key, town)]).await.status(), StatusCode::OK);
        for tag in ["Beasiswa", town] {
            assert_eq!(post::<TagContact>(owner, id, &[("tag", tag), ("on", "true")]).await.status(), StatusCode::OK);
        }
    }
    (old, new, city)
}

#[tokio::test]
async fn two_become_one_with_everything_that_both_said_and_colleagues_see_it_at_once() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let (old, new, city) = described(&app, &owner).await;
    let gone = contact(&app, NEW).await;
    let page = owner.get(&format!("/demo/inbox/{old}/merge?with={gone}")).await.text().await.unwrap();
    for said in ["Bu Ayu", "Ayu Lestari", "Bandung", "Jakarta", "Beasiswa, Bandung", "+62 898-7654-3210"] {
        assert!(page.contains(said), "{said}");
    }
    let admin = app.sign_in("admin@demo.test").await;
    let mut stream = admin.live("demo", Some(owner.list(None).await.seq)).await;
    assert_eq!(merge(&owner, old, gone, &[("name", "other"), (&format!("f-{city}"), "other")]).await, old);
    let frames = stream.until(|frame| frame.kind == THREAD_CHANGED).await;
    assert!(frames.iter().any(|frame| frame.gone == Some(new)), "the other is gone");
    assert_eq!(frames.last().and_then(|frame| frame.conversation.as_ref()).map(|row| row.name.as_str()), Some("Ayu Lestari"));
    let thread = admin.thread(old).await;
    assert_eq!(texts(&thread.messages), ["Halo, saya mau tanya", "Halo, nomor saya ganti", "Ada promo?"]);
    let line = thread.messages.iter().find(|m| m.kind == "contacts_merged").expect("a line");
    assert_eq!((line.text.as_str(), line.sender_name.as_deref()), ("Ayu Lestari", Some("Rani Prameswari")));
    let contact = thread.contact;
    assert_eq!((contact.phone.as_deref(), &contact.more_phones[..]), (Some("+62 812-3456-7890"), &["+62 898-7654-3210".to_owned()][..]));
    assert_eq!(contact.fields.iter().map(|field| field.text.as_str()).collect::<Vec<_>>(), ["Jakarta"]);
    assert_eq!((thread.conversation.tags.len(), thread.conversation.unread), (3, 3));
    let rows = owner.whole_list().await;
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [old]);
    assert_eq!(owner.list(None).await.unread_total, 3);
    assert_eq!(app.value::<i64>("select count(*) from contact").await, 1);
    // Whoever has the other's address is led on; the page of a stranger's is none.
    let moved = app
        .http
        .get(app.url(&format!("/demo/inbox/{new}")))
        .header(header::COOKIE, owner.cookie())
        .header(header::ACCEPT, "text/html")
        .send()
        .await
        .expect("an answer");
    assert_eq!(moved.status(), StatusCode::FOUND);
    assert_eq!(moved.headers().get(header::LOCATION).and_then(|to| to.to_str().ok()), Some(&*format!("/demo/inbox/{old}")));
    assert_eq!(app.stranger().await.get(&format!("/other/inbox/{new}")).await.status(), StatusCode::NOT_FOUND);
    let said: String = app.value("select string_agg(detail::text, ' ') from audit_entry where action = 'contact.merged'").await;
    assert!(said.contains(&gone.to_string()) && !said.contains("Ayu"), "{said}");
}

/// WhatsApp lets a reply through only where the customer wrote from.
#[tokio::test]
async fn replies_go_where_the_customer_wrote_from_last() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let (old, _) = two(&app).await;
    let to = async |wanted: usize| {
        eventually("it is sent", async || {
            let sent = app.sent_by_gateway().await;
            (sent.len() == wanted).then(|| sent[wanted - 1]["to"].as_str().unwrap_or_default().replace('+', ""))
        })
        .await
    };
    merge(&owner, old, contact(&app, NEW).await, &[]).await;
    owner.send(old, "Ada, Bu").await;
    assert_eq!(to(1).await, OLD, "who wrote last before");
    app.customer_says(NEW, "Terima kasih").await;
    assert_eq!(talk(&app, NEW).await, old);
    owner.send(old, "Sama-sama").await;
    assert_eq!(to(2).await, NEW);
    app.customer_says(OLD, "Dari nomor lama").await;
    owner.send(old, "Baik").await;
    assert_eq!(to(3).await, OLD);
}

#[tokio::test]
async fn a_merge_is_undone_to_the_row() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let (old, new, city) = described(&app, &owner).await;
    owner.send(new, "Kami catat, Bu").await;
    eventually("it is sent", async || (app.sent_by_gateway().await.len() == 1).then_some(())).await;
    eventually("and reported, and nothing is left to do", async || {
        let settled = "select count(*) from message where status in ('delivered', 'read')";
        let waits = "select count(*) from job where state in ('waiting', 'running') and run_at <= now()";
        (app.value::<i64>(settled).await == 1 && app.value::<i64>(waits).await == 0).then_some(())
    })
    .await;
    let before = everything(&app).await;
    let gone = contact(&app, NEW).await;
    merge(&owner, old, gone, &[("name", "other"), (&format!("f-{city}"), "other")]).await;
    assert_ne!(everything(&app).await, before);
    let page = owner.get(&format!("/demo/inbox/{old}/merge?done=merged")).await.text().await.unwrap();
    assert!(page.contains("Ayu Lestari") && page.contains("Pisahkan lagi"));
    let admin = app.sign_in("admin@demo.test").await;
    let mut stream = admin.live("demo", Some(owner.list(None).await.seq)).await;
    assert_eq!(good::<ConversationId>(try_split(&owner, old).await).await, new);
    stream.until(|frame| frame.conversation.as_ref().is_some_and(|row| row.id == new)).await;
    assert_eq!(everything(&app).await, before);
    // Once.
    assert_eq!(try_split(&owner, old).await.status(), StatusCode::CONFLICT);
    // And both go on as before.
    app.customer_says(NEW, "Masih saya").await;
    assert_eq!(texts(&owner.thread(new).await.messages), ["Halo, nomor saya ganti", "Masih saya"]);
    assert_eq!(texts(&owner.thread(old).await.messages), ["Halo, saya mau tanya", "Ada promo?"]);
}

#[tokio::test]
async fn what_was_changed_and_said_since_stays() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let (old, new, city) = described(&app, &owner).await;
    let gone = contact(&app, NEW).await;
    merge(&owner, old, gone, &[("name", "other")]).await;
    let key = format!("values[f-{city}]");
    assert_eq!(post::<SaveContact>(&owner, old, &[("name", "Ayu"), (&key, "Medan")]).await.status(), StatusCode::OK);
    app.customer_says(NEW, "Sesudah digabung").await;
    let page = owner.get(&format!("/demo/inbox/{old}/merge")).await.text().await.unwrap();
    assert!(page.contains("tetap di percakapan ini: 1."), "what stays is said before");
    good::<ConversationId>(try_split(&owner, old).await).await;
    let (kept, back) = (owner.thread(old).await, owner.thread(new).await);
    // The profile that came with it is the other's.
    let profiles = (kept.contact.profile_name.as_deref(), back.contact.profile_name.as_deref());
    assert_eq!(profiles, (Some("Customer 6281234567890"), Some("Customer 6289876543210")));
    assert_eq!((kept.contact.given_name.as_deref(), back.contact.given_name.as_deref()), (Some("Ayu"), Some("Ayu Lestari")));
    assert_eq!((kept.contact.fields[0].text.as_str(), back.contact.fields[0].text.as_str()), ("Medan", "Jakarta"));
    assert_eq!(texts(&kept.messages), ["Halo, saya mau tanya", "Ada promo?", "Sesudah digabung"]);
    assert_eq!(texts(&back.messages), ["Halo, nomor saya ganti"]);
    assert_eq!(kept.conversation.unread + back.conversation.unread, 4);
    assert_eq!(owner.list(None).await.unread_total, 4);
}

#[tokio::test]
async fn of_several_merges_the_last_is_undone_first() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let (old, new) = two(&app).await;
    let third = "6281100000003";
    app.customer_says(third, "Saya yang ketiga").await;
    let third_talk = talk(&app, third).await;
    let (first, second) = (contact(&app, NEW).await, contact(&app, third).await);
    let before = everything(&app).await;
    merge(&owner, old, first, &[]).await;
    let between = everything(&app).await;
    // And one that was merged into is merged away itself.
    merge(&owner, third_talk, contact(&app, OLD).await, &[]).await;
    assert_eq!(contact(&app, OLD).await, second);
    good::<ConversationId>(try_split(&owner, third_talk).await).await;
    assert_eq!(everything(&app).await, between);
    good::<ConversationId>(try_split(&owner, old).await).await;
    assert_eq!(everything(&app).await, before);
    assert_eq!(texts(&owner.thread(new).await.messages), ["Halo, nomor saya ganti"]);
}

#[tokio::test]
async fn of_a_closed_and_an_open_one_all_is_in_one_that_is_open() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let (old, new) = two(&app).await;
    owner.take_over(new).await;
    let before = owner.thread(new).await.conversation;
    assert_eq!(post::<CloseConversation>(&owner, old, &[]).await.status(), StatusCode::OK);
    let stored = everything(&app).await;
    let into = merge(&owner, old, contact(&app, NEW).await, &[]).await;
    let row = owner.thread(into).await.conversation;
    assert_eq!((into, row.closed, row.holder, row.assignee), (old, false, Holder::Team, before.assignee.clone()));
    assert_eq!(texts(&owner.thread(into).await.messages).len(), 3);
    good::<ConversationId>(try_split(&owner, into).await).await;
    assert_eq!(everything(&app).await, stored, "closed again, and nobody waits there");
    assert_eq!(owner.thread(new).await.conversation.assignee, before.assignee);
}

#[tokio::test]
async fn nobody_merges_what_they_do_not_see_and_no_contact_with_itself() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let (old, new) = two(&app).await;
    let (mine, other) = (contact(&app, OLD).await, contact(&app, NEW).await);
    let stored = everything(&app).await;
    assert_eq!(ask(&owner, "demo", old, mine, &[]).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(ask(&owner, "demo", old, ContactId(Uuid::new_v4()), &[]).await.status(), StatusCode::NOT_FOUND);
    // A member sees what is theirs, and only one of the two is.
    let member = app.sign_in("member@demo.test").await;
    app.sql(&format!(
        "update conversation set assignee_id = (select id from person where email = 'member@demo.test'), holder = 'team' where id = '{old}'"
    ))
    .await;
    assert_eq!(ask(&member, "demo", old, other, &[]).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(ask(&member, "demo", new, mine, &[]).await.status(), StatusCode::NOT_FOUND);
    let page = member.get(&format!("/demo/inbox/{old}/merge?with={other}")).await.text().await.unwrap();
    assert!(!page.contains("nomor saya ganti") && !page.contains("9876"));
    // One who wrote to another workspace is nobody here.
    app.deliver(inbound_text(OTHER_NUMBER, "6281555555555", &wamid(), "Halo toko", 1_795_184_700)).await;
    let abroad: Uuid = app.value("select contact_id from identity where value = '+6281555555555'").await;
    assert_eq!(ask(&owner, "demo", old, ContactId(abroad), &[]).await.status(), StatusCode::NOT_FOUND);
    app.sql("delete from contact where id in (select contact_id from identity where value = '+6281555555555')").await;
    app.sql(&format!("update conversation set assignee_id = null where id = '{old}'")).await;
    assert_eq!(everything(&app).await.len(), stored.len());
    // Of a blocked and another one somebody decides first.
    assert_eq!(post::<BlockContact>(&owner, new, &[("blocked", "true")]).await.status(), StatusCode::OK);
    let refused = refused_as(ask(&owner, "demo", old, other, &[]).await, StatusCode::CONFLICT).await;
    assert_eq!(refused, AppError::Conflict(Conflict::ContactBlocked));
    // Without script the page says so, and both are still there.
    let form = [("workspace", "demo"), ("conversation", &*old.to_string()), ("other", &*other.to_string())];
    let answer = app
        .http
        .post(app.url(MergeContacts::PATH))
        .header(header::COOKIE, owner.cookie())
        .header(header::ACCEPT, "text/html")
        .header(header::ORIGIN, &app.base)
        .form(&form)
        .send()
        .await
        .expect("an answer");
    let to = answer.headers().get(header::LOCATION).and_then(|to| to.to_str().ok()).expect("back to the page").to_owned();
    let page = owner.get(to.strip_prefix(&app.base).unwrap_or(&to)).await.text().await.unwrap();
    assert!(page.contains("Buka blokirnya dulu"), "{to}");
}

#[tokio::test]
async fn who_sees_no_numbers_sees_none_of_the_other_either() {
    let app = TestApp::start().await;
    app.member_without_numbers().await;
    let (old, new) = two(&app).await;
    app.sql("update conversation set assignee_id = (select id from person where email = 'member@demo.test'), holder = 'team'").await;
    let member = app.sign_in("member@demo.test").await;
    let other = contact(&app, NEW).await;
    for page in [
        format!("/demo/inbox/{old}/merge?with={other}"),
        format!("/demo/inbox/{old}/merge?q=Pelanggan"),
        format!("/demo/inbox/{old}/merge"),
    ] {
        let text = member.get(&page).await.text().await.unwrap();
        assert!(!text.contains("3456-7890") && !text.contains("7654-3210") && !text.contains(NEW), "{page}");
    }
    merge(&member, old, other, &[]).await;
    let thread = member.thread(old).await;
    let said = serde_json::to_string(&thread).expect("as JSON");
    assert!(!said.contains("7654-3210") && !said.contains("3456-7890"), "{said}");
    let page = member.get(&format!("/demo/inbox/{old}/merge")).await.text().await.unwrap();
    assert!(!page.contains("7654-3210"));
    let _ = new;
}

/// Whatever comes in meanwhile, nothing is lost, and nobody has two conversations.
#[tokio::test]
async fn merging_and_splitting_lose_nothing_that_comes_in_meanwhile() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    two(&app).await;
    let writing = join_all((0..60).map(|n| {
        let app = &app;
        async move {
            tokio::time::sleep(std::time::Duration::from_millis(n * 9)).await;
            let phone = if n % 2 == 0 { OLD } else { NEW };
            app.customer_says(phone, &format!("Pesan {n}")).await;
        }
    }));
    let deciding = async {
        for _ in 0..5 {
            let id = talk(&app, OLD).await;
            merge(&owner, id, contact(&app, NEW).await, &[]).await;
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            let id = talk(&app, OLD).await;
            good::<ConversationId>(try_split(&owner, id).await).await;
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::join!(writing, deciding);
    let messages: i64 = app.value("select count(*) from message where direction = 'inbound'").await;
    assert_eq!(messages, 63);
    assert_eq!(app.value::<i64>("select count(*) from contact").await, 2);
    assert_eq!(app.value::<i64>("select count(*) from delivery where outcome <> 'applied'").await, 0);
    let off: i64 = app
        .value(
            "select count(*) from conversation c where last_message_at is distinct from (
                 select max(sent_at) from message m where m.conversation_id = c.id and direction = 'inbound')",
        )
        .await;
    assert_eq!(off, 0, "each says what was last in it");
    let unread: i64 = app.value("select sum(unread_count) from conversation").await;
    assert_eq!(unread, 63);
    assert_eq!(owner.list(None).await.unread_total, 63);
    // And from then on each is in their own.
    let apart = [(OLD, talk(&app, OLD).await), (NEW, talk(&app, NEW).await)];
    assert_ne!(apart[0].1, apart[1].1);
    for (phone, id) in apart {
        app.customer_says(phone, &format!("Terakhir dari {phone}")).await;
        let said = owner.whole_thread(id).await;
        assert!(said.iter().any(|m| m.text == format!("Terakhir dari {phone}")));
    }
}

#[tokio::test]
async fn who_is_called_the_same_is_suggested_and_others_are_found() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let (old, new) = two(&app).await;
    app.customer_says("6281100000003", "Saya lain").await;
    let third = talk(&app, "6281100000003").await;
    for (id, name) in [(old, "Ayu Lestari"), (new, "Ayu Lestari"), (third, "Bambang")] {
        assert_eq!(post::<SaveContact>(&owner, id, &[("name", name)]).await.status(), StatusCode::OK);
    }
    let (mine, other, bambang) = (contact(&app, OLD).await, contact(&app, NEW).await, contact(&app, "6281100000003").await);
    let page = async |query: &str| owner.get(&format!("/demo/inbox/{old}/merge{query}")).await.text().await.unwrap();
    let shown = async |query: &str| {
        let page = page(query).await;
        [mine, other, bambang].map(|contact| page.contains(&format!("with={contact}")))
    };
    assert_eq!(shown("").await, [false, true, false]);
    assert_eq!(shown("?q=bambang").await, [false, false, true]);
    assert_eq!(shown("?q=0811000").await, [false, false, true]);
    assert!(page("?q=tidakada").await.contains("Tidak ada kontak lain yang cocok"));
    assert!(page("?with=bukan-id").await.contains("tidak ada lagi"));
    assert!(page("?q=%3Cscript%3E").await.contains("&lt;script&gt;"));
}

/// A tag or a stage that was deleted meanwhile does not come back, and does not stand in the way.
#[tokio::test]
async fn what_was_deleted_meanwhile_does_not_come_back() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let (old, new, _) = described(&app, &owner).await;
    merge(&owner, old, contact(&app, NEW).await, &[]).await;
    app.sql("delete from tag where name = 'Jakarta'").await;
    app.sql("delete from contact_field").await;
    assert_eq!(owner.post(SaveLabel::PATH, &[("workspace", "demo"), ("kind", "tag"), ("name", "Medan")]).await.status(), StatusCode::OK);
    good::<ConversationId>(try_split(&owner, old).await).await;
    assert_eq!(owner.thread(new).await.conversation.tags.len(), 1);
    assert_eq!(owner.thread(old).await.conversation.tags.len(), 2);
}

/// What was stored before it was kept from where somebody wrote.
#[tokio::test]
async fn replies_go_where_the_window_is_open_also_where_that_was_not_kept() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let (old, _) = two(&app).await;
    app.sql("update conversation set address = null").await;
    app.sql(&format!("update conversation set last_inbound_at = last_inbound_at - interval '300 days' where id = '{old}'")).await;
    merge(&owner, old, contact(&app, NEW).await, &[]).await;
    owner.send(old, "Baik, Bu").await;
    eventually("it is sent", async || (app.sent_by_gateway().await.len() == 1).then_some(())).await;
    assert_eq!(app.sent_by_gateway().await[0]["to"].as_str().unwrap_or_default().replace('+', ""), NEW);
}

/// Of somebody who writes after an undo it may be known since the merge under what else WhatsApp knows them.
#[tokio::test]
async fn what_was_learned_of_them_since_does_not_merge_them_again() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let (old, new) = two(&app).await;
    merge(&owner, old, contact(&app, NEW).await, &[]).await;
    let naming_both = async |text: &str| {
        let content = serde_json::json!({ "type": "text", "text": { "body": text } });
        let mut body = inbound(NUMBER, NEW, &wamid(), app.app.clock.millis(), content);
        body["message"]["from_user_id"] = serde_json::json!("ID.1234567890123456");
        app.deliver(body.to_string()).await;
    };
    naming_both("Sekarang dengan id").await;
    assert_eq!(app.value::<i64>("select count(*) from identity where kind = 'bsuid'").await, 1, "it was heard");
    good::<ConversationId>(try_split(&owner, old).await).await;
    naming_both("Sesudah dipisah").await;
    assert_eq!(app.value::<i64>("select count(*) from contact").await, 2);
    assert_eq!(texts(&owner.thread(new).await.messages), ["Halo, nomor saya ganti", "Sesudah dipisah"]);
    assert_eq!(texts(&owner.thread(old).await.messages).len(), 3);
}

#[tokio::test]
async fn after_an_undo_nobody_is_answered_at_the_others_number() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let (old, new) = two(&app).await;
    app.sql(&format!("update conversation set last_inbound_at = last_inbound_at - interval '2 days' where id = '{old}'")).await;
    let shut = owner.thread(old).await.conversation.window_closes;
    merge(&owner, old, contact(&app, NEW).await, &[]).await;
    app.customer_says(NEW, "Sesudah digabung").await;
    good::<ConversationId>(try_split(&owner, old).await).await;
    // It stays there, and opens no window to somebody who did not write it.
    assert_eq!(texts(&owner.thread(old).await.messages).len(), 3);
    assert_eq!(owner.thread(old).await.conversation.window_closes, shut);
    assert_eq!(owner.try_send("demo", old, Uuid::new_v4(), "Untuk siapa ini?").await.status(), StatusCode::CONFLICT);
    owner.send(new, "Untuk Ibu").await;
}

#[tokio::test]
async fn who_was_answered_meanwhile_does_not_wait_after_an_undo() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let (old, new) = two(&app).await;
    assert!(owner.thread(new).await.conversation.waiting_since.is_some());
    merge(&owner, old, contact(&app, NEW).await, &[]).await;
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    owner.send(old, "Sudah kami jawab").await;
    good::<ConversationId>(try_split(&owner, old).await).await;
    assert_eq!([old, new].map(|_| ()).len(), 2);
    assert_eq!(owner.thread(new).await.conversation.waiting_since, None);
    assert_eq!(owner.thread(old).await.conversation.waiting_since, None);
}

/// Nothing that was begun for one stands under the other, and nothing of it is lost.
#[tokio::test]
async fn drafts_become_one_and_two_again() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let (old, new) = two(&app).await;
    let write = async |id: ConversationId, body: &str| {
        let answer = owner
            .post(
                &format!("/api/demo/conversations/{id}/draft"),
                &[("kind", "reply"), ("body", body), ("base", "9000000000000000"), ("page", &*Uuid::new_v4().to_string()), ("number", "1")],
            )
            .await;
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap_or_default());
    };
    write(new, "Baik Bu Ayu").await;
    merge(&owner, old, contact(&app, NEW).await, &[]).await;
    assert_eq!(owner.thread(old).await.unsent_reply.as_deref(), Some("Baik Bu Ayu"));
    good::<ConversationId>(try_split(&owner, old).await).await;
    assert_eq!((owner.thread(old).await.unsent_reply, owner.thread(new).await.unsent_reply.as_deref()), (None, Some("Baik Bu Ayu")));
    // Of two none is lost.
    write(old, "Untuk nomor lama").await;
    merge(&owner, old, contact(&app, NEW).await, &[]).await;
    assert_eq!(owner.thread(old).await.unsent_reply.as_deref(), Some("Untuk nomor lama\n\nBaik Bu Ayu"));
    good::<ConversationId>(try_split(&owner, old).await).await;
    let apart = (owner.thread(old).await.unsent_reply, owner.thread(new).await.unsent_reply);
    assert_eq!(apart, (Some("Untuk nomor lama".to_owned()), Some("Baik Bu Ayu".to_owned())));
    // What was sent meanwhile does not come back.
    write(old, "").await;
    merge(&owner, old, contact(&app, NEW).await, &[]).await;
    owner.send(old, "Baik Bu Ayu").await;
    good::<ConversationId>(try_split(&owner, old).await).await;
    assert_eq!((owner.thread(old).await.unsent_reply, owner.thread(new).await.unsent_reply), (None, None));
}

/// What was unread of either stays unread where it is.
#[tokio::test]
async fn what_is_unread_is_where_it_was_written() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let (old, new) = two(&app).await;
    merge(&owner, old, contact(&app, NEW).await, &[]).await;
    owner.mark_read(old).await;
    app.customer_says(OLD, "Sesudah dibaca").await;
    good::<ConversationId>(try_split(&owner, old).await).await;
    assert_eq!((owner.thread(old).await.conversation.unread, owner.thread(new).await.conversation.unread), (1, 0));
}

/// One delivery may name somebody by two of their addresses, one of them together with what turns out to be an older contact of theirs.
#[tokio::test]
async fn who_is_named_twice_in_one_delivery_is_one_person_all_through_it() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let hidden = |text: &str, phone: Option<&str>| {
        let content = serde_json::json!({ "type": "text", "text": { "body": text } });
        let mut body = inbound(NUMBER, phone.unwrap_or(NEW), &wamid(), app.app.clock.millis(), content);
        body["message"]["from_user_id"] = serde_json::json!("ID.1234567890123456");
        if phone.is_none() {
            body["message"].as_object_mut().expect("an object").remove("from");
            body["conversation"].as_object_mut().expect("an object").remove("phone_number");
        }
        body.to_string()
    };
    app.deliver(hidden("Tanpa nomor", None)).await;
    let (old, _) = two(&app).await;
    merge(&owner, old, contact(&app, NEW).await, &[]).await;
    let plain = inbound_text(NUMBER, OLD, &wamid(), "Dari nomor lama", app.app.clock.millis() / 1000);
    app.deliver(batch(&[plain, hidden("Dengan keduanya", Some(NEW))])).await;
    assert_eq!(app.value::<i64>("select count(*) from delivery where outcome <> 'applied'").await, 0);
    assert_eq!(app.value::<i64>("select count(*) from contact").await, 1);
    let only = talk(&app, OLD).await;
    assert_eq!(texts(&owner.thread(only).await.messages).len(), 6);
}

/// What ARI was asked is asked again, whatever became one or two.
#[tokio::test]
async fn ari_answers_who_is_its_own_again() {
    let app = TestApp::with_ari().await;
    let owner = app.owner().await;
    app.customer_says(OLD, "Halo").await;
    eventually("ARI answers", async || (app.sent_by_gateway().await.len() == 1).then_some(())).await;
    let old = talk(&app, OLD).await;
    owner.take_over(old).await;
    // Nothing runs while they are made one.
    app.sql(
        "create function rest() returns trigger language plpgsql as $$ begin new.run_at := '2999-01-01'; return new; end $$;
         create trigger rest before insert or update of run_at on job for each row execute function rest()",
    )
    .await;
    app.customer_says(NEW, "Jam buka?").await;
    let new = talk(&app, NEW).await;
    merge(&owner, old, contact(&app, NEW).await, &[]).await;
    assert_eq!(owner.thread(old).await.conversation.holder, Holder::Team);
    app.sql("drop trigger rest on job; delete from job where kind = 'ari_reply'").await;
    good::<ConversationId>(try_split(&owner, old).await).await;
    assert_eq!(owner.thread(new).await.conversation.holder, Holder::Ari);
    eventually("ARI answers what it was asked", async || (app.sent_by_gateway().await.len() == 2).then_some(())).await;
    assert_eq!(app.sent_by_gateway().await[1]["to"].as_str().unwrap_or_default().replace('+', ""), NEW);
    // Who was answered where both were one is not answered once more.
    app.sql("create trigger rest before insert or update of run_at on job for each row execute function rest()").await;
    app.customer_says(NEW, "Satu lagi: besok buka?").await;
    merge(&owner, old, contact(&app, NEW).await, &[]).await;
    owner.send(old, "Besok buka, Bu").await;
    good::<ConversationId>(try_split(&owner, old).await).await;
    let asked: i64 =
        app.value(&format!("select count(*) from job where kind = 'ari_reply' and dedupe_key = '{new}' and state = 'waiting'")).await;
    assert_eq!((owner.thread(new).await.conversation.holder, asked), (Holder::Ari, 0));
}

#[tokio::test]
async fn an_old_address_leads_on_however_often_it_was_merged() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let (old, new) = two(&app).await;
    let third = "6281100000003";
    app.customer_says(third, "Saya yang ketiga").await;
    let third_talk = talk(&app, third).await;
    merge(&owner, old, contact(&app, NEW).await, &[]).await;
    merge(&owner, third_talk, contact(&app, OLD).await, &[]).await;
    for gone in [old, new] {
        let refused = refused_as(owner.try_thread("demo", gone, None).await, StatusCode::CONFLICT).await;
        assert_eq!(refused, AppError::Conflict(Conflict::MergedInto(third_talk)));
    }
    // Nobody is led to what they do not see.
    let member = app.sign_in("member@demo.test").await;
    assert_eq!(member.try_thread("demo", new, None).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_stood_in_the_other_conversation_holds_what_was_written_without_having_seen_it() {
    let app = TestApp::start().await;
    app.sql("update workspace set ari_enabled = false").await;
    let (owner, admin) = (app.owner().await, app.sign_in("admin@demo.test").await);
    let (old, new) = two(&app).await;
    let gone = contact(&app, NEW).await;
    // Said there before somebody looked at the one that stays, and after.
    let seen = admin.thread(old).await.seq;
    app.customer_says(NEW, "Batalkan pesanan saya").await;
    let mut theirs: Vec<_> = admin.thread(new).await.messages.iter().map(|message| message.id).collect();
    assert_eq!(merge(&owner, old, gone, &[]).await, old);
    let text = "Baik, kami kirim";
    let answer = admin.try_send_having_seen(seen, "demo", old, Uuid::new_v4(), text).await;
    let AppError::Conflict(Conflict::Unseen { seq, mut messages }) = refused_as(answer, StatusCode::CONFLICT).await else {
        panic!("not held")
    };
    messages.sort_unstable();
    theirs.sort_unstable();
    assert_eq!(messages, theirs, "both, and not what was said in the one that was seen");
    let closed = post::<CloseConversation>(&admin, old, &[("reason", ""), ("seen_seq", &seen.to_string())]).await;
    assert_eq!(refused_as(closed, StatusCode::CONFLICT).await, AppError::Conflict(Conflict::CustomerWrote));
    // Whoever was shown it says it all the same.
    good::<MessageView>(admin.try_send_having_seen(seq, "demo", old, Uuid::new_v4(), text).await).await;
    assert_eq!(post::<CloseConversation>(&admin, old, &[("reason", ""), ("seen_seq", &seq.to_string())]).await.status(), StatusCode::OK);
}
