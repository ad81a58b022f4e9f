//! Which encoder: from what was asked for, what the client takes and what the picture is.

use tintype_codecs::{Encode, PngCompression, Subsampling, Tuning};
use tintype_options::{Compression, OutputFormat, Quality, QualityMode, TransformOptions, Warning};
use tintype_pixels::{ImageFormat, Layout, Size};

use crate::Policy;

/// What the client says it can show, beyond JPEG and PNG.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Accepts {
    /// AVIF.
    pub avif: bool,
    /// WebP.
    pub webp: bool,
}

impl Accepts {
    /// A client that shows everything.
    pub const ALL: Self = Self { avif: true, webp: true };
}

/// How a result is encoded, for programs; a URL says the same with `format` and `quality`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Output {
    pub(crate) format: Option<OutputFormat>,
    pub(crate) quality: Option<u8>,
    pub(crate) raw: Option<Layout>,
}

impl Output {
    /// A format by its name among the options.
    pub fn format(format: OutputFormat) -> Self {
        Self { format: Some(format), ..Self::default() }
    }

    /// Bare samples: red, green, blue, 8 bits each, row by row; transparent parts become white.
    pub fn rgb() -> Self {
        Self { raw: Some(Layout::RGB8), ..Self::default() }
    }

    /// Bare samples: red, green, blue, straight alpha, 8 bits each, row by row.
    pub fn rgba() -> Self {
        Self { raw: Some(Layout::RGBA8), ..Self::default() }
    }

    /// JPEG, or PNG where something is transparent.
    pub fn auto() -> Self {
        Self::default()
    }

    /// JPEG; transparent parts become white.
    pub fn jpeg() -> Self {
        Self::format(OutputFormat::Jpeg)
    }

    /// PNG, of 16 bits where the source is.
    pub fn png() -> Self {
        Self::format(OutputFormat::PngForce)
    }

    /// WebP; quality 100 is lossless.
    pub fn webp() -> Self {
        Self::format(OutputFormat::Webp)
    }

    /// AVIF; WebP where it is too large for that.
    pub fn avif() -> Self {
        Self::format(OutputFormat::Avif)
    }

    /// GIF of 256 colors a frame.
    pub fn gif() -> Self {
        Self::format(OutputFormat::Gif)
    }

    /// 1 to 100 on each format's own scale; default 85.
    pub fn quality(mut self, quality: u8) -> Self {
        self.quality = Some(quality.clamp(1, 100));
        self
    }
}

/// How hard encoders try, where the format leaves a choice: time for bytes, and never for looks.
///
/// | | PNG | of a palette | lossy WebP | AVIF |
/// | --- | --- | --- | --- | --- |
/// | `Fast` | fast | balanced | method 2 | speed 9 |
/// | `Balanced` | balanced | balanced | method 4 | speed 8 |
/// | `Small` | high | high | method 6 | speed 6 |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Effort {
    /// For answers while somebody waits.
    #[default]
    Fast,
    /// Some times slower, and a little smaller.
    Balanced,
    /// For files that are made once and sent often.
    Small,
}

impl Effort {
    fn png(self) -> PngCompression {
        match self {
            Self::Fast => PngCompression::Fast,
            Self::Balanced => PngCompression::Balanced,
            Self::Small => PngCompression::High,
        }
    }

    /// Finding the colors takes most of the time, and the fast encoder is made for other pictures than these.
    fn palette(self) -> PngCompression {
        match self {
            Self::Fast | Self::Balanced => PngCompression::Balanced,
            Self::Small => PngCompression::High,
        }
    }

    fn webp(self, quality: u8) -> Encode {
        let method = match self {
            Self::Fast => Encode::WEBP_METHOD,
            Self::Balanced => 4,
            Self::Small => 6,
        };
        Encode::Webp { quality, method }
    }

    fn avif(self, quality: u8) -> Encode {
        let speed = match self {
            Self::Fast => Encode::AVIF_SPEED,
            Self::Balanced => 8,
            Self::Small => 6,
        };
        Encode::Avif { quality, speed }
    }
}

/// What the answer will be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Answer {
    /// A picture.
    Picture(Encode),
    /// A description of one.
    Json,
}

const HAS_AVIF: bool = cfg!(feature = "avif-encode");
const HAS_WEBP: bool = cfg!(feature = "webp-lossy");

