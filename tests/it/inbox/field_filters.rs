//! Lists that go by what stands in the fields a workspace made: texts, numbers, dates, and whether anything does.

use super::contact_fields::{choice, field, fill};
use crate::support::*;
use leptos::server_fn::ServerFn;
use my21staff::{
    error::{AppError, Rule},
    ids::{ConversationId, PersonId},
    inbox::{
        api::{DeleteField, ShapeView},
        filter::Asker,
        list_view::ListView,
    },
    server::clock::Clock,
    time::DAY,
};
use reqwest::{StatusCode, header};
use std::collections::BTreeSet;
use uuid::Uuid;

const PHONES: [&str; 3] = ["6281234567890", "6281234567891", "6281234567892"];

struct Filtered {
    app: TestApp,
    clock: Clock,
    owner: Actor,
    /// Ayu, Bima, and Citra of whom nothing is known.
    all: [ConversationId; 3],
    town: Uuid,
    budget: Uuid,
    leaves: Uuid,
    city: Uuid,
    bandung: String,
}

async fn filtered() -> Filtered {
    let (app, clock, owner, ayu) = on_friday(PHONES[0]).await;
    let mut all = vec![ayu];
    for phone in &PHONES[1..] {
        app.customer_says(phone, "Halo?").await;
        let id = format!(
            "select c.id from conversation c join identity i on i.contact_id = c.contact_id where i.value = '+{phone}' and i.kind = 'phone'"
        );
        all.push(ConversationId(app.value(&id).await));
    }
    let town = field(&app, &owner, "Alamat", "text", "").await;
    let budget = field(&app, &owner, "Anggaran", "number", "").await;
    let leaves = field(&app, &owner, "Berangkat", "date", "").await;
    let city = field(&app, &owner, "Kota", "choice", "Bandung\nJakarta").await;
    let bandung = choice(&app, "Bandung").await;
    fill(&owner, all[0], "", &[(town, "Jl. Braga, BANDUNG"), (budget, "9,5"), (leaves, "2026-11-20"), (city, &bandung)]).await;
    fill(&owner, all[1], "", &[(town, "Gang José no. 7"), (budget, "1.500.000"), (leaves, "2026-11-27")]).await;
    let all = [all[0], all[1], all[2]];
    Filtered { app, clock, owner, all, town, budget, leaves, city, bandung }
}

impl Filtered {
    /// Which of the three a filter shows, as `abc`, and how it is said. The browser's rule must say the same of every row.
    async fn shown(&self, filter: &str) -> (String, String) {
        self.shown_to(&self.owner, filter).await
    }

    async fn shown_to(&self, who: &Actor, filter: &str) -> (String, String) {
        let query = format!("filter={filter}");
        let page = who.view("demo", &query, None).await;
        let ids: BTreeSet<ConversationId> = page.rows.iter().map(|row| row.id).collect();
        let by = Asker { me: PersonId(Uuid::nil()), now: self.app.app.clock.millis(), offset_minutes: 420 };
        let rows = who.list(None).await.rows;
        let held = rows.iter().filter(|row| ListView::parse(&query).holds(row, by)).map(|row| row.id).collect();
        assert_eq!(ids, held, "{filter}: the browser's rule says the same");
        let letters = self.all.iter().zip("abc".chars()).filter(|(id, _)| ids.contains(id)).map(|(_, letter)| letter);
        (letters.collect(), page.filter.unwrap_or_default())
    }
}

#[tokio::test]
async fn lists_go_by_texts_numbers_dates_and_by_what_is_empty() {
    let f = filtered().await;
    let Filtered { town, budget, leaves, city, bandung, .. } = &f;
    for (field, asked, who, said) in [
        (town, "*bandung", "a", "Alamat: berisi “bandung”"),
        (town, "*braga_bandung", "a", "Alamat: berisi “braga bandung”"),
        (town, "*josQEPZ_no", "b", "Alamat: berisi “josé no”"),
        (town, "*jose", "", "Alamat: berisi “jose”"),
        (town, "*bandung,*gang", "ab", "Alamat: berisi “bandung” atau berisi “gang”"),
        (town, "none", "c", "Alamat: kosong"),
        (town, "any", "ab", "Alamat: ada isinya"),
        (budget, "9.5..", "ab", "Anggaran: mulai 9,5"),
        (budget, "10..2000000", "b", "Anggaran: 10 sampai 2.000.000"),
        (budget, "..9.49", "", "Anggaran: sampai 9,49"),
        (leaves, "today..today", "a", "Berangkat: hari ini"),
        (leaves, "today..today7", "ab", "Berangkat: 7 hari ke depan"),
        (leaves, "today1..", "b", "Berangkat: setelah hari ini"),
        (leaves, "..today-1", "", "Berangkat: sudah lewat"),
        (leaves, "2026-11-21..2026-11-27", "b", "Berangkat: 21 Nov 2026 sampai 27 Nov 2026"),
        (leaves, "today2..2026-12-01", "b", "Berangkat: 2 hari lagi sampai 1 Des 2026"),
        (city, bandung, "a", "Kota: Bandung"),
        (city, "none", "bc", "Kota: kosong"),
    ] {
        let (shown, sentence) = f.shown(&format!("own.{field}:{asked}")).await;
        assert_eq!((shown.as_str(), sentence.as_str()), (who, said), "{asked}");
    }
    let both = format!("own.{town}:*gang;own.{budget}:1000..~own.{leaves}:none");
    assert_eq!(f.shown(&both).await.0, "bc");
    // A week later the same list is another.
    f.clock.set(FRIDAY + 7 * DAY);
    let later = f.app.owner().await.view("demo", &format!("state=all&filter=own.{leaves}:..today-1"), None).await;
    assert_eq!(later.rows.iter().map(|row| row.id).collect::<Vec<_>>(), [f.all[0]]);
    // Somebody elsewhere finds nothing by it.
    let theirs = f.app.stranger().await.view("other", &format!("filter=own.{town}:any"), None).await;
    assert!(theirs.rows.is_empty());
    // Of a field that is gone nothing stands anywhere.
    f.clock.set(FRIDAY);
    assert_eq!(f.owner.post(DeleteField::PATH, &[("workspace", "demo"), ("id", &*town.to_string())]).await.status(), StatusCode::OK);
    assert_eq!(f.shown(&format!("own.{town}:any")).await, (String::new(), "kolom yang dihapus: ada isinya".into()));
    assert_eq!(f.shown(&format!("own.{town}:none")).await.0, "abc");
}

