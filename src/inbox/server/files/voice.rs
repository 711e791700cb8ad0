//! Voice messages. WhatsApp takes them as Opus in an Ogg file, one channel (protocols, "Media"); most browsers record the very same Opus, but into a WebM
//! file. The packets are put from the one container into the other as they are: nothing is heard twice, nothing is encoded anew.

use matroska_demuxer::{Frame, MatroskaFile};
use ogg::{PacketWriteEndInfo, PacketWriter};
use std::io::Cursor;

/// How every EBML file begins, and so every WebM file (RFC 8794, section 11.2.1).
pub const EBML: &[u8] = &[0x1a, 0x45, 0xdf, 0xa3];
/// Where the identification header of Opus stands in the first page of an Ogg file (RFC 7845, section 3; RFC 3533, section 6).
const HEAD_AT: usize = 28;
/// The identification header's mark, and its length where all channels are coupled the plain way (RFC 7845, section 5.1).
const HEAD: &[u8] = b"OpusHead";
const HEAD_LENGTH: usize = 19;
/// Where in it the number of channels stands.
const CHANNELS: usize = 9;
/// The comment header, without comments: mark, who wrote it, how many comments follow (RFC 7845, section 5.2).
const TAGS: &[u8] = b"OpusTags\x09\0\0\0my21staff\0\0\0\0";
/// The number of the only stream in the file. The same file made again is the same bytes.
const SERIAL: u32 = 21;
/// Samples that a page holds before the next one begins: a second. Opus counts 48,000 in each, whatever was recorded.
const PAGE: u64 = 48_000;
/// The most samples of a packet: 120 ms (RFC 6716, section 3.2.5).
const LONGEST_PACKET: u64 = 5_760;
/// Packets of the longest voice message that is taken over: a day of the shortest. What claims more is no recording.
const MOST_PACKETS: usize = 1 << 25;

/// Whether a file holds Opus in Ogg.
pub fn is_opus(ogg: &[u8]) -> bool {
    ogg.get(HEAD_AT..).is_some_and(|head| head.starts_with(HEAD))
}

/// Whether what [`is_opus`] is one voice: WhatsApp plays only one channel as a voice message.
pub fn is_one_voice(ogg: &[u8]) -> bool {
    is_opus(ogg) && ogg.get(HEAD_AT + CHANNELS) == Some(&1)
}

/// An Ogg file of what a WebM file holds. None where that is not exactly one voice in Opus: films, several tracks, two channels, nothing at all, and what
/// is broken before its first packet. What breaks off later was cut short while it was recorded; what came until then is taken.
pub fn from_webm(webm: &[u8]) -> Option<Vec<u8>> {
    let mut file = MatroskaFile::open(Cursor::new(webm)).ok()?;
    let [track] = file.tracks() else { return None };
    let head = track.codec_private()?;
    if track.codec_id() != "A_OPUS" || head.len() != HEAD_LENGTH || !head.starts_with(HEAD) || head[CHANNELS] != 1 {
        return None;
    }
    let (number, head) = (track.track_number().get(), head.to_vec());
    let mut ogg = PacketWriter::new(Vec::with_capacity(webm.len() + webm.len() / 16));
    ogg.write_packet(head, SERIAL, PacketWriteEndInfo::EndPage, 0).ok()?;
    ogg.write_packet(TAGS, SERIAL, PacketWriteEndInfo::EndPage, 0).ok()?;
    let (mut samples, mut on_page) = (0, 0);
    let mut waiting: Option<(Vec<u8>, u64)> = None;
    let mut frame = Frame::default();
    for _ in 0..MOST_PACKETS {
        if !file.next_frame(&mut frame).unwrap_or(false) {
            break;
        }
        if frame.track != number {
            continue;
        }
        let Some(length) = samples_of(&frame.data) else { break };
        // A packet is written when the next one is known, for the last one says that it is.
        if let Some((packet, length)) = waiting.replace((std::mem::take(&mut frame.data), length)) {
            samples += length;
            on_page += length;
            let full = on_page >= PAGE;
            let end = if full { PacketWriteEndInfo::EndPage } else { PacketWriteEndInfo::NormalPacket };
            on_page = if full { 0 } else { on_page };
            ogg.write_packet(packet, SERIAL, end, samples).ok()?;
        }
    }
    let (packet, length) = waiting?;
    ogg.write_packet(packet, SERIAL, PacketWriteEndInfo::EndStream, samples + length).ok()?;
    Some(ogg.into_inner())
}

