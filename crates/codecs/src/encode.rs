//! What an encoder is asked for: format, quality and effort, and the metadata to carry along.

use std::fmt;

use tintype_pixels::{Channels, Depth, ImageFormat, Layout};

/// An output format with all its settings.
///
/// `Display` is the short form that plans and logs show, for example `jpeg q80`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encode {
    /// JPEG: no transparency, 8 bits.
    Jpeg {
        /// 1 to 100 on libjpeg's scale; values outside are clamped.
        quality: u8,
        /// Several passes from coarse to fine instead of one from top to bottom.
        progressive: bool,
        /// Whether color is stored at half resolution.
        subsampling: Subsampling,
        /// What the quality's number becomes.
        tuning: Tuning,
    },
    /// PNG: lossless, 8 or 16 bits.
    Png {
        /// How hard to try.
        compression: PngCompression,
    },
    /// PNG of a palette, 8 bits, translucent colors among them: small, and lossy where there are more colors.
    Png8 {
        /// 1 to 100, see [`Encode::palette_colors`]; values outside are clamped.
        quality: u8,
        /// How hard to try.
        compression: PngCompression,
    },
    /// Lossy WebP, 8 bits. Needs the feature `webp-lossy`.
    Webp {
        /// 1 to 100 on libwebp's scale; values outside are clamped.
        quality: u8,
        /// libwebp's method, 0 (fast) to 6 (small); values above are clamped. [`Encode::WEBP_METHOD`] unless there is a
        /// reason.
        method: u8,
    },
    /// Lossless WebP, 8 bits.
    WebpLossless,
    /// GIF: 256 colors a frame, each pixel opaque or transparent.
    Gif,
    /// AVIF. Needs the feature `avif-encode`.
    Avif {
        /// 1 to 100; values outside are clamped.
        quality: u8,
        /// 1 (slow) to 10 (fast); values outside are clamped. [`Encode::AVIF_SPEED`] unless there is a reason.
        speed: u8,
    },
}

/// Whether a JPEG stores color at half resolution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Subsampling {
    /// Half resolution (4:2:0) below quality 90, full resolution from there on: where people look closely enough to
    /// see it, and the same boundary libjpeg's users expect.
    #[default]
    Auto,
    /// Full resolution, 4:4:4.
    Full,
    /// Half resolution both ways, 4:2:0.
    Half,
}

/// What a JPEG's quality becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tuning {
    /// The tables of the standard, rounding to the nearest step: what `cjpeg` makes.
    #[default]
    Standard,
    /// [`perceptual`](tintype_jpeg::forward::Tables::perceptual) tables and a dead zone: about as good to the eye as the standard
    /// ones of the same quality, in fewer bytes.
    Perceptual,
}

/// How hard the PNG encoder tries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PngCompression {
    /// One cheap pass; on photographs up to a third larger than `Balanced`, and twenty times as fast.
    #[default]
    Fast,
    /// The usual deflate with adaptive filters.
    Balanced,
    /// Deflate's highest level: again twice the time, for a few percent of size.
    High,
}

impl fmt::Display for PngCompression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Fast => "fast",
            Self::Balanced => "balanced",
            Self::High => "high",
        })
    }
}

impl Encode {
    /// The AVIF speed to use unless there is a reason: rav1e's second fastest. 10 takes about 0.6 of the time, but its
    /// files of the same photographs are 6 to 27 % larger.
    pub const AVIF_SPEED: u8 = 9;

    /// libwebp's effort to use unless there is a reason. On a photograph at quality 80, against its own default of 4:
    /// less than half the time for 3 % more bytes. 1 and 0 save little more time and cost 10 % of size.
    pub const WEBP_METHOD: u8 = 2;

    /// Baseline JPEG of `quality`, subsampling chosen by it.
    pub const fn jpeg(quality: u8) -> Self {
        Self::Jpeg { quality, progressive: false, subsampling: Subsampling::Auto, tuning: Tuning::Standard }
    }

    /// AVIF of `quality` at [`Encode::AVIF_SPEED`].
    pub const fn avif(quality: u8) -> Self {
        Self::Avif { quality, speed: Self::AVIF_SPEED }
    }

    /// Lossy WebP of `quality` at [`Encode::WEBP_METHOD`].
    pub const fn webp(quality: u8) -> Self {
        Self::Webp { quality, method: Self::WEBP_METHOD }
    }

    /// How many colors a PNG of a palette has at most: 256 from quality 80 on, in proportion below, never less than 16.
    pub const fn palette_colors(quality: u8) -> usize {
        let colors = quality as usize * 256 / 80;
        if colors > 256 {
            256
        } else if colors < 16 {
            16
        } else {
            colors
        }
    }

    /// PNG by the fast encoder.
    pub const fn png() -> Self {
        Self::Png { compression: PngCompression::Fast }
    }

    /// The format of the result.
    pub const fn format(self) -> ImageFormat {
        match self {
            Self::Jpeg { .. } => ImageFormat::Jpeg,
            Self::Png { .. } | Self::Png8 { .. } => ImageFormat::Png,
            Self::Webp { .. } | Self::WebpLossless => ImageFormat::Webp,
            Self::Gif => ImageFormat::Gif,
            Self::Avif { .. } => ImageFormat::Avif,
        }
    }

    /// The layout to hand to this encoder for a picture that is transparent somewhere (`alpha`) and was read at
    /// `depth`. JPEG drops transparency, so whoever renders must have laid the picture over something.
    pub fn layout(self, alpha: bool, depth: Depth) -> Layout {
        let channels = if alpha && self.format() != ImageFormat::Jpeg { Channels::Rgba } else { Channels::Rgb };
        let depth = match (self, depth) {
            (Self::Png { .. }, Depth::U16 | Depth::F32) => Depth::U16,
            _ => Depth::U8,
        };
        Layout::new(channels, depth)
    }

