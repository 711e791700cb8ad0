//! Stages and tags: what there is, who is given what, and lists, streams and searches that go by it.

use super::{
    bulk::{ask, done, undo},
    search::find,
};
use crate::support::*;
use leptos::server_fn::ServerFn;
use my21staff::{
    error::{AppError, Conflict, Rule},
    ids::ConversationId,
    inbox::{
        api::{DeleteLabel, MoveToStage, OrderStage, SaveLabel, TagContact},
        bulk::Refusal,
        labels::{LABELS_CHANGED, Labels, MAX_LABEL},
        model::*,
    },
};
use reqwest::{Response, StatusCode, header};
use uuid::Uuid;

async fn talk(app: &TestApp, phone: &str) -> ConversationId {
    app.customer_says(phone, "Halo").await;
    ConversationId(
        app.value(&format!(
            "select c.id from conversation c join identity i on i.contact_id = c.contact_id where i.value = '+{phone}' order by c.created_at desc limit 1"
        ))
        .await,
    )
}

async fn labels(who: &Actor) -> Labels {
    who.list(None).await.labels.expect("with the first page")
}

async fn save(who: &Actor, kind: &str, fields: &[(&str, &str)]) -> Response {
    who.post(SaveLabel::PATH, &[&[("workspace", "demo"), ("kind", kind)], fields].concat()).await
}

async fn made(who: &Actor, kind: &str, name: &str) -> Uuid {
    assert_eq!(save(who, kind, &[("name", name)]).await.status(), StatusCode::OK, "{name}");
    let labels = labels(who).await;
    let stage = labels.stages.iter().find(|stage| stage.name == name).map(|stage| stage.id);
    stage.or(labels.tags.iter().find(|tag| tag.name == name).map(|tag| tag.id)).expect("made")
}

async fn try_tag(who: &Actor, id: ConversationId, tag: &str, on: bool) -> Response {
    let (id, on) = (id.to_string(), on.to_string());
    who.post(TagContact::PATH, &[("workspace", "demo"), ("conversation", &*id), ("tag", tag), ("on", &*on)]).await
}

async fn tag(who: &Actor, id: ConversationId, tag: &str) -> ConversationView {
    good(try_tag(who, id, tag, true).await).await
}

async fn try_move(who: &Actor, id: ConversationId, stage: &str) -> Response {
    who.post(MoveToStage::PATH, &[("workspace", "demo"), ("conversation", &*id.to_string()), ("stage", stage)]).await
}

async fn remove(who: &Actor, kind: &str, id: Uuid) -> Response {
    who.post(DeleteLabel::PATH, &[("workspace", "demo"), ("kind", kind), ("id", &*id.to_string())]).await
}

async fn shown(who: &Actor, view: &str) -> Vec<ConversationId> {
    let mut ids: Vec<_> = who.view("demo", view, None).await.rows.into_iter().map(|row| row.id).collect();
    ids.sort();
    ids
}

fn sorted<const N: usize>(mut ids: [ConversationId; N]) -> Vec<ConversationId> {
    ids.sort();
    ids.to_vec()
}

