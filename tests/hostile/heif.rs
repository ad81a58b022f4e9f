//! AVIFs and HEICs whose boxes lie. A real file of each is changed in place, so that everything but the lie holds.

use std::process::Command;

use tintype::codecs::{Encode, Metadata, encode};
use tintype_pixels::{Layout, Planes, Size};
use tintype_testkit::files;

use super::{Fate, Source, TOO_LARGE};

const SIZE: Size = Size::new(200, 152);

pub(super) fn sources() -> Vec<Source> {
    let avif = avif();
    let mut sources = of("avif", &avif);
    sources.extend(of("heic", &heic()));
    // AV1 that announces, in a few bytes, more pictures than one.
    let stream = item(&avif);
    let repeated = |times: usize| with_item(&avif, &stream.repeat(times));
    sources.extend([
        Source::still("pictures.avif", repeated(2_000), Fate::Either),
        Source::still("eight-pictures.avif", repeated(8), Fate::Either),
        Source::still(
            "delimiters.avif",
            with_item(&avif, &[[0x12, 0].repeat(2_000_000), stream.clone()].concat()),
            Fate::Either,
        ),
        Source::still("paddings.avif", with_item(&avif, &[stream, [0x7a, 0].repeat(2_000_000)].concat()), Fate::Either),
    ]);
    sources
}

/// Any HEIF file, with lies.
fn of(format: &str, whole: &[u8]) -> Vec<Source> {
    let broken = Fate::Refused(422, 9516);
    let replaced = |kind: &[u8; 4], skip: usize, bytes: &[u8]| {
        let mut file = whole.to_vec();
        let at = place(whole, kind) + 4 + skip;
        file[at..at + bytes.len()].copy_from_slice(bytes);
        file
    };
    let size = |width: u32, height: u32| replaced(b"ispe", 4, &[width.to_be_bytes(), height.to_be_bytes()].concat());
    let ftyp = u32::from_be_bytes(whole[..4].try_into().unwrap()) as usize;
    let before = |bytes: &[u8]| [&whole[..ftyp], bytes, &whole[ftyp..]].concat();
    let meta = |inner: &[u8]| [&whole[..ftyp], &full_box(b"meta", inner)].concat();
    let handler = full_box(b"hdlr", &[&[0; 4][..], b"pict", &[0; 13]].concat());
    let deep = (0..3_000).fold(Vec::new(), |inner, _| full_box(b"meta", &inner));
    // Every number that counts something says there is as much as it can hold.
    let counts = |kind: &[u8; 4], skip: usize| replaced(kind, skip, &[0xff, 0xff]);
    let items = full_box(b"iinf", &[&[0xff, 0xff][..], &full_box(b"infe", &[0; 9]).repeat(65_535)].concat());
    let references: Vec<u8> = (0..65_000u16)
        .flat_map(|n| small_box(b"dimg", &[n.to_be_bytes(), [0, 1], (n + 1).to_be_bytes()].concat()))
        .collect();
    let places: Vec<u8> = (0..20_000u16)
        .flat_map(|n| {
            [n.to_be_bytes(), [0, 0], [0, 8]].concat().into_iter().chain([0u8, 0, 0, 0, 0, 0x0f, 0xff, 0xff].repeat(8))
        })
        .collect();
    let extents = full_box(b"iloc", &[&[0x44, 0, 0x4e, 0x20][..], &places].concat());
    [
        ("huge-header", size(20_000, 20_000), TOO_LARGE),
        ("huge-side", size(4_000_000_000, 1), TOO_LARGE),
        ("larger-header", size(9_000, 9_000), broken),
        ("smaller-header", size(64, 64), broken),
        ("nothing", size(0, 0), broken),
        ("cut-head", whole[..whole.len() / 8].to_vec(), broken),
        ("cut", whole[..whole.len() - 40].to_vec(), broken),
        ("signature", whole[..ftyp].to_vec(), broken),
        ("boxes", before(&small_box(b"free", b"").repeat(1_000_000)), Fate::Either),
        ("box-length", before(&[0xff, 0xff, 0xff, 0xf0, b'f', b'r', b'e', b'e']), broken),
        ("box-of-nothing", before(&[0, 0, 0, 2, b'f', b'r', b'e', b'e']), broken),
        ("large-box", before(&[&[0, 0, 0, 1][..], b"free", &[0xff; 8]].concat()), broken),
        ("metas", before(&meta(&handler)[ftyp..].repeat(50_000)), Fate::Either),
        ("deep", meta(&deep), broken),
        ("many-items", meta(&[handler.clone(), items].concat()), broken),
        ("many-references", meta(&[handler.clone(), full_box(b"iref", &references)].concat()), broken),
        ("many-places", meta(&[handler.clone(), extents].concat()), broken),
        ("places", counts(b"iloc", 6), Fate::Either),
        ("entries", counts(b"iinf", 4), Fate::Either),
        ("associations", counts(b"ipma", 6), Fate::Either),
        ("no-primary", replaced(b"pitm", 4, &[0x77, 0x77]), broken),
        ("zeros", before(&vec![0; 5_000_000]), Fate::Either),
    ]
    .map(|(name, bytes, fate)| Source::still(&format!("{name}.{format}"), bytes, fate))
    .into()
}

/// A picture with some noise.
pub(super) fn avif() -> Vec<u8> {
    let pixel = |x: u32, y: u32| [x as u8, y as u8, (x * y) as u8 / 4];
    let planes: Planes = files::planes(SIZE, Layout::RGB8, pixel);
    encode(&planes, &Encode::Avif { quality: 70, speed: 10 }, &Metadata::default()).unwrap()
}

/// The same, by libheif's tool.
pub(super) fn heic() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let (source, target) = (folder.path().join("a.png"), folder.path().join("a.heic"));
    std::fs::write(&source, files::png_rgb(SIZE, |x, y| [x as u8, y as u8, (x * y) as u8 / 4])).unwrap();
    let output = Command::new("heif-enc").args(["-q", "70", "-o"]).arg(&target).arg(&source).output();
    let output = output.unwrap_or_else(|error| panic!("heif-enc: {error}; apt-get install libheif-examples"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::read(&target).unwrap()
}

/// Where a box's kind stands.
fn place(file: &[u8], kind: &[u8; 4]) -> usize {
    file.windows(4).position(|window| window == kind).unwrap()
}

/// The coded picture: what the `mdat` box at the end holds.
fn item(file: &[u8]) -> Vec<u8> {
    file[place(file, b"mdat") + 4..].to_vec()
}

/// The file with another coded picture, of which `iloc` says the length.
fn with_item(file: &[u8], item: &[u8]) -> Vec<u8> {
    let media = place(file, b"mdat");
    let was = (file.len() - media - 4) as u32;
    let mut head = file[..media - 4].to_vec();
    let iloc = place(file, b"iloc");
    let length = iloc + head[iloc..].windows(4).position(|window| window == was.to_be_bytes()).unwrap();
    head[length..length + 4].copy_from_slice(&(item.len() as u32).to_be_bytes());
    [head, small_box(b"mdat", item)].concat()
}

pub(super) fn small_box(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32 + 8).to_be_bytes()[..], kind, body].concat()
}

/// With a version and flags of zero.
fn full_box(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    small_box(kind, &[&[0; 4], body].concat())
}
