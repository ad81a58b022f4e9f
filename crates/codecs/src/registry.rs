//! The table of formats: how each is recognized, and which can be read and written in this build.

use tintype_pixels::{ImageFormat, ImageInfo};

#[cfg(feature = "extra-inputs")]
use crate::extra;
use crate::{CodecError, Limits, avif, gif, heic, jpeg, png, svg, webp};

/// A format that is read. To add one: a folder with these three functions, and a line in [`CODECS`].
pub(crate) struct Codec {
    pub(crate) format: ImageFormat,
    /// Whether it is read only where [`Limits::extra_inputs`] says so.
    is_extra: bool,
    /// Whether a file that begins like this is of the format.
    sniff: fn(&[u8]) -> bool,
    pub(crate) probe: Probe,
    pub(crate) decode: Decode,
}

/// What a header says.
type Probe = fn(&[u8], &Limits) -> Result<ImageInfo, CodecError>;

/// The samples of the first frame, in the layout and number that `probe` announced.
type Decode = fn(&[u8], &ImageInfo, &Limits) -> Result<Vec<u8>, CodecError>;

const CODECS: &[Codec] = &[
    Codec { format: ImageFormat::Jpeg, is_extra: false, sniff: jpeg::sniff, probe: jpeg::probe, decode: jpeg::decode },
    Codec { format: ImageFormat::Png, is_extra: false, sniff: png::sniff, probe: png::probe, decode: png::decode },
    Codec { format: ImageFormat::Webp, is_extra: false, sniff: webp::sniff, probe: webp::probe, decode: webp::decode },
    Codec { format: ImageFormat::Gif, is_extra: false, sniff: gif::sniff, probe: gif::probe, decode: gif::decode },
    // Before HEIC: a file may claim both.
    Codec { format: ImageFormat::Avif, is_extra: false, sniff: avif::sniff, probe: avif::probe, decode: avif::decode },
    Codec { format: ImageFormat::Heic, is_extra: false, sniff: heic::sniff, probe: heic::probe, decode: heic::decode },
    #[cfg(feature = "svg")]
    Codec { format: ImageFormat::Svg, is_extra: false, sniff: svg::sniff, probe: svg::probe, decode: svg::decode },
    #[cfg(feature = "extra-inputs")]
    Codec {
        format: ImageFormat::Bmp,
        is_extra: true,
        sniff: sniff_bmp,
        probe: extra::probe_bmp,
        decode: extra::decode_bmp,
    },
    #[cfg(feature = "extra-inputs")]
    Codec {
        format: ImageFormat::Tiff,
        is_extra: true,
        sniff: sniff_tiff,
        probe: extra::probe_tiff,
        decode: extra::decode_tiff,
    },
];

/// The formats that are read without further leave, for messages: `jpeg, png and gif`.
pub(crate) fn names_read() -> String {
    let names: Vec<&str> = CODECS.iter().filter(|codec| !codec.is_extra).map(|codec| codec.format.name()).collect();
    match names.split_last() {
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => "no formats".to_owned(),
    }
}

/// The codec for what `bytes` begins with, if `limits` allow its format.
pub(crate) fn find(bytes: &[u8], limits: &Limits) -> Result<&'static Codec, CodecError> {
    let allowed = |codec: &&Codec| limits.extra_inputs || !codec.is_extra;
    if let Some(codec) = CODECS.iter().filter(allowed).find(|codec| (codec.sniff)(bytes)) {
        return Ok(codec);
    }
    match sniff_unread(bytes) {
        Some(format) => Err(CodecError::Unsupported { format, what: "input" }),
        None => Err(CodecError::UnknownFormat { start: quoted_start(bytes) }),
    }
}

/// The name of a format that is recognized and not read.
fn sniff_unread(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        _ if sniff_bmp(bytes) => Some(ImageFormat::Bmp.name()),
        _ if sniff_tiff(bytes) => Some(ImageFormat::Tiff.name()),
        [0xff, 0x0a, ..] | [0, 0, 0, 0x0c, b'J', b'X', b'L', b' ', 0x0d, 0x0a, 0x87, 0x0a, ..] => Some("jpeg xl"),
        _ => svg::sniff(bytes).then(|| ImageFormat::Svg.name()),
    }
}

/// A Windows bitmap: its letters, and zeros in the four bytes that are reserved.
fn sniff_bmp(bytes: &[u8]) -> bool {
    matches!(bytes, [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..])
}

/// TIFF and BigTIFF, by byte order and number (TIFF 6.0, section 2).
fn sniff_tiff(bytes: &[u8]) -> bool {
    matches!(bytes, [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..])
}

/// The first bytes for a message: as text where they are printable, otherwise in hexadecimal.
fn quoted_start(bytes: &[u8]) -> String {
    let start = &bytes[..bytes.len().min(8)];
    if start.is_empty() {
        "nothing, it is empty".to_owned()
    } else if start.iter().all(|b| b.is_ascii_graphic() || *b == b' ') {
        format!("{:?}", String::from_utf8_lossy(start))
    } else {
        start.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ")
    }
}

