//! What a push service carries and only the browser can read (RFC 8291): AES-128-GCM under a key that both sides derive from a Diffie-Hellman exchange on P-256 and
//! from a secret that the browser told us when it subscribed. One record of RFC 8188. Written on `ring`, which the TLS of this process is made of; the
//! crates for it bring a second implementation of the curve.

use crate::server::crypto::{chance, random_bytes};
use ring::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral},
    error::Unspecified,
    hkdf::{HKDF_SHA256, KeyType, Prk, Salt},
};

/// Bytes that a push service takes at least (RFC 8030, section 7.2): ours are never more.
pub const MOST: usize = 4096;
/// Longest text: what is left beside the header (86 bytes), the mark of the last record and the tag.
pub const MOST_PLAIN: usize = MOST - 86 - 1 - 16;

/// Whom something is encrypted for.
#[derive(Clone, Copy, Debug)]
pub struct Recipient<'a> {
    /// A point of P-256, uncompressed: 65 bytes.
    pub p256dh: &'a [u8],
    pub auth: &'a [u8],
}

/// The body of a push message.
///
/// # Errors
/// Where the recipient's key is no point of the curve, or the text is longer than [`MOST_PLAIN`].
pub fn encrypt(plain: &[u8], to: Recipient<'_>) -> Result<Vec<u8>, Unspecified> {
    if plain.len() > MOST_PLAIN {
        return Err(Unspecified);
    }
    let ours = EphemeralPrivateKey::generate(&ECDH_P256, &chance())?;
    let our_public = ours.compute_public_key()?;
    let salt = random_bytes::<16>();
    agree_ephemeral(ours, &UnparsedPublicKey::new(&ECDH_P256, to.p256dh), |shared| seal(plain, to, shared, our_public.as_ref(), salt))?
}

fn seal(plain: &[u8], to: Recipient<'_>, shared: &[u8], our_public: &[u8], salt: [u8; 16]) -> Result<Vec<u8>, Unspecified> {
    let of_both = Salt::new(HKDF_SHA256, to.auth).extract(shared);
    let input = expand::<32>(&of_both, &[b"WebPush: info\0", to.p256dh, our_public])?;
    let of_message = Salt::new(HKDF_SHA256, &salt).extract(&input);
    let key = expand::<16>(&of_message, &[b"Content-Encoding: aes128gcm\0"])?;
    let nonce = expand::<12>(&of_message, &[b"Content-Encoding: nonce\0"])?;
    // The last record, and nothing to make it look longer.
    let mut record = [plain, &[2]].concat();
    let cipher = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key)?);
    cipher.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut record)?;
    let record_size = u32::try_from(MOST).map_err(|_| Unspecified)?.to_be_bytes();
    let key_length = [u8::try_from(our_public.len()).map_err(|_| Unspecified)?];
    Ok([&salt[..], &record_size, &key_length, our_public, &record].concat())
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn expand<const N: usize>(from: &Prk, info: &[&[u8]]) -> Result<[u8; N], Unspecified> {
    let mut bytes = [0; N];
    from.expand(info, Length(N))?.fill(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    fn bytes(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    const THEIRS: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";

    #[test]
    fn the_example_of_the_standard_comes_out() {
        // RFC 8291, appendix A.
        let (theirs, auth) = (bytes(THEIRS), bytes("BTBZMqHH6r4Tts7J_aSIgg"));
        let ours = bytes("BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8");
        let shared = bytes("kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs");
        let salt = bytes("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap();
        let to = Recipient { p256dh: &theirs, auth: &auth };
        let sealed = seal(b"When I grow up, I want to be a watermelon", to, &shared, &ours, salt).unwrap();
        let expected = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_\
                        yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";
        assert_eq!(URL_SAFE_NO_PAD.encode(sealed), expected);
    }

    #[test]
    fn a_key_that_is_none_and_a_text_that_is_too_long_are_refused() {
        let (theirs, auth) = (bytes(THEIRS), [7; 16]);
        let to = Recipient { p256dh: &theirs, auth: &auth };
        assert_eq!(encrypt(&[b'a'; MOST_PLAIN], to).unwrap().len(), MOST);
        assert!(encrypt(&[b'a'; MOST_PLAIN + 1], to).is_err());
        let mut off_the_curve = theirs.clone();
        off_the_curve[64] ^= 1;
        for wrong in [&off_the_curve[..], &[4; 65], &theirs[..64], b""] {
            assert!(encrypt(b"halo", Recipient { p256dh: wrong, auth: &auth }).is_err());
        }
    }

    #[test]
    fn the_same_text_is_never_the_same_message() {
        let (theirs, auth) = (bytes(THEIRS), [7; 16]);
        let to = Recipient { p256dh: &theirs, auth: &auth };
        assert_ne!(encrypt(b"halo", to).unwrap(), encrypt(b"halo", to).unwrap());
    }
}