#[tokio::test]
async fn a_workspace_begins_with_stages_and_arranges_its_own() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let names = async || labels(&owner).await.stages.into_iter().map(|stage| stage.name).collect::<Vec<_>>();
    assert_eq!(names().await, ["Baru", "Tertarik", "Panas", "Klien", "Tidak jadi"]);
    assert_eq!(save(&owner, "stage", &[("name", "  Uji   coba "), ("temperature", "warm")]).await.status(), StatusCode::OK);
    assert_eq!(names().await.last().map(String::as_str), Some("Uji coba"));
    // Towards the first, step by step, and not beyond.
    let trial = labels(&owner).await.stages.last().expect("a stage").clone();
    assert_eq!(trial.temperature, "warm");
    let order = async |up: bool| {
        let (id, up) = (trial.id.to_string(), up.to_string());
        owner.post(OrderStage::PATH, &[("workspace", "demo"), ("id", &*id), ("up", &*up)]).await
    };
    for _ in 0..7 {
        assert_eq!(order(true).await.status(), StatusCode::OK);
    }
    assert_eq!(names().await, ["Uji coba", "Baru", "Tertarik", "Panas", "Klien", "Tidak jadi"]);
    order(false).await;
    assert_eq!(names().await[..2], ["Baru", "Uji coba"]);
    // Changed under its id, and no two are called the same.
    let id = trial.id.to_string();
    assert_eq!(save(&owner, "stage", &[("id", &id), ("name", "Demo produk"), ("temperature", "")]).await.status(), StatusCode::OK);
    assert_eq!(labels(&owner).await.stages[1].temperature, "");
    for (kind, fields, status) in [
        ("stage", &[("name", "baru")][..], StatusCode::CONFLICT),
        ("stage", &[("id", &*id), ("name", "PANAS")], StatusCode::CONFLICT),
        ("stage", &[("name", "")], StatusCode::UNPROCESSABLE_ENTITY),
        ("stage", &[("name", "Boleh"), ("temperature", "boiling")], StatusCode::UNPROCESSABLE_ENTITY),
        ("tag", &[("name", "WA 0812/3456/7890")], StatusCode::UNPROCESSABLE_ENTITY),
        ("tag", &[("name", &*"x".repeat(MAX_LABEL + 1))], StatusCode::UNPROCESSABLE_ENTITY),
        ("colour", &[("name", "Merah")], StatusCode::UNPROCESSABLE_ENTITY),
        ("tag", &[("id", &*Uuid::new_v4().to_string()), ("name", "Tidak ada")], StatusCode::NOT_FOUND),
    ] {
        assert_eq!(save(&owner, kind, fields).await.status(), status, "{kind} {fields:?}");
    }
    // At least two remain, whoever deletes at once.
    let all = labels(&owner).await.stages;
    let answers = futures::future::join_all(all.iter().map(|stage| remove(&owner, "stage", stage.id))).await;
    let gone = answers.iter().filter(|answer| answer.status() == StatusCode::OK).count();
    assert_eq!((gone, labels(&owner).await.stages.len()), (all.len() - 2, 2));
    let two = labels(&owner).await.stages;
    let refused = refused_as(remove(&owner, "stage", two[0].id).await, StatusCode::CONFLICT).await;
    assert_eq!(refused, AppError::Conflict(Conflict::Refused("too_few_stages".into())));
}

