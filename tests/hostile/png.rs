//! PNGs that inflate, lie and go on for ever.

use tintype_pixels::Size;
use tintype_testkit::files;

use super::{Fate, Source, TOO_LARGE};
use crate::facade::{decoded, map};

/// Depth and color type of a PNG's header.
const GRAY8: [u8; 2] = [8, 0];
const RGB8: [u8; 2] = [8, 2];
const RGBA16: [u8; 2] = [16, 6];

/// Pixels of which none is there.
const NOTHING: &[u8] = b"\x78\x01\x03\0\0\0\0\x01";

pub(super) fn sources() -> Vec<Source> {
    let broken = Fate::Refused(422, 9516);
    let picture = map(Size::new(300, 200));
    let with = |kind: &[u8; 4], data: &[u8]| with_chunks(&picture, &chunk(kind, data));
    let many = |count: usize, kind: &[u8; 4], data: &[u8]| with_chunks(&picture, &chunk(kind, data).repeat(count));
    let text = |start: &[u8], bytes: usize| [start, &bomb(bytes)].concat();
    let nothing = |width, height| file(width, height, RGB8, &chunk(b"IDAT", NOTHING));
    let still = vec![
        ("huge-header.png", nothing(20_000, 20_000), TOO_LARGE),
        ("huge-side.png", nothing(70_000, 1), TOO_LARGE),
        // 10 MB that inflate to 1.6 GB: in a picture of 64x64 the rest is never looked at, in one that claims it all, the claim is.
        ("bomb-small.png", file(64, 64, RGB8, &chunk(b"IDAT", &bomb(10_000_000))), Fate::Either),
        ("bomb-claimed.png", file(40_000, 40_000, GRAY8, &chunk(b"IDAT", &bomb(10_000_000))), TOO_LARGE),
        ("bomb-deep.png", file(10_000, 10_000, RGBA16, &chunk(b"IDAT", &bomb(10_000_000))), TOO_LARGE),
        ("bomb-profile.png", with(b"iCCP", &text(b"x\0\0", 10_000_000)), Fate::Either),
        ("bomb-profiles.png", many(60, b"iCCP", &text(b"x\0\0", 100_000)), Fate::Either),
        ("bomb-text.png", with(b"zTXt", &text(b"x\0\0", 10_000_000)), Fate::Shown),
        ("bomb-texts.png", many(200, b"zTXt", &text(b"x\0\0", 50_000)), Fate::Shown),
        ("texts.png", with(b"iTXt", &text(b"x\0\x01\0\0\0", 10_000_000)), Fate::Shown),
        ("bomb-xmp.png", with(b"iTXt", &text(b"XML:com.adobe.xmp\0\x01\0\0\0", 1_000_000)), Fate::Either),
        (
            "large-xmp.png",
            with(b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0".as_slice(), &xmp(3_000_000)].concat()),
            Fate::Either,
        ),
        ("large-exif.png", with(b"eXIf", &vec![0; 16 << 20]), Fate::Either),
        ("exif-loop.png", with(b"eXIf", &super::exif_loop()), Fate::Shown),
        ("chunks.png", many(800_000, b"zzZz", b""), Fate::Either),
        ("empty-pixels.png", with_chunks(&picture, &chunk(b"IDAT", b"").repeat(500_000)), Fate::Either),
        ("palettes.png", many(10_000, b"PLTE", &[7; 768]), Fate::Either),
        ("times.png", many(400_000, b"tIME", &[7, 226, 1, 1, 1, 1, 1]), Fate::Either),
        ("missing-pixels.png", nothing(9_000, 9_000), broken),
        ("nothing.png", nothing(0, 0), broken),
        ("cut.png", picture[..picture.len() / 2].to_vec(), broken),
        ("signature.png", picture[..8].to_vec(), broken),
        ("length.png", [&picture[..33], &[0xff; 4], &picture[37..]].concat(), broken),
        ("named-wrongly.jpg", picture.clone(), Fate::Shown),
        ("one.png", files::png(Size::new(1, 1), |_, _| [9, 9, 9, 255]), Fate::Shown),
    ];
    let frames = 20_000u32;
    let moving = vec![
        ("frames.apng", with_chunks(&picture, &[control(frames), frame(0, 300, 200).repeat(1)].concat()), TOO_LARGE),
        (
            "controls.apng",
            with_chunks(&picture, &[control(2), frame(0, 300, 200).repeat(100_000)].concat()),
            Fate::Either,
        ),
        ("outside.apng", with_chunks(&picture, &[control(2), frame(0, 70_000, 70_000)].concat()), Fate::Either),
        ("all-controls.apng", with_chunks(&picture, &control(u32::MAX).repeat(100_000)), Fate::Either),
    ];
    let still = still.into_iter().map(|(name, bytes, fate)| Source::still(name, bytes, fate));
    still.chain(moving.into_iter().map(|(name, bytes, fate)| Source::moving(name, bytes, fate))).collect()
}

/// An XMP packet of about so many bytes.
pub(super) fn xmp(bytes: usize) -> Vec<u8> {
    let filler = "<rdf:li>x</rdf:li>".repeat(bytes / 18);
    format!("<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>{filler}</rdf:RDF></x:xmpmeta>").into_bytes()
}

/// `acTL`: so many frames, for ever.
fn control(frames: u32) -> Vec<u8> {
    chunk(b"acTL", &[frames.to_be_bytes(), [0; 4]].concat())
}

/// `fcTL`: a frame of a size, which is shown for a moment.
fn frame(sequence: u32, width: u32, height: u32) -> Vec<u8> {
    let numbers = [sequence, width, height, 0, 0].map(u32::to_be_bytes).concat();
    chunk(b"fcTL", &[numbers.as_slice(), &[0, 1, 0, 10, 0, 0]].concat())
}

/// A zlib stream of `bytes` bytes that inflates to 158 times as much: zeros by the longest repetition there is (RFC 1951).
pub(super) fn bomb(bytes: usize) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let (mut bits, mut n_bits) = (0u64, 0);
    let mut put = |value: u64, count: u32, stream: &mut Vec<u8>| {
        bits |= value << n_bits;
        n_bits += count;
        while n_bits >= 8 {
            stream.push(bits as u8);
            bits >>= 8;
            n_bits -= 8;
        }
    };
    // The last block, by the fixed code; a literal zero (00110000); then length 258 (11000101), distance 1 (00000).
    put(0b011, 3, &mut stream);
    put(0b0000_1100, 8, &mut stream);
    while stream.len() < bytes {
        put(0b1010_0011, 8, &mut stream);
        put(0, 5, &mut stream);
    }
    put(0, 7, &mut stream);
    put(0, 7, &mut stream);
    stream
}

