//! The chat score (F78): how much of what a customer wrote speaks for a deal, of 100.
//!
//! Each message has marks: that a price was asked for, that a file was sent, the day it was written on. A conversation's marks are those of all messages of the customer
//! that stand (not those taken back), kept as bits in its row: they come with the statement that stores a message, in any order and however often. The score is a
//! sum over the marks, so it is of no time and tells the same to everybody, and each point can be shown with the message that it is for.
//! What the team, ARI or other programs write counts nothing. Words are looked for in Indonesian and English, as whole words and with what people write for them in chats; a no before one takes it away.

use super::{
    holding, reading,
    record::{self, Happened, NewEvent},
};
use crate::{
    error::AppError,
    ids::{ConversationId, MessageId, WorkspaceId},
    inbox::model::Direction,
    server::{
        db, error,
        jobs::{self, NewJob, Outcome},
        scope::Scope,
        state::App,
    },
    time::{self, Millis},
};
use serde_json::Value;
use sqlx::PgConnection;
use std::sync::LazyLock;

/// Of a message's text this many words are looked at.
const MOST_WORDS: usize = 400;
/// Conversations counted anew at a time.
const AT_A_TIME: i64 = 100;
/// The bits of days: a day's place among 31, so that no two of the same month are one.
const DAYS: i64 = (1 << 31) - 1;
/// What Jakarta's clocks are ahead of UTC, all year.
const JAKARTA: Millis = 7 * time::HOUR;

/// What a score is made of, with the most that each gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// On how many days they wrote.
    Engagement,
    /// What they asked about.
    Interest,
    /// What they gave.
    Given,
    /// What they did.
    Deeds,
}

impl Part {
    pub const ALL: [Self; 4] = [Self::Engagement, Self::Interest, Self::Given, Self::Deeds];

    /// The most that it gives; together 100.
    pub fn most(self) -> i32 {
        match self {
            Self::Engagement => *WORTH_OF_DAYS.last().unwrap_or(&0),
            _ => Mark::ALL.iter().filter(|mark| mark.part() == self).map(|mark| mark.points()).sum(),
        }
    }
}

/// What so many days of writing are worth: none, one, two, three, more.
const WORTH_OF_DAYS: [i32; 5] = [0, 5, 12, 18, 25];
/// What is taken off whoever put it off or called it off; as the first product took it for its two remarks (F105).
pub const PUT_OFF: i32 = 20;

/// What a message can have in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Price,
    Time,
    Details,
    Wants,
    File,
    Reachable,
    Form,
    Order,
    Referred,
    /// They put it off or called it off.
    PutOff,
}

impl Mark {
    /// All that give points.
    pub const ALL: [Self; 9] =
        [Self::Price, Self::Time, Self::Details, Self::Wants, Self::File, Self::Reachable, Self::Form, Self::Order, Self::Referred];

    /// Its bit. Stored: a bit never becomes another's.
    fn bit(self) -> i64 {
        1 << match self {
            Self::Price => 32,
            Self::Time => 33,
            Self::Details => 34,
            Self::Wants => 35,
            Self::File => 36,
            Self::Reachable => 37,
            Self::Form => 38,
            Self::Order => 39,
            Self::Referred => 40,
            Self::PutOff => 41,
        }
    }

    pub fn part(self) -> Part {
        match self {
            Self::Price | Self::Time | Self::Details | Self::Wants | Self::PutOff => Part::Interest,
            Self::File | Self::Reachable | Self::Form => Part::Given,
            Self::Order | Self::Referred => Part::Deeds,
        }
    }

    pub fn points(self) -> i32 {
        match self {
            Self::Price => 12,
            Self::Time => 8,
            Self::Details => 5,
            Self::Wants => 15,
            Self::File => 8,
            Self::Reachable | Self::Form => 6,
            Self::Order => 10,
            Self::Referred => 5,
            Self::PutOff => -PUT_OFF,
        }
    }
}

