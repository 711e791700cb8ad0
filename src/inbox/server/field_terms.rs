//! What filters ask of the fields that a workspace made ([`filter::OWN`]): texts as they are compared, and what a form asks for in words of its own.

use super::{
    contact_fields::{Field, Kind},
    numbers,
};
use crate::{
    error::{AppError, Rule},
    inbox::filter::{self, LONGEST_PART, PART, RANGE},
    server::whatsapp::mask,
};
use chrono::NaiveDate;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A text as it is compared: small letters, digits and `.-@`, a star for a plus, an underscore for whatever else is between them. Letters of other scripts
/// stand as [`spelled`]. So it means nothing else in an address or a filter, and the browser need not know what small letters are.
pub fn folded(text: &str) -> String {
    let mut folded = String::new();
    for c in text.to_lowercase().chars() {
        match (c, mask::digit(c)) {
            (_, Some(digit)) => folded.push(char::from(b'0' + digit)),
            ('a'..='z' | '.' | '-' | '@', _) => folded.push(c),
            ('+' | '＋', _) => folded.push('*'),
            (c, _) if !c.is_ascii() && c.is_alphanumeric() => spelled(c, &mut folded),
            _ if folded.ends_with('_') => {}
            _ => folded.push('_'),
        }
    }
    folded
}

/// A letter as the digits of its number, each a capital, between capitals that are no digits: nothing of it is found in anything else.
fn spelled(c: char, text: &mut String) {
    text.push('Q');
    for digit in format!("{:X}", u32::from(c)).bytes() {
        text.push(char::from(if digit.is_ascii_digit() { digit - b'0' + b'G' } else { digit }));
    }
    text.push('Z');
}

/// What was folded, as near as it comes.
pub fn unfolded(text: &str) -> String {
    let mut parts = text.split('Q');
    let plain = |part: &str| part.replace('_', " ").replace('*', "+");
    let mut whole = plain(parts.next().unwrap_or_default());
    for part in parts {
        let (spelled, rest) = part.split_once('Z').unwrap_or((part, ""));
        let digit = |c: char| if c >= 'G' { u32::from(c) - u32::from('G') } else { u32::from(c) - u32::from('A') + 10 };
        let number =
            spelled.chars().filter(char::is_ascii_uppercase).fold(0u32, |number, c| number.wrapping_mul(16).wrapping_add(digit(c)));
        whole.extend(char::from_u32(number).filter(|c| c.is_alphanumeric()));
        whole.push_str(&plain(rest));
    }
    whole
}

/// What stands in fields, each as the field's id, a colon, and an equals sign with the id of what was chosen or a tilde with a text; as it is compared, which is
/// without the tilde.
pub fn compared(values: Vec<String>) -> Vec<String> {
    let folded = |value: String| match value.split_once(":~") {
        Some((field, text)) => format!("{field}:{}", folded(text)),
        None => value,
    };
    values.into_iter().map(folded).collect()
}

/// A text that was folded, as it is read by whoever looks for numbers in it, and back: what stands for letters stays.
pub fn spaced(folded: &str) -> String {
    folded.replace('_', " ").replace('*', "+")
}

/// The inverse of [`spaced`], with a mark for whatever else was put there.
pub fn joined(spaced: &str) -> String {
    let mark = |c: char| match c {
        '+' => '*',
        c if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '@') => c,
        _ => '_',
    };
    spaced.chars().map(mark).collect()
}

/// What can be typed of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed {
    /// What it shall contain.
    Part,
    From,
    To,
}

impl Typed {
    const ALL: [(Self, &str); 3] = [(Self::Part, "p"), (Self::From, "f"), (Self::To, "t")];

    /// What it is called in a form: of which group and field.
    pub fn key(self, group: usize, field: Uuid) -> String {
        let letter = Self::ALL.iter().find(|(typed, _)| *typed == self).map_or("", |(_, letter)| letter);
        format!("{letter}{group}-{field}")
    }
}

