//! What a PNG says of its colors, by the precedence of PNG's 3rd edition (4.3): cICP, iCCP, sRGB, then gAMA and cHRM.

use png::Info;
use tintype_pixels::SourceColor;

use crate::{
    cicp::{self, Range},
    icc,
};

/// The meaning of the picture's numbers. A chunk that makes no sense is passed over, as if it were not there.
pub(super) fn source_color(info: &Info<'_>) -> SourceColor {
    let coded = info.coding_independent_code_points.filter(|cicp| cicp.matrix_coefficients == 0).and_then(|cicp| {
        let range = if cicp.is_video_full_range_image { Range::Full } else { Range::Narrow };
        cicp::source_color(cicp.color_primaries, cicp.transfer_function, range)
    });
    if let Some(color) = coded {
        return color;
    }
    if info.icc_profile.is_some() {
        return icc::source_color(info.icc_profile.as_deref());
    }
    if info.srgb.is_some() || (info.gama_chunk.is_none() && info.chrm_chunk.is_none()) {
        return SourceColor::srgb();
    }
    let chromaticities = info
        .chrm_chunk
        .map(|chunk| [chunk.white, chunk.red, chunk.green, chunk.blue].map(|(x, y)| (x.into_value(), y.into_value())));
    cicp::from_gamma(info.gama_chunk.map(|gamma| gamma.into_value()), chromaticities).unwrap_or_else(SourceColor::srgb)
}