#[tokio::test]
async fn a_form_asks_for_what_was_typed_and_loses_none_of_it_when_it_is_refused() {
    let f = filtered().await;
    let shape = async |typed: &[(String, &str)], page: bool| {
        let mut form =
            vec![("workspace".to_owned(), "demo".to_owned()), ("deed".into(), "show".into()), ("terms[]".into(), "0:state:open".into())];
        form.extend(typed.iter().map(|(key, text)| (format!("typed[{key}]"), (*text).to_owned())));
        let accepts = if page { "text/html" } else { "application/json" };
        let request = f.app.http.post(f.app.url(ShapeView::PATH)).header(header::COOKIE, f.owner.cookie());
        request.header(header::ACCEPT, accepts).form(&form).send().await.unwrap()
    };
    let (town, from, to) = (format!("p0-{}", f.town), format!("f0-{}", f.budget), format!("t1-{}", f.leaves));
    let typed = [(town.clone(), "Jl. Bragá, Bandung"), (from.clone(), "Rp 1.500.000"), (to.clone(), "2026-11-30")];
    let address: String = good(shape(&typed, false).await).await;
    // The second group asks for no state.
    let asked = format!(
        "/demo/inbox?state=all&filter=state:open;own.{}:*jl._bragQEHZ_bandung;own.{}:1500000..~own.{}:..2026-11-30",
        f.town, f.budget, f.leaves
    );
    assert_eq!(address, asked);
    let query = address.split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default();
    let page = f.owner.get(&format!("/demo/inbox/views?{query}")).await.text().await.unwrap();
    for said in ["value=\"jl. bragá bandung\"", "value=\"1.500.000\"", "value=\"2026-11-30\""] {
        assert!(page.contains(said), "{said}");
    }
    assert_eq!(f.owner.get(&address).await.status(), StatusCode::OK);

    let wrong = [(town, "Braga & <b>"), (from, "banyak"), (to, "2026-11-30")];
    let error = refused_as(shape(&wrong, false).await, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert_eq!(error, AppError::Invalid { field: "Anggaran".into(), rule: Rule::Malformed });
    let back = shape(&wrong, true).await;
    let address = back.headers()[header::LOCATION].to_str().unwrap().to_owned();
    let page = f.owner.get(&address).await.text().await.unwrap();
    for said in ["“Anggaran” tidak bisa disaring begitu", "value=\"Braga &amp; &lt;b&gt;\"", "value=\"banyak\"", "value=\"2026-11-30\""]
    {
        assert!(page.contains(said), "{said} in {page}");
    }
}

#[tokio::test]
async fn whoever_does_not_see_numbers_does_not_find_by_them() {
    let f = filtered().await;
    fill(&f.owner, f.all[2], "", &[(f.town, "WA suami José ＋65 9123 4567, atau ٠٨١٢-3456-7890"), (f.budget, "6281234567892")]).await;
    f.app.member_without_numbers().await;
    let member = f.app.sign_in("member@demo.test").await;
    for (filter, seen, masked) in [
        (format!("own.{}:*suami_josQEPZ", f.town), "c", "c"),
        (format!("own.{}:*9123", f.town), "c", ""),
        (format!("own.{}:*0812-3456", f.town), "c", ""),
        (format!("own.{}:6281234567892..6281234567892", f.budget), "c", ""),
        (format!("own.{}:100000000..", f.budget), "c", ""),
        (format!("own.{}:any", f.budget), "abc", "abc"),
        (format!("own.{}:2026-11-20..2026-11-20", f.leaves), "a", "a"),
    ] {
        assert_eq!(f.shown(&filter).await.0, seen, "{filter}");
        assert_eq!(f.shown_to(&member, &filter).await.0, masked, "{filter}");
    }
}
