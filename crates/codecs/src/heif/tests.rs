//! Files put together box by box: what tools do not write, and what they would never write.

use tintype_pixels::{Fault, ImageFormat, Layout, Orientation, Size};

use super::*;
use crate::{Bound, decode, probe};

fn iso_box(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    [&(body.len() as u32 + 8).to_be_bytes()[..], kind, &body].concat()
}

/// A box with version 0 and no flags.
fn full(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    iso_box(kind, &[&[&[0; 4][..]], parts].concat())
}

fn be16(v: u16) -> [u8; 2] {
    v.to_be_bytes()
}

fn be32(v: u32) -> [u8; 4] {
    v.to_be_bytes()
}

/// What is put into a file; the defaults are a sound one with one item.
struct Parts {
    brand: &'static [u8; 4],
    /// Kinds of items, numbered from 1; the first is the primary one.
    items: Vec<[u8; 4]>,
    /// Bodies of `iloc` and `iref`, and the properties with their association to every item.
    locations: Vec<u8>,
    references: Vec<u8>,
    properties: Vec<Vec<u8>>,
    /// Bits in front of each index.
    essential: u8,
    idat: Vec<u8>,
}

impl Default for Parts {
    fn default() -> Self {
        Self {
            brand: b"heic",
            items: vec![*b"hvc1"],
            locations: location(1, 1),
            references: Vec::new(),
            properties: vec![size(64, 48), hevc()],
            essential: 0,
            idat: b"hevc".to_vec(),
        }
    }
}

impl Parts {
    fn file(&self) -> Vec<u8> {
        let infos: Vec<u8> = (1u16..)
            .zip(&self.items)
            .flat_map(|(id, kind)| iso_box(b"infe", &[&[2, 0, 0, 0], &be16(id), &be16(0), kind, &[0]]))
            .collect();
        let indices: Vec<u8> = (1..=self.properties.len() as u8).map(|index| index | self.essential).collect();
        let associations: Vec<u8> = (1..=self.items.len() as u16)
            .flat_map(|id| [&be16(id)[..], &[indices.len() as u8], &indices].concat())
            .collect();
        let ipco = iso_box(b"ipco", &[&self.properties.concat()]);
        let ipma = full(b"ipma", &[&be32(self.items.len() as u32), &associations]);
        let mut meta = vec![
            full(b"pitm", &[&be16(1)]),
            iso_box(b"iloc", &[&self.locations]),
            full(b"iinf", &[&be16(self.items.len() as u16), &infos]),
            iso_box(b"iprp", &[&ipco, &ipma]),
            iso_box(b"idat", &[&self.idat]),
        ];
        if !self.references.is_empty() {
            meta.push(full(b"iref", &[&self.references]));
        }
        [iso_box(b"ftyp", &[self.brand, &[0; 4], b"mif1"]), full(b"meta", &[&meta.concat()])].concat()
    }

    fn probe(&self) -> Result<tintype_pixels::ImageInfo, CodecError> {
        probe(&self.file(), &Limits::default())
    }
}

/// `iloc`, version 1: `count` items that all have the whole of `idat`, each in `extents` pieces.
fn location(count: u16, extents: u16) -> Vec<u8> {
    let items = (1..=count).flat_map(|id| {
        let head = [be16(id), be16(1), be16(0), be16(extents)].concat();
        [head, [be32(0), be32(0)].concat().repeat(usize::from(extents))].concat()
    });
    [&[1, 0, 0, 0, 0x44, 0][..], &be16(count), &items.collect::<Vec<_>>()].concat()
}

fn size(width: u32, height: u32) -> Vec<u8> {
    full(b"ispe", &[&be32(width), &be32(height)])
}

/// 8 bits, 4:2:0.
fn hevc() -> Vec<u8> {
    iso_box(b"hvcC", &[&[0; 16], &[1, 0], &[0; 5]])
}

#[test]
fn a_heic_file_has_a_header_and_no_pixels() {
    let turned = Parts { properties: vec![size(64, 48), hevc(), iso_box(b"irot", &[&[3]])], ..Parts::default() };
    let info = turned.probe().unwrap();
    assert_eq!((info.format, info.size, info.layout), (ImageFormat::Heic, Size::new(64, 48), Layout::RGB8));
    assert_eq!((info.orientation, info.upright_size()), (Orientation::Rotate90, Size::new(48, 64)));
    let error = decode(&turned.file(), &info, &Limits::default()).unwrap_err();
    if cfg!(feature = "heic") {
        assert_eq!(error.fault(), Fault::Source);
    } else {
        assert_eq!(error.fault(), Fault::Unsupported, "{error}");
    }
}

