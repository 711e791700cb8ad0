//! What a question says: words to look for, and conditions written as `name:value` in either language (F205).
//!
//! Only the names below are conditions, and only with a value right behind: "jam 12:30" and "https://…" are words.

use chrono::{Datelike, NaiveDate};
use std::collections::BTreeSet;

/// Words of a question that count, characters of each, characters of the whole.
pub(super) const TERMS: usize = 8;
const TERM: usize = 64;
const QUESTION: usize = 200;
/// Names that count, and values that are said not to be understood.
const VALUES: usize = 5;

/// A question, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// All of them must occur, each as the beginning of a word, or as it stands where it is a [`phrase`].
    pub terms: Vec<String>,
    /// Any of them said it; empty: whoever.
    pub from: Vec<Who>,
    /// Whose conversation it is in, any of them: what stood there.
    pub inside: Vec<String>,
    /// Tags of the contact, any of them; and stages: what stood there.
    pub tags: Vec<String>,
    pub stages: Vec<String>,
    /// Notes among the team only.
    pub notes: bool,
    /// Any of them is carried; empty: whatever.
    pub has: BTreeSet<Has>,
    /// Not before this day, in days since 1970.
    pub since: Option<i64>,
    /// Before this day.
    pub before: Option<i64>,
    /// Conditions whose value says nothing: they were left out.
    pub odd: Vec<String>,
}

/// Who said something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    Customer,
    /// Anybody of the team, the WhatsApp app on the phone included.
    Team,
    Ari,
    Me,
    /// Somebody of the team or a contact who is called so.
    Named(String),
}

/// What a message carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Has {
    Picture,
    Video,
    Sound,
    Document,
    Sticker,
    Place,
    Contact,
    Link,
}

impl Has {
    const ALL: [Self; 8] = [Self::Picture, Self::Video, Self::Sound, Self::Document, Self::Sticker, Self::Place, Self::Contact, Self::Link];

    /// The kind of message in the database; none for what any message may have.
    pub fn kind(self) -> Option<&'static str> {
        Some(match self {
            Self::Picture => "image",
            Self::Video => "video",
            Self::Sound => "audio",
            Self::Document => "document",
            Self::Sticker => "sticker",
            Self::Place => "location",
            Self::Contact => "contacts",
            Self::Link => return None,
        })
    }
}

impl Asked {
    /// Takes a question apart. `today` is the day in the workspace's zone.
    pub fn read(question: &str, today: NaiveDate) -> Self {
        let question: String = question.chars().take(QUESTION).collect();
        let mut asked = Self::default();
        for part in parts(&question) {
            let understood = part.split_once(':').and_then(|(name, value)| {
                let value = value.trim_matches('"').trim();
                (!value.is_empty()).then(|| asked.condition(&name.to_lowercase(), value, today))?
            });
            match understood {
                None => match part.strip_prefix('"').and_then(|part| part.strip_suffix('"')) {
                    Some(quoted) => asked.phrase(quoted),
                    None => asked.words(&part),
                },
                Some(true) => (),
                Some(false) if asked.odd.len() < VALUES => asked.odd.push(part),
                Some(false) => (),
            }
        }
        asked
    }

    /// Nothing that can be looked for: no word of two letters and no condition.
    pub fn is_idle(&self) -> bool {
        self.terms.iter().all(|term| term.trim_start_matches('"').chars().count() < 2) && !self.is_filtered()
    }

    /// Whether messages must meet conditions beside having the words.
    pub fn is_filtered(&self) -> bool {
        let said =
            !self.from.is_empty() || !self.inside.is_empty() || !self.has.is_empty() || !self.tags.is_empty() || !self.stages.is_empty();
        said || self.notes || self.since.is_some() || self.before.is_some()
    }

    fn words(&mut self, text: &str) {
        for term in terms(text) {
            if !self.terms.contains(&term) && self.terms.len() < TERMS {
                self.terms.push(term);
            }
        }
    }

    /// Words in quotes: exactly these, one after the other.
    fn phrase(&mut self, text: &str) {
        let words = every_word(text).take(TERMS).collect::<Vec<_>>().join(" ");
        let term = format!("\"{words}");
        if !words.is_empty() && !self.terms.contains(&term) && self.terms.len() < TERMS {
            self.terms.push(term);
        }
    }

    /// Takes a condition; whether its value says something. None: its name is none.
    fn condition(&mut self, name: &str, value: &str, today: NaiveDate) -> Option<bool> {
        Some(match name {
            "dari" | "from" => self.is_from(value),
            "di" | "in" => self.is_in(value),
            "tag" => is_labelled(&mut self.tags, value),
            "tahap" | "stage" => is_labelled(&mut self.stages, value),
            "ada" | "has" => {
                let has = has(value);
                self.has.extend(&has);
                !has.is_empty()
            }
            "sebelum" | "before" => day(value, today).is_some_and(|day| self.until(day)),
            "sampai" | "until" => day(value, today).is_some_and(|day| self.until(day + 1)),
            "sejak" | "since" => day(value, today).is_some_and(|day| self.since(day)),
            "sesudah" | "setelah" | "after" => day(value, today).is_some_and(|day| self.since(day + 1)),
            "pada" | "on" => day(value, today).is_some_and(|day| self.since(day) && self.until(day + 1)),
            _ => return None,
        })
    }

