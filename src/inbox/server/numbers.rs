//! Numbers as people in Indonesia and elsewhere write them, and as they are kept: digits with a point, never as a float.

use crate::words::Locale;

/// Digits of a number before and after its point.
const WHOLE: usize = 15;
const FRACTION: usize = 4;

/// A number with its thousands apart: `1.500.000,5` or `1,500,000.5`.
pub fn grouped(number: &str, locale: Locale) -> String {
    let (thousands, point) = if locale == Locale::Id { ('.', ',') } else { (',', '.') };
    let (sign, number) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let (whole, fraction) = number.split_once('.').map_or((number, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut text = sign.to_owned();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(thousands);
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.push(point);
        text.push_str(fraction);
        // Three digits behind the only mark would be read as thousands.
        if fraction.len() == 3 && whole.len() <= 3 {
            text.push('0');
        }
    }
    text
}

/// A number as it is kept, out of how people write it: with thousands apart or not, in either language's way.
pub fn read(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let text = text.strip_prefix("Rp").unwrap_or(&text);
    let (sign, text) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let marks: Vec<char> = text.chars().filter(|c| !c.is_ascii_digit()).collect();
    if marks.iter().any(|mark| !matches!(mark, '.' | ',')) {
        return None;
    }
    // The last mark is the point, if it stands once and what is behind it is no group of thousands; nothing is behind a thousand's zero.
    let point = marks.last().copied().filter(|mark| {
        let behind = text.rsplit(*mark).next().map_or(0, str::len);
        marks.iter().filter(|other| *other == mark).count() == 1 && (behind != 3 || marks.len() > 1 || text.starts_with('0'))
    });
    let (whole, fraction) = match point {
        Some(point) => text.split_once(point)?,
        None => (text, ""),
    };
    let groups: Vec<&str> = whole.split(['.', ',']).collect();
    let (first, rest) = groups.split_first()?;
    let apart = rest.iter().all(|group| group.len() == 3) && (rest.is_empty() || (1..=3).contains(&first.len()));
    let digits: String = groups.concat();
    let all = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if !apart || digits.is_empty() || !all(&digits) || !all(fraction) {
        return None;
    }
    // With zeros ahead it is a phone number, or some other number that would lose them.
    if digits.len() > 1 && digits.starts_with('0') {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    if digits.len() > WHOLE || fraction.len() > FRACTION {
        return None;
    }
    let sign = if digits == "0" && fraction.is_empty() { "" } else { sign };
    Some(if fraction.is_empty() { format!("{sign}{digits}") } else { format!("{sign}{digits}.{fraction}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_either_language_writes_them() {
        for (written, kept) in [
            ("1500000", "1500000"),
            ("1.500.000", "1500000"),
            ("1,500,000", "1500000"),
            ("Rp 1.500.000", "1500000"),
            ("1.500", "1500"),
            ("1,5", "1.5"),
            ("3.75", "3.75"),
            ("1.500.000,25", "1500000.25"),
            ("1,500,000.250", "1500000.25"),
            ("0.125", "0.125"),
            ("0,500", "0.5"),
            ("-7", "-7"),
            ("-0", "0"),
            ("0,50", "0.5"),
            ("1.500,0", "1500"),
        ] {
            assert_eq!(read(written).as_deref(), Some(kept), "{written}");
        }
        for wrong in [
            "",
            "-",
            "007",
            "0812 3456 7890",
            "08.125",
            "1.50.000",
            "12a",
            "1.2.3",
            "1,,5",
            "1e9",
            "1234567890123456",
            "0,12345",
            "١٢",
            "..",
            "1500.000.000",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn numbers_are_shown_as_the_language_writes_them() {
        for (kept, id, en) in [
            ("1500000", "1.500.000", "1,500,000"),
            ("-1234.5", "-1.234,5", "-1,234.5"),
            ("100", "100", "100"),
            ("0.25", "0,25", "0.25"),
            ("1.234", "1,2340", "1.2340"),
            ("1234.567", "1.234,567", "1,234.567"),
        ] {
            assert_eq!((grouped(kept, Locale::Id).as_str(), grouped(kept, Locale::En).as_str()), (id, en));
            assert_eq!(read(&grouped(kept, Locale::Id)).as_deref(), Some(kept));
            assert_eq!(read(&grouped(kept, Locale::En)).as_deref(), Some(kept));
        }
    }
}
