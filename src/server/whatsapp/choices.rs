//! Choices under a text that a customer taps instead of writing: up to three buttons, or a list that opens (F50).
//!
//! Limits and shapes as of Meta's "Interactive reply buttons messages" and "Interactive list messages". WhatsApp counts characters.

use crate::{
    error::{AppError, Rule},
    inbox::model::Offered,
};
use serde_json::{Value, json};
use std::collections::HashSet;

/// Under this key a message of ours keeps the `interactive` object that is sent. Not the provider's own key: its text is the message's.
pub const OFFERED: &str = "sent_interactive";
/// As many choices fit into a list, and as many under a text as buttons.
pub const MOST: usize = 10;
pub const MOST_BUTTONS: usize = 3;
/// The longest button, in characters.
pub const MAX_BUTTON: usize = 20;
/// The longest title of a list's row, and what may stand under it.
pub const MAX_TITLE: usize = 24;
pub const MAX_DESCRIPTION: usize = 72;
/// What opens the list.
pub const MAX_LABEL: usize = 20;
/// The longest text over buttons. Over a list it may be as long as any.
pub const MAX_TEXT_OVER_BUTTONS: usize = 1024;

/// What is offered, cleaned and within the limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choices {
    all: Vec<Offered>,
    label: String,
}

impl Choices {
    /// Of what somebody filled in: empty ones are left out. `label` opens the list, should it be one.
    ///
    /// # Errors
    /// `Invalid` with `choices` (none, or too many), `title`, `description` or `label`; two of the same title are `Malformed`.
    pub fn new(given: &[Offered], label: &str) -> Result<Self, AppError> {
        let within = |field: &str, most: usize, text: &str| {
            let text = one_line(text);
            match text.chars().count() > most {
                true => Err(AppError::invalid(field, Rule::TooLong(most as u32))),
                false => Ok(text),
            }
        };
        let mut all = Vec::new();
        for choice in given {
            let choice = Offered {
                title: within("title", MAX_TITLE, &choice.title)?,
                description: within("description", MAX_DESCRIPTION, &choice.description)?,
            };
            match (choice.title.is_empty(), choice.description.is_empty()) {
                (true, true) => {}
                (true, false) => return Err(AppError::invalid("title", Rule::Missing)),
                _ => all.push(choice),
            }
        }
        let label = within("label", MAX_LABEL, label)?;
        if all.is_empty() {
            return Err(AppError::invalid("choices", Rule::Missing));
        }
        if all.len() > MOST {
            return Err(AppError::invalid("choices", Rule::TooMany(MOST as u32)));
        }
        // Meta refuses buttons that look alike, and nobody could tell rows that do apart.
        let titles: HashSet<String> = all.iter().map(|choice| choice.title.to_lowercase()).collect();
        if titles.len() < all.len() {
            return Err(AppError::invalid("title", Rule::Malformed));
        }
        Ok(Self { all, label })
    }

    /// Whether they fit under the text as buttons, which is seen at once and needs one tap. Else they are a list.
    fn are_buttons(&self, text: &str) -> bool {
        let short = |choice: &Offered| choice.description.is_empty() && choice.title.chars().count() <= MAX_BUTTON;
        self.all.len() <= MOST_BUTTONS && text.chars().count() <= MAX_TEXT_OVER_BUTTONS && self.all.iter().all(short)
    }

    /// The `interactive` object that is sent, under `text`. Each choice is named by its number, which comes back when it is tapped.
    pub fn wire(&self, text: &str) -> Value {
        let numbered = self.all.iter().zip(1..);
        let action = match self.are_buttons(text) {
            true => {
                let button =
                    |(choice, n): (&Offered, i32)| json!({ "type": "reply", "reply": { "id": n.to_string(), "title": choice.title } });
                json!({ "buttons": numbered.map(button).collect::<Vec<_>>() })
            }
            false => {
                let row = |(choice, n): (&Offered, i32)| {
                    let mut row = json!({ "id": n.to_string(), "title": choice.title });
                    if !choice.description.is_empty() {
                        row["description"] = choice.description.as_str().into();
                    }
                    row
                };
                json!({ "button": self.label, "sections": [{ "rows": numbered.map(row).collect::<Vec<_>>() }] })
            }
        };
        let kind = if self.are_buttons(text) { "button" } else { "list" };
        json!({ "type": kind, "body": { "text": text }, "action": action })
    }
}