/// Chooses. `size` and `is_opaque` are the result's.
pub(crate) fn choose(
    options: &TransformOptions,
    accepts: Accepts,
    size: Size,
    is_opaque: bool,
    policy: &Policy,
) -> (Answer, Option<Warning>) {
    let quality = options.quality.unwrap_or(Quality::DEFAULT).number();
    let is_fast = options.compression == Some(Compression::Fast);
    let effort = if is_fast { Effort::Fast } else { policy.effort };
    let webp = if quality == 100 { Encode::WebpLossless } else { effort.webp(quality) };
    let avif = effort.avif(quality);
    let tuning = match options.quality_mode.unwrap_or_default() {
        QualityMode::Standard => Tuning::Standard,
        QualityMode::Perceptual => Tuning::Perceptual,
    };
    let jpeg = Encode::Jpeg { quality, progressive: false, subsampling: Subsampling::Auto, tuning };
    let compression = effort.png();
    let true_png = Encode::Png { compression };
    // A quality given for PNG allows a palette, as Cloudflare documents; all of it asks for none.
    let png = match options.quality {
        Some(given) if given.number() < 100 && !is_fast => Encode::Png8 { quality, compression: effort.palette() },
        _ => true_png,
    };
    let standard = if is_opaque { jpeg } else { png };
    let side = size.width.max(size.height);
    // A build without an encoder negotiates as if the client did not know the format; asked for by name, it is an error.
    let accepts = Accepts { avif: accepts.avif && HAS_AVIF, webp: accepts.webp && HAS_WEBP };
    let fits_webp = side <= webp.max_side_px();
    let without_avif = if accepts.webp && fits_webp { webp } else { standard };

    let picture = |encode| (Answer::Picture(encode), None);
    let warned = |encode, warning| (Answer::Picture(encode), Some(warning));
    let too_large = |encode| warned(encode, Warning::TooLargeForAvif);
    if is_fast && options.format != Some(OutputFormat::Json) {
        return picture(standard);
    }
    match options.format {
        None => picture(standard),
        Some(OutputFormat::Auto) if accepts.avif && side <= policy.avif_auto_side_px => picture(avif),
        Some(OutputFormat::Auto) if accepts.avif => too_large(without_avif),
        Some(OutputFormat::Auto) if accepts.webp && !fits_webp => warned(standard, Warning::TooLargeForWebp),
        Some(OutputFormat::Auto) => picture(without_avif),
        Some(OutputFormat::Avif) if side <= policy.avif_side_px => picture(avif),
        Some(OutputFormat::Avif) => too_large(without_avif),
        Some(OutputFormat::Webp) if fits_webp => picture(webp),
        Some(OutputFormat::Webp) => warned(standard, Warning::TooLargeForWebp),
        Some(OutputFormat::Jpeg | OutputFormat::BaselineJpeg) => picture(jpeg),
        Some(OutputFormat::Png) => picture(png),
        Some(OutputFormat::PngForce) => picture(true_png),
        Some(OutputFormat::Gif) => picture(Encode::Gif),
        // Refused before: only a source that is SVG can be passed on as such.
        Some(OutputFormat::Svg) => picture(standard),
        Some(OutputFormat::Json) => (Answer::Json, None),
    }
}

/// Chooses for an animation of `source`'s format, whose result has `size`: a format that moves.
///
/// Without a format it keeps its own; an APNG, which is not written, becomes WebP. `auto` is WebP where the client shows it, GIF otherwise.
pub(crate) fn choose_moving(
    options: &TransformOptions,
    accepts: Accepts,
    size: Size,
    source: ImageFormat,
    policy: &Policy,
) -> (Encode, Option<Warning>) {
    let quality = options.quality.unwrap_or(Quality::DEFAULT).number();
    let is_fast = options.compression == Some(Compression::Fast);
    let effort = if is_fast { Effort::Fast } else { policy.effort };
    let is_lossless = quality == 100 || !HAS_WEBP;
    let webp = if is_lossless { Encode::WebpLossless } else { effort.webp(quality) };
    let is_webp = match options.format {
        Some(OutputFormat::Gif) => false,
        Some(OutputFormat::Webp) => true,
        Some(OutputFormat::Auto) => accepts.webp,
        _ => source != ImageFormat::Gif,
    };
    match is_webp {
        true if size.width.max(size.height) <= webp.max_side_px() => (webp, None),
        true => (Encode::Gif, Some(Warning::TooLargeForWebp)),
        false => (Encode::Gif, None),
    }
}

