//! What the team calls a contact, and what it keeps of them in fields of its own: who sees it, who changes it, and lists that go by it.

use crate::support::*;
use leptos::server_fn::ServerFn;
use my21staff::{
    error::{AppError, Conflict, Rule},
    ids::ConversationId,
    inbox::{
        api::{DeleteField, SaveContact, SaveField},
        labels::CONTACT_CHANGED,
    },
};
use reqwest::{Response, StatusCode, header};
use uuid::Uuid;

const PHONE: &str = "6281234567890";

pub async fn asked(app: &TestApp) -> (Actor, ConversationId) {
    app.customer_says(PHONE, "Halo").await;
    (app.owner().await, app.only_conversation().await)
}

async fn save_field(who: &Actor, fields: &[(&str, &str)]) -> Response {
    who.post(SaveField::PATH, &[&[("workspace", "demo")], fields].concat()).await
}

pub async fn field(app: &TestApp, who: &Actor, name: &str, kind: &str, choices: &str) -> Uuid {
    let answer = save_field(who, &[("name", name), ("kind", kind), ("choices", choices)]).await;
    assert_eq!(answer.status(), StatusCode::OK, "{name}");
    app.value(&format!("select id from contact_field where name = '{name}'")).await
}

pub async fn choice(app: &TestApp, name: &str) -> String {
    app.value::<Uuid>(&format!("select id from field_choice where name = '{name}'")).await.to_string()
}

pub async fn fill(who: &Actor, id: ConversationId, name: &str, values: &[(Uuid, &str)]) -> Response {
    let mut form = vec![("workspace".to_owned(), "demo".to_owned()), ("conversation".into(), id.to_string()), ("name".into(), name.into())];
    form.extend(values.iter().map(|(field, text)| (format!("values[f-{field}]"), (*text).to_owned())));
    who.post(SaveContact::PATH, &form).await
}

/// What the pane shows.
async fn shown(who: &Actor, id: ConversationId) -> Vec<(String, String)> {
    who.thread(id).await.contact.fields.into_iter().map(|field| (field.name, field.text)).collect()
}

