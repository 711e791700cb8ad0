//! Files that people send: judged by their bytes, kept, and sent with the message that they belong to.
//!
//! The form under a thread leads here. A browser with script posts each file by itself, to show how far it is and to cancel it; without script
//! the whole form comes at once. What cannot be one message for WhatsApp becomes several, in order.

mod kinds;
mod receive;
mod voice;

pub use receive::{MAX_FORM, receive};

use super::replying::{self, Reply};
use crate::{
    error::{AppError, Rule},
    ids::MediaId,
    inbox::{
        files::{FileKind, MAX_CAPTION},
        model::MessageView,
    },
    server::{crypto::new_id, scope::Scope, state::App},
};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// What tells the id of words ahead of files from those of the files.
const AHEAD: u128 = 1 << 64;
/// Forms with files that are taken in at once in this process: each may hold a hundred megabytes while it is.
const AT_ONCE: usize = 8;
static INTAKE: Semaphore = Semaphore::const_new(AT_ONCE);
/// Longest name of a file, in characters (protocols: "file name 240").
const MAX_NAME: usize = 240;

/// A file that may be sent.
pub struct NewFile {
    pub kind: FileKind,
    pub mime: &'static str,
    pub name: String,
    pub bytes: Bytes,
    /// It is played as a voice message on the customer's phone: it arrives by itself, with a waveform, and is written out there.
    pub voice: bool,
    /// Tells whether the same file came again. Hex.
    pub sha256: String,
}

impl NewFile {
    /// Judges a file by its bytes; what it calls itself counts for nothing but its name.
    ///
    /// # Errors
    /// `Invalid` for an empty file, one of a type that WhatsApp does not take, and one that is larger than its kind may be.
    pub fn judge(bytes: Bytes, name: &str) -> Result<Self, AppError> {
        if bytes.is_empty() {
            return Err(AppError::invalid("file", Rule::Missing));
        }
        let unsupported = || AppError::invalid("file", Rule::Unsupported);
        let (bytes, name) = match bytes.starts_with(voice::EBML) {
            true if FileKind::Audio.is_exceeded_by(bytes.len()) => {
                return Err(AppError::invalid("file", Rule::TooLarge(FileKind::Audio.most_megabytes())));
            }
            true => {
                let named =
                    name.rsplit_once('.').filter(|(_, ending)| ending.eq_ignore_ascii_case("webm")).map_or(name, |(named, _)| named);
                (voice::from_webm(&bytes).ok_or_else(unsupported)?.into(), named)
            }
            false => (bytes, name),
        };
        let found = kinds::kind_of(&bytes, name).ok_or_else(unsupported)?;
        if found.kind.is_exceeded_by(bytes.len()) {
            return Err(AppError::invalid("file", Rule::TooLarge(found.kind.most_megabytes())));
        }
        let sha256 = hex::encode(Sha256::digest(&bytes));
        let voice = voice::is_one_voice(&bytes);
        Ok(Self { kind: found.kind, mime: found.mime, name: found.name(name), bytes, voice, sha256 })
    }
}

/// A name as the customer will see it: no path, nothing that draws it backwards, and not longer than WhatsApp takes. Keeps the end, which says what it is.
fn clean_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let draws = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    let plain: String = last.chars().filter(|c| !c.is_control() && !draws(*c)).collect();
    let plain = plain.trim().trim_start_matches('.');
    plain.chars().skip(plain.chars().count().saturating_sub(MAX_NAME)).collect()
}

/// What a form under a thread says: words, files, or both.
pub struct Sending {
    /// As in [`Reply`]; its text are the words.
    pub reply: Reply,
    pub files: Vec<NewFile>,
}