/// How many samples a packet of Opus holds, by its first byte (RFC 6716, section 3.1). None for what is no packet.
fn samples_of(packet: &[u8]) -> Option<u64> {
    let first = *packet.first()?;
    let frame = match first >> 3 {
        // Speech: 10, 20, 40, 60 ms; both: 10, 20 ms; music: 2.5, 5, 10, 20 ms.
        config @ 0..=11 => [480, 960, 1_920, 2_880][usize::from(config % 4)],
        config @ 12..=15 => [480, 960][usize::from(config % 2)],
        config => [120, 240, 480, 960][usize::from(config % 4)],
    };
    let frames = match first & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u64::from(packet.get(1)? & 0x3f),
    };
    Some(frame * frames).filter(|samples| (1..=LONGEST_PACKET).contains(samples))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ogg::PacketReader;

    /// Three seconds as Chromium 156 records them.
    const RECORDED: &[u8] = include_bytes!("voice.webm");

    /// The packets of an Ogg file, each with the position at the end of its page and whether it is the last.
    fn packets(ogg: &[u8]) -> Vec<(Vec<u8>, u64, bool)> {
        let mut reader = PacketReader::new(Cursor::new(ogg));
        std::iter::from_fn(|| reader.read_packet().expect("a whole file"))
            .map(|packet| (packet.data.clone(), packet.absgp_page(), packet.last_in_stream()))
            .collect()
    }

    fn frames(webm: &[u8]) -> Vec<Vec<u8>> {
        let mut file = MatroskaFile::open(Cursor::new(webm)).expect("a file");
        let mut frame = Frame::default();
        std::iter::from_fn(|| file.next_frame(&mut frame).expect("a frame").then(|| frame.data.clone())).collect()
    }

    #[test]
    fn a_recording_changes_its_container_and_nothing_else() {
        let ogg = from_webm(RECORDED).expect("a voice");
        assert!(is_opus(&ogg) && is_one_voice(&ogg));
        let packets = packets(&ogg);
        assert_eq!((packets[0].0.len(), packets[0].1), (HEAD_LENGTH, 0));
        assert!(packets[0].0.starts_with(HEAD) && packets[1].0.starts_with(b"OpusTags"));
        let sound: Vec<_> = packets[2..].iter().map(|(data, ..)| data.clone()).collect();
        assert_eq!(sound, frames(RECORDED), "packet by packet");
        let (_, length, last) = packets.last().expect("packets");
        assert!(*last && (2 * PAGE..4 * PAGE).contains(length), "three seconds, {length} samples");
        assert!(packets[2].1 <= PAGE + LONGEST_PACKET, "a page is about a second");
        assert_eq!(from_webm(RECORDED), Some(ogg), "the same file again is the same bytes");
    }

    #[test]
    fn what_breaks_off_is_taken_as_far_as_it_came() {
        let whole = from_webm(RECORDED).expect("a voice");
        let half = from_webm(&RECORDED[..RECORDED.len() / 2]).expect("a voice");
        let (whole, half) = (packets(&whole), packets(&half));
        assert!(half.len() > 10 && half.len() < whole.len());
        assert!(half.iter().zip(&whole).all(|(half, whole)| half.0 == whole.0));
        assert!(half.last().expect("packets").2, "and ends properly");
        assert_eq!(from_webm(&RECORDED[..160]), None, "nothing was said yet");
    }

    #[test]
    fn nothing_that_is_broken_breaks_us() {
        let mut taken = 0;
        for at in (0..RECORDED.len()).step_by(3) {
            for byte in [0x00, 0x01, 0x7f, 0xff] {
                let mut broken = RECORDED.to_vec();
                broken[at] = byte;
                if let Some(ogg) = from_webm(&broken) {
                    assert!(is_one_voice(&ogg));
                    packets(&ogg);
                    taken += 1;
                }
            }
            from_webm(&RECORDED[..at]);
        }
        assert!(taken > 1_000, "most of a recording is sound, which may be anything: {taken}");
    }

    #[test]
    fn two_channels_and_films_are_no_voice() {
        let changed = |from: &[u8], to: &[u8]| {
            let at = RECORDED.windows(from.len()).position(|window| window == from).expect("it is there");
            let mut changed = RECORDED.to_vec();
            changed[at..at + to.len()].copy_from_slice(to);
            from_webm(&changed)
        };
        assert!(changed(b"OpusHead\x01\x01", b"OpusHead\x01\x01").is_some());
        assert_eq!(changed(b"OpusHead\x01\x01", b"OpusHead\x01\x02"), None);
        assert_eq!(changed(b"A_OPUS", b"A_FLAC"), None);
        assert_eq!(from_webm(b""), None);
        assert_eq!(from_webm(EBML), None);
    }

    #[test]
    fn a_packet_says_how_long_it_is() {
        // The first byte of a packet: five bits of configuration, one of channels, two of how many frames.
        let packet = |config: u8, code: u8| [config << 3 | code, 3];
        for (config, code, samples) in
            [(0, 0, 480), (3, 0, 2_880), (12, 0, 480), (13, 1, 1_920), (16, 0, 120), (31, 0, 960), (31, 3, 2_880), (15, 2, 1_920)]
        {
            assert_eq!(samples_of(&packet(config, code)), Some(samples), "{config} {code}");
        }
        assert_eq!(samples_of(&[]), None);
        assert_eq!(samples_of(&[3 << 3 | 3, 48]), None, "longer than a packet may be");
        assert_eq!(samples_of(&[3, 0]), None, "no frames");
        assert_eq!(samples_of(&[3]), None);
    }
}
