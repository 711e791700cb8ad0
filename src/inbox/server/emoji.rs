//! What counts as one emoji: WhatsApp refuses reactions that are anything else.

/// Unicode scalar values of the longest that is taken: families with four tones of skin have eleven, flags of regions fourteen.
const LONGEST: usize = 16;
const JOINER: char = '\u{200d}';
const AS_PICTURE: char = '\u{fe0f}';

/// The text, if it is one emoji and nothing else: a picture with its tone and presentation, several joined to one, a flag, or a key. By the grammar of
/// Unicode (UTS #51, "possible emoji"); which of them phones can draw is left to WhatsApp.
pub fn one(text: &str) -> Option<&str> {
    let text = text.trim();
    let all: Vec<char> = text.chars().take(LONGEST + 1).collect();
    let (mut rest, mut joined) = (&all[..], true);
    while joined {
        rest = element(rest)?;
        joined = rest.first() == Some(&JOINER);
        rest = if joined { &rest[1..] } else { rest };
    }
    (rest.is_empty() && all.len() <= LONGEST).then_some(text)
}

/// What follows one picture, flag or key.
fn element(text: &[char]) -> Option<&[char]> {
    match text {
        [first, second, rest @ ..] if is_region(*first) && is_region(*second) => Some(rest),
        ['0'..='9' | '#' | '*', AS_PICTURE, '\u{20e3}', rest @ ..] | ['0'..='9' | '#' | '*', '\u{20e3}', rest @ ..] => Some(rest),
        [first, rest @ ..] if is_picture(*first) => {
            let rest = match rest {
                [AS_PICTURE | '\u{1f3fb}'..='\u{1f3ff}', rest @ ..] => rest,
                rest => rest,
            };
            // Flags of regions are a black one with letters behind it.
            let tags = rest.iter().take_while(|tag| matches!(tag, '\u{e0020}'..='\u{e007f}')).count();
            Some(&rest[tags..])
        }
        _ => None,
    }
}

fn is_region(letter: char) -> bool {
    matches!(letter, '\u{1f1e6}'..='\u{1f1ff}')
}

/// The blocks in which pictures stand (`Extended_Pictographic`), with the few signs among letters and arrows that are pictures too.
fn is_picture(sign: char) -> bool {
    matches!(
        sign,
        '©' | '®' | '‼' | '⁉' | '™' | 'ℹ' | '↔'..='↙' | '↩' | '↪' | '⌚' | '⌛' | '⌨' | '⏏' | '⏩'..='⏳' | '⏸'..='⏺' | 'Ⓜ' | '▪' | '▫' | '▶' | '◀'
            | '◻'..='◾' | '☀'..='➿' | '⤴' | '⤵' | '⬅'..='⬇' | '⬛' | '⬜' | '⭐' | '⭕' | '〰' | '〽' | '㊗' | '㊙' | '\u{1f000}'..='\u{1f1e5}'
            | '\u{1f200}'..='\u{1faff}'
    )
}

#[cfg(test)]
mod tests {
    use super::one;

    #[test]
    fn one_emoji_of_any_make_is_taken() {
        for emoji in ["👍", "❤️", "❤", "😂", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "👩🏽‍❤️‍💋‍👨🏿", "🇮🇩", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "#⃣", "☕", "©️"]
        {
            assert_eq!(one(emoji), Some(emoji));
        }
        assert_eq!(one(" 🎉\n"), Some("🎉"));
    }

    #[test]
    fn words_and_several_are_not() {
        for text in
            ["", " ", "a", "ok", "1", "👍👍", "👍 👍", "👍a", "a👍", "🇮", "🇮🇩🇮🇩", "\u{200d}", "👍\u{200d}", "\u{fe0f}", "<b>", "👍\0"]
        {
            assert_eq!(one(text), None, "{text:?}");
        }
        assert_eq!(one(&["👩"; 9].join("\u{200d}")), None, "longer than any there is");
    }
}