impl Sending {
    /// The messages it becomes, in order. Words go under the first file, where they fit there; else they go ahead. Each has an id made of the form's, so
    /// that the same form again is the same messages; a file has the same one with words ahead and without.
    fn messages(self) -> Vec<Reply> {
        let Self { mut reply, files } = self;
        let mut words = std::mem::take(&mut reply.text);
        let is_caption = |file: &NewFile| file.kind.has_caption() && replying::trimmed(&words).chars().count() <= MAX_CAPTION;
        let ahead = match files.first() {
            None => true,
            Some(first) => !is_caption(first) && !replying::trimmed(&words).is_empty(),
        };
        let mut messages = Vec::with_capacity(files.len() + 1);
        let mut next = |mark: u128, text: String, file: Option<NewFile>| {
            // What is quoted is quoted once.
            let to = reply.to.take();
            let client_id = Uuid::from_u128(reply.client_id.as_u128() ^ mark);
            Reply {
                conversation: reply.conversation,
                client_id,
                text,
                seen: reply.seen,
                to,
                choices: None,
                file,
                leaves: reply.leaves.clone(),
            }
        };
        if ahead {
            let mark = if files.is_empty() { 0 } else { AHEAD };
            messages.push(next(mark, std::mem::take(&mut words), None));
        }
        for (place, file) in (0..).zip(files) {
            messages.push(next(place, std::mem::take(&mut words), Some(file)));
        }
        messages
    }
}

/// Why a form was not sent whole.
pub struct Unsent {
    pub error: AppError,
    /// Its words went, and are not to be sent again.
    pub words_went: bool,
}

/// Sends what a form says. Answers with the last message.
///
/// # Errors
/// Those of [`replying::send`]. What stands before the message that failed has gone; the same form again goes on there.
pub async fn send_all(app: &Arc<App>, scope: &Scope, sending: Sending) -> Result<MessageView, Unsent> {
    let mut last = Err(AppError::invalid("text", Rule::Missing));
    let mut words_went = false;
    for reply in sending.messages() {
        let has_words = !replying::trimmed(&reply.text).is_empty();
        match send_one(app, scope, reply).await {
            Ok(sent) => (last, words_went) = (Ok(sent), words_went || has_words),
            Err(error) => return Err(Unsent { error, words_went }),
        }
    }
    last.map_err(|error| Unsent { error, words_went })
}

