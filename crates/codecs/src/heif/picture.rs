//! From items to a picture: which coded bytes make it up, and how they are put together.

use std::borrow::Cow;

use tintype_pixels::{Layout, Orientation, Rect, Size};

use super::{
    boxes::{Cursor, Kind},
    meta::Items,
    property::{Auxiliary, Config, Nclx, Property},
};
use crate::{Bound, CodecError, Limits};

/// Everything about the one picture of a file that is decoded.
#[derive(Debug)]
pub(crate) struct Picture<'a> {
    /// The part of the coded picture that is shown, as it lies there.
    pub(crate) crop: Rect,
    /// How that part must be moved to be upright. HEIF's own word on it: EXIF's is for information only.
    pub(crate) orientation: Orientation,
    /// The colors, or the luminance.
    pub(crate) color: Coded<'a>,
    /// Opacity, of the same size.
    pub(crate) alpha: Option<Coded<'a>>,
    /// Whether the colors are multiplied by it.
    pub(crate) association: Association,
    /// Code points, where the file has them.
    pub(crate) nclx: Option<Nclx>,
    /// A color profile, where there is one.
    pub(crate) icc: Option<&'a [u8]>,
    /// A TIFF stream, where there is one.
    pub(crate) exif: Option<Vec<u8>>,
    /// The XMP packet.
    pub(crate) xmp: Option<Vec<u8>>,
    /// Samples of the sequence, or 1.
    pub(crate) frames: u32,
}

/// Whether colors are multiplied by their opacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Association {
    /// They are not.
    Straight,
    /// They are.
    Premultiplied,
}

/// Coded pictures that make up one: itself, or the tiles of a grid.
#[derive(Debug)]
pub(crate) struct Coded<'a> {
    /// Of the whole.
    pub(crate) size: Size,
    /// Of each tile. Those at the right and bottom edge may reach beyond the whole.
    pub(crate) tile_size: Size,
    /// Tiles in a row.
    pub(crate) columns: u32,
    /// Row by row; at least one.
    pub(crate) tiles: Vec<Tile<'a>>,
    /// How the first is coded; the others are alike.
    pub(crate) config: Config<'a>,
}

/// One coded picture.
#[derive(Debug)]
pub(crate) struct Tile<'a> {
    /// What the codec is given.
    pub(crate) data: Cow<'a, [u8]>,
    /// How it is coded.
    pub(crate) config: Config<'a>,
    /// Which operating point of a layered AV1 picture.
    pub(crate) operating_point: u8,
}

/// MIAF's least side of a tile (ISO/IEC 23000-22, 7.3.11.4.2). Smaller ones would cost more to set up than to decode.
const MIN_TILE_PX: u32 = 64;

/// What the properties of an item say together.
#[derive(Debug, Default)]
struct Traits<'a> {
    size: Option<Size>,
    config: Option<Config<'a>>,
    nclx: Option<Nclx>,
    icc: Option<&'a [u8]>,
    transforms: Vec<Property<'a>>,
    auxiliary: Option<Auxiliary>,
    operating_point: u8,
}

impl<'a> Traits<'a> {
    fn of(items: &Items<'a>, id: u32) -> Result<Self, CodecError> {
        let mut traits = Self::default();
        for property in items.properties(id)? {
            match property {
                Property::Size(size) => traits.size = Some(size),
                Property::Config(config) => traits.config = Some(config),
                Property::Nclx(nclx) => traits.nclx = Some(nclx),
                Property::Icc(profile) => traits.icc = Some(profile),
                Property::Turn(_) | Property::CleanAperture(_) => traits.transforms.push(property),
                Property::Auxiliary(auxiliary) => traits.auxiliary = Some(auxiliary),
                Property::OperatingPoint(point) => traits.operating_point = point,
                // All layers, the best last: what is decoded anyway.
                Property::Layer(0xffff) | Property::Passive | Property::Unknown => {}
                Property::Layer(_) => return Err(items.cursor.unsupported("with a layer chosen")),
            }
        }
        Ok(traits)
    }

    fn size(&self, items: &Items<'a>, id: u32) -> Result<Size, CodecError> {
        self.size.ok_or_else(|| items.cursor.damaged(format_args!("item {id} has no size")))
    }
}

impl<'a> Picture<'a> {
    /// The primary item.
    pub(super) fn of(items: &Items<'a>, limits: &Limits) -> Result<Self, CodecError> {
        let id = items.primary();
        let traits = Traits::of(items, id)?;
        let color = Coded::of(items, id, limits)?;
        let (crop, orientation) = place(&items.cursor, color.size, &traits.transforms)?;
        // A grid may leave its colors to its tiles.
        let tile = match items.references(b"dimg", id).first() {
            Some(first) => Traits::of(items, *first)?,
            None => Traits::default(),
        };
        let icc = traits.icc.or(tile.icc);
        limits.check_icc(icc.map_or(0, |profile| profile.len() as u64))?;
        let (alpha, association) = alpha(items, id, limits)?;
        if let Some(alpha) = alpha.as_ref().filter(|alpha| alpha.size != color.size) {
            return Err(items.cursor.damaged(format_args!("opacity of {} for colors of {}", alpha.size, color.size)));
        }
        Ok(Self {
            crop,
            orientation,
            color,
            alpha,
            association,
            nclx: traits.nclx.or(tile.nclx),
            icc,
            exif: exif(items, id, limits)?,
            xmp: xmp(items, id, limits)?,
            frames: 1,
        })
    }
}

