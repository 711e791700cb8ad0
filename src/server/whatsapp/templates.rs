//! Message templates as Meta lists them: which a person can fill in here, what they look like filled in, and how they are sent.
//!
//! Shapes: Meta, "Message templates" and "Send message templates"; Kapso passes both on.

use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Longest value for a gap, in characters.
pub const MAX_VALUE: usize = 500;
/// Longest body and header with their gaps filled, in characters (protocols: "BODY 1024", "HEADER TEXT 60 chars").
const MAX_BODY: usize = 1024;
const MAX_HEADER: usize = 60;

/// A template that WhatsApp has approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pub name: String,
    /// As Meta writes it: `id`, `en_US`.
    pub language: String,
    /// `UTILITY`, `MARKETING`, `AUTHENTICATION`.
    pub category: String,
    /// Gaps have names instead of numbers.
    named: bool,
    /// What it consists of, from above.
    pub pieces: Vec<Piece>,
    /// It needs something that cannot be given here: a picture above it, a code.
    pub beyond_us: bool,
}

/// A part of a template with a text of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub place: Place,
    pub runs: Vec<Run>,
}

/// Where a piece stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Header,
    Body,
    Footer,
    /// A button, by its number from zero; only the address behind it can have a gap.
    Button(usize),
}

/// A stretch of text, or a gap in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Run {
    Text(String),
    Gap {
        /// What its value goes by: unique in the template, letters, digits and `_`.
        key: String,
        /// Its number or name in the template.
        name: String,
        /// What Meta's reviewers were shown.
        example: String,
    },
}

/// A template with its gaps filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// As the customer reads it.
    pub text: String,
    /// The `template` object of the message.
    pub wire: Value,
}

/// A gap without a value, or with one that WhatsApp would not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    Missing,
    /// It, or the text around it with it, has more than this many characters.
    TooLong(usize),
}

impl Template {
    /// One of Meta's list. None for what is no approved template.
    pub fn read(raw: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        if raw["status"] != "APPROVED" {
            return None;
        }
        let mut template = Self {
            name: text(&raw["name"])?,
            language: text(&raw["language"])?,
            category: text(&raw["category"]).unwrap_or_default(),
            named: raw["parameter_format"] == "NAMED",
            pieces: Vec::new(),
            // Its code is made by whoever asks for one, never typed.
            beyond_us: raw["category"] == "AUTHENTICATION",
        };
        for component in raw["components"].as_array()? {
            template.add(component);
        }
        template.pieces.sort_by_key(|piece| piece.place);
        template.pieces.iter().any(|piece| piece.place == Place::Body).then_some(template)
    }

    fn add(&mut self, component: &Value) {
        let text = component["text"].as_str().unwrap_or_default();
        let example = &component["example"];
        match component["type"].as_str().unwrap_or_default() {
            "HEADER" if component["format"].as_str().unwrap_or("TEXT") == "TEXT" => {
                self.pieces.push(Piece { place: Place::Header, runs: runs(text, 'h', &header_examples(example)) });
            }
            "HEADER" => self.beyond_us = true,
            "BODY" => self.pieces.push(Piece { place: Place::Body, runs: runs(text, 'b', &body_examples(example)) }),
            "FOOTER" => self.pieces.push(Piece { place: Place::Footer, runs: vec![Run::Text(text.to_owned())] }),
            "BUTTONS" => {
                for (number, button) in component["buttons"].as_array().into_iter().flatten().enumerate() {
                    self.add_button(number, button);
                }
            }
            // A carousel, an offer with an end: more than a text with gaps.
            _ => self.beyond_us = true,
        }
    }

    fn add_button(&mut self, number: usize, button: &Value) {
        let mut shown = vec![Run::Text(button["text"].as_str().unwrap_or_default().to_owned())];
        match button["type"].as_str().unwrap_or_default() {
            "QUICK_REPLY" | "PHONE_NUMBER" => {}
            "URL" => {
                let example = button["example"].as_array().and_then(|examples| examples.first()?.as_str()).unwrap_or_default();
                let address = runs(button["url"].as_str().unwrap_or_default(), 'x', &[]);
                // The example is the whole address; what stands in the gap is its end.
                if let Some(Run::Gap { .. }) = address.iter().find(|run| matches!(run, Run::Gap { .. })) {
                    let before = match address.first() {
                        Some(Run::Text(before)) => before.as_str(),
                        _ => "",
                    };
                    let example = example.strip_prefix(before).unwrap_or(example).to_owned();
                    shown.push(Run::Gap { key: format!("l{number}"), name: before.to_owned(), example });
                }
            }
            _ => self.beyond_us = true,
        }
        self.pieces.push(Piece { place: Place::Button(number), runs: shown });
    }