/// The words and phrases that say something, apart by commas, as [`words_of`] has words. Rather few that are sure than many: who has changed the words lets a migration put
/// `chat_marks` to null.
const SAID: [(Mark, &str); 5] = [
    (
        Mark::Price,
        "harga, biaya, tarif, ongkos, ongkir, cicilan, dicicil, diskon, promo, pricelist, berapaan, berapa ya, berapa kak, berapa min, \
        berapa duit, bayar berapa, berapa bayar, price, prices, pricing, costs, the cost, how much, fee, fees, discount, installment, instalment",
    ),
    (
        Mark::Time,
        "jadwal, kapan, jam berapa, hari apa, tanggal berapa, janji temu, konsultasi, reservasi, tersedia, masih ada, slot, ready, stok, \
        schedule, what time, when is, when are, when do, when does, when can, appointment, available, availability, consultation",
    ),
    (
        Mark::Details,
        "info, informasi, detail, syarat, persyaratan, brosur, katalog, paket apa, ada paket, pilihan paket, details, information, brochure, \
        catalog, catalogue, requirements, packages",
    ),
    (
        Mark::Wants,
        "mau daftar, ingin daftar, bisa daftar, cara daftar, mendaftar, daftarkan, pendaftaran, mau pesan, ingin pesan, bisa pesan, cara pesan, \
        mau order, ingin order, bisa order, boleh order, cara order, order dulu, mau booking, ingin booking, bisa booking, cara booking, mau beli, \
        ingin beli, bisa beli, cara beli, jadi beli, mau ambil, saya ambil, mau bayar, sudah bayar, bukti bayar, mau transfer, sudah transfer, \
        transfer ke, bukti transfer, rekening, checkout, sign up, register, enroll, enrol, purchase, buy it, want to buy, like to buy, want to book, \
        like to book, want to order, like to order, place an order",
    ),
    (
        Mark::PutOff,
        "nanti dulu, nanti saja, nanti aja, lain kali, pikir dulu, mikir dulu, pikir pikir, pikirkan dulu, belum yakin, batal, batalkan, \
        mau cancel, saya cancel, tidak jadi, gak jadi, kemahalan, terlalu mahal, tidak tertarik, gak tertarik, not now, maybe later, not interested, \
        too expensive, not sure yet",
    ),
];

/// What people write in chats, and what it stands for.
const SHORT: [(&str, &str); 26] = [
    ("brp", "berapa"),
    ("brapa", "berapa"),
    ("hrg", "harga"),
    ("hrga", "harga"),
    ("kpn", "kapan"),
    ("jdwl", "jadwal"),
    ("tgl", "tanggal"),
    ("infoin", "info"),
    ("tf", "transfer"),
    ("trf", "transfer"),
    ("norek", "rekening"),
    ("udah", "sudah"),
    ("udh", "sudah"),
    ("sdh", "sudah"),
    ("pengen", "ingin"),
    ("pesen", "pesan"),
    ("tdk", "tidak"),
    ("gk", "gak"),
    ("ga", "gak"),
    ("ngga", "gak"),
    ("nggak", "gak"),
    ("engga", "gak"),
    ("enggak", "gak"),
    ("ndak", "gak"),
    ("blm", "belum"),
    ("jgn", "jangan"),
];

/// A phrase by its words.
type Phrase = Vec<&'static str>;

/// [`SAID`] by words.
static PHRASES: LazyLock<Vec<(Mark, Vec<Phrase>)>> = LazyLock::new(|| {
    let by_words = |phrases: &'static str| phrases.split(", ").map(|phrase| phrase.split(' ').collect()).collect();
    SAID.iter().map(|(mark, phrases)| (*mark, by_words(phrases))).collect()
});

/// Words that take away what follows: "tidak mau daftar" wants nothing.
const NO: [&str; 10] = ["tidak", "tak", "gak", "bukan", "belum", "jangan", "tanpa", "not", "don't", "dont"];
/// Words that may stand between: "gak jadi mau beli".
const BETWEEN: [&str; 11] = ["mau", "ingin", "bisa", "jadi", "akan", "perlu", "usah", "want", "to", "going", "yet"];
/// Words after which "gak" only asks: "ada gak promo?"
const ASKS: [&str; 4] = ["ada", "bisa", "boleh", "mau"];

