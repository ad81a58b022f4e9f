//! Pixels to a GIF of one frame.

use std::collections::HashMap;

use gif::{Encoder, Frame};
use quantette::{ImageRef, PaletteSize, Pipeline, deps::palette::cast};
use tintype_pixels::{Channels, ImageFormat, Planes, Size};

use crate::CodecError;

/// The most colors a palette holds, the transparent one among them (GIF89a, 19).
const MAX_COLORS: usize = 256;

/// From this opacity on a pixel is there; there is no in-between.
pub(super) const OPAQUE_FROM: u8 = 128;

/// Takes 8-bit RGB and RGBA of at most 65,535 pixels a side.
///
/// A picture of no more colors than fit is exact. In others 256 colors (255 beside transparency) are chosen by Wu's method in
/// Oklab, and what that leaves over is spread by Floyd and Steinberg's.
pub(crate) fn encode(planes: &Planes) -> Result<Vec<u8>, CodecError> {
    let Indexed { palette, indices, transparent } = indexed(&pixels(planes), planes.size())?;

    let side = |px: u32| u16::try_from(px).expect("the longest side is checked before encoding");
    let (width, height) = (side(planes.size().width), side(planes.size().height));
    let frame = Frame { width, height, transparent, buffer: indices.into(), ..Frame::default() };
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, width, height, palette.as_flattened()).map_err(failed)?;
    encoder.write_frame(&frame).map_err(failed)?;
    drop(encoder);
    Ok(out)
}

/// Few colors, and each pixel's number among them.
pub(super) struct Indexed {
    pub(super) palette: Vec<[u8; 3]>,
    pub(super) indices: Vec<u8>,
    /// The number of what is transparent.
    pub(super) transparent: Option<u8>,
}

pub(super) struct Pixels {
    pub(super) colors: Vec<[u8; 3]>,
    /// Which pixels are transparent; `None` where none is.
    pub(super) is_clear: Option<Vec<bool>>,
}

/// `pixels` of a picture of `size`, as exactly as a palette can.
pub(super) fn indexed(pixels: &Pixels, size: Size) -> Result<Indexed, CodecError> {
    let Pixels { colors, is_clear } = pixels;
    let n_colors = MAX_COLORS - usize::from(is_clear.is_some());
    let (mut palette, mut indices) = match exact(colors, n_colors) {
        Some(exact) => exact,
        None => chosen(colors, size, n_colors).map_err(failed)?,
    };
    let transparent = is_clear.as_ref().map(|is_clear| {
        let number = palette.len() as u8;
        palette.push([0; 3]);
        let clear = indices.iter_mut().zip(is_clear).filter(|(_, is_clear)| **is_clear);
        clear.for_each(|(pixel, _)| *pixel = number);
        number
    });
    Ok(Indexed { palette, indices, transparent })
}

pub(super) fn failed(detail: impl std::fmt::Display) -> CodecError {
    CodecError::encode(ImageFormat::Gif, detail)
}

/// Colors apart from transparency.
fn pixels(planes: &Planes) -> Pixels {
    if planes.layout().channels != Channels::Rgba {
        return Pixels { colors: planes.bytes().as_chunks::<3>().0.to_vec(), is_clear: None };
    }
    let rgba = planes.bytes().as_chunks::<4>().0;
    Pixels::new(rgba.iter().map(|[r, g, b, a]| (*a >= OPAQUE_FROM).then_some([*r, *g, *b])))
}

impl Pixels {
    /// `None` is transparent. Such a pixel has the color in front of it: it is not seen, and this way neither takes a place in
    /// the palette nor disturbs what is spread.
    pub(super) fn new(pixels: impl Iterator<Item = Option<[u8; 3]>> + Clone) -> Self {
        let mut last = pixels.clone().flatten().next().unwrap_or_default();
        let mut is_clear = Vec::with_capacity(pixels.size_hint().0);
        let colors = pixels.map(|pixel| {
            is_clear.push(pixel.is_none());
            last = pixel.unwrap_or(last);
            last
        });
        let colors = colors.collect();
        Self { colors, is_clear: is_clear.contains(&true).then_some(is_clear) }
    }
}

/// All colors there are, and each pixel's number; `None` when there are more than `n_colors`.
fn exact(colors: &[[u8; 3]], n_colors: usize) -> Option<(Vec<[u8; 3]>, Vec<u8>)> {
    let mut palette = Vec::new();
    let mut numbers = HashMap::new();
    let mut number = |color: &[u8; 3]| {
        let number = *numbers.entry(*color).or_insert_with(|| {
            palette.push(*color);
            palette.len() - 1
        });
        (number < n_colors).then_some(number as u8)
    };
    let indices = colors.iter().map(&mut number).collect::<Option<Vec<u8>>>()?;
    Some((palette, indices))
}

/// The best `n_colors` colors, and each pixel's number among them.
fn chosen(
    colors: &[[u8; 3]],
    size: Size,
    n_colors: usize,
) -> Result<(Vec<[u8; 3]>, Vec<u8>), impl std::fmt::Display + use<>> {
    let image = ImageRef::new(size.width, size.height, cast::from_array_slice(colors)).map_err(|error| error.error)?;
    let pipeline = Pipeline::new().palette_size(PaletteSize::from_usize_clamped(n_colors));
    let (palette, indices) = pipeline.input_image(image).output_srgb8_indexed_image().into_parts();
    Ok::<_, quantette::CreateImageError>((cast::into_array_vec(palette), indices))
}
