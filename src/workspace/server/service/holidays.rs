//! Indonesia's public holidays. Those by the sun's calendar and by Easter follow from the year; the others are set by joint decree of three ministers each
//! year, so only decreed ones are here, and people add what is missing.

use chrono::{Datelike, Days, NaiveDate};

/// A day on which nobody works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holiday {
    pub day: NaiveDate,
    pub name: String,
}

/// Month, day and name of those that stay.
const FIXED: [(u32, u32, &str); 5] = [
    (1, 1, "Tahun Baru Masehi"),
    (5, 1, "Hari Buruh Internasional"),
    (6, 1, "Hari Lahir Pancasila"),
    (8, 17, "Hari Kemerdekaan"),
    (12, 25, "Hari Raya Natal"),
];
/// Days after Easter Sunday.
const EASTER: [(i64, &str); 3] = [(-2, "Wafat Yesus Kristus"), (0, "Kebangkitan Yesus Kristus (Paskah)"), (39, "Kenaikan Yesus Kristus")];
/// Those that the decree of 19 September 2025 set for 2026.
const DECREED: [(i32, u32, u32, &str); 9] = [
    (2026, 1, 16, "Isra Mikraj"),
    (2026, 2, 17, "Tahun Baru Imlek"),
    (2026, 3, 19, "Hari Suci Nyepi"),
    (2026, 3, 21, "Idulfitri"),
    (2026, 3, 22, "Idulfitri"),
    (2026, 5, 27, "Iduladha"),
    (2026, 5, 31, "Hari Raya Waisak"),
    (2026, 6, 16, "Tahun Baru Islam"),
    (2026, 8, 25, "Maulid Nabi Muhammad"),
];

/// The public holidays of a year that are known, by day, and whether they are all.
pub fn national(year: i32) -> (Vec<Holiday>, bool) {
    let named = |(day, name): (Option<NaiveDate>, &str)| Some(Holiday { day: day?, name: name.into() });
    let easter = easter(year);
    let of_easter = |days: i64| {
        let by = Days::new(days.unsigned_abs());
        easter.and_then(|easter| if days < 0 { easter.checked_sub_days(by) } else { easter.checked_add_days(by) })
    };
    let fixed = FIXED.into_iter().map(|(month, day, name)| (NaiveDate::from_ymd_opt(year, month, day), name));
    let decreed = DECREED.into_iter().filter(|(of, ..)| *of == year);
    let complete = decreed.clone().next().is_some();
    let decreed = decreed.map(|(_, month, day, name)| (NaiveDate::from_ymd_opt(year, month, day), name));
    let easter = EASTER.into_iter().map(|(days, name)| (of_easter(days), name));
    let mut all: Vec<Holiday> = fixed.chain(decreed).chain(easter).filter_map(named).filter(|holiday| holiday.day.year() == year).collect();
    all.sort_by_key(|holiday| holiday.day);
    // Two that fall on one day are one day off.
    all.dedup_by_key(|holiday| holiday.day);
    (all, complete)
}

/// Easter Sunday by the Gregorian calendar: the anonymous computus (Nature, 1876; Meeus, Astronomical Algorithms, chapter 8).
fn easter(year: i32) -> Option<NaiveDate> {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (b - (b + 8) / 25 + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let l = (32 + 2 * e + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let of_month = h + l - 7 * m + 114;
    NaiveDate::from_ymd_opt(year, u32::try_from(of_month / 31).ok()?, u32::try_from(of_month % 31).ok()? + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(year: i32) -> Vec<String> {
        national(year).0.into_iter().map(|holiday| holiday.day.to_string()).collect()
    }

    #[test]
    fn easter_falls_where_calendars_have_it() {
        for (year, month, day) in [(2000, 4, 23), (2019, 4, 21), (2024, 3, 31), (2025, 4, 20), (2026, 4, 5), (2027, 3, 28), (2038, 4, 25)] {
            assert_eq!(easter(year), NaiveDate::from_ymd_opt(year, month, day));
        }
    }

    #[test]
    fn the_year_that_was_decreed_has_seventeen_days() {
        let of_2026 = days(2026);
        assert_eq!((of_2026.len(), national(2026).1), (17, true));
        for day in ["2026-01-01", "2026-04-03", "2026-04-05", "2026-05-14", "2026-12-25"] {
            assert!(of_2026.contains(&day.to_owned()), "{day}");
        }
    }

    #[test]
    fn no_day_is_there_twice() {
        for year in 2000..2100 {
            let days = days(year);
            assert!(days.windows(2).all(|pair| pair[0] < pair[1]), "{days:?}");
        }
    }

    #[test]
    fn of_other_years_those_that_follow_from_the_calendar_are_known() {
        assert_eq!(
            days(2027),
            ["2027-01-01", "2027-03-26", "2027-03-28", "2027-05-01", "2027-05-06", "2027-06-01", "2027-08-17", "2027-12-25"]
        );
        assert!(!national(2027).1);
    }
}