#[tokio::test]
async fn a_stage_and_tags_show_everywhere_at_once_and_in_the_thread_who_moved_it() {
    let app = TestApp::start().await;
    let (owner, admin) = (app.owner().await, app.sign_in("admin@demo.test").await);
    let id = talk(&app, "6281234567890").await;
    let hot = labels(&owner).await.stages[2].clone();
    let mut stream = admin.live("demo", Some(admin.list(None).await.seq)).await;
    let moved: ConversationView = good(try_move(&owner, id, &hot.id.to_string()).await).await;
    assert_eq!(moved.stage, Some(hot.id));
    let frames = stream.until(|frame| frame.message.is_some()).await;
    assert_eq!(frames[0].conversation.as_ref().and_then(|row| row.stage), Some(hot.id));
    let line = frames.last().and_then(|frame| frame.message.clone()).expect("a line");
    assert_eq!((line.kind.as_str(), line.text.as_str(), line.sender_name.as_deref()), ("stage_changed", "Panas", Some("Rani Prameswari")));
    // The same once more is nothing.
    good::<ConversationView>(try_move(&owner, id, &hot.id.to_string()).await).await;
    let lines =
        async || owner.thread(id).await.messages.into_iter().filter(|m| m.kind.starts_with("stage_")).map(|m| m.kind).collect::<Vec<_>>();
    assert_eq!(lines().await, ["stage_changed"]);
    // A name that there is none of becomes a tag, and every screen learns what it is called before it shows.
    let tagged = tag(&owner, id, "  Beasiswa  S2 ").await;
    let frames = stream.until(|frame| frame.conversation.as_ref().is_some_and(|row| row.tags == tagged.tags)).await;
    let told = frames.iter().find_map(|frame| frame.labels.clone()).expect("what it is called");
    assert_eq!((frames[0].kind.as_str(), told.tags[0].name.as_str(), told.tags[0].id), (LABELS_CHANGED, "Beasiswa S2", tagged.tags[0]));
    // By name and by id it is the same one.
    for again in ["beasiswa s2", &*tagged.tags[0].to_string()] {
        assert_eq!(tag(&owner, id, again).await.tags, tagged.tags);
    }
    assert_eq!(labels(&admin).await.tags.len(), 1);
    // All conversations with the contact.
    app.sql(&format!("update conversation set state = 'closed' where id = '{id}'")).await;
    let other: Uuid = Uuid::new_v4();
    app.sql(&format!(
        "insert into conversation (workspace_id, id, contact_id, number_id, state, holder, created_at, last_message_at)
         select workspace_id, '{other}', contact_id, number_id, 'open', 'team', now(), now() from conversation where id = '{id}'"
    ))
    .await;
    let vip = tag(&owner, id, "VIP").await;
    stream.until(|frame| frame.conversation.as_ref().is_some_and(|row| row.id.0 == other && row.tags == vip.tags)).await;
    assert_eq!(owner.thread(ConversationId(other)).await.conversation.stage, Some(hot.id));
    // Taken off, and out of the stage.
    let less: ConversationView = good(try_tag(&owner, id, "VIP", false).await).await;
    assert_eq!(less.tags, tagged.tags);
    let out: ConversationView = good(try_move(&owner, id, "").await).await;
    assert_eq!(out.stage, None);
    assert_eq!(lines().await, ["stage_changed", "stage_cleared"]);
    assert_eq!(labels(&owner).await.tags.len(), 2, "a tag that nobody has is still one");
}

