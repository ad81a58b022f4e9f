//! `format=json`: a picture described instead of shown.
//!
//! Width, height and `original` are Cloudflare's, in its order; what follows them is ours: what a page needs to hold a place
//! for the picture until it is there. Those come from a copy of the result of at most [`SIDE_PX`] pixels a side, made on the
//! device by [`small`], one more stage of the result's own plan, so that no full-size result is ever read back.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::Serialize;
use tintype_codecs::{self as codecs, Encode, Metadata};
use tintype_engine::plan::Stage;
use tintype_options::{Border, Fit, Refine, TransformOptions, Width};
use tintype_pixels::{Face, ImageInfo, Layout, Planes, Rgba, Size};

use crate::{Faces, TransformError, dominant::dominant};

/// The longest side of the copy that is looked at; the most that a ThumbHash is made of.
pub(crate) const SIDE_PX: u32 = 100;

/// The samples in which the copy is read back.
pub(crate) const LAYOUT: Layout = Layout::RGBA8;

/// The stage that makes the copy of a result.
pub(crate) fn small() -> Stage {
    Stage::Transform(Box::new(TransformOptions {
        width: Some(Width::Px(SIDE_PX)),
        height: Some(SIDE_PX),
        fit: Some(Fit::ScaleDown),
        ..TransformOptions::default()
    }))
}

/// The stages whose result is transparent exactly where the matte, or the source, leaves nothing of it: without layers, and
/// without what fills or colors.
pub(crate) fn mask(stages: &[Stage]) -> Vec<Stage> {
    let bare = |options: &TransformOptions| {
        Box::new(TransformOptions {
            background: Some(Rgba::TRANSPARENT),
            border: options.border.map(|border| Border { color: Some(Rgba::TRANSPARENT), ..border }),
            segment_refine: Some(Refine::Off),
            sharpen: None,
            blur: None,
            brightness: None,
            contrast: None,
            saturation: None,
            gamma: None,
            ..options.clone()
        })
    };
    let each = stages.iter().filter_map(|stage| match stage {
        Stage::Transform(options) => Some(Stage::Transform(bare(options))),
        Stage::Cutout { options, matte } => Some(Stage::Cutout { options: bare(options), matte: *matte }),
        Stage::Draw(_) => None,
    });
    each.collect()
}

/// How opaque the pixels of `picture` are, 8 bits each, as a gray PNG in a `data:` URL.
pub(crate) fn mask_url(picture: &Planes) -> Result<String, TransformError> {
    let alphas: Vec<u8> = picture.bytes().as_chunks::<4>().0.iter().map(|[.., alpha]| *alpha).collect();
    let gray = Planes::new(picture.size(), Layout::GRAY8, alphas).expect("one byte a pixel");
    let png = codecs::encode(&gray, &Encode::png(), &Metadata::default())?;
    Ok(format!("data:image/png;base64,{}", BASE64_STANDARD.encode(png)))
}

/// What somebody looked for in a picture, because its options asked for it.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The original's.
    pub(crate) faces: Option<Faces>,
    /// The result's, see [`mask_url`].
    pub(crate) mask: Option<String>,
}

/// The answer's body. `size` is the result's, `copy` its small copy, which there is none of where the original's pixels
/// cannot be read: what depends on it is then `null`.
pub(crate) fn json(original: Option<&ImageInfo>, size: Size, anim: bool, copy: Option<&Planes>, seen: Seen) -> Vec<u8> {
    let description = Description {
        width: size.width,
        height: size.height,
        original: original.map(Original::of),
        orientation: original.map(|info| info.orientation.exif()),
        frames: original.map(|info| info.frames).filter(|frames| anim && *frames > 1),
        dominant_color: copy.and_then(|copy| dominant(copy.bytes())).map(|[r, g, b]| format!("#{r:02x}{g:02x}{b:02x}")),
        thumbhash: copy.map(thumbhash),
        blurhash: copy.and_then(blurhash),
        faces: seen.faces.map(|faces| faces.faces.iter().map(FaceBox::of).collect()),
        mask: seen.mask,
    };
    serde_json::to_vec(&description).expect("numbers and texts can be written as JSON")
}

/// The whole answer. To add something: a field behind the others, so that Cloudflare's stay where they are.
#[derive(Serialize)]
struct Description {
    /// Of the result.
    width: u32,
    height: u32,
    original: Option<Original>,

    /// EXIF's value, 1 to 8, of the original, whose width and height above are those once it is upright.
    #[serde(skip_serializing_if = "Option::is_none")]
    orientation: Option<u8>,
    /// Of an animation that is not cut down to its first picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    frames: Option<u32>,
    /// Of the result, as are the following; `null` too where all of it is transparent.
    dominant_color: Option<String>,
    /// In base64.
    thumbhash: Option<String>,
    blurhash: Option<String>,
    /// Of the original, upright, in its pixels; only where `gravity=face` asks for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    faces: Option<Vec<FaceBox>>,
    /// How much of every pixel of the result is foreground; only where `segment` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    mask: Option<String>,
}

#[derive(Serialize)]
struct FaceBox {
    x: f32,
    y: f32,
    width: f32,
    height: f32,
    score: f32,
    landmarks: [[f32; 2]; 5],
}

impl FaceBox {
    fn of(face: &Face) -> Self {
        let Face { x, y, width, height, score, landmarks } = *face;
        Self { x, y, width, height, score, landmarks }
    }
}

#[derive(Serialize)]
struct Original {
    file_size: u64,
    width: u32,
    height: u32,
    format: &'static str,
}

impl Original {
    fn of(info: &ImageInfo) -> Self {
        let Size { width, height } = info.upright_size();
        Self { file_size: info.file_size, width, height, format: info.format.media_type() }
    }
}

fn thumbhash(copy: &Planes) -> String {
    let Size { width, height } = copy.size();
    BASE64_STANDARD.encode(thumbhash::rgba_to_thumb_hash(width as usize, height as usize, copy.bytes()))
}

/// Four by three components along the longer side. A BlurHash has no transparency: what is transparent is taken as white.
fn blurhash(copy: &Planes) -> Option<String> {
    let Size { width, height } = copy.size();
    let (across, down) = if width >= height { (4, 3) } else { (3, 4) };
    let over_white = |[r, g, b, a]: [u8; 4]| {
        let over = |channel: u8| ((u32::from(channel) * u32::from(a) + 255 * (255 - u32::from(a)) + 127) / 255) as u8;
        [over(r), over(g), over(b), 255]
    };
    let opaque: Vec<u8> = copy.bytes().as_chunks::<4>().0.iter().flat_map(|pixel| over_white(*pixel)).collect();
    blurhash::encode(across, down, width, height, &opaque).ok()
}