    /// Its gaps, from above.
    pub fn gaps(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pieces.iter().flat_map(|piece| &piece.runs).filter_map(|run| match run {
            Run::Gap { key, example, .. } => Some((key.as_str(), example.as_str())),
            Run::Text(_) => None,
        })
    }

    /// How it begins, for lists.
    pub fn beginning(&self) -> String {
        let body = self.pieces.iter().find(|piece| piece.place == Place::Body);
        body.map(|piece| piece.runs.iter().map(Run::shown).collect()).unwrap_or_default()
    }

    /// Fills its gaps.
    ///
    /// # Errors
    /// The key of the first gap that has no value, or one that is too long.
    pub fn fill(&self, values: &BTreeMap<String, String>) -> Result<Filled, (String, Unfit)> {
        let mut clean = BTreeMap::new();
        for (key, _) in self.gaps() {
            let value = values.get(key).map(|value| one_line(value)).unwrap_or_default();
            let unfit = match value.chars().count() {
                0 => Some(Unfit::Missing),
                count => (count > MAX_VALUE).then_some(Unfit::TooLong(MAX_VALUE)),
            };
            if let Some(unfit) = unfit {
                return Err((key.to_owned(), unfit));
            }
            clean.insert(key, value);
        }
        let filled = |run: &Run| match run {
            Run::Text(text) => text.clone(),
            Run::Gap { key, .. } => clean.get(key.as_str()).cloned().unwrap_or_default(),
        };
        let mut text = Vec::new();
        for piece in self.pieces.iter().filter(|piece| !matches!(piece.place, Place::Button(_))) {
            let said: String = piece.runs.iter().map(filled).collect();
            let most = if piece.place == Place::Header { MAX_HEADER } else { MAX_BODY };
            if said.chars().count() > most
                && let Some(key) = longest(piece, &clean)
            {
                return Err((key, Unfit::TooLong(most)));
            }
            text.push(said);
        }
        let components: Vec<Value> = self.pieces.iter().filter_map(|piece| self.component(piece, &clean)).collect();
        let mut wire = json!({ "name": self.name, "language": { "code": self.language } });
        if !components.is_empty() {
            wire["components"] = components.into();
        }
        Ok(Filled { text: text.join("\n\n"), wire })
    }

    /// What a piece's gaps are filled with, for the message.
    fn component(&self, piece: &Piece, values: &BTreeMap<&str, String>) -> Option<Value> {
        let gaps = piece.runs.iter().filter_map(|run| match run {
            Run::Gap { key, name, .. } => Some((name, values.get(key.as_str())?)),
            Run::Text(_) => None,
        });
        // Each once; numbers in their order, wherever they stand.
        let mut once: Vec<(&String, &String)> = Vec::new();
        for gap in gaps {
            if !once.iter().any(|(name, _)| *name == gap.0) {
                once.push(gap);
            }
        }
        if !self.named {
            once.sort_by_key(|(name, _)| name.parse::<u32>().unwrap_or(u32::MAX));
        }
        let parameters: Vec<Value> = once
            .into_iter()
            .map(|(name, value)| match (self.named, piece.place) {
                (true, Place::Header | Place::Body) => json!({ "type": "text", "parameter_name": name, "text": value }),
                _ => json!({ "type": "text", "text": value }),
            })
            .collect();
        if parameters.is_empty() {
            return None;
        }
        Some(match piece.place {
            Place::Header => json!({ "type": "header", "parameters": parameters }),
            Place::Button(number) => {
                json!({ "type": "button", "sub_type": "url", "index": number.to_string(), "parameters": parameters })
            }
            _ => json!({ "type": "body", "parameters": parameters }),
        })
    }
}