/// Keeps the file, if there is one, then stores the message. Bytes come first: a message never names a file that is not there. To the end whoever asked
/// for it waits or not: bytes without a message would stay for ever.
async fn send_one(app: &Arc<App>, scope: &Scope, reply: Reply) -> Result<MessageView, AppError> {
    let Some(file) = &reply.file else { return replying::send(app, scope, reply).await };
    let (app, scope, bytes, id) = (app.clone(), scope.clone(), file.bytes.clone(), MediaId(new_id()));
    let work = tokio::spawn(async move {
        let kept = app.store.put(scope.workspace, id, bytes).await;
        kept.map_err(|error| crate::server::error::internal(&format!("media store: {error}")))?;
        let sent = replying::send_with(&app, &scope, reply, Some(id)).await;
        let is_anybodys = match &sent {
            // There already: then under the bytes that came first.
            Ok(sent) => sent.media.as_ref().is_some_and(|media| media.id == id),
            // Nobody knows whether the transaction ended well.
            Err(AppError::Internal(_) | AppError::Upstream(_)) => true,
            Err(_) => false,
        };
        if !is_anybodys && let Err(error) = app.store.delete(scope.workspace, id).await {
            tracing::warn!(%error, "a file that was not sent stays in the media store");
        }
        sent
    });
    work.await.unwrap_or_else(|_| Err(crate::server::error::internal("sending a file panicked")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ids::ConversationId, inbox::later::Leaves};

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0";
    const OPUS: &[u8] = b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x13OpusHead\x01\x01";

    fn sending(text: &str, files: &[&'static [u8]]) -> Vec<(String, bool, Uuid, bool)> {
        let reply = Reply {
            conversation: ConversationId(Uuid::nil()),
            client_id: Uuid::from_u128(16),
            text: text.into(),
            seen: 0,
            to: Some(Uuid::from_u128(9).into()),
            choices: None,
            file: None,
            leaves: Leaves::Now,
        };
        let files = files.iter().map(|bytes| NewFile::judge(Bytes::from_static(bytes), "a").unwrap()).collect();
        let messages = Sending { reply, files }.messages();
        messages.into_iter().map(|reply| (reply.text, reply.file.is_some(), reply.client_id, reply.to.is_some())).collect()
    }

    #[test]
    fn words_go_under_the_first_file_where_they_fit() {
        let id = |place: u128| Uuid::from_u128(16 ^ place);
        assert_eq!(sending("halo", &[]), [("halo".into(), false, id(0), true)]);
        assert_eq!(sending("halo", &[PNG, PNG]), [("halo".into(), true, id(0), true), (String::new(), true, id(1), false)]);
        assert_eq!(sending(" \n", &[OPUS]), [(" \n".into(), true, id(0), true)]);
        assert_eq!(sending("halo", &[OPUS]), [("halo".into(), false, id(AHEAD), true), (String::new(), true, id(0), false)]);
        let long = "é".repeat(MAX_CAPTION + 1);
        assert_eq!(sending(&long, &[PNG]), [(long.clone(), false, id(AHEAD), true), (String::new(), true, id(0), false)]);
        let fits = format!(" {} ", "é".repeat(MAX_CAPTION));
        assert_eq!(sending(&fits, &[PNG]), [(fits.clone(), true, id(0), true)]);
        assert_eq!(sending("", &[]), [(String::new(), false, id(0), true)], "refused where it is sent");
    }

    #[test]
    fn a_name_is_a_name_and_nothing_else() {
        for (given, clean) in [
            ("foto.png", "foto.png"),
            ("C:\\Users\\Rani\\foto.png", "foto.png"),
            ("../../etc/passwd", "passwd"),
            ("..", ""),
            ("a\u{202e}gpj.exe", "agpj.exe"),
            ("a\r\nX: y.pdf", "aX: y.pdf"),
            (" daftar harga.pdf ", "daftar harga.pdf"),
        ] {
            assert_eq!(clean_name(given), clean, "{given:?}");
        }
        let long = format!("{}.pdf", "é".repeat(400));
        assert!(clean_name(&long).ends_with(".pdf") && clean_name(&long).chars().count() == MAX_NAME);
    }

    #[test]
    fn a_recording_is_a_voice_message_and_stereo_is_none() {
        let recorded = NewFile::judge(Bytes::from_static(include_bytes!("files/voice.webm")), "Pesan suara.WebM").unwrap();
        assert_eq!((recorded.kind, recorded.mime, recorded.voice), (FileKind::Audio, "audio/ogg", true));
        assert_eq!(recorded.name, "Pesan suara.ogg");
        assert!(recorded.bytes.starts_with(b"OggS"));
        assert!(NewFile::judge(Bytes::from_static(OPUS), "a").unwrap().voice);
        let mut stereo = OPUS.to_vec();
        stereo[37] = 2;
        assert!(!NewFile::judge(stereo.into(), "a").unwrap().voice);
        assert!(!NewFile::judge(Bytes::from_static(b"ID3\x03\0"), "a").unwrap().voice);
        assert!(NewFile::judge(Bytes::from_static(b"\x1a\x45\xdf\xa3 a film"), "a.webm").is_err());
        let mut large = voice::EBML.to_vec();
        large.resize((16 << 20) + 1, 0);
        assert_eq!(NewFile::judge(large.into(), "a.webm").err(), Some(AppError::invalid("file", Rule::TooLarge(16))));
    }

    #[test]
    fn limits_are_those_of_the_kind_found() {
        let mut photo = PNG.to_vec();
        photo.resize((5 << 20) + 1, 0);
        let refused = NewFile::judge(photo.into(), "besar.pdf").err();
        assert_eq!(refused, Some(AppError::invalid("file", Rule::TooLarge(5))));
        assert_eq!(NewFile::judge(Bytes::new(), "a.png").err(), Some(AppError::invalid("file", Rule::Missing)));
        assert_eq!(NewFile::judge(Bytes::from_static(b"MZ\x90\0"), "a.pdf").err(), Some(AppError::invalid("file", Rule::Unsupported)));
    }
}
