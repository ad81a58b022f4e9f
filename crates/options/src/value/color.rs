//! Colors, in every form that CSS has.

use tintype_pixels::Rgba;

use crate::error::Problem;

/// A CSS color. What lies outside sRGB is brought to its edge.
pub(crate) fn parse(text: &str) -> Result<Rgba, Problem> {
    let color = csscolorparser::parse(text).ok().map(|color| color.to_array());
    // A component can overflow while the text still reads as a color. Adding zero turns -0 into 0.
    let color = color.filter(|channels| channels.iter().all(|v| v.is_finite()));
    let [r, g, b, a] = color
        .map(|channels| channels.map(|v| v.clamp(0.0, 1.0) + 0.0))
        .ok_or_else(|| Problem::refused("a CSS color such as red, %23ff0000 or rgb(255,0,0)"))?;
    Ok(Rgba { r, g, b, a })
}

/// The shortest of the forms that [`parse`] reads back to exactly this color: `#rrggbb`, `#rrggbbaa` or `color(srgb …)`.
pub(crate) fn to_css(color: Rgba) -> String {
    let channels = [color.r, color.g, color.b, color.a];
    let codes = channels.map(|v| (v * 255.0).round() as u8);
    let exact = channels.iter().zip(codes).all(|(v, code)| *v == f32::from(code) / 255.0);
    match (exact, codes) {
        (true, [r, g, b, 255]) => format!("#{r:02x}{g:02x}{b:02x}"),
        (true, [r, g, b, a]) => format!("#{r:02x}{g:02x}{b:02x}{a:02x}"),
        (false, _) => format!("color(srgb {} {} {} / {})", color.r, color.g, color.b, color.a),
    }
}