    /// Whether [`encode`](crate::encode()) takes pixels of `layout` with these settings. Gray is taken where the format
    /// has it.
    pub fn accepts(self, layout: Layout) -> bool {
        let eight_bit = layout.depth == Depth::U8;
        if layout.channels == Channels::Cmyk {
            return false;
        }
        match self {
            Self::Jpeg { .. } => eight_bit && !layout.has_alpha(),
            Self::Png { .. } => layout.depth != Depth::F32,
            Self::WebpLossless => eight_bit,
            Self::Webp { .. } | Self::Png8 { .. } | Self::Gif | Self::Avif { .. } => eight_bit && layout.has_color(),
        }
    }

    /// Whether a file of the format says which colors it has, so that they need not be sRGB's.
    pub fn has_profile(self) -> bool {
        self.format() != ImageFormat::Gif
    }

    /// The longest side the format can hold, in pixels.
    pub const fn max_side_px(self) -> u32 {
        match self {
            Self::Jpeg { .. } => 65_535,
            // PNG allows 2^31 - 1.
            Self::Png { .. } | Self::Png8 { .. } => 0x7fff_ffff,
            // VP8 has 14 bits per side; VP8L stores the side less one, but is kept to the same for one answer.
            Self::Webp { .. } | Self::WebpLossless => 16_383,
            Self::Gif | Self::Avif { .. } => 65_535,
        }
    }
}

impl fmt::Display for Encode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Jpeg { quality, progressive, subsampling, tuning } => {
                let progressive = if *progressive { " progressive" } else { "" };
                let subsampling = match subsampling {
                    Subsampling::Auto => "",
                    Subsampling::Full => " 4:4:4",
                    Subsampling::Half => " 4:2:0",
                };
                let tuning = match tuning {
                    Tuning::Standard => "",
                    Tuning::Perceptual => " perceptual",
                };
                format!("jpeg q{quality}{progressive}{subsampling}{tuning}")
            }
            Self::Png { compression } => format!("png {compression}"),
            Self::Png8 { quality, compression } => {
                format!("png {} colors {compression}", Self::palette_colors(*quality))
            }
            Self::Webp { quality, method: Self::WEBP_METHOD } => format!("webp q{quality}"),
            Self::Webp { quality, method } => format!("webp q{quality} method {method}"),
            Self::WebpLossless => "webp lossless".to_owned(),
            Self::Gif => "gif".to_owned(),
            Self::Avif { quality, speed } => format!("avif q{quality} speed {speed}"),
        };
        f.pad(&text)
    }
}

/// What travels beside the pixels of a result. Orientation is never written: pixels are upright by now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// An EXIF block (a TIFF stream) for JPEG, PNG, WebP and AVIF, as [`exif::kept`](crate::exif::kept) or
    /// [`exif::copyright_only`](crate::exif::copyright_only) make it. GIF carries none. Nor does JPEG with a block of more
    /// than 65,527 bytes, the most one segment holds.
    pub exif: Option<Vec<u8>>,
    /// An XMP packet for JPEG, PNG, WebP and AVIF, as [`xmp::kept`](crate::xmp::kept) makes it. JPEG carries at most 65,504 bytes.
    pub xmp: Option<Vec<u8>>,
    /// What the pixels mean where that is not sRGB.
    pub color: Option<Profile>,
}

/// What pixels mean, for other programs. GIF carries none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// An ICC profile of RGB.
    pub icc: Vec<u8>,
    /// Color primaries and transfer characteristics of H.273 that say the same, which AVIF has instead.
    pub coded: Option<[u8; 2]>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoder_accepts_the_layout_it_asks_for() {
        let png8 = Encode::Png8 { quality: 60, compression: PngCompression::Balanced };
        let all = [
            Encode::jpeg(80),
            Encode::png(),
            png8,
            Encode::webp(80),
            Encode::WebpLossless,
            Encode::Gif,
            Encode::avif(60),
        ];
        for encode in all {
            for alpha in [false, true] {
                for depth in [Depth::U8, Depth::U16, Depth::F32] {
                    let layout = encode.layout(alpha, depth);
                    assert!(encode.accepts(layout), "{encode} {layout}");
                    assert_eq!(layout.has_alpha(), alpha && encode.format() != ImageFormat::Jpeg, "{encode}");
                }
            }
        }
        assert_eq!(Encode::png().layout(true, Depth::U16), Layout::RGBA16);
        assert_eq!(Encode::WebpLossless.layout(false, Depth::U16), Layout::RGB8);
    }

    #[test]
    fn settings_read_well() {
        let (subsampling, tuning) = (Subsampling::Full, Tuning::Perceptual);
        let full = Encode::Jpeg { quality: 95, progressive: true, subsampling, tuning };
        for (encode, expected) in [
            (Encode::jpeg(80), "jpeg q80"),
            (full, "jpeg q95 progressive 4:4:4 perceptual"),
            (Encode::png(), "png fast"),
            (Encode::Png8 { quality: 60, compression: PngCompression::High }, "png 192 colors high"),
            (Encode::webp(75), "webp q75"),
            (Encode::Webp { quality: 75, method: 6 }, "webp q75 method 6"),
            (Encode::WebpLossless, "webp lossless"),
            (Encode::Gif, "gif"),
            (Encode::avif(60), "avif q60 speed 9"),
        ] {
            assert_eq!(encode.to_string(), expected);
        }
    }
}
