//! Voice messages. WhatsApp takes them as Opus in an Ogg file, one channel (protocols, "Media"); most browsers record the very same Opus, but into a WebM
//! file. The packets are put from the one container into the other as they are: nothing is heard twice, nothing is encoded anew.
//!
//! The WebM file is read by hand, because it comes from anybody: the one reader of its kind that is kept well (matroska-demuxer 0.8.1) runs for ever on some
//! files of thirty bytes, and takes twenty times a file's size. Here each byte is passed once and nothing is kept but the packet at hand.

use ogg::{PacketWriteEndInfo, PacketWriter};

/// How every EBML file begins, and so every WebM file (RFC 8794, section 11.2.1).
pub const EBML: &[u8] = &[0x1a, 0x45, 0xdf, 0xa3];
/// Where the identification header of Opus stands in the first page of an Ogg file (RFC 7845, section 3; RFC 3533, section 6).
const HEAD_AT: usize = 28;
/// The identification header's mark, and its length where the channels are one or left and right (mapping family 0; RFC 7845, section 5.1).
const HEAD: &[u8] = b"OpusHead";
const HEAD_LENGTH: usize = 19;
/// Where in it the number of channels and the mapping family stand.
const CHANNELS: usize = 9;
const FAMILY: usize = 18;
/// The comment header, without comments: mark, who wrote it, how many comments follow (RFC 7845, section 5.2).
const TAGS: &[u8] = b"OpusTags\x09\0\0\0my21staff\0\0\0\0";
/// The number of the only stream in the file. The same file made again is the same bytes.
const SERIAL: u32 = 21;
/// Samples that a page holds before the next one begins: a second. Opus counts 48,000 in each, whatever was recorded.
const PAGE: u64 = 48_000;
/// The most samples of a packet: 120 ms (RFC 6716, section 3.2.5).
const LONGEST_PACKET: u64 = 5_760;

/// Whether a file holds Opus in Ogg.
pub fn is_opus(ogg: &[u8]) -> bool {
    ogg.get(HEAD_AT..).is_some_and(|head| head.starts_with(HEAD))
}

/// Whether what [`is_opus`] has one channel: WhatsApp plays nothing else as a voice message.
pub fn is_one_voice(ogg: &[u8]) -> bool {
    is_opus(ogg) && ogg.get(HEAD_AT + CHANNELS) == Some(&1)
}

/// An Ogg file of what a WebM file holds. None where that is not sound in Opus and nothing else: films, several tracks, nothing at all, and what is broken
/// before its first packet. What breaks off later was cut short while it was recorded; what came until then is taken.
pub fn from_webm(webm: &[u8]) -> Option<Vec<u8>> {
    let mut blocks = Blocks { rest: webm, track: None };
    let first = blocks.next()?;
    let Track { head, .. } = blocks.track?;
    let mut ogg = PacketWriter::new(Vec::with_capacity(webm.len()));
    ogg.write_packet(head, SERIAL, PacketWriteEndInfo::EndPage, 0).ok()?;
    ogg.write_packet(TAGS, SERIAL, PacketWriteEndInfo::EndPage, 0).ok()?;
    let (mut samples, mut on_page) = (0, 0);
    let mut packet = Some(first);
    while let Some((data, length)) = packet {
        samples += length;
        on_page += length;
        packet = blocks.next();
        let end = match packet {
            None => PacketWriteEndInfo::EndStream,
            Some(_) if on_page >= PAGE => {
                on_page = 0;
                PacketWriteEndInfo::EndPage
            }
            Some(_) => PacketWriteEndInfo::NormalPacket,
        };
        ogg.write_packet(data, SERIAL, end, samples).ok()?;
    }
    Some(ogg.into_inner())
}

/// The packets of a WebM file in their order, each with its length in samples; and the track that they belong to, once it was told.
struct Blocks<'a> {
    rest: &'a [u8],
    track: Option<Track<'a>>,
}

#[derive(Clone, Copy)]
struct Track<'a> {
    number: u64,
    /// The identification header of Opus.
    head: &'a [u8],
}

