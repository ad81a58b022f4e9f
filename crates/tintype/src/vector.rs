//! Sources that are drawings: when an SVG is passed on as it is, and at what size it is drawn otherwise.
//!
//! A drawing has no pixels to lose or to invent: it is drawn at the size that is asked for, so `scale-down` makes a small one
//! as large as that, too. Where options name its pixels (`trim`), it is drawn at its own size.

use tintype_codecs as codecs;
use tintype_engine::plan::{Draw, Stage};
use tintype_options::{Fit, OutputFormat, Rotate, TransformOptions, Width};
use tintype_pixels::{ImageFormat, ImageInfo, Size};

use crate::{Policy, TransformError};

/// Whether `bytes` are an SVG that is passed on: no format of pixels was asked for, and nothing is drawn on it.
pub(crate) fn is_passed_on(bytes: &[u8], stages: &[Stage], wanted: &TransformOptions) -> bool {
    is_left_open(wanted) && codecs::is_svg(bytes) && !stages.iter().any(|stage| matches!(stage, Stage::Draw(_)))
}

/// The same, by the header.
pub(crate) fn would_be_passed_on(info: Option<&ImageInfo>, stages: &[Stage], wanted: &TransformOptions) -> bool {
    let is_svg = info.is_some_and(|info| info.format == ImageFormat::Svg);
    is_left_open(wanted) && is_svg && !stages.iter().any(|stage| matches!(stage, Stage::Draw(_)))
}

fn is_left_open(wanted: &TransformOptions) -> bool {
    matches!(wanted.format, None | Some(OutputFormat::Auto | OutputFormat::Svg))
}

/// The document, cleaned, and its own size as far as it tells one.
pub(crate) fn passed_on(bytes: &[u8], policy: &Policy) -> Result<(Vec<u8>, Option<ImageInfo>), TransformError> {
    let clean = codecs::clean_svg(bytes, &policy.limits)?;
    Ok((clean, codecs::probe(bytes, &policy.limits).ok()))
}

/// The size at which source `index` is to be read: its own, but for a drawing.
pub(crate) fn size_to_read(info: &ImageInfo, index: usize, stages: &[Stage], policy: &Policy) -> Size {
    match options_of(index, stages) {
        Some(options) if info.format == ImageFormat::Svg => drawn_size(info.size, options, policy),
        _ => info.size,
    }
}

/// The first options that source `index` meets; the base is number 0.
fn options_of(index: usize, stages: &[Stage]) -> Option<&TransformOptions> {
    if index == 0 {
        return stages.iter().find_map(|stage| match stage {
            Stage::Transform(options) | Stage::Cutout { options, .. } => Some(&**options),
            Stage::Draw(_) => None,
        });
    }
    stages.iter().find_map(|stage| match stage {
        Stage::Draw(Draw { source, stages, .. }) if *source == index => options_of(0, stages),
        Stage::Draw(Draw { stages, .. }) => options_of(index, stages),
        Stage::Transform(_) | Stage::Cutout { .. } => None,
    })
}

fn drawn_size(own: Size, options: &TransformOptions, policy: &Policy) -> Size {
    if options.trim.is_some() {
        return own;
    }
    let dpr = options.dpr.unwrap_or(1.0);
    // Width and height are asked of the turned picture.
    let lies = matches!(options.rotate, Some(Rotate::Quarter | Rotate::ThreeQuarters));
    let turned = if lies { Size::new(own.height, own.width) } else { own };
    let across = match options.width {
        Some(Width::Px(width)) => Some(f64::from(width) * dpr / f64::from(turned.width)),
        Some(Width::Auto) | None => None,
    };
    let down = options.height.map(|height| f64::from(height) * dpr / f64::from(turned.height));
    let fits_inside =
        matches!(options.fit.unwrap_or_default(), Fit::ScaleDown | Fit::Contain | Fit::ScaleUp | Fit::Pad);
    let wanted = match (across, down) {
        (None, None) => return own,
        (Some(factor), None) | (None, Some(factor)) => factor,
        (Some(across), Some(down)) if fits_inside => across.min(down),
        // Parts of it may be cut off: enough for either side.
        (Some(across), Some(down)) => across.max(down),
    };
    // More than any result may have is not drawn.
    let by_side = f64::from(policy.result_side_px.min(policy.limits.side_px)) / f64::from(own.width.max(own.height));
    let area_px = policy.result_area_px.min(policy.limits.area_px).min(policy.limits.decoded_bytes / 4);
    let by_area = (area_px as f64 / own.area().max(1) as f64).sqrt();
    let factor = wanted.min(by_side).min(by_area);
    let side = |px: u32| ((f64::from(px) * factor).round() as u32).max(1);
    let drawn = Size::new(side(own.width), side(own.height));
    // Rounding up may be one row too many.
    if drawn.area() > area_px { Size::new(drawn.width, (area_px / u64::from(drawn.width)) as u32) } else { drawn }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_is_drawn_at_the_size_asked_for() {
        let policy = Policy::default();
        for (options, expected) in [
            ("format=png", (60, 40)),
            ("width=600", (600, 400)),
            ("width=30", (30, 20)),
            ("width=100,dpr=2", (200, 133)),
            ("height=10", (15, 10)),
            ("width=300,height=300", (300, 200)),
            ("width=300,height=300,fit=cover", (450, 300)),
            ("width=300,height=30,fit=squeeze", (300, 200)),
            ("width=300,height=300,rotate=90", (300, 200)),
            ("width=600,trim=1;1;1;1", (60, 40)),
            ("width=50000", (12_000, 8_000)),
        ] {
            let options = options.parse().expect("parses");
            let size = drawn_size(Size::new(60, 40), &options, &policy);
            assert_eq!(size, Size::new(expected.0, expected.1), "{options:?}");
        }
        let long = drawn_size(Size::new(1, 60_000), &"width=1000".parse().expect("parses"), &policy);
        assert!(long.height <= 12_000 && long.width == 1, "{long}");
    }
}
