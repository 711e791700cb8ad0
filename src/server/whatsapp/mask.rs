//! Texts without phone numbers, for people who may not see them (F219).
//!
//! Two rules find a number. Numbers that are known (those of the customer at hand) are recognised by their last eight digits, however they are
//! grouped and whatever stands before them. Others are recognised by how phone numbers begin here: `+…`, `62…`, `08…`, an area code. Where in
//! doubt more is hidden: a wrong price is looked up, a number that was seen stays seen.

use std::collections::BTreeSet;

/// Digits of a known number that give it away, whatever stands before them.
const TELLING: usize = 8;
/// The longest international number.
const LONGEST: usize = 15;
/// Marks between two digits that still leave them one number.
const APART: usize = 3;
/// In place of a number's beginning; its last three digits stay, so that people can tell two of them apart.
pub const HIDDEN: &str = "••••";
const SHOWN: usize = 3;

/// Hides numbers in texts.
#[derive(Clone, Debug, Default)]
pub struct Mask {
    /// The last digits of numbers that are known.
    known: BTreeSet<String>,
}

impl Mask {
    /// With the numbers that must be found in every form, as E.164.
    pub fn knowing(numbers: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let tail = |number: &str| {
            let digits: String = number.chars().filter(char::is_ascii_digit).collect();
            // Shorter ones are no numbers that anybody is reached at, and would be found everywhere.
            (digits.len() >= TELLING).then(|| digits[digits.len() - TELLING..].to_owned())
        };
        Self { known: numbers.into_iter().filter_map(|number| tail(number.as_ref())).collect() }
    }

    /// Hides what it finds. A text that was cut off after `limit` characters may end within a number, which is hidden as well.
    pub fn hide(&self, text: &mut String, limit: Option<usize>) {
        let cut = limit.is_some_and(|limit| text.chars().count() >= limit);
        if let Some(hidden) = self.hidden(text, cut) {
            *text = hidden;
        }
    }

    /// As [`Mask::hide`]; none when there is nothing to hide.
    pub fn hidden(&self, text: &str, cut: bool) -> Option<String> {
        let mut out = String::new();
        let mut done = 0;
        for run in runs(text) {
            let ends_cut = (cut && run.end == text.len()) || text[run.end..].starts_with('…');
            for (first, last, whole) in self.numbers(&run, ends_cut) {
                // The plus goes along: it belongs to the number.
                let start = if first == 0 { run.start } else { run.digits[first].at };
                out.push_str(&text[done..start]);
                out.push_str(HIDDEN);
                let shown = (last + 1).saturating_sub(if whole { SHOWN } else { 0 }).max(first);
                if whole {
                    out.push(' ');
                    out.extend(run.digits[shown..=last].iter().map(|digit| char::from(b'0' + digit.value)));
                }
                done = run.digits[last].end;
            }
        }
        if done == 0 {
            return None;
        }
        out.push_str(&text[done..]);
        Some(out)
    }

    /// What to hide of a run: first and last digit, and whether the number is there as a whole.
    fn numbers(&self, run: &Run, ends_cut: bool) -> Vec<(usize, usize, bool)> {
        let digits = &run.digits;
        let mut hide = vec![false; digits.len()];
        // Where one number ends and the next begins without anything but marks between them.
        let mut starts = vec![false; digits.len()];
        let text: String = digits.iter().map(|digit| char::from(b'0' + digit.value)).collect();
        for known in &self.known {
            let mut from = 0;
            while let Some(at) = text[from..].find(known.as_str()).map(|at| from + at) {
                // What stands before belongs to it as far as a number can be long.
                hide[at.saturating_sub(LONGEST - TELLING)..at + TELLING].fill(true);
                from = at + 1;
            }
        }
        let mut at = 0;
        while at < digits.len() {
            let length = if digits[at].begins && !hide[at] { number_at(digits, at, run.plus && at == 0) } else { 0 };
            hide[at..at + length].fill(true);
            starts[at] = length > 0;
            at += length.max(1);
        }
        let mut found = Vec::new();
        let mut at = 0;
        while at < digits.len() {
            let length = (at..digits.len()).take_while(|place| hide[*place] && (*place == at || !starts[*place])).count();
            if length > 0 {
                found.push((at, at + length - 1, true));
            }
            at += length.max(1);
        }
        // The rest of a cut run may be the beginning of one.
        let open = found.last().map_or(0, |(_, last, _)| last + 1);
        if ends_cut && digits.len() - open >= 3 {
            found.push((open, digits.len() - 1, false));
        }
        found
    }
}