#[tokio::test]
async fn what_is_deleted_is_gone_from_contacts_lists_and_screens() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let id = talk(&app, "6281234567890").await;
    let (vip, hot) = (made(&owner, "tag", "VIP").await, labels(&owner).await.stages[2].id);
    tag(&owner, id, "vip").await;
    good::<ConversationView>(try_move(&owner, id, &hot.to_string()).await).await;
    app.member_without_numbers().await;
    let member = app.sign_in("member@demo.test").await;
    // Somebody who sees none of the conversations and no numbers learns what things are called, too.
    let mut stream = member.live("demo", Some(member.list(None).await.seq)).await;
    let list = |filter: &str| format!("state=all&filter={filter}");
    assert_eq!(shown(&owner, &list(&format!("tag:{vip}"))).await, [id]);
    assert_eq!(remove(&owner, "tag", vip).await.status(), StatusCode::OK);
    assert_eq!(remove(&owner, "stage", hot).await.status(), StatusCode::OK);
    let frames = stream.until(|frame| frame.labels.as_ref().is_some_and(|labels| labels.stages.len() == 4)).await;
    assert!(frames.last().and_then(|frame| frame.labels.as_ref()).is_some_and(|labels| labels.tags.is_empty()));
    let view = owner.thread(id).await.conversation;
    assert_eq!((view.stage, view.tags), (None, vec![]));
    assert!(shown(&owner, &list(&format!("tag:{vip}"))).await.is_empty());
    assert_eq!(shown(&owner, &list("tag:none")).await, [id]);
    assert_eq!(remove(&owner, "tag", vip).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(try_tag(&owner, id, &vip.to_string(), true).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(try_move(&owner, id, &hot.to_string()).await.status(), StatusCode::NOT_FOUND);
    let said: i64 = app.value("select count(*) from audit_entry where action in ('tag.created', 'tag.deleted', 'stage.deleted')").await;
    assert_eq!(said, 3);
}

#[tokio::test]
async fn lists_are_filtered_by_stages_and_tags_and_named_views_count_them() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let [ayu, bayu, citra] = [talk(&app, "6281234567890").await, talk(&app, "6281234567891").await, talk(&app, "6281234567892").await];
    let (vip, s2) = (made(&owner, "tag", "VIP").await, made(&owner, "tag", "S2").await);
    let stages = labels(&owner).await.stages;
    let (warm, hot) = (stages[1].id, stages[2].id);
    for (id, name) in [(ayu, "VIP"), (ayu, "S2"), (bayu, "VIP")] {
        tag(&owner, id, name).await;
    }
    for (id, stage) in [(ayu, hot), (bayu, warm)] {
        good::<ConversationView>(try_move(&owner, id, &stage.to_string()).await).await;
    }
    for (filter, expected) in [
        (format!("tag:{vip}"), sorted([ayu, bayu])),
        (format!("tag:{vip},{s2}"), sorted([ayu, bayu])),
        (format!("tags:{vip},{s2}"), vec![ayu]),
        ("tag:none".into(), vec![citra]),
        (format!("tag:none,{s2}"), sorted([ayu, citra])),
        (format!("stage:{hot}"), vec![ayu]),
        (format!("stage:{hot},{warm}"), sorted([ayu, bayu])),
        ("stage:none".into(), vec![citra]),
        (format!("stage:{warm};tag:{vip}"), vec![bayu]),
        (format!("stage:{warm};tag:{s2}"), vec![]),
        (format!("stage:{warm}~tag:{s2}"), sorted([ayu, bayu])),
        (format!("tag:{}", Uuid::new_v4()), vec![]),
    ] {
        assert_eq!(shown(&owner, &format!("filter={filter}")).await, expected, "{filter}");
    }
    let page = owner.view("demo", &format!("filter=tags:{s2},{vip};stage:{hot}"), None).await;
    assert_eq!(page.filter.as_deref(), Some("Tag, semuanya: S2 dan VIP · Tahap: Panas"));
    // A named view counts what is unread in it, and follows.
    let form = [("workspace", "demo"), ("deed", "save"), ("name", "VIP"), ("view", &*format!("filter=tag:{vip}"))];
    assert_eq!(owner.post(my21staff::inbox::api::ShapeView::PATH, &form).await.status(), StatusCode::OK);
    let unread = async || owner.list(None).await.totals.saved[0].unread;
    assert_eq!(unread().await, 2);
    good::<ConversationView>(try_tag(&owner, bayu, "VIP", false).await).await;
    assert_eq!(unread().await, 1);
    // Where it is put together, both stand with their names.
    let page = owner.get("/demo/inbox/views").await.text().await.unwrap();
    for said in [format!("0:stage:{hot}"), format!("0:tag:{vip}"), format!("0:tags:{s2}"), "Tidak jadi".into()] {
        assert!(page.contains(&said), "{said}");
    }
}

#[tokio::test]
async fn search_asks_for_tags_and_stages() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let [ayu, bayu] = [talk(&app, "6281234567890").await, talk(&app, "6281234567891").await];
    tag(&owner, ayu, "Beasiswa S2").await;
    let hot = labels(&owner).await.stages[2].id;
    good::<ConversationView>(try_move(&owner, bayu, &hot.to_string()).await).await;
    let hits = async |question: &str| {
        let page = find(&owner, "demo", question).await;
        (page.contains(&ayu.to_string()), page.contains(&bayu.to_string()))
    };
    assert_eq!(hits("halo").await, (true, true));
    assert_eq!(hits("halo tag:\"beasiswa s2\"").await, (true, false));
    assert_eq!(hits("tag:\"Beasiswa S2\"").await, (true, false));
    assert_eq!(hits("halo tahap:panas").await, (false, true));
    assert_eq!(hits("stage:PANAS").await, (false, true));
    assert_eq!(hits("halo tag:beasiswa").await, (false, false), "the whole name");
    assert_eq!(hits("tahap:panas tag:\"beasiswa s2\"").await, (false, false), "both");
    assert_eq!(hits("tag:tidak-ada").await, (false, false), "nothing is called so");
    for phone in ["6281234567890", "6281234567891"] {
        let photo = serde_json::json!({ "type": "image", "image": { "id": "987654321", "mime_type": "image/jpeg", "caption": "halo" } });
        app.deliver(inbound(NUMBER, phone, &wamid(), app.app.clock.millis(), photo).to_string()).await;
    }
    assert_eq!(hits("ada:foto").await, (true, true));
    assert_eq!(hits("ada:foto tag:\"beasiswa s2\"").await, (true, false), "among what carries something");
    assert_eq!(hits("ada:foto tahap:panas").await, (false, true));
    assert!(find(&owner, "demo", "tag:\"beasiswa s2\"").await.contains("bertag “beasiswa s2”"));
}

