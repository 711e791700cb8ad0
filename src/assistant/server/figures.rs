//! The figures of a text. A model that changes one changes what is promised, so what it writes is compared by them.

/// What makes another figure of a figure when it stands behind it, each with how it is told here.
const UNITS: [(&str, &str); 14] = [
    ("thousand", "ribu"),
    ("million", "juta"),
    ("mio", "juta"),
    ("billion", "miliar"),
    ("percent", "%"),
    ("rb", "ribu"),
    ("ribu", "ribu"),
    ("k", "ribu"),
    ("jt", "juta"),
    ("juta", "juta"),
    ("m", "miliar"),
    ("miliar", "miliar"),
    ("%", "%"),
    ("persen", "%"),
];

/// The figures of a text, so that two ways to write one are the same: `Rp1.500.000` and `1,500,000`, `300rb` and `300 ribu`. A point or comma is of thousands
/// where three digits follow. None where there are digits that are not ours to read.
pub fn figures(text: &str) -> Option<Vec<String>> {
    if text.chars().any(|c| c.is_numeric() && !c.is_ascii_digit()) {
        return None;
    }
    let mut figures = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        rest = &rest[at..];
        let digits = |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let mut figure = String::new();
        loop {
            let (taken, then) = rest.split_at(digits(rest));
            figure.push_str(taken);
            rest = then;
            let after = rest.strip_prefix(['.', ',', ':']).filter(|after| digits(after) > 0);
            let Some(after) = after else { break };
            if digits(after) != 3 || rest.starts_with(':') {
                figure.push('.');
            }
            rest = after;
        }
        let word = rest.trim_start().to_lowercase();
        let unit = UNITS.iter().find(|(unit, _)| word.strip_prefix(unit).is_some_and(|after| !after.starts_with(char::is_alphanumeric)));
        figures.push(figure + unit.map_or("", |(_, unit)| unit));
    }
    Some(figures)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_ways_to_write_a_figure_are_one_and_two_figures_are_not() {
        let read = |text| figures(text).expect("ours to read");
        assert_eq!(read("Rp1.500.000, jam 10:30 atau 7."), ["1500000", "10.30", "7"]);
        assert_eq!(read("1,500,000"), read("Rp 1.500.000"));
        assert_eq!(read("300rb, 300 Ribu, 300k"), ["300ribu"; 3]);
        assert_eq!(read("1,5 juta atau 15 juta atau 2.50"), ["1.5juta", "15juta", "2.50"]);
        assert_eq!(read("diskon 50%, 50 persen, 5 malam"), ["50%", "50%", "5"]);
        assert_eq!(read("tanpa angka."), Vec::<String>::new());
        assert_eq!(figures("３００"), None);
    }
}