#[cfg(all(test, feature = "avif-encode", feature = "webp-lossy"))]
mod tests {
    use super::*;

    fn chosen(options: &str, accepts: Accepts, side: u32, is_opaque: bool) -> (String, bool) {
        let options = if options.is_empty() { TransformOptions::default() } else { options.parse().expect("parses") };
        let (answer, warning) = choose(&options, accepts, Size::new(side, 10), is_opaque, &Policy::default());
        let name = match answer {
            Answer::Picture(encode) => encode.to_string(),
            Answer::Json => "json".to_owned(),
        };
        (name, warning.is_some())
    }

    #[test]
    fn effort_changes_settings_and_compression_fast_undoes_it() {
        let policy = Policy { effort: Effort::Small, ..Policy::default() };
        for (options, expected) in [
            ("format=webp", "webp q85 method 6"),
            ("format=avif", "avif q85 speed 6"),
            ("format=png", "png high"),
            ("format=png,compression=fast", "png fast"),
        ] {
            let options = options.parse().expect("parses");
            let (answer, _) = choose(&options, Accepts::default(), Size::new(10, 10), false, &policy);
            assert!(matches!(answer, Answer::Picture(encode) if encode.to_string() == expected), "{answer:?}");
        }
    }

    #[test]
    fn formats_are_negotiated() {
        let none = Accepts::default();
        let webp = Accepts { webp: true, avif: false };
        for (options, accepts, side, is_opaque, expected, warned) in [
            ("", Accepts::ALL, 500, true, "jpeg q85", false),
            ("", Accepts::ALL, 500, false, "png fast", false),
            ("format=auto", Accepts::ALL, 500, true, "avif q85 speed 9", false),
            ("format=auto", Accepts::ALL, 1201, true, "webp q85", true),
            ("format=auto", webp, 500, false, "webp q85", false),
            ("format=auto", none, 500, false, "png fast", false),
            ("format=auto", none, 500, true, "jpeg q85", false),
            ("format=avif", none, 1600, true, "avif q85 speed 9", false),
            ("format=avif", none, 1601, true, "jpeg q85", true),
            ("format=avif,quality=50", Accepts::ALL, 1601, true, "webp q50", true),
            ("format=webp,quality=100", none, 500, true, "webp lossless", false),
            ("format=webp", none, 16_383, true, "webp q85", false),
            ("format=webp", none, 16_384, true, "jpeg q85", true),
            ("format=webp", none, 16_384, false, "png fast", true),
            ("format=auto", webp, 16_384, true, "jpeg q85", true),
            ("format=auto", none, 16_384, true, "jpeg q85", false),
            ("format=gif", none, 500, true, "gif", false),
            ("format=gif,quality=50", Accepts::ALL, 500, false, "gif", false),
            ("format=svg", none, 500, true, "jpeg q85", false),
            ("format=jpeg,quality=high", none, 500, false, "jpeg q90", false),
            ("format=baseline-jpeg", none, 500, true, "jpeg q85", false),
            ("quality=60,quality-mode=perceptual", none, 500, true, "jpeg q60 perceptual", false),
            ("quality-mode=perceptual,format=webp", none, 500, true, "webp q85", false),
            ("quality-mode=standard", none, 500, true, "jpeg q85", false),
            ("format=png", none, 500, true, "png fast", false),
            ("format=png,quality=60", none, 500, true, "png 192 colors balanced", false),
            ("format=png,quality=100", none, 500, true, "png fast", false),
            ("format=png-force,quality=60", none, 500, true, "png fast", false),
            ("format=png,quality=60,compression=fast", none, 500, false, "png fast", false),
            ("quality=high", none, 500, false, "png 256 colors balanced", false),
            ("format=json", none, 500, true, "json", false),
            ("format=avif,compression=fast", none, 500, true, "jpeg q85", false),
        ] {
            assert_eq!(chosen(options, accepts, side, is_opaque), (expected.to_owned(), warned), "{options} {side}");
        }
    }
}