/// Whether what stands before takes it away.
fn denied(before: &[String]) -> bool {
    let mut before = before.iter().rev().skip_while(|word| BETWEEN.contains(&word.as_str()));
    before.next().is_some_and(|word| NO.contains(&word.as_str()))
}

/// The marks that a customer's message has, with the words that say so where it is words.
fn of_message<'a>(kind: &str, words: &'a [String], body: &str, detail: Option<&Value>) -> Vec<(Mark, &'a [String])> {
    let mut marks: Vec<(Mark, &[String])> = Vec::new();
    for (mark, phrases) in PHRASES.iter() {
        let found = phrases.iter().find_map(|phrase| {
            let place = words
                .windows(phrase.len())
                .enumerate()
                .position(|(place, part)| part == phrase.as_slice() && !denied(words.get(..place).unwrap_or_default()))?;
            words.get(place..place + phrase.len())
        });
        marks.extend(found.map(|found| (*mark, found)));
    }
    let own = detail.map(|detail| &detail[kind]);
    let is_form = own.is_some_and(|own| !own["nfm_reply"].is_null());
    let referred = detail.is_some_and(|detail| !detail["referral"].is_null() || !detail["context"]["referred_product"].is_null());
    let mail = body.split_whitespace().any(is_mail);
    for (mark, has) in [
        (Mark::File, matches!(kind, "image" | "document" | "video")),
        (Mark::Reachable, mail || matches!(kind, "contacts" | "location")),
        (Mark::Form, is_form),
        (Mark::Order, kind == "order"),
        (Mark::Referred, referred),
    ] {
        if has {
            marks.push((mark, &[]));
        }
    }
    marks
}

/// Whether it is a mail address, and no link or name of an account.
fn is_mail(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let Some((name, host)) = word.split_once('@') else { return false };
    let plain = |text: &str, more: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
    let ends =
        host.rsplit_once('.').is_some_and(|(host, top)| !host.is_empty() && top.len() > 1 && top.chars().all(|c| c.is_ascii_alphabetic()));
    ends && plain(name, "._%+-") && plain(host, ".-")
}

/// A text's words: in small letters, without what a letter is repeated for ("hargaaa") and without -nya, what is short written out, and no "gak" that only asks.
fn words_of(body: &str) -> Vec<String> {
    let apart = |c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '’');
    let mut words: Vec<String> = Vec::new();
    for word in body.split(apart).filter(|word| !word.is_empty()).take(MOST_WORDS).map(one_word) {
        let only_asks = word == "gak" && words.last().is_some_and(|before| ASKS.contains(&before.as_str()));
        if !only_asks {
            words.push(word);
        }
    }
    words
}

fn one_word(written: &str) -> String {
    let mut word = String::with_capacity(written.len());
    let mut times = 0;
    for c in written.chars().flat_map(char::to_lowercase).map(|c| if c == '’' { '\'' } else { c }) {
        times = if word.ends_with(c) { times + 1 } else { 1 };
        word.push(c);
        if times > 2 && c.is_alphabetic() {
            while word.ends_with(c) {
                word.pop();
            }
            word.push(c);
        }
    }
    let stem = word.strip_suffix("nya").filter(|stem| stem.len() > 3).unwrap_or(&word);
    SHORT.iter().find(|(short, _)| *short == stem).map_or(stem, |(_, long)| long).to_owned()
}

/// The day's bit. Days are Jakarta's whatever the workspace's zone, so that a bit means the same for ever.
fn day(at: Millis) -> i64 {
    1 << (at + JAKARTA).div_euclid(time::DAY).rem_euclid(31)
}

/// What a message adds to its conversation's marks. Nothing where the customer did not write it.
pub fn marks(direction: Direction, kind: &str, body: Option<&str>, detail: Option<&Value>, at: Millis) -> i64 {
    if direction != Direction::Inbound {
        return 0;
    }
    let body = body.unwrap_or_default();
    of_message(kind, &words_of(body), body, detail).into_iter().fold(day(at), |marks, (mark, _)| marks | mark.bit())
}