#[derive(Clone, Copy, Debug)]
struct Digit {
    value: u8,
    /// Where its character begins and ends in the text.
    at: usize,
    end: usize,
    /// Whether no digit stands right before it.
    begins: bool,
}

/// Digits that are together, perhaps with marks between them.
#[derive(Debug)]
struct Run {
    start: usize,
    end: usize,
    plus: bool,
    digits: Vec<Digit>,
}

fn runs(text: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut open: Option<Run> = None;
    // Where a plus stands, and how many marks ago.
    let mut plus: Option<(usize, usize)> = None;
    let mut apart = 0;
    let mut after_digit = false;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        if let Some(value) = digit(c) {
            let run =
                open.get_or_insert_with(|| Run { start: plus.map_or(at, |(plus, _)| plus), end, plus: plus.is_some(), digits: Vec::new() });
            run.digits.push(Digit { value, at, end, begins: !after_digit });
            run.end = end;
            (plus, apart, after_digit) = (None, 0, true);
            continue;
        }
        after_digit = false;
        if matches!(c, '+' | '＋') {
            runs.extend(open.take());
            plus = Some((at, 0));
        } else if joins(c) {
            apart += 1;
            plus = plus.map(|(plus, since)| (plus, since + 1)).filter(|(_, since)| *since <= APART);
            if apart > APART {
                runs.extend(open.take());
            }
        } else {
            runs.extend(open.take());
            plus = None;
        }
    }
    runs.extend(open);
    runs
}

/// The digits of all scripts that keyboards here have.
pub fn digit(c: char) -> Option<u8> {
    let zero = match c {
        '0'..='9' => '0',
        '０'..='９' => '０',
        '٠'..='٩' => '٠',
        '۰'..='۹' => '۰',
        _ => return None,
    };
    u8::try_from(u32::from(c) - u32::from(zero)).ok()
}

/// What people put between the groups of a number, seen or not.
fn joins(c: char) -> bool {
    matches!(
        c,
        ' ' | '\t' | '\u{a0}' | '\u{ad}' | '-' | '.' | '(' | ')' | '/' | '_' | '~' | '·' | '•' | '\u{2000}'..='\u{2015}' | '\u{202a}'..='\u{202f}'
            | '\u{2060}'..='\u{2069}' | '\u{2212}' | '\u{fe0f}' | '\u{20e3}' | '\u{feff}'
    )
}

