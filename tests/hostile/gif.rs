//! GIFs of a million frames, and of frames larger than anything.

use super::{Fate, Source, TOO_LARGE, encoded};

pub(super) fn sources() -> Vec<Source> {
    let broken = Fate::Refused(422, 9516);
    let picture = encoded(image::ImageFormat::Gif);
    let body = picture.len() - 1;
    let with = |at: usize, bytes: &[u8]| [&picture[..at], bytes, &picture[at..]].concat();
    let screen = |width: u16, height: u16| {
        let mut file = picture.clone();
        file[6..10].copy_from_slice(&[width.to_le_bytes(), height.to_le_bytes()].concat());
        file
    };
    let comment = [&[0x21, 0xfe], [&[255u8][..], &[b'x'; 255]].concat().as_slice(), &[0]].concat();
    let long_comment = [&[0x21, 0xfe], [&[255u8][..], &[b'x'; 255]].concat().repeat(40_000).as_slice(), &[0]].concat();
    let still = vec![
        ("huge-header.gif", screen(20_000, 20_000), TOO_LARGE),
        ("huge-side.gif", screen(65_535, 65_535), TOO_LARGE),
        ("nothing.gif", screen(0, 0), broken),
        ("cut.gif", picture[..picture.len() / 2].to_vec(), broken),
        ("comments.gif", with(body, &comment.repeat(40_000)), Fate::Shown),
        ("long-comment.gif", with(body, &long_comment), Fate::Shown),
        ("empty-blocks.gif", with(body, &[0x21, 0xfe, 0].repeat(1_000_000)), Fate::Shown),
        ("large-frame.gif", of_frames(20, 20, &frame([0, 0, 60_000, 60_000], &[0x44, 0x01])), TOO_LARGE),
        ("empty-frame.gif", of_frames(20, 20, &frame([0, 0, 0, 0], &[0x44, 0x01])), broken),
        // 10 MB of codes that stand for nothing but "clear".
        (
            "clears.gif",
            of_frames(8_000, 8_000, &frame([0, 0, 8_000, 8_000], &[0x24, 0x92, 0x49].repeat(3_000_000))),
            Fate::Either,
        ),
    ];
    let pixel = frame([0, 0, 1, 1], &[0x44, 0x01]);
    let moving = vec![
        ("million-frames.gif", of_frames(1, 1, &pixel.repeat(1_000_000)), TOO_LARGE),
        ("million-on-large.gif", of_frames(8_000, 8_000, &pixel.repeat(1_000_000)), TOO_LARGE),
        ("frames-on-large.gif", of_frames(8_000, 8_000, &pixel.repeat(9_000)), TOO_LARGE),
        (
            "one-broken-frame.gif",
            of_frames(40, 40, &[pixel.repeat(20), frame([0, 0, 30, 30], &[0xff; 9])].concat()),
            broken,
        ),
        (
            "large-later.gif",
            of_frames(9, 9, &[pixel.clone(), frame([0, 0, 65_535, 65_535], &[0x44, 0x01])].concat()),
            TOO_LARGE,
        ),
        (
            "elsewhere.gif",
            of_frames(9, 9, &[pixel.clone(), frame([65_535, 65_535, 1, 1], &[0x44, 0x01])].concat()),
            Fate::Shown,
        ),
    ];
    let still = still.into_iter().map(|(name, bytes, fate)| Source::still(name, bytes, fate));
    still.chain(moving.into_iter().map(|(name, bytes, fate)| Source::moving(name, bytes, fate))).collect()
}

/// A GIF of two colors with these blocks.
fn of_frames(width: u16, height: u16, blocks: &[u8]) -> Vec<u8> {
    let sides = [width.to_le_bytes(), height.to_le_bytes()].concat();
    [b"GIF89a", sides.as_slice(), &[0x80, 0, 0], &[0, 0, 0, 255, 255, 255], blocks, &[0x3b]].concat()
}

/// A frame by its left, top, width and height, of codes that begin with 2 bits and a bit more.
fn frame(place: [u16; 4], codes: &[u8]) -> Vec<u8> {
    let place = place.map(u16::to_le_bytes).concat();
    let blocks: Vec<u8> = codes.chunks(255).flat_map(|part| [&[part.len() as u8], part].concat()).collect();
    [&[0x2c], place.as_slice(), &[0, 2], &blocks, &[0]].concat()
}