/// What a part of a score comes to.
pub fn points(marks: i64, part: Part) -> i32 {
    match part {
        Part::Engagement => worth_of((marks & DAYS).count_ones()),
        _ => Mark::ALL.iter().filter(|mark| mark.part() == part && marks & mark.bit() != 0).map(|mark| mark.points()).sum(),
    }
}

/// What another day of writing would add.
pub fn next_day(marks: i64) -> i32 {
    worth_of((marks & DAYS).count_ones() + 1) - worth_of((marks & DAYS).count_ones())
}

fn worth_of(days: u32) -> i32 {
    let days = usize::try_from(days).unwrap_or_default();
    WORTH_OF_DAYS[days.min(WORTH_OF_DAYS.len() - 1)]
}

/// The score, from 0 to 100.
pub fn score(marks: i64) -> u8 {
    let sum: i32 = Part::ALL.iter().map(|part| points(marks, *part)).sum();
    let off = if put_off(marks) { PUT_OFF } else { 0 };
    u8::try_from((sum - off).clamp(0, 100)).unwrap_or_default()
}

/// Whether it was put off or called off, and nothing was ordered all the same.
pub fn put_off(marks: i64) -> bool {
    marks & Mark::PutOff.bit() != 0 && marks & Mark::Order.bit() == 0
}

/// Counts a conversation anew, for its messages changed; and tells the screens when that made another score of it.
pub async fn run(app: &App, workspace: WorkspaceId, id: ConversationId) -> sqlx::Result<Outcome> {
    let mut tx = db::begin(&app.db.system).await?;
    if holding::lock(&mut tx, workspace, id).await?.is_none() {
        return Ok(Outcome::Done);
    }
    let told = count(&mut tx, workspace, id).await?;
    if told {
        record::record(&mut tx, app.clock.now(), &[NewEvent::new(workspace, Happened::ConversationChanged, id)]).await?;
    }
    tx.commit().await?;
    if told {
        app.wake.workspaces([workspace]);
    }
    Ok(Outcome::Done)
}

/// Counts a conversation anew, which the caller has locked. Answers whether it has another score than screens were told of: where it was not counted before nobody waits for it,
/// and there may be hundreds of thousands.
pub async fn count(connection: &mut PgConnection, workspace: WorkspaceId, id: ConversationId) -> sqlx::Result<bool> {
    let is = counted(connection, workspace, id).await?;
    let was = sqlx::query_scalar!(
        r#"
        update conversation c set chat_marks = $3 from conversation was
        where c.workspace_id = $1 and c.id = $2 and was.workspace_id = $1 and was.id = $2 and c.chat_marks is distinct from $3
        returning was.chat_marks
        "#,
        workspace.0,
        id.0,
        is
    )
    .fetch_optional(connection)
    .await?;
    Ok(was.flatten().is_some_and(|was| score(was) != score(is)))
}

/// The marks of all that the customer said and that stands.
async fn counted(connection: &mut PgConnection, workspace: WorkspaceId, id: ConversationId) -> sqlx::Result<i64> {
    let rows = sqlx::query!(
        r#"
        select kind, body, case when kind = 'interactive' or detail ?| array['referral', 'context'] then detail end as detail, sent_at from message
        where workspace_id = $1 and conversation_id = $2 and direction = 'inbound' and revoked_at is null
        "#,
        workspace.0,
        id.0
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.iter().fold(0, |all, row| {
        all | marks(Direction::Inbound, &row.kind, row.body.as_deref(), row.detail.as_ref(), row.sent_at.timestamp_millis())
    }))
}

/// Counts what is to be counted anew, some at a time. Any number of processes may do it at once.
pub async fn sweep(app: &App) -> sqlx::Result<()> {
    let rows =
        sqlx::query!("select workspace_id, id from conversation where chat_marks is null order by workspace_id, id limit $1", AT_A_TIME)
            .fetch_all(&app.db.system)
            .await?;
    for row in rows {
        if let Err(error) = run(app, WorkspaceId(row.workspace_id), ConversationId(row.id)).await {
            tracing::warn!(error = error::kind(&error), "a chat could not be scored; it comes round again");
        }
    }
    Ok(())
}

