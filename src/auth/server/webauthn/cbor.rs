//! As much CBOR (RFC 8949) as WebAuthn's attestation objects and COSE keys need: definite lengths, no floats, no tags. Input comes from browsers, so
//! depth and lengths are bounded by the input itself and nothing is reserved on a stranger's word.

/// Nesting that is followed. WebAuthn's structures have four levels at most.
const DEEPEST: u8 = 8;

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Both signs: CTAP2 allows 64 bits, and -257 is all we need below zero.
    Integer(i128),
    Bytes(&'a [u8]),
    Text(&'a str),
    Array(Vec<Value<'a>>),
    Map(Vec<(Value<'a>, Value<'a>)>),
    /// true, false, null and other simple values, which are told apart nowhere here.
    Simple(u8),
}

impl<'a> Value<'a> {
    /// The value under a key of a map.
    pub fn get(&self, key: &Value<'_>) -> Option<&Value<'a>> {
        match self {
            Self::Map(entries) => entries.iter().find_map(|(k, value)| (k == key).then_some(value)),
            _ => None,
        }
    }

    pub fn integer(&self) -> Option<i128> {
        if let Self::Integer(number) = self { Some(*number) } else { None }
    }

    pub fn bytes(&self) -> Option<&'a [u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }
}

/// Reads one value and gives what follows it. None for anything that is not well-formed, or not among what is read here.
pub fn read(input: &[u8]) -> Option<(Value<'_>, &[u8])> {
    read_at(input, DEEPEST)
}

fn read_at(input: &[u8], depth: u8) -> Option<(Value<'_>, &[u8])> {
    let depth = depth.checked_sub(1)?;
    let (&first, rest) = input.split_first()?;
    let (major, short) = (first >> 5, first & 31);
    let (number, mut rest) = argument(short, rest)?;
    let value = match major {
        0 => Value::Integer(i128::from(number)),
        1 => Value::Integer(-1 - i128::from(number)),
        2 | 3 => {
            let (bytes, after) = rest.split_at_checked(usize::try_from(number).ok()?)?;
            rest = after;
            if major == 2 { Value::Bytes(bytes) } else { Value::Text(std::str::from_utf8(bytes).ok()?) }
        }
        4 => {
            let mut items = Vec::new();
            for _ in 0..number {
                let (item, after) = read_at(rest, depth)?;
                rest = after;
                items.push(item);
            }
            Value::Array(items)
        }
        5 => {
            let mut entries = Vec::new();
            for _ in 0..number {
                let (key, after) = read_at(rest, depth)?;
                let (value, after) = read_at(after, depth)?;
                rest = after;
                // Two values for one key would leave open which one counts.
                if entries.iter().any(|(known, _)| *known == key) {
                    return None;
                }
                entries.push((key, value));
            }
            Value::Map(entries)
        }
        7 if short < 24 => Value::Simple(short),
        _ => return None,
    };
    Some((value, rest))
}

/// The number that follows the first byte (RFC 8949 §3). Indefinite lengths are refused.
fn argument(short: u8, rest: &[u8]) -> Option<(u64, &[u8])> {
    let width = match short {
        0..=23 => return Some((u64::from(short), rest)),
        24 => 1,
        25 => 2,
        26 => 4,
        27 => 8,
        _ => return None,
    };
    let (bytes, rest) = rest.split_at_checked(width)?;
    Some((bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn whole(hex: &str) -> Option<Value<'static>> {
        let bytes: &'static [u8] = Box::leak(hex::decode(hex).unwrap().into_boxed_slice());
        read(bytes).filter(|(_, rest)| rest.is_empty()).map(|(value, _)| value)
    }

    /// From RFC 8949, appendix A.
    #[test]
    fn values_of_the_standard_are_read() {
        for (hex, number) in [
            ("00", 0),
            ("17", 23),
            ("1818", 24),
            ("1903e8", 1_000),
            ("1a000f4240", 1_000_000),
            ("1bffffffffffffffff", 18_446_744_073_709_551_615),
            ("20", -1),
            ("3903e7", -1_000),
            ("3bffffffffffffffff", -18_446_744_073_709_551_616),
        ] {
            assert_eq!(whole(hex), Some(Value::Integer(number)), "{hex}");
        }
        assert_eq!(whole("4401020304"), Some(Value::Bytes(&[1, 2, 3, 4])));
        assert_eq!(whole("62c3bc"), Some(Value::Text("ü")));
        assert_eq!(whole("6449455446"), Some(Value::Text("IETF")));
        assert_eq!(whole("f5"), Some(Value::Simple(21)));
        assert_eq!(whole("80"), Some(Value::Array(Vec::new())));
        let map = whole("a26161016162820203").unwrap();
        assert_eq!(map.get(&Value::Text("a")), Some(&Value::Integer(1)));
        assert_eq!(map.get(&Value::Text("b")), Some(&Value::Array(vec![Value::Integer(2), Value::Integer(3)])));
    }

    #[test]
    fn what_is_cut_off_doubled_deep_or_without_end_is_refused() {
        for wrong in [
            "",
            "18",
            "19ff",
            "44010203",
            "61ff",
            "8201",
            "a10102a1",
            "a201020103", // a key twice
            "5f",
            "9fff",
            "bfff",
            "c000",
            "f90000",
            "fb3ff0000000000000",
            "fc",
            "1c",
            "9bffffffffffffffff",
            "5bffffffffffffffff",
            "818181818181818181818100",
        ] {
            assert_eq!(whole(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_input_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Some((_, rest)) = read(&bytes) {
                prop_assert!(rest.len() < bytes.len());
            }
        }
    }
}