#[tokio::test]
async fn a_contact_is_called_and_described_as_the_team_wants_and_colleagues_are_told() {
    let app = TestApp::start().await;
    let (owner, id) = asked(&app).await;
    let city = field(&app, &owner, "Kota", "choice", "Bandung\nJakarta").await;
    let budget = field(&app, &owner, "Anggaran", "number", "").await;
    let leaves = field(&app, &owner, "Berangkat", "date", "").await;
    let major = field(&app, &owner, "Jurusan", "text", "").await;
    let bandung = choice(&app, "Bandung").await;
    let mut stream = app.sign_in("admin@demo.test").await.live("demo", Some(owner.list(None).await.seq)).await;
    let values = [(city, &*bandung), (budget, "Rp 1.500.000,50"), (leaves, "2027-09-01"), (major, " Teknik <b>Sipil</b> ")];
    assert_eq!(fill(&owner, id, "  Bu   Ayu ", &values).await.status(), StatusCode::OK);
    let frames = stream.until(|frame| frame.kind == CONTACT_CHANGED).await;
    let row = frames.last().and_then(|frame| frame.conversation.clone()).expect("the row");
    assert_eq!((row.name.as_str(), row.values.iter().any(|value| *value == format!("{city}:={bandung}"))), ("Bu Ayu", true));
    let expected = [("Kota", "Bandung"), ("Anggaran", "1.500.000,5"), ("Berangkat", "1 Sep 2027"), ("Jurusan", "Teknik <b>Sipil</b>")];
    assert_eq!(shown(&owner, id).await, expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
    let page = owner.get(&format!("/demo/inbox/{id}?panel=contact")).await.text().await.unwrap();
    assert!(page.contains("Teknik &lt;b&gt;Sipil") && page.contains("1.500.000,5") && !page.contains("Teknik <b>"));
    let page = owner.get(&format!("/demo/inbox/{id}/contact")).await.text().await.unwrap();
    for said in ["value=\"Bu Ayu\"", "value=\"1.500.000,5\"", "value=\"2027-09-01\"", "Jakarta"] {
        assert!(page.contains(said), "{said}");
    }
    // What a form does not name stays; what it leaves empty goes; and what is as it was is no change.
    let before: i64 = app.value("select count(*) from event").await;
    assert_eq!(fill(&owner, id, "Bu Ayu", &[(budget, "1500000,5")]).await.status(), StatusCode::OK);
    assert_eq!(app.value::<i64>("select count(*) from event").await, before);
    assert_eq!(fill(&owner, id, "", &[(budget, " "), (city, "")]).await.status(), StatusCode::OK);
    assert_eq!(shown(&owner, id).await.len(), 2);
    assert_eq!(owner.thread(id).await.contact.given_name.as_deref(), Some("Bu Ayu"), "an empty name says nothing by itself");
    let said: String = app.value("select string_agg(detail::text, ' ') from audit_entry where action = 'contact.changed'").await;
    assert!(said.contains("Anggaran") && !said.contains("Sipil") && !said.contains("Ayu"), "{said}");
}

#[tokio::test]
async fn what_does_not_fit_a_field_is_refused_with_nothing_lost() {
    let app = TestApp::start().await;
    let (owner, id) = asked(&app).await;
    let city = field(&app, &owner, "Kota", "choice", "Bandung").await;
    let budget = field(&app, &owner, "Anggaran", "number", "").await;
    let leaves = field(&app, &owner, "Berangkat", "date", "").await;
    let long = "x".repeat(101);
    for (name, values, error) in [
        ("", &[(budget, "banyak")][..], AppError::invalid("Anggaran", Rule::Malformed)),
        ("", &[(leaves, "besok")], AppError::invalid("Berangkat", Rule::Malformed)),
        ("", &[(city, "Bandung")], AppError::invalid("Kota", Rule::Malformed)),
        (&long, &[], AppError::invalid("name", Rule::TooLong(100))),
    ] {
        assert_eq!(refused_as(fill(&owner, id, name, values).await, StatusCode::UNPROCESSABLE_ENTITY).await, error);
    }
    assert_eq!(app.value::<i64>("select count(*) from contact_value").await, 0);
    // Without script it stands there again, and not in the address.
    let form = [
        ("workspace".to_owned(), "demo".to_owned()),
        ("conversation".into(), id.to_string()),
        ("name".into(), "Bu Ayu".into()),
        (format!("values[f-{budget}]"), "kira-kira 2 juta".into()),
    ];
    let page = app.url(&format!("/demo/inbox/{id}/contact"));
    let request = app.http.post(app.url(SaveContact::PATH)).header(header::COOKIE, owner.cookie()).header(header::ACCEPT, "text/html");
    let answer = request.header(header::REFERER, page).form(&form).send().await.expect("an answer");
    let back = answer.headers()[header::LOCATION].to_str().unwrap().to_owned();
    assert!(!back.contains("Ayu") && !back.contains("juta"), "{back}");
    let page = owner.get(back.strip_prefix(&app.base).unwrap_or(&back)).await.text().await.unwrap();
    for said in ["value=\"Bu Ayu\"", "value=\"kira-kira 2 juta\"", "Anggaran: tulis angka saja"] {
        assert!(page.contains(said), "{said}");
    }
    // Once it went, nothing is kept.
    fill(&owner, id, "Bu Ayu", &[(budget, "2.000.000")]).await;
    assert_eq!(app.value::<i64>("select count(*) from unsent").await, 0);
}

#[tokio::test]
async fn a_workspace_arranges_its_fields_and_choices_keep_what_they_are() {
    let app = TestApp::start().await;
    let (owner, id) = asked(&app).await;
    let city = field(&app, &owner, "Kota", "choice", "Bandung\nJakarta\n").await;
    let (bandung, jakarta) = (choice(&app, "Bandung").await, choice(&app, "Jakarta").await);
    fill(&owner, id, "", &[(city, &jakarta)]).await;
    let key = city.to_string();
    // One more, one less, and one called otherwise, which stays what it is.
    let (of_bandung, of_jakarta) = (format!("names[c-{bandung}]"), format!("names[c-{jakarta}]"));
    let changed =
        [("id", &*key), ("name", "Kota asal"), ("kind", "text"), ("choices", "Depok"), (&*of_bandung, "Kota Bandung"), (&*of_jakarta, "")];
    let mut stream = owner.live("demo", Some(owner.list(None).await.seq)).await;
    assert_eq!(save_field(&owner, &changed).await.status(), StatusCode::OK);
    let told = stream.until(|frame| frame.labels.is_some()).await;
    let known = told.last().and_then(|frame| frame.labels.clone()).and_then(|labels| labels.fields).expect("what there is");
    assert!(known.iter().any(|id| id.to_string() == bandung) && known.iter().all(|id| id.to_string() != jakarta));
    assert_eq!(choice(&app, "Kota Bandung").await, bandung);
    assert_eq!(app.value::<String>("select kind from contact_field").await, "choice", "what it holds it holds for good");
    assert!(shown(&owner, id).await.is_empty() && owner.thread(id).await.conversation.values.is_empty());
    for (fields, error) in [
        (&[("name", "kota ASAL"), ("kind", "text")][..], AppError::Conflict(Conflict::Refused("field_taken".into()))),
        (&[("name", ""), ("kind", "text")], AppError::invalid("name", Rule::Missing)),
        (&[("name", "Warna"), ("kind", "colour")], AppError::invalid("kind", Rule::Malformed)),
        (&[("name", "Warna"), ("kind", "choice"), ("choices", " \n")], AppError::invalid("choices", Rule::Missing)),
        (&[("name", "Warna"), ("kind", "choice"), ("choices", "0812-3456-7890")], AppError::invalid("digits", Rule::Malformed)),
        (&[("id", &*key), ("name", "Kota"), (&*of_bandung, "depok")], AppError::Conflict(Conflict::Refused("choice_taken".into()))),
        (&[("id", "00000000-0000-0000-0000-00000000000a"), ("name", "Warna")], AppError::NotFound),
    ] {
        let status = StatusCode::from_u16(error.status()).unwrap();
        assert_eq!(refused_as(save_field(&owner, fields).await, status).await, error, "{fields:?}");
    }
    // A form from before somebody added one leaves that one alone.
    let old = [("id", &*key), ("name", "Kota asal"), (&*of_bandung, "Kota Bandung")];
    assert_eq!(save_field(&owner, &old).await.status(), StatusCode::OK);
    assert_eq!(app.value::<i64>("select count(*) from field_choice").await, 2);
    fill(&owner, id, "", &[(city, &bandung)]).await;
    assert_eq!(shown(&owner, id).await, [("Kota asal".to_owned(), "Kota Bandung".to_owned())]);
    let form = [("workspace", "demo"), ("id", &*key)];
    assert_eq!(owner.post(DeleteField::PATH, &form).await.status(), StatusCode::OK);
    assert!(shown(&owner, id).await.is_empty());
    assert_eq!(app.value::<i64>("select count(*) from contact_value").await, 0);
    assert_eq!(owner.post(DeleteField::PATH, &form).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn lists_are_filtered_by_what_was_chosen() {
    let app = TestApp::start().await;
    let (owner, ayu) = asked(&app).await;
    app.customer_says("6281234567891", "Halo").await;
    let bayu = ConversationId(app.value(&format!("select id from conversation where id <> '{ayu}'")).await);
    let city = field(&app, &owner, "Kota", "choice", "Bandung\nJakarta").await;
    let level = field(&app, &owner, "Jenjang", "choice", "S1\nS2").await;
    let (bandung, jakarta, s2) = (choice(&app, "Bandung").await, choice(&app, "Jakarta").await, choice(&app, "S2").await);
    fill(&owner, ayu, "", &[(city, &bandung), (level, &s2)]).await;
    fill(&owner, bayu, "", &[(city, &jakarta)]).await;
    let list = async |filter: String| {
        let page = owner.view("demo", &format!("filter={filter}"), None).await;
        (page.rows.iter().map(|row| row.id).collect::<Vec<_>>(), page.filter.unwrap_or_default())
    };
    assert_eq!(list(format!("own.{city}:{bandung}")).await, (vec![ayu], "Kota: Bandung".into()));
    assert_eq!(
        list(format!("own.{city}:{bandung},{jakarta};own.{level}:{s2}")).await,
        (vec![ayu], "Kota: Bandung atau Jakarta · Jenjang: S2".into())
    );
    assert_eq!(list(format!("own.{city}:{jakarta};own.{level}:{s2}")).await.0, []);
    assert_eq!(list(format!("own.{city}:{bandung},{jakarta}")).await.0.len(), 2);
    // Where filters are put together both fields are a line each.
    let page = owner.get("/demo/inbox/views").await.text().await.unwrap();
    for said in [format!("0:own.{city}:{bandung}"), format!("0:own.{level}:{s2}")] {
        assert!(page.contains(&said), "{said}");
    }
    let terms = [
        ("workspace", "demo".to_owned()),
        ("deed", "show".into()),
        ("terms[]", format!("0:own.{city}:{bandung}")),
        ("terms[]", format!("0:own.{level}:{s2}")),
    ];
    let address: String = good(owner.post(my21staff::inbox::api::ShapeView::PATH, &terms).await).await;
    assert!(address.contains(&format!("own.{city}:{bandung};own.{level}:{s2}")), "{address}");
}

#[tokio::test]
async fn whoever_does_not_see_numbers_sees_none_in_fields_and_loses_none_by_saving() {
    let app = TestApp::start().await;
    let (owner, id) = asked(&app).await;
    let note = field(&app, &owner, "Keterangan", "text", "").await;
    fill(&owner, id, "Ayu 0812-3456-7890", &[(note, "WA suami 0812-3456-7890")]).await;
    app.member_without_numbers().await;
    let member = app.sign_in("member@demo.test").await;
    let masked = shown(&member, id).await[0].1.clone();
    assert!(!masked.contains("3456"), "{masked}");
    let page = member.get(&format!("/demo/inbox/{id}/contact")).await.text().await.unwrap();
    assert!(!page.contains("3456") && page.contains("value=\"WA suami"), "{page}");
    // The form as it was shown, saved as it is.
    let name = member.thread(id).await.contact.given_name.expect("a name");
    assert_eq!(fill(&member, id, &name, &[(note, &masked)]).await.status(), StatusCode::OK);
    assert_eq!(shown(&owner, id).await[0].1, "WA suami 0812-3456-7890");
    assert_eq!(owner.thread(id).await.contact.given_name.as_deref(), Some("Ayu 0812-3456-7890"));
    // What is hidden cannot be written again: a text that would lose it is refused.
    let edited = format!("{masked}, rumah Depok");
    let answer = fill(&member, id, &name, &[(note, &edited)]).await;
    assert_eq!(refused_as(answer, StatusCode::CONFLICT).await, AppError::Conflict(Conflict::Refused("number_hidden".into())));
    let off = [("workspace", "demo"), ("conversation", &*id.to_string()), ("name", ""), ("was_name", &*format!("={name}"))];
    assert_eq!(member.post(SaveContact::PATH, &off).await.status(), StatusCode::OK, "it may be taken off");
    assert_eq!(owner.thread(id).await.contact.given_name, None);
    // A number field is no way around, in either language.
    let number = field(&app, &owner, "Nomor lain", "number", "").await;
    fill(&owner, id, "", &[(number, "6281234567890")]).await;
    for language in ["id", "en"] {
        let pages = [format!("/demo/inbox/{id}/contact"), format!("/demo/inbox/{id}?panel=contact")];
        for page in pages {
            let cookie = format!("{}; locale={language}", member.cookie());
            let answer = app.http.get(app.url(&page)).header(header::COOKIE, cookie).send().await.unwrap().text().await.unwrap();
            let digits: String = answer.chars().filter(|c| !matches!(c, '.' | ',')).collect();
            assert!(!digits.contains("6281234567890") && digits.contains("Nomor lain"), "{language} {page}");
        }
    }
    assert_eq!(save_field(&member, &[("name", "Baru"), ("kind", "text")]).await.status(), StatusCode::FORBIDDEN);
    // Another workspace knows nothing of it.
    let stranger = app.stranger().await;
    for workspace in ["demo", "other"] {
        let form = [("workspace", workspace), ("conversation", &*id.to_string()), ("name", "Milik kami")];
        assert_eq!(stranger.post(SaveContact::PATH, &form).await.status(), StatusCode::NOT_FOUND, "{workspace}");
    }
    let form = [("workspace", "other"), ("id", &*note.to_string())];
    assert_eq!(stranger.post(DeleteField::PATH, &form).await.status(), StatusCode::NOT_FOUND);
    assert!(!stranger.get("/other/settings/fields").await.text().await.unwrap().contains("Keterangan"));
}

#[tokio::test]
async fn a_form_from_before_a_colleagues_change_undoes_none_of_it() {
    let app = TestApp::start().await;
    let (owner, id) = asked(&app).await;
    let city = field(&app, &owner, "Kota", "text", "").await;
    let budget = field(&app, &owner, "Anggaran", "number", "").await;
    fill(&owner, id, "Bu Ayu", &[(city, "Depok"), (budget, "1000")]).await;
    let form = |was_name: &str, name: &str, town: &str, was_town: &str| {
        vec![
            ("workspace".to_owned(), "demo".to_owned()),
            ("conversation".into(), id.to_string()),
            ("name".into(), name.to_owned()),
            ("was_name".into(), format!("={was_name}")),
            (format!("values[f-{city}]"), town.to_owned()),
            (format!("was[f-{city}]"), was_town.to_owned()),
            (format!("values[f-{budget}]"), "1.000".into()),
            (format!("was[f-{budget}]"), "1.000".into()),
        ]
    };
    // Meanwhile a colleague writes something else, and the budget is another.
    fill(&app.sign_in("admin@demo.test").await, id, "Bu Ayu", &[(city, "Bogor"), (budget, "2000")]).await;
    assert_eq!(owner.post(SaveContact::PATH, &form("Bu Ayu", "Ibu Ayu", "Depok", "Depok")).await.status(), StatusCode::OK);
    let now = async || {
        let contact = owner.thread(id).await.contact;
        (contact.given_name.unwrap_or_default(), contact.fields.into_iter().map(|field| field.text).collect::<Vec<_>>())
    };
    assert_eq!(
        now().await,
        ("Ibu Ayu".to_owned(), vec!["Bogor".to_owned(), "2.000".to_owned()]),
        "what was not touched stays as the colleague left it"
    );
    // What both changed is asked about, and nothing of the form is done.
    let answer = owner.post(SaveContact::PATH, &form("Ibu Ayu", "Ibu Ayu", "Bekasi", "Depok")).await;
    assert_eq!(refused_as(answer, StatusCode::CONFLICT).await, AppError::Conflict(Conflict::Refused("contact_moved".into())));
    assert_eq!(now().await.1[0], "Bogor");
    assert_eq!(owner.post(SaveContact::PATH, &form("Ibu Ayu", "", "Bekasi", "Bogor")).await.status(), StatusCode::OK);
    assert_eq!(now().await, (String::new(), vec!["Bekasi".to_owned(), "2.000".to_owned()]), "and no name is none");
}
