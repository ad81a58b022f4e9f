//! From a [`Picture`] to what a probe says of it, and to samples.

use tintype_pixels::{Channels, Depth, ImageFormat, ImageInfo, Layout, Size};

use super::{
    frame::{Frame, Samples, Subsampling},
    nclx,
    picture::{Association, Coded, Picture, Tile},
    property::{Chroma, Nclx},
    yuv::{Conversion, Source},
};
use crate::{CodecError, icc};

/// What a header says. `stream` is what the coded picture says about its colors, for files that do not.
pub(crate) fn info(picture: &Picture<'_>, format: ImageFormat, bytes: &[u8], stream: Option<Nclx>) -> ImageInfo {
    let layout = layout(picture);
    let color = match (picture.icc, picture.nclx.or(stream)) {
        (Some(profile), _) => icc::source_color(Some(profile)),
        (None, Some(nclx)) => nclx::source_color(&nclx),
        (None, None) => icc::source_color(None),
    };
    ImageInfo {
        format,
        file_size: bytes.len() as u64,
        size: picture.crop.size,
        orientation: picture.orientation,
        layout,
        alpha: layout.has_alpha(),
        frames: picture.frames,
        color,
        exif: picture.exif.clone(),
        xmp: picture.xmp.clone(),
        icc: picture.icc.map(<[u8]>::to_vec),
        jpeg: None,
    }
}

/// 8 bits stay 8; 10 and 12 become 16, over their full scale. Luminance alone is gray.
fn layout(picture: &Picture<'_>) -> Layout {
    let channels = match (picture.color.config.chroma, picture.alpha.is_some()) {
        (Chroma::None, false) => Channels::Gray,
        (Chroma::None, true) => Channels::GrayAlpha,
        (Chroma::Some, false) => Channels::Rgb,
        (Chroma::Some, true) => Channels::Rgba,
    };
    Layout::new(channels, if picture.color.config.depth > 8 { Depth::U16 } else { Depth::U8 })
}

/// The samples of `picture` in the layout that [`info`] names, decoding each tile with `decode_tile`, which is given the
/// tile and the size it must have.
pub(crate) fn decode(
    picture: &Picture<'_>,
    format: ImageFormat,
    info: &ImageInfo,
    mut decode_tile: impl FnMut(&Tile<'_>, Size) -> Result<Frame, CodecError>,
) -> Result<Vec<u8>, CodecError> {
    if (picture.crop.size, layout(picture)) != (info.size, info.layout) {
        return Err(CodecError::WrongInfo { format });
    }
    let color = Mosaic::decode(&picture.color, format, &mut decode_tile)?;
    let gray = color.subsampling == Subsampling::Gray;
    if gray != (picture.color.config.chroma == Chroma::None) || color.depth != picture.color.config.depth {
        let (announced, found) = (picture.color.config, color.subsampling);
        let detail = format!("the file announces {announced:?}, the picture has {found:?} of {} bits", color.depth);
        return Err(CodecError::damaged(format, detail));
    }
    let alpha = picture.alpha.as_ref().map(|alpha| Mosaic::decode(alpha, format, &mut decode_tile)).transpose()?;
    let nclx = picture.nclx.unwrap_or(color.color);
    let conversion = Conversion::new(&nclx, gray)
        .ok_or(CodecError::Unsupported { format: format.name(), what: "with this matrix of colors" })?;
    Ok(conversion.samples(
        &color.source(),
        alpha.as_ref().map(Mosaic::source).as_ref(),
        picture.association,
        picture.crop,
        info.layout,
    ))
}

/// Decoded tiles, as if they were one picture.
struct Mosaic {
    size: Size,
    tile_size: Size,
    columns: u32,
    tiles: Vec<Frame>,
    depth: u8,
    subsampling: Subsampling,
    color: Nclx,
}

impl Mosaic {
    fn decode(
        coded: &Coded<'_>,
        format: ImageFormat,
        decode_tile: &mut impl FnMut(&Tile<'_>, Size) -> Result<Frame, CodecError>,
    ) -> Result<Self, CodecError> {
        let mut tiles: Vec<Frame> = Vec::with_capacity(coded.tiles.len());
        for tile in &coded.tiles {
            let frame = decode_tile(tile, coded.tile_size)?;
            if frame.size != coded.tile_size {
                let (found, announced) = (frame.size, coded.tile_size);
                return Err(CodecError::damaged(format, format_args!("a picture of {found} announced as {announced}")));
            }
            if tiles.first().is_some_and(|f| (f.depth, f.subsampling) != (frame.depth, frame.subsampling)) {
                return Err(CodecError::damaged(format, "tiles of several kinds in one grid"));
            }
            tiles.push(frame);
        }
        let Some(first) = tiles.first() else { return Err(CodecError::damaged(format, "there are no tiles")) };
        let (depth, subsampling, color) = (first.depth, first.subsampling, first.color);
        let chroma = subsampling.chroma(coded.tile_size);
        // Where a sample of color would belong to two tiles. MIAF does not allow it.
        if tiles.len() > 1
            && (matches!(subsampling, Subsampling::Both | Subsampling::Horizontal)
                && !coded.tile_size.width.is_multiple_of(2)
                || subsampling == Subsampling::Both && !coded.tile_size.height.is_multiple_of(2))
        {
            let size = coded.tile_size;
            return Err(CodecError::damaged(format, format_args!("tiles of {size} whose color has {chroma} samples")));
        }
        let columns = coded.columns;
        Ok(Self { size: coded.size, tile_size: coded.tile_size, columns, tiles, depth, subsampling, color })
    }

    fn source(&self) -> Source<'_> {
        Source {
            size: self.size,
            depth: self.depth,
            subsampling: self.subsampling,
            range: self.color.range,
            samples: self,
        }
    }
}

impl Samples for Mosaic {
    fn read_row(&self, plane: usize, y: u32, row: &mut [u16]) {
        let tile = self.subsampling.plane(plane, self.tile_size);
        let first = (y / tile.height * self.columns) as usize;
        for (part, tile_frame) in row.chunks_mut(tile.width as usize).zip(&self.tiles[first..]) {
            tile_frame.samples.read_row(plane, y % tile.height, part);
        }
    }
}

/// Whether colors were multiplied by opacity.
impl Association {
    pub(super) fn is_premultiplied(self) -> bool {
        self == Self::Premultiplied
    }
}
