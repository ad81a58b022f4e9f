//! JPEGs with too many scans, markers and tables, and with metadata that leads in circles.

use tintype::codecs::{Encode, Metadata, encode};
use tintype_pixels::{Layout, Planes, Size};

use super::{Fate, Source, TOO_LARGE, encoded};

pub(super) fn sources() -> Vec<Source> {
    let broken = Fate::Refused(422, 9516);
    let picture = encoded(image::ImageFormat::Jpeg);
    let with = |segments: Vec<u8>| [&picture[..2], &segments, &picture[2..]].concat();
    let many = |count: usize, marker: u8, data: &[u8]| with(segment(marker, data).repeat(count));
    let frame = find(&picture, &[0xff, 0xc0]);
    let sized = |width: u16, height: u16| {
        let mut file = picture.clone();
        file[frame + 5..frame + 9].copy_from_slice(&[height.to_be_bytes(), width.to_be_bytes()].concat());
        file
    };
    let scan = find(&picture, &[0xff, 0xda]);
    let tables = find(&picture, &[0xff, 0xc4]);
    let table = picture[tables..tables + 2 + usize::from(u16_at(&picture, tables + 2))].to_vec();
    let before_scan = |bytes: &[u8]| [&picture[..scan], bytes, &picture[scan..]].concat();
    let profile = |number: u8, of: u8, bytes: usize| {
        segment(0xe2, &[b"ICC_PROFILE\0".as_slice(), &[number, of], &vec![7; bytes]].concat())
    };
    let multi_picture = [b"MPF\0".as_slice(), &super::exif_loop()].concat();
    let mut sources: Vec<Source> = [
        ("huge-header.jpg", sized(20_000, 20_000), TOO_LARGE),
        ("larger-header.jpg", sized(9_000, 9_000), Fate::Either),
        ("no-height.jpg", sized(200, 0), Fate::Either),
        ("cut.jpg", picture[..picture.len() / 2].to_vec(), broken),
        ("signature.jpg", picture[..3].to_vec(), broken),
        ("comments.jpg", many(1_000_000, 0xfe, b""), Fate::Either),
        ("large-comments.jpg", many(150, 0xfe, &[b'x'; 65_533]), Fate::Either),
        ("applications.jpg", many(300_000, 0xe7, b"x"), Fate::Either),
        ("fill.jpg", with(vec![0xff; 10_000_000]), Fate::Either),
        ("intervals.jpg", before_scan(&segment(0xdd, &[0, 1]).repeat(500_000)), Fate::Either),
        ("tables.jpg", before_scan(&table.repeat(20_000)), Fate::Either),
        (
            "restarts.jpg",
            [&picture[..picture.len() - 2], &[0xff, 0xd0].repeat(2_000_000), &[0xff, 0xd9]].concat(),
            Fate::Either,
        ),
        ("profiles.jpg", with((1..=255).flat_map(|n| profile(n, 255, 60_000)).collect()), Fate::Either),
        ("same-profile.jpg", with(profile(1, 255, 60_000).repeat(150)), Fate::Either),
        ("profile-of-nothing.jpg", with(profile(0, 0, 0).repeat(300_000)), Fate::Either),
        ("exif-loop.jpg", with(segment(0xe1, &[b"Exif\0\0".as_slice(), &super::exif_loop()].concat())), Fate::Shown),
        (
            "exifs.jpg",
            with(segment(0xe1, &[b"Exif\0\0".as_slice(), &super::exif_loop()].concat()).repeat(100_000)),
            Fate::Either,
        ),
        ("pictures-loop.jpg", with(segment(0xe2, &multi_picture).repeat(1_000)), Fate::Either),
        (
            "xmp.jpg",
            with(
                segment(0xe1, &[b"http://ns.adobe.com/xap/1.0/\0".as_slice(), &super::png::xmp(60_000)].concat())
                    .repeat(150),
            ),
            Fate::Either,
        ),
        (
            "quantisation.jpg",
            before_scan(&segment(0xdb, &[vec![0], vec![1; 64]].concat()).repeat(100_000)),
            Fate::Either,
        ),
        ("scan-headers.jpg", before_scan(&picture[scan..scan + 14].repeat(500_000)), Fate::Either),
    ]
    .into_iter()
    .map(|(name, bytes, fate)| Source::still(name, bytes, fate))
    .collect();

    // Scans that say nothing new cost a pass over the picture each, in some hundred bytes.
    for (name, side) in [("scans-1.jpg", 1_000), ("scans-4.jpg", 2_000), ("scans-16.jpg", 4_000)] {
        let flat = Planes::new(Size::new(side, side), Layout::GRAY8, vec![90; (side * side) as usize]).unwrap();
        let progressive = Encode::Jpeg {
            quality: 80,
            progressive: true,
            subsampling: Default::default(),
            tuning: Default::default(),
        };
        let file = encode(&flat, &progressive, &Metadata::default()).unwrap();
        let last = file.windows(2).rposition(|pair| pair == [0xff, 0xda]).unwrap();
        let again = file[last..file.len() - 2].repeat(95);
        let bytes = [&file[..file.len() - 2], &again, &[0xff, 0xd9]].concat();
        sources.push(Source { peer: Some(file), ..Source::still(name, bytes, Fate::Either) });
    }
    sources
}

pub(super) fn segment(marker: u8, data: &[u8]) -> Vec<u8> {
    [&[0xff, marker], &(data.len() as u16 + 2).to_be_bytes()[..], data].concat()
}

fn find(file: &[u8], marker: &[u8]) -> usize {
    file.windows(marker.len()).position(|window| window == marker).unwrap()
}

fn u16_at(file: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([file[at], file[at + 1]])
}
