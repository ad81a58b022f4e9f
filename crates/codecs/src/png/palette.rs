//! Few colors for a picture of many, translucent ones among them.
//!
//! A picture that has few enough is exact. Of others an opaque one gets Wu's colors in Oklab (`quantette`, as GIF does), a
//! translucent one those of `quantizr`, which divides the space of four channels; both spread what is left over.

use std::collections::HashMap;

use quantette::{ImageRef, PaletteSize, Pipeline, deps::palette::cast};
use quantizr::{Image, Options, QuantizeResult};
use tintype_pixels::{Channels, Planes};

/// Colors, and each pixel's number among them. Translucent colors come first.
pub(super) struct Indexed {
    pub(super) palette: Vec<[u8; 4]>,
    pub(super) indices: Vec<u8>,
}

/// `planes`, RGB or RGBA of 8 bits, in at most `colors` (2 to 256). What goes wrong comes back as text.
pub(super) fn indexed(planes: &Planes, colors: usize) -> Result<Indexed, String> {
    let rgba = rgba(planes);
    let indexed = match exact(&rgba, colors) {
        Some(indexed) => indexed,
        None if rgba.iter().all(|[.., a]| *a == 255) => opaque(planes, &rgba, colors)?,
        None => translucent(planes, &rgba, colors)?,
    };
    Ok(sorted(indexed))
}

/// What is fully transparent has no color: black, so that it takes one place in the palette.
fn rgba(planes: &Planes) -> Vec<[u8; 4]> {
    match planes.layout().channels {
        Channels::Rgba => {
            let pixels = planes.bytes().as_chunks::<4>().0.iter();
            pixels.map(|pixel| if pixel[3] == 0 { [0; 4] } else { *pixel }).collect()
        }
        _ => planes.bytes().as_chunks::<3>().0.iter().map(|[r, g, b]| [*r, *g, *b, 255]).collect(),
    }
}

/// `None` when there are more than `colors`.
fn exact(rgba: &[[u8; 4]], colors: usize) -> Option<Indexed> {
    let mut palette = Vec::new();
    let mut numbers = HashMap::new();
    let mut number = |color: &[u8; 4]| {
        let number = *numbers.entry(*color).or_insert_with(|| {
            palette.push(*color);
            palette.len() - 1
        });
        (number < colors).then_some(number as u8)
    };
    let indices = rgba.iter().map(&mut number).collect::<Option<Vec<u8>>>()?;
    Some(Indexed { palette, indices })
}

fn opaque(planes: &Planes, rgba: &[[u8; 4]], colors: usize) -> Result<Indexed, String> {
    let rgb: Vec<[u8; 3]> = rgba.iter().map(|[r, g, b, _]| [*r, *g, *b]).collect();
    let image = ImageRef::new(planes.size().width, planes.size().height, cast::from_array_slice(&rgb));
    let image = image.map_err(|error| error.error.to_string())?;
    let pipeline = Pipeline::new().palette_size(PaletteSize::from_usize_clamped(colors));
    let (palette, indices) = pipeline.input_image(image).output_srgb8_indexed_image().into_parts();
    let palette: Vec<[u8; 3]> = cast::into_array_vec(palette);
    Ok(Indexed { palette: palette.into_iter().map(|[r, g, b]| [r, g, b, 255]).collect(), indices })
}

fn translucent(planes: &Planes, rgba: &[[u8; 4]], colors: usize) -> Result<Indexed, String> {
    let (width, height) = (planes.size().width as usize, planes.size().height as usize);
    let image = Image::new(rgba.as_flattened(), width, height).map_err(|error| format!("{error:?}"))?;
    let mut options = Options::default();
    options.set_max_colors(colors as i32).map_err(|error| format!("{error:?}"))?;
    let mut result = QuantizeResult::quantize(&image, &options);
    result.set_dithering_level(1.0).map_err(|error| format!("{error:?}"))?;
    let mut indices = vec![0; rgba.len()];
    result.remap_image(&image, &mut indices).map_err(|error| format!("{error:?}"))?;
    let palette = result.get_palette();
    let entries = palette.entries.iter().take(palette.count as usize);
    Ok(Indexed { palette: entries.map(|color| [color.r, color.g, color.b, color.a]).collect(), indices })
}

/// With translucent colors first: PNG lists opacities up to the last that is not full.
fn sorted(indexed: Indexed) -> Indexed {
    let Indexed { palette, mut indices } = indexed;
    let mut order: Vec<usize> = (0..palette.len()).collect();
    order.sort_by_key(|number| palette[*number][3] == 255);
    let mut new_number = [0u8; 256];
    for (new, old) in order.iter().enumerate() {
        new_number[*old] = new as u8;
    }
    for index in &mut indices {
        *index = new_number[usize::from(*index)];
    }
    Indexed { palette: order.into_iter().map(|number| palette[number]).collect(), indices }
}