/// How many digits from here on are a phone number by its looks; 0 for none.
fn number_at(digits: &[Digit], at: usize, plus: bool) -> usize {
    let value = |place: usize| digits.get(at + place).map(|digit| digit.value);
    let group = 1 + digits[at + 1..].iter().take_while(|digit| !digit.begins).count();
    let (shortest, longest) = match (plus, value(0), value(1)) {
        (true, ..) => (TELLING, LONGEST),
        (_, Some(6), Some(2)) => (10, LONGEST),
        (_, Some(0), Some(0)) if value(2) != Some(0) => (10, LONGEST + 2),
        (_, Some(0), Some(0)) => return 0,
        // Opening hours (08.00-17.00) have eight.
        (_, Some(0), Some(8)) => (if group > 2 { 9 } else { 10 }, 14),
        // An area code is three or four digits; a date begins with two.
        (_, Some(0), Some(_)) if group > 2 => (9, 13),
        _ => return 0,
    };
    if group > longest {
        // A longer number in one piece is something else: an identity card's, an account's.
        return 0;
    }
    let mut length = group;
    while let Some(next) = digits.get(at + length) {
        let more = 1 + digits[at + length + 1..].iter().take_while(|digit| !digit.begins).count();
        let another = length >= shortest
            && more > 1
            && matches!((next.value, digits.get(at + length + 1).map(|digit| digit.value)), (0, _) | (6, Some(2)));
        if another || length + more > longest {
            break;
        }
        length += more;
    }
    if length >= shortest { length } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn any(text: &str) -> String {
        Mask::default().hidden(text, false).unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn every_way_to_write_a_number_is_hidden() {
        for number in [
            "+6281234567890",
            "6281234567890",
            "081234567890",
            "+62 812-3456-7890",
            "0812 3456 7890",
            "0812.3456.7890",
            "(0812) 3456-7890",
            "+62 (812) 3456 7890",
            "+62 (0)812 3456 7890",
            "62-812-3456-7890",
            "0812/3456/7890",
            "0062 812 3456 7890",
            "0812\u{a0}3456\u{2011}7890",
            "\u{202a}+62 812\u{2011}3456\u{2011}7890\u{202c}",
            "０８１２３４５６７８９０",
            "٠٨١٢٣٤٥٦٧٨٩٠",
            "0️⃣8️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣9️⃣0️⃣",
        ] {
            for (before, after) in [("", ""), ("WA saya ", ", ya"), ("(", ")"), ("wa.me/", "?text=halo"), ("tel:", ""), ("*", "*")] {
                let hidden = any(&format!("{before}{number}{after}"));
                assert!(hidden.contains("•••• 890") && !hidden.contains("3456") && !hidden.contains("８１２"), "{number}: {hidden}");
                assert!(hidden.ends_with(after), "{hidden}");
            }
        }
        assert_eq!(any("Telp. (0361) 123456 / 0812-3456-7890"), "Telp. (•••• 456 / •••• 890");
        assert_eq!(any("081234567890 081312345678"), "•••• 890 •••• 678");
        assert_eq!(any("+1 (555) 010-0199"), "•••• 199");
    }

    #[test]
    fn what_is_no_number_stays() {
        for text in [
            "",
            "halo",
            "Rp 1.500.000, DP 50%",
            "buka 08.00-17.00",
            "tanggal 02-03-2026 jam 09.00",
            "2026-11-25",
            "resi 1234567890",
            "NIK 6271012345678901",
            "REK 0123",
            "8.500.000.000",
            "-8.650979, 115.216667",
            "ukuran 62 x 81",
            "1 + 1 = 2",
        ] {
            assert_eq!(Mask::default().hidden(text, false), None, "{text}");
        }
    }

    #[test]
    fn a_known_number_is_found_without_its_beginning_and_abroad() {
        let mask = Mask::knowing(["+15550783881", "+6281234567890", "+123"]);
        for text in ["555-078-3881", "5550783881", "812-3456-7890", "no. 1234 5678 90", "(555) 078 3881", "00000015550783881"] {
            let hidden = mask.hidden(text, false).unwrap_or_default();
            assert!(hidden.contains("••••") && !hidden.contains("078") && !hidden.contains("3456"), "{text}: {hidden}");
        }
        assert_eq!(mask.hidden("5550783882", false), None);
    }

    #[test]
    fn a_cut_number_is_hidden_too() {
        let mask = Mask::default();
        assert_eq!(mask.hidden("hubungi 0812345", true).as_deref(), Some("hubungi ••••"));
        assert_eq!(mask.hidden("hubungi +62 812-3…", false).as_deref(), Some("hubungi ••••…"));
        assert_eq!(mask.hidden("hubungi 0812345", false), None);
        let mut text = "x 0812345".to_owned();
        mask.hide(&mut text, Some(9));
        assert_eq!(text, "x ••••");
    }

    #[test]
    fn hiding_twice_is_hiding_once_and_never_fails() {
        let mask = Mask::knowing(["+6281234567890"]);
        for text in
            ["+62 812-3456-7890", "0812 3456 7890 0812 3456 7890", "+", "++62", "+(((62812345678", "…", "0812…", "•••• 890 0812 3456 7890"]
        {
            let once = mask.hidden(text, true).unwrap_or_else(|| text.to_owned());
            assert!(!once.contains("3456"), "{text}: {once}");
            let twice = mask.hidden(&once, false).unwrap_or_else(|| once.clone());
            assert!(!twice.contains("3456"));
        }
    }
}
