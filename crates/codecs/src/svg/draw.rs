//! SVG to pixels, by `resvg`.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{ImageHrefResolver, ImageKind, Options, Tree},
};
use tintype_pixels::{ImageFormat, ImageInfo, Layout, Orientation, Size, SourceColor};

use super::{cost, measure};
use crate::{CodecError, Limits, registry};

/// Pixels of all pictures in a document's `data:` URLs together.
const INLINED_PX: u64 = 32_000_000;

pub(crate) fn probe(bytes: &[u8], limits: &Limits) -> Result<ImageInfo, CodecError> {
    let tree = parse(bytes, limits)?;
    let size = tree.size().to_int_size();
    Ok(ImageInfo {
        format: ImageFormat::Svg,
        file_size: bytes.len() as u64,
        size: Size::new(size.width(), size.height()),
        orientation: Orientation::Upright,
        layout: Layout::RGBA8,
        alpha: true,
        frames: 1,
        color: SourceColor::srgb(),
        exif: None,
        xmp: None,
        icc: None,
        jpeg: None,
    })
}

/// Draws the document so that it fills `info.size`, whatever its own is.
pub(crate) fn decode(bytes: &[u8], info: &ImageInfo, limits: &Limits) -> Result<Vec<u8>, CodecError> {
    if info.layout != Layout::RGBA8 {
        return Err(CodecError::WrongInfo { format: ImageFormat::Svg });
    }
    let tree = parse(bytes, limits)?;
    let Size { width, height } = info.size;
    let (across, down) = (width as f32 / tree.size().width(), height as f32 / tree.size().height());
    let transform = Transform::from_scale(across, down);
    cost::check(&tree, bytes.len(), info.size, transform, limits)?;
    let mut pixels = Pixmap::new(width, height).ok_or(CodecError::WrongInfo { format: ImageFormat::Svg })?;
    resvg::render(&tree, transform, &mut pixels.as_mut());
    Ok(pixels.take_demultiplied())
}

fn parse(bytes: &[u8], limits: &Limits) -> Result<Tree, CodecError> {
    let text = measure::check_text(bytes, limits)?;
    let document = measure::parsed(text, limits)?;
    measure::check_document(&document, limits)?;
    let inlined_px = AtomicU64::new(0);
    let resolver = ImageHrefResolver {
        resolve_data: Box::new(|_, data, _| inlined(data, limits, &inlined_px)),
        resolve_string: Box::new(|_, _| None),
    };
    let options = Options { image_href_resolver: resolver, ..Options::default() };
    Tree::from_xmltree(&document, &options).map_err(|error| CodecError::damaged(ImageFormat::Svg, error))
}

/// A picture in a `data:` URL, where its header says that it may be decoded and all of them are not too many.
fn inlined(data: Arc<Vec<u8>>, limits: &Limits, total_px: &AtomicU64) -> Option<ImageKind> {
    let codec = registry::find(&data, limits).ok()?;
    let kind = match codec.format {
        ImageFormat::Jpeg => ImageKind::JPEG,
        ImageFormat::Png => ImageKind::PNG,
        ImageFormat::Gif => ImageKind::GIF,
        ImageFormat::Webp => ImageKind::WEBP,
        _ => return None,
    };
    let info = (codec.probe)(&data, limits).ok()?;
    limits.check_picture(info.size, Layout::RGBA8).ok()?;
    let before = total_px.fetch_add(info.size.area(), Ordering::Relaxed);
    (before.saturating_add(info.size.area()) <= INLINED_PX).then(|| kind(data))
}