    fn until(&mut self, day: i64) -> bool {
        self.before = Some(self.before.map_or(day, |known| known.min(day)));
        true
    }

    fn since(&mut self, day: i64) -> bool {
        self.since = Some(self.since.map_or(day, |known| known.max(day)));
        true
    }

    fn is_from(&mut self, value: &str) -> bool {
        let who = match value.to_lowercase().as_str() {
            "pelanggan" | "customer" | "kontak" | "contact" => Who::Customer,
            "tim" | "team" | "kami" | "us" => Who::Team,
            "ari" => Who::Ari,
            "saya" | "aku" | "me" => Who::Me,
            _ if terms(value).is_empty() => return false,
            _ => Who::Named(value.to_owned()),
        };
        if !self.from.contains(&who) && self.from.len() < VALUES {
            self.from.push(who);
        }
        true
    }

    fn is_in(&mut self, value: &str) -> bool {
        match value.to_lowercase().as_str() {
            "catatan" | "notes" | "note" => self.notes = true,
            _ if terms(value).is_empty() => return false,
            _ if self.inside.len() < VALUES => self.inside.push(value.to_owned()),
            _ => (),
        }
        true
    }
}

fn is_labelled(labels: &mut Vec<String>, value: &str) -> bool {
    if labels.len() < VALUES && !labels.iter().any(|known| known == value) {
        labels.push(value.to_owned());
    }
    true
}

/// The words of a text: letters and digits, in lower case, as `search_words` in the database makes them.
pub fn terms(text: &str) -> Vec<String> {
    let mut terms: Vec<String> = Vec::new();
    for term in every_word(text) {
        if !terms.contains(&term) && terms.len() < TERMS {
            terms.push(term);
        }
    }
    terms
}

fn every_word(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| word.to_lowercase().chars().take(TERM).collect())
}

/// The words of a term that is a phrase: they must occur whole and one after the other. None for the beginning of a word.
pub fn phrase(term: &str) -> Option<Vec<&str>> {
    Some(term.strip_prefix('"')?.split(' ').collect())
}

/// What spaces separate, unless quotes hold it together.
fn parts(question: &str) -> Vec<String> {
    let (mut parts, mut part, mut quoted) = (Vec::new(), String::new(), false);
    for c in question.chars() {
        quoted ^= c == '"';
        if c.is_whitespace() && !quoted {
            parts.push(std::mem::take(&mut part));
        } else {
            part.push(c);
        }
    }
    parts.push(part);
    parts.retain(|part| !part.is_empty());
    parts
}

fn has(value: &str) -> Vec<Has> {
    match value.to_lowercase().as_str() {
        "foto" | "gambar" | "photo" | "picture" | "image" => vec![Has::Picture],
        "video" => vec![Has::Video],
        "suara" | "audio" | "voice" | "sound" => vec![Has::Sound],
        "dokumen" | "document" | "pdf" => vec![Has::Document],
        "stiker" | "sticker" => vec![Has::Sticker],
        "lokasi" | "location" => vec![Has::Place],
        "kontak" | "contact" => vec![Has::Contact],
        "tautan" | "link" => vec![Has::Link],
        "media" => vec![Has::Picture, Has::Video],
        "berkas" | "lampiran" | "file" | "attachment" => Has::ALL.into_iter().filter(|has| has.kind().is_some()).collect(),
        _ => Vec::new(),
    }
}

