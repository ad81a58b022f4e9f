//! What the header of an encoded picture says, known before any pixel is decoded.

use std::fmt;

use crate::{JpegLayout, Layout, Orientation, Size, SourceColor};

/// The format of an encoded picture, found by its content and never by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ImageFormat {
    /// JPEG (JFIF, EXIF).
    Jpeg,
    /// PNG, animated or not.
    Png,
    /// WebP, lossy, lossless or animated.
    Webp,
    /// GIF.
    Gif,
    /// AVIF.
    Avif,
    /// HEIC.
    Heic,
    /// SVG.
    Svg,
    /// BMP.
    Bmp,
    /// TIFF.
    Tiff,
}

impl ImageFormat {
    /// The media type, for example `image/jpeg`.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
            Self::Avif => "image/avif",
            Self::Heic => "image/heic",
            Self::Svg => "image/svg+xml",
            Self::Bmp => "image/bmp",
            Self::Tiff => "image/tiff",
        }
    }

    /// The usual short name, for example `jpeg`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Gif => "gif",
            Self::Avif => "avif",
            Self::Heic => "heic",
            Self::Svg => "svg",
            Self::Bmp => "bmp",
            Self::Tiff => "tiff",
        }
    }
}

impl fmt::Display for ImageFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a header says.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageInfo {
    /// The format of the file.
    pub format: ImageFormat,
    /// Bytes of the file.
    pub file_size: u64,
    /// Width and height as stored, before orientation.
    pub size: Size,
    /// How the stored picture must be moved to be upright.
    pub orientation: Orientation,
    /// The layout that decoding gives.
    pub layout: Layout,
    /// Whether any pixel may be transparent.
    pub alpha: bool,
    /// Number of frames where the header tells it without decoding; 1 for a still picture.
    pub frames: u32,
    /// What the numbers mean.
    pub color: SourceColor,
    /// The raw EXIF block (a TIFF stream, without any `Exif\0\0` in front), where there is one.
    pub exif: Option<Vec<u8>>,
    /// The XMP packet, where there is one.
    pub xmp: Option<Vec<u8>>,
    /// The color profile as it is stored, where there is one.
    pub icc: Option<Vec<u8>>,
    /// The components of a JPEG whose coefficients can be read; `None` for other formats, and for JPEGs of rare kinds.
    pub jpeg: Option<JpegLayout>,
}

impl ImageInfo {
    /// The header of a picture that nobody has, to plan with: upright, sRGB, one frame, eight bits, as most files of its format are.
    pub fn imagined(format: ImageFormat, size: Size, alpha: bool) -> Self {
        Self {
            format,
            file_size: 0,
            size,
            orientation: Orientation::Upright,
            layout: if alpha { Layout::RGBA8 } else { Layout::RGB8 },
            alpha,
            frames: 1,
            color: SourceColor::srgb(),
            exif: None,
            xmp: None,
            icc: None,
            jpeg: (format == ImageFormat::Jpeg).then(JpegLayout::usual),
        }
    }

    /// Width and height once upright.
    pub fn upright_size(&self) -> Size {
        self.orientation.apply(self.size)
    }
}