#[test]
fn grids_must_fit() {
    // Item 1 is the grid, described by the start of idat, the others are its tiles.
    let grid = |columns: u8, rows: u8, width: u16, height: u16, tiles: u16, tile: (u32, u32)| {
        let ids: Vec<u8> = (2..2 + tiles).flat_map(be16).collect();
        let dimg = iso_box(b"dimg", &[&be16(1), &be16(tiles), &ids]);
        Parts {
            items: [vec![*b"grid"], vec![*b"hvc1"; usize::from(tiles)]].concat(),
            locations: location(tiles + 1, 1),
            references: dimg,
            properties: vec![size(tile.0, tile.1), hevc()],
            idat: [&[0, 0, rows - 1, columns - 1][..], &be16(width), &be16(height)].concat(),
            ..Parts::default()
        }
        .probe()
    };
    assert_eq!(grid(2, 2, 100, 90, 4, (64, 64)).unwrap().size, Size::new(100, 90));
    assert_eq!(grid(1, 1, 30, 20, 1, (32, 32)).unwrap().size, Size::new(30, 20));
    for (name, result) in [
        ("too few tiles", grid(2, 2, 100, 90, 3, (64, 64))),
        ("no tiles", grid(1, 1, 100, 90, 0, (64, 64))),
        ("tiles that are not needed", grid(2, 1, 64, 64, 2, (64, 64))),
        ("tiles that do not reach", grid(2, 1, 129, 64, 2, (64, 64))),
        ("tiles that are too small", grid(4, 1, 64, 16, 4, (16, 16))),
        ("a grid without pixels", grid(1, 1, 0, 64, 1, (64, 64))),
    ] {
        let error = result.unwrap_err();
        assert!(matches!(error, CodecError::Damaged { .. }), "{name}: {error}");
    }
    let error = grid(1, 1, 100, 100, 1, (60_000, 60_000)).unwrap_err();
    assert!(matches!(error, CodecError::TooLarge { what: Bound::AreaPx, .. }), "{error}");
}

#[test]
fn a_grid_that_is_its_own_tile_ends() {
    let parts = Parts {
        items: vec![*b"grid"],
        references: iso_box(b"dimg", &[&be16(1), &be16(1), &be16(1)]),
        idat: [&[0, 0, 0, 0][..], &be16(64), &be16(48)].concat(),
        ..Parts::default()
    };
    let error = parts.probe().unwrap_err();
    assert!(matches!(error, CodecError::Unsupported { what: "with grids of grids", .. }), "{error}");
}

#[test]
fn extents_of_no_bytes_are_counted() {
    // Offsets and lengths of no bytes: 65,535 pieces an item, in eight bytes of file.
    let items: Vec<u8> = (0..40_000u32).flat_map(|_| [be16(1), be16(1), be16(0), be16(u16::MAX)].concat()).collect();
    let locations = [&[1, 0, 0, 0, 0, 0][..], &be16(40_000), &items].concat();
    let error = Parts { locations, ..Parts::default() }.probe().unwrap_err();
    assert!(matches!(error, CodecError::TooLarge { what: Bound::Items, .. }), "{error}");
}

#[test]
fn pieces_that_overlap_do_not_add_up() {
    let locations = location(1, 1000);
    let error = Parts { locations, ..Parts::default() }.probe().unwrap_err();
    assert!(error.to_string().contains("overlap"), "{error}");
}

#[test]
fn what_is_essential_must_be_known() {
    let odd = iso_box(b"wxyz", &[&[0; 4]]);
    let mut parts = Parts { properties: vec![size(64, 48), hevc(), odd], ..Parts::default() };
    assert!(parts.probe().is_ok());
    parts.essential = 0x80;
    assert_eq!(parts.probe().unwrap_err().fault(), Fault::Unsupported);
}

#[test]
fn no_cut_and_no_byte_panics() {
    let whole = Parts { essential: 0x80, ..Parts::default() }.file();
    for len in 12..whole.len() {
        assert!(probe(&whole[..len], &Limits::default()).is_err(), "{len}");
    }
    for at in 0..whole.len() {
        for byte in [0, 1, 0x7f, 0xff] {
            let mut damaged = whole.clone();
            damaged[at] = byte;
            if let Err(error) = probe(&damaged, &Limits::default()) {
                assert!(!error.to_string().contains("panicked"), "{at}: {error}");
            }
        }
    }
}

#[test]
fn offsets_at_the_end_of_numbers() {
    let far =
        [&[1, 0, 0, 0, 0x88, 0x80][..], &be16(1), &be16(1), &be16(1), &be16(0), &[0xff; 8], &be16(1), &[0xff; 16]];
    let error = Parts { locations: far.concat(), ..Parts::default() }.probe().unwrap_err();
    assert!(matches!(error, CodecError::Truncated { .. }), "{error}");
}