#[tokio::test]
async fn many_are_labelled_at_once_and_put_back_as_they_were() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let ids = [talk(&app, "6281234567890").await, talk(&app, "6281234567891").await, talk(&app, "6281234567892").await];
    let vip = made(&owner, "tag", "VIP").await.to_string();
    let stages = labels(&owner).await.stages;
    let (warm, hot) = (stages[1].id, stages[2].id);
    tag(&owner, ids[0], "VIP").await;
    good::<ConversationView>(try_move(&owner, ids[0], &warm.to_string()).await).await;
    let now = async || {
        let mut all = Vec::new();
        for id in ids {
            let view = owner.thread(id).await.conversation;
            all.push((view.stage, view.tags.len()));
        }
        all
    };
    let before = now().await;
    let tagged = done(&owner, &ids, "tag", &[("tag", &vip)]).await;
    assert_eq!((tagged.done.len(), tagged.said.as_str(), tagged.undoable), (3, "3 kontak diberi tag", true));
    assert_eq!(now().await, [(Some(warm), 1), (None, 1), (None, 1)]);
    assert_eq!(undo(&owner, tagged.action).await.done.len(), 2, "the one that had it is not among them");
    assert_eq!(now().await, before);
    let moved = done(&owner, &ids, "stage", &[("stage", &hot.to_string())]).await;
    assert_eq!(moved.said, "3 kontak dipindahkan");
    assert_eq!(now().await, [(Some(hot), 1), (Some(hot), 0), (Some(hot), 0)]);
    undo(&owner, moved.action).await;
    assert_eq!(now().await, before);
    let off = done(&owner, &ids, "untag", &[("tag", &vip)]).await;
    assert_eq!(now().await, [(Some(warm), 0), (None, 0), (None, 0)]);
    undo(&owner, off.action).await;
    assert_eq!(now().await, before);
    done(&owner, &ids, "stage", &[("stage", "")]).await;
    assert_eq!(now().await[0].0, None);
    // What somebody else did since stays.
    let tagged = done(&owner, &ids[1..], "tag", &[("tag", &vip)]).await;
    good::<ConversationView>(try_tag(&owner, ids[1], &vip, false).await).await;
    let undone = undo(&owner, tagged.action).await;
    assert_eq!((undone.done, undone.refused), (vec![ids[2]], vec![(ids[1], Refusal::Changed)]));
    for (deed, more, status) in [
        ("tag", &[][..], StatusCode::UNPROCESSABLE_ENTITY),
        ("tag", &[("tag", "VIP")], StatusCode::NOT_FOUND),
        ("stage", &[("stage", "Panas")], StatusCode::NOT_FOUND),
    ] {
        assert_eq!(ask(&owner, "demo", Uuid::new_v4(), &ids, EVERYTHING, deed, more).await.status(), status, "{deed} {more:?}");
    }
    let strange = done(&owner, &ids, "tag", &[("tag", &Uuid::new_v4().to_string())]).await;
    assert!(strange.done.is_empty() && strange.refused.iter().all(|(_, why)| *why == Refusal::NotFound));
}