/// What `transforms` do to a picture of `size`, in their order.
fn place(cursor: &Cursor<'_>, size: Size, transforms: &[Property<'_>]) -> Result<(Rect, Orientation), CodecError> {
    let (mut crop, mut orientation) = (Rect::new(0, 0, size), Orientation::Upright);
    for transform in transforms {
        match transform {
            Property::Turn(turn) => orientation = orientation.then(*turn),
            Property::CleanAperture(aperture) => {
                let seen = orientation.apply(crop.size);
                let part = aperture
                    .within(seen)
                    .ok_or_else(|| cursor.damaged(format_args!("a clean aperture that is no part of {seen} pixels")))?;
                let stored = orientation.inverse().map_rect(seen, part);
                crop = Rect::new(crop.x + stored.x, crop.y + stored.y, stored.size);
            }
            _ => {}
        }
    }
    Ok((crop, orientation))
}

impl<'a> Coded<'a> {
    /// An item that is coded, or a grid of such. Limits are checked before the tiles are listed.
    fn of(items: &Items<'a>, id: u32, limits: &Limits) -> Result<Self, CodecError> {
        if &items.kind(id)? != b"grid" {
            let size = Traits::of(items, id)?.size(items, id)?;
            let tile = Tile::of(items, id)?;
            return Self::single(tile, size, limits);
        }
        let grid = Grid::read(&items.data(id)?, &items.cursor)?;
        Self::grid(items, grid, items.references(b"dimg", id), limits)
    }

    /// One coded picture by itself.
    pub(super) fn single(tile: Tile<'a>, size: Size, limits: &Limits) -> Result<Self, CodecError> {
        limits.check_picture(size, Layout::GRAY8)?;
        Ok(Self { size, tile_size: size, columns: 1, config: tile.config, tiles: vec![tile] })
    }

    /// The tiles `ids` in the arrangement of `grid`.
    fn grid(items: &Items<'a>, grid: Grid, ids: &[u32], limits: &Limits) -> Result<Self, CodecError> {
        let cursor = &items.cursor;
        limits.check_picture(grid.size, Layout::GRAY8)?;
        let (Some(first), Ok(there)) = (ids.first(), u32::try_from(ids.len())) else {
            return Err(cursor.damaged("a grid without tiles"));
        };
        if there != grid.columns * grid.rows {
            let (columns, rows) = (grid.columns, grid.rows);
            return Err(cursor.damaged(format_args!("a grid of {columns} by {rows} with {there} tiles")));
        }
        let tile_size = Traits::of(items, *first)?.size(items, *first)?;
        limits.check_picture(tile_size, Layout::GRAY8)?;
        // All tiles must be needed: or few pixels could cost many.
        let covers = |tile: u32, count: u32, whole: u32| {
            let (tile, count, whole) = (u64::from(tile), u64::from(count), u64::from(whole));
            (tile >= u64::from(MIN_TILE_PX) || count == 1) && tile * count >= whole && tile * (count - 1) < whole
        };
        if !covers(tile_size.width, grid.columns, grid.size.width)
            || !covers(tile_size.height, grid.rows, grid.size.height)
        {
            let (columns, rows, size) = (grid.columns, grid.rows, grid.size);
            let detail = format_args!("{columns} by {rows} tiles of {tile_size} for a picture of {size}");
            return Err(cursor.damaged(detail));
        }
        let tiles = ids.iter().map(|id| {
            let size = Traits::of(items, *id)?.size(items, *id)?;
            if size != tile_size {
                return Err(cursor.damaged(format_args!("tiles of {size} and of {tile_size} in one grid")));
            }
            Tile::of(items, *id)
        });
        let tiles = tiles.collect::<Result<Vec<_>, _>>()?;
        let config = tiles[0].config;
        if tiles.iter().any(|tile| (tile.config.codec, tile.config.depth) != (config.codec, config.depth)) {
            return Err(cursor.damaged("tiles of several codecs or depths in one grid"));
        }
        Ok(Self { size: grid.size, tile_size, columns: grid.columns, tiles, config })
    }
}

