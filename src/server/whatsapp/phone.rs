//! Phone numbers: one form inside, a readable one for people.

/// The number as E.164 ("+6281234567890"), from the forms providers send: "15551234567", "+1 555-078-3881", "+62 812-3456-7890",
/// "+1 (555) 010-0199". They are always international, so the country code is taken as given; a national number ("0812 …"), a group
/// id, a user id or anything outside 7 to 15 digits is none.
pub fn e164(text: &str) -> Option<String> {
    let text = text.trim();
    let mut number = String::with_capacity(16);
    number.push('+');
    for c in text.strip_prefix('+').unwrap_or(text).chars() {
        match c {
            '0'..='9' if number.len() <= 15 => number.push(c),
            ' ' | '\u{a0}' | '-' | '(' | ')' | '.' => {}
            _ => return None,
        }
    }
    // No country code begins with 0.
    (number.len() >= 8 && !number.starts_with("+0")).then_some(number)
}

/// A number for people: Indonesian mobile numbers in the groups they are read out in ("+62 812-3456-7890"), others as they are.
pub fn pretty(e164: &str) -> String {
    match e164.strip_prefix("+62") {
        Some(rest) if rest.starts_with('8') && rest.len() >= 8 && rest.bytes().all(|b| b.is_ascii_digit()) => {
            format!("+62 {}-{}-{}", &rest[..3], &rest[3..7], &rest[7..])
        }
        _ => e164.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_providers_become_one() {
        for (given, wanted) in [
            ("15551234567", "+15551234567"),
            ("+1 555-078-3881", "+15550783881"),
            ("+1 (555) 010-0199", "+15550100199"),
            ("+62 812-3456-7890", "+6281234567890"),
            ("6281234567890", "+6281234567890"),
            (" +62\u{a0}812.3456.7890 ", "+6281234567890"),
            ("1234567", "+1234567"),
            ("123456789012345", "+123456789012345"),
        ] {
            assert_eq!(e164(given).as_deref(), Some(wanted), "{given}");
        }
    }

    #[test]
    fn what_is_no_international_number_is_none() {
        let refused = [
            "",
            "+",
            "123456",
            "1234567890123456",
            "081234567890",
            "0062812345678",
            "+0812345678",
            "++6281234567",
            "62+81234567",
            "US.13491208655302741918",
            "120363404694233822@g.us",
            "Y2FwaV9ncm91cDoxNzA1NTU1MDEzOToxMjAzNjM0MDQ2OTQyMzM4MjAZD",
            "１５５５１２３４５６７",
            "15551234567\0",
        ];
        for given in refused {
            assert_eq!(e164(given), None, "{given:?}");
        }
    }

    #[test]
    fn indonesian_mobile_numbers_are_grouped_and_others_left_alone() {
        assert_eq!(pretty("+6281234567890"), "+62 812-3456-7890");
        assert_eq!(pretty("+628123456789"), "+62 812-3456-789");
        assert_eq!(pretty("+62812345678901"), "+62 812-3456-78901");
        for number in ["+15551234567", "+62215550100", "+62812", "+62８１２３４５６７", ""] {
            assert_eq!(pretty(number), number);
        }
    }
}