/// What is looked at in a WebM file (RFC 9559, section 5.1).
mod id {
    pub const SEGMENT: u64 = 0x1853_8067;
    pub const TRACKS: u64 = 0x1654_ae6b;
    pub const TRACK: u64 = 0xae;
    pub const TRACK_NUMBER: u64 = 0xd7;
    pub const CODEC: u64 = 0x86;
    pub const CODEC_PRIVATE: u64 = 0x63a2;
    pub const ENCODINGS: u64 = 0x6d80;
    pub const CLUSTER: u64 = 0x1f43_b675;
    pub const BLOCK_GROUP: u64 = 0xa0;
    pub const BLOCK: u64 = 0xa1;
    pub const SIMPLE_BLOCK: u64 = 0xa3;
}

impl<'a> Iterator for Blocks<'a> {
    type Item = (&'a [u8], u64);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (id, size) = element(&mut self.rest)?;
            match id {
                // Gone into rather than passed over: while it is recorded nobody knows how long they become, and they say so.
                id::SEGMENT | id::CLUSTER | id::BLOCK_GROUP => {}
                id::TRACKS => {
                    let tracks = take(&mut self.rest, size?)?;
                    // Two sets of tracks are none.
                    self.track = if self.track.is_none() { Some(only_track(tracks)?) } else { return None };
                }
                id::SIMPLE_BLOCK | id::BLOCK => {
                    let mut block = take(&mut self.rest, size?)?;
                    let number = number(&mut block)?;
                    // Two bytes of time, which the packets tell better, and the flags, of which two say that several packets share the block.
                    let [_, _, flags, packet @ ..] = block else { return None };
                    let mine = self.track.is_some_and(|track| track.number == number) && flags & 0x06 == 0;
                    return samples_of(packet).filter(|_| mine).map(|samples| (packet, samples));
                }
                _ => {
                    take(&mut self.rest, size?)?;
                }
            }
        }
    }
}

/// The track, if it is the only one and holds Opus.
fn only_track(mut tracks: &[u8]) -> Option<Track<'_>> {
    let mut only = None;
    while !tracks.is_empty() {
        let (id, size) = element(&mut tracks)?;
        let mut inside = take(&mut tracks, size?)?;
        if id != id::TRACK {
            continue;
        }
        let (mut track_number, mut codec, mut head) = (None, None, None);
        while !inside.is_empty() {
            let (id, size) = element(&mut inside)?;
            let value = take(&mut inside, size?)?;
            match id {
                id::TRACK_NUMBER => {
                    track_number = value.iter().try_fold(0u64, |sum, byte| sum.checked_mul(256)?.checked_add(u64::from(*byte)))
                }
                id::CODEC => codec = Some(value),
                id::CODEC_PRIVATE => head = Some(value),
                id::ENCODINGS => return None,
                _ => {}
            }
        }
        let head = head.filter(|head| {
            codec == Some(b"A_OPUS")
                && head.len() == HEAD_LENGTH
                && head.starts_with(HEAD)
                && matches!(head[CHANNELS], 1 | 2)
                && head[FAMILY] == 0
        })?;
        if only.replace(Track { number: track_number?, head }).is_some() {
            return None;
        }
    }
    only
}

/// An element's id, and its size where it is known (RFC 8794, sections 5 and 6).
fn element(bytes: &mut &[u8]) -> Option<(u64, Option<usize>)> {
    // An id is told with its length's mark, a size without.
    let length = bytes.first()?.leading_zeros() as usize + 1;
    let id = take(bytes, length).filter(|_| length <= 4)?.iter().fold(0, |id, byte| id << 8 | u64::from(*byte));
    let length = bytes.first()?.leading_zeros() as usize + 1;
    let size = number(bytes)?;
    let unknown = size == (1u64 << (7 * length)) - 1;
    Some((id, (!unknown).then(|| usize::try_from(size).ok()).flatten()))
}