#[tokio::test]
async fn a_contact_has_twenty_tags_at_most_also_when_many_give_them_at_once() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let id = talk(&app, "6281234567890").await;
    let names: Vec<String> = (0..25).map(|nth| format!("Tag {nth}")).collect();
    let answers = futures::future::join_all(names.iter().map(|name| try_tag(&owner, id, name, true))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status() == StatusCode::OK).count(), 20);
    assert_eq!(owner.thread(id).await.conversation.tags.len(), 20);
    let refused = refused_as(try_tag(&owner, id, "Satu lagi", true).await, StatusCode::CONFLICT).await;
    assert_eq!(refused, AppError::Conflict(Conflict::TooManyTags));
    assert!(labels(&owner).await.tags.iter().all(|tag| tag.name != "Satu lagi"), "what is refused makes nothing");
    let vip = made(&owner, "tag", "VIP").await.to_string();
    assert_eq!(done(&owner, &[id], "tag", &[("tag", &vip)]).await.refused, [(id, Refusal::TooManyTags)]);
}

#[tokio::test]
async fn who_may_not_make_tags_uses_those_that_there_are() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let (mine, other) = (talk(&app, "6281234567890").await, talk(&app, "6281234567891").await);
    made(&owner, "tag", "VIP").await;
    let member = app.sign_in("member@demo.test").await;
    app.sql(&format!(
        "update conversation set assignee_id = (select id from person where email = 'member@demo.test'), holder = 'team' where id = '{mine}'"
    ))
    .await;
    assert_eq!(tag(&member, mine, "vip").await.tags.len(), 1);
    let refused = refused_as(try_tag(&member, mine, "Baru dibuat", true).await, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert_eq!(refused, AppError::invalid("tag", Rule::Malformed));
    assert_eq!(try_tag(&member, other, "vip", true).await.status(), StatusCode::NOT_FOUND, "out of sight");
    assert_eq!(try_tag(&member, mine, "  ", true).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(save(&member, "tag", &[("name", "Baru")]).await.status(), StatusCode::FORBIDDEN);
    let page = member.get("/demo/settings/labels").await.text().await.unwrap();
    assert!(page.contains("VIP") && !page.contains("name=\"temperature\""), "to read");
    assert!(!good::<Viewer>(member.try_viewer("demo").await).await.may_label);
}

#[tokio::test]
async fn another_workspaces_labels_are_none_of_ours() {
    let app = TestApp::start().await;
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    let id = talk(&app, "6281234567890").await;
    let vip = made(&owner, "tag", "VIP").await;
    let theirs: Uuid =
        app.value("select s.id from stage s join workspace w on w.id = s.workspace_id where w.slug = 'other' order by place limit 1").await;
    assert_eq!(try_move(&owner, id, &theirs.to_string()).await.status(), StatusCode::NOT_FOUND);
    let before: String = app.value("select md5(string_agg(s::text, '|' order by id)) from stage s").await;
    let id = theirs.to_string();
    assert_eq!(save(&owner, "stage", &[("id", &id), ("name", "Diubah")]).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(remove(&owner, "stage", theirs).await.status(), StatusCode::NOT_FOUND);
    let order = owner.post(OrderStage::PATH, &[("workspace", "demo"), ("id", &*id), ("up", "false")]).await;
    assert_eq!(order.status(), StatusCode::NOT_FOUND);
    assert_eq!(app.value::<String>("select md5(string_agg(s::text, '|' order by id)) from stage s").await, before);
    let page: ConversationPage = good(stranger.try_list("other", None).await).await;
    assert!(page.labels.is_some_and(|labels| labels.tags.is_empty() && labels.stages.len() == 5));
    let form = [("workspace", "other"), ("kind", "tag"), ("id", &*vip.to_string())];
    assert_eq!(stranger.post(DeleteLabel::PATH, &form).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn forms_without_script_lead_back_to_the_contact_and_a_refused_one_stands_again() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let id = talk(&app, "6281234567890").await;
    let page = app.url(&format!("/demo/inbox/{id}?panel=contact"));
    let browser = async |path: &str, form: &[(&str, &str)], from: &str| {
        let request = app.http.post(app.url(path)).header(header::COOKIE, owner.cookie()).header(header::ACCEPT, "text/html");
        request.header(header::REFERER, from).form(form).send().await.expect("an answer")
    };
    let conversation = id.to_string();
    let form = [("workspace", "demo"), ("conversation", &*conversation), ("on", "true"), ("tag", "Beasiswa")];
    let answer = browser(TagContact::PATH, &form, &page).await;
    assert_eq!(answer.status(), StatusCode::FOUND);
    assert_eq!(answer.headers()[header::LOCATION].to_str().unwrap(), format!("/demo/inbox/{id}?panel=contact"));
    let shown = owner.get(&format!("/demo/inbox/{id}?panel=contact")).await.text().await.unwrap();
    assert!(shown.contains("Beasiswa") && shown.contains("Lepas tag Beasiswa"));
    let settings = app.url("/demo/settings/labels");
    let form = [("workspace", "demo"), ("kind", "stage"), ("name", "Panas <b>"), ("temperature", "boiling")];
    let answer = browser(SaveLabel::PATH, &form, &settings).await;
    let location = answer.headers()[header::LOCATION].to_str().unwrap().to_owned();
    let again = owner.get(&location).await.text().await.unwrap();
    assert!(again.contains("value=\"Panas &lt;b&gt;\""), "what was written stands there");
}

#[tokio::test]
async fn two_contacts_that_become_one_have_the_tags_of_both_and_closed_conversations_are_told() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let [keep, other] = [talk(&app, "6281234567890").await, talk(&app, "6281234567891").await];
    let hot = labels(&owner).await.stages[2].id;
    good::<ConversationView>(try_move(&owner, other, &hot.to_string()).await).await;
    for (id, name) in [(keep, "VIP"), (other, "VIP"), (other, "S2")] {
        tag(&owner, id, name).await;
    }
    // One that is closed belongs to the contact that goes.
    app.sql(&format!(
        "insert into conversation (workspace_id, id, contact_id, number_id, state, holder, created_at, last_message_at)
         select workspace_id, gen_random_uuid(), contact_id, number_id, 'closed', 'team', now(), now() - interval '1 hour' from conversation where id = '{keep}'"
    ))
    .await;
    let closed: Uuid = app.value("select id from conversation where state = 'closed'").await;
    let mut stream = owner.live("demo", Some(owner.list(None).await.seq)).await;
    // The provider names both in one delivery: a number that was known by another contact.
    app.sql(&format!(
        "insert into identity select workspace_id, 'bsuid', 'ID.13491208655302741918', contact_id, now() from conversation where id = '{other}'"
    ))
    .await;
    let mut delivery = inbound(
        NUMBER,
        "6281234567890",
        &wamid(),
        app.app.clock.millis(),
        serde_json::json!({ "type": "text", "text": { "body": "Ini saya" } }),
    );
    delivery["message"]["from_user_id"] = serde_json::json!("ID.13491208655302741918");
    app.deliver(delivery.to_string()).await;
    stream.until(|frame| frame.conversation.as_ref().is_some_and(|row| row.id.0 == closed && row.tags.len() == 2)).await;
    let rows = owner.view("demo", "state=all", None).await.rows;
    assert!(rows.len() == 2 && rows.iter().all(|row| row.tags.len() == 2 && row.stage == Some(hot)), "{rows:?}");
}

#[tokio::test]
async fn a_later_page_of_the_list_knows_what_things_are_called_and_a_filter_may_name_many() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    talk(&app, "6281234567890").await;
    let cursor = ListCursor { at: app.app.clock.millis() + 60_000, id: Uuid::nil() };
    assert_eq!(owner.list(Some(cursor)).await.labels.expect("labels").stages.len(), 5);
    let many = (0..60).map(|_| Uuid::new_v4().to_string()).collect::<Vec<_>>().join(",");
    assert!(shown(&owner, &format!("filter=tag:{many}")).await.is_empty(), "it is a filter however long it is");
    let form =
        [("workspace", "demo".to_owned()), ("deed", "save".into()), ("name", "Banyak".into()), ("view", format!("filter=tag:{many}"))];
    assert_eq!(owner.post(my21staff::inbox::api::ShapeView::PATH, &form).await.status(), StatusCode::OK);
}
