//! A photo and a voice note made of nothing, so that the demo's customer has something to send.

use std::iter;

/// A small PNG of a chair. `variant` changes its colour, so that two photos are not the same file.
pub fn photo(variant: u64) -> Vec<u8> {
    const WIDTH: u32 = 240;
    const HEIGHT: u32 = 180;
    let wood = [[0x8a, 0x5a, 0x2b], [0x5b, 0x3b, 0x1e], [0xb0, 0x7a, 0x3c], [0x3f, 0x6b, 0x4b]][(variant % 4) as usize];
    let mut rows = Vec::with_capacity((HEIGHT * (WIDTH * 3 + 1)) as usize);
    for y in 0..HEIGHT {
        // Each row starts with its filter: none.
        rows.push(0);
        for x in 0..WIDTH {
            let back = (84..156).contains(&x) && (28..96).contains(&y) && (y / 8 % 2 == 0 || !(92..148).contains(&x));
            let seat = (76..164).contains(&x) && (96..110).contains(&y);
            let legs = (80..90).contains(&x) || (150..160).contains(&x);
            let chair = back || seat || (legs && (110..158).contains(&y));
            let background = if y < 140 { [0xef, 0xe6, 0xd8] } else { [0xd9, 0xcb, 0xb5] };
            rows.extend(if chair { wood } else { background });
        }
    }
    let mut header = Vec::new();
    header.extend(WIDTH.to_be_bytes());
    header.extend(HEIGHT.to_be_bytes());
    // Eight bits, red green blue, and the only compression, filtering and no interlacing there is.
    header.extend([8, 2, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, data) in [(b"IHDR", header), (b"IDAT", zlib_stored(&rows)), (b"IEND", Vec::new())] {
        png.extend((data.len() as u32).to_be_bytes());
        let start = png.len();
        png.extend(name);
        png.extend(&data);
        let crc = crc(&png[start..], 0xedb8_8320, true);
        png.extend(crc.to_be_bytes());
    }
    png
}

/// A zlib stream of stored blocks: larger than need be, but a compressor is not what the sandbox is for.
fn zlib_stored(data: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let mut blocks = data.chunks(0xffff).peekable();
    while let Some(block) = blocks.next() {
        let length = block.len() as u16;
        stream.push(u8::from(blocks.peek().is_none()));
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend(block);
    }
    let (a, b) = data.iter().fold((1u32, 0u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65521;
        (a, (b + a) % 65521)
    });
    stream.extend((b << 16 | a).to_be_bytes());
    stream
}

/// Two seconds of silence as Ogg Opus, WhatsApp's form of a voice note.
pub fn voice() -> Vec<u8> {
    const FRAMES: usize = 100;
    /// An Opus frame of 20 ms without sound.
    const SILENCE: [u8; 3] = [0xf8, 0xff, 0xfe];
    /// Of 48 kHz, which Opus always counts in.
    const SAMPLES_PER_FRAME: u64 = 960;
    let head = [b"OpusHead".as_slice(), &[1, 1, 0, 0], &48_000u32.to_le_bytes(), &[0, 0, 0]].concat();
    let tags = [b"OpusTags".as_slice(), &7u32.to_le_bytes(), b"sandbox", &0u32.to_le_bytes()].concat();
    let mut file = ogg_page(2, 0, 0, &[&head]);
    file.extend(ogg_page(0, 0, 1, &[&tags]));
    let frames: Vec<&[u8]> = iter::repeat_n(SILENCE.as_slice(), FRAMES).collect();
    file.extend(ogg_page(4, FRAMES as u64 * SAMPLES_PER_FRAME, 2, &frames));
    file
}

/// One page with whole packets, each shorter than 255 bytes.
fn ogg_page(flags: u8, granule: u64, sequence: u32, packets: &[&[u8]]) -> Vec<u8> {
    let mut page = b"OggS\0".to_vec();
    page.push(flags);
    page.extend(granule.to_le_bytes());
    page.extend(1u32.to_le_bytes());
    page.extend(sequence.to_le_bytes());
    page.extend([0; 4]);
    page.push(packets.len() as u8);
    page.extend(packets.iter().map(|packet| packet.len() as u8));
    packets.iter().for_each(|packet| page.extend(*packet));
    let crc = crc(&page, 0x04c1_1db7, false);
    page[22..26].copy_from_slice(&crc.to_le_bytes());
    page
}

/// CRC-32: PNG's (bits reflected, inverted at both ends) or Ogg's (neither).
fn crc(data: &[u8], polynomial: u32, reflected: bool) -> u32 {
    let mut crc = if reflected { u32::MAX } else { 0 };
    for byte in data {
        crc ^= if reflected { u32::from(*byte) } else { u32::from(*byte) << 24 };
        for _ in 0..8 {
            crc = match reflected {
                true if crc & 1 == 1 => crc >> 1 ^ polynomial,
                true => crc >> 1,
                false if crc >> 31 == 1 => crc << 1 ^ polynomial,
                false => crc << 1,
            };
        }
    }
    if reflected { !crc } else { crc }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksums_are_the_published_ones() {
        assert_eq!(crc(b"123456789", 0xedb8_8320, true), 0xcbf4_3926);
        assert_eq!(crc(b"IEND", 0xedb8_8320, true), 0xae42_6082);
        assert_eq!(crc(b"123456789", 0x04c1_1db7, false), 0x89a1_897f);
    }

    #[test]
    fn the_files_begin_as_their_kinds_do_and_fit() {
        let photo = photo(0);
        assert!(photo.starts_with(b"\x89PNG") && photo.ends_with(&[0xae, 0x42, 0x60, 0x82]) && photo.len() < 200_000);
        assert!(voice().starts_with(b"OggS"));
    }
}