impl Run {
    /// As in a list: a gap by its example.
    fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Gap { name, example, .. } => match example.is_empty() {
                true => format!("[{name}]"),
                false => format!("[{example}]"),
            },
        }
    }
}

/// The gap of a piece that has the longest value.
fn longest(piece: &Piece, values: &BTreeMap<&str, String>) -> Option<String> {
    let keys = piece.runs.iter().filter_map(|run| match run {
        Run::Gap { key, .. } => Some(key),
        Run::Text(_) => None,
    });
    keys.max_by_key(|key| values.get(key.as_str()).map_or(0, |value| value.chars().count())).cloned()
}

/// A text with its gaps. The same gap twice has one value.
fn runs(text: &str, kind: char, examples: &[(String, String)]) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else { break };
        let name = name.trim();
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !before.is_empty() {
            runs.push(Run::Text(before.to_owned()));
        }
        match is_name {
            true => {
                let example = examples.iter().find(|(known, _)| known == name).map(|(_, example)| example.clone()).unwrap_or_default();
                runs.push(Run::Gap { key: format!("{kind}_{name}"), name: name.to_owned(), example });
            }
            false => runs.push(Run::Text(format!("{{{{{name}}}}}"))),
        }
        rest = after;
    }
    if !rest.is_empty() {
        runs.push(Run::Text(rest.to_owned()));
    }
    runs
}

/// Names (or numbers from one) with their examples.
fn examples(named: &Value, positional: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match named.as_array() {
        Some(named) => named.iter().map(|entry| (text(&entry["param_name"]), text(&entry["example"]))).collect(),
        None => {
            let list = positional.as_array().into_iter().flatten();
            list.enumerate().map(|(place, example)| ((place + 1).to_string(), text(example))).collect()
        }
    }
}

fn body_examples(example: &Value) -> Vec<(String, String)> {
    examples(&example["body_text_named_params"], &example["body_text"][0])
}

fn header_examples(example: &Value) -> Vec<(String, String)> {
    examples(&example["header_text_named_params"], &example["header_text"])
}

