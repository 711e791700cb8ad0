//! Reading other people's JSON without trusting it.

use crate::time::Millis;
use chrono::{DateTime, NaiveDateTime};
use serde_json::{Map, Value};

/// Bytes of an identifier; a longer one is not cut (that would make another identifier) but refused.
const MAX_ID: usize = 512;
/// Limits of what is kept in the provider's shape.
const MAX_DETAIL_TEXT: usize = 8_192;
const MAX_DETAIL_ITEMS: usize = 100;
const MAX_DETAIL_DEPTH: usize = 10;

/// A signed body as JSON. A byte-order mark, bytes that are no UTF-8 and halves of surrogate pairs (an emoji cut in two) are
/// mended, since they would otherwise cost every message in the body.
pub fn read(body: &[u8]) -> Option<Value> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    serde_json::from_slice(body).ok().or_else(|| serde_json::from_str(&mend_surrogates(&String::from_utf8_lossy(body))).ok())
}

/// Replaces each `\uD800`–`\uDFFF` without its other half by the replacement character.
fn mend_surrogates(text: &str) -> String {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok().filter(|_| digits.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    let mut mended = String::with_capacity(text.len());
    let (mut at, mut kept) = (0, 0);
    while let Some(found) = text[at..].find('\\') {
        at += found;
        let (skip, broken) = match unit(at) {
            Some(0xD800..=0xDBFF) if matches!(unit(at + 6), Some(0xDC00..=0xDFFF)) => (12, false),
            Some(0xD800..=0xDFFF) => (6, true),
            // Past the escaped character, which may itself be a backslash.
            _ => (1 + text[at + 1..].chars().next().map_or(0, char::len_utf8), false),
        };
        if broken {
            mended.push_str(&text[kept..at]);
            mended.push_str("\\ufffd");
            kept = at + skip;
        }
        at += skip;
    }
    mended.push_str(&text[kept..]);
    mended
}

/// `text` without NUL, which Postgres refuses, and cut to at most `max` bytes.
pub fn clean(text: &str, max: usize) -> String {
    let mut cleaned = text.replace('\0', "");
    cleaned.truncate(cleaned.floor_char_boundary(max));
    cleaned
}

/// A text, cleaned; none when it is absent, empty or no text.
pub fn text(value: &Value, max: usize) -> Option<String> {
    value.as_str().map(|text| clean(text, max)).filter(|text| !text.is_empty())
}

/// An identifier, given as text or number; none when it is empty, too long, or holds spaces or control characters.
pub fn id(value: &Value) -> Option<String> {
    let id = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_u64() => number.to_string(),
        _ => return None,
    };
    (!id.is_empty() && id.len() <= MAX_ID && !id.chars().any(|c| c.is_control() || c.is_whitespace())).then_some(id)
}

/// A word of the provider's vocabulary ("whatsapp.message.sent", "image"): safe to store as a kind and to write into a note. Anything
/// else, which might be somebody's data, is none.
pub fn word(value: &str) -> Option<&str> {
    let harmless = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    (!value.is_empty() && value.len() <= 64 && value.bytes().all(harmless)).then_some(value)
}

/// A whole number, given as number or text.
pub fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// A moment, given as Unix seconds (number or text) or in ISO 8601 with `Z`, an offset or neither (then UTC), with or without
/// fractions. Milliseconds are recognised by their size. None outside 2009 (WhatsApp's first year) to 2100.
pub fn millis(value: &Value) -> Option<Millis> {
    let number = |number: f64| if number >= 1e11 { number } else { number * 1000.0 };
    let at = match value {
        Value::Number(seconds) => number(seconds.as_f64()?) as Millis,
        Value::String(text) => {
            let text = text.trim();
            text.parse().ok().filter(|seconds: &f64| seconds.is_finite()).map(|seconds| number(seconds) as Millis).or_else(|| iso(text))?
        }
        _ => return None,
    };
    (1_230_768_000_000..4_102_444_800_000).contains(&at).then_some(at)
}

