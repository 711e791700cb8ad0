//! What a file is, by its bytes.

use super::{clean_name, voice};
use crate::inbox::files::FileKind;

/// A type that WhatsApp takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    pub kind: FileKind,
    pub mime: &'static str,
    /// How names of this type end; the first is given to those that end otherwise.
    endings: &'static [&'static str],
}

impl Found {
    const fn new(kind: FileKind, mime: &'static str, endings: &'static [&'static str]) -> Self {
        Self { kind, mime, endings }
    }

    /// The name with an ending that says what it is: a phone goes by it.
    pub fn name(&self, given: &str) -> String {
        let name = clean_name(given);
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
        match (name.is_empty(), self.endings.contains(&ending.as_str())) {
            (true, _) => format!("{}.{}", self.kind.as_str(), self.endings[0]),
            (_, true) => name,
            (_, false) => format!("{name}.{}", self.endings[0]),
        }
    }
}

const JPEG: Found = Found::new(FileKind::Image, "image/jpeg", &["jpg", "jpeg", "jfif"]);
const PNG: Found = Found::new(FileKind::Image, "image/png", &["png"]);
const MP4: Found = Found::new(FileKind::Video, "video/mp4", &["mp4", "m4v"]);
const THREE_GP: Found = Found::new(FileKind::Video, "video/3gpp", &["3gp", "3gpp"]);
const M4A: Found = Found::new(FileKind::Audio, "audio/mp4", &["m4a", "mp4", "m4b"]);
const OGG: Found = Found::new(FileKind::Audio, "audio/ogg", &["ogg", "oga", "opus"]);
const MP3: Found = Found::new(FileKind::Audio, "audio/mpeg", &["mp3", "mpga"]);
const AAC: Found = Found::new(FileKind::Audio, "audio/aac", &["aac"]);
const AMR: Found = Found::new(FileKind::Audio, "audio/amr", &["amr", "3ga"]);
const PDF: Found = Found::new(FileKind::Document, "application/pdf", &["pdf"]);
const DOC: Found = Found::new(FileKind::Document, "application/msword", &["doc", "dot"]);
const XLS: Found = Found::new(FileKind::Document, "application/vnd.ms-excel", &["xls", "xlt"]);
const PPT: Found = Found::new(FileKind::Document, "application/vnd.ms-powerpoint", &["ppt", "pps", "pot"]);
const DOCX: Found = Found::new(FileKind::Document, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", &["docx"]);
const XLSX: Found = Found::new(FileKind::Document, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", &["xlsx"]);
const PPTX: Found = Found::new(FileKind::Document, "application/vnd.openxmlformats-officedocument.presentationml.presentation", &["pptx"]);
const TEXT: Found = Found::new(FileKind::Document, "text/plain", &["txt", "csv", "tsv", "log", "md", "json", "xml", "ics", "vcf"]);

/// The type of a file. The name decides only among the old Office formats, which share one container. None for what WhatsApp does not take: an
/// Ogg file with another codec, a QuickTime film, HEIC, GIF and whatever is unknown.
pub fn kind_of(bytes: &[u8], name: &str) -> Option<Found> {
    let begins = |mark: &[u8]| bytes.starts_with(mark);
    match bytes {
        _ if begins(&[0xff, 0xd8, 0xff]) => Some(JPEG),
        _ if begins(b"\x89PNG\r\n\x1a\n") => Some(PNG),
        _ if bytes.get(4..8) == Some(b"ftyp") => of_brand(bytes.get(8..12)?).map(|found| if is_sound(bytes) { M4A } else { found }),
        _ if begins(b"OggS") => voice::is_opus(bytes).then_some(OGG),
        _ if begins(b"#!AMR") => Some(AMR),
        _ if begins(b"%PDF-") => Some(PDF),
        _ if begins(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") => old_office(name),
        _ if begins(b"PK\x03\x04") => office(bytes),
        _ if begins(b"ID3") => Some(MP3),
        // Two bytes of frame header are also how UTF-16 begins: it is told apart by what cannot be a frame.
        [0xff, second, ..] if second & 0xf6 == 0xf0 => Some(AAC),
        [0xff, second, ..] if second & 0xe0 == 0xe0 && second & 0x18 != 0x08 && second & 0x06 != 0 && *second != 0xfe => Some(MP3),
        _ => (is_called_text(name) && is_text(bytes)).then_some(TEXT),
    }
}

/// Whether a name ends as texts do, or not at all. A drawing or a page that is made of text is none to its reader.
fn is_called_text(name: &str) -> bool {
    name.rsplit_once('.').is_none_or(|(_, ending)| TEXT.endings.contains(&ending.to_ascii_lowercase().as_str()))
}

/// ISO base media files by their main brand (ISO/IEC 14496-12, section 4.3).
fn of_brand(brand: &[u8]) -> Option<Found> {
    match brand {
        b"M4A " | b"M4B " => Some(M4A),
        [b'3', b'g', ..] => Some(THREE_GP),
        b"isom" | b"iso2" | b"iso3" | b"iso4" | b"iso5" | b"iso6" | b"mp41" | b"mp42" | b"avc1" | b"M4V " | b"MSNV" | b"dash" | b"f4v " => {
            Some(MP4)
        }
        _ => None,
    }
}

/// Whether an ISO base media file has sound and no picture, by the handlers of its tracks (ISO/IEC 14496-12, section 8.4.3): browsers that record sound into
/// one give it the brand of films.
fn is_sound(bytes: &[u8]) -> bool {
    let mut handlers = bytes.windows(16).filter(|window| window.starts_with(b"hdlr")).map(|window| &window[12..]).peekable();
    handlers.peek().is_some() && handlers.all(|handler| handler != b"vide")
}

fn old_office(name: &str) -> Option<Found> {
    let ending = name.rsplit_once('.')?.1.to_ascii_lowercase();
    [DOC, XLS, PPT].into_iter().find(|found| found.endings.contains(&ending.as_str()))
}

/// Office Open XML by the part that each has. File names stand uncompressed in a ZIP archive.
fn office(bytes: &[u8]) -> Option<Found> {
    let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    [(DOCX, &b"word/document"[..]), (XLSX, b"xl/workbook"), (PPTX, b"ppt/presentation")]
        .into_iter()
        .find(|(_, part)| has(part))
        .map(|(found, _)| found)
}

/// UTF-8 without anything that is no text.
fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_whatsapp_takes_is_known_by_its_bytes() {
        let opus = b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x13OpusHead\x01\x01";
        let files: [(&[u8], &str, Found); 21] = [
            (b"\xff\xd8\xff\xe0\0\x10JFIF", "foto.png", JPEG),
            (b"\x89PNG\r\n\x1a\n\0\0", "x", PNG),
            (b"\0\0\0\x18ftypmp42\0\0", "a.mov", MP4),
            (b"\0\0\0\x20ftypisom\0\0", "", MP4),
            (b"\0\0\0\x18ftyp3gp4\0\0", "a", THREE_GP),
            (b"\0\0\0\x20ftypM4A \0\0", "a.mp4", M4A),
            (b"\0\0\0\x18ftypisom....hdlr\0\0\0\0\0\0\0\0soun....", "suara.mp4", M4A),
            (b"\0\0\0\x18ftypisom....hdlr\0\0\0\0\0\0\0\0soun....hdlr\0\0\0\0\0\0\0\0vide", "a", MP4),
            (opus, "suara.webm", OGG),
            (b"#!AMR\n\x3c", "", AMR),
            (b"#!AMR-WB\n\x3c", "", AMR),
            (b"ID3\x03\0", "", MP3),
            (b"\xff\xfb\x90\x64", "", MP3),
            (b"\xff\xf1\x50\x80", "", AAC),
            (b"%PDF-1.7\n", "a.txt", PDF),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1..", "Surat.DOC", DOC),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1..", "harga.xls", XLS),
            (b"PK\x03\x04....[Content_Types].xml....word/document.xml", "", DOCX),
            (b"PK\x03\x04....xl/workbook.xml", "a.zip", XLSX),
            (b"PK\x03\x04....ppt/presentation.xml", "", PPTX),
            ("nama;harga\r\nkopi;Rp\u{a0}15.000\n".as_bytes(), "harga.csv", TEXT),
        ];
        for (bytes, name, found) in files {
            assert_eq!(kind_of(bytes, name), Some(found), "{name} {:?}", &bytes[..4]);
        }
    }

    #[test]
    fn what_it_does_not_take_is_refused_whatever_it_calls_itself() {
        let vorbis = b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x1e\x01vorbis";
        let files: [(&[u8], &str); 14] = [
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "logo.svg"),
            (b"<script>alert(1)</script>", "page.html"),
            (b"MZ\x90\0", "a.pdf"),
            (b"GIF89a..", "a.gif"),
            (b"RIFF\x10\0\0\0WEBPVP8 ", "a.jpg"),
            (vorbis, "a.ogg"),
            (b"OggS", "a.ogg"),
            (b"\0\0\0\x18ftypheic", "a.jpg"),
            (b"\0\0\0\x18ftypqt  ", "a.mp4"),
            (b"\0\0\0\x18ftyp", "a.mp4"),
            (b"PK\x03\x04....AndroidManifest.xml", "a.docx"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1..", "a.msi"),
            (b"\xff\xfeh\0a\0l\0o\0", "utf16.txt"),
            (b"a\0b", "a.txt"),
        ];
        for (bytes, name) in files {
            assert_eq!(kind_of(bytes, name), None, "{name} {:?}", &bytes[..bytes.len().min(4)]);
        }
    }

    #[test]
    fn the_ending_says_what_it_is() {
        assert_eq!(PDF.name("harga.pdf"), "harga.pdf");
        assert_eq!(PDF.name("harga.PDF"), "harga.PDF");
        assert_eq!(PDF.name("setup.exe"), "setup.exe.pdf");
        assert_eq!(JPEG.name(""), "image.jpg");
        assert_eq!(TEXT.name("kontak.vcf"), "kontak.vcf");
    }
}