/// WhatsApp takes no line ends, no tabs and no more than four spaces in a row in a value (error 132018): every run of white space becomes one space.
fn one_line(value: &str) -> String {
    value.replace('\0', "").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed() -> Vec<Value> {
        let list = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/kapso/rest/templates-list.response.json"));
        serde_json::from_str::<Value>(list).unwrap()["data"].as_array().unwrap().clone()
    }

    fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn approved(mut raw: Value) -> Template {
        raw["status"] = "APPROVED".into();
        Template::read(&raw).expect("a template")
    }

    #[test]
    fn only_what_is_approved_can_be_sent() {
        let names: Vec<String> = listed().iter().filter_map(Template::read).map(|template| template.name).collect();
        assert_eq!(names, ["order_confirmation"]);
    }

    #[test]
    fn named_gaps_are_filled_where_they_stand() {
        let template = Template::read(&listed()[0]).unwrap();
        assert!(!template.beyond_us);
        let gaps: Vec<(&str, &str)> = template.gaps().collect();
        let wanted = [("h_order_number", "ORD-12345"), ("b_customer_name", "Pablo"), ("b_order_number", "ORD-12345"), ("l1", "ORD-12345")];
        assert_eq!(gaps, wanted);
        assert_eq!(template.beginning(), "Thank you, [Pablo]! Your order [ORD-12345] is confirmed.");
        let filled = template
            .fill(&values(&[("h_order_number", "7"), ("b_customer_name", " Ayu\n Lestari "), ("b_order_number", "7"), ("l1", "7")]))
            .unwrap();
        assert_eq!(filled.text, "Order 7\n\nThank you, Ayu Lestari! Your order 7 is confirmed.\n\nReply STOP to opt out");
        let named = |name: &str, text: &str| json!({ "type": "text", "parameter_name": name, "text": text });
        assert_eq!(
            filled.wire,
            json!({ "name": "order_confirmation", "language": { "code": "en_US" }, "components": [
                { "type": "header", "parameters": [named("order_number", "7")] },
                { "type": "body", "parameters": [named("customer_name", "Ayu Lestari"), named("order_number", "7")] },
                { "type": "button", "sub_type": "url", "index": "1", "parameters": [{ "type": "text", "text": "7" }] },
            ]})
        );
    }

    #[test]
    fn numbered_gaps_are_sent_as_documented() {
        let template = approved(listed()[1].clone());
        let filled = template.fill(&values(&[("b_1", "Ayu"), ("b_2", "ORD-12345")])).unwrap();
        let request = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/kapso/rest/send-template-positional.request.json"));
        assert_eq!(filled.wire, serde_json::from_str::<Value>(request).unwrap()["template"]);
        assert_eq!(filled.text, "Hi Ayu, order ORD-12345 is ready.");
    }

    #[test]
    fn gaps_out_of_order_and_twice_are_sent_once_and_in_order() {
        let raw = json!({ "name": "x", "language": "id", "category": "UTILITY", "status": "APPROVED", "parameter_format": "POSITIONAL",
            "components": [{ "type": "BODY", "text": "Pesanan {{2}} untuk {{1}}: {{2}} siap." }] });
        let template = Template::read(&raw).unwrap();
        let filled = template.fill(&values(&[("b_1", "Ayu"), ("b_2", "A7")])).unwrap();
        assert_eq!(filled.text, "Pesanan A7 untuk Ayu: A7 siap.");
        assert_eq!(
            filled.wire["components"][0]["parameters"],
            json!([{ "type": "text", "text": "Ayu" }, { "type": "text", "text": "A7" }])
        );
    }

    #[test]
    fn a_gap_without_a_value_is_named() {
        let template = approved(listed()[1].clone());
        assert_eq!(template.fill(&values(&[("b_1", "Ayu"), ("b_2", " \n ")])), Err(("b_2".into(), Unfit::Missing)));
        assert_eq!(
            template.fill(&values(&[("b_1", &"é".repeat(MAX_VALUE + 1)), ("b_2", "x")])),
            Err(("b_1".into(), Unfit::TooLong(MAX_VALUE)))
        );
        let order = Template::read(&listed()[0]).unwrap();
        let mut given = values(&[("h_order_number", &"7".repeat(55)), ("b_customer_name", "Ayu"), ("b_order_number", "7"), ("l1", "7")]);
        assert_eq!(order.fill(&given), Err(("h_order_number".into(), Unfit::TooLong(60))), "sixty characters with the words around it");
        given.insert("h_order_number".into(), "7".repeat(54));
        assert!(order.fill(&given).is_ok());
        let plain = approved(listed()[2].clone());
        let filled = plain.fill(&values(&[("b_1", "not asked for")])).unwrap();
        assert_eq!(filled.wire, json!({ "name": "promo_rejected", "language": { "code": "id" } }));
    }

    #[test]
    fn what_cannot_be_given_here_is_known() {
        let with = |component: Value| {
            let components = json!([component, { "type": "BODY", "text": "Halo" }]);
            Template::read(
                &json!({ "name": "x", "language": "id", "category": "MARKETING", "status": "APPROVED", "components": components }),
            )
            .unwrap()
            .beyond_us
        };
        assert!(with(json!({ "type": "HEADER", "format": "IMAGE" })));
        assert!(with(json!({ "type": "CAROUSEL", "cards": [] })));
        assert!(with(json!({ "type": "BUTTONS", "buttons": [{ "type": "COPY_CODE", "example": "A" }] })));
        assert!(!with(json!({ "type": "BUTTONS", "buttons": [{ "type": "QUICK_REPLY", "text": "Ya" }] })));
        assert_eq!(Template::read(&json!({ "name": "x", "language": "id", "status": "APPROVED", "components": [] })), None);
    }

    #[test]
    fn braces_that_are_no_gap_stay_text() {
        let raw = json!({ "name": "x", "language": "id", "status": "APPROVED", "components": [{ "type": "BODY", "text": "a {{}} b {{c d}} e {{f" }] });
        let template = Template::read(&raw).unwrap();
        assert_eq!(template.gaps().count(), 0);
        assert_eq!(template.fill(&BTreeMap::new()).unwrap().text, "a {{}} b {{c d}} e {{f");
    }
}