/// Why something counts: the first message that says it.
pub struct Reason {
    pub mark: Mark,
    pub message: MessageId,
    pub at: Millis,
    /// The words that say it; ours, not the customer's.
    pub words: String,
}

/// A score with what it is made of.
pub struct Score {
    pub name: String,
    pub marks: i64,
    /// One for each mark, what came first first.
    pub reasons: Vec<Reason>,
    /// On how many days they wrote, by the score's own counting.
    pub days: u32,
}

/// A conversation's score as its messages have it at this moment.
///
/// # Errors
/// `NotFound` for a conversation out of sight.
pub async fn read(app: &App, scope: &Scope, id: ConversationId) -> Result<Score, AppError> {
    let mut tx = app.db.snapshot(scope).await?;
    let conversation = reading::visible(&mut tx, scope, id).await?;
    let rows = sqlx::query!(
        r#"
        select id, kind, body, case when kind = 'interactive' or detail ?| array['referral', 'context'] then detail end as detail, sent_at from message
        where workspace_id = $1 and conversation_id = $2 and direction = 'inbound' and revoked_at is null
        order by sent_at, id
        "#,
        scope.workspace.0,
        id.0
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut marks = 0;
    let mut reasons: Vec<Reason> = Vec::new();
    for row in rows {
        let body = row.body.unwrap_or_default();
        let words = words_of(&body);
        let at = row.sent_at.timestamp_millis();
        marks |= day(at);
        for (mark, said) in of_message(&row.kind, &words, &body, row.detail.as_ref()) {
            if marks & mark.bit() == 0 {
                marks |= mark.bit();
                reasons.push(Reason { mark, message: MessageId(row.id), at, words: said.join(" ") });
            }
        }
    }
    let stands = sqlx::query_scalar!("select chat_marks from conversation where workspace_id = $1 and id = $2", scope.workspace.0, id.0)
        .fetch_one(&mut *tx)
        .await?;
    drop(tx);
    if stands.is_some_and(|stands| stands != marks) {
        // Counted by other words, or by a process of before there were scores.
        jobs::put(&mut *app.db.system.acquire().await?, app.clock.now(), NewJob::count_marks(scope.workspace, id)).await?;
        app.wake.jobs();
    }
    if !put_off(marks) {
        reasons.retain(|reason| reason.mark != Mark::PutOff);
    }
    Ok(Score { name: conversation.name, marks, reasons, days: (marks & DAYS).count_ones() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::DAY;
    use serde_json::json;

    fn said(text: &str) -> i64 {
        marks(Direction::Inbound, "text", Some(text), None, 0)
    }

    fn has(text: &str, mark: Mark) -> bool {
        said(text) & mark.bit() != 0
    }

    #[test]
    fn the_parts_come_to_a_hundred() {
        assert_eq!(Part::ALL.iter().map(|part| part.most()).sum::<i32>(), 100);
        let all = Mark::ALL.iter().fold(0b1111, |marks, mark| marks | mark.bit());
        assert_eq!(score(all), 100);
        assert_eq!(score(all | Mark::PutOff.bit()), 100, "what was ordered after all");
        assert_eq!(score(0), 0);
        assert_eq!(score(all & !Mark::Order.bit() | Mark::PutOff.bit()), 70);
        assert_eq!(score(Mark::PutOff.bit() | 1), 0, "never below nothing");
    }

    #[test]
    fn bits_are_one_each_and_none_is_a_days() {
        let all: Vec<i64> = Mark::ALL.iter().chain(&[Mark::PutOff]).map(|mark| mark.bit()).collect();
        assert_eq!(all.iter().fold(0, |all, bit| all | bit).count_ones() as usize, all.len());
        assert!(all.iter().all(|bit| bit & DAYS == 0 && *bit > 0));
    }

    #[test]
    fn words_count_as_people_write_them() {
        for (text, mark) in [
            ("Berapa HARGA nya kak?", Mark::Price),
            ("hargaaanya brp", Mark::Price),
            ("brp ya kak", Mark::Price),
            ("ongkirnya?", Mark::Price),
            ("ada ga promo?", Mark::Price),
            ("how much is it", Mark::Price),
            // A no takes away only what follows it, not what is said again.
            ("bukan harga, tapi harga total", Mark::Price),
            ("Kpn mulai?", Mark::Time),
            ("masih ada, kak?", Mark::Time),
            ("when can I come", Mark::Time),
            ("minta brosur dong", Mark::Details),
            ("infonya kak", Mark::Details),
            ("oke saya mau daftar", Mark::Wants),
            ("bisa gak order 2?", Mark::Wants),
            ("udah tf ya", Mark::Wants),
            ("minta norek kak", Mark::Wants),
            ("I'd like to buy two", Mark::Wants),
            ("nanti dulu ya kak", Mark::PutOff),
            ("nggak jadi", Mark::PutOff),
            ("tdk jadi kak", Mark::PutOff),
        ] {
            assert!(has(text, mark), "{text} says {mark:?}");
        }
        for (text, mark) in [
            ("menghargai waktunya", Mark::Price),
            ("saya tidak mau daftar", Mark::Wants),
            ("tidak mau beli", Mark::Wants),
            ("gak mau order kak", Mark::Wants),
            ("ga jadi mau beli", Mark::Wants),
            ("tdk ingin pesan", Mark::Wants),
            ("I don’t want to buy", Mark::Wants),
            ("belum bisa transfer ke sana", Mark::Wants),
            ("cancel order saya", Mark::Wants),
            ("order saya belum sampai", Mark::Wants),
            ("daftar harga ada?", Mark::Wants),
            ("tidak batal kok", Mark::PutOff),
            ("apakah bisa dibatalkan?", Mark::PutOff),
            ("paket saya belum sampai", Mark::Details),
            ("informatika", Mark::Details),
            ("when I was there", Mark::Time),
        ] {
            assert!(!has(text, mark), "{text} does not say {mark:?}");
        }
    }

    #[test]
    fn a_mail_address_is_one_and_no_link() {
        for text in ["surel saya nadia@contoh.id", "(nadia.k+wa@mail.contoh.co.id)", "email: nadia@contoh.id."] {
            assert!(has(text, Mark::Reachable), "{text}");
        }
        for text in
            ["https://www.tiktok.com/@toko.id", "https://maps.example/@-6.2,106.8", "IG:@toko.id", "ikuti @contoh.id", "a@b", "5@3.2"]
        {
            assert!(!has(text, Mark::Reachable), "{text}");
        }
    }

    #[test]
    fn what_is_sent_counts_by_its_kind() {
        let of = |kind: &str, detail: Value| marks(Direction::Inbound, kind, None, Some(&detail), 0);
        assert_eq!(of("document", json!({})), 1 | Mark::File.bit());
        assert_eq!(of("sticker", json!({})), 1);
        assert_eq!(of("order", json!({"order": {}})), 1 | Mark::Order.bit());
        assert_eq!(of("interactive", json!({"interactive": {"nfm_reply": {"body": "Sent"}}})), 1 | Mark::Form.bit());
        assert_eq!(of("interactive", json!({"interactive": {"button_reply": {"title": "Ya"}}})), 1);
        assert_eq!(of("text", json!({"referral": {"source_id": "1"}})), 1 | Mark::Referred.bit());
    }

    #[test]
    fn only_the_customer_counts() {
        for direction in [Direction::Outbound, Direction::System] {
            assert_eq!(marks(direction, "text", Some("harga"), None, 0), 0);
        }
    }

    #[test]
    fn days_count_once_each() {
        let on = |days: &[i64]| days.iter().fold(0, |marks, n| marks | marks_on(*n));
        fn marks_on(n: i64) -> i64 {
            marks(Direction::Inbound, "text", Some("halo"), None, n * DAY + 5)
        }
        assert_eq!([0, 1, 2, 3, 4, 9].map(|n| score(on(&(0..n).collect::<Vec<_>>()))), [0, 5, 12, 18, 25, 25]);
        assert_eq!(score(on(&[7, 7, 7])), 5);
        assert_eq!(score(on(&[-1])), 5, "before 1970, too");
    }
}