/// A day as people write it, in days since 1970. Without a year the last such day that is not to come.
fn day(value: &str, today: NaiveDate) -> Option<i64> {
    let date = match value.to_lowercase().as_str() {
        "hari-ini" | "hari ini" | "today" => today,
        "kemarin" | "yesterday" => today.pred_opt()?,
        written => {
            let parts: Vec<u32> = written.split(['-', '/', '.']).map(|part| part.parse().ok()).collect::<Option<_>>()?;
            match parts[..] {
                [year @ 1970..=9999, month, day] | [day, month, year @ 1970..=9999] => NaiveDate::from_ymd_opt(year as i32, month, day)?,
                // 29 February is looked for as far back as there was one.
                [day, month] => {
                    (0..5).filter_map(|back| NaiveDate::from_ymd_opt(today.year() - back, month, day)).find(|date| *date <= today)?
                }
                _ => return None,
            }
        }
    };
    Some(i64::from(date.num_days_from_ce()) - i64::from(NaiveDate::default().num_days_from_ce()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: &str = "2026-11-20";

    fn read(question: &str) -> Asked {
        Asked::read(question, TODAY.parse().expect("a day"))
    }

    fn days(date: &str) -> Option<i64> {
        Some((date.parse::<NaiveDate>().expect("a day") - NaiveDate::default()).num_days())
    }

    #[test]
    fn conditions_are_read_in_both_languages_and_the_rest_are_words() {
        let asked = read("refund dari:pelanggan ada:foto sejak:2026-11-01 Kamar");
        assert_eq!(asked.terms, ["refund", "kamar"]);
        assert_eq!((asked.from, asked.has), (vec![Who::Customer], [Has::Picture].into()));
        assert_eq!((asked.since, asked.before), (days("2026-11-01"), None));
        assert_eq!(read("refund from:customer has:photo since:2026-11-01 kamar"), read("refund dari:pelanggan ada:foto sejak:1/11 kamar"));
        assert_eq!(read("DARI:Tim FROM:me dari:ari").from, [Who::Team, Who::Me, Who::Ari]);
        assert_eq!(read("dari:\"Rani Prameswari\" in:ayu").from, [Who::Named("Rani Prameswari".into())]);
        assert_eq!(read("in:\"Ibu Ayu\" di:catatan").inside, ["Ibu Ayu"]);
        assert!(read("in:notes").notes);
        let asked = read("tag:\"Beasiswa S2\" tag:VIP tahap:Panas kamar");
        assert_eq!(
            (asked.tags, asked.stages, asked.terms),
            (vec!["Beasiswa S2".into(), "VIP".into()], vec!["Panas".into()], vec!["kamar".into()])
        );
        assert_eq!(read("stage:hot").stages, ["hot"]);
        assert_eq!(read("has:media has:link").has, [Has::Picture, Has::Video, Has::Link].into());
    }

    #[test]
    fn days_bound_what_is_looked_for() {
        for (question, since, before) in [
            ("sebelum:2026-11-10", None, days("2026-11-10")),
            ("sampai:10-11-2026", None, days("2026-11-11")),
            ("after:10/11/2026", days("2026-11-11"), None),
            ("pada:10.11", days("2026-11-10"), days("2026-11-11")),
            ("on:31/12", days("2025-12-31"), days("2026-01-01")),
            ("pada:29/2", days("2024-02-29"), days("2024-03-01")),
            ("pada:hari-ini", days(TODAY), days("2026-11-21")),
            ("since:yesterday until:today", days("2026-11-19"), days("2026-11-21")),
            ("sejak:1/11 sejak:5/11 sebelum:9/11 sebelum:7/11", days("2026-11-05"), days("2026-11-07")),
        ] {
            let asked = read(question);
            assert_eq!((asked.since, asked.before), (since, before), "{question}");
            assert!(asked.terms.is_empty() && asked.odd.is_empty() && !asked.is_idle(), "{question}");
        }
    }

    #[test]
    fn what_says_nothing_is_named_and_left_out() {
        for question in
            ["sejak:kapan-kapan", "sebelum:31/02/2026", "ada:apa", "dari:!!", "di:--", "pada:0/0", "pada:1/2/3/4", "on:99999999999"]
        {
            let asked = read(question);
            assert_eq!(asked.odd, [question]);
            assert!(asked.is_idle(), "{question}");
        }
        assert_eq!(read(&"ada:apa ".repeat(30)).odd.len(), VALUES);
        assert_eq!(read(&"dari:a1 dari:b2 dari:c3 ".repeat(6)).from.len(), 3);
    }

    #[test]
    fn colons_elsewhere_are_no_conditions() {
        for (question, terms) in [
            ("jam 12:30", &["jam", "12", "30"][..]),
            ("https://contoh.id/dari:a", &["https", "contoh", "id", "dari", "a"]),
            ("di: kamar", &["di", "kamar"]),
            ("dari:\"\"", &["dari"]),
            ("harga:", &["harga"]),
            ("\"kamar dua", &["kamar", "dua"]),
        ] {
            let asked = read(question);
            assert_eq!(asked.terms, terms, "{question}");
            assert!(!asked.is_filtered() && asked.odd.is_empty(), "{question}");
        }
    }

    #[test]
    fn quotes_make_a_phrase() {
        assert_eq!(read("\"Kamar, dua\" harga").terms, ["\"kamar dua", "harga"]);
        assert_eq!(read("\"kamar\" kamar").terms, ["\"kamar", "kamar"], "the whole word, and one that begins so");
        assert_eq!(read("\"dari: tim\"").terms, ["\"dari tim"]);
        assert_eq!(phrase("\"kamar dua"), Some(vec!["kamar", "dua"]));
        assert_eq!(phrase("kamar"), None);
        assert!(read("\"\" \"--\" \"a\"").is_idle() && !read("\"a b\"").is_idle());
        assert!(read("\"a b\" in:ayu").is_filtered());
    }

    #[test]
    fn a_question_is_its_words() {
        assert_eq!(terms("  Harga, HARGA 'kamar'?  2-orang & | ! :* \\ (a)"), ["harga", "kamar", "2", "orang", "a"]);
        assert!(terms("' :* & |").is_empty());
        assert_eq!(terms(&"kata ".repeat(500)).len(), 1);
        assert_eq!(read("a b c d e f g h i j k").terms.len(), TERMS);
        assert!(read("").is_idle() && read("a").is_idle() && !read("ab").is_idle() && !read("a dari:ari").is_idle());
    }
}