/// What this build can do with one format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatSupport {
    /// The format.
    pub format: ImageFormat,
    /// Which files of it are read; `None` when none are.
    pub reads: Option<&'static str>,
    /// What is written; `None` when nothing is.
    pub writes: Option<&'static str>,
}

/// What this build reads and writes, for `tintype doctor`.
///
/// | Format | Reads | Writes |
/// | --- | --- | --- |
/// | jpeg | baseline and progressive, gray, color, CMYK; up to 1/32 of the rows may be missing at the end | baseline, progressive |
/// | png | all color types, 8 and 16 bits; animations in 8 bits | 8 and 16 bits, palettes |
/// | webp | lossy, lossless, animations | lossless, animations; lossy with `webp-lossy` |
/// | gif | all, animations | all, animations |
/// | avif | with `avif-decode`: 8, 10, 12 bits, grids, opacity; the first frame of sequences; not overlays | with `avif-encode` |
/// | heic | size, orientation, colors, EXIF; with `heic` pixels as of avif | |
/// | svg | with `svg`: everything but text; drawn at any size, or cleaned and passed on | |
/// | bmp, tiff | with `extra-inputs`, where [`Limits::extra_inputs`] allows it: what the `image` crate reads | |
pub fn formats() -> [FormatSupport; 9] {
    let support = |format, reads, writes| FormatSupport { format, reads, writes };
    let webp = if cfg!(feature = "webp-lossy") { "lossy, lossless, animations" } else { "lossless, animations" };
    let svg = cfg!(feature = "svg").then_some("cleaned and passed on, or drawn");
    let extra = cfg!(feature = "extra-inputs").then_some("if limits.extra_inputs, first picture");
    let avif = cfg!(feature = "avif-encode").then_some("8 bit");
    let avif_read = if cfg!(feature = "avif-decode") { "8, 10 and 12 bit, grids, first frame" } else { "header only" };
    let heic_read = if cfg!(feature = "heic") { "8 to 12 bit, grids, first frame" } else { "header only" };
    [
        support(ImageFormat::Jpeg, Some("baseline, progressive"), Some("baseline, progressive")),
        support(ImageFormat::Png, Some("8 and 16 bit, animations"), Some("8 and 16 bit, palette")),
        support(ImageFormat::Webp, Some("lossy, lossless, animations"), Some(webp)),
        support(ImageFormat::Gif, Some("animations"), Some("256 colors, animations")),
        support(ImageFormat::Avif, Some(avif_read), avif),
        support(ImageFormat::Heic, Some(heic_read), None),
        support(ImageFormat::Svg, svg, None),
        support(ImageFormat::Bmp, extra, None),
        support(ImageFormat::Tiff, extra, None),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_found_by_content() {
        let cases: [(&[u8], &str); 13] = [
            (b"\xff\xd8\xff\xe0", "jpeg"),
            (b"\x89PNG\r\n\x1a\n", "png"),
            (b"RIFF\x10\0\0\0WEBPVP8 ", "webp"),
            (b"GIF89a", "gif"),
            (b"GIF87a", "gif"),
            (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", "avif"),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", "avif"),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "heic"),
            (b"\0\0\0\x1cftypmif1\0\0\0\0mif1heicavif", "avif"),
            (b"BM\x46\0\0\0\0\0\0\0\x36", "bmp input is not read"),
            (b"II*\0\x08\0\0\0", "tiff input is not read"),
            (b"MM\0*\0\0\0\x08", "tiff input is not read"),
            (b"\xff\x0a\xfa\x1f", "jpeg xl input is not read"),
        ];
        for (bytes, expected) in cases {
            let got = match find(bytes, &Limits::default()) {
                Ok(codec) => codec.format.to_string(),
                Err(error) => error.to_string(),
            };
            // What is read instead follows.
            assert_eq!(got.split(';').next(), Some(expected));
        }
    }

    #[test]
    fn what_is_no_picture_is_quoted() {
        let cases: [(&[u8], &str); 5] = [
            (b"", "nothing, it is empty"),
            (b"<!doctype html><p>", "\"<!doctyp\""),
            (b"Not Found", "\"Not Foun\""),
            (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "00 00 00 18 66 74 79 70"),
            (b"\x7fELF", "7f 45 4c 46"),
        ];
        for (bytes, start) in cases {
            let error = find(bytes, &Limits::default()).err().expect("none of these is a picture");
            assert_eq!(error, CodecError::UnknownFormat { start: start.to_owned() });
        }
    }

    #[test]
    fn the_table_of_support_agrees_with_the_table_of_codecs() {
        for support in formats() {
            let read = CODECS.iter().any(|codec| codec.format == support.format);
            assert_eq!(support.reads.is_some(), read, "{}", support.format);
        }
    }
}
