//! One-time passwords by time: RFC 6238 with SHA-1, six digits and thirty seconds, which is what every generator app understands; secrets in base32 (RFC
//! 4648) and the `otpauth:` address that a QR code carries.
//!
//! Our own because it is forty lines around an HMAC that is compiled already; the known crate brings a second generation of the same hash crates.

use qrcodegen::{QrCode, QrCodeEcc};
use ring::hmac;
use subtle::ConstantTimeEq;

/// Seconds that a code is good for.
const STEP: i64 = 30;
/// Bytes of a secret, as RFC 4226 recommends.
pub const SECRET: usize = 20;
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The six digits of a time step.
fn code(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    // RFC 4226 §5.3: the last four bits say where the number begins. A SHA-1 tag has 20 bytes, so all of it is there.
    let at = usize::from(bytes.last().copied().unwrap_or_default() & 0xf);
    let number = bytes.iter().skip(at).take(4).fold(0u32, |number, byte| number << 8 | u32::from(*byte)) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

/// The time step whose code this is: now, the one before or the one after (clocks differ), but none up to `last`, which were used.
pub fn matching_step(secret: &[u8], given: &str, unix_seconds: i64, last: i64) -> Option<i64> {
    let now = unix_seconds / STEP;
    // All three are computed and compared whatever the answer.
    let mut found = None;
    for step in [now - 1, now, now + 1] {
        let same: bool = code(secret, step).as_bytes().ct_eq(given.as_bytes()).into();
        if same && step > last {
            found = Some(step);
        }
    }
    found
}

/// Unpadded base32.
pub fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut buffer, mut bits) = (0u32, 0);
    for byte in bytes {
        buffer = buffer << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(ALPHABET[(buffer >> bits & 31) as usize]));
        }
    }
    if bits > 0 {
        text.push(char::from(ALPHABET[(buffer << (5 - bits) & 31) as usize]));
    }
    text
}

/// What the QR code says (<https://github.com/google/google-authenticator/wiki/Key-Uri-Format>). The address is the person's e-mail.
pub fn address(secret: &[u8], account: &str) -> String {
    let account: String = account
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect();
    format!("otpauth://totp/my21staff:{account}?secret={}&issuer=my21staff", base32(secret))
}

/// The same as the path of an SVG with a quiet zone, and the number of its modules. None for what no QR code can hold.
pub fn qr_path(text: &str) -> Option<(String, i32)> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let border = 4;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in 0..code.size() {
            if code.get_module(x, y) {
                path.push_str(&format!("M{},{}h1v1h-1z", x + border, y + border));
            }
        }
    }
    Some((path, code.size() + 2 * border))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, the last six of its eight digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = b"12345678901234567890";
        for (time, eight) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(code(secret, time / STEP), eight[2..], "{time}");
        }
    }

    #[test]
    fn a_code_works_around_its_time_and_once() {
        let secret = b"12345678901234567890";
        let now = 1_234_567_890;
        let right = code(secret, now / STEP);
        for (at, works) in [(now - 61, false), (now - STEP, true), (now, true), (now + STEP, true), (now + 61, false)] {
            assert_eq!(matching_step(secret, &right, at, 0).is_some(), works, "{at}");
        }
        let step = matching_step(secret, &right, now, 0).unwrap();
        assert_eq!(matching_step(secret, &right, now, step), None, "used");
        assert_eq!(matching_step(secret, &right, now, step + 1), None, "older than the last used");
        for wrong in ["", "000000", &right[..5], &format!("{right}0"), &format!(" {right}")] {
            assert_eq!(matching_step(secret, wrong, now, 0), None, "{wrong:?}");
        }
    }

    /// RFC 4648 §10.
    #[test]
    fn base32_is_that_of_the_standard() {
        for (plain, encoded) in
            [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB"), ("foobar", "MZXW6YTBOI")]
        {
            assert_eq!(base32(plain.as_bytes()), encoded);
        }
    }

    #[test]
    fn the_qr_code_carries_the_address() {
        let address = address(b"12345678901234567890", "sekar+a@toko.test");
        assert_eq!(address, "otpauth://totp/my21staff:sekar%2Ba%40toko.test?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=my21staff");
        let (path, size) = qr_path(&address).unwrap();
        // The corner's finder pattern begins after the quiet zone.
        assert!(path.starts_with("M4,4h1v1h-1zM5,4") && size > 29);
        assert_eq!(qr_path(&"x".repeat(5_000)), None);
    }
}
