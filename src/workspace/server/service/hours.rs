//! Working hours as people write them: `08.00–12.00, 13.00–17.00`.

use crate::words::Locale;

/// From and to, in minutes of the day.
pub type Period = (i16, i16);
/// Monday first; each day's periods in order, none where nobody is there.
pub type Week = [Vec<Period>; 7];

/// Minutes of a day.
const DAY: i16 = 24 * 60;
/// Periods of one day that anybody works by.
const MOST: usize = 6;

/// What a day's field accepts, for browsers: as [`read_periods`] does.
pub fn pattern() -> &'static str {
    r"\s*(\d{1,2}([.:]\d{2})?\s*[\-–]\s*\d{1,2}([.:]\d{2})?\s*([,;]\s*|$))*"
}

/// The periods of a day: `8-12`, `08.00–12.00, 13:00–17:30`. None where it is not understood, ends before it begins, or overlaps.
pub fn read_periods(text: &str) -> Option<Vec<Period>> {
    let mut periods = Vec::new();
    for part in text.split([',', ';']).map(str::trim).filter(|part| !part.is_empty()) {
        let (begins, ends) = part.split_once(['-', '–'])?;
        let (begins, ends) = (clock(begins)?, clock(ends)?);
        if begins >= ends || periods.len() == MOST {
            return None;
        }
        periods.push((begins, ends));
    }
    periods.sort_unstable();
    let apart = periods.windows(2).all(|pair| pair[0].1 <= pair[1].0);
    apart.then_some(periods)
}

/// As minutes of the day: `8`, `08.30`, `17:00`, `24`.
fn clock(text: &str) -> Option<i16> {
    let text = text.trim();
    let (hours, minutes) = text.split_once(['.', ':']).unwrap_or((text, "00"));
    let digits = |part: &str, most: usize| !part.is_empty() && part.len() <= most && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hours, 2) || !digits(minutes, 2) || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes): (i16, i16) = (hours.parse().ok()?, minutes.parse().ok()?);
    let at = hours * 60 + minutes;
    (minutes < 60 && at <= DAY).then_some(at)
}

/// The inverse of [`read_periods`].
pub fn write_periods(periods: &[Period], locale: Locale) -> String {
    let between = if locale == Locale::Id { '.' } else { ':' };
    let clock = |at: i16| format!("{:02}{between}{:02}", at / 60, at % 60);
    periods.iter().map(|(begins, ends)| format!("{}–{}", clock(*begins), clock(*ends))).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_read_as_people_write_them() {
        for (text, periods) in [
            ("", &[][..]),
            (" 8-17 ", &[(480, 1020)]),
            ("13.00–17.30, 08:00 - 12:00", &[(480, 720), (780, 1050)]),
            ("0-24", &[(0, 1440)]),
            ("8-12;12-17", &[(480, 720), (720, 1020)]),
        ] {
            assert_eq!(read_periods(text).as_deref(), Some(periods), "{text}");
            for locale in [Locale::Id, Locale::En] {
                assert_eq!(read_periods(&write_periods(periods, locale)).as_deref(), Some(periods), "{text}");
            }
        }
        assert_eq!(write_periods(&[(480, 720), (780, 1050)], Locale::Id), "08.00–12.00, 13.00–17.30");
    }

    #[test]
    fn what_is_no_working_time_is_refused() {
        for text in
            ["8", "17-8", "8-8", "8-25", "8.5-12", "8-12.60", "8-12, 11-17", "pagi-sore", "-8-12", "1-2,3-4,5-6,7-8,9-10,11-12,13-14"]
        {
            assert_eq!(read_periods(text), None, "{text}");
        }
    }
}