/// The choices of an `interactive` object that was sent, in order: title and, in a list, what stands under it.
pub fn offered(interactive: &Value) -> impl Iterator<Item = (&str, Option<&str>)> {
    let action = &interactive["action"];
    let buttons = action["buttons"].as_array().into_iter().flatten().map(|button| &button["reply"]);
    let sections = action["sections"].as_array().into_iter().flatten();
    let rows = sections.filter_map(|section| section["rows"].as_array()).flatten();
    buttons.chain(rows).filter_map(|choice| Some((choice["title"].as_str()?, choice["description"].as_str())))
}

/// Without what nobody sees: two that differ by it alone would look the same.
fn one_line(text: &str) -> String {
    text.replace(['\u{200b}', '\u{2060}', '\u{feff}'], "")
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(title: &str, description: &str) -> Offered {
        Offered { title: title.into(), description: description.into() }
    }

    fn titled(titles: &[&str]) -> Vec<Offered> {
        titles.iter().map(|title| choice(title, "")).collect()
    }

    #[test]
    fn a_few_short_ones_are_buttons() {
        let choices = Choices::new(&titled(&[" Ya,  jadi ", "", "Besok saja"]), "Pilih").unwrap();
        let wire = choices.wire("Jadi datang hari ini?");
        assert_eq!(
            wire,
            json!({ "type": "button", "body": { "text": "Jadi datang hari ini?" }, "action": { "buttons": [
                { "type": "reply", "reply": { "id": "1", "title": "Ya, jadi" } }, { "type": "reply", "reply": { "id": "2", "title": "Besok saja" } },
            ] } })
        );
        assert_eq!(offered(&wire).collect::<Vec<_>>(), [("Ya, jadi", None), ("Besok saja", None)]);
    }

    #[test]
    fn more_longer_or_explained_ones_are_a_list() {
        let four = Choices::new(&titled(&["a", "b", "c", "d"]), "Lihat").unwrap();
        assert_eq!(four.wire("x")["type"], "list");
        let long = Choices::new(&titled(&["Perawatan wajah lengkap"]), "Lihat").unwrap();
        assert_eq!(long.wire("x")["type"], "list");
        let explained = Choices::new(&[choice("Facial", "45 menit, Rp150.000")], "Lihat").unwrap();
        let wire = explained.wire("x");
        assert_eq!(wire["action"]["button"], "Lihat");
        assert_eq!(wire["action"]["sections"][0]["rows"][0], json!({ "id": "1", "title": "Facial", "description": "45 menit, Rp150.000" }));
        assert_eq!(offered(&wire).collect::<Vec<_>>(), [("Facial", Some("45 menit, Rp150.000"))]);
        // The text does not fit over buttons.
        let short = Choices::new(&titled(&["Ya"]), "Lihat").unwrap();
        assert_eq!(short.wire(&"x".repeat(1024))["type"], "button");
        assert_eq!(short.wire(&"x".repeat(1025))["type"], "list");
    }

    #[test]
    fn what_whatsapp_would_refuse_is_refused_here() {
        let refused = |given: &[Offered], label: &str| Choices::new(given, label).unwrap_err();
        assert_eq!(refused(&titled(&["", " "]), ""), AppError::invalid("choices", Rule::Missing));
        let eleven: Vec<Offered> = (0..11).map(|n| choice(&n.to_string(), "")).collect();
        assert_eq!(refused(&eleven, ""), AppError::invalid("choices", Rule::TooMany(10)));
        assert_eq!(refused(&titled(&[&"é".repeat(25)]), ""), AppError::invalid("title", Rule::TooLong(24)));
        assert!(Choices::new(&titled(&[&"é".repeat(24)]), "").is_ok());
        assert_eq!(refused(&[choice("a", &"x".repeat(73))], ""), AppError::invalid("description", Rule::TooLong(72)));
        assert_eq!(refused(&[choice("", "nanti")], ""), AppError::invalid("title", Rule::Missing));
        assert_eq!(refused(&titled(&["\u{200b}"]), ""), AppError::invalid("choices", Rule::Missing));
        assert_eq!(refused(&titled(&["Ya", "ya\u{2060} "]), ""), AppError::invalid("title", Rule::Malformed));
        assert_eq!(refused(&titled(&["Ya"]), &"x".repeat(21)), AppError::invalid("label", Rule::TooLong(20)));
    }
}