impl<'a> Tile<'a> {
    fn of(items: &Items<'a>, id: u32) -> Result<Self, CodecError> {
        match &items.kind(id)? {
            b"av01" | b"hvc1" | b"hev1" => {}
            b"grid" => return Err(items.cursor.unsupported("with grids of grids")),
            b"iovl" => return Err(items.cursor.unsupported("made of overlays")),
            b"iden" => return Err(items.cursor.unsupported("derived from another item")),
            _ => return Err(items.cursor.unsupported("of a codec that is not known")),
        }
        let traits = Traits::of(items, id)?;
        let config =
            traits.config.ok_or_else(|| items.cursor.damaged(format_args!("item {id} has no av1C or hvcC")))?;
        Ok(Self { data: items.data(id)?, config, operating_point: traits.operating_point })
    }
}

/// How tiles lie (ISO/IEC 23008-12, 6.6.2.3.2).
struct Grid {
    columns: u32,
    rows: u32,
    size: Size,
}

impl Grid {
    fn read(data: &[u8], cursor: &Cursor<'_>) -> Result<Self, CodecError> {
        let mut body = Cursor::new(data, cursor.format());
        let (version, flags) = (body.u8()?, body.u8()?);
        if version != 0 {
            return Err(cursor.unsupported("with a grid of a later version"));
        }
        let (rows, columns) = (u32::from(body.u8()?) + 1, u32::from(body.u8()?) + 1);
        let mut side = || if flags & 1 == 0 { body.u16().map(u32::from) } else { body.u32() };
        let size = Size::new(side()?, side()?);
        Ok(Self { columns, rows, size })
    }
}

/// The opacity of item `id`: an item that is auxiliary to it, or, for a grid, one for each tile.
fn alpha<'a>(items: &Items<'a>, id: u32, limits: &Limits) -> Result<(Option<Coded<'a>>, Association), CodecError> {
    if let Some(alpha) = alpha_item(items, id)? {
        let premultiplied = items.references(b"prem", id).contains(&alpha);
        let association = if premultiplied { Association::Premultiplied } else { Association::Straight };
        return Ok((Some(Coded::of(items, alpha, limits)?), association));
    }
    let tiles = items.references(b"dimg", id);
    let mut alphas = Vec::new();
    for tile in tiles {
        let Some(alpha) = alpha_item(items, *tile)? else { return Ok((None, Association::Straight)) };
        alphas.push(alpha);
    }
    if alphas.is_empty() {
        return Ok((None, Association::Straight));
    }
    let premultiplied = items.references(b"prem", tiles[0]).contains(&alphas[0]);
    let association = if premultiplied { Association::Premultiplied } else { Association::Straight };
    let grid = Grid::read(&items.data(id)?, &items.cursor)?;
    Ok((Some(Coded::grid(items, grid, &alphas, limits)?), association))
}

fn alpha_item(items: &Items<'_>, id: u32) -> Result<Option<u32>, CodecError> {
    for referrer in items.referrers(b"auxl", id) {
        if Traits::of(items, *referrer)?.auxiliary == Some(Auxiliary::Alpha) {
            return Ok(Some(*referrer));
        }
    }
    Ok(None)
}

/// The EXIF block that describes item `id`, without the four bytes in front that say where it starts.
fn exif(items: &Items<'_>, id: u32, limits: &Limits) -> Result<Option<Vec<u8>>, CodecError> {
    let Some(data) = descriptions(items, id, *b"Exif", limits)?.into_iter().next() else { return Ok(None) };
    let block = data.split_first_chunk::<4>().and_then(|(offset, rest)| {
        let block = rest.get(u32::from_be_bytes(*offset) as usize..)?;
        // The prefix belongs to JPEG, but some writers count from in front of it.
        Some(block.strip_prefix(b"Exif\0\0").unwrap_or(block).to_vec())
    });
    Ok(block.filter(|block| !block.is_empty()))
}

/// The XMP packet that describes item `id`: of the texts of any kind the one that begins as such a packet does.
fn xmp(items: &Items<'_>, id: u32, limits: &Limits) -> Result<Option<Vec<u8>>, CodecError> {
    let texts = descriptions(items, id, *b"mime", limits)?;
    let is_packet = |text: &&Cow<'_, [u8]>| text.starts_with(b"<?xpacket") || text.starts_with(b"<x:xmpmeta");
    Ok(texts.iter().find(is_packet).map(|text| text.to_vec()))
}

/// What items of `kind` say of item `id`.
fn descriptions<'a>(items: &Items<'a>, id: u32, kind: Kind, limits: &Limits) -> Result<Vec<Cow<'a, [u8]>>, CodecError> {
    let mut found = Vec::new();
    for item in items.referrers(b"cdsc", id).iter().filter(|item| items.kind(**item).is_ok_and(|k| k == kind)) {
        let data = items.data(*item)?;
        let (value, limit) = (data.len() as u64, limits.icc_bytes);
        if value > limit {
            return Err(CodecError::TooLarge { what: Bound::MetadataBytes, value, limit });
        }
        found.push(data);
    }
    Ok(found)
}
