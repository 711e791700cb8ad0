//! Files that are sent: what WhatsApp takes of each kind. The rules alone; the server judges by the bytes, the browser only warns early.

/// WhatsApp's limit for the words under a picture, film or document, in characters (protocols: "caption ≤ 1024").
pub const MAX_CAPTION: usize = 1024;
/// One MB as WhatsApp counts its limits.
const MB: usize = 1 << 20;

/// As which kind of message a file goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    Image,
    Video,
    Audio,
    Document,
}

impl FileKind {
    /// WhatsApp's name of the message type.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Document => "document",
        }
    }

    /// The kind that a file is sent as, going by what the browser takes it for.
    pub fn of(mime: &str) -> Self {
        match mime.split('/').next() {
            Some("image") => Self::Image,
            Some("video") => Self::Video,
            Some("audio") => Self::Audio,
            _ => Self::Document,
        }
    }

    /// The most that WhatsApp takes, in MB (Meta, "Supported media types").
    pub fn most_megabytes(self) -> u32 {
        match self {
            Self::Image => 5,
            Self::Video | Self::Audio => 16,
            Self::Document => 100,
        }
    }

    /// Whether so many bytes are too many.
    pub fn is_exceeded_by(self, bytes: usize) -> bool {
        bytes > self.most_megabytes() as usize * MB
    }

    /// Whether words can stand under it.
    pub fn has_caption(self) -> bool {
        self != Self::Audio
    }
}

/// What file choosers offer: WhatsApp's types, and all pictures, which the browser makes fit.
pub const ACCEPTED: &str = "image/*,video/mp4,video/3gpp,audio/*,.pdf,.doc,.docx,.xls,.xlsx,.ppt,.pptx,.txt,.csv";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_limit_to_the_byte() {
        for (kind, megabytes) in [(FileKind::Image, 5), (FileKind::Video, 16), (FileKind::Audio, 16), (FileKind::Document, 100)] {
            assert!(!kind.is_exceeded_by(megabytes * MB), "{kind:?}");
            assert!(kind.is_exceeded_by(megabytes * MB + 1), "{kind:?}");
        }
    }

    #[test]
    fn what_the_browser_does_not_know_is_a_document() {
        for (mime, kind) in [
            ("image/heic", FileKind::Image),
            ("video/mp4", FileKind::Video),
            ("audio/ogg", FileKind::Audio),
            ("application/pdf", FileKind::Document),
            ("", FileKind::Document),
        ] {
            assert_eq!(FileKind::of(mime), kind, "{mime}");
        }
    }
}
