//! BMPs and TIFFs, where they are read at all, whose tables have no end.

use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageFormat, Luma};

use super::{Fate, Source, encoded};

/// Of pictures that are announced in a few bytes.
const SIDE: u32 = 5_000;

pub(super) fn sources() -> Vec<Source> {
    let bmp = encoded(ImageFormat::Bmp);
    let tiff = encoded(ImageFormat::Tiff);
    let sized = |width: i32, height: i32| {
        let mut file = bmp.clone();
        file[18..26].copy_from_slice(&[width.to_le_bytes(), height.to_le_bytes()].concat());
        file
    };
    // Run lengths of nothing: ends of rows without end.
    let runs = |width: i32, height: i32, codes: &[u8]| {
        let mut header = [40u32.to_le_bytes(), width.to_le_bytes(), height.to_le_bytes()].concat();
        header.extend([1, 0, 8, 0, 1, 0, 0, 0]);
        header.extend([0; 20]);
        let start = 14 + header.len() + 1024;
        let size = (start + codes.len()) as u32;
        [b"BM".as_slice(), &size.to_le_bytes(), &[0; 4], &(start as u32).to_le_bytes(), &header, &[9; 1024], codes]
            .concat()
    };
    let entries = |list: &[[u32; 4]]| {
        let mut file = b"II*\0\x08\0\0\0".to_vec();
        file.extend((list.len() as u16).to_le_bytes());
        for [tag, kind, count, value] in list {
            file.extend([(*tag as u16).to_le_bytes(), (*kind as u16).to_le_bytes()].concat());
            file.extend([count.to_le_bytes(), value.to_le_bytes()].concat());
        }
        file
    };
    let base = |width, height, strips, at| {
        vec![
            [256, 4, 1, width],
            [257, 4, 1, height],
            [258, 3, 1, 8],
            [259, 3, 1, 1],
            [262, 3, 1, 1],
            [273, 4, strips, at],
            [277, 3, 1, 1],
            [278, 4, 1, 1],
            [279, 4, strips, at],
        ]
    };
    let looping = [entries(&base(100, 100, 1, 8)), 8u32.to_le_bytes().to_vec()].concat();
    let strips = [entries(&base(SIDE, SIDE, SIDE, 200)), vec![0; 40_000]].concat();
    let many = [entries(&base(100, 100, 500_000_000, 122)), vec![1; 200_000]].concat();
    let row: Vec<u8> = [[250, 7].repeat(SIDE as usize / 250), vec![0, 0]].concat();
    let sound_bmp = runs(SIDE as i32, SIDE as i32, &[row.repeat(SIDE as usize), vec![0, 1]].concat());
    let mut sound_tiff = Cursor::new(Vec::new());
    let gray = GrayImage::from_pixel(SIDE, SIDE, Luma([90]));
    DynamicImage::from(gray).write_to(&mut sound_tiff, ImageFormat::Tiff).unwrap();
    let sound_tiff = sound_tiff.into_inner();
    let tags: Vec<[u32; 4]> = (0..60_000).map(|n| [1_000 + n % 60_000, 7, u32::MAX, 8]).collect();
    [
        ("huge.bmp", sized(20_000, 20_000), Fate::Refused(403, 9413)),
        ("large.bmp", sized(9_000, 9_000), Fate::Refused(422, 9516)),
        ("upside-down.bmp", sized(9_000, i32::MIN), Fate::Either),
        ("negative.bmp", sized(-9, 9), Fate::Either),
        ("cut.bmp", bmp[..bmp.len() / 2].to_vec(), Fate::Refused(422, 9516)),
        ("offset.bmp", [&bmp[..10], &[0xff; 4], &bmp[14..]].concat(), Fate::Either),
        ("ends-of-rows.bmp", runs(SIDE as i32, SIDE as i32, &[0, 0].repeat(2_000_000)), Fate::Either),
        ("moves.bmp", runs(SIDE as i32, SIDE as i32, &[0, 2, 0, 0].repeat(2_000_000)), Fate::Either),
        ("short-runs.bmp", runs(SIDE as i32, SIDE as i32, &[0, 1]), Fate::Either),
        ("loop.tiff", looping, Fate::Either),
        ("strips.tiff", strips, Fate::Either),
        ("many-strips.tiff", many, Fate::Either),
        ("tags.tiff", entries(&tags), Fate::Either),
        ("huge.tiff", entries(&base(20_000, 20_000, 1, 8)), Fate::Either),
        ("cut.tiff", tiff[..tiff.len() / 2].to_vec(), Fate::Refused(422, 9516)),
        ("directory-elsewhere.tiff", b"II*\0\xff\xff\xff\xff".to_vec(), Fate::Refused(422, 9516)),
    ]
    .map(|(name, bytes, fate)| {
        // What little they hold is read as a whole picture: held against one.
        let peer = match name {
            "ends-of-rows.bmp" | "short-runs.bmp" => Some(sound_bmp.clone()),
            "strips.tiff" => Some(sound_tiff.clone()),
            _ => None,
        };
        Source { peer, ..Source::still(name, bytes, fate) }
    })
    .into()
}