/// A PNG with this header, whatever its chunks hold.
pub(super) fn file(width: u32, height: u32, [depth, color_type]: [u8; 2], chunks: &[u8]) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[depth, color_type, 0, 0, 0]].concat();
    [b"\x89PNG\r\n\x1a\n".as_slice(), &chunk(b"IHDR", &header), chunks, &chunk(b"IEND", &[])].concat()
}

/// The PNG with more chunks behind its header.
pub(super) fn with_chunks(png: &[u8], chunks: &[u8]) -> Vec<u8> {
    [&png[..33], chunks, &png[33..]].concat()
}

pub(super) fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let checked = [kind.as_slice(), data].concat();
    [&(data.len() as u32).to_be_bytes(), checked.as_slice(), &crc(&checked).to_be_bytes()].concat()
}

/// CRC-32 as PNG has it (PNG 3rd edition, annex D).
fn crc(bytes: &[u8]) -> u32 {
    let table: [u32; 256] =
        std::array::from_fn(|n| (0..8).fold(n as u32, |c, _| if c & 1 == 1 { 0xedb8_8320 ^ (c >> 1) } else { c >> 1 }));
    !bytes.iter().fold(!0, |c, byte| table[((c ^ u32::from(*byte)) & 0xff) as usize] ^ (c >> 8))
}

#[test]
fn the_bomb_is_one() {
    // Otherwise the test of hostile files is of nothing: a small one, inflated as a picture, is all zeros.
    let file = file(255, 512, GRAY8, &chunk(b"IDAT", &bomb(1_000)));
    let image = decoded(&file).into_luma8();
    assert!(image.pixels().all(|pixel| pixel.0 == [0]));
}
