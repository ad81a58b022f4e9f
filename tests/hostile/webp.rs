//! WebPs whose canvas, frames and chunks are not what they say.

use super::{Fate, Source, TOO_LARGE, encoded};

pub(super) fn sources() -> Vec<Source> {
    let broken = Fate::Refused(422, 9516);
    let picture = encoded(image::ImageFormat::WebP);
    // RIFF's header has 12 bytes; the one chunk follows.
    let pixels = picture[12..].to_vec();
    let flags = |icc: u8, exif: u8, xmp: u8, moving: u8| icc << 5 | exif << 3 | xmp << 2 | moving << 1;
    let canvas = |flags: u8, side: u32| {
        let side = &(side - 1).to_le_bytes()[..3];
        chunk(b"VP8X", &[&[flags, 0, 0, 0], side, side].concat())
    };
    let extended = |flags: u8, chunks: &[Vec<u8>]| {
        // What the picture of 200x150 lies on is as large.
        let about = chunk(b"VP8X", &[flags, 0, 0, 0, 199, 0, 0, 149, 0, 0]);
        file(&[&[about], chunks].concat())
    };
    let lossy = |width: u16, height: u16| {
        let sides = [width.to_le_bytes(), height.to_le_bytes()].concat();
        chunk(b"VP8 ", &[&[0x10, 0, 0, 0x9d, 0x01, 0x2a], sides.as_slice(), &[0; 40]].concat())
    };
    let frame = |side: u32, chunks: &[u8]| {
        let side = &(side - 1).to_le_bytes()[..3];
        chunk(b"ANMF", &[&[0; 6], side, side, &[10, 0, 0, 0], chunks].concat())
    };
    let animation = chunk(b"ANIM", &[0; 6]);
    let lossless_pixel = chunk(b"VP8L", &[0x2f, 0, 0, 0, 0, 0x88, 0x88, 0x08, 0]);
    let still = vec![
        ("huge-canvas.webp", file(&[canvas(0, 16_777_216), pixels.clone()]), Fate::Either),
        ("lying-canvas.webp", file(&[canvas(0, 9_000), pixels.clone()]), Fate::Either),
        ("small-canvas.webp", file(&[canvas(0, 1), pixels.clone()]), Fate::Either),
        ("huge-lossy.webp", file(&[lossy(16_383, 16_383)]), TOO_LARGE),
        ("large-lossy.webp", file(&[lossy(9_000, 9_000)]), Fate::Either),
        ("huge-lossless.webp", file(&[chunk(b"VP8L", &[0x2f, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0])]), Fate::Either),
        (
            "large-lossless.webp",
            file(&[chunk(b"VP8L", &[&[0x2f, 0x27, 0x63, 0xca, 0x08][..], &[0; 60]].concat())]),
            Fate::Either,
        ),
        ("cut.webp", picture[..picture.len() / 2].to_vec(), broken),
        ("signature.webp", picture[..12].to_vec(), broken),
        ("length.webp", [b"RIFF\xff\xff\xff\xffWEBP", picture[12..].to_vec().as_slice()].concat(), Fate::Either),
        ("chunk-length.webp", [&picture[..16], &[0xff; 4], &picture[20..]].concat(), Fate::Either),
        ("chunks.webp", extended(0, &[pixels.clone(), chunk(b"JUNK", b"").repeat(1_000_000)]), Fate::Either),
        ("chunks-first.webp", extended(0, &[chunk(b"JUNK", b"").repeat(1_000_000), pixels.clone()]), Fate::Either),
        (
            "profile.webp",
            extended(flags(1, 0, 0, 0), &[chunk(b"ICCP", &vec![7; 10_000_000]), pixels.clone()]),
            Fate::Either,
        ),
        (
            "exif-loop.webp",
            extended(flags(0, 1, 0, 0), &[pixels.clone(), chunk(b"EXIF", &super::exif_loop())]),
            Fate::Shown,
        ),
        (
            "large-exif.webp",
            extended(flags(0, 1, 0, 0), &[pixels.clone(), chunk(b"EXIF", &vec![0x2a; 20_000_000])]),
            Fate::Either,
        ),
        (
            "xmp.webp",
            extended(flags(0, 0, 1, 0), &[pixels.clone(), chunk(b"XMP ", &super::png::xmp(10_000_000))]),
            Fate::Either,
        ),
        ("alpha.webp", extended(1 << 4, &[chunk(b"ALPH", &[1].repeat(5_000_000)), lossy(200, 150)]), Fate::Either),
    ];
    let moving = vec![
        ("frames.webp", file(&[canvas(2, 1), animation.clone(), frame(1, &lossless_pixel).repeat(200_000)]), TOO_LARGE),
        (
            "frames-on-large.webp",
            file(&[canvas(2, 9_000), animation.clone(), frame(1, &lossless_pixel).repeat(9_000)]),
            TOO_LARGE,
        ),
        ("empty-frames.webp", file(&[canvas(2, 9), animation.clone(), frame(9, b"").repeat(9_000)]), broken),
        (
            "large-frame.webp",
            file(&[canvas(2, 9), animation.clone(), frame(16_000, &lossy(16_000, 16_000)).repeat(2)]),
            Fate::Either,
        ),
        (
            "lying-frame.webp",
            file(&[canvas(2, 9), animation.clone(), frame(9, &lossy(16_000, 16_000)).repeat(2)]),
            Fate::Either,
        ),
        ("nested-frames.webp", file(&[canvas(2, 9), animation, nested(1_000)]), Fate::Either),
    ];
    let still = still.into_iter().map(|(name, bytes, fate)| Source::still(name, bytes, fate));
    still.chain(moving.into_iter().map(|(name, bytes, fate)| Source::moving(name, bytes, fate))).collect()
}

/// Frames in frames.
fn nested(depth: usize) -> Vec<u8> {
    (0..depth).fold(Vec::new(), |inner, _| chunk(b"ANMF", &[&[0; 16], inner.as_slice()].concat()))
}

pub(super) fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    [kind.as_slice(), &(data.len() as u32).to_le_bytes(), data, &[0u8; 1][..data.len() % 2]].concat()
}

pub(super) fn file(chunks: &[Vec<u8>]) -> Vec<u8> {
    chunk(b"RIFF", &[b"WEBP".to_vec(), chunks.concat()].concat())
}