/// A number of variable length, without its length's mark.
fn number(bytes: &mut &[u8]) -> Option<u64> {
    let first = *bytes.first()?;
    let length = first.leading_zeros() as usize + 1;
    let rest = take(bytes, length).filter(|_| length <= 8)?;
    let value = u64::from(first) & ((1 << (8 - length)) - 1);
    Some(rest[1..].iter().fold(value, |value, byte| value << 8 | u64::from(*byte)))
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
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
    use std::io::Cursor;

    /// Three seconds as Chromium 156 records them.
    const RECORDED: &[u8] = include_bytes!("voice.webm");

    /// The packets of an Ogg file, each with the position at the end of its page and whether it is the last.
    fn packets(ogg: &[u8]) -> Vec<(Vec<u8>, u64, bool)> {
        let mut reader = PacketReader::new(Cursor::new(ogg));
        std::iter::from_fn(|| reader.read_packet().expect("a whole file"))
            .map(|packet| (packet.data.clone(), packet.absgp_page(), packet.last_in_stream()))
            .collect()
    }

    #[test]
    fn a_recording_changes_its_container_and_nothing_else() {
        let ogg = from_webm(RECORDED).expect("a voice");
        assert!(is_opus(&ogg) && is_one_voice(&ogg));
        let packets = packets(&ogg);
        assert_eq!((packets[0].0.len(), packets[0].1), (HEAD_LENGTH, 0));
        assert!(packets[0].0.starts_with(HEAD) && packets[1].0.starts_with(b"OpusTags"));
        let sound: Vec<_> = packets[2..].iter().map(|(data, ..)| data.clone()).collect();
        // In the file as they stand there, one after the other.
        let cluster = RECORDED.windows(4).position(|window| window == b"\x1f\x43\xb6\x75").expect("a cluster");
        let mut rest = &RECORDED[cluster..];
        for packet in &sound {
            let at = rest.windows(packet.len()).position(|window| window == packet).expect("as it was recorded");
            assert!(at < 64, "nothing between two packets but their headers: {at}");
            rest = &rest[at + packet.len()..];
        }
        assert!(rest.len() < 64, "to the end: {}", rest.len());
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
        for at in 0..RECORDED.len() {
            for byte in [0x00, 0x01, 0x7f, 0xa3, 0xbf, 0xff] {
                let mut broken = RECORDED.to_vec();
                broken[at] = byte;
                if let Some(ogg) = from_webm(&broken) {
                    assert!(is_opus(&ogg));
                    taken += 1;
                }
            }
            from_webm(&RECORDED[..at]);
        }
        assert!(taken > 1_000, "most of a recording is sound, which may be anything: {taken}");
        // Each was the end of a reader: an element that begins where it stands, and millions of the smallest.
        let header = [EBML, b"\x8f\x42\x82\x84webm\x42\x87\x81\x04\x42\x85\x81\x02\x18\x53\x80\x67\xff"].concat();
        for inside in [
            &b"\xbf\x84\0\0\0\0"[..],
            b"\x11\x4d\x9b\x74\x8d\x4d\xbb\x8a\x53\xab\x84\x11\x4d\x9b\x74\x53\xac\x80",
            &b"\xec\x80".repeat(1 << 22),
        ] {
            assert_eq!(from_webm(&[&header, inside].concat()), None);
        }
    }

    #[test]
    fn two_channels_are_no_voice_and_films_are_refused() {
        let changed = |from: &[u8], to: &[u8]| {
            let at = RECORDED.windows(from.len()).position(|window| window == from).expect("it is there");
            let mut changed = RECORDED.to_vec();
            changed[at..at + to.len()].copy_from_slice(to);
            from_webm(&changed)
        };
        let stereo = changed(b"OpusHead\x01\x01", b"OpusHead\x01\x02").expect("sound");
        assert!(is_opus(&stereo) && !is_one_voice(&stereo));
        assert_eq!(changed(b"OpusHead\x01\x01", b"OpusHead\x01\x03"), None);
        assert_eq!(changed(b"A_OPUS", b"A_FLAC"), None);
        // Another track's sound, and a block of several packets.
        assert_eq!(changed(b"\xd7\x81\x01", b"\xd7\x81\x02"), None);
        assert_eq!(changed(b"\x81\0\0\x80", b"\x81\0\0\x84"), None);
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
