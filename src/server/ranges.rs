//! Parts of a file that a browser asks for (RFC 9110, section 14): a player asks for the end of a film to learn how long it is, and for the middle to jump there.

use axum::http::{HeaderMap, header};
use std::ops::Range;

/// What of a file is asked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Asked {
    /// All of it: no part was named, or in a way that need not be understood, or of another file than this one.
    Whole,
    /// These bytes, at least one, all within the file.
    Part(Range<u64>),
    /// Something that the file does not have.
    Nowhere,
}

impl Asked {
    /// Of a file that has `size` bytes and carries `tag` (quoted, as in its `ETag`). Several parts at once are answered with the whole, which is allowed and which
    /// no player asks for.
    pub fn of(headers: &HeaderMap, size: u64, tag: &str) -> Self {
        let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
        let Some(range) = text(header::RANGE) else { return Self::Whole };
        if text(header::IF_RANGE).is_some_and(|known| known != tag) {
            return Self::Whole;
        }
        let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten();
        let ends = range.strip_prefix("bytes=").and_then(|part| part.trim().split_once('-'));
        let part = match ends.map(|(first, last)| (first, number(first), last, number(last))) {
            // The last so many.
            Some(("", _, _, Some(count))) => size.saturating_sub(count)..size,
            Some((_, Some(first), "", _)) => first..size,
            Some((_, Some(first), _, Some(last))) if first <= last => first..size.min(last.saturating_add(1)),
            _ => return Self::Whole,
        };
        if part.start < part.end { Self::Part(part) } else { Self::Nowhere }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(range: &str, size: u64) -> Asked {
        Asked::of(&HeaderMap::from_iter([(header::RANGE, range.parse().unwrap())]), size, "\"7\"")
    }

    #[test]
    fn a_part_is_cut_to_what_there_is() {
        for (range, part) in [
            ("bytes=0-", 0..100),
            ("bytes=0-0", 0..1),
            ("bytes=10-19", 10..20),
            ("bytes=90-999", 90..100),
            ("bytes=-1", 99..100),
            ("bytes=-100", 0..100),
            ("bytes=-999", 0..100),
        ] {
            assert_eq!(asked(range, 100), Asked::Part(part), "{range}");
        }
    }

    #[test]
    fn what_is_not_there_is_told_and_what_is_not_understood_is_everything() {
        for range in ["bytes=100-", "bytes=100-200", "bytes=-0"] {
            assert_eq!(asked(range, 100), Asked::Nowhere, "{range}");
        }
        assert_eq!(asked("bytes=0-", 0), Asked::Nowhere);
        for range in [
            "lines=1-2",
            "bytes=b-a",
            "bytes=0-1,5-9",
            "bytes=0-10,5-20",
            "bytes=5-2",
            "bytes=+1-2",
            "bytes=-",
            "bytes=99999999999999999999-",
            "",
        ] {
            assert_eq!(asked(range, 100), Asked::Whole, "{range}");
        }
        assert_eq!(Asked::of(&HeaderMap::new(), 100, "\"7\""), Asked::Whole);
    }

    #[test]
    fn a_part_of_another_file_is_not_given() {
        let of = |known: &str| {
            let headers = [(header::RANGE, "bytes=5-".parse().unwrap()), (header::IF_RANGE, known.parse().unwrap())];
            Asked::of(&HeaderMap::from_iter(headers), 100, "\"7\"")
        };
        assert_eq!(of("\"7\""), Asked::Part(5..100));
        assert_eq!(of("\"8\""), Asked::Whole);
        assert_eq!(of("Mon, 30 Nov 2026 09:00:00 GMT"), Asked::Whole);
    }
}