fn iso(text: &str) -> Option<Millis> {
    DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
        .map(|at| at.timestamp_millis())
        .or_else(|_| {
            NaiveDateTime::parse_from_str(&text.replacen(' ', "T", 1), "%Y-%m-%dT%H:%M:%S%.f").map(|at| at.and_utc().timestamp_millis())
        })
        .ok()
}

/// A value in the provider's shape, fit to be stored: texts cleaned and cut, long lists cut, deep nesting dropped.
pub fn shape(value: &Value) -> Value {
    shape_within(value, MAX_DETAIL_DEPTH)
}

fn shape_within(value: &Value, depth: usize) -> Value {
    match value {
        Value::String(text) => Value::String(clean(text, MAX_DETAIL_TEXT)),
        Value::Array(_) | Value::Object(_) if depth == 0 => Value::Null,
        Value::Array(values) => values.iter().take(MAX_DETAIL_ITEMS).map(|value| shape_within(value, depth - 1)).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().take(MAX_DETAIL_ITEMS);
            Value::Object(fields.map(|(key, value)| (clean(key, 256), shape_within(value, depth - 1))).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn moments_come_in_many_forms() {
        let at = Some(1_795_184_701_000);
        for form in [
            json!("1795184701"),
            json!(1_795_184_701),
            json!(1_795_184_701_000_u64),
            json!("1795184701000"),
            json!("2026-11-20T14:25:01Z"),
            json!("2026-11-20T11:25:01-03:00"),
            json!("2026-11-20T11:25:01-0300"),
            json!("2026-11-20T14:25:01.000000Z"),
            json!("2026-11-20T14:25:01"),
            json!("2026-11-20 14:25:01"),
        ] {
            assert_eq!(millis(&form), at, "{form}");
        }
        assert_eq!(millis(&json!("2026-11-20T14:25:01.234567Z")), Some(1_795_184_701_234));
        for form in [
            json!(null),
            json!(""),
            json!("soon"),
            json!("NaN"),
            json!("inf"),
            json!("1e300"),
            json!(-5),
            json!(0),
            json!({}),
            json!("9999999999999999"),
        ] {
            assert_eq!(millis(&form), None, "{form}");
        }
    }

    #[test]
    fn halves_of_emoji_are_mended_and_whole_ones_kept() {
        let read = |body: &str| read(body.as_bytes());
        assert_eq!(read(r#"{"a":"x\ud83d","b":"\ud83d\udc4b"}"#), Some(json!({"a": "x\u{fffd}", "b": "👋"})));
        assert_eq!(read(r#"["\udc4b\ud83d\ud83d\udc4b"]"#), Some(json!(["\u{fffd}\u{fffd}👋"])));
        // An escaped backslash before the letters is no escape.
        assert_eq!(read(r#"["\\ud83d","\ud83d"]"#), Some(json!(["\\ud83d", "\u{fffd}"])));
        assert_eq!(read("[\"\\ud83d\\"), None);
        assert_eq!(super::read(b"\xef\xbb\xbf{}"), Some(json!({})));
        assert_eq!(super::read(b"[\"a\xff\"]"), Some(json!(["a\u{fffd}"])));
    }

    #[test]
    fn texts_lose_nul_and_are_cut_between_characters() {
        assert_eq!(clean("a\0b", 10), "ab");
        assert_eq!(clean("日本", 4), "日");
        assert_eq!(text(&json!("\0"), 4), None);
        assert_eq!(shape(&json!({"k\u{0}": ["v\u{0}", 1]})), json!({"k": ["v", 1]}));
    }

    #[test]
    fn identifiers_are_taken_whole_or_not_at_all() {
        assert_eq!(id(&json!("wamid.A=")), Some("wamid.A=".into()));
        assert_eq!(id(&json!(123)), Some("123".into()));
        for odd in [json!(""), json!("a b"), json!("a\0"), json!("x".repeat(513)), json!(-1), json!(1.5), json!(null)] {
            assert_eq!(id(&odd), None);
        }
    }
}