/// What a form asks for in words of its own, as terms: `group:field:value`.
///
/// # Errors
/// `Invalid` with the name of a field that cannot hold what was typed.
pub fn terms(fields: &[Field], groups: usize, typed: &BTreeMap<String, String>) -> Result<Vec<String>, AppError> {
    let mut terms = Vec::new();
    for group in 0..groups {
        for field in fields {
            let said = |what: Typed| typed.get(&what.key(group, field.id)).map(|text| text.trim()).unwrap_or_default();
            let wrong = |rule| AppError::Invalid { field: field.name.clone(), rule };
            let asked = match field.kind {
                Kind::Choice => None,
                Kind::Text => match said(Typed::Part) {
                    "" => None,
                    text => {
                        let part = folded(text).trim_matches('_').to_owned();
                        match part.len() {
                            0 => return Err(wrong(Rule::Malformed)),
                            1..=LONGEST_PART => Some(format!("{PART}{part}")),
                            _ => return Err(wrong(Rule::TooLong(LONGEST_PART as u32))),
                        }
                    }
                },
                Kind::Number | Kind::Date => {
                    let bound = |text: &str| match (text, field.kind) {
                        ("", _) => Some(String::new()),
                        (text, Kind::Number) => numbers::read(text),
                        (text, _) => text.parse::<NaiveDate>().ok().filter(|_| text.len() == 10).map(|date| date.to_string()),
                    };
                    match (bound(said(Typed::From)), bound(said(Typed::To))) {
                        (Some(from), Some(to)) => Some(format!("{from}{RANGE}{to}")).filter(|range| range != RANGE),
                        _ => return Err(wrong(Rule::Malformed)),
                    }
                }
            };
            terms.extend(asked.map(|value| format!("{group}:{}{}:{value}", filter::OWN, field.id)));
        }
    }
    Ok(terms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_compared_by_their_letters_alone() {
        for (text, compared) in [
            ("Kota Bandung, Jawa", "kota_bandung_jawa"),
            ("  A~B;C:D,E  ", "_a_b_c_d_e_"),
            ("ayu@contoh.id", "ayu@contoh.id"),
            ("+62 812", "*62_812"),
            ("＋６２ ٨١٢", "*62_812"),
            ("É", "QEPZ"),
            ("李 a", "QMNKEZ_a"),
            ("😀", "_"),
            ("-12.5", "-12.5"),
            ("2026-11-30", "2026-11-30"),
        ] {
            let got = folded(text);
            assert!(got.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-@*".contains(&byte)), "{got}");
            assert_eq!(got, compared, "{text}");
        }
        for text in ["kota bandung", "josé münchen", "李小龍 a", "иван"] {
            assert_eq!(unfolded(&folded(text)), text);
        }
        assert!(!folded("é").contains(&folded("j")) && folded("JOSÉ").contains(&folded("osé")));
        assert_eq!(unfolded("aQ"), "a", "what nothing was folded into");
    }

    #[test]
    fn what_is_typed_becomes_what_is_asked() {
        let field = |n: u128, kind| Field { id: Uuid::from_u128(n), name: format!("Kolom {n}"), kind, choices: Vec::new() };
        let fields = [field(1, Kind::Text), field(2, Kind::Number), field(3, Kind::Date), field(4, Kind::Choice)];
        let asked = |said: &[(Typed, u128, &str)]| {
            let typed = said.iter().map(|(typed, n, text)| (typed.key(1, Uuid::from_u128(*n)), (*text).to_owned())).collect();
            terms(&fields, 2, &typed)
        };
        let own = |n: u128, value: &str| format!("1:own.{}:{value}", Uuid::from_u128(n));
        assert_eq!(asked(&[(Typed::Part, 1, " Kota  Bandung! ")]), Ok(vec![own(1, "*kota_bandung")]));
        assert_eq!(
            asked(&[(Typed::From, 2, "Rp 1.500.000"), (Typed::To, 3, "2026-11-30")]),
            Ok(vec![own(2, "1500000.."), own(3, "..2026-11-30")])
        );
        assert_eq!(asked(&[(Typed::From, 2, "-1,5"), (Typed::To, 2, "7")]), Ok(vec![own(2, "-1.5..7")]));
        assert_eq!(asked(&[(Typed::Part, 1, "  "), (Typed::From, 2, ""), (Typed::Part, 4, "x"), (Typed::From, 1, "5")]), Ok(vec![]));
        let invalid = |n: u128, rule| Err(AppError::Invalid { field: format!("Kolom {n}"), rule });
        assert_eq!(asked(&[(Typed::Part, 1, "?!")]), invalid(1, Rule::Malformed));
        assert_eq!(asked(&[(Typed::Part, 1, &"a".repeat(201))]), invalid(1, Rule::TooLong(200)));
        assert_eq!(asked(&[(Typed::To, 2, "banyak")]), invalid(2, Rule::Malformed));
        assert_eq!(asked(&[(Typed::From, 3, "besok")]), invalid(3, Rule::Malformed));
    }
}
